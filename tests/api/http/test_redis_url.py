"""Addresses of Redis, as the settings may write them."""

from __future__ import annotations

from pydantic import SecretStr

from api.redis import settings_of
from domain.settings import settings


def test_every_kind_of_address_is_understood():
    plain = settings_of("redis://:secret@cache.example:6380/2")
    assert (plain.host, plain.port, plain.database, plain.password) == ("cache.example", 6380, 2, "secret")
    assert settings_of("rediss://cache.example").ssl
    assert settings_of("unix:///run/valkey.sock").unix_socket_path == "/run/valkey.sock"
    watched = settings_of("sentinel://:secret@a.example:26379,b.example:26380/brand")
    assert watched.sentinel
    assert watched.host == [("a.example", 26379), ("b.example", 26380)]
    assert (watched.sentinel_master, watched.password) == ("brand", "secret")


def test_the_worker_asks_the_sentinels_too(monkeypatch):
    from workers import main

    monkeypatch.setattr(settings(), "redis_url", SecretStr("sentinel://a.example:26379/brand"))
    found = main._redis()
    assert (found.sentinel, found.host, found.sentinel_master) == (True, [("a.example", 26379)], "brand")
