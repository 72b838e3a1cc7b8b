"""Searches over the stored text find what reading every message finds, on both engines."""

import asyncio
import base64
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from sqlalchemy import delete, func, select

from gateway.imap.search import command
from gateway.imap.search.program import Context, Texts, compile_search
from gateway.imap.wire import search_keys as keys
from gateway.letters.placement import Trace, header_block
from gateway.messages import search_text
from gateway.messages.stored import message_of
from mailstore.database import schema
from mailstore.database.transaction import Store, Unit
from mailstore.mailboxes import contents, mailboxes, views
from mailstore.octets.messages import Message, put_message
from policies.envelope import Envelope
from policies.letter import SignatureRecord
from policies.people.identity import Account
from tests.contract.sample import enrol, entry, login_of, mailbox_id

T = TypeVar("T")
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
PREFIX = header_block(
    Trace(
        "murasalat.gov.example",
        "murasalat.gov.example",
        "id-7",
        "MOJ/OUT/2026/7",
        "evidence-7",
        "MOF/IN/2026/8",
    ),
    Envelope(None, (), Account(login_of("MOJ"), "password"), NOW, "192.0.2.1"),
    SignatureRecord("openpgp", "A" * 40, headers_protected=True, engines=("gnupg",)),
)
WORDS = (
    *("إدارة", "الموازنة", "مُحَمَّد", "مؤسسة", "المـــالية", "على", "علی", "کتاب", "۲۰۲۶", "١٤٤٨", "ﷺ", "ﻻ"),
    *("Straße", "CAFÉ", "re", "Budget", "x", "(note)", "a:b", "\N{ZERO WIDTH NON-JOINER}", "ﬁnal"),
    *("١٢٫٥", "12.5", "١٬٢٥٠", "1,250", "a  b", "\N{NO-BREAK SPACE}"),
)
CHARSETS = (
    "utf-8",
    "windows-1256",
    "iso-8859-6",
    "us-ascii",
    "unknown-8",
    "utf-16",
    "windows1256",
    "unknown-8bit",
)


def octets_in(text: str, charset: str) -> bytes:
    known = {"unknown-8": "utf-8", "windows1256": "cp1256", "unknown-8bit": "cp1256"}.get(charset, charset)
    return text.encode(known, "replace")


