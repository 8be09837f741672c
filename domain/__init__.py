"""Everything true about the business; runs without HTTP, GraphQL or Redis."""
