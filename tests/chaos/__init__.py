"""Everything killed at random moments; afterwards nothing may be lost, doubled or left behind."""
