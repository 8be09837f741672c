"""Tables of access (schema ``access``)."""

from domain.access.tables.approving import Approval, ApprovalThreshold, AuditEntry, AuditText
from domain.access.tables.signing_in import Challenge, OidcProvider, Policy, Proof, Session, Subject
from domain.access.tables.staff import Source, Staff, StaffRole

TABLES = [
    Policy,
    Staff,
    StaffRole,
    Subject,
    Session,
    Challenge,
    Proof,
    OidcProvider,
    Source,
    Approval,
    ApprovalThreshold,
    AuditEntry,
    AuditText,
]

__all__ = [table.__name__ for table in TABLES] + ["TABLES"]
