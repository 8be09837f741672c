"""GraphQL of owner services."""
