"""Exact octets of messages under their SHA-256, and their folded search texts."""
