"""The server that carries the page, on loopback only."""
