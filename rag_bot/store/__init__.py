"""What is indexed. Nobody outside this package opens the index's files."""
