"""Settings: the documented tree, how it is read, and the sample file."""
