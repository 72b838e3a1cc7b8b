"""What is found in the parts of a letter: two readings, programs, reports, HTML; and what honest letters are."""

import base64
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.content import MAX_HTML_CHARACTERS, limit_problem, problems
from gateway.mime.limits import DEFAULT_LIMITS, Limits, MimeLimitExceeded
from gateway.mime.tree import parse
from policies.structure import Problem
from policies.words.structure import Kind

SAMPLES = Path(__file__).parents[3] / "samples" / "thunderbird"
HEAD = "From: a@moj.gov.example\nTo: b@mof.gov.example\nMIME-Version: 1.0\n"
TEXT = "Content-Type: text/plain; charset=utf-8\n\nhello\n"


def mixed(*parts: str, kind: str = "multipart/mixed", boundary: str = "m", head: str = "") -> str:
    inside = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f"{head}Content-Type: {kind}; boundary={boundary}\n\n{inside}--{boundary}--\n"


def found(text: str | bytes) -> list[Problem]:
    octets = text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode()
    return list(problems(parse(octets), octets))


def kinds(text: str | bytes) -> set[Kind]:
    return {problem.kind for problem in found(text)}


def attached(
    name: str, kind: str = "application/octet-stream", content: bytes = b"data", how: str = "attachment"
) -> str:
    body = base64.b64encode(content).decode()
    return (
        f"Content-Type: {kind}\nContent-Disposition: {how}; {name}\n"
        f"Content-Transfer-Encoding: base64\n\n{body}\n"
    )


def with_part(part: str) -> str:
    return HEAD + mixed(TEXT, part)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.eml")), ids=lambda path: path.name)
def test_nothing_is_found_in_real_letters(path: Path) -> None:
    assert found(path.read_bytes()) == []


# ── one reading ─────────────────────────────────────────────────────────────────────────────────────────

AMBIGUOUS: list[tuple[str, Kind]] = [
    ("Content-Type: text/plain\nContent-Type: text/html\n\nx", Kind.DUPLICATE_FIELD),
    ("Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\nx", Kind.DUPLICATE_FIELD),
    (
        "Content-Disposition: inline\ncontent-disposition: attachment; filename=a.exe\n\nx",
        Kind.DUPLICATE_FIELD,
    ),
    ("Content-Type: text/plain\nno field at all\n\nx", Kind.HEADER_LINE),
    ("Content-Type : text/plain\n\nx", Kind.SPACE_BEFORE_COLON),
    ("Content-Type: text/plain\n \n\nx", Kind.BLANK_FOLDED_LINE),
    ("Content-Type: text plain\n\nx", Kind.CONTENT_TYPE),
    ("Content-Type: text/plain; charset=utf-8; charset=utf-16\n\nx", Kind.CONTENT_TYPE),
    ("Content-Transfer-Encoding: base64 7bit\n\nx", Kind.TRANSFER_ENCODING),
    ('Content-Type: text/plain; (charset="utf-7") charset=utf-8\n\nx', Kind.COMMENT),
    ("Content-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n", Kind.NOT_CLOSED),
    ("Content-Type: multipart/mixed; boundary=i\n\nx\n", Kind.NO_PARTS),
    ("Content-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--ix\n\n--i--", Kind.DELIMITER_LOOKALIKE),
    (
        "Content-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--i--\n--i\n\ny\n--i--",
        Kind.DELIMITER_AFTER_CLOSE,
    ),
    ("Content-Type: multipart/mixed\n\nx", Kind.BOUNDARY),
    ("Content-Type: multipart/mixed; boundary=i; boundary=j\n\n--i\n\nx\n--i--", Kind.BOUNDARY),
    (mixed("\nx", boundary="i", head="Content-Transfer-Encoding: base64\n"), Kind.ENCODED_MULTIPART),
    ("Content-Type: text/plain; charset=utf-7\n\n+AGE-", Kind.UTF7),
    ("Content-Type: text/plain; charset=UNICODE-1-1-UTF-7\n\n+AGE-", Kind.UTF7),
    ("Content-Type: text/plain\nContent-Description: =?utf-7?Q?+AGE-?=\n\nx", Kind.UTF7),
    ("Content-Type: text/plain; name*=utf-7''x\n\nx", Kind.UTF7),
    ("Content-Type: text/html\n\n<meta charset=utf-7>x", Kind.UTF7),
    ("Content-Type: text/plain\nContent-Description: a\x08b\n\nx", Kind.CONTROL_CHARACTER),
    ("Content-Type: text/plain\nX: a\x7fb\n\nx", Kind.CONTROL_CHARACTER),
]


