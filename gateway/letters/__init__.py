"""The use cases of a letter, one a file: taken in, placed, opened, unlinked, traced, exported."""
