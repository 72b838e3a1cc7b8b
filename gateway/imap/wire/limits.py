"""How much one command may cost. Only `framing` applies these numbers; here they have names and reasons."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB

TAG_OCTETS = 128
"""Longest tag that is echoed. No known client sends more than a dozen octets."""

ID_TEXT_OCTETS = 32 * KIB
"""Text of an ID command, before login too: RFC 2971 section 3.3 lets a client send 30 pairs of 30 and 1,024
octets, and imaptest does."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one command. All sizes are octets."""

    text: int
    """All lines of the command together, without the literals between them."""
    literal: int
    """One literal, and all literals of the command together, unless the command is APPEND."""
    append_literal: int
    """One literal of an APPEND: the largest letter that may be uploaded."""
    append_total: int
    """All literals of one APPEND together (MULTIAPPEND, RFC 3502)."""
    literals: int
    """How many literals one command may hold."""
    non_sync: int
    """One literal sent without waiting, `{n+}`: RFC 7888 (LITERAL+, or LITERAL- when 4096)."""
    drain: int
    """How much of a command that is already refused is read and thrown away before the connection is ended.
    Costs no memory."""


PRE_LOGIN = Limits(
    text=8 * KIB,
    literal=4 * KIB,
    append_literal=4 * KIB,
    append_total=4 * KIB,
    literals=64,
    non_sync=4 * KIB,  # LITERAL- semantics, RFC 7888 section 5
    drain=256 * KIB,
)
"""Before anyone is known: a command costs at most 8 KiB of text (32 KiB for ID) and 4 KiB of literals."""


def logged_in(append: int = 25 * MIB) -> Limits:
    """Return the limits after login, for letters of at most `append` octets.

    Several letters in one APPEND may hold twice that together. What is refused is drained up to four
    times that size, so that a client that sent a slightly too large letter without waiting gets its
    `NO [TOOBIG]`; beyond, the connection ends.
    """
    return Limits(
        text=64 * KIB,
        literal=MIB,
        append_literal=append,
        append_total=2 * append,
        literals=1000,
        non_sync=max(append, MIB),
        drain=4 * max(append, MIB),
    )
