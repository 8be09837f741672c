"""Moderation in GraphQL: reports, review, decisions, sanctions, and what moderation did."""