class Writer:
    """Writes messages as mail programs do, and as they should not."""

    def __init__(self, seed: int) -> None:
        self.chosen = random.Random(seed)

    def text(self, most: int = 6) -> str:
        return " ".join(self.chosen.choice(WORDS) for _ in range(self.chosen.randint(0, most)))

    def value(self) -> bytes:
        """A header value: raw, in one encoded word, or in words that cut inside a character."""
        text, charset = self.text(), self.chosen.choice(CHARSETS)
        octets, kind = octets_in(text, charset), self.chosen.randrange(5)
        if kind == 0:
            return text.encode()
        if kind == 1:
            return octets_in(text, "windows-1256")  # raw octets of no known charset
        if kind == 2:
            quoted = b"".join(b"=%02X" % one for one in octets)
            return b"=?%b*ar?Q?%b?=" % (charset.encode(), quoted)
        pieces = [octets[start : start + 7] for start in range(0, len(octets), 7)]
        fold_at = self.chosen.choice([b" ", b"\r\n ", b"\r\n\t"])
        return fold_at.join(b"=?%b?b?%b?=" % (charset.encode(), base64.b64encode(one)) for one in pieces)

    def address(self) -> bytes:
        name = self.chosen.choice([b"noura", b"SALEM", b"h(c)uda", b"q\xd9\x86"])
        return self.value() + b" <%b(in the office)@mof.gov.example>" % name

    def header(self) -> bytes:
        some = [
            b"Subject: %b" % self.value(),
            b"SUBJECT :%b" % self.value(),
            b"From: %b" % self.address(),
            b"To: %b,\r\n\t%b" % (self.address(), self.address()),
            b"Cc: Group: %b;" % self.address(),
            b"Bcc:",
            b"X-Note: %b" % self.value(),
            b"no field at all",
            b"Keywords: =?utf-8?Q?line=0Aend?= a\rb\0c",
        ]
        self.chosen.shuffle(some)
        return b"".join(one + b"\r\n" for one in some[: self.chosen.randint(0, len(some))])

    def part(self, depth: int = 0) -> bytes:
        kind = self.chosen.randrange(6 if depth < 2 else 3)
        if kind == 3:
            mark = b"mark-%d" % self.chosen.randrange(10**9)
            parts = b"".join(b"--%b\r\n%b\r\n" % (mark, self.part(depth + 1)) for _ in range(2))
            return b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n%b--%b--\r\n" % (mark, parts, mark)
        if kind == 4:
            return b"Content-Type: message/rfc822\r\n\r\n" + self.header() + self.part(depth + 1)
        if kind == 5:
            return self.file()
        html = kind == 2
        text = f"<p title='x'>{self.text()}&lt;{self.text()}</p><b>re</b>" if html else self.text(20)
        text = text.replace(" ", self.chosen.choice([" ", "\r\n", " \r\n", "\r\n   "]))
        return self.encoded(text, b"html" if html else b"plain")

    def file(self) -> bytes:
        """An attached file whose name is told in one of the ways that programs use."""
        text = self.text(2)
        ways = (
            b'Content-Type: application/pdf; name="%b"\r\n' % text.encode("cp1256", "replace"),
            b'Content-Type: application/pdf; name="%b"\r\n' % self.value(),
            b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''%b\r\n"
            % b"".join(b"%%%02X" % one for one in text.encode()),
            b"Content-Type: application/pdf\r\nContent-Description: %b\r\n" % self.value(),
        )
        return self.chosen.choice(ways) + b"Content-Transfer-Encoding: base64\r\n\r\nQnVkZ2V0\r\n"

    def encoded(self, text: str, subtype: bytes) -> bytes:
        charset = self.chosen.choice(CHARSETS)
        octets, name = octets_in(text, charset), charset.encode()
        named = (
            self.chosen.choice(
                [b"charset=%b", b'charset="%b"', b"charset*=us-ascii'en'%b", b"charset=%b; format=flowed"]
            )
            % name
        )
        way = self.chosen.choice([b"8bit", b"base64", b"quoted-printable", b"x-none", b"8-bit"])
        if way == b"base64":
            octets = base64.encodebytes(octets)
        elif way == b"quoted-printable":
            octets = b"=\r\n".join(b"=%02X" % one for one in octets)
        lines = b"Content-Type: text/%b; %b\r\nContent-Transfer-Encoding: %b\r\n\r\n" % (subtype, named, way)
        return lines + octets + b"\r\n"

    def message(self) -> bytes:
        octets = self.header() + self.part()
        odd = self.chosen.randrange(12)
        if odd == 0:
            return b" continued\r\n" + octets
        if odd == 1:
            return octets.replace(b"\r\n", b"\n")
        if odd == 2:
            return octets.partition(b"\r\n\r\n")[0]
        return b"\r\n" + octets if odd == 3 else octets


@dataclass
class Box:
    """A mailbox whose live messages are `uids`; just enough of a view and a session for a search."""

    store: Store
    mailbox: Any
    uids: list[int]
    saved: None = None

    def walk(self, ranges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, frozenset[str], int]]:
        for start, stop in ranges:
            for at in range(start, stop):
                yield at + 1, self.uids[at], frozenset({"\\Seen"} if at % 3 else ()), 1

    @property
    def ports(self) -> Any:
        return SimpleNamespace(clock=lambda: NOW)

    async def read(self, act: Callable[[Any], T]) -> T:
        return self.store.read(act)

    async def drain(self) -> None:
        """The one who asks is still there."""

    async def authorise(self) -> None:
        """Every search is allowed here."""

    def found(self, key: keys.SearchKey) -> list[int]:
        box: Any = self
        return [one[1] for one in asyncio.run(command.matching(box, box, key))]

    def by_reading(self, key: keys.SearchKey) -> list[int]:
        """What a search finds that decodes and folds every message anew."""
        test = compile_search(key, Context(self.uids, (), NOW)).test
        walked = self.walk([(0, len(self.uids))])
        return [one[1] for one, (row, texts) in zip(walked, self._all, strict=True) if test(one, row, texts)]

    @property
    def _all(self) -> list[tuple[Any, Texts]]:
        return _everything(self.store, self.mailbox.id, tuple(self.uids))


