"""What editors, agents and other programs may ask, by HTTP and by the Model Context Protocol: one contract for both."""
