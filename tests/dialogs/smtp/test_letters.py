import asyncio
import smtplib
from email.message import EmailMessage

import pytest

from gateway.net.tls import cut
from gateway.runtime.faults import Unavailable
from gateway.smtp.parameters import decoded_xtext
from policies.outcome import Outcome, Registered
from policies.words.reasons import Reason
from tests.authority import Authority
from tests.dialogs.smtp.rig import NOW, OFFICE, SECRET, World, running

LETTER = b"Subject: A letter\r\n\r\nBody\r\n"


def smtplib_sends(world: World, message: EmailMessage, options: list[str], rcpt: list[str]) -> str:
    with smtplib.SMTP_SSL("127.0.0.1", world.port, context=world.client_context()) as client:
        client.login("noura", SECRET)
        client.send_message(message, OFFICE, ["registry@mof.gov.example"], options, rcpt)
        return client.docmd("NOOP")[1].decode()


async def test_smtplib_sends_a_letter_in_arabic(authority: Authority) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = OFFICE, "registry@mof.gov.example", "خطاب"
    message.set_content("السلام عليكم\n.نقطة\n..\n", cte="8bit")
    options = ["BODY=8BITMIME", "RET=HDRS", "ENVID=Ab+2BcD"]
    rcpt = ["NOTIFY=success,FAILURE", "ORCPT=rfc822;Registry+40MOF"]
    async with running(authority) as world:
        assert await asyncio.to_thread(smtplib_sends, world, message, options, rcpt) == "2.0.0 OK"
    ((envelope, octets),) = world.submitted
    assert octets.split(b"\r\n\r\n")[1] == "السلام عليكم\r\n.نقطة\r\n..\r\n".encode()
    assert (envelope.envid, envelope.ret) == ("Ab+2BcD", "HDRS")
    assert decoded_xtext(envelope.envid) == "Ab+cD"
    assert envelope.recipients[0].notify == {"SUCCESS", "FAILURE"}
    assert envelope.recipients[0].orcpt == "rfc822;Registry+40MOF"


async def test_the_envelope_says_what_the_dialogue_said(authority: Authority) -> None:
    async with running(authority) as world:
        client = await world.logged_in()
        await client.ask("MAIL FROM:<Registry@MOJ.gov.example> SMTPUTF8 BODY=8BITMIME")
        await client.ask("RCPT TO:<a@mof.gov.example>")
        await client.ask("RCPT TO:<b@وزارة.قطر> NOTIFY=NEVER")
        await client.ask("DATA")
        await client.send(LETTER)
        await client.ask(".")
    ((envelope, octets),) = world.submitted
    assert octets == LETTER
    assert str(envelope.sender) == "Registry@moj.gov.example"
    assert [str(recipient.address) for recipient in envelope.recipients] == [
        "a@mof.gov.example",
        "b@xn--mgbexc3i.xn--wgbl6a",
    ]
    assert envelope.recipients[1].notify == {"NEVER"}
    assert (envelope.source, envelope.client, envelope.channel) == (
        "127.0.0.1",
        "client.gov.example",
        "submission",
    )
    assert (envelope.received, envelope.smtputf8, envelope.envid) == (NOW, True, "")
    assert envelope.tls.startswith("TLSv1.3 TLS_")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_a_session_in_pieces_is_the_same_as_in_one_write(authority: Authority, size: int) -> None:
    session = (
        f"MAIL FROM:<{OFFICE}>\r\nRCPT TO:<a@mof.gov.example>\r\nDATA\r\n".encode()
        + b"..dot\r\n\r\n.\r\nRSET\r\nQUIT\r\n"
    )
    async with running(authority) as world:
        client = await world.logged_in()
        for start in range(0, len(session), size):
            await client.send(session[start : start + size])
            await asyncio.sleep(0)
        heard = [(await client.reply())[0][:9] for _ in range(6)]
        assert await client.at_end()
    assert heard == ["250 2.1.0", "250 2.1.5", "354 End d", "250 2.6.0", "250 2.0.0", "221 2.0.0"]
    assert [octets for _, octets in world.submitted] == [b".dot\r\n\r\n"]


