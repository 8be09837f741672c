"""The embedded stack: a Postgres and a Valkey of Marque's own, in the data folder, for as long as a process needs them."""
