"""SMTP submission (RFC 6409) on implicit TLS (RFC 8314): the dialogue, never a decision about a letter."""
