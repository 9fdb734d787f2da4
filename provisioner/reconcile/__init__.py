"""Works on stores: a queue, a decision for each store, and the steps that follow from it."""
