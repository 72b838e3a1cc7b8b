"""Mailboxes, what one officer sees of them, and what conversations read of their contents."""
