"""No two agencies have domains that a reader takes for one another."""

import pytest

from mailstore.directory import add_agency, change_agency, snapshot
from mailstore.faults import Conflict
from mailstore.transaction import Store
from policies.address import parse_domain
from policies.domainname import unicode_domain
from policies.identity import Agency

ARABIC = "وزارة-الاقتصاد.مثال"


def enrol(store: Store, code: str, domain: str) -> None:
    agency = Agency(code, parse_domain(domain), f"جهة {code}", f"Agency {code}")
    store.write(lambda unit: add_agency(unit, agency))


@pytest.mark.parametrize(
    ("enrolled", "like"),
    [
        ("moj.gov.example", "m0j.gov.example"),
        ("moi.gov.example", "moi.g0v.example"),
        ("customs.gov.example", "custorns.gov.example"),
        ("law.gov.example", "lavv.gov.example"),
        ("tl1.gov.example", "tll.gov.example"),
        ("وزارة-الإقتصاد.مثال", "وزارة-الاقتصاد.مثال"),
        ("وزارة.مثال", "وزاره.مثال"),
    ],
)
def test_a_domain_that_looks_like_an_enrolled_one_is_refused(store: Store, enrolled: str, like: str) -> None:
    enrol(store, "OLD", enrolled)
    with pytest.raises(Conflict) as caught:
        enrol(store, "NEW", like)
    line = str(caught.value)
    for word in ("OLD", unicode_domain(parse_domain(enrolled)), unicode_domain(parse_domain(like))):
        assert word in line
    assert "\n" not in line
    assert list(store.read(snapshot).agencies) == ["OLD"]
    store.write(lambda unit: change_agency(unit, "OLD", suspended=True))
    with pytest.raises(Conflict):  # its letters are still in the mailboxes
        enrol(store, "NEW", like)


def test_domains_that_differ_to_the_eye_stand_side_by_side(store: Store) -> None:
    for code, domain in (("MOJ", "moj.gov.example"), ("MOI", "moi.gov.example"), ("ECO", ARABIC)):
        enrol(store, code, domain)
    assert set(store.read(snapshot).agencies) == {"MOJ", "MOI", "ECO"}


def test_the_same_domain_is_named_as_taken(store: Store) -> None:
    enrol(store, "OLD", "moj.gov.example")
    with pytest.raises(Conflict, match="exists already"):
        enrol(store, "NEW", "MOJ.gov.example")
