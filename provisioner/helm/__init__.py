"""helm as a subprocess."""
