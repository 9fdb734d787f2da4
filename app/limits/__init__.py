"""Limits on what one caller may ask for: complexity, size, rate, and number at a time."""