@pytest.mark.parametrize(("part", "kind"), AMBIGUOUS)
def test_two_readings_of_a_part_are_found_as_at_the_root(part: str, kind: Kind) -> None:
    inner = found(with_part(part))
    assert kind in {problem.kind for problem in inner}
    assert next(problem for problem in inner if problem.kind is kind).part == "2"
    assert kind in kinds(HEAD + part)
    signed = mixed(
        mixed(TEXT, part),
        "Content-Type: application/pgp-signature\n\nx",
        kind="multipart/signed",
        boundary="s",
    )
    assert kind in kinds(HEAD + signed)


@pytest.mark.parametrize(("part", "kind"), AMBIGUOUS)
def test_the_form_of_an_attached_message_is_not_judged(part: str, kind: Kind) -> None:
    message = f"Content-Type: message/rfc822\n\nSubject: x\n{part}"
    assert kind not in kinds(with_part(message))


def test_a_finding_names_part_line_and_field() -> None:
    text = with_part("X: 1\nContent-Type: text/plain\nContent-Type: text/html\n\nx")
    (problem,) = [one for one in found(text) if one.kind is Kind.DUPLICATE_FIELD]
    assert (problem.part, problem.field) == ("2", "content-type")
    assert text.split("\n")[problem.line - 1] == "Content-Type: text/html"
    (problem,) = [
        one for one in found(with_part("A: 1\nX: a\x08b\n\nx")) if one.kind is Kind.CONTROL_CHARACTER
    ]
    assert problem.field == "x"
    assert with_part("A: 1\nX: a\x08b\n\nx").split("\n")[problem.line - 1].startswith("X: a")


@pytest.mark.parametrize(
    "part",
    [
        "Content-Type: text/plain; charset=us-ascii (Plain text)\n\nx",  # RFC 2045 section 5.1
        "Content-Type: text/plain; charset=utf-8;\n\nx",
        'Content-Type: text/plain; name="a(b);c=d.txt"\n\nx',
        "Content-Transfer-Encoding: 8-bit\n\nx",
        "Content-Type: text/plain; charset=windows-1256\nContent-Language: ar\n\nx",
        "X-Folded: a\n\tb\n\nx",
        mixed("\nx", boundary="i" * 90),
    ],
)
def test_honest_parts_have_one_reading(part: str) -> None:
    assert found(with_part(part)) == []


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (Limits(depth=1), mixed(mixed(TEXT, boundary="i"))),
        (Limits(parts=1), mixed(TEXT, TEXT)),
        (Limits(fields=1), HEAD),
        (Limits(header_octets=10), HEAD),
        (Limits(all_header_octets=10), HEAD),
        (Limits(parameters=0), TEXT),
        (Limits(boundary_octets=1), mixed(TEXT, boundary="ii")),
        (Limits(scan_octets=1), mixed(TEXT)),
    ],
)
def test_every_limit_is_a_finding(limits: Limits, text: str) -> None:
    with pytest.raises(MimeLimitExceeded) as exceeded:
        parse(text.replace("\n", "\r\n").encode(), limits=limits)
    assert str(exceeded.value.limit) in limit_problem(exceeded.value).name


# ── what may not come in ────────────────────────────────────────────────────────────────────────────────

