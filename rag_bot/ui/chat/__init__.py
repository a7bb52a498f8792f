"""The conversation: its events, its answers, its list."""
