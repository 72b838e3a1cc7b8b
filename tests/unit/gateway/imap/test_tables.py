"""The tables agree: what is understood, where it is allowed, who handles it, what is advertised."""

import ast
from pathlib import Path

import pytest

import gateway.imap
from gateway.config.quirks import BASE, OPTIONAL, read_quirk
from gateway.imap import texts
from gateway.imap.capabilities import GREETING, capabilities, greeting
from gateway.imap.commands.table import HANDLERS
from gateway.imap.settings import ImapSettings
from gateway.imap.state import RULES, State, Telling
from gateway.imap.wire.encoder import human_text
from gateway.imap.wire.parser import READERS

ROOM = Path(gateway.imap.__file__).parent
DOORS = {"AUTH=SCRAM-SHA-256", "AUTH=PLAIN"}
AFTER = set(capabilities(ImapSettings()))


def test_every_command_that_is_understood_is_handled_in_some_state() -> None:
    assert set(READERS) == set(RULES) == set(HANDLERS)
    assert all(rule.states for rule in RULES.values())


def test_nothing_but_the_door_is_open_before_login() -> None:
    outside = {verb for verb, rule in RULES.items() if State.GREETED in rule.states}
    assert outside == {"CAPABILITY", "NOOP", "LOGOUT", "ID", "LOGIN", "AUTHENTICATE", "STARTTLS"}


def test_expunge_is_never_told_where_numbers_are_in_the_clients_hands() -> None:
    quiet = {verb for verb, rule in RULES.items() if rule.telling is Telling.WITHOUT_EXPUNGE}
    assert quiet == {"FETCH", "STORE", "SEARCH", "SORT", "THREAD"}


def test_what_is_offered_before_login_holds_before_login() -> None:
    assert set(GREETING) == {"IMAP4rev1", "IMAP4rev2", "SASL-IR", "ID", "ENABLE", "LITERAL-", *DOORS}
    assert DOORS.isdisjoint(AFTER)
    assert set(greeting(ImapSettings(), certificate=True)) == {*GREETING, "AUTH=EXTERNAL"}


def test_what_v1_needs_is_offered_after_login() -> None:
    wanted = [
        "IMAP4rev1",
        "IMAP4rev2",
        "ID",
        "ENABLE",
        "UNSELECT",
        "CHILDREN",
        "NAMESPACE",
        "LITERAL+",
        "IDLE",
        "UIDPLUS",
        "MOVE",
        "SPECIAL-USE",
        "CREATE-SPECIAL-USE",
        "LIST-EXTENDED",
        "LIST-STATUS",
        "STATUS=SIZE",
        "ACL",
        "RIGHTS=texk",
        "CONDSTORE",
        "ESEARCH",
        "SEARCHRES",
        "WITHIN",
        "SORT",
        "SORT=DISPLAY",
        "THREAD=REFERENCES",
        "THREAD=ORDEREDSUBJECT",
        "BINARY",
        "MULTIAPPEND",
        "APPENDLIMIT=26214400",
        "QUOTA",
        "UTF8=ACCEPT",
        "OBJECTID",
    ]
    assert set(wanted) <= AFTER


def test_what_is_not_proven_is_not_offered() -> None:
    assert not AFTER & {
        "QRESYNC",
        "COMPRESS=DEFLATE",
        "NOTIFY",
        "CATENATE",
        "URLAUTH",
        "LOGIN-REFERRALS",
    }


def test_utf8_is_kept_from_clients_that_cannot_cope_with_it() -> None:
    settings = ImapSettings(withheld=(read_quirk("OldMail: UTF8=ACCEPT"),))
    assert "UTF8=ACCEPT" not in capabilities(settings, "oldmail 3.1")
    assert "UTF8=ACCEPT" in capabilities(settings, "Thunderbird 153")
    assert "UTF8=ACCEPT" not in capabilities(ImapSettings(utf8=False))


def test_every_capability_is_either_of_the_base_or_can_be_withheld() -> None:
    offered = {*GREETING, *capabilities(ImapSettings(xlist=True))}
    for name in offered:
        names = {name.upper(), name.upper().partition("=")[0]}
        assert bool(names & BASE) != bool(names & OPTIONAL), name
    families = {name.upper().partition("=")[0] for name in offered}
    assert {name.partition("=")[0] for name in OPTIONAL} <= families


def sentences() -> list[tuple[str, texts.Sentence]]:
    return [(name, value) for name, value in vars(texts).items() if isinstance(value, texts.Sentence)]


@pytest.mark.parametrize(("name", "sentence"), sentences())
def test_sentences_are_short_and_in_both_languages(name: str, sentence: texts.Sentence) -> None:
    assert sentence.en.isascii(), name
    assert not sentence.ar.isascii(), name
    assert 10 < len(sentence.en) <= 90, name
    assert human_text(sentence.en).decode() == sentence.en
    assert human_text(sentence.ar, utf8=True).decode() == sentence.ar


def test_only_the_connection_reads_from_and_writes_to_a_stream() -> None:
    words = {
        "create_server",
        "open_connection",
        "StreamReader",
        "StreamWriter",
        "transport",
        "writelines",
        "recv",
    }
    for path in ROOM.rglob("*.py"):
        if path.name in {"connection.py", "server.py"}:
            continue
        names = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Attribute)
        }
        assert not names & words, path.name
