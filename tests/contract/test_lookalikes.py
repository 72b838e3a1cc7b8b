"""No two agencies have domains that a reader takes for one another."""

import pytest

from mailstore.database.transaction import Store
from mailstore.directory.directory import add_agency, change_agency, snapshot
from mailstore.faults import Conflict
from policies.addresses.address import parse_domain
from policies.addresses.domain_name import unicode_domain
from policies.people.identity import Agency

ARABIC = "وزارة-الاقتصاد.مثال"


def enrol(store: Store, code: str, domain: str) -> None:
    agency = Agency(code, parse_domain(domain), f"جهة {code}", f"Agency {code}")
    store.write(lambda unit: add_agency(unit, agency))


ALIKE = [
    ("moj.gov.example", "m0j.gov.example"),
    ("moi.gov.example", "moi.g0v.example"),
    ("customs.gov.example", "custorns.gov.example"),
    ("law.gov.example", "lavv.gov.example"),
    ("tl1.gov.example", "tll.gov.example"),
    ("وزارة-الإقتصاد.مثال", ARABIC),
    ("وزارة.مثال", "وزاره.مثال"),
]


def test_a_domain_that_looks_like_an_enrolled_one_is_refused(store: Store) -> None:
    for number, (enrolled, like) in enumerate(ALIKE):
        enrol(store, f"OLD{number}", enrolled)
        with pytest.raises(Conflict) as caught:
            enrol(store, "NEW", like)
        line = str(caught.value)
        for word in (f"of OLD{number}:", shown(enrolled), shown(like)):
            assert word in line
        assert "\n" not in line
    assert len(store.read(snapshot).agencies) == len(ALIKE)


def shown(domain: str) -> str:
    return unicode_domain(parse_domain(domain))


def test_a_suspended_agency_keeps_its_look(store: Store) -> None:
    enrol(store, "OLD", "moj.gov.example")
    store.write(lambda unit: change_agency(unit, "OLD", suspended=True))
    with pytest.raises(Conflict, match="looks like"):  # its letters are still in the mailboxes
        enrol(store, "NEW", "m0j.gov.example")


def test_domains_that_differ_to_the_eye_stand_side_by_side(store: Store) -> None:
    for code, domain in (("MOJ", "moj.gov.example"), ("MOI", "moi.gov.example"), ("ECO", ARABIC)):
        enrol(store, code, domain)
    assert set(store.read(snapshot).agencies) == {"MOJ", "MOI", "ECO"}


def test_the_same_domain_is_named_as_taken(store: Store) -> None:
    enrol(store, "OLD", "moj.gov.example")
    with pytest.raises(Conflict, match="exists already"):
        enrol(store, "NEW", "MOJ.gov.example")
