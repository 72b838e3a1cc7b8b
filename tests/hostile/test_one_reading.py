"""Letters with two readings, programs and active HTML over the real listener; and honest ones that look alike.

Each refusal says in Arabic and in English what was found, where, and what to do.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Site, Where, header_fields, now, send, submission

from gateway.mime.writing import Entity
from gateway.signatures.sealed import sealed
from mailstore.directory import directory
from mailstore.evidence import records

MOJ, MOF, MOI = (f"registry@{code}.gov.example" for code in ("moj", "mof", "moi"))


@dataclass
class Scene:
    """An officer of MOJ, who must sign, and a system of MOI, for which the gateway seals."""

    site: Site
    where: Where

    def send(self, login: str, sender: str, octets: bytes, *to: str) -> tuple[int, str]:
        with submission(self.where, login, self.site.secrets[login]) as client:
            return send(client, sender, to or (MOF,), octets)

    def signed(self, entity: str, **changes: str) -> bytes:
        """Return a letter whose signed part is exactly `entity`."""
        fields = list((dict(header_fields(MOJ, (MOF,), "خطاب", (), now())) | changes).items())
        part = Entity(b"", entity.replace("\n", "\r\n").encode())
        return sealed(fields, part, "x", self.site.signer(MOJ).sign)

    def unsigned(self, entity: str, sender: str = MOI) -> bytes:
        lines = [f"{name}: {value}\r\n" for name, value in header_fields(sender, (MOF,), "خطاب", (), now())]
        return "".join(lines).encode() + b"MIME-Version: 1.0\r\n" + entity.replace("\n", "\r\n").encode()

    def last_refusal(self) -> dict[str, str]:
        store = self.site.store()
        try:
            (last, *_rest) = store.read(lambda connection: records.refusals(connection, 1))
            return {"reason": last.members["reason"], "why": last.members["detail"]["why"]}
        finally:
            store.close()


@pytest.fixture(scope="module")
def scene(bare_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("reading") / "home"
    shutil.copytree(bare_home, home)
    site = Site(home)
    site.officer("clerk.moj", MOJ)
    site.signer(MOJ)
    site.change(lambda unit: directory.change_agency(unit, "MOI", allow_unsigned_systems=True))
    site.system("dms.moi", "MOI", MOI)
    with site.serving() as where:
        yield Scene(site, where)
    site.close()


TEXT = "Content-Type: text/plain; charset=utf-8\n\nالسلام عليكم\n"


def mixed(*parts: str, kind: str = "mixed", boundary: str = "m") -> str:
    inside = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f"Content-Type: multipart/{kind}; boundary={boundary}\n\n{inside}--{boundary}--\n"


def file(name: str, kind: str = "application/octet-stream", content: str = "eHh4") -> str:
    return (
        f"Content-Type: {kind}\nContent-Disposition: attachment; {name}\n"
        f"Content-Transfer-Encoding: base64\n\n{content}\n"
    )


def both(plain: str, markup: str) -> str:
    html = f"Content-Type: text/html; charset=utf-8\n\n{markup}\n"
    return mixed(f"Content-Type: text/plain; charset=utf-8\n\n{plain}\n", html, kind="alternative")


INNER = (
    "From: registry@moj.gov.example\nSubject: first\nMIME-Version: 1.0\n"
    'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=i\n\n'
    "--i\nContent-Type: text/plain\n\nbody\n--i\nContent-Type: application/pgp-signature\n\nxxx\n--i--\n"
)
FORBIDDEN, MALFORMED, STRUCTURE = "CONTENT-FORBIDDEN", "MALFORMED", "SIGNATURE-STRUCTURE"
# What stands in the signed part, the reason, the word in the evidence, and what the English line names.
BAD: list[tuple[str, str, str, str]] = [
    (
        mixed(TEXT, "Content-Type: text/plain\nContent-Type: text/html\n\nx"),
        MALFORMED,
        "duplicate-field",
        "part 1.2",
    ),
    (mixed(TEXT, "no field\n\nx"), MALFORMED, "malformed-header-line", "part 1.2"),
    (
        mixed(TEXT, "Content-Type: multipart/mixed; boundary=z\n\n--z\n\nx"),
        MALFORMED,
        "not-closed",
        "part 1.2",
    ),
    (mixed(TEXT, "\nx\n--mm\n\ny"), MALFORMED, "delimiter-lookalike", "part 1"),
    ("Content-Type: text/plain; charset=utf-7\n\n+AGE-\n", MALFORMED, "utf-7", "UTF-8"),
    ("Content-Type: text/plain\nX-Note: a\x08b\n\nx\n", MALFORMED, "control-character", "field x-note"),
    (
        mixed(TEXT, "Content-Type: message/partial; id=x; number=1\n\nx"),
        FORBIDDEN,
        "message-partial",
        "part 1.2",
    ),
    (
        mixed(TEXT, "Content-Type: message/external-body\n\nx"),
        FORBIDDEN,
        "message-external-body",
        "Attach the file",
    ),
    (mixed(TEXT, file("filename=winmail.dat", content="eJ8+Ig==")), FORBIDDEN, "tnef", "rich text"),
    (mixed(TEXT, file("filename=a.bin", "application/vnd.ms-tnef")), FORBIDDEN, "tnef", "part 1.2"),
    (mixed(TEXT, file("filename=a.pdf", content="eJ8+IgAA")), FORBIDDEN, "tnef", "part 1.2"),
    ("Content-Type: message/rfc822\n\nSubject: x\n\nx\n", FORBIDDEN, "whole-message", "message/rfc822"),
    (mixed(TEXT, kind="report"), FORBIDDEN, "report", "receipts"),
    (mixed(TEXT, file("filename=a.pdf.exe")), FORBIDDEN, "executable-name", "a.pdf.exe"),
    (
        mixed(TEXT, file("filename=a.pdf", content="TVqQAAMAAAAEAAAA")),
        FORBIDDEN,
        "executable-content",
        "a.pdf",
    ),
    (
        mixed(TEXT, file("filename=a", "application/x-msdownload")),
        FORBIDDEN,
        "executable-type",
        "x-msdownload",
    ),
    (mixed(TEXT, file("filename*=utf-8''%E2%80%AEfdp.txt")), FORBIDDEN, "name-bidi", "Rename"),
    (mixed(TEXT, file('filename="../a.pdf"')), FORBIDDEN, "name-path", "Rename"),
    (mixed(TEXT, file("filename=a.docm")), FORBIDDEN, "macros", "without macros"),
    (both("x", "<script>1</script>x"), FORBIDDEN, "html-script", "part 1.2"),
    (both("x", "<form action=y>x</form>"), FORBIDDEN, "html-form", "part 1.2"),
    (both("x", "<img src=https://evil.example/a.png>x"), FORBIDDEN, "html-remote", "part 1.2"),
    (both("Pay 1,000", "<p>Pay 9,000</p>"), FORBIDDEN, "alternatives-differ", "part 1"),
    ("Content-Type: text/html\n\n<p>x</p>\n", FORBIDDEN, "html-without-text", "plain text"),
    (mixed(TEXT, INNER.partition("1.0\n")[2]), STRUCTURE, "nested-signed", "part 1.2"),
    (
        mixed(TEXT, file("filename=smime.p7m", "application/pkcs7-mime")),
        STRUCTURE,
        "nested-pkcs7-mime",
        "part 1.2",
    ),
]


@pytest.mark.parametrize(
    ("entity", "reason", "word", "named"), BAD, ids=[f"{n}-{one[2]}" for n, one in enumerate(BAD)]
)
def test_a_signed_letter_is_refused_with_what_was_found(
    scene: Scene, entity: str, reason: str, word: str, named: str
) -> None:
    code, text = scene.send("clerk.moj", MOJ, scene.signed(entity))
    assert code == 550, text
    assert text.count(f"[{reason}]") == 2, text
    assert re.search("[\u0600-\u06ff]", text.partition("[")[2].partition("[")[0]), "no Arabic"
    assert named in text, text
    last = scene.last_refusal()
    assert last["reason"] == reason
    assert last["why"].startswith(f"{word}: ")


GOOD = [
    mixed(TEXT, f'Content-Type: message/rfc822; name="Re: MOJ/2026/000001.eml"\n\n{INNER}'),
    mixed(TEXT, f"Content-Type: message/rfc822\n\n{INNER.replace('--i--', '')}"),
    mixed(TEXT, "Content-Type: message/rfc822\n\nContent-Type: text/html\n\n<img src=https://x.example>"),
    mixed(TEXT, file("filename=contract.pdf.p7m", "application/pkcs7-mime; smime-type=signed-data")),
    mixed(TEXT, file("filename=contract.pdf.p7s", "application/pkcs7-signature")),
    mixed(TEXT, file("filename*=utf-8''%E2%81%A8%D8%B9%D9%82%D8%AF%E2%81%A9.pdf", "application/pdf")),
    both("عاجل 1,250", '<p dir="rtl"><b>عاجل</b> ١٬٢٥٠</p><img src="cid:logo">'),
    "Content-Type: text/plain; charset=us-ascii (Plain text)\n\nhello\n",
]


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_an_honest_letter_is_accepted(scene: Scene, number: int) -> None:
    code, text = scene.send("clerk.moj", MOJ, scene.signed(GOOD[number]))
    assert code == 250, text


def test_what_stands_around_the_signed_part_is_named_with_its_line(scene: Scene) -> None:
    octets = scene.signed(TEXT)
    code, text = scene.send("clerk.moj", MOJ, octets + b"-- \r\nThis e-mail is confidential.\r\n")
    line = octets.count(b"\r\n") + 1
    assert (code, f"line {line})" in text, f"السطر {line})" in text) == (550, True, True), text
    head, _, rest = octets.partition(b"\r\n\r\n")
    code, text = scene.send("clerk.moj", MOJ, head + b"\r\n\r\nPay now.\r\n" + rest)
    assert (code, "before the signed content" in text) == (550, True), text
    horde = b"\r\n\r\nThis message is in MIME format and has been PGP signed.\r\n\r\n"
    code, text = scene.send("clerk.moj", MOJ, head + horde + rest)
    assert code == 250, text


@pytest.mark.parametrize(
    ("entity", "word", "named"),
    [
        ("Content-Type: multipart/encrypted; boundary=e\n\n--e\n\nx\n--e--\n", "encrypted", "encrypted"),
        ("Content-Type: application/pkcs7-mime; name=smime.p7m\n\nMIAG\n", "opaque-smime", "opaque S/MIME"),
        ("\n-----BEGIN PGP SIGNED MESSAGE-----\n\nx\n", "inline-pgp", "inline PGP"),
        (
            mixed(TEXT, file("filename=smime.p7s", "application/pkcs7-signature")),
            "signature-attached",
            "torn off",
        ),
        (
            mixed(TEXT, f"Content-Type: message/rfc822\n\n{INNER}"),
            "attached-signed",
            "Only the attached letter",
        ),
    ],
)
def test_what_stands_in_place_of_a_signature_is_named(
    scene: Scene, entity: str, word: str, named: str
) -> None:
    code, text = scene.send("clerk.moj", MOJ, scene.unsigned(entity, MOJ))
    assert (code, "[SIGNATURE-STRUCTURE]" in text, named in text) == (550, True, True), text
    assert scene.last_refusal()["why"].startswith(f"{word}: ")


@pytest.mark.parametrize(
    "entity",
    [
        mixed(TEXT, file("filename=contract.pdf.p7s", "application/pkcs7-signature")),
        mixed(TEXT, f"Content-Type: message/rfc822\n\n{INNER}"),
        "Content-Type: text/html\n\n<p>report</p>\n",
        "Content-Type: text\n\nreport\n",
        "Content-Type: multipart/mixed; boundary=z\n\n--z\n\nx\n",
    ],
)
def test_a_systems_letter_is_read_leniently_where_it_describes_content(scene: Scene, entity: str) -> None:
    code, text = scene.send("dms.moi", MOI, scene.unsigned(entity))
    assert code == 250, text


@pytest.mark.parametrize(
    ("entity", "reason"),
    [
        (mixed(TEXT, file("filename=winmail.dat")), FORBIDDEN),
        (mixed(TEXT, file("filename=a.exe")), FORBIDDEN),
        ("Content-Type: message/rfc822\n\nSubject: x\n\nx\n", FORBIDDEN),
        ("Content-Type: text/html\n\n<script>1</script>\n", FORBIDDEN),
        ("no field\nContent-Type: text/plain\n\nx\n", MALFORMED),
    ],
)
def test_a_system_sends_no_program_and_no_broken_header(scene: Scene, entity: str, reason: str) -> None:
    code, text = scene.send("dms.moi", MOI, scene.unsigned(entity))
    assert (code, f"[{reason}]" in text) == (550, True), text
    assert text.isascii(), "a system hears English alone"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"Date": "Mon, 2 Nov 2020 10:00:00 +0300"}, "more than 7 days"),
        ({"Date": "yesterday"}, "Date of the letter cannot be read"),
        ({"Message-ID": "none"}, "Message-ID of the letter cannot be read"),
        ({"To": f"{MOF}; {MOI}"}, "semicolons"),
        ({"To": f"{MOF}, {MOI}"}, f"{MOI} stands in To or Cc"),
    ],
)
def test_the_header_of_an_officers_letter(scene: Scene, changes: dict[str, str], named: str) -> None:
    code, text = scene.send("clerk.moj", MOJ, scene.signed(TEXT, **changes))
    assert (code, named in text) == (550, True), text
    assert re.search("[\u0600-\u06ff]", text), text


def test_a_long_line_and_a_large_letter_are_told_in_the_senders_terms(scene: Scene) -> None:
    octets = scene.unsigned(TEXT, MOJ)
    code, text = scene.send("clerk.moj", MOJ, octets + b"x" * 1200 + b"\r\n")
    line = octets.count(b"\r\n") + 1
    assert (code, f"Line {line} of the message is longer than 998 octets" in text) == (550, True), text
    assert f"السطر {line} " in text
    code, text = scene.send("clerk.moj", MOJ, octets + (b"x" * 76 + b"\r\n") * 400_000)
    assert (code, "19.1 MB are allowed" in text) == (552, True), text
    assert "ميغابايت" in text
