"""What followers of stores are sent, in order and resumable."""
