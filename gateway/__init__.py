"""Conversations (SMTP, IMAP) and the use cases they call."""