@cache
def _everything(store: Store, mailbox: int, uids: tuple[int, ...]) -> list[tuple[Any, Texts]]:
    columns = ("sha256", "head", "size", "internal_date", "saved_at", "letter_id", "octets")
    rows = store.read(lambda c: contents.rows(c, mailbox, uids, *columns))
    return [(row, Texts(row.octets)) for row in rows]


def made(octets: bytes) -> Message:
    return message_of(octets)


def filled(store: Store, messages: Sequence[Message], gone: Sequence[int] = ()) -> Box:
    """A mailbox with these messages, every other one under our header block; `gone` were expunged."""
    store.write(enrol)

    def act(unit: Unit) -> int:
        place = mailbox_id(unit, "MOF", "INBOX")
        for at, one in enumerate(messages):
            put_message(unit, one)
            mailboxes.add_entry(unit, place, entry(one, PREFIX if at % 2 else b"", unit, "draft"))
        mailboxes.unlink(unit, place, gone)
        return place

    place = store.write(act)
    uids = store.read(partial(views.uids, mailbox=place))
    return Box(store, store.read(partial(mailboxes.get, mailbox=place)), uids)


def needles(chosen: random.Random, messages: Sequence[Message]) -> Iterator[str]:
    """Pieces of what the messages say, and of what they do not."""
    yield from (
        "",
        " ",
        "\n",
        "\r",
        "subject: ",
        "to",
        "budget",
        "mof/in/2026/8",
        "Murasalat-Reference: MOJ",
        "ك",
    )
    yield from (
        "\n\n",
        "gov.example\nsubject",
        "pass;\nfrom",
        "\ufffd",
        "noura@mof",
        "huda@MOF",
        "in the",
        "\0",
        "%_",
    )
    yield from WORDS
    for one in chosen.sample(messages, 12):
        whole = one.search
        text = (whole.head + b"\n" + whole.body).decode() if whole else one.octets.decode("utf-8", "replace")
        start = chosen.randrange(max(1, len(text)))
        yield text[start : start + chosen.randint(1, 9)]


def text_keys(needle: str) -> Iterator[keys.SearchKey]:
    for where in ("SUBJECT", "FROM", "TO", "CC", "BCC", "BODY", "TEXT"):
        yield keys.TextKey(where, needle)
    for name in ("Subject", "from", "X-Note", "Murasalat-Reference"):
        yield keys.HeaderKey(name, needle)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_found_is_what_reading_every_message_finds(store: Store, seed: int) -> None:
    writer = Writer(seed)
    messages = list({one.sha256: one for one in (made(writer.message()) for _ in range(100))}.values())
    # of some the text was never stored; of the odd ones there is none to store
    messages = [replace(one, search=None) if at % 11 == 5 else one for at, one in enumerate(messages)]
    assert 60 < sum(one.search is not None for one in messages) < len(messages) - 8
    box = filled(store, messages, gone=[2, 3, 50, 51, 52, 53, 54, 55, 56, 57, 100])
    hits = 0
    for needle in needles(writer.chosen, messages):
        for key in text_keys(needle):
            found = box.found(key)
            assert found == box.by_reading(key), key
            hits += bool(found) and found != box.uids
    assert hits > 100  # the comparison was not of nothing with nothing


def test_keys_together_find_what_reading_finds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "RUN", 32)  # several readings, and several groups in each
    monkeypatch.setattr(command, "ROWS", 10)
    writer = Writer(3)
    box = filled(store, [made(writer.message()) for _ in range(80)], gone=[1, 40])

    def key(depth: int = 0) -> keys.SearchKey:
        chosen = writer.chosen
        kind = chosen.choice(
            ["and", "or", "not", "text", "text", "other"] if depth < 3 else ["text", "other"]
        )
        if kind == "and":
            return keys.And(tuple(key(depth + 1) for _ in range(2)))
        if kind == "or":
            return keys.Or(key(depth + 1), key(depth + 1))
        if kind == "not":
            return keys.Not(key(depth + 1))
        if kind == "text":
            return chosen.choice(list(text_keys(chosen.choice(WORDS))))
        others: list[keys.SearchKey] = [
            keys.HasFlag("\\Seen", present=True),
            keys.SizeKey("LARGER", 500),
            keys.DateKey("SENT", "ON", date(2026, 11, 24)),
            keys.DateKey("INTERNAL", "SINCE", date(2026, 1, 1)),
        ]
        return chosen.choice(others)

    for _ in range(250):
        one = key()
        assert box.found(one) == box.by_reading(one), one


