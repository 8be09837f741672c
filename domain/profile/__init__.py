"""One record per person across app, website, mini-program, head unit and store (One-ID), and every interaction on it.

Owns members, identities, resolution and merges, the interaction log with its outbox, traits, aggregates, tags,
memberships, relations, the timeline and the portrait. What rules compute of them belongs to higher areas.
"""