MSI = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + b"\x09\0" + bytes(16) + b"\0\0\0\0").ljust(
    512 + 80, b"\0"
)
MSI += bytes.fromhex("84100c0000000000c000000000000046")
WORD = MSI[:-16] + bytes.fromhex("0609020000000000c000000000000046")
PROGRAMS: list[tuple[str, Kind]] = [
    *(
        (attached(f'filename="{name}"'), Kind.EXECUTABLE_NAME)
        for name in (
            "a.exe", "report.pdf.exe", "A.EXE", "a.exe.", "a.exe ", "a.exe . .", "a.pdf                    .scr",
            "عقد.js", "a\uff0eexe", "a.e\u200bxe", "a.lnk", "a.iso", "a.ps1", "a.jar", "a.hta", "a.vbs", "a.msi",
            "a.exe::$DATA", "a.desktop", "setup.sh",
        )
    ),
    (attached("filename*=utf-8''a%2Eexe"), Kind.EXECUTABLE_NAME),
    (attached("filename*0=a.e; filename*1=xe"), Kind.EXECUTABLE_NAME),
    (attached('filename="a.pdf"', 'application/pdf; name="a.exe"'), Kind.EXECUTABLE_NAME),
    (attached("filename=a.pdf; filename*=utf-8''a.exe"), Kind.EXECUTABLE_NAME),
    (attached('filename="=?utf-8?B?YS5leGU=?="'), Kind.EXECUTABLE_NAME),
    (attached("filename=my file.exe"), Kind.EXECUTABLE_NAME),
    (attached("filename=a.exe", how=""), Kind.EXECUTABLE_NAME),
    (attached("filename=a.bin", "application/x-msdownload"), Kind.EXECUTABLE_TYPE),
    (attached("filename=a.txt", "text/javascript"), Kind.EXECUTABLE_TYPE),
    (attached("filename=a.pdf", content=b"MZ\x90\0\x03\0\0\0\x04"), Kind.EXECUTABLE_CONTENT),
    (attached("filename=a.pdf", content=b"\x7fELF\x02\x01\x01"), Kind.EXECUTABLE_CONTENT),
    (attached("filename=a.pdf", content=b"\xcf\xfa\xed\xfe\x07\0\0\1"), Kind.EXECUTABLE_CONTENT),
    (attached("filename=a.pdf", content=b"\xca\xfe\xba\xbe\0\0\0\x41"), Kind.EXECUTABLE_CONTENT),
    (attached("filename=a.txt", content=b"#!/bin/sh\nrm"), Kind.EXECUTABLE_CONTENT),
    (attached("filename=a.pdf", content=b"L\0\0\0\x01\x14\x02\0"), Kind.EXECUTABLE_CONTENT),
    (attached("filename=a.doc", content=MSI), Kind.EXECUTABLE_CONTENT),
    ("Content-Type: application/pdf\nContent-Transfer-Encoding: quoted-printable\n\n=7FELF\n", Kind.EXECUTABLE_CONTENT),
    (attached("filename=a.docm"), Kind.MACROS),
    (attached("filename=a", "application/vnd.ms-excel.sheet.macroEnabled.12"), Kind.MACROS),
    (attached("filename=winmail.dat"), Kind.TNEF),
    (attached("filename=WinMail.DAT"), Kind.TNEF),
    (attached("filename=a.bin", "application/ms-tnef"), Kind.TNEF),
    (attached("filename=a.bin", "application/vnd.ms-tnef"), Kind.TNEF),
    (attached("filename=a.pdf", content=b"\x78\x9f\x3e\x22\0\0"), Kind.TNEF),
    ("Content-Type: message/partial; id=x; number=1\n\nSubject: x\n\nx", Kind.PARTIAL),
    ("Content-Type: message/external-body; access-type=URL\n\nx", Kind.EXTERNAL_BODY),
    (attached("filename*=utf-8''x%E2%80%AEfdp.txt"), Kind.NAME_BIDI),
    *(
        (attached(f'filename="{name}"'), Kind.NAME_PATH)
        for name in ("../a.pdf", "/etc/a.pdf", "a/b.pdf", "C:a.pdf", "a\\\\b.pdf", ".profile", "~/a.pdf")
    ),
    (attached("filename*=utf-8''a%0Ab.pdf"), Kind.NAME_PATH),
]  # fmt: skip


