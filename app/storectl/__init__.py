"""Contains ``storectl``, the command-line client for the people who own stores.

It uses the public GraphQL API and imports no module of the service. So it can run on another
machine, and against another version of the service.
"""
