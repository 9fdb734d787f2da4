"""Experiments: each asks what a step of GROWTH.md would need, before anybody builds it.

An experiment is a program that is run by hand, some minutes long, on local clusters. It builds the
least of the step that can be told the truth by, measures, and prints a table. What it showed is
written down in GROWTH.md. It is no test: nothing of it is part of the product, and a figure that
changes fails nothing.
"""
