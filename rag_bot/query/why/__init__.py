"""Why is a passage not in the answer? The stages of the search, looked at one by one."""
