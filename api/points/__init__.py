"""Points over GraphQL."""
