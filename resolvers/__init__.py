"""Connects the contract (``schema``) with the domain (``provisioner``); nothing else does."""
