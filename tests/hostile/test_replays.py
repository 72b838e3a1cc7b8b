"""What someone with an office's password and an old letter, but without the key, can make of both: nothing.

And what a signature does not cover is said, or refused; over the real listener and on its record.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from handmade import HandmadeKey, armored, integer, packet, subpacket
from harness import Site, Where, header_fields, now, send, submission

from gateway.mime.writing import base64_entity, text_entity
from gateway.signatures.openpgp import packets
from gateway.signatures.openpgp.armor import dearmor
from gateway.signatures.sealed import sealed
from mailstore.directory import directory
from mailstore.evidence import records
from mailstore.letters import letters

SENDER, TO, OTHER = "registry@moj.gov.example", "registry@mof.gov.example", "registry@moi.gov.example"
CODES = {SENDER: "MOJ", OTHER: "MOI"}
PLAIN = ("Content-Type", "text/plain; charset=utf-8")
HP = ("Content-Type", 'text/plain; charset=utf-8; hp="clear"')
V1 = ("Content-Type", 'text/plain; charset=utf-8; protected-headers="v1"')


@dataclass
class Scene:
    site: Site
    where: Where
    bodies: int = 0

    def send(self, octets: bytes, to: str = TO, sender: str = SENDER, login: str = "") -> tuple[int, str]:
        login = login or f"clerk.{CODES[sender].lower()}"
        with submission(self.where, login, self.site.secrets[login]) as client:
            return send(client, sender, (to,), octets)

    def letter(
        self,
        kind: tuple[str, str] = PLAIN,
        outer: tuple[tuple[str, str], ...] = (),
        inner: tuple[tuple[str, str], ...] = (),
        sender: str = SENDER,
        sign: Callable[[bytes], bytes] | None = None,
    ) -> bytes:
        """A letter of its own text; a protected header repeats the common fields, and `inner` besides."""
        self.bodies += 1
        fields = header_fields(sender, (TO,), "خطاب", (), now())
        copies = fields if kind != PLAIN else []
        entity = text_entity([kind, *copies, *inner], b"text %d\r\n" % self.bodies)
        return sealed([*fields, *outer], entity, "replay", sign or self.site.signer(sender).sign)

    def stored(self) -> list[letters.Letter]:
        return self.read(lambda connection: letters.search(connection, letters.Search()))

    def read(self, act: Callable[[Any], Any]) -> Any:
        store = self.site.store()
        try:
            return store.read(act)
        finally:
            store.close()

    def accepted(self, text: str) -> dict[str, Any]:
        """The signature's record of the letter that a reply names."""
        (letter,) = self.read(lambda connection: letters.find(connection, text.split()[1]))
        every = self.read(lambda connection: records.of_letter(connection, letter.letter_id))
        return dict(every[0].members["detail"]["signature"])

    def policy(self, sender: str = SENDER, **changes: Any) -> None:
        self.site.change(lambda unit: directory.change_agency(unit, CODES[sender], **changes))


