"""What the gateway does about evidence: it signs checkpoints over the log."""
