"""Borrowed names, false receipts, turned text and answers that lead outside, over the real listener of people; and the
honest letters that come near, which are registered."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Site, Where, header_fields, now, send, submission

from gateway.mime.writing import text_entity, words
from gateway.signatures.sealed import sealed
from mailstore.directory.directory import add_agency
from mailstore.evidence import records
from mailstore.letters import letters
from policies.people.identity import Agency

SENDER, TO = "registry@moj.gov.example", "registry@mof.gov.example"


@dataclass
class Scene:
    site: Site
    where: Where

    def letter(self, name: str = "", subject: str = "خطاب", *more: tuple[str, str]) -> bytes:
        """Return a signed letter whose header is covered; `name` stands in From as it is written here."""
        fields = header_fields(SENDER, (TO,), subject, (), now())
        if name:
            fields[0] = ("From", f"{name} <{SENDER}>")
        fields += more
        kind = ("Content-Type", 'text/plain; charset="utf-8"; protected-headers="v1"; hp="clear"')
        sign = self.site.signer(SENDER).sign
        return sealed(fields, text_entity((kind, *fields), b"text\r\n"), "names", sign)

    def send(self, octets: bytes) -> tuple[int, str]:
        with submission(self.where, "clerk.moj", self.site.secrets["clerk.moj"]) as client:
            return send(client, SENDER, (TO,), octets)

    def registered(self) -> int:
        store = self.site.store()
        try:
            return len(store.read(lambda connection: letters.search(connection, letters.Search())))
        finally:
            store.close()

    def last_refusal(self) -> dict[str, object]:
        store = self.site.store()
        try:
            return store.read(lambda connection: records.refusals(connection, 1))[0].members
        finally:
            store.close()


@pytest.fixture(scope="module")
def scene(bare_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("names") / "home"
    shutil.copytree(bare_home, home)
    site = Site(home)
    site.officer("clerk.moj", SENDER)
    site.officer("salem", TO)
    site.signer(SENDER)
    with site.serving() as where:
        yield Scene(site, where)
    site.close()


RECEIPT = "إيصال إرسال: MOJ/2026/000001 · Dispatched: MOF"
NAME, FORBIDDEN, OUTSIDE, AMBIGUOUS = (
    "NAME-MISLEADING",
    "CONTENT-FORBIDDEN",
    "DOMAIN-NOT-ALLOWED",
    "SENDER-AMBIGUOUS",
)
REFUSED: list[tuple[str, str, str, tuple[tuple[str, str], ...], str]] = [
    (NAME, words("وزارة المالية"), "خطاب", (), "From name"),
    (NAME, words("وزاره المالىة"), "خطاب", (), "the agency MOF"),
    (NAME, "=?windows-1256?Q?=E6=D2=C7=D1=C9?= =?utf-8?B?INin2YTZhdin2YTZitip?=", "خطاب", (), "the agency MOF"),
    (NAME, '"Ministry of Finance"', "Letter", (), "the agency MOF"),
    (NAME, words("Міnistry of Finаnce"), "Letter", (), "the agency MOF"),
    (NAME, words("السجل العام، وزارة الداخلية"), "خطاب", (), "the agency MOI"),
    (NAME, "salem Al-Mithal", "Letter", (), "an officer of MOF"),
    (NAME, words("مراسلات Murasalat"), "خطاب", (), "the Murasalat gateway"),
    (NAME, "", "خطاب", (("Reply-To", f"Ministry of Finance <{SENDER}>"),), "Reply-To name"),
    (NAME, "", "خطاب", (("Sender", f"MOF <{SENDER}>"),), "Sender name"),
    (NAME, "", "خطاب", (("Disposition-Notification-To", f"MOF <{SENDER}>"),), "disposition-notification-to name"),
    (NAME, "", RECEIPT, (), "Subject"),
    (NAME, "", "إيصـال فتح: MOJ/2026/٠٠٠٠٠١", (), "a receipt"),
    (NAME, "", "Dispatched: MOJ/2026/000001", (), "a receipt"),
    (FORBIDDEN, words("سجل \u202eالعدل"), "خطاب", (), "From holds U+202E RIGHT-TO-LEFT OVERRIDE"),
    (FORBIDDEN, "", "خطاب \u202dgpj.exe", (), "Subject holds U+202D LEFT-TO-RIGHT OVERRIDE"),
    (FORBIDDEN, "", "خطاب", (("Reply-To", f"{words(chr(0x202B) + 'x')} <{SENDER}>"),), "Reply-To holds U+202B"),
    (AMBIGUOUS, words("\u2067سجل"), "خطاب", (), "From: bidi"),
    (AMBIGUOUS, "=?x-unknown?Q?abc?=", "خطاب", (), "From: syntax"),
    *((OUTSIDE, "", "خطاب", ((field, "Me <me@evil.example>"),), f"{field.lower()} me@evil.example") for field in (
        "Mail-Reply-To", "Mail-Followup-To", "Disposition-Notification-To", "Return-Receipt-To", "Errors-To",
        "Return-Path", "X-Confirm-Reading-To", "Read-Receipt-To", "X-Reply-To",
    )),
    (OUTSIDE, "", "خطاب", (("List-Post", "<mailto:me@evil.example>"),), "list-post mailto:me@evil.example"),
    (OUTSIDE, "", "خطاب", (("List-Unsubscribe", "<https://evil.example/>"),), "list-unsubscribe https"),
    (AMBIGUOUS, "", "خطاب", (("Mail-Reply-To", "me at evil.example"),), "mail-reply-to: syntax"),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "name", "subject", "more", "told"), REFUSED)
def test_what_passes_for_another_is_refused_with_field_and_remedy(
    scene: Scene, reason: str, name: str, subject: str, more: tuple[tuple[str, str], ...], told: str
) -> None:
    before = scene.registered()
    code, text = scene.send(scene.letter(name, subject, *more))
    assert (code, f"[{reason}]" in text) == (550, True), text
    assert re.search("[\u0621-\u064a]{3}", text), "no Arabic sentence"
    assert scene.registered() == before
    evidence = scene.last_refusal()
    assert evidence["reason"] == reason
    assert told in str(evidence["detail"]), evidence
    shown = re.sub(r"\s*\d{3}[- ]5\.\d\.\d \s*|\s+", " ", text)
    assert told.partition("U+")[0].strip() in shown, text


SELF = f"<{SENDER}>"
HONEST: list[tuple[str, str, tuple[tuple[str, str], ...]]] = [
    (words("وزارة العدل"), "خطاب", ()),
    (words("السجل العام – وزارة العدل"), "خطاب", ()),
    ('"clerk.moj Al-Mithal (MOJ)"', "Letter", ()),
    (words("إدارة التنسيق مع وزارة المالية"), "خطاب", ()),
    (words("\u2067سجل العدل\u2069"), "\u2068MOJ\u2069 خطاب \u200f5", ()),
    (f'"{SENDER}"', "خطاب", ()),
    ("", f"Re: {RECEIPT}", ()),
    ("", f"رد: {RECEIPT}", ()),
    ("", "إيصال إرسال المعدات إلى المستودع", ()),
    ("", "Accepted: three candidates", ()),
    ("", "خطاب", (("Reply-To", f"Ministry of Finance <{TO}>"),)),
    ("", "خطاب", (("Disposition-Notification-To", SELF), ("Return-Receipt-To", SELF), ("Errors-To", SELF))),
    ("", "خطاب", (("List-Post", "NO"), ("List-Unsubscribe", f"<mailto:{SENDER}?subject=leave>"))),
]


@pytest.mark.parametrize(("name", "subject", "more"), HONEST)
def test_what_only_comes_near_is_registered(
    scene: Scene, name: str, subject: str, more: tuple[tuple[str, str], ...]
) -> None:
    code, text = scene.send(scene.letter(name, subject, *more))
    assert code == 250, text


def test_a_name_enrolled_while_the_gateway_serves_counts_at_once(scene: Scene) -> None:
    octets = scene.letter(words("مركز المثال الجديد"))
    assert scene.send(octets)[0] == 250
    agency = Agency("NEW", "new.gov.example", "مركز المثال الجديد", "New Example Centre")
    scene.site.change(lambda unit: add_agency(unit, agency))
    code, text = scene.send(scene.letter(words("مركز المثال الجديد")))
    assert (code, "[NAME-MISLEADING]" in text) == (550, True), text
