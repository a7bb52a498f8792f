"""The language models that can be chosen."""
