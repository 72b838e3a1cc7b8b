"""The one MIME parser: offsets into the letter as received, for the signature verifier and for IMAP alike.

Pure: octets in, values out; no I/O, no clock. Nothing here ever rebuilds a letter: every answer is a slice
of the received octets or a description of one.

`tree` finds the entities, `fields` reads their header fields, `decode` makes text for reading and search,
`envelope`, `bodystructure` and `sections` answer IMAP's FETCH.
"""
