import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.words import arabic
from policies.words.arabic import fold, isolate, searchable, strip_controls

TEXTS = st.text() | st.text(
    st.sampled_from(
        "أإآٱاىيیةهكکؤئوءـَُِّْٰٕٔ\u0653٠١٢٣۰۱۲۳012ﷺﻻﻼﺎaAéßİıΣςᾳ\u0345\u0301\u200c\u200d\u202e\u2069\ufeff\u1100\u1161"
    ),
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("أحمد إلى آل ٱلله", "احمد الي ال الله"),
        ("وِزَارَةُ العَدْلِ", "وزاره العدل"),
        ("مكتبـــة", "مكتبه"),
        ("على علي علی", "علي علي علي"),
        ("کتاب كتاب", "كتاب كتاب"),
        ("رقم ١٢٣ ۱۲۳ 123", "رقم 123 123 123"),
        ("١٢٫٥ ١٬٢٥٠ ١،٢٥٠ ۵٪", "12.5 1,250 1,250 5%"),
        ("مسؤول شؤون هيئة", "مسوول شوون هييه"),
        ("ﻛﺘﺎﺏ ﻻ", "كتاب لا"),
        ("سجل\u200cات\u202e \u2067وارد\u2069", "سجلات وارد"),
        ("Ｆｕｌｌ CAFÉ Straße", "full cafe strasse"),
        ("", ""),
        ("\u064b\u0640\u200d", ""),
    ],
)
def test_what_a_searcher_calls_the_same_folds_to_the_same(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_bare_word_is_found_with_article_marks_and_other_spelling() -> None:
    text = fold("إلى إدارة الشُّؤون القانونيّة بالوزارة، كتاب رقم ٢٠٢٦/١٧")
    for query in (
        "وزاره",
        "الوزارة",
        "إدارة",
        "اداره",
        "ادارة",
        "الشؤون",
        "القانونية",
        "2026/17",
        "الى",
        "إلي",
    ):
        assert fold(query) in text


@given(TEXTS)
def test_fold_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS, TEXTS, TEXTS)
def test_fold_is_made_character_by_character_so_substrings_stay_substrings(a: str, b: str, c: str) -> None:
    assert fold(a + b + c) == fold(a) + fold(b) + fold(c)
    assert fold(b) in fold(a + b + c)


@given(TEXTS)
def test_fold_does_not_see_how_a_text_is_normalised(text: str) -> None:
    forms = ("NFC", "NFD", "NFKC", "NFKD")
    assert {fold(unicodedata.normalize(form, text)) for form in forms} == {fold(text)}  # type: ignore[arg-type]


def test_every_character_of_unicode_folds_once_and_for_all() -> None:
    everything = "".join(map(chr, (*range(0x20000), *range(0x2F800, 0x2FA20), *range(0xE0000, 0xE0200))))
    folded = fold(everything)
    assert fold(folded) == folded
    letters = "".join(
        map(chr, (*range(0x3400), *range(0xAC00, 0xAC80), *range(0xF900, 0x10000), *range(0x1EE00, 0x1F000)))
    )
    assert fold(letters[::-1]) == "".join(map(fold, letters[::-1]))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("على مجلس\r\n    الوزراء\t الموقر", "علي مجلس الوزراء الموقر"),
        (" a\u00a0\u2028 b\x85", " a b "),
        ("a \u200d\u0640 b", "a b"),  # blanks on both sides of what goes
        ("\r\n\t", " "),
        ("\u064b", ""),
        ("", ""),
        ("1,250 1250", "1,250 1250"),
    ],
)
def test_running_text_has_one_blank_between_words(text: str, form: str) -> None:
    assert searchable(text) == form


@given(TEXTS, st.sampled_from(["", " ", "\n", " \u0640 ", "\u2003\r\n"]), TEXTS)
def test_pieces_of_running_text_stay_pieces(a: str, between: str, b: str) -> None:
    whole = searchable(a + between + b)
    assert searchable(whole) == whole
    assert searchable(a + between) in whole
    assert searchable(between + b) in whole
    assert "\n" not in whole
    assert "  " not in whole


@given(st.text(st.sampled_from("ab \n\u0640"), max_size=40))
def test_long_text_is_made_piece_by_piece_without_seams(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arabic, "_PIECE", 3)
        in_pieces = searchable(text)
    assert in_pieces == searchable(text)


@given(st.text())
def test_an_isolate_cannot_be_ended_from_within(text: str) -> None:
    isolated = isolate(text)
    assert isolated[0] == "\u2068"
    assert isolated[-1] == "\u2069"
    assert not set(isolated[1:-1]) & set("\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e\x1b\n")
    assert isolate(isolated) == isolated


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("كتاب رسمي", "كتاب رسمي"),
        ("سجل\u200cات \u200f(1)", "سجل\u200cات \u200f(1)"),
        ("a\r\n\tb\u2028c", "a b c"),
        ("\x1b[2Jcleared\x07", "[2Jcleared"),
        ("\x9b31mred\x00", "31mred"),
        ("pay\u202eefas\u202c.exe", "payefas.exe"),
        ("\u2067\u2069\ufeff\U000e0041hidden", "hidden"),
        ("\ud800x", "\ufffdx"),
    ],
)
def test_hostile_text_is_shown_as_one_harmless_line(text: str, shown: str) -> None:
    assert strip_controls(text) == shown


@given(st.text(st.characters()))
def test_shown_text_is_one_line_without_controls_and_can_be_encoded(text: str) -> None:
    shown = strip_controls(text)
    shown.encode()
    assert shown.splitlines() in ([shown], [])
    assert not any(unicodedata.category(character) == "Cc" for character in shown)
    assert strip_controls(shown) == shown
