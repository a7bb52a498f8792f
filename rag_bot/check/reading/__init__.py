"""Text -> words, numbers, dates, names and what is denied, each with its place."""
