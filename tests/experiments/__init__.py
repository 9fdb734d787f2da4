"""Experiments: programs that are run by hand, some minutes long, to learn something once.

Each asks what no test and no benchmark does: how many shops fit on a node, or what a step of
GROWTH.md would need before anybody builds it. It runs on local clusters of its own, measures, and
prints tables. What it showed is written down in a document, with the command and the machine:
``clusters`` in GROWTH.md, ``sizing`` in docs/k3s.md. An experiment is no test: a prototype in it is
no part of the product, and a figure that changes fails nothing.
"""
