"""A database that cannot be written for a long time: a disk that is full, a lock that is held."""
