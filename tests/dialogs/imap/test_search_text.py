"""What SEARCH finds in letters as old and odd programs write them, over the real service."""

import base64
import re

import pytest

from gateway.mime.words import decode_words
from tests.dialogs.imap.rig import World

HEAD = b"From: registry@moj.gov.example\r\nTo: registry@mof.gov.example\r\nMIME-Version: 1.0\r\n"
PHRASE = "على مجلس الوزراء الموقر"
WORDS = "قرار نهائي"


def cp1256(text: str) -> bytes:
    return text.encode("cp1256")


def text(body: str | bytes, kind: bytes = b"text/plain; charset=utf-8", encoding: bytes = b"8bit") -> bytes:
    octets = body.encode() if isinstance(body, str) else body
    return b"Content-Type: %b\r\nContent-Transfer-Encoding: %b\r\n\r\n%b\r\n" % (kind, encoding, octets)


def mixed(*parts: bytes) -> bytes:
    inside = b"".join(b"--mx\r\n%b\r\n" % part for part in parts)
    return b"Content-Type: multipart/mixed; boundary=mx\r\n\r\n%b--mx--\r\n" % inside


def pdf(fields: bytes) -> bytes:
    return mixed(text("body"), b"%b\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0=" % fields)


def subject(charset: bytes, octets: bytes) -> bytes:
    return b"Subject: =?%b?B?%b?=\r\n" % (charset, base64.b64encode(octets)) + text("body")


def searched(where: str, words: str) -> bytes:
    octets = words.encode()
    return b"SEARCH CHARSET UTF-8 %b {%d+}\r\n%b" % (where.encode(), len(octets), octets)


