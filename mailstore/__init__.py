"""Facts: SQL, octets, evidence, mailboxes. Synchronous; knows no protocol."""
