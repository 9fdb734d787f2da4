"""What is around every request, and the pages and probes that are not GraphQL."""
