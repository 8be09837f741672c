"""Background work: thin jobs that make one domain call each. Redis only wakes them; the record is in Postgres."""
