"""Importing what is known of people: interactions, identities, relations, tags, consents."""
