"""Which of several replicas works on stores, and what holds the others back."""
