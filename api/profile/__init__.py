"""GraphQL of the profile."""