async def test_an_empty_letter_is_submitted_empty(authority: Authority) -> None:
    async with running(authority) as world:
        client = await world.started()
        assert (await client.ask("."))[0].startswith("250")
    assert world.submitted[0][1] == b""


async def test_a_repeated_registration_is_answered_as_the_first(authority: Authority) -> None:
    async with running(authority) as world:
        world.outcome = lambda: Registered("L1", "MOJ/2026/000001", repeated=True)
        client = await world.started()
        assert await client.ask(".") == ["250 2.6.0 MOJ/2026/000001 accepted"]


@pytest.mark.parametrize(
    "fault", [Unavailable("no disk"), RuntimeError("a bug"), KeyError("x"), TimeoutError()]
)
async def test_a_failing_submission_is_answered_451_and_the_session_goes_on(
    authority: Authority, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    def fail() -> Outcome:
        raise fault

    async with running(authority) as world:
        world.outcome = fail
        client = await world.started()
        heard = await client.ask(".")
        assert [line[:26] for line in heard] == ["451-4.3.0 [UNAVAILABLE] تع", "451 4.3.0 [UNAVAILABLE] Th"]
        world.outcome = lambda: Registered("L2", "MOJ/2026/000002")
        await client.begin()
        assert (await client.ask("."))[0].startswith("250 2.6.0 MOJ/2026/000002")
    tracebacks = [record for record in caplog.records if record.exc_info]
    assert len(tracebacks) == (not isinstance(fault, Unavailable))


async def test_a_refusal_that_cannot_be_recorded_stands(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(authority, size_limit=10) as world:
        world.reject_raises = OSError("no disk")
        client = await world.started()
        assert (await client.ask("0123456789\r\n."))[0].startswith("552")
    assert sum(record.exc_info is not None for record in caplog.records) == 1


async def test_what_was_refused_is_recorded_with_the_envelope(authority: Authority) -> None:
    async with running(authority, size_limit=10) as world:
        client = await world.started(recipients=2)
        assert (await client.ask("0123456789\r\n."))[0].startswith("552")
    ((envelope, reason, detail),) = world.rejected
    assert (reason, detail) == (Reason.TOO_LARGE, "more than 10 octets")
    assert str(envelope.sender) == OFFICE
    assert len(envelope.recipients) == 2


async def test_a_client_that_leaves_during_submission_does_not_cancel_it(authority: Authority) -> None:
    async with running(authority) as world:
        world.hold = asyncio.Event()
        client = await world.started()
        await client.send(LETTER + b".\r\n")
        await world.entered.wait()
        cut(client.writer.transport)
        await asyncio.sleep(0.05)
        assert world.service.sessions == 1
        world.hold.set()
        await world.sessions_are(0)
        assert [octets for _, octets in world.submitted] == [LETTER]


async def test_what_a_device_calls_itself_and_where_it_came_in_are_kept(authority: Authority) -> None:
    async with running(authority, channel="systems", bare_paths=True) as world:
        client = await world.logged_in("dms")
        assert (await client.ask("EHLO طابعة السجل (2)"))[0].startswith("250")
        assert (await client.ask(f"MAIL FROM: {OFFICE}"))[0].startswith("250")
        assert (await client.ask("RCPT TO: a@mof.gov.example"))[0].startswith("250")
        await client.ask("DATA")
        await client.send(LETTER)
        assert (await client.ask("."))[0].startswith("250 2.6.0")
    ((envelope, _),) = world.submitted
    assert (envelope.client, envelope.channel) == ("طابعة السجل (2)", "systems")
    assert str(envelope.sender) == OFFICE
    assert [str(one.address) for one in envelope.recipients] == ["a@mof.gov.example"]
