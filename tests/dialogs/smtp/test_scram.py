"""AUTH SCRAM-SHA-256: who may send, how the exchange breaks off, and that all failures look alike."""

from base64 import b64decode, b64encode
from dataclasses import replace

import pytest

from gateway.login.throttle import Throttle
from gateway.runtime.faults import Unavailable
from tests.authority import Authority
from tests.dialogs.smtp.rig import OFFICER, SECRET, SYSTEM, Client, World, running
from tests.scramclient import ScramSpeaker

FAILED = "535 5.7.8 [LOGIN-FAILED] The login or the password is not right."


async def greeted(world: World) -> Client:
    client = await world.connect()
    await client.reply()
    assert (await client.ask("EHLO client.gov.example"))[-1] == "250 AUTH SCRAM-SHA-256 PLAIN LOGIN"
    return client


async def begun(client: Client, speaker: ScramSpeaker, *, initial: bool = True) -> bytes:
    """Say the first message; return the server's."""
    words = b64encode(speaker.first()).decode()
    if not initial:
        assert await client.ask("AUTH SCRAM-SHA-256") == ["334 "]
    (line,) = await client.ask(f"AUTH SCRAM-SHA-256 {words}" if initial else words)
    assert line.startswith("334 "), line
    return b64decode(line[4:], validate=True)


async def prove(client: Client, speaker: ScramSpeaker, *, initial: bool = True) -> list[str]:
    challenge = await begun(client, speaker, initial=initial)
    heard = await client.ask(b64encode(speaker.final(challenge)).decode())
    if not heard[0].startswith("334"):
        return heard
    assert b64decode(heard[0][4:], validate=True) == speaker.confirmation
    return await client.ask("")


@pytest.mark.parametrize("initial", [True, False])
@pytest.mark.parametrize(("login", "account"), [("noura", OFFICER), ("dms", SYSTEM)])
async def test_officers_and_systems_send_without_sending_the_password(
    authority: Authority, login: str, account: object, *, initial: bool
) -> None:
    async with running(authority) as world:
        client = await greeted(world)
        assert await prove(client, ScramSpeaker(login, SECRET), initial=initial) == [
            "235 2.7.0 Authentication successful"
        ]
        await client.begin()
        assert (await client.ask("."))[0].startswith("250")
    assert world.submitted[0][0].account == replace(account, method="scram")  # type: ignore[type-var]


async def test_the_identity_may_be_ones_own_alone(authority: Authority) -> None:
    async with running(authority, bilingual=False) as world:
        for identity in ("registrar", "registry@moj.gov.example"):
            client = await greeted(world)
            assert await prove(client, ScramSpeaker("noura", SECRET, identity)) == [FAILED]
        client = await greeted(world)
        assert (await prove(client, ScramSpeaker("noura", SECRET, "noura")))[0].startswith("235")


@pytest.mark.parametrize("first", [
    b"", b"\0noura\0x", b"n,,n=noura", b"p=tls-unique,,n=noura,r=abc", b"n,,m=x,n=noura,r=abc", b"n,,n=a=b,r=abc",
    b"n,,n=" + b"x" * 1030 + b",r=a",
])  # fmt: skip
async def test_a_first_message_that_is_none(authority: Authority, first: bytes) -> None:
    async with running(authority) as world:
        client = await greeted(world)
        heard = await client.ask(f"AUTH SCRAM-SHA-256 {b64encode(first).decode() or '='}")
        assert [line[:10] for line in heard] == ["501 5.5.2 "]
        assert (await prove(client, ScramSpeaker("noura", SECRET)))[0].startswith("235")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("*", "501 5.7.0 Cancelled"),
        ("!", "501 5.5.2 That is not base64 of UTF-8"),
        ("", "501 5.5.2 Not a last message of SCRAM"),
        ("x" * 1600, "501 5.5.6 The line is too long"),
        (b64encode(b"c=eSws,r=x,p=" + b"A" * 43 + b"=").decode(), "501 5.5.2 The channel binding is not…"),
        (b64encode(b"c=biws,r=x,p=" + b"A" * 43 + b"=").decode(), "501 5.5.2 The nonce is not the one…"),
    ],
)
async def test_a_last_message_that_is_none(authority: Authority, line: str, said: str) -> None:
    async with running(authority) as world:
        client = await greeted(world)
        await begun(client, ScramSpeaker("noura", SECRET))
        (heard,) = await client.ask(line)
        assert heard.startswith(said.removesuffix("…"))
        assert (await client.ask("MAIL FROM:<registry@moj.gov.example>"))[0].startswith("530")


