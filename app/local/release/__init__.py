"""Makes releases: one version everywhere; images, charts and packages, signed and published.

``python -m app.local.release --help`` lists the steps; docs/releasing.md explains them.
"""
