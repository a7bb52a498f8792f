"""Question -> answer. Reads the store, never writes to it."""
