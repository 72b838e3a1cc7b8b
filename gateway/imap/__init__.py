"""The IMAP server: `wire` turns octets into values and back; the rest decides what they mean."""
