"""Answers in sentences: a language model writes, code decides what stands behind each sentence."""