@pytest.mark.parametrize(("last", "said"), [("*", "501 5.7.0"), ("AAAA", "501 5.5.2"), ("!", "501 5.5.2")])
async def test_a_client_that_does_not_take_the_confirmation_is_not_let_in(
    authority: Authority, last: str, said: str
) -> None:
    async with running(authority) as world:
        client, speaker = await greeted(world), ScramSpeaker("noura", SECRET)
        final = speaker.final(await begun(client, speaker))
        assert (await client.ask(b64encode(final).decode()))[0].startswith("334 ")
        assert (await client.ask(last))[0].startswith(said)
        assert (await client.ask("MAIL FROM:<registry@moj.gov.example>"))[0].startswith("530")


async def test_broken_exchanges_end_the_session_as_other_errors_do(authority: Authority) -> None:
    async with running(authority) as world:
        client = await greeted(world)
        for _ in range(4):
            assert (await client.ask("AUTH SCRAM-SHA-256 ="))[0].startswith("501")
        assert (await client.ask("AUTH SCRAM-SHA-256 ="))[0].startswith("501")
        assert (await client.reply())[0].startswith("421")
        assert await client.at_end()


async def test_no_account_looks_other_than_any(authority: Authority) -> None:
    """Known, unknown, suspended, without keys, from outside its networks: octet for octet, but for nonces and salts."""
    async with running(authority, Throttle(per_source=1000), bilingual=False) as world:
        shapes = set()
        for login in ("noura", "nobody", "gone", "old", "far", "x" * 300):
            salts = set()
            for _ in range(3):
                client, speaker = await greeted(world), ScramSpeaker(login, "wrong")
                challenge = await begun(client, speaker)
                nonce, salt, iterations = challenge.split(b",")
                salts.add(salt)
                ended = await client.ask(b64encode(speaker.final(challenge)).decode())
                shapes.add((len(nonce), len(salt), iterations, *ended))
                await client.close()
            assert len(salts) == 1  # asked again, it is the same
        assert shapes == {(2 + 20 + 24, 2 + 24, b"i=4096", FAILED)}


async def test_failures_are_throttled_with_those_of_passwords(authority: Authority) -> None:
    async with running(authority, Throttle(per_pair=3), bilingual=False) as world:
        for _ in range(3):
            assert await prove(await greeted(world), ScramSpeaker("noura", "wrong")) == [FAILED]
        for words in (b64encode(ScramSpeaker("noura", SECRET).first()).decode(),):
            client = await greeted(world)
            assert (await client.ask(f"AUTH SCRAM-SHA-256 {words}"))[0].startswith(
                "421 4.7.0 [TOO-MANY-ATTEMPTS]"
            )
            assert await client.at_end()
        assert (await prove(await greeted(world), ScramSpeaker("dms", SECRET)))[0].startswith("235")


async def test_a_proof_that_was_overheard_is_worth_nothing(authority: Authority) -> None:
    async with running(authority, bilingual=False) as world:
        client, speaker = await greeted(world), ScramSpeaker("noura", SECRET)
        overheard = speaker.final(await begun(client, speaker))
        assert (await client.ask(b64encode(overheard).decode()))[0].startswith("334 ")
        second = await greeted(world)
        challenge = await begun(second, speaker)
        assert (await second.ask(b64encode(overheard).decode()))[0].startswith("501 5.5.2 The nonce")
        third = await greeted(world)
        nonce = (await begun(third, speaker)).split(b",")[0]
        assert nonce != challenge.split(b",")[0]
        replayed = b"c=biws," + nonce + b"," + overheard.split(b",")[2]
        assert await third.ask(b64encode(replayed).decode()) == [FAILED]


async def test_a_login_that_cannot_be_checked_is_put_off(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(authority) as world:

        async def load(_name: str) -> None:
            raise Unavailable("the database is away")

        monkeypatch.setattr(world.login, "_load", load)
        client = await greeted(world)
        assert (await prove(client, ScramSpeaker("noura", SECRET)))[-1].startswith("454 4.7.0 [UNAVAILABLE] ")
        assert (await client.ask("NOOP"))[0].startswith("250")


async def test_a_client_that_stops_in_the_middle_is_cut_in_time(authority: Authority) -> None:
    async with running(authority, login_seconds=0.3) as world:
        client = await greeted(world)
        await begun(client, ScramSpeaker("noura", SECRET))
        assert (await client.reply())[-1].startswith("421 4.4.2")
        assert await client.at_end()


async def test_secrets_and_proofs_never_reach_a_log(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with running(authority) as world:
        speaker = ScramSpeaker("noura", SECRET)
        client = await greeted(world)
        assert (await prove(client, speaker))[0].startswith("235")
    for word in (SECRET, b64encode(speaker.first()).decode(), speaker.confirmation.decode(), "r=rOpr"):
        assert word not in caplog.text
