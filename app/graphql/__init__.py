"""The GraphQL endpoint: the schema over HTTP, websockets and event streams."""
