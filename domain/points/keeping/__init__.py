"""Keeping the books: the chain of hashes, statements, totals, and what the points outstanding are worth."""
