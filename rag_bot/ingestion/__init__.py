"""Note files -> chunks -> store."""
