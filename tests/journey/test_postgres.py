"""The life of one letter with the instance on PostgreSQL: submitted, read, traced, receipted, and all of it intact."""

import threading
from pathlib import Path

import pytest
from harness import Site, Where, imap, now, send, submission

from tests.journey.audit import assert_intact, every_letter, numbers, records, traced, wait_for_receipts
from tests.postgres import PostgreSQL

SENDER, TO, COPY = "registry@moj.gov.example", "registry@mof.gov.example", "registry@moi.gov.example"
pytestmark = pytest.mark.postgres


@pytest.fixture
def site(postgres: PostgreSQL, tmp_path: Path) -> Site:
    site = Site.create(tmp_path / "home", database=postgres.url(postgres.create()))
    site.officer("clerk.moj", SENDER)
    site.officer("reader.mof", TO)
    site.signer(SENDER)
    return site


def test_a_letters_whole_life(site: Site) -> None:
    octets = site.letter(SENDER, TO, subject="طلب إفادة", cc=(COPY,))
    with site.serving() as where:
        with submission(where, "clerk.moj", site.secrets["clerk.moj"]) as client:
            code, text = send(client, SENDER, (TO, COPY), octets)
            assert code == 250, text
            reference = text.split()[1]
            assert send(client, SENDER, (TO, COPY), octets) == (code, text)
        with imap(where, "reader.mof", site.secrets["reader.mof"]) as inbox:
            inbox.select("INBOX")
            _status, fetched = inbox.fetch("1", "(BODY[])")
        assert fetched[0][1].endswith(octets)
        wait_for_receipts(site)
    found = traced(site, reference)
    assert found["reference"] == f"MOJ/{now().year}/000001"
    assert [(one["duty"], one["status"]) for one in found["recipients"]] == [
        ("action", "SEEN"),
        ("information", "DELIVERED"),
    ]
    assert found["status"] == "SEEN"
    words = [one.event for one in records(site, reference)]
    assert words[:5] == ["ACCEPTED", "DELIVERED", "REGISTERED-IN", "DELIVERED", "REGISTERED-IN"]
    assert words.count("SEEN") == words.count("HANDED-OVER") == 1
    assert words.index("HANDED-OVER") < words.index("SEEN")
    assert words.count("RECEIPT-ISSUED") == 2
    assert_intact(site)
    site.close()


def test_two_nodes_on_one_database_give_no_number_twice(site: Site) -> None:
    """Two gateways of one instance: numbers and log indices are given in commit order, whichever node it was."""
    letters = [site.letter(SENDER, TO, subject=str(number)) for number in range(12)]
    given: list[str] = []
    with site.serving() as one, site.serving() as two:

        def submit(where: Where, mine: list[bytes]) -> None:
            with submission(where, "clerk.moj", site.secrets["clerk.moj"]) as client:
                for octets in mine:
                    code, text = send(client, SENDER, (TO,), octets)
                    assert code == 250, text
                    given.append(text.split()[1])

        threads = [
            threading.Thread(target=submit, args=(where, letters[start::4]))
            for start, where in enumerate((one, two, one, two))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        wait_for_receipts(site)
    assert sorted(given) == [f"MOJ/{now().year}/{number:06d}" for number in range(1, 13)]
    assert numbers(site) == list(range(1, 13))
    assert len(every_letter(site)) == 12
    issued = [one.event for ref in given for one in records(site, ref)].count("RECEIPT-ISSUED")
    assert issued == 12, "each receipt once, whichever node made it"
    assert_intact(site)
    site.close()