@pytest.mark.parametrize(("part", "kind"), PROGRAMS)
def test_what_may_not_come_in_is_found_wherever_it_stands(part: str, kind: Kind) -> None:
    assert kind in kinds(with_part(part))
    assert kind in kinds(HEAD + part)
    message = f"Content-Type: message/rfc822\n\nSubject: x\n{mixed(TEXT, part, boundary='i')}"
    assert kind in kinds(with_part(message))
    inner = f"Subject: x\n{mixed(TEXT, part, boundary='i')}".replace("\n", "\r\n").encode()
    encoded = base64.encodebytes(inner).decode()
    hidden = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{encoded}"
    assert kind in kinds(with_part(hidden))


def test_messages_encoded_inside_each_other_end_somewhere() -> None:
    inner = b"Subject: x\r\n\r\nx"
    for _level in range(6):
        inner = (
            b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.encodebytes(inner)
        )
    text = inner.decode().replace("\r\n", "\n")
    assert Kind.NESTED_TOO_DEEP in kinds(HEAD + mixed(TEXT, text))


@pytest.mark.parametrize(
    "part",
    [
        attached('filename="تقرير 2026.pdf"', "application/pdf", b"%PDF-1.4"),
        attached('filename="contract.pdf.p7m"', "application/pkcs7-mime", b"0\x80"),
        attached("filename=a.doc", "application/msword", WORD),
        attached("filename=a.docx", content=b"PK\x03\x04"),
        attached("filename=a.zip", "application/zip", b"PK\x03\x04"),
        attached("filename*=utf-8''%E2%81%A8a%E2%81%A9%E2%80%8F.pdf"),  # isolates and marks
        attached('filename="exe"'),
        attached('filename="notes on a.exe.pdf"'),
        "Content-Type: text/plain\n\nMZ is a text, too, and long enough to be none of these programs; "
        + "x" * 80,
        'Content-Type: message/rfc822; name="Re: MOJ/2026/000001.eml"\n\nSubject: x\n\nx',
        'Content-Type: application/pdf; name="a\n\tb.pdf"\n\nx',
    ],
)
def test_honest_attachments_pass(part: str) -> None:
    assert found(with_part(part)) == []


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ("Content-Type: message/rfc822\n\nSubject: x\n\nx", Kind.WHOLE_MESSAGE),
        ("Content-Type: message/global\n\nSubject: x\n\nx", Kind.WHOLE_MESSAGE),
        (mixed(TEXT, kind="multipart/report"), Kind.REPORT),
        ("Content-Type: message/delivery-status\n\nx", Kind.REPORT),
        ("Content-Type: message/disposition-notification\n\nx", Kind.REPORT),
    ],
)
def test_a_whole_letter_is_no_message_and_no_report(part: str, kind: Kind) -> None:
    signed = mixed(
        part, "Content-Type: application/pgp-signature\n\nx", kind="multipart/signed", boundary="s"
    )
    assert kind in kinds(HEAD + part)
    assert kind in kinds(HEAD + signed)
    assert kind not in kinds(with_part(part))


# ── HTML ────────────────────────────────────────────────────────────────────────────────────────────────


def alternative(plain: str, markup: str) -> str:
    html = f"Content-Type: text/html; charset=utf-8\n\n{markup}\n"
    return HEAD + mixed(
        f"Content-Type: text/plain; charset=utf-8\n\n{plain}\n", html, kind="multipart/alternative"
    )


def test_html_needs_plain_text_beside_it() -> None:
    html = "Content-Type: text/html\n\n<p>hello\n"
    assert kinds(HEAD + html) == {Kind.HTML_WITHOUT_TEXT}
    assert kinds(with_part(html)) == {Kind.HTML_WITHOUT_TEXT}
    assert kinds(HEAD + mixed(html, kind="multipart/alternative")) == {Kind.HTML_WITHOUT_TEXT}
    related = mixed(html, kind="multipart/related", boundary="r")
    assert kinds(HEAD + mixed(TEXT, related, kind="multipart/alternative")) == set()
    assert (
        kinds(with_part(html.replace("\n\n", "\nContent-Disposition: attachment; filename=a.html\n\n")))
        == set()
    )
    assert kinds(with_part("Content-Type: text/html\n\n<html><body><br></body></html>\n")) == set()


