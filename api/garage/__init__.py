"""GraphQL of the garage."""
