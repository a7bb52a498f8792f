"""The page of notes, and the panel that shows one."""