PERCENT = b"".join(b"%%%02X" % octet for octet in WORDS.encode())
SECTIONS = b"filename*0*=utf-8''%b; filename*1=\".pdf\"" % PERCENT
FOUND = {
    "html-source": (text(f"<p>{PHRASE.replace(' ', chr(13) + chr(10) + '   ')}</p>", b"text/html"), "BODY", PHRASE),
    "hard-wrap": (text(PHRASE.replace(" ", "\r\n")), "BODY", PHRASE),
    "two-blanks": (text(PHRASE.replace(" ", "  ")), "BODY", PHRASE),
    "no-break-space": (text(PHRASE.replace(" ", "\u00a0")), "TEXT", PHRASE),
    "flowed": (
        text(PHRASE.replace(" ", " \r\n"), b"text/plain; charset=utf-8; format=flowed"), "BODY", PHRASE,
    ),
    "flowed-delsp": (
        text(PHRASE.replace("وزراء", "وز \r\nراء"), b"text/plain; charset=utf-8; format=flowed; delsp=yes"),
        "BODY",
        PHRASE,
    ),
    "flowed-quoted": (
        text("> " + PHRASE.replace(" ", " \r\n> "), b"text/plain; charset=utf-8; format=flowed"), "BODY", PHRASE,
    ),
    "folded-subject": (b"Subject: one\r\n\ttwo  three\r\n" + text("body"), "SUBJECT", "one two three"),
    "blanks-in-the-question": (text(PHRASE), "BODY", PHRASE.replace(" ", "   ")),
    "decimal": (text("المبلغ ١٢٫٥ من"), "BODY", "12.5"),
    "thousands": (text("المبلغ ١٬٢٥٠ من"), "BODY", "1,250"),
    "arabic-decimal": (text("12.5"), "BODY", "١٢٫٥"),
    "arabic-thousands": (text("1,250"), "TEXT", "١٬٢٥٠"),
    "encoding-8-bit": (text(WORDS, encoding=b"8-bit"), "BODY", WORDS),
    "encoding-utf-8": (text(WORDS, encoding=b"utf-8"), "BODY", WORDS),
    "dos-720": (subject(b"DOS-720", WORDS.encode("cp720")), "SUBJECT", WORDS),
    "windows1256": (subject(b"windows1256", cp1256(WORDS)), "SUBJECT", WORDS),
    "unknown-8bit": (subject(b"unknown-8bit", WORDS.encode()), "SUBJECT", WORDS),
    "unknown-8bit-1256": (subject(b"unknown-8bit", cp1256(WORDS)), "SUBJECT", WORDS),
    "unicode": (subject(b"unicode", WORDS.encode("utf-16-le")), "SUBJECT", WORDS),
    "dos-720-body": (text(WORDS.encode("cp720"), b"text/plain; charset=DOS-720"), "BODY", WORDS),
    "unlabelled-subject": (b"Subject: " + cp1256(WORDS) + b"\r\n" + text("body"), "SUBJECT", WORDS),
    "unlabelled-body": (text(cp1256(WORDS), b"text/plain"), "BODY", WORDS),
    "unlabelled-html": (text(b"<p>" + cp1256(WORDS), b"text/html"), "BODY", WORDS),
    "name-1256": (pdf(b'Content-Type: application/pdf; name="' + cp1256(WORDS) + b'.pdf"'), "TEXT", WORDS + ".pdf"),
    "name-utf-8": (pdf(b'Content-Type: application/pdf; name="' + WORDS.encode() + b'.pdf"'), "TEXT", WORDS),
    "name-encoded-word": (
        pdf(b'Content-Type: application/pdf; name="=?utf-8?B?%b?="' % base64.b64encode(WORDS.encode())),
        "TEXT",
        WORDS,
    ),
    "name-rfc-2231": (
        pdf(b"Content-Type: a/b\r\nContent-Disposition: attachment; %b" % SECTIONS),
        "TEXT",
        WORDS + ".pdf",
    ),
    "description": (
        pdf(b"Content-Type: a/b\r\nContent-Description: =?utf-8?B?%b?=" % base64.b64encode(WORDS.encode())),
        "TEXT",
        WORDS,
    ),
    "attached-subject": (
        mixed(text("body"), b"Content-Type: message/rfc822\r\n\r\n" + subject(b"utf-8", WORDS.encode())), "TEXT", WORDS,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FOUND)
async def test_what_a_reader_sees_is_found(world: World, case: str) -> None:
    octets, where, words = FOUND[case]
    world.deliver(HEAD + b"Subject: other\r\n" + text("other 1250 125 125"))
    world.deliver(HEAD + octets)
    client = await world.selected()
    assert await client.ok(searched(where, words)) == ["* SEARCH 2"]


async def test_parts_headers_and_file_names_are_not_of_the_body(world: World) -> None:
    for case in ("name-1256", "name-rfc-2231", "description", "attached-subject"):
        world.deliver(HEAD + FOUND[case][0], message_id=f"<{case}@moj.gov.example>")
    client = await world.selected()
    assert await client.ok(searched("TEXT", WORDS)) == ["* SEARCH 1 2 3 4"]
    assert await client.ok(searched("BODY", WORDS)) == ["* SEARCH"]
    assert await client.ok(searched("SUBJECT", WORDS)) == ["* SEARCH"]


async def test_no_phrase_goes_from_one_part_into_the_next_and_1250_is_not_1_250(world: World) -> None:
    world.deliver(HEAD + mixed(text("first"), text("second 1250")))
    client = await world.selected()
    assert await client.ok("SEARCH BODY first BODY second") == ["* SEARCH 1"]
    assert await client.ok('SEARCH BODY "first second"') == ["* SEARCH"]
    assert await client.ok("SEARCH BODY 1,250") == ["* SEARCH"]


async def test_structure_and_envelope_give_old_octets_in_utf_8(world: World) -> None:
    name = b'Content-Type: application/pdf; name="' + cp1256(WORDS) + b'.pdf"'
    world.deliver(HEAD + b"Subject: " + cp1256(WORDS) + b"\r\n" + pdf(name))
    client = await world.selected()
    before = "".join(await client.ok("FETCH 1 (ENVELOPE BODYSTRUCTURE)"))
    assert before.isascii()
    words = [decode_words(one.encode()) for one in re.findall('"(=[^"]+)"', before)]
    assert words == [WORDS, WORDS + ".pdf"]
    client = await world.logged_in()
    await client.ok("ENABLE UTF8=ACCEPT")
    await client.ok("SELECT INBOX")
    after = "".join(await client.ok("FETCH 1 (ENVELOPE BODYSTRUCTURE)"))
    assert after.count(WORDS) == 2
    assert WORDS + ".pdf" in after
