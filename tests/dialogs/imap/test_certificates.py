"""AUTHENTICATE EXTERNAL: an officer logs in by the TLS client certificate that was enrolled, and by no other."""

import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from mailstore.directory import credentials, directory
from policies.people.identity import System
from tests.authority import Authority
from tests.dialogs.imap.rig import MINISTER, MOF, MOJ, SECRET, Client, World, running

WRONG = "NO [AUTHENTICATIONFAILED] The login or the password is wrong"
Certificate = tuple[Path, Path, str]


@pytest.fixture
async def mutual(authority: Authority, bare_store: Path, tmp_path: Path) -> AsyncIterator[World]:
    """A service that asks for certificates."""
    async with running(authority, bare_store, tmp_path, mutual=True) as found:
        yield found


@pytest.fixture
def certificate(authority: Authority, mutual: World) -> Certificate:
    """Noura's."""
    issued = authority.issue("noura", client=True)
    enrol(mutual, issued[2])
    return issued


def enrol(world: World, sha256: str, login: str = "noura") -> None:
    world.store.write(partial(credentials.set_officer_certificate, login=login, sha256=sha256))


async def greeted(world: World, certificate: Certificate | None = None) -> Client:
    client = await world.connect(certificate)
    greeting = (await client.line()).decode()
    assert ("AUTH=EXTERNAL" in greeting) == (certificate is not None)
    assert ("AUTH=EXTERNAL" in (await client.ok("CAPABILITY"))[0]) == (certificate is not None)
    assert "AUTH=PLAIN" in greeting  # who has a certificate may also use a password
    return client


@pytest.mark.parametrize("words", ["EXTERNAL =", "EXTERNAL bm91cmE=", "external bm91cmE="])
async def test_an_officer_gets_in_by_certificate(mutual: World, certificate: Certificate, words: str) -> None:
    (placed,) = mutual.letters(1)
    client = await greeted(mutual, certificate)
    assert (await client.ask(f"AUTHENTICATE {words}"))[-1].startswith("OK [CAPABILITY IMAP4rev1 ")
    assert "AUTH=" not in (await client.ok("CAPABILITY"))[0]
    await client.ok("SELECT INBOX")
    await client.ok("FETCH 1 BODY[TEXT]")
    assert mutual.methods(placed.letter) == {("noura", "certificate")}


async def test_the_identity_may_be_asked_for(mutual: World, certificate: Certificate) -> None:
    client = await greeted(mutual, certificate)
    await client.send(b"a AUTHENTICATE EXTERNAL\r\n")
    assert await client.line() == b"+ "
    await client.send(b"\r\n")
    assert (await client.until("a"))[-1].startswith("OK")


@pytest.mark.parametrize("identity", [MINISTER, MINISTER.upper(), f"noura*{MINISTER}"])
async def test_one_office_is_opened_as_with_plain(
    mutual: World, certificate: Certificate, identity: str
) -> None:
    client = await greeted(mutual, certificate)
    await client.ok(f"AUTHENTICATE EXTERNAL {encoded(identity)}")
    assert await client.ok("NAMESPACE") == ['* NAMESPACE (("" "/")) NIL NIL']


def encoded(identity: str) -> str:
    return b64encode(identity.encode()).decode()


@pytest.mark.parametrize("identity", ["salem", MOJ, f"salem*{MOF}", f"noura*{MOJ}", "nobody@x.example"])
async def test_a_certificate_speaks_for_nobody_else(
    mutual: World, certificate: Certificate, identity: str
) -> None:
    client = await greeted(mutual, certificate)
    assert await client.ask(f"AUTHENTICATE EXTERNAL {encoded(identity)}") == [WRONG]


async def test_what_is_no_identity_is_a_wrong_command(mutual: World, certificate: Certificate) -> None:
    client = await greeted(mutual, certificate)
    assert await client.ask("AUTHENTICATE EXTERNAL /w==") == ["BAD Not UTF-8"]


async def test_without_a_certificate_it_is_not_offered_and_not_heard(mutual: World) -> None:
    client = await greeted(mutual)
    for words in ("EXTERNAL =", "EXTERNAL bm91cmE=", "EXTERNAL"):
        assert await client.ask(f"AUTHENTICATE {words}") == ["BAD That mechanism is not offered"]
    assert (await client.ask(f"LOGIN noura {SECRET}"))[-1].startswith("OK")


async def test_one_that_asks_for_none_gets_none(world: World, authority: Authority) -> None:
    issued = authority.issue("unasked", client=True)
    enrol(world, issued[2])
    client = await world.connect(issued)
    assert b"EXTERNAL" not in await client.line()
    assert await client.ask("AUTHENTICATE EXTERNAL =") == ["BAD That mechanism is not offered"]


async def test_a_password_is_as_good_with_a_certificate_of_another(
    mutual: World, certificate: Certificate
) -> None:
    client = await greeted(mutual, certificate)
    assert (await client.ask(f"LOGIN salem {SECRET}"))[-1].startswith("OK")
    assert (await client.ok("GETACL Archive"))[0].split()[3] == "salem"


@pytest.mark.parametrize("how", ["revoked", "replaced", "suspended", "of nobody", "of a system"])
async def test_what_is_withdrawn_is_felt_at_the_next_login(
    mutual: World, certificate: Certificate, authority: Authority, how: str
) -> None:
    shown, said = certificate, WRONG
    if how == "revoked":
        enrol(mutual, "")
    elif how == "replaced":
        enrol(mutual, "e" * 64)
    elif how == "suspended":
        mutual.store.write(partial(directory.suspend_account, login="noura", suspended=True))
    elif how == "of nobody":
        shown = authority.issue("nobody", client=True)
    else:
        shown = authority.issue("dms2", client=True)
        system = System("dms2", "MOJ", "ن", "D", (MOJ,), ("127.0.0.0/8",), shown[2])
        mutual.store.write(partial(directory.add_system, system=system, password_hash=""))
        said = "NO [AUTHENTICATIONFAILED] This account is a system: systems send and never read"
    client = await greeted(mutual, shown)
    assert await client.ask("AUTHENTICATE EXTERNAL =") == [said]
    assert await client.ask("SELECT INBOX") == ["BAD Not in the state not authenticated"]


@pytest.mark.parametrize("bad", ["other authority", "expired", "not yet valid", "server certificate"])
async def test_a_bad_certificate_ends_the_handshake(
    mutual: World, authority: Authority, tmp_path: Path, bad: str
) -> None:
    makers = {
        "other authority": lambda: Authority(tmp_path, "Other CA").issue("noura", client=True),
        "expired": lambda: authority.issue("expired", client=True, days=(-3, -1)),
        "not yet valid": lambda: authority.issue("early", client=True, days=(1, 3)),
        "server certificate": lambda: authority.issue("server-as-client"),
    }
    issued = makers[bad]()
    enrol(mutual, issued[2])
    try:
        client = await mutual.connect(issued)
        heard = await client.line()
    except (ssl.SSLError, ConnectionError):
        heard = b""
    assert heard == b""
