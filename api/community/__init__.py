"""The community in GraphQL."""
