"""One whole command in, one value out. The table verb -> reader lists the commands that are understood."""

from collections.abc import Callable

from gateway.imap.wire import (
    parse_access,
    parse_append,
    parse_fetch,
    parse_list,
    parse_mailbox,
    parse_message,
    parse_search,
    parse_session,
)
from gateway.imap.wire.commands import Command
from gateway.imap.wire.errors import BadCommand
from gateway.imap.wire.framing import Frame
from gateway.imap.wire.lexer import Lexer

READERS: dict[str, Callable[[Lexer], Command]] = {
    **parse_session.READERS,
    **parse_mailbox.READERS,
    **parse_list.READERS,
    **parse_access.READERS,
    **parse_append.READERS,
    **parse_message.READERS,
    **parse_fetch.READERS,
    **parse_search.READERS,
}


def parse(frame: Frame, *, utf8: bool = False, rev2: bool = False) -> Command:
    """Return the command that `frame` is. `utf8`, `rev2`: the client has enabled UTF8=ACCEPT (RFC 6855) or IMAP4rev2.

    Raises BadCommand, and nothing else, for whatever is wrong with it.
    """
    if frame.tag is None:
        raise BadCommand(None, "No usable tag")
    read = READERS.get(frame.verb)
    if read is None:
        raise BadCommand(frame.tag, "Unknown command" if frame.verb else "No command")
    lexer = Lexer(frame, utf8=utf8, rev2=rev2)
    command = read(lexer)
    lexer.end()
    return command


def append_mailbox(frame: Frame, *, utf8: bool = False) -> str | None:
    """Return the mailbox an unfinished APPEND is for, None when `frame` is not an APPEND that far.

    With `NeedContinuation` it lets a server refuse before the letter is sent. Raises BadCommand as `parse`
    does.
    """
    if frame.tag is None or frame.verb != "APPEND":
        return None
    lexer = Lexer(frame, utf8=utf8)
    lexer.space()
    return None if lexer.at_end() else lexer.mailbox()  # at the end: the literal to come is the name itself
