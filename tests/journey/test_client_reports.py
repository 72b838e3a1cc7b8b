"""What mail programs report by themselves (RFC 8098): evidence beside the letter, never a letter, never SEEN."""

import base64
import quopri
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import Site, Where, imap, send, submission

from tests.journey.audit import (
    assert_intact,
    every_letter,
    log_size,
    records,
    refusals,
    traced,
    wait_for_receipts,
)
from tests.journey.test_intake import Scene

SENDER, TO, OTHER = "registry@moj.gov.example", "registry@mof.gov.example", "registry@moi.gov.example"


@pytest.fixture(scope="module")
def scene(bare_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("reports") / "home"
    shutil.copytree(bare_home, home)
    site = Site(home)
    site.officer("clerk.moj", SENDER)
    site.officer("clerk.mof", TO)
    site.officer("clerk.moi", OTHER)
    site.system("archive", "MOF", TO)
    site.signer(SENDER)
    with site.serving() as where:
        yield Scene(site, where)
    site.close()


def fields(message_id: str, disposition: str = "manual-action/MDN-sent-manually; displayed") -> str:
    return (
        f"Reporting-UA: pc; Mail 1.0\r\nFinal-Recipient: rfc822;{TO}\r\n"
        f"Original-Message-ID: {message_id}\r\nDisposition: {disposition}\r\n"
    )


def report(told: str, encoding: str = "7bit", kind: str = "message/disposition-notification") -> bytes:
    body = told.encode()
    if encoding == "base64":
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        body = quopri.encodestring(body.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return (
        (
            f"From: {TO}\r\nTo: {SENDER}\r\nSubject: Read: case\r\nDate: Mon, 30 Nov 2026 10:00:00 +0300\r\n"
            "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=disposition-notification;\r\n"
            ' boundary="mdn"\r\n\r\n--mdn\r\nContent-Type: text/plain\r\n\r\nIt was displayed.\r\n\r\n'
            f"--mdn\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
        ).encode()
        + body
        + b"\r\n--mdn--\r\n"
    )


def say(
    scene: Scene, octets: bytes, login: str = "clerk.mof", sender: str = "", to: str = SENDER
) -> tuple[int, str]:
    with scene.client(login) as client:
        return send(client, sender, [to], octets)


def letter(scene: Scene) -> tuple[str, dict[str, Any]]:
    reference = scene.accept(TO)
    wait_for_receipts(scene.site)
    return reference, traced(scene.site, reference)


@pytest.mark.parametrize("encoding", ["7bit", "quoted-printable", "base64"])
@pytest.mark.parametrize("sender", ["", TO], ids=["null", "office"])
def test_a_report_is_noted_beside_its_letter_and_nothing_else(
    encoding: str, sender: str, scene: Scene
) -> None:
    reference, before = letter(scene)
    count = len(every_letter(scene.site))
    octets = report(fields(before["message_id"]), encoding)
    assert say(scene, octets, sender=sender) == (250, f"2.6.0 {reference} report noted")
    after = traced(scene.site, reference)
    (event,) = after["events"][len(before["events"]) :]
    assert event["event"] == "CLIENT-REPORTED"
    assert (event["office"], event["actor"]["login"]) == (TO, "clerk.mof")
    assert event["detail"]["disposition"] == "displayed"
    assert event["detail"]["mode"] == "manual-action/MDN-sent-manually"
    assert event["detail"]["agent"] == "pc; Mail 1.0"
    assert after["status"] == before["status"] == "DELIVERED"
    assert len(every_letter(scene.site)) == count
    size = log_size(scene.site)
    assert say(scene, octets, sender=sender)[0] == 250  # once is enough
    assert log_size(scene.site) == size
    wait_for_receipts(scene.site)
    with imap(scene.where, "clerk.moj", scene.site.secrets["clerk.moj"]) as client:
        assert client.select("INBOX")[1] == [b"0"]
    assert "SEEN" not in {one.event for one in records(scene.site, reference)}
    assert_intact(scene.site)


def test_who_did_not_receive_the_letter_hears_the_same_as_about_none(scene: Scene) -> None:
    reference, before = letter(scene)
    known, unknown = report(fields(before["message_id"])), report(fields("<nobody@nowhere>"))
    answers = {
        say(scene, known, "clerk.moi"),
        say(scene, unknown, "clerk.moi"),
        say(scene, known, "clerk.moj"),
        say(scene, report(fields(reference)), "clerk.mof"),  # a number is no Message-ID
    }
    assert len(answers) == 1
    ((code, text),) = answers
    assert code == 550
    assert "[REPORT-UNKNOWN]" in text
    assert "إشعار القراءة" in text
    assert reference not in text
    assert refusals(scene.site)[0]["reason"] == "REPORT-UNKNOWN"
    assert len(traced(scene.site, reference)["events"]) == len(before["events"])


def test_a_system_reports_nothing(scene: Scene) -> None:
    reference, before = letter(scene)
    octets = report(fields(before["message_id"]))
    systems = Where(scene.where.systems, scene.where.imap, scene.where.systems, scene.where.ca)
    with submission(systems, "archive", scene.site.secrets["archive"]) as client:
        assert "[REPORT-UNKNOWN]" in send(client, TO, [SENDER], octets)[1]
        assert "[SENDER-MISMATCH]" in send(client, "", [SENDER], octets)[1]
    assert len(traced(scene.site, reference)["events"]) == len(before["events"])


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ("", "0 fields Original-Message-ID"),
        ("Original-Message-ID: <a@b>\r\n" * 2, "2 fields Original-Message-ID"),
        ("Original-Message-ID: <a@b>\r\nDisposition: x\r\n", "0 fields Final-Recipient"),
        (fields("<a@b>", "manual-action/MDN-sent-manually; read"), "Disposition says none of"),
        (fields("<a@b>", ""), "Disposition says none of"),
        ("\0" * 3, "0 fields"),
        ("x" * 900 + "\r\n", "0 fields"),
    ],
)
def test_a_report_that_cannot_be_read_is_malformed_and_says_where(
    told: str, named: str, scene: Scene
) -> None:
    code, text = say(scene, report(told, "base64"))
    assert (code, "[MALFORMED]" in text) == (550, True)
    assert named in text
    assert "SIGNATURE" not in text


def test_a_report_without_its_machine_part_is_malformed(scene: Scene) -> None:
    code, text = say(scene, report(fields("<a@b>"), kind="text/plain"))
    assert (code, "[MALFORMED]" in text) == (550, True)
    code, text = say(scene, report(fields("<a@b>"), encoding="uuencode"))
    assert (code, "[MALFORMED]" in text) == (550, True)


def test_a_letter_from_the_null_path_is_refused_all_the_same(scene: Scene) -> None:
    code, text = say(scene, scene.site.letter(SENDER, TO), "clerk.moj", to=TO)
    assert (code, "[SENDER-MISMATCH]" in text) == (550, True)


def test_a_delivery_report_is_no_report_of_a_mail_program(scene: Scene) -> None:
    octets = report("Reporting-MTA: dns; x\r\n", kind="message/delivery-status").replace(
        b"disposition-notification", b"delivery-status"
    )
    code, text = say(scene, octets, sender=TO)
    assert code == 550
    assert "[REPORT-UNKNOWN]" not in text
