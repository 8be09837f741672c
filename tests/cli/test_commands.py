"""The short commands: migrate, token, doctor, import, backup, restore."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import environment

pytestmark = pytest.mark.journey


def test_two_processes_migrating_at_once_apply_each_migration_once(folder: Path, marque) -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "cli", "migrate", "--data-dir", str(folder)],
            env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    said = [one.communicate(timeout=60) for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    lines = [line for out, _ in said for line in out.splitlines() if line.startswith("profile ")]
    assert len(lines) == len(set(lines)) > 0
    assert marque("migrate").stdout == "Nothing to migrate.\n"


def test_a_token_stands_alone_and_the_same_words_name_the_same_person(prepared, marque, attach) -> None:
    attach(durable=False)
    first, second, other = (
        marque("token", "--role", "operator", *more) for more in ([], [], ["--name", "checker"])
    )
    assert first.returncode == second.returncode == other.returncode == 0, first.stderr
    assert len(first.stdout.splitlines()) == 1
    assert first.stdout.count(".") == 2
    member = marque("token", "--role", "member", "--member", "legacy:4711")
    assert member.stdout.count(".") == 2
    wrong = marque("token", "--role", "king")
    assert wrong.returncode == 1
    assert wrong.stdout == ""
    assert "role" in wrong.stderr
    refused = marque("token", "--role", "admin", MARQUE_ENV="production")
    assert (refused.returncode, refused.stdout) == (1, "")


def test_doctor_names_every_setting_and_prints_no_secret(marque) -> None:
    marque("migrate")
    done = marque(
        "doctor", "--json", MARQUE_SECRET_KEY="do-not-print-me", MARQUE_SMTP_URL="smtp://u:hidden@mail"
    )
    found = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert found["ok"] is True
    assert {check["name"] for check in found["checks"]} >= {
        "python", "disk", "postgres", "encoding", "extensions", "chinese search", "clock", "migrations", "redis",
        "eviction", "durability", "connections", "production",
    }  # fmt: skip
    assert found["settings"]["MARQUE_SECRET_KEY"] == {"value": "(set, not shown)", "source": "environment"}
    assert found["settings"]["MARQUE_DATABASE_URL"]["source"] == "embedded stack"
    assert found["settings"]["MARQUE_ENV"] == {"value": "development", "source": "default"}
    assert "do-not-print-me" not in done.stdout + done.stderr
    assert "hidden" not in done.stdout + done.stderr


def test_doctor_rebuilds_a_sample_of_people_and_compares(prepared, marque, attach) -> None:
    attach(durable=False)
    marque("token", "--role", "member", "--member", "legacy:4711")
    done = marque("doctor", "profile", "--rebuild-sample", "20", "--json")
    found = {check["name"]: check["ok"] for check in json.loads(done.stdout)["checks"]}
    found.pop("P10 outbox")  # no worker runs, so it depends on how slow this machine is
    assert found == dict.fromkeys(
        ("P1 roots", "P3 counts", "P3 rebuild", "P8 erased", "P8 identities", "audit log"), True
    )
    assert "people rebuilt" in marque("doctor", "profile", "--rebuild-sample").stdout


def test_doctor_says_what_to_do_when_servers_do_not_answer(marque) -> None:
    done = marque(
        "doctor",
        MARQUE_DATABASE_URL="postgresql://marque:hidden@127.0.0.1:1/marque",
        MARQUE_REDIS_URL="redis://:hidden@127.0.0.1:1",
    )
    assert done.returncode == 1
    assert "FAIL postgres" in done.stdout
    assert "Check MARQUE_DATABASE_URL" in done.stdout
    assert "FAIL redis" in done.stdout
    assert "hidden" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named_without_its_value(marque) -> None:
    done = marque("migrate", MARQUE_DATABASE_POOL="many")
    assert done.returncode == 2
    assert "MARQUE_DATABASE_POOL" in done.stderr
    assert "many" not in done.stderr
    assert "Traceback" not in done.stderr


MEMBERS = """\
ID,since,trait.city,Name
1,2024-01-05,上海,张三
2,2024-02-05 10:00,,李四
,2024-02-06,北京,nobody
3,0024-02-06,北京,too early
4,2024-02-07,北京
"""
MAP = "external_id=ID,joined_at=since"


def test_an_import_takes_what_it_can_once_and_names_the_rest(folder: Path, prepared, marque, attach) -> None:
    attach(durable=False)
    file = folder.parent / "members.csv"
    file.write_text(MEMBERS, encoding="utf-8-sig")
    words = ("import", "members", str(file), "--map", MAP, "--map", "display_name=Name", "--json")
    dry = marque(*words, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    expected = {"rows": 5, "accepted": 2, "unchanged": 0, "rejected": 3}
    assert expected.items() <= json.loads(dry.stdout).items()
    assert expected.items() <= json.loads(marque(*words).stdout).items()
    again = expected | {"accepted": 0, "unchanged": 2}
    assert again.items() <= json.loads(marque(*words).stdout).items()
    rejects = [
        json.loads(line) for line in (folder.parent / "members.csv.rejects.jsonl").open(encoding="utf-8")
    ]
    assert sorted((one["line"], one["reason"]) for one in rejects) == [
        (4, "missing"),
        (5, "IMPLAUSIBLE_DATE"),
        (6, "bad_row"),
    ]
    assert all(one.keys() == {"line", "externalId", "reason", "path", "row"} for one in rejects)
    fixed = marque(*words, "--short-years", "2000")
    assert json.loads(fixed.stdout)["accepted"] == 1


def test_an_import_of_no_known_kind_or_file_is_a_usage_error(folder: Path, prepared, marque, attach) -> None:
    attach(durable=False)
    assert marque("import", "nonsense", "x.csv", at=None).returncode == 2
    assert marque("import", "members", "missing.csv", at=None).returncode == 2
    (folder.parent / "x.pdf").write_text("no")
    assert marque("import", "members", "x.pdf").returncode == 2
    (folder.parent / "x.csv").write_text("external_id\n1\n")
    assert marque("import", "members", "x.csv", "--zone", "Mars/Olympus").returncode == 2


def test_a_backup_comes_back_elsewhere_and_a_damaged_one_does_not(
    folder: Path, prepared, marque, attach
) -> None:
    attach(durable=False)
    (folder.parent / "m.jsonl").write_text('{"external_id": "1", "display_name": "张三"}\n')
    assert json.loads(marque("import", "members", "m.jsonl", "--json").stdout)["accepted"] == 1
    (folder / "media" / "a").mkdir(parents=True)
    (folder / "media" / "a" / "photo").write_bytes(b"\x00\x01")
    written = marque("backup", "saved")
    assert written.returncode == 0, written.stderr
    assert "all counts equal" in written.stdout
    assert marque("backup", "saved").returncode == 1

    other = folder.parent / "other place"
    restored = marque("restore", "saved", at=other)
    assert restored.returncode == 0, restored.stderr
    assert (other / "media" / "a" / "photo").read_bytes() == b"\x00\x01"
    assert json.loads(marque("import", "members", "m.jsonl", "--json", at=other).stdout)["unchanged"] == 1
    refused = marque("restore", "saved", at=other)
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    assert marque("restore", "saved", "--replace", at=other).returncode == 0

    dump = folder.parent / "saved" / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-10])
    damaged = marque("restore", "saved", "--replace", at=other)
    assert damaged.returncode == 1
    assert "damaged" in damaged.stderr


def test_a_programme_goes_out_is_edited_and_comes_in(folder: Path, prepared, marque, attach) -> None:
    attach(durable=False)
    assert marque("admin", "li@brand.example", MARQUE_ADMIN_PASSWORD="a long enough one").returncode == 0
    file = folder.parent / "programme.yaml"
    file.write_text(marque("programme", "export").stdout, encoding="utf-8")
    assert marque("programme", "diff", str(file)).stdout == "Nothing differs.\n"
    edited = file.read_text(encoding="utf-8").replace("Asia/Shanghai", "UTC")
    file.write_text(edited, encoding="utf-8")
    shown = marque("programme", "diff", str(file))
    assert (shown.returncode, shown.stdout) == (
        1,
        '~ programmes.marque\n    zone: "Asia/Shanghai" -> "UTC"\n',
    )
    as_admin = ("programme", "import", str(file), "--as", "li@brand.example")
    assert marque(*as_admin, "--dry-run").stdout == shown.stdout
    assert marque(*as_admin).stdout == shown.stdout
    assert marque("programme", "export").stdout == edited
    file.write_text("marque: 1\nwhat: 1\n", encoding="utf-8")
    wrong = marque(*as_admin)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "what: line 2: Object contains unknown field `what`." in wrong.stderr
    assert "no admin" in marque(*as_admin[:-1], "nobody@brand.example").stderr
    columns = marque("ledger", "settlement").stdout
    assert columns.startswith("wallet,month,funding_source,issued,redeemed,") and columns.count("\n") == 1


def test_every_command_shows_an_example(marque) -> None:
    from cli.main import COMMANDS

    groups = {
        "documents": ["documents", "import"],
        "ledger": ["ledger", "verify"],
        "programme": ["programme", "diff"],
    }
    for name in COMMANDS:
        done = marque(*groups.get(name, [name]), "--help", at=None)
        assert done.returncode == 0, done.stderr
        assert "Example: " in done.stdout, name


def test_a_command_starts_without_what_only_pictures_and_texts_need() -> None:
    script = "import sys, cli.main, domain.wiring; print(*sorted({'numpy', 'imagehash', 'rjieba'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], env=environment(), capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr
