"""GraphQL over HTTP and WebSocket: requests in, one run of the schema, answers out."""