def test_html_in_a_file_is_looked_at_too() -> None:
    for part in (
        attached("filename=a.html", content=b"<script>1</script>"),
        attached("filename=a.svg", "image/svg+xml", b"<svg onload=x()>"),
        attached("filename=a.bin", "application/xhtml+xml", b"<x:script/>"),
        attached("filename=a.html", content="<script>".encode("utf-16")),
    ):
        assert kinds(with_part(part)) == {Kind.HTML_SCRIPT}, part
    assert kinds(with_part("Content-Type: message/rfc822\n\nContent-Type: text/html\n\n<script>")) == set()


def test_other_alternatives_are_found() -> None:
    for other in ("text/enriched", "application/pdf", "text/x-amp-html", "text/calendar"):
        text = HEAD + mixed(TEXT, f"Content-Type: {other}\n\nhello", kind="multipart/alternative")
        assert Kind.ALTERNATIVE_OTHER in kinds(text)


def test_alternatives_that_differ_are_found_where_they_stand() -> None:
    assert kinds(alternative("Pay 1,000 to A", "<p>Pay <b>1,000</b> to A</p>")) == set()
    assert kinds(alternative("Pay 1,000 to A", "<p>Pay 9,000 to A</p>")) == {Kind.ALTERNATIVES_DIFFER}


def test_an_alternative_is_compared_whatever_its_disposition() -> None:
    shown = "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nPay 1,000\n"
    html = "Content-Type: text/html\n\n<p>Pay 9,000</p>\n"
    assert kinds(HEAD + mixed(shown, html, kind="multipart/alternative")) == {Kind.ALTERNATIVES_DIFFER}


def test_large_html_is_a_finding_and_pictures_in_it_do_not_count() -> None:
    text = "<p>hello " + "x " * (MAX_HTML_CHARACTERS // 2)
    assert Kind.HTML_TOO_LARGE in kinds(alternative("hello", text))
    picture = '<img src="data:image/png;base64,' + "A" * MAX_HTML_CHARACTERS + '">hello'
    assert kinds(alternative("hello", picture)) == set()


@pytest.mark.parametrize(
    "unit",
    [
        "<a b='",
        "<!--",
        "<!--[if",
        "=j",
        "= ",
        "url(",
        "&#",
        "\\",
        "<link ",
        "<",
        "\"'",
        "src=",
        "<title",
        "ab ",
        "on",
        "<sub",
    ],
)
def test_hostile_html_takes_a_bounded_time(unit: str) -> None:
    markup = (unit * (MAX_HTML_CHARACTERS // len(unit)))[: MAX_HTML_CHARACTERS - 100]
    octets = alternative("hello", markup).replace("\n", "\r\n").encode()
    root = parse(octets)
    before = time.process_time()
    problems(root, octets)
    assert time.process_time() - before < 8, unit


@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/alternative"])
def test_thousands_of_flawed_parts_cost_no_more_than_their_size(kind: str) -> None:
    part = "X: \x08\nContent-Type : text plain\n junk\nContent-Type: text/html\n\n<script>"
    octets = (HEAD + mixed(*[part] * 4_000, kind=kind)).replace("\n", "\r\n").encode()
    root = parse(octets, limits=DEFAULT_LIMITS)
    before = time.process_time()
    assert len(problems(root, octets)) < len(Kind)
    assert time.process_time() - before < 6


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_damage_to_a_letter_gives_findings_and_no_fault(data: st.DataObject) -> None:
    octets = (SAMPLES / "thunderbird-pgp-html.eml").read_bytes()
    start = data.draw(st.integers(0, len(octets)))
    end = data.draw(st.integers(start, min(len(octets), start + 300)))
    damaged = octets[:start] + data.draw(st.binary(max_size=30)) + octets[end:]
    for problem in problems(parse(damaged), damaged):
        said = problem.said()
        assert said.ar.isprintable() or "\u200e" in said.ar
        assert said.en
