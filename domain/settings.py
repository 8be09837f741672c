"""The one settings object: typed, read once from the environment (``MARQUE_*``)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting with its default; the environment variable is the upper-case name behind ``MARQUE_``."""

    model_config = SettingsConfigDict(env_prefix="MARQUE_", extra="ignore", hide_input_in_errors=True)

    env: Literal["development", "test", "production"] = "development"
    data_dir: Path = Field(Path(".marque"), description="Where the embedded stack keeps its data.")
    exports_dir: Path | None = Field(
        None, description="Folder of members' own data exports; empty: in the data folder."
    )
    database_url: SecretStr | None = Field(
        None, description="External Postgres 15 or newer; empty: embedded."
    )
    database_read_urls: str = Field("", description="Replicas, separated by blanks.")
    database_pool: int = Field(10, ge=1, description="Connections of one process.")
    redis_url: SecretStr | None = Field(None, description="External Redis or Valkey; empty: embedded.")
    pgbouncer: bool = Field(False, description="Behind pgbouncer in transaction mode: no statement cache.")
    statement_timeout_ms: int = Field(15_000, ge=0)
    slow_statement_ms: int = Field(500, ge=0, description="Statements that take longer are logged; 0: none.")
    lock_timeout_ms: int = Field(2_000, ge=0)
    pg_bin: Path | None = Field(None, description="Folder of a system Postgres instead of the embedded one.")

    secret_key: SecretStr | None = Field(
        None, description="Signs cursors and codes; made on first start if empty."
    )
    signing_keys: Path | None = Field(
        None, description="Folder of EdDSA keys (PEM); made on first start if empty."
    )
    access_token_seconds: int = Field(15 * 60, ge=60)
    refresh_token_seconds: int = Field(30 * 86_400, ge=60)

    documents: Literal["open", "trusted-only"] = Field(
        "open", description="trusted-only refuses open queries from app tokens."
    )
    test_clock: bool = Field(False, description="Adds setClock, advanceClock and drain; never in production.")
    allowed_origins: str = Field(
        "", description="Origins of browsers, separated by blanks; * for all (not in production)."
    )
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token that may read /metrics from elsewhere."
    )
    graphql_body_bytes: int = Field(256 * 1024, ge=1024)
    graphql_depth: int = Field(15, ge=3, description="Deepest nesting of an open query.")
    graphql_tokens: int = Field(4_000, ge=100, description="Most tokens of an open query.")
    graphql_aliases: int = Field(60, ge=0, description="Most aliases of an open query.")
    graphql_directives: int = Field(40, ge=0, description="Most directives of an open query.")
    graphql_cost: int = Field(10_000, ge=10, description="Highest cost of an open query.")
    execution_timeout_seconds: float = Field(20.0, gt=0)
    rate_limits: bool = Field(True, description="Requests per minute by member, device and address.")

    media_url: SecretStr | None = Field(
        None,
        description="Where uploads are kept, as s3://bucket/prefix (keys from AWS_*); empty: in the data folder.",
    )

    sms_provider: str = "recording"
    push_provider: str = "recording"
    wechat_provider: str = "recording"
    email_provider: str = "recording"
    smtp_url: SecretStr | None = None

    sentry_hook: str = Field("", description="Dotted path of a callable that is told of unknown exceptions.")
    log_level: str = "INFO"

    @property
    def is_production(self) -> bool:
        return self.env == "production"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
