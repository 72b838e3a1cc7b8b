"""The selected mailbox: its index, what one session knows of it, and who is told of changes."""
