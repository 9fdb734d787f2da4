"""``storectl``: stores from the command line, over the same GraphQL API as everything else.

A pure client: it knows the contract and nothing of the service's insides, so it may run on another
machine and against another version.
"""
