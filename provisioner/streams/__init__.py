"""Sends the followers of stores every change, in order; a follower can resume after a break."""
