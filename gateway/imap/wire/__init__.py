"""IMAP on the wire: octets to values and back, with no I/O, no clock and no knowledge of mailboxes.

The way in: `framing.CommandReader` cuts received octets into whole commands and owns every size limit;
`parser.parse` turns one `framing.Frame` into one frozen value of `commands*` or raises `errors.BadCommand`.
The way out: `encoder` chooses between atom, quoted string and literal; `responses*` build whole responses.
`sequence`, `mutf7`, `dates`, `flags` and `list_pattern` are the values both ways share.
"""
