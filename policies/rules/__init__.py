"""The rules, one family a file, and their fixed order."""
