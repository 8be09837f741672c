"""What must be set before Marque may run with ``MARQUE_ENV=production``."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from domain.settings import Settings, settings

_SHORTEST_SECRET = 32


class UnfitForProduction(Exception):
    """The settings are those of a development machine; the message has one line for each."""


def must_be_fit() -> None:
    """Refuse to start: API, worker and `marque up` ask before they open anything."""
    if found := problems():
        raise UnfitForProduction("\n".join(["Marque does not start in production like this:", *found]))


def problems(given: Settings | None = None) -> list[str]:
    """One sentence for each reason not to start, with what to do; empty outside of production."""
    found = given or settings()
    return [sentence for is_wrong, sentence in _rules(found) if is_wrong] if found.is_production else []


def _rules(found: Settings) -> list[tuple[bool, str]]:
    secret = found.secret_key.get_secret_value() if found.secret_key else ""
    return [
        (
            len(secret) < _SHORTEST_SECRET,
            f"MARQUE_SECRET_KEY is a development secret: set {_SHORTEST_SECRET} or more random characters.",
        ),
        (
            found.signing_keys is None,
            "MARQUE_SIGNING_KEYS is not set: name the folder that holds your EdDSA keys.",
        ),
        (
            found.documents != "trusted-only",
            "MARQUE_DOCUMENTS must be trusted-only: apps send documents that were imported before.",
        ),
        (
            "*" in found.allowed_origins.split(),
            "MARQUE_ALLOWED_ORIGINS allows every origin: list those of your own pages.",
        ),
        (found.test_clock, "MARQUE_TEST_CLOCK is for tests: unset it."),
        (
            _trusts_the_network(found),
            "MARQUE_DATABASE_URL names a server on the network and no password: a database that trusts everybody "
            "must only listen on a unix socket.",
        ),
    ]


def _trusts_the_network(found: Settings) -> bool:
    if found.database_url is None:
        return False
    url = urlsplit(found.database_url.get_secret_value())
    query = parse_qs(url.query)
    hosts = [part.rsplit("@", 1)[-1] for part in url.netloc.split(",")] + query.get("host", [])
    on_network = any(host and not host.startswith(("/", "%2F", "%2f", ":")) for host in hosts)
    return on_network and not (url.password or query.keys() & {"password", "passfile", "sslcert", "service"})
