"""The character classes of RFC 3501/9051 section 9 as pieces of `bytes` regular expressions.

Atoms take everything printable that the grammar does not exclude: clients send `&+/-.:;<=>?@^_|}[` and `!`
(imaptest, script "atoms"), so nothing is excluded beyond the letter of the RFC.
"""

import re


def _class(excluded: bytes) -> bytes:
    return b"[" + b"".join(re.escape(bytes([c])) for c in range(0x21, 0x7F) if c not in excluded) + b"]"


ATOM_CHAR = _class(b'(){%*"\\]')
"""ATOM-CHAR: no space, control, 8-bit octet or atom-special."""
ASTRING_CHAR = _class(b'(){%*"\\')
"""ASTRING-CHAR: an atom that may hold `]`."""
LIST_CHAR = _class(b'(){"\\')
"""list-char: an astring that may hold the wildcards `%` and `*`."""
TAG_CHAR = _class(b'(){%*"\\+')
"""The characters of a tag: ASTRING-CHAR without `+`."""
