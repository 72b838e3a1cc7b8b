"""When a receipt is owed, and what its words say."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.evidence import Actor, Event
from policies.letter import Duty
from policies.receipts.receipt import (
    Consignment,
    Facts,
    Kind,
    NamedOffice,
    Notify,
    Preference,
    kind_of,
    mailbox_for,
    owed,
)
from policies.receipts.text import LONGEST, reading, subject_line
from policies.receipts.words import STORIES, WORDS
from policies.words.calendar import Language
from policies.words.reasons import EXPLANATIONS, Reason

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MOJ = NamedOffice(
    "registry@moj.gov.example", "MOJ", "السجل العام", "General Registry", "وزارة العدل", "Ministry of Justice"
)
MOF = NamedOffice(
    "registry@mof.gov.example",
    "MOF",
    "السجل العام",
    "General Registry",
    "وزارة المالية",
    "Ministry of Finance",
)
DELIVERED = Consignment(MOF, Duty.ACTION, "MOF/IN/2026/000001", Event.DELIVERED, AT, "e-2")
MARYAM = Actor("m.reader", "مريم القارئ", "Maryam Reader", "أمينة السجل", "Registrar")
DISPATCH = Facts(
    Kind.DISPATCH,
    Event.ACCEPTED,
    AT,
    "e-1",
    0,
    "letter-1",
    "MOJ/2026/000001",
    "<1@moj.gov.example>",
    "الموازنة",
    "ab" * 32,
    AT,
    MOJ,
    (DELIVERED,),
)
OPENED = replace(DISPATCH, kind=Kind.OPENED, event=Event.SEEN, actor=MARYAM, handed_over=AT)
FAILED = replace(
    DISPATCH,
    kind=Kind.FAILED,
    event=Event.NOT_DELIVERED,
    consignments=(replace(DELIVERED, status=Event.NOT_DELIVERED, reason=Reason.TOO_LARGE),),
)
LANGUAGES: tuple[Language, Language] = ("ar", "en")


def told(facts: Facts, language: Language) -> str:
    """What a receipt says in one language, and what is the same in both, a line a piece."""
    read = reading(facts)
    pieces = [
        piece for news in read.news if news.language == language for piece in (news.title, *news.statements)
    ]
    for row in read.rows:
        pieces.append(row.label_ar if language == "ar" else row.label_en)
        pieces += [line.text for line in row.lines if line.language in (None, language)]
    return "\n".join(pieces)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (Event.ACCEPTED, Kind.DISPATCH),
        (Event.RECIPIENTS_ADDED, Kind.DISPATCH),
        (Event.SEEN, Kind.OPENED),
        (Event.NOT_DELIVERED, Kind.FAILED),
        (Event.EXPIRED, Kind.FAILED),
    ],
)
def test_four_events_owe_a_receipt(event: Event, kind: Kind) -> None:
    assert kind_of(event) is kind
    assert owed(event)


@pytest.mark.parametrize(
    "event",
    sorted(
        set(Event) - {Event.ACCEPTED, Event.RECIPIENTS_ADDED, Event.SEEN, Event.NOT_DELIVERED, Event.EXPIRED}
    ),
)
@pytest.mark.parametrize("preference", list(Preference))
def test_no_other_event_owes_one_and_a_receipt_begets_no_receipt(
    event: Event, preference: Preference
) -> None:
    assert kind_of(event) is None
    assert not owed(event, preference)


def test_exceptions_only_keeps_the_failures() -> None:
    wanted = {event for event in Event if owed(event, Preference.EXCEPTIONS)}
    assert wanted == {Event.NOT_DELIVERED, Event.EXPIRED}


def test_none_suppresses_every_receipt() -> None:
    assert not any(owed(event, Preference.NONE) for event in Event)


def test_a_failure_goes_to_the_inbox_and_the_rest_to_receipts() -> None:
    assert {kind: mailbox_for(kind) for kind in Kind} == {
        Kind.DISPATCH: "Receipts",
        Kind.OPENED: "Receipts",
        Kind.FAILED: "INBOX",
    }


@pytest.mark.parametrize(
    ("facts", "subject"),
    [
        (DISPATCH, "إيصال إرسال: MOJ/2026/000001 · Dispatched: MOF"),
        (OPENED, "إيصال فتح: MOJ/2026/000001 · مريم القارئ · Opened: Maryam Reader, MOF"),
        (FAILED, "تعذّر التسليم: MOJ/2026/000001 · Not delivered: MOF"),
        (replace(FAILED, event=Event.EXPIRED), "انقضاء المهلة: MOJ/2026/000001 · Time limit passed: MOF"),
    ],
)
def test_the_subject_is_short_arabic_first_with_the_reference(facts: Facts, subject: str) -> None:
    assert subject_line(facts) == subject


def test_the_subject_names_three_agencies_once_each_and_counts_the_rest() -> None:
    codes = ("MOF", "MOF", "MOI", "MOH", "MOE", "MOT")
    each = tuple(replace(DELIVERED, recipient=replace(MOF, agency=code)) for code in codes)
    assert subject_line(replace(DISPATCH, consignments=each)).endswith("Dispatched: MOF, MOI, MOH +2")


def test_an_opening_names_the_officer_the_post_and_the_office_in_both_languages() -> None:
    arabic, english = (told(OPENED, language) for language in LANGUAGES)
    for words in ("مريم القارئ", "أمينة السجل", "السجل العام", "وزارة المالية"):
        assert words in arabic
    for words in ("Maryam Reader", "Registrar", "General Registry", "Ministry of Finance"):
        assert words in english


def test_an_opening_says_what_was_observed_and_no_more() -> None:
    arabic, english = (news.statements for news in reading(OPENED).news)
    assert re.sub("[\u2066\u2068\u2069]", "", english[0]) == (
        "This letter was marked as read by Maryam Reader's mail program on "
        "Monday, 23 November 2026 (13 Jumada al-Akhirah 1448 AH), 12:00:00 Qatar time."
    )
    assert "no proof that the letter was read or understood" in english[1]
    assert "ولا يثبت أن الخطاب قُرئ أو فُهم" in arabic[1]


def test_every_receipt_has_both_dates_in_qatar_time() -> None:
    for facts in (DISPATCH, OPENED, FAILED):
        arabic, english = (told(facts, language) for language in LANGUAGES)
        assert "13 جمادى الآخرة 1448 هـ، الموافق 23 نوفمبر 2026 م" in arabic
        assert "23 November 2026 (13 Jumada al-Akhirah 1448 AH)" in english
        assert "12:00:00" in arabic
        assert "12:00:00" in english
        assert "بتوقيت قطر" in arabic
        assert "Qatar time" in english


@pytest.mark.parametrize("year", [1900, 2100])
def test_beyond_the_hijri_table_the_gregorian_date_stands_alone(year: int) -> None:
    when = datetime(year, 5, 4, 9, 0, tzinfo=UTC)
    facts = replace(OPENED, at=when, accepted=when, handed_over=when)
    arabic, english = (told(facts, language) for language in LANGUAGES)
    assert f"4 مايو {year} م" in arabic
    assert f"4 May {year}" in english
    assert "هـ" not in arabic
    assert "AH" not in english


def test_a_failure_explains_the_reason_and_what_to_do_in_both_languages() -> None:
    why = EXPLANATIONS[Reason.TOO_LARGE]
    arabic, english = (told(FAILED, language) for language in LANGUAGES)
    assert why.ar in arabic
    assert why.remedy_ar in arabic
    assert why.en in english
    assert why.remedy_en in english
    assert "TOO-LARGE" in arabic
    assert "TOO-LARGE" in english


def test_an_expiry_of_a_delivered_letter_says_since_when_it_is_in_the_mailbox() -> None:
    one = replace(DELIVERED, status=Event.EXPIRED, delivered=datetime(2026, 11, 1, 9, 0, tzinfo=UTC))
    english = told(replace(FAILED, event=Event.EXPIRED, consignments=(one,)), "en")
    assert "Delivered\nSunday, 1 November 2026" in english
    assert "no hand-over" in english


def test_a_letter_not_yet_delivered_everywhere_is_only_called_accepted() -> None:
    waiting = replace(DELIVERED, status=Event.ACCEPTED, at=None, evidence_id="")
    facts = replace(DISPATCH, consignments=(DELIVERED, waiting))
    arabic, english = reading(facts).news
    assert (arabic.title, english.title) == ("إيصال قبول", "Receipt of acceptance")
    assert "placed in the mailbox" not in english.statements[0]
    assert "State\nNot delivered yet" in told(facts, "en")
    assert "لم يُسلَّم بعد" in told(facts, "ar")


def test_an_office_that_the_directory_lost_is_named_by_its_address() -> None:
    lost = replace(DELIVERED, recipient=NamedOffice("old@mof.gov.example", "MOF"))
    english = told(replace(OPENED, consignments=(lost,)), "en")
    assert "Recipient\n\u2066old@mof.gov.example\u2069, \u2066MOF\u2069 (for action)" in english


def test_a_name_missing_in_one_language_is_taken_from_the_other() -> None:
    facts = replace(OPENED, actor=replace(MARYAM, name_en="", post_ar=" "))
    assert "read by \u2068مريم القارئ\u2069's" in told(facts, "en")
    assert "المسمّى الوظيفي\n\u2068Registrar\u2069" in told(facts, "ar")


def test_a_name_of_nothing_visible_counts_as_missing() -> None:
    facts = replace(OPENED, actor=replace(MARYAM, name_en="\u202e\u2066\r\n"))
    assert "read by \u2068مريم القارئ\u2069's" in told(facts, "en")


def test_a_letter_without_a_subject_says_so() -> None:
    assert "(no subject)" in told(replace(DISPATCH, subject=" \t"), "en")
    assert "(بلا موضوع)" in told(replace(DISPATCH, subject=""), "ar")


def test_a_long_subject_is_cut_for_reading() -> None:
    text = told(replace(DISPATCH, subject="ب" * 900), "ar")
    assert "ب" * (LONGEST - 1) + "…\u2069" in text
    assert "ب" * LONGEST not in text


def test_every_word_and_story_exists_in_both_languages() -> None:
    assert WORDS["ar"].keys() == WORDS["en"].keys()
    assert all(story.keys() == {"ar", "en"} for story in STORIES.values())


HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("\u202e\u2066\u2067\u2068\u2069\u200f\r\n\0\x1b{}<>&%\ud800")),
    max_size=60,
)


@given(HOSTILE, HOSTILE, HOSTILE, st.sampled_from(LANGUAGES), st.sampled_from((DISPATCH, OPENED, FAILED)))
def test_hostile_text_stays_one_line_inside_balanced_isolates(
    subject: str, name: str, code: str, language: Language, facts: Facts
) -> None:
    office = replace(MOF, office_ar=name, office_en=name, agency_ar=name, agency_en=name, agency=code)
    actor = Actor(name, name, name, name, name) if facts.actor else None
    one = replace(facts.consignments[0], recipient=office, incoming_reference=code)
    hostile = replace(facts, subject=subject, actor=actor, consignments=(one,), reference=code)
    plain, text = told(facts, language), told(hostile, language)
    for piece in text.split("\n"):
        depth = 0
        for character in piece:
            assert character == "\u200f" or not "\u202a" <= character <= "\u202e"
            depth += (character in "\u2066\u2067\u2068") - (character == "\u2069")
            assert 0 <= depth <= 1
            assert character >= " "
        assert depth == 0
    assert len(text.split("\n")) <= len(plain.split("\n"))
    assert "\n" not in subject_line(hostile)
    assert "\r" not in subject_line(hostile)


LATE = replace(DELIVERED, status=Event.ACCEPTED, at=None, evidence_id="")
EXPIRED = replace(DELIVERED, status=Event.EXPIRED)


@pytest.mark.parametrize(
    ("consignment", "word"),
    [
        (DELIVERED, Notify.SUCCESS),
        (replace(DELIVERED, status=Event.TAKEN_OVER), Notify.SUCCESS),
        (LATE, Notify.DELAY),
        (replace(EXPIRED, delivered=AT), Notify.DELAY),
        (EXPIRED, Notify.FAILURE),
        (replace(DELIVERED, status=Event.NOT_DELIVERED), Notify.FAILURE),
    ],
)
def test_a_state_is_told_to_who_asked_for_it(consignment: Consignment, word: Notify) -> None:
    assert consignment.told  # who says nothing is told everything
    for asked in Notify:
        assert replace(consignment, notify=frozenset({asked})).told == (asked is word)
    assert replace(consignment, notify=frozenset(Notify) - {Notify.NEVER, word}).told is False
