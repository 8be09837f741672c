"""GraphQL of messaging."""
