"""Public sets and files of cases go through the production pipeline, with settings as they are or over ranges."""
