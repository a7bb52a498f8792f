"""Teaches and measures the cross-encoder that reads lines: does this line answer, do these lines say this sentence."""

import os

# Threads that spin while they wait make each step ten times slower where others use the processor too. It must be said
# before PyTorch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
