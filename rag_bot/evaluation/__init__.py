"""Measures, with questions whose answers are known, how good retrieval and answers are."""
