"""Operations: who (segments), and later when, what and whether it worked, from recorded interactions alone.

A segment is a condition over a member's interactions, traits and tags. Membership is exact: it follows each
interaction, and a member leaves a window in the instant it is over.
"""
