"""What a running gateway stands on: the crossing to blocking calls, the clock, the journal, the directory as of now."""
