"""What keeps Marque from starting in production."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.foundation import production
from domain.settings import Settings

FIT = {
    "env": "production",
    "secret_key": "x" * 32,
    "signing_keys": Path("/etc/marque/keys"),
    "documents": "trusted-only",
    "allowed_origins": "https://app.example.com",
    "database_url": "postgresql://marque:secret@db/marque",
}


def test_fit_settings_are_accepted() -> None:
    assert production.problems(Settings(**FIT)) == []


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"secret_key": None}, "MARQUE_SECRET_KEY"),
        ({"secret_key": "short"}, "MARQUE_SECRET_KEY"),
        ({"signing_keys": None}, "MARQUE_SIGNING_KEYS"),
        ({"documents": "open"}, "MARQUE_DOCUMENTS"),
        ({"allowed_origins": "https://a.example *"}, "MARQUE_ALLOWED_ORIGINS"),
        ({"test_clock": True}, "MARQUE_TEST_CLOCK"),
        ({"database_url": "postgresql://marque@db:5432/marque"}, "MARQUE_DATABASE_URL"),
        ({"database_url": "postgresql://marque@/marque?host=10.0.0.1"}, "MARQUE_DATABASE_URL"),
        (
            {"database_url": "postgresql://marque@a,b/marque?target_session_attrs=read-write"},
            "MARQUE_DATABASE_URL",
        ),
    ],
)
def test_each_development_setting_is_refused_by_name(changed: dict[str, object], named: str) -> None:
    (problem,) = production.problems(Settings(**FIT | changed))
    assert problem.startswith(named)
    assert production.problems(Settings(**FIT | changed | {"env": "development"})) == []


@pytest.mark.parametrize(
    "url",
    [
        None,
        "postgresql://postgres@/marque?host=/run/marque",
        "postgresql://postgres@%2Frun%2Fmarque/marque",
        "postgresql://marque@db/marque?sslcert=/etc/client.pem",
        "postgresql://marque@db/marque?passfile=/etc/pgpass",
    ],
)
def test_sockets_and_other_proofs_need_no_password(url: str | None) -> None:
    assert production.problems(Settings(**FIT | {"database_url": url})) == []
