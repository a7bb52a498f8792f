"""The server that carries the page, and who may use it."""
