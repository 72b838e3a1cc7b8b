"""The connection is cut between the dot and the 250; the client tries again: exactly one number for each letter.

The short form runs with the suite. `--long -o timeout=600`: 1,000 letters and 1,500 lost replies on each database.
"""

import re
import smtplib
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Site, now, send, submission

from tests.journey.audit import assert_intact, every_letter, refusals
from tests.journey.cut import Cut

SENDER, TO = "registry@moj.gov.example", "registry@mof.gov.example"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Site]:
    if request.param == "sqlite":
        return lambda: request.getfixturevalue("site")
    server = request.getfixturevalue("postgres")
    return lambda: Site.create(tmp_path / "home", database=server.url(server.create()))


def lose_the_reply(cut: Cut, login: str, secret: str, octets: bytes, *, wait: bool) -> None:
    """Send a letter to its last octet and hear nothing."""
    client = submission(cut.where, login, secret)
    assert client.mail(SENDER)[0] == client.rcpt(TO)[0] == 250
    assert client.docmd("DATA")[0] == 354
    cut.arm(wait=wait)
    client.send(re.sub(rb"(?m)^\.", b"..", octets) + b".\r\n")
    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        client.getreply()
    client.close()


def test_a_lost_reply_never_makes_a_second_number(
    made: Callable[[], Site], request: pytest.FixtureRequest
) -> None:
    count = 1000 if request.config.getoption("--long") else 12
    site = made()
    login = site.officer("clerk.moj", SENDER)
    secret = site.secrets[login]
    site.signer(SENDER)
    given: list[str] = []
    with site.serving() as where, Cut(where) as cut:
        for number in range(count):
            octets = site.letter(SENDER, TO, subject=f"خطاب {number}")
            for _again in range(1 + number % 2):
                lose_the_reply(cut, login, secret, octets, wait=number % 4 < 2)
            with submission(where, login, secret) as client:
                code, text = send(client, SENDER, (TO,), octets)
            assert code == 250, text
            given.append(text.split()[1])
        assert cut.lost == count + count // 2
    assert given == [f"MOJ/{now().year}/{number:06d}" for number in range(1, count + 1)]
    assert [one.reference for one in every_letter(site)] == given
    assert refusals(site) == []
    assert_intact(site)
    site.close()
