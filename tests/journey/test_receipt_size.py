"""A receipt for a letter of 1 KB to one office keeps to 8 KB, with names as long as real ones."""

import pytest
from harness import EVERYTHING, Site, imap, now, submission

from gateway.login.passwords import generate_secret, hash_secret, scram_keys
from gateway.mime.writing import text_entity, words
from gateway.signatures.sealed import sealed
from mailstore.directory import directory
from policies.people.identity import Grant, Officer
from tests.journey.audit import wait_for_receipts

SENDER, TO = (
    "registry@cm.gov.example",
    "registry@motc.gov.example",
)  # the longest names of agencies in the sample
LIMIT = 8192
LONG_ID = "<0f9f65ab-dc7b-4146-850f-001796069277@workstation-17.registry.cm.gov.example>"


def person(site: Site, login: str, office: str) -> None:
    secret = site.secrets[login] = generate_secret()
    officer = Officer(
        login,
        "عبدالرحمن بن محمد الأنصاري",
        "Abdulrahman bin Mohammed Al-Ansari",
        "رئيس قسم السجل العام",
        "Head of the General Registry",
        grants=(Grant(office, EVERYTHING, primary=True),),
    )
    hashed = hash_secret(secret)
    site.change(lambda unit: directory.add_officer(unit, officer, hashed, scram_keys(unit, login, secret)))


def letter(site: Site) -> bytes:
    fields = [
        ("From", f"<{SENDER}>"),
        ("To", f"<{TO}>"),
        ("Subject", words("كتاب رسمي بشأن الموازنة العامة")),
        ("Date", f"{now():%a, %d %b %Y %H:%M:%S} +0000"),
        ("Message-ID", LONG_ID),
    ]
    kind = ("Content-Type", 'text/plain; charset="utf-8"; protected-headers="v1"; hp="clear"')
    return sealed(
        fields, text_entity((kind, *fields), b"text " * 4 + b"\r\n"), "size", site.signer(SENDER).sign
    )


@pytest.mark.parametrize("dsn", [[], ["RET=FULL", "ENVID=QQ314159265358979323846"]], ids=["plain", "dsn"])
def test_dispatch_and_opened_receipts_keep_to_eight_kilobytes(site: Site, dsn: list[str]) -> None:
    person(site, "a.alansari", SENDER)
    person(site, "b.alansari", TO)
    octets = letter(site)
    assert 1024 <= len(octets) <= 2048
    with site.serving() as where:
        with submission(where, "a.alansari", site.secrets["a.alansari"]) as client:
            client.mail(SENDER, dsn)
            client.rcpt(TO, [f"ORCPT=rfc822;{TO}", "NOTIFY=SUCCESS,FAILURE"] if dsn else [])
            code, text = client.data(octets)
        assert code == 250, text
        with imap(where, "b.alansari", site.secrets["b.alansari"]) as client:
            client.select("INBOX")
            client.fetch("1", "(BODY[])")
        wait_for_receipts(site)
        with imap(where, "a.alansari", site.secrets["a.alansari"]) as client:
            client.select("Receipts")
            receipts = [client.fetch(number, "(BODY.PEEK[])")[1][0] for number in ("1", "2")]
    sizes = {}
    for found in receipts:
        assert isinstance(found, tuple)
        kind = "opened" if b"\nMurasalat-Receipt: opened" in found[1] else "dispatch"
        sizes[kind] = len(found[1])
    print(sizes)
    assert sizes.keys() == {"dispatch", "opened"}
    assert max(sizes.values()) <= LIMIT, sizes
