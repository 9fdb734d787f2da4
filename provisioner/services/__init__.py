"""What callers can ask for; each checks what the caller may do."""