def test_a_few_scattered_messages_are_searched_one_by_one(store: Store) -> None:
    writer = Writer(4)
    box = filled(store, [made(writer.message()) for _ in range(60)])
    box.uids = box.uids[::9]
    for key in text_keys("re"):
        assert box.found(key) == box.by_reading(key)


def test_the_stored_text_decides_without_reading_messages(store: Store) -> None:
    """Without it nothing is lost but time: with other octets in it, the search believes it."""
    box = filled(store, [made(b"Subject: One\r\n\r\ntwo"), made(b"Subject: three\r\n\r\nfour")])

    def act(unit: Unit) -> None:
        fields, texts = schema.search_fields, schema.search_texts
        unit.connection.execute(fields.update().where(fields.c.uid == 1).values(subject=b"\nelsewhere"))
        unit.connection.execute(texts.update().values(body=b"nowhere"))

    assert (box.found(keys.TextKey("SUBJECT", "ONE")), box.found(keys.TextKey("BODY", "two"))) == ([1], [1])
    store.write(act)
    assert (box.found(keys.TextKey("SUBJECT", "one")), box.found(keys.TextKey("BODY", "two"))) == ([], [])
    assert box.found(keys.TextKey("TEXT", "nowhere")) == [1, 2]
    store.write(lambda unit: unit.connection.execute(delete(schema.search_texts)))
    store.write(lambda unit: unit.connection.execute(delete(schema.search_fields)))
    assert (box.found(keys.TextKey("SUBJECT", "one")), box.found(keys.TextKey("BODY", "two"))) == ([1], [1])


def test_our_own_header_block_is_searched_without_being_stored(store: Store) -> None:
    box = filled(store, [made(b"Subject: One\r\n\r\ntwo"), made(b"Subject: three\r\n\r\nfour")])
    for needle in ("mof/in/2026/8", "Murasalat-Incoming-Reference: MOF", "officer@MOJ"):
        assert box.found(keys.TextKey("TEXT", needle)) == [2], needle
        assert box.found(keys.TextKey("BODY", needle)) == []
    assert box.found(keys.HeaderKey("murasalat-reference", "OUT/2026")) == [2]


def test_our_own_header_block_has_none_of_the_fields_that_are_stored() -> None:
    assert re.findall(rb"(?im)^(subject|from|to|cc|bcc)[ \t]*:", PREFIX) == []


def test_a_deleted_mailbox_takes_its_fields_with_it(store: Store) -> None:
    box = filled(store, [made(b"Subject: One\r\n\r\ntwo")])
    count = select(func.count()).select_from(schema.search_fields)

    def act(unit: Unit) -> tuple[int, int]:
        own = mailboxes.create(unit, box.mailbox.office, "Mine")
        message = made(b"Subject: One\r\n\r\ntwo")
        mailboxes.add_entry(unit, own.id, entry(message, b"", unit, "copy"))
        before = unit.connection.scalar(count) or 0
        mailboxes.unlink(unit, own.id, [1])
        mailboxes.delete(unit, own.id)
        return before, unit.connection.scalar(count) or 0

    assert store.write(act) == (2, 1)


def test_what_is_too_large_or_begins_with_a_blank_has_no_text() -> None:
    assert made(b"Subject: x\r\n\r\ny").search is not None
    assert made(b" x\r\nSubject: x\r\n\r\ny").search is None
    assert made(b"\r\n" + b"x" * (search_text.LARGEST_BODY + 1)).search is None
    part = b"--a\r\nContent-Type: application/pdf\r\nX-Long: %b\r\n\r\nx\r\n" % (b"x" * 30_000)
    mixed = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n%b--a--\r\n"
    assert made(mixed % (part * 4)).search is not None
    assert made(mixed % (part * 5)).search is None
    assert made(b"To: " + b"x@y.example,\r\n " * 2600 + b"\r\n\r\n").search is None
    attached = b"Content-Type: application/pdf\r\n\r\n" + b"x" * (search_text.LARGEST_BODY + 1)
    assert made(b"Subject: x\r\n" + attached).search is not None
