"""Commands about one mailbox: SELECT, EXAMINE, CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE, STATUS."""

from collections.abc import Callable

from gateway.imap.wire import commands
from gateway.imap.wire.commands import Command
from gateway.imap.wire.lexer import Lexer
from gateway.imap.wire.sequence import STAR, SequenceSet

STATUS_ITEMS = frozenset(
    {
        "MESSAGES",
        "RECENT",
        "UIDNEXT",
        "UIDVALIDITY",
        "UNSEEN",
        "DELETED",
        "SIZE",  # RFC 8438
        "DELETED-STORAGE",  # RFC 9208
        "HIGHESTMODSEQ",  # RFC 7162
        "APPENDLIMIT",  # RFC 7889
        "MAILBOXID",  # RFC 8474
    }
)


def with_mailbox(make: Callable[[str, str], Command]) -> Callable[[Lexer], Command]:
    """Return the reader of a command whose one argument is a mailbox."""

    def read(lexer: Lexer) -> Command:
        lexer.space()
        return make(lexer.tag, lexer.mailbox())

    return read


def read_select(lexer: Lexer) -> Command:
    """SELECT or EXAMINE SP mailbox [SP "(" parameter … ")"] (RFC 4466, RFC 7162)."""
    lexer.space()
    mailbox = lexer.mailbox()
    supplied = lexer.supplied
    condstore = False
    qresync: commands.Qresync | None = None
    if lexer.take_opening():
        while True:
            if lexer.keyword("CONDSTORE", "QRESYNC") == "CONDSTORE":
                condstore = True
            elif qresync is not None:
                raise lexer.bad("QRESYNC given twice")
            else:
                lexer.space()
                qresync = _qresync(lexer)
            if lexer.take_closing():
                break
            lexer.space()
    return commands.Select(lexer.tag, mailbox, lexer.verb == "EXAMINE", condstore, qresync, supplied)


def _qresync(lexer: Lexer) -> commands.Qresync:
    """Read (uidvalidity SP modseq [SP known-uids] [SP seq-match-data]) (RFC 7162 section 7)."""
    lexer.opening()
    uidvalidity = lexer.number(least=1)
    lexer.space()
    modseq = lexer.number63(least=1)
    known: SequenceSet | None = None
    sequences: SequenceSet | None = None
    uids: SequenceSet | None = None
    if lexer.upcoming(b" ") and not lexer.upcoming(b" ("):
        lexer.space()
        known = _known(lexer)
    if lexer.take_opening():
        sequences = _known(lexer)
        lexer.space()
        uids = _known(lexer)
        lexer.closing()
    lexer.closing()
    return commands.Qresync(uidvalidity, modseq, known, sequences, uids)


def _known(lexer: Lexer) -> SequenceSet:
    numbers = lexer.sequence_set()
    if numbers.saved or numbers.ranges[-1][1] == STAR:
        raise lexer.bad("Known numbers are listed without * and $")  # RFC 7162 section 7, known-uids
    return numbers


def read_create(lexer: Lexer) -> Command:
    """CREATE SP mailbox [SP "(" "USE" SP "(" use-attr … ")" ")"] (RFC 6154 section 5)."""
    lexer.space()
    mailbox = lexer.mailbox()
    supplied = lexer.supplied
    use: tuple[str, ...] = ()
    if lexer.take_opening():
        lexer.keyword("USE")
        lexer.space()
        use = lexer.items(lambda: _use(lexer), least=0, most=10)
        lexer.closing()
    return commands.Create(lexer.tag, mailbox, use, supplied)


def _use(lexer: Lexer) -> str:
    lexer.expect(b"\\")
    return "\\" + lexer.atom()


def read_rename(lexer: Lexer) -> Command:
    """RENAME SP mailbox SP mailbox."""
    lexer.space()
    old = lexer.mailbox()
    supplied = lexer.supplied
    lexer.space()
    new = lexer.mailbox()
    if supplied is None and lexer.supplied is not None:
        supplied = old
    return commands.Rename(lexer.tag, old, new, supplied)


def read_delete(lexer: Lexer) -> Command:
    """DELETE SP mailbox."""
    lexer.space()
    mailbox = lexer.mailbox()
    return commands.Delete(lexer.tag, mailbox, lexer.supplied)


def read_status(lexer: Lexer) -> Command:
    """STATUS SP mailbox SP "(" item … ")"."""
    lexer.space()
    mailbox = lexer.mailbox()
    lexer.space()
    return commands.Status(lexer.tag, mailbox, status_items(lexer))


def status_items(lexer: Lexer) -> tuple[str, ...]:
    """Read "(" status-att … ")", each once."""
    return tuple(dict.fromkeys(lexer.items(lambda: _status_item(lexer))))


def _status_item(lexer: Lexer) -> str:
    item = lexer.word()
    if item not in STATUS_ITEMS:
        raise lexer.bad("Unknown STATUS item")
    return item


READERS: dict[str, Callable[[Lexer], Command]] = {
    "SELECT": read_select,
    "EXAMINE": read_select,
    "CREATE": read_create,
    "DELETE": read_delete,
    "RENAME": read_rename,
    "SUBSCRIBE": with_mailbox(commands.Subscribe),
    "UNSUBSCRIBE": with_mailbox(commands.Unsubscribe),
    "STATUS": read_status,
}
