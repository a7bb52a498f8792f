"""What editors, agents and other programs may ask, by HTTP and by the Model Context Protocol: one contract for both."""

VERSION = "1"
"""Of the contract: another one takes away or renames what is there; what is added leaves it."""
