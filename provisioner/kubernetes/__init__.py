"""Adapters to Kubernetes: the API client, the watches, and helm's releases as kept in Secrets."""
