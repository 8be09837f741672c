"""Sign-in: subjects, sessions, phone codes, proofs, providers, and the limits that rule them."""

from __future__ import annotations

from piccolo.columns import (
    UUID,
    Array,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from domain.access.tables.staff import Staff
from domain.foundation import ids


class Policy(Table, schema="access"):
    """The limits of sign-in, step-up and approvals: one row, revised by an admin."""

    id = Integer(primary_key=True, default=1)
    code_seconds = Integer(null=False, default=300)
    code_tries = Integer(null=False, default=5)
    code_resend_seconds = Integer(null=False, default=60)
    codes_per_phone_day = Integer(null=False, default=10)
    codes_per_device_hour = Integer(null=False, default=20)
    codes_per_ip_hour = Integer(null=False, default=20)
    proof_seconds = Integer(null=False, default=300)
    secret_tries = Integer(null=False, default=5)  # wrong PINs or passwords in a row
    secret_lock_seconds = Integer(null=False, default=900)
    approval_days = Integer(null=False, default=14)
    version = Integer(null=False, default=1)


class Subject(Table, schema="access"):
    """Who can hold a session: a member (a plain id) or a staff account, exactly one of the two [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=True, default=None, unique=True)
    root = UUID(null=True, default=None)  # the member that stands for it since a merge; null: itself
    staff = ForeignKey(Staff, null=True, default=None, on_delete=OnDelete.restrict, unique=True)
    suspended_at = Timestamptz(null=True, default=None)
    pin_hash = Text(null=True, default=None)  # argon2
    pin_tries = Integer(null=False, default=0)  # wrong PINs in a row
    pin_counted = Array(base_column=Text(), null=False, default=None)  # marks of tries that were counted
    pin_locked_until = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)


class Session(Table, schema="access"):
    """A signed-in device: one family of refresh tokens, of which only number ``refresh_number`` is good."""

    id = UUID(primary_key=True, default=ids.new)
    subject = ForeignKey(Subject, null=False, on_delete=OnDelete.restrict, index=True)
    device = Varchar(length=200, null=True, default=None)
    touchpoint = Varchar(length=50, null=True, default=None)
    is_development = Boolean(null=False, default=False)  # ends on the wall clock
    refresh_number = Integer(null=False, default=1)
    opened_at = Timestamptz(null=False, default=None)
    refreshed_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=False, default=None, index=True)
    ended_at = Timestamptz(null=True, default=None)
    end_reason = Varchar(length=20, null=True, default=None)  # SIGNED_OUT, REUSED, SUSPENDED, ERASED


class Challenge(Table, schema="access"):
    """A code that was sent to a phone; of both only keyed hashes are kept."""

    id = UUID(primary_key=True, default=ids.new)
    purpose = Varchar(length=20, null=False, default=None)
    phone_hash = Varchar(length=64, null=False, default=None)
    code_hash = Varchar(length=64, null=False, default=None)
    member = UUID(null=True, default=None, index=True)  # who asked, when signed in
    device_hash = Varchar(length=64, null=True, default=None)
    ip_hash = Varchar(length=64, null=True, default=None)
    tries = Integer(null=False, default=0)
    counted = Array(base_column=Text(), null=False, default=None)  # marks of tries that were counted
    requested_at = Timestamptz(null=False, default=None, index=True)
    expires_at = Timestamptz(null=False, default=None)
    ended_at = Timestamptz(null=True, default=None)  # used, or followed by a newer one


class Proof(Table, schema="access"):
    """A session's fresh proof of the person (by code or PIN), good for sensitive operations for some minutes."""

    id = UUID(primary_key=True, default=ids.new)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.restrict, index=True)
    method = Varchar(length=10, null=False, default=None)  # CODE or PIN
    proved_at = Timestamptz(null=False, default=None)
    expires_at = Timestamptz(null=False, default=None)


class OidcProvider(Table, schema="access"):
    """A provider: of OpenID Connect, found by its discovery document, or WeChat."""

    id = UUID(primary_key=True, default=ids.new)
    name = Varchar(length=50, null=False, default=None, unique=True)
    title = Varchar(length=100, null=False, default=None)
    issuer = Text(null=False, default=None)
    client_id = Text(null=False, default=None)
    secret_name = Varchar(
        length=100, null=True, default=None
    )  # environment variable; null: public client (PKCE)
    scopes = Array(base_column=Text(), null=False, default=None)
    redirect_uris = Array(base_column=Text(), null=False, default=None)
    audience = Varchar(length=10, null=False, default=None)  # MEMBER or STAFF
    protocol = Varchar(length=12, null=False, default="OIDC")
    is_enabled = Boolean(null=False, default=True)
    version = Integer(null=False, default=1)
