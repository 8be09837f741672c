"""Types of points: what the ledger holds, how it is earned, and a member's page."""

from api.points.types.earning import EarnRuleVersion
from api.points.types.enums import EarnRuleState
from api.points.types.ledger import LedgerHealth, PointsHold, PointsJournal, WalletAmount, WalletBalance
from api.points.types.member import MemberPoints

__all__ = [
    "EarnRuleState",
    "EarnRuleVersion",
    "LedgerHealth",
    "MemberPoints",
    "PointsHold",
    "PointsJournal",
    "WalletAmount",
    "WalletBalance",
]
