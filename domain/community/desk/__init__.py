"""The desk: reports, the items they become, what moderators decide, what follows for members, and its exact undoing.

Locks: member roots (author, reporters) -> the review item -> the content (its claim, then its row) -> reports, sanctions,
strikes. Every change of content or of a member's limits is a :class:`changes.Change` of one ``mod_event``.
"""
