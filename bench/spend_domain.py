"""Spending by the domain beside the same statements sent raw (see :mod:`bench._postings`).

``MARQUE_BENCH_CALLS`` (2,000 a round), ``MARQUE_BENCH_ROUNDS`` (5) and ``MARQUE_BENCH_PEOPLE`` (1,000) set the size.
"""

from __future__ import annotations

import sys

from bench import _points, _postings
from domain.actor import SYSTEM
from domain.foundation import ids
from domain.points import ledger
from domain.points.ledger import Cause


def main() -> int:
    return _points.run(
        _postings.compared(
            "spend", lambda member: ledger.spend(SYSTEM, member, {"POINTS": 1}, Cause("BENCH", ids.new()))
        )
    )


if __name__ == "__main__":
    sys.exit(main())
