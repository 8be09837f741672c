"""Mutation testing (``make mutants``): mutmut makes the changes, and this runs the tests against each of them.

mutmut collects the tests anew for each change. Here they are collected once, in a process that starts the servers and
then splits off a child for each change; the child runs the tests that call the changed function, pure ones first, until
one fails. Verdicts stand where mutmut keeps its own, so that ``mutmut results`` and ``mutmut show`` tell them.

``python tests/mutating.py``, in the venv of the mutants, prepares ``mutants/`` and runs what has no verdict yet; the
options are those below.
"""

from __future__ import annotations

import fnmatch
import inspect
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

KILLED, SURVIVED, NO_TESTS, TIMEOUT, NOT_YET = 1, 0, 33, 36, None
#: Of computing, and of waiting: a busy machine is no finding.
MOST_SECONDS, MOST_WAITED = 40, 900


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutants", default="", help="Run these again too, such as 'moves.*' (or survivors).")
    parser.addoption("--modules", default="*", help="Only these, such as 'moves' or '[acr]*'.")
    parser.addoption(
        "--pure", action="store_true", help="Leave out what needs a database, tests and changes."
    )


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Instead of the tests themselves: a child for each change."""
    from cli.stack import launcher
    from tests import database

    stack = launcher.attach(database.LAYOUT.root, durable=False)
    try:
        stats = json.loads(Path("mutmut-stats.json").read_text())
        is_pure, again = session.config.getoption("--pure"), session.config.getoption("--mutants")
        items = [item for item in session.items if not (is_pure and _needs_database(item))]
        assert _verdict("", list(items)) == SURVIVED, "the tests fail without any change"
        modules = session.config.getoption("--modules")
        for meta in sorted(Path("domain/points").glob(f"{modules}.py.meta")):
            _run_all(meta, items, stats, again, NOT_YET if is_pure else NO_TESTS)
    finally:
        stack.leave()
    return True


def _run_all(
    meta: Path, items: list[pytest.Item], stats: dict[str, Any], again: str, untested: int | None
) -> None:
    known = json.loads(meta.read_text())
    verdicts: dict[str, int | None] = known["exit_code_by_key"]
    order: dict[str, list[pytest.Item]] = {}
    for name, verdict in verdicts.items():
        short = name.removeprefix("domain.points.")
        is_asked = verdict == SURVIVED if again == "survivors" else fnmatch.fnmatch(short, again)
        if verdict is not None and not is_asked:
            continue
        function = name.partition("__mutmut_")[0]
        tests = order.setdefault(function, _that_call(function, items, stats, again == "survivors"))
        began = time.monotonic()
        verdicts[name] = _verdict(name, tests) if tests else untested
        print(f"{short} {verdicts[name]} {time.monotonic() - began:.1f}s", file=sys.stderr, flush=True)
        meta.write_text(json.dumps(known, indent=4))


def _that_call(
    function: str, items: list[pytest.Item], stats: dict[str, Any], is_every: bool
) -> list[pytest.Item]:
    """The tests that call a function, and those that are newer than the statistics; pure and quick ones first.

    For survivors every pure test: one that was changed may call more than the statistics know.
    """
    called, seconds = stats["tests_by_mangled_function_name"].get(function, []), stats["duration_by_test"]
    found = [
        item
        for item in items
        if item.nodeid in called or item.nodeid not in seconds or (is_every and not _needs_database(item))
    ]
    return sorted(found, key=lambda item: (_needs_database(item), seconds.get(item.nodeid, 0)))


def _needs_database(item: pytest.Item) -> bool:
    return inspect.iscoroutinefunction(getattr(item, "function", None))


def _verdict(name: str, tests: list[pytest.Item]) -> int:
    """The test that fails goes to the front: it may well notice the next change of the same function too."""
    heard, tell = os.pipe()
    child = os.fork()
    if not child:
        _be_mutant(name, tests, tell)
    os.close(tell)
    until = time.monotonic() + MOST_WAITED
    ended = status = 0
    while not ended and time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.005)
    if not ended:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    told = os.read(heard, 20)
    os.close(heard)
    if told:
        tests.insert(0, tests.pop(int(told)))
    return os.waitstatus_to_exitcode(status) if ended else TIMEOUT


def _be_mutant(name: str, tests: list[pytest.Item], tell: int) -> None:
    """Ends the process: 1 when a test fails (it tells which), 0 when none does."""
    from mutmut.mutation.trampoline import set_mutant_under_test

    code = KILLED
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 1))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        set_mutant_under_test(name)
        for number, (item, following) in enumerate(zip(tests, [*tests[1:], tests[0]], strict=True)):
            if _fails(item, following):
                os.write(tell, str(number).encode())
                break
        else:
            code = SURVIVED
    finally:
        os._exit(code)


def _fails(item: pytest.Item, following: pytest.Item) -> bool:
    """Without the report of what failed where, which costs more than most tests."""
    hook = item.ihook
    calls = [pytest.CallInfo.from_call(lambda: hook.pytest_runtest_setup(item=item), "setup")]
    if calls[0].excinfo is None:
        calls += [
            pytest.CallInfo.from_call(lambda: hook.pytest_runtest_call(item=item), "call"),
            pytest.CallInfo.from_call(
                lambda: hook.pytest_runtest_teardown(item=item, nextitem=following), "teardown"
            ),
        ]
    found = [call.excinfo for call in calls if call.excinfo is not None]
    return any(not each.errisinstance(pytest.skip.Exception) for each in found)


def main() -> None:
    """Copy the checkout to ``mutants/``, change it there, note which test calls which function, and go on in there."""
    from mutmut import __main__ as mutmut

    mutmut.set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir(exist_ok=True)
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.setup_source_paths()
    mutmut.create_mutants(1)
    mutmut.collect_or_load_stats(mutmut.get_mutant_runner(1), apply_config_invalidation=True)
    said = mutmut.config()
    how = [*said.pytest_add_cli_args, *sys.argv[1:], *said.pytest_add_cli_args_test_selection]
    os.chdir("mutants")
    os.execv(sys.executable, [sys.executable, "-m", "pytest", "-p", "tests.mutating", "--rootdir=.", *how])


if __name__ == "__main__":
    sys.path.pop(0)  # the tests are those of the copy
    main()
