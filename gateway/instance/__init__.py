"""One instance on disk: its home directory, how it is founded, its certificates."""
