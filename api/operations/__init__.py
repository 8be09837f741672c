"""Operations through GraphQL: segments for membership operations."""
