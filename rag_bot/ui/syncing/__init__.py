"""Syncs that the app starts or sees, and what the index holds."""
