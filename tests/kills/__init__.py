"""Rounds of kill -9 during backups and restores, with the charts' scripts and real programs."""
