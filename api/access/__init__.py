"""GraphQL of access: staff, approvals, sources, the audit log and the settings of sign-in."""