@pytest.fixture(scope="module")
def scene(bare_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("replays") / "home"
    shutil.copytree(bare_home, home)
    site = Site(home)
    site.officer("clerk.moj", SENDER)
    site.officer("second.moj", SENDER)
    site.officer("clerk.moi", OTHER)
    site.signer(SENDER)
    site.signer(OTHER)
    with site.serving() as where:
        yield Scene(site, where)
    site.close()


@pytest.fixture(autouse=True)
def _default_policy(scene: Scene) -> Iterator[None]:
    yield
    scene.policy(header_protection="", allow_repeats=False)


SIGNATURE = re.compile(rb"-----BEGIN PGP SIGNATURE-----.*-----END PGP SIGNATURE-----\r\n", re.DOTALL)


def readdressed(octets: bytes) -> bytes:
    """The letter to another office, under another subject and Message-ID, as far as no signature covers them."""
    head, _, rest = octets.partition(b"\r\n\r\n")
    head = head.replace(TO.encode(), OTHER.encode()).replace(b"Message-ID: <test", b"Message-ID: <again")
    return re.sub(rb"Subject: [^\r]*", b"Subject: Pay at once", head) + b"\r\n\r\n" + rest


def rewritten(form: str, signature: bytes) -> tuple[bytes, bytes]:
    """The signature written in another way, and the transfer encoding it then needs."""
    body = next(packets.walk(dearmor(signature, "SIGNATURE"))).body
    head = 6 + int.from_bytes(body[4:6], "big")
    area = head + 2 + int.from_bytes(body[head : head + 2], "big")
    unhashed = body[head + 2 : area] + subpacket(20, b"\0\0\0\0\0\x03\0\x01a@bc")
    more = body[:head] + len(unhashed).to_bytes(2, "big") + unhashed + body[area:]
    numbers = packets.numbers_of(body)[1]
    zeros = body[: area + 2] + b"".join(integer(one, 1) for one in numbers)
    return {
        "as it was": (signature, b"7bit"),
        "armor comment": (armored(packet(2, body), header=b"Comment: again"), b"7bit"),
        "no checksum": (armored(packet(2, body)), b"7bit"),
        "old packet lengths": (armored(bytes((0x89,)) + len(body).to_bytes(2, "big") + body), b"7bit"),
        "four octets of length": (armored(bytes((0x8A,)) + len(body).to_bytes(4, "big") + body), b"7bit"),
        "binary": (base64_entity((), packet(2, body)).octets.partition(b"\r\n\r\n")[2], b"base64"),
        "unhashed subpacket": (armored(packet(2, more)), b"7bit"),
        "leading zeros": (armored(packet(2, zeros)), b"7bit"),
    }[form]


FORMS = [
    "as it was", "armor comment", "no checksum", "old packet lengths", "four octets of length", "binary",
    "unhashed subpacket", "leading zeros",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("policy", ["", "off", "warn", "enforce"])
def test_an_old_signature_written_anew_makes_no_second_letter(scene: Scene, form: str, policy: str) -> None:
    octets = scene.letter()
    assert scene.send(octets)[0] == 250
    scene.policy(header_protection=policy)
    before = len(scene.stored())
    signature, encoding = rewritten(form, SIGNATURE.search(octets)[0])  # type: ignore[index]
    again = SIGNATURE.sub(lambda _match: signature, readdressed(octets))
    place = b"Content-Type: application/pgp-signature"
    assert again.count(place) == 1
    again = again.replace(place, b"Content-Transfer-Encoding: " + encoding + b"\r\n" + place)
    for login in ("clerk.moj", "second.moj"):
        code, text = scene.send(again, OTHER, login=login)
        expected = "[HEADERS-UNPROTECTED]" if policy == "enforce" else "[REPLAY]"
        if form == "leading zeros":  # no engine need read it
            expected = "[SIGNATURE-STRUCTURE]"
        assert (code, expected in text) == (550, True), text
    assert len(scene.stored()) == before


def test_the_same_text_signed_again_is_the_same_letter_and_the_refusal_says_how_to_send_a_circular(
    scene: Scene,
) -> None:
    """Two signatures within one second are one; later ones are another, over the same octets."""
    key = HandmadeKey()
    scene.site.enroll(SENDER, key.certificate(f"Registry <{SENDER}>"))
    octets = scene.letter(sign=key.sign)
    signed = octets.split(b"\r\n--=")[1].partition(b"\r\n")[2]
    assert scene.send(octets)[0] == 250
    same, other = key.sign(signed), key.sign(signed, digest="sha256")
    for signature in (SIGNATURE.search(octets)[0], same, other):  # type: ignore[index]
        again = SIGNATURE.sub(lambda _match, new=signature: new, readdressed(octets))  # type: ignore[misc]
        code, text = scene.send(again, OTHER)
        assert (code, "[REPLAY]" in text) == (550, True), text
        assert "one letter with several recipients" in text
        assert "خطاباً واحداً بعدة مستلمين" in text
    assert "covers no header" in text
    scene.policy(allow_repeats=True)
    code, text = scene.send(again, OTHER)
    assert code == 250, text
    assert scene.send(again, OTHER) == (code, text)  # the same submission
    elsewhere = readdressed(octets).replace(b"Pay at once", b"A third")
    assert "[REPLAY]" in scene.send(elsewhere, OTHER, login="second.moj")[1]
    scene.policy(allow_repeats=False)
    assert "[REPLAY]" in scene.send(elsewhere.replace(b"<again", b"<third"), OTHER)[1]
    found = [one for one in scene.stored() if one.signature_fingerprint == key.fingerprint]
    assert len(found) == 2


def test_a_protected_letter_is_never_repeated(scene: Scene) -> None:
    octets = scene.letter(HP)
    assert scene.send(octets)[0] == 250
    scene.policy(allow_repeats=True)
    code, text = scene.send(b"X-Again: 1\r\n" + octets)
    assert (code, "[REPLAY]" in text) == (550, True), text


def test_another_offices_text_of_the_same_words_is_refused_too(scene: Scene) -> None:
    """Signed octets that name nobody are the same whoever signs them: nobody can pass off what another one said."""
    octets = scene.letter()
    assert scene.send(octets)[0] == 250
    scene.bodies -= 1
    code, text = scene.send(scene.letter(sender=OTHER), sender=OTHER)
    assert (code, "[REPLAY]" in text) == (550, True), text


@pytest.mark.parametrize(
    ("policy", "code"),
    [("", 250), ("off", 250), ("warn", 250), ("enforce", 550), ("off, openpgp: enforce", 550)],
)
def test_an_unprotected_header_by_the_agencys_policy(scene: Scene, policy: str, code: int) -> None:
    scene.policy(header_protection=policy)
    found, text = scene.send(scene.letter())
    assert found == code, text
    if code == 550:
        assert "[HEADERS-UNPROTECTED]" in text
        assert "5.7.7" in text
        assert re.search("[\u0600-\u06ff]", text)
    else:
        signature = scene.accepted(text)
        assert signature["headers_protected"] is False
        assert signature["covered"] == []
        assert signature["header_protection"] == (policy or "warn")
    assert scene.send(scene.letter(HP))[0] == 250


def test_the_evidence_names_what_is_covered(scene: Scene) -> None:
    grade = (("Murasalat-Grade", "restricted"),)
    signature = scene.accepted(scene.send(scene.letter(HP, outer=grade, inner=grade))[1])
    assert signature["headers_protected"] is True
    assert signature["covered"] == ["from", "to", "subject", "date", "message-id", "murasalat-grade"]
    assert json.dumps(signature)


def one(name: str, value: str) -> tuple[tuple[str, str], ...]:
    return ((name, value),)


SECRET, TOP, ORDINARY = (one("Murasalat-Grade", word) for word in ("secret", "top-secret", "ordinary"))
DECLARED: list[tuple[str, str, Callable[[Scene], bytes]]] = [
    ("ordinary over signed top-secret", "HEADERS-DIFFER", lambda s: s.letter(HP, ORDINARY, TOP)),
    ("the same, older scheme", "HEADERS-DIFFER", lambda s: s.letter(V1, ORDINARY, TOP)),
    ("the same without a mark", "HEADERS-DIFFER", lambda s: s.letter(PLAIN, ORDINARY, TOP)),
    ("signed top-secret alone", "HEADERS-DIFFER", lambda s: s.letter(HP, (), TOP)),
    ("a grade added outside", "HEADERS-DIFFER", lambda s: s.letter(HP, ORDINARY)),
    ("urgency changed", "HEADERS-DIFFER",
     lambda s: s.letter(HP, one("X-Priority", "5"), one("X-Priority", "1"))),
    ("sensitivity taken away", "HEADERS-DIFFER", lambda s: s.letter(HP, (), one("Sensitivity", "Private"))),
    ("importance added", "HEADERS-DIFFER", lambda s: s.letter(HP, one("Importance", "high"))),
    ("answers elsewhere", "HEADERS-DIFFER", lambda s: s.letter(HP, one("Mail-Reply-To", OTHER))),
    ("reports elsewhere", "HEADERS-DIFFER", lambda s: s.letter(HP, one("Disposition-Notification-To", OTHER))),
    ("receipts elsewhere", "HEADERS-DIFFER", lambda s: s.letter(HP, one("Return-Receipt-To", OTHER))),
    ("two grades", "MALFORMED", lambda s: s.letter(HP, SECRET + ORDINARY, SECRET)),
    ("two urgencies", "MALFORMED", lambda s: s.letter(PLAIN, 2 * one("Importance", "high"))),
    ("two follow-ups", "MALFORMED", lambda s: s.letter(PLAIN, 2 * one("Mail-Followup-To", SENDER))),
    ("unknown grade", "GRADE-UNKNOWN", lambda s: s.letter(PLAIN, one("Murasalat-Grade", "ultra"))),
    ("unknown grade in Arabic", "GRADE-UNKNOWN",
     lambda s: s.letter(PLAIN, one("Murasalat-Grade", "=?utf-8?q?=D8=A3=D8=AD=D9=85=D8=B1?="))),
    ("unknown urgency", "GRADE-UNKNOWN", lambda s: s.letter(HP, *2 * (one("Murasalat-Urgency", "soon"),))),
    ("unknown sensitivity", "GRADE-UNKNOWN", lambda s: s.letter(PLAIN, one("Sensitivity", "Ultra"))),
    ("secret that nobody signed", "HEADERS-UNPROTECTED", lambda s: s.letter(PLAIN, SECRET)),
    ("secret by Sensitivity", "HEADERS-UNPROTECTED",
     lambda s: s.letter(PLAIN, one("Sensitivity", "Company-Confidential"))),
    ("secret beside an older protection", "HEADERS-UNPROTECTED", lambda s: s.letter(V1, SECRET)),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "make"), [row[1:] for row in DECLARED], ids=[row[0] for row in DECLARED])
@pytest.mark.parametrize("policy", ["off", "warn"])
def test_what_is_declared_is_signed_known_and_said_once(
    scene: Scene, policy: str, reason: str, make: Callable[[Scene], bytes]
) -> None:
    scene.policy(header_protection=policy)
    before = len(scene.stored())
    code, text = scene.send(make(scene))
    assert (code, f"[{reason}]" in text) == (550, True), text
    if reason == "GRADE-UNKNOWN":
        words = ("very-urgent", "عاجل جداً") if "urgency" in text else ("top-secret", "سري للغاية")
        assert all(word in text for word in words), text
    assert len(scene.stored()) == before


ARABIC_TOP = "=?utf-8?b?2LPYsdmKINmE2YTYutin2YrYqQ==?="


@pytest.mark.parametrize(
    ("kind", "fields", "grade", "urgency"),
    [
        (HP, one("Murasalat-Grade", ARABIC_TOP), "top-secret", "ordinary"),
        (HP, SECRET + one("X-Priority", "1 (Highest)"), "secret", "very-urgent"),
        (V1, SECRET, "secret", "ordinary"),
        (PLAIN, one("Sensitivity", "Private"), "restricted", "ordinary"),
        (PLAIN, one("Priority", "urgent"), "ordinary", "urgent"),
        (PLAIN, one("Importance", "High") + one("X-MSMail-Priority", "High"), "ordinary", "urgent"),
    ],
)
def test_what_is_declared_is_registered(
    scene: Scene, kind: tuple[str, str], fields: tuple[tuple[str, str], ...], grade: str, urgency: str
) -> None:
    code, text = scene.send(scene.letter(kind, fields, fields if kind != PLAIN else ()))
    assert code == 250, text
    (letter,) = [one for one in scene.stored() if one.reference == text.split()[1]]
    assert (letter.grade, letter.urgency) == (grade, urgency)


@pytest.mark.parametrize(("digest", "name"), [("sha3_256", "SHA3-256"), ("sha3_512", "SHA3-512")])
def test_a_hash_that_one_engine_does_not_know_is_refused_by_name(
    scene: Scene, digest: str, name: str
) -> None:
    key = HandmadeKey()
    scene.site.enroll(SENDER, key.certificate(f"Registry <{SENDER}>"))
    code, text = scene.send(scene.letter(sign=lambda octets: key.sign(octets, digest=digest)))
    assert (code, "[ALGORITHM-WEAK]" in text, name in text) == (550, True, True), text
    assert scene.send(scene.letter(sign=key.sign))[0] == 250


def test_a_strangers_key_below_ones_own_occupies_nothing(scene: Scene) -> None:
    squatter, owner = HandmadeKey(), HandmadeKey()
    scene.site.enroll(
        OTHER, squatter.certificate(f"x <{OTHER}>", squatter.bind(owner), squatter.bind(owner, 0x0C))
    )
    scene.site.enroll(SENDER, owner.certificate(f"Registry <{SENDER}>"))
    assert scene.send(scene.letter(sign=owner.sign))[0] == 250
