"""Evidence records, signed checkpoints over them, and proofs."""
