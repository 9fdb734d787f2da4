"""Leader election: which replica works on stores, and what keeps the others from doing so."""
