"""SEARCH, SORT and THREAD: programs, keys, and what messages are ordered by."""
