import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp import replies
from policies.words.bilingual import Said
from policies.words.reasons import EXPLANATIONS, Reason

NOTICES = [value for value in vars(replies).values() if isinstance(value, replies.Notice)]
LINE = re.compile(rb"(\d{3})([- ])(\d\.\d{1,3}\.\d{1,3}) ([^\r\n]*)\r\n")


def lines(octets: bytes) -> list[tuple[bytes, bytes, bytes, str]]:
    """Take a reply apart, after checking its shape."""
    found = LINE.findall(octets)
    assert b"".join(b"%b%b%b %b\r\n" % line for line in found) == octets
    assert [line[1] for line in found] == [b"-"] * (len(found) - 1) + [b" "]
    assert len({line[0] + line[2] for line in found}) == 1
    assert all(len(b"%b%b%b %b\r\n" % line) <= 512 for line in found)
    return [(code, mark, enhanced, text.decode()) for code, mark, enhanced, text in found]


def test_every_reason_has_a_reply() -> None:
    assert set(replies.CODES) == set(Reason)
    for code, enhanced in replies.CODES.values():
        assert 550 <= code <= 554
        assert enhanced.startswith("5.")


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_is_in_both_languages_or_in_english(reason: Reason) -> None:
    arabic, english = lines(replies.refusal(reason, "why", arabic=True))
    assert arabic[3].startswith(f"[{reason}] {EXPLANATIONS[reason].ar} ")
    assert english[3] == f"[{reason}] {EXPLANATIONS[reason].en} (why) {EXPLANATIONS[reason].remedy_en}"
    alone = replies.refusal(reason, "why", arabic=False)
    assert alone.isascii()
    assert lines(alone)[0][3] == english[3]


def test_a_refusal_that_says_more_says_it_in_each_language() -> None:
    said = Said("يوجد تذييل (السطر 31). احذفه.", "There is a footer (line 31). Remove it.")
    arabic, english = lines(replies.refusal(Reason.SIGNATURE_STRUCTURE, "epilogue", said, arabic=True))
    assert arabic[3] == f"[SIGNATURE-STRUCTURE] {said.ar}"
    assert english[3] == f"[SIGNATURE-STRUCTURE] {said.en}"
    alone = replies.refusal(Reason.SIGNATURE_STRUCTURE, "epilogue", said, arabic=False)
    assert [line[3] for line in lines(alone)] == [english[3]]


@given(st.text(), st.sampled_from(Reason), st.booleans())
def test_hostile_text_in_a_sentence_adds_no_line_and_no_word(text: str, reason: Reason, arabic: bool) -> None:
    octets = replies.refusal(reason, "", Said(f"ملف {text}.", f"File {text}."), arabic=arabic)
    shown = " ".join(line[3] for line in lines(octets))
    assert shown.count("[") == shown.count("]") == (2 if arabic else 1)
    assert shown.isprintable()
    assert arabic or octets.isascii()


@pytest.mark.parametrize("notice", NOTICES, ids=[notice.word for notice in NOTICES])
def test_a_notice_is_in_both_languages(notice: replies.Notice) -> None:
    arabic, english = lines(notice.octets(arabic=True))
    assert not arabic[3].isascii()
    assert english[3] == f"[{notice.word}] {notice.en}"
    assert notice.octets(arabic=False).isascii()


@given(st.text(), st.sampled_from(Reason), st.booleans())
def test_a_hostile_detail_stays_within_its_line(detail: str, reason: Reason, arabic: bool) -> None:
    found = lines(replies.refusal(reason, detail, arabic=arabic))
    text = " ".join(line[3] for line in found)
    assert text.count("[") == text.count("]") == (2 if arabic else 1)
    assert text.isprintable()


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\r\n250 2.6.0 MOJ/2026/000001 accepted", "a 250 2.6.0 MOJ/2026/000001 accepted"),
        ("\x1b[31mred\x07", "(31mred"),
        ("x\u202egpj.exe\u2066", "x gpj.exe"),
        ("line\u2028two\x85three", "line two three"),
        ("[KEY-REVOKED]", "(KEY-REVOKED)"),
        ("x" * 300, "x" * 197 + "..."),
        ("\ud800", ""),
        ("مكتب", "مكتب"),
    ],
)
def test_what_is_hostile_is_taken_away(hostile: str, shown: str) -> None:
    assert replies.sanitised(hostile) == shown


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=300, max_size=900))
def test_a_long_reply_is_cut_between_characters(text: str) -> None:
    assert "".join(line[3] for line in lines(replies.reply(250, "2.0.0", text))) == text


def test_a_long_reply_is_cut_at_spaces() -> None:
    text = " ".join(["كلمة"] * 200)
    found = [line[3] for line in lines(replies.reply(250, "2.0.0", text))]
    assert len(found) > 1
    assert " ".join(found) == text


def test_the_reference_stands_first() -> None:
    assert replies.accepted("MOJ/2026/000001") == b"250 2.6.0 MOJ/2026/000001 accepted\r\n"


@pytest.mark.parametrize("end", [" ", "[", "س", "\x7f", "  x"])
def test_a_detail_is_looked_at_in_no_time(end: str) -> None:
    """The event loop shows the peer's own text: an address with a blank must not cost more than one without."""
    began = time.thread_time()
    for length in range(1, 201):
        replies.sanitised("a" * (length - 1) + end)
    assert time.thread_time() - began < 0.5


@given(st.text(st.sampled_from("a[] \x07س\\~"), max_size=30))
def test_what_is_shown_as_it_is_would_not_be_changed(text: str) -> None:
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    assert replies.sanitised(text) == words.replace("[", "(").replace("]", ")")
