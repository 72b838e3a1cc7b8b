from collections.abc import Callable
from typing import Any

import pytest

from gateway.imap.wire import commands
from gateway.imap.wire.errors import BadCommand
from gateway.imap.wire.framing import Frame, Literal
from gateway.imap.wire.parse_session import sasl_response
from gateway.imap.wire.parser import READERS, append_mailbox, parse

PLAIN = [
    (b"CAPABILITY", commands.Capability),
    (b"noop", commands.Noop),
    (b"Logout", commands.Logout),
    (b"STARTTLS", commands.StartTls),
    (b"idle", commands.Idle),
    (b"namespace", commands.Namespace),
    (b"CHECK", commands.Check),
    (b"close", commands.Close),
    (b"UNSELECT", commands.Unselect),
]


@pytest.mark.parametrize(("verb", "command"), PLAIN)
def test_commands_without_arguments(read: Callable[..., Any], verb: bytes, command: Any) -> None:
    assert read(b"t " + verb + b"\r\n") == command("t")
    assert read(b"t " + verb + b" \r\n") == command("t")
    with pytest.raises(BadCommand) as refused:
        read(b"t " + verb + b" x\r\n")
    assert (refused.value.tag, refused.value.status) == ("t", "BAD")


GOOD = [
    (b"LOGIN alice secret", commands.Login("t", "alice", "secret")),
    (b'login "al\\"ice\\\\" ""', commands.Login("t", 'al"ice\\', "")),
    (b"LOGIN {5+}\r\nalice {7+}\r\npa\r\nss\xc3", None),
    (b"LOGIN {5+}\r\nalice {6+}\r\npa\r\nss", commands.Login("t", "alice", "pa\r\nss")),
    ('LOGIN "مريم" "كلمة"'.encode(), commands.Login("t", "مريم", "كلمة")),
    (b"LOGIN officer*office x", commands.Login("t", "officer*office", "x")),
    (b'LOGIN "officer*office" x', commands.Login("t", "officer*office", "x")),
    (b"LOGIN a]b x", commands.Login("t", "a]b", "x")),
    (b"LOGIN alice", None),
    (b"LOGIN", None),
    (b"LOGIN  a  b  ", commands.Login("t", "a", "b")),
    (b"LOGIN a {1+}\r\nb  ", commands.Login("t", "a", "b")),
    (b'ID  (  "name"   "x" )', commands.Id("t", (("name", "x"),))),
    (b"LOGIN a b c", None),
    (b'LOGIN "a b', None),
    (b'LOGIN "a\\x" b', None),
    (b"LOGIN ~{1+}\r\na b", None),
    (b"LOGIN {1+}\r\n\0 b", None),
    (b"LOGIN a {1+}\r\nb{1+}\r\nc", None),
    (b'LOGIN "abc {3+}\r\nd" x', None),
    (b"AUTHENTICATE plain", commands.Authenticate("t", "PLAIN", None)),
    (b"AUTHENTICATE EXTERNAL =", commands.Authenticate("t", "EXTERNAL", b"")),
    (b"AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=", commands.Authenticate("t", "PLAIN", b"\0bob\0secret")),
    (b"AUTHENTICATE SCRAM-SHA-256 biws", commands.Authenticate("t", "SCRAM-SHA-256", b"n,,")),
    (b"AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ", None),
    (b"AUTHENTICATE PLAIN *", None),
    (b"AUTHENTICATE PLAIN A=B=", None),
    (b"AUTHENTICATE PLAIN ==", None),
    (b"AUTHENTICATE", None),
    (b"AUTHENTICATE PLAIN biws biws", None),
    (b"ID NIL", commands.Id("t", ())),
    (b"ID nil", commands.Id("t", ())),
    (b"ID ()", commands.Id("t", ())),
    (b'ID ("Name" "K-9 Mail" "os" NIL)', commands.Id("t", (("name", "K-9 Mail"), ("os", None)))),
    (b'ID ("name" {3+}\r\na\nb)', commands.Id("t", (("name", "a\nb"),))),
    (b'ID ("name")', None),
    (b"ID", None),
    (b"ID x", None),
    (b"ID (name x)", None),
    (b"ID (" + b" ".join([b'"n" "v"'] * 31) + b")", None),
    (b'ID ("' + b"n" * 31 + b'" "v")', None),
    (b'ID ("n" "' + b"v" * 1025 + b'")', None),
    (b'ID ("n" "\xff")', None),
    (b"ENABLE condstore utf8=Accept", commands.Enable("t", ("CONDSTORE", "UTF8=ACCEPT"))),
    (b"ENABLE QRESYNC ", commands.Enable("t", ("QRESYNC",))),
    (b"ENABLE", None),
    (b"ENABLE (X)", None),
    (b"ENABLE" + b" X" * 51, None),
    (b"", None),
    (b"FROBNICATE", None),
    (b"UID", None),
    (b"UID NOOP", None),
    (b"COMPRESS DEFLATE", None),
    (b"NOOP(", None),
    (b"NOTIFY NONE", None),
]


@pytest.mark.parametrize(("arguments", "expected"), GOOD)
def test_session_commands(read: Callable[..., Any], arguments: bytes, expected: Any) -> None:
    octets = b"t " + arguments + b"\r\n"
    if expected is not None:
        assert read(octets) == expected
        return
    with pytest.raises(BadCommand) as refused:
        read(octets)
    assert (refused.value.tag, refused.value.status) == ("t", "BAD")


def test_a_password_is_in_no_repr_and_no_refusal(read: Callable[..., Any]) -> None:
    assert "secret" not in repr(read(b"t LOGIN bob secret\r\n"))
    assert "secret" not in repr(read(b"t AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=\r\n"))
    with pytest.raises(BadCommand) as refused:
        read(b"t LOGIN bob secret secret\r\n")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "line", [b"x", b"=", b"====", b"AA=A", b"AAAA\n", b" AAAA", b"\xff\xff\xff\xff", b"AAAAA"]
)
def test_a_sasl_answer_is_strict_base64(line: bytes) -> None:
    assert sasl_response(line) is None


def test_an_empty_sasl_answer_is_empty() -> None:
    assert sasl_response(b"") == b""


def test_without_a_tag_the_answer_is_untagged(read: Callable[..., Any]) -> None:
    with pytest.raises(BadCommand) as refused:
        read(b"+ NOOP\r\n")
    assert refused.value.tag is None


def test_every_verb_of_the_table_refuses_a_lone_parenthesis() -> None:
    for verb in READERS:
        line = f"t {verb} (".encode()
        with pytest.raises(BadCommand):
            parse(Frame("t", verb, 2 + len(verb), (line,)))


@pytest.mark.parametrize(
    ("texts", "literals", "expected"),
    [
        ((b"t APPEND Sent (\\Seen) ",), (), "Sent"),
        ((b't APPEND "&BkUGMQ-" ',), (), "مر"),
        ((b"t APPEND ",), (), None),
        ((b"t SELECT Sent ",), (), None),
    ],
)
def test_the_mailbox_of_an_unfinished_append(
    texts: tuple[bytes, ...], literals: tuple[Literal, ...], expected: str | None
) -> None:
    verb = texts[0].split()[1].decode()
    assert append_mailbox(Frame("t", verb, 2 + len(verb), texts, literals)) == expected


def test_the_mailbox_of_an_unfinished_append_may_be_a_literal(pull: Callable[..., list[Any]]) -> None:
    events = pull(b"t append {4}\r\nSent {100}\r\n")
    assert append_mailbox(events[0].frame) is None
    assert append_mailbox(events[1].frame) == "Sent"
