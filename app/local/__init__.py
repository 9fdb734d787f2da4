"""Runs the platform on this machine: ``make up``, a Kubernetes, and the pages.

For developers and tests. The service does not need it, and it is not in the images.
"""
