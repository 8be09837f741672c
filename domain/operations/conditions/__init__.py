"""Conditions: read from JSON, held as an immutable tree, compiled to SQL.

The law of this package: the set statement, the statement for single members and an evaluation over the raw rows in
Python agree, for every condition and at every instant.
"""
