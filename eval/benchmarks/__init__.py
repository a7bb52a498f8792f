"""Measures time and memory. Nothing here is asserted by a test: compare figures of one run on one machine."""
