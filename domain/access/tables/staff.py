"""Staff accounts with their roles, and the sources that report with a write key."""

from __future__ import annotations

from piccolo.columns import UUID, Array, Boolean, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from domain.foundation import ids


class Staff(Table, schema="access"):
    """An account of the brand's people; unique by lower-cased e-mail and by OIDC identity [raw]."""

    id = UUID(primary_key=True, default=ids.new)
    name = Varchar(length=200, null=False, default=None)
    email = Varchar(length=320, null=True, default=None)
    password_hash = Text(null=True, default=None)  # argon2; null: signs in by OIDC only
    oidc_identity = Text(null=True, default=None)  # "oidc:<issuer>|<sub>", learned at the first OIDC sign-in
    is_active = Boolean(null=False, default=True)
    tries = Integer(null=False, default=0)  # wrong passwords in a row
    locked_until = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)
    version = Integer(null=False, default=1)


class StaffRole(Table, schema="access"):
    """A role that a staff member holds, everywhere or (``scope`` as in ``circle:ID``) in one place."""

    id = UUID(primary_key=True, default=ids.new)
    staff = ForeignKey(Staff, null=False, on_delete=OnDelete.restrict)
    role = Varchar(length=20, null=False, default=None)
    scope = Varchar(length=100, null=False, default="")  # "": everywhere
    granted_at = Timestamptz(null=False, default=None)
    granted_by = UUID(null=True, default=None)
    once = Unique(["staff", "role", "scope"])


class Source(Table, schema="access"):
    """Something that reports interactions: an app, a website, a server. Of its write key only the hash is kept."""

    id = UUID(primary_key=True, default=ids.new)
    name = Varchar(length=100, null=False, default=None, unique=True)
    kind = Varchar(length=20, null=False, default=None)
    trust = Varchar(length=10, null=False, default=None)
    write_key_hash = Varchar(length=64, null=False, default=None, unique=True)
    write_key_hint = Varchar(length=8, null=False, default=None)  # the last characters, to tell keys apart
    scopes = Array(base_column=Text(), null=False, default=None)
    allowed_origins = Array(base_column=Text(), null=False, default=None)
    required_purpose = Varchar(length=100, null=True, default=None)
    without_consent = Varchar(length=10, null=False, default=None)  # STRIP or REFUSE
    is_enabled = Boolean(null=False, default=True)
    created_at = Timestamptz(null=False, default=None)
    rotated_at = Timestamptz(null=True, default=None)
    version = Integer(null=False, default=1)
