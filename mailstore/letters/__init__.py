"""Letters, their reference numbers, and each letter seen from both ends."""
