"""The rules of the platform: stores, their states, the errors, and the edges to everything else.

The package is pure: nothing in it reaches a database, a cluster or another program.
"""
