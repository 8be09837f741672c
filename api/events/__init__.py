"""Events (活动) in GraphQL."""
