"""HTTP around and beside GraphQL: middleware, media types, pages, probes and metrics."""
