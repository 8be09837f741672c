"""Who may come in: sign-in, tokens and sessions, staff and their roles, approvals, the audit log, write keys.

Access knows subjects and tokens, never members: a member is a plain id here.
"""
