"""Whatever is said, every reply is well formed, nothing unexpected is raised, and nothing passes as a letter."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.verdict import Refused
from policies.words.reasons import Reason
from tests.authority import Authority
from tests.dialogs.smtp.rig import OFFICE, Client, running

CODED = re.compile(
    r"[245]\d\d[ -][245]\.\d{1,3}\.\d{1,3} [^\r\n]*|334 [A-Za-z0-9+/=]*|354 .*|250[ -][A-Za-z0-9. -]+|220 .*"
)
WORDS = st.sampled_from(
    [
        "EHLO x",
        "HELO x",
        "AUTH PLAIN",
        "AUTH LOGIN",
        "AUTH PLAIN AGEAYg==",
        "MAIL FROM:",
        f"<{OFFICE}>",
        "<>",
        "RCPT TO:",
        "<a@b.example>",
        "DATA",
        ".",
        "RSET",
        "NOOP",
        "VRFY",
        "EXPN",
        "HELP",
        "QUIT",
        "BDAT 5",
        "STARTTLS",
        " ",
        "\r\n",
        "SIZE=",
        "BODY=8BITMIME",
        "SMTPUTF8",
        "ENVID=",
        "ORCPT=rfc822;",
        "NOTIFY=NEVER",
        "AUTH=<>",
        "\x00",
        "\n",
        "\r",
        "خ",
        '"',
    ]
)
SCRIPTS = st.lists(st.one_of(WORDS, st.text(max_size=8)), max_size=40).map("".join)

NAUGHTY = [
    "a\r\nMAIL FROM:<x@y.example>",
    "a\rb",
    "a\nb",
    "a\0b",
    "\x1b]0;title\x07",
    "\u202egpj.exe",
    "\u2066x\u2069",
    "\u2028",
    "\x85",
    "=?utf-8?q?=0D=0ABcc:_x?=",
    "%0d%0aBcc: x",
    "${jndi:ldap://x}",
    "'; DROP TABLE letters; --",
    "{{7*7}}",
    "<script>",
    "[KEY-REVOKED] ",
    "x" * 5000,
    "\ud800",
]


async def hear_all(client: Client) -> list[str]:
    heard: list[str] = []
    while True:
        try:
            line = await asyncio.wait_for(client.reader.readline(), 5)
        except (ConnectionError, TimeoutError):
            return heard
        if not line:
            return heard
        assert line.endswith(b"\r\n")
        assert len(line) <= 512
        heard.append(line.decode().removesuffix("\r\n"))


@given(scripts=st.lists(SCRIPTS, min_size=1, max_size=8), logged_in=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_are_answered_in_form(
    authority: Authority, caplog: pytest.LogCaptureFixture, scripts: list[str], logged_in: bool
) -> None:
    async def talk(world: Any, script: str) -> list[str]:
        client = await (world.logged_in() if logged_in else world.connect())
        await client.send(script.encode("utf-8", "surrogatepass"))
        await client.send(b"\r\n*\r\n.\r\n")
        for _ in range(25):
            await client.send(b"QUIT\r\n")
        return await hear_all(client)

    async def run() -> None:
        async with running(
            authority, errors=100, errors_before_login=100, commands_before_login=500
        ) as world:
            for heard in await asyncio.gather(*(talk(world, script) for script in scripts)):
                assert heard
                assert not [line for line in heard if not CODED.fullmatch(line)]
        for _, octets in world.submitted:
            assert not any(octet in octets.replace(b"\r\n", b"") for octet in (b"\r", b"\n", b"\0"))

    caplog.clear()
    asyncio.run(run())
    assert [record for record in caplog.records if record.exc_info or record.levelname == "ERROR"] == []


@pytest.mark.parametrize("naughty", NAUGHTY, ids=range(len(NAUGHTY)))
async def test_a_naughty_detail_adds_no_line_to_a_reply_or_to_the_journal(
    authority: Authority, caplog: pytest.LogCaptureFixture, naughty: str
) -> None:
    caplog.set_level("INFO")
    async with running(authority, bilingual=False) as world:
        world.outcome = lambda: Refused(Reason.CONTENT_FORBIDDEN, naughty)
        client = await world.started()
        assert (await client.ask("."))[-1].startswith("550 5.6.1 [CONTENT-FORBIDDEN] ")
        assert await client.ask("NOOP") == ["250 2.0.0 OK"]
        printable = naughty.replace("\r", "").replace("\n", "").replace("\0", "").encode("utf-8", "replace")
        await client.send(b"RCPT TO:<" + printable[:300] + b"@mof.gov.example>\r\n")
        await client.send(b"MAIL FROM:<" + printable[:300] + b"@mof.gov.example>\r\n")
        assert (await client.reply())[0][:3] in {"503", "501"}
        assert (await client.reply())[0][:3] in {"553", "501", "250"}
    assert all(record.message.isascii() and record.message.isprintable() for record in caplog.records)
