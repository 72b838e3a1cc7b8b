import ssl
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.login.throttle import Throttle
from gateway.runtime.faults import Unavailable
from tests.authority import Authority
from tests.dialogs.smtp.rig import OFFICER, SECRET, SYSTEM, Client, World, plain, running


async def greeted(client: Client) -> list[str]:
    await client.reply()
    return await client.ask("EHLO client.gov.example")


async def external(world: World, certificate: tuple[Path, Path, str], *lines: str) -> list[str]:
    client = await world.connect(certificate)
    assert (await greeted(client))[-1] == "250 AUTH SCRAM-SHA-256 PLAIN LOGIN EXTERNAL"
    heard: list[str] = []
    for line in lines:
        heard += await client.ask(line)
    await client.close()
    return heard


async def test_a_client_certificate_logs_its_system_in(authority: Authority) -> None:
    certificate = authority.issue("dms", client=True)
    async with running(authority, mutual=True) as world:
        world.certificates[certificate[2]] = SYSTEM
        assert await external(world, certificate, "AUTH EXTERNAL =") == [
            "235 2.7.0 Authentication successful"
        ]
        assert await external(world, certificate, "AUTH EXTERNAL ZG1z") == [
            "235 2.7.0 Authentication successful"
        ]
        assert (await external(world, certificate, "AUTH EXTERNAL", ""))[1].startswith("235")
        client = await world.connect(certificate)
        await greeted(client)
        await client.ask("AUTH EXTERNAL =")
        await client.begin()
        assert (await client.ask("."))[0].startswith("250")
    assert world.submitted[0][0].account == replace(SYSTEM, method="certificate")


async def test_a_certificate_does_not_speak_for_another(authority: Authority) -> None:
    certificate = authority.issue("dms", client=True)
    unknown = authority.issue("unknown", client=True)
    async with running(authority, mutual=True) as world:
        world.certificates[certificate[2]] = SYSTEM
        assert (await external(world, certificate, "AUTH EXTERNAL bm91cmE="))[0].startswith("535")
        assert (await external(world, unknown, "AUTH EXTERNAL ="))[0].startswith("535")


@pytest.mark.parametrize(
    "bad", ["other authority", "expired", "not yet valid", "server certificate", "none asked"]
)
async def test_a_bad_client_certificate_is_never_a_login(
    authority: Authority, tmp_path: Path, bad: str
) -> None:
    makers = {
        "other authority": lambda: Authority(tmp_path, "Other CA").issue("dms", client=True),
        "expired": lambda: authority.issue("expired", client=True, days=(-3, -1)),
        "not yet valid": lambda: authority.issue("early", client=True, days=(1, 3)),
        "server certificate": lambda: authority.issue("server-as-client"),
        "none asked": lambda: authority.issue("dms", client=True),
    }
    certificate = makers[bad]()
    async with running(authority, mutual=bad != "none asked") as world:
        world.certificates[certificate[2]] = SYSTEM
        try:
            client = await world.connect(certificate)
            lines = await greeted(client)
        except (ssl.SSLError, ConnectionError):
            lines = []
    assert not any("EXTERNAL" in line for line in lines)
    assert bool(lines) == (bad == "none asked")


async def test_bad_passwords_are_throttled_and_then_let_be(authority: Authority) -> None:
    now = 0.0
    throttle = Throttle(per_pair=3, now=lambda: now)
    async with running(authority, throttle) as world:

        async def attempt(secret: str) -> str:
            client = await world.connect()
            await greeted(client)
            heard = await client.ask(f"AUTH PLAIN {plain('noura', secret)}")
            ended = not heard[0].startswith("421") or await client.at_end()
            await client.close()
            assert ended
            return heard[-1]

        assert {(await attempt(f"wrong{n}"))[:9] for n in range(3)} == {"535 5.7.8"}
        assert (await attempt("wrong")).startswith("421 4.7.0 [TOO-MANY-ATTEMPTS] ")
        assert (await attempt("abcd-efgh-jkmn-pqrs")).startswith("421 4.7.0")
        now = 61.0
        assert (await attempt("abcd-efgh-jkmn-pqrs")).startswith("235")


async def test_a_login_that_cannot_be_checked_is_put_off(
    authority: Authority, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(authority) as world:
        for fault, traceback in ((Unavailable("full"), False), (RuntimeError("no database"), True)):
            caplog.clear()

            async def load(_name: str, fault: Exception = fault) -> None:
                raise fault

            monkeypatch.setattr(world.login, "_load", load)
            client = await world.connect()
            await greeted(client)
            heard = await client.ask(f"AUTH PLAIN {plain('noura')}")
            assert heard[-1].startswith("454 4.7.0 [UNAVAILABLE] ")
            assert sum(record.exc_info is not None for record in caplog.records) == traceback
            assert (await client.ask("NOOP"))[0].startswith("250")
            await client.close()


async def test_sessions_of_one_account_are_limited(authority: Authority) -> None:
    async with running(authority, connections_per_account=2) as world:
        first = await world.logged_in()
        await world.logged_in()
        third = await world.connect()
        await greeted(third)
        assert (await third.ask(f"AUTH PLAIN {plain('noura')}"))[-1].startswith(
            "421 4.7.0 [TOO-MANY-CONNECTIONS]"
        )
        assert await third.at_end()
        await world.logged_in("dms")
        await first.ask("QUIT")
        await first.at_end()
        await world.logged_in()


async def test_secrets_never_reach_a_log(authority: Authority, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with running(authority) as world:
        client = await world.connect()
        await greeted(client)
        await client.ask(f"AUTH PLAIN {plain('noura', 'canary-one')}")
        await client.ask("AUTH LOGIN bm91cmE=")
        await client.ask("Y2FuYXJ5LXR3bw==")
        await client.ask(f"AUTH PLAIN {plain('noura')}")
        await client.begin()
        await client.send(b"Subject: canary-three\r\n\r\ncanary-four\r\n")
        assert (await client.ask("."))[0].startswith("250")
        await client.ask("QUIT")
        await client.at_end()
    assert "smtp.letter" in caplog.text
    for secret in ("canary", plain("noura"), plain("noura", "canary-one"), "Y2FuYXJ5", "abcd-efgh"):
        assert secret not in caplog.text


async def test_the_account_and_its_proof_are_in_the_envelope(authority: Authority) -> None:
    async with running(authority) as world:
        client = await world.started()
        await client.ask(".")
    assert world.submitted[0][0].account == replace(OFFICER, method="password")


@pytest.mark.parametrize(
    "typed", [SECRET, "abcdefghjkmnpqrs", "ABCD-EFGH-JKMN-PQRS", " Abcd efgh jkmn pqrs "]
)
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
async def test_hyphens_blanks_and_case_of_a_typed_password_do_not_count(
    authority: Authority, mechanism: str, typed: str
) -> None:
    async with running(authority) as world:
        client = await world.connect()
        await greeted(client)
        if mechanism == "PLAIN":
            heard = await client.ask(f"AUTH PLAIN {plain('noura', typed)}")
        else:
            await client.ask(f"AUTH LOGIN {b64encode(b'noura').decode()}")
            heard = await client.ask(b64encode(typed.encode()).decode())
        assert heard == ["235 2.7.0 Authentication successful"]
        other = await world.connect()
        await greeted(other)
        assert (await other.ask(f"AUTH PLAIN {plain('noura', typed + 'x')}"))[0].startswith("535")
