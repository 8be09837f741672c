"""Tables of search, beside ``search_doc`` and ``search_due``, which are made by raw SQL in the migration."""

from __future__ import annotations

from piccolo.columns import UUID, Array, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table

from domain.foundation import ids


class SearchSynonym(Table, schema="community"):
    """Words that mean the same to a search (names of models, what people call them), folded."""

    id = UUID(primary_key=True, default=ids.new)
    words = Array(Text(), null=False, default=list)
    is_active = Boolean(null=False, default=True)
    version = Integer(null=False, default=1)
    created_at = Timestamptz(null=False, default=None)


TABLES = [SearchSynonym]
