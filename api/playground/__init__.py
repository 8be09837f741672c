"""GraphiQL from local files, with the saved operations of each role."""
