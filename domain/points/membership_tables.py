"""Tables of membership (schema ``points``): tiers with their benefits, and how members stand in them.

Thresholds are minor units of the scheme's wallet. Partial indexes are raw SQL in the migrations.
"""

from __future__ import annotations

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from domain.foundation import ids
from domain.points.tables import WalletType


class TierScheme(Table, schema="points"):
    """A ladder of tiers over one wallet; what it says stands in its versions."""

    id = UUID(primary_key=True, default=ids.new)
    code = Text(null=False, default=None, unique=True)
    wallet_type = ForeignKey(WalletType, null=False, on_delete=OnDelete.restrict)
    version = Integer(null=False, default=1)
    created_at = Timestamptz(null=False, default=None)


class TierSchemeVersion(Table, schema="points"):
    """What a scheme says from a moment on; the first holds for all that was before it, too. Never edited."""

    id = UUID(primary_key=True, default=ids.new)
    scheme = ForeignKey(TierScheme, null=False, on_delete=OnDelete.restrict)
    version = Integer(null=False, default=None)
    basis = Varchar(length=20, null=False, default=None)
    period = JSONB(null=True, default=None)
    apply = Varchar(length=20, null=False, default=None)
    expiry = JSONB(null=False, default=None)
    downgrade = Varchar(length=10, null=False, default=None)
    grace = JSONB(null=True, default=None)
    tiers = JSONB(
        null=False, default=None
    )  # from the lowest to the highest: code, threshold, condition, keeps
    effective_from = Timestamptz(null=False, default=None)
    maker = UUID(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    each_scheme_version_once = Unique(["scheme", "version"])


class Tier(Table, schema="points"):
    """A tier as the newest version says; one that was made stays, so that history can name it."""

    id = UUID(primary_key=True, default=ids.new)
    scheme = ForeignKey(TierScheme, null=False, on_delete=OnDelete.restrict)
    code = Text(null=False, default=None)
    rank = SmallInt(null=False, default=None)  # from 1; unique per scheme, checked at commit [raw]
    threshold = BigInt(null=False, default=None)
    condition = JSONB(null=True, default=None)
    keeps = Boolean(null=False, default=False)
    created_at = Timestamptz(null=False, default=None)

    each_tier_once = Unique(["scheme", "code"])


class Standing(Table, schema="points"):
    """How a root stands in a scheme, as it was last judged; ``checkpoints`` are where later walks go on from."""

    id = UUID(primary_key=True, default=ids.new)
    scheme = ForeignKey(TierScheme, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None, index=True)
    tier = Text(null=True, default=None)
    since = Timestamptz(null=True, default=None)
    ends_at = Timestamptz(null=True, default=None)
    grace_until = Timestamptz(null=True, default=None)
    floor_tier = Text(null=True, default=None)
    floor_until = Timestamptz(null=True, default=None)
    next_due = Timestamptz(null=True, default=None)
    warned_for = Timestamptz(null=True, default=None)  # the fall that was announced
    checkpoints = JSONB(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    one_standing_a_scheme = Unique(["scheme", "member"])


class StandingChange(Table, schema="points"):
    """A step of a standing and the interaction that told of it; ``undone_at`` when a later look found otherwise."""

    id = UUID(primary_key=True, default=ids.new)
    scheme = ForeignKey(TierScheme, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None, index=True)
    step = Varchar(length=10, null=False, default=None)
    before = Text(null=True, default=None)
    after = Text(null=True, default=None)
    at = Timestamptz(null=False, default=None)
    ends_at = Timestamptz(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)


class StandingFact(Table, schema="points"):
    """What staff (FLOOR) or a merge (MERGED) said of a standing; with the points these make the history."""

    id = UUID(primary_key=True, default=ids.new)
    scheme = ForeignKey(TierScheme, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None, index=True)
    kind = Varchar(length=10, null=False, default=None)
    tier = Text(null=True, default=None)
    at = Timestamptz(null=False, default=None)
    until_at = Timestamptz(null=True, default=None)
    state = JSONB(null=True, default=None)  # of the other member of a merge
    merge = UUID(null=True, default=None)
    actor = UUID(null=True, default=None)
    created_at = Timestamptz(null=False, default=None)

    a_known_kind = Check("kind IN ('FLOOR', 'MERGED')")


class StandingDue(Table, schema="points"):
    """A standing to be judged anew because something happened; a sweep works it off."""

    id = UUID(primary_key=True, default=ids.new)
    scheme = ForeignKey(TierScheme, null=False, on_delete=OnDelete.restrict)
    member = UUID(null=False, default=None, index=True)
    is_historical = Boolean(null=False, default=False)
    created_at = Timestamptz(null=False, default=None)

    each_standing_is_due_once = Unique(["scheme", "member"])


class Benefit(Table, schema="points"):
    """What a tier brings; ``quantity`` times a ``period`` of the calendar (null: as often as one likes)."""

    id = UUID(primary_key=True, default=ids.new)
    tier = ForeignKey(Tier, null=False, on_delete=OnDelete.restrict)
    code = Text(null=False, default=None)
    names = JSONB(null=False, default=None)
    quantity = Integer(null=True, default=None)
    period = JSONB(null=True, default=None)
    version = Integer(null=False, default=1)
    created_at = Timestamptz(null=False, default=None)

    each_benefit_once_a_tier = Unique(["tier", "code"])
    a_quantity_is_something = Check("quantity > 0")


class BenefitUse(Table, schema="points"):
    """A benefit that was used, once for each thing it was used on."""

    id = UUID(primary_key=True, default=ids.new)
    member = UUID(null=False, default=None, index=True)
    benefit = ForeignKey(Benefit, null=False, on_delete=OnDelete.restrict)
    source_id = Text(null=False, default=None)
    used_at = Timestamptz(null=False, default=None)
    actor = UUID(null=True, default=None)

    each_use_once = Unique(["member", "benefit", "source_id"])
