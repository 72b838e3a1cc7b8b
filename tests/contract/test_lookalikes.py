"""No two agencies have domains or names that a reader takes for one another; no officer strays to another agency."""

import pytest

from mailstore.database.transaction import Store
from mailstore.directory.directory import (
    add_agency,
    add_office,
    add_officer,
    change_agency,
    grant,
    revoke_grant,
    snapshot,
)
from mailstore.faults import Conflict
from policies.addresses.address import parse_domain
from policies.addresses.domain_name import unicode_domain
from policies.people.identity import Agency, Grant, Office, Officer, Right

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


@pytest.mark.parametrize(
    ("enrolled", "other", "word"),
    [
        ("moj.gov.example", "courts.moj.gov.example", "below moj.gov.example of OLD"),
        ("moj.gov.example", "a.b.moj.gov.example", "below moj.gov.example of OLD"),
        ("courts.moj.gov.example", "moj.gov.example", "above courts.moj.gov.example of OLD"),
        ("moj.gov.example", "gov.example", "above moj.gov.example of OLD"),
        (ARABIC, f"فرع.{ARABIC}", "below"),
    ],
)
def test_a_domain_above_or_below_another_agency_s_is_refused(
    store: Store, enrolled: str, other: str, word: str
) -> None:
    enrol(store, "OLD", enrolled)
    with pytest.raises(Conflict, match=word) as caught:
        enrol(store, "NEW", other)
    assert "OLD" in caught.value.text_ar
    assert set(store.read(snapshot).agencies) == {"OLD"}


def test_a_domain_that_only_ends_alike_stands_beside(store: Store) -> None:
    enrol(store, "MOJ", "moj.gov.example")
    enrol(store, "NMOJ", "nmoj.gov.example")
    assert len(store.read(snapshot).agencies) == 2


FINANCE = Agency("MOF", "mof.gov.example", "وزارة المالية", "Ministry of Finance")
JUSTICE = Agency("MOJ", "moj.gov.example", "وزارة العدل", "Ministry of Justice")
ALIKE_NAMES = [
    ("وزارة المالية", "Other"),
    ("وزاره الماليه", "Other"),
    ("جهة", "Ministry of Finance"),
    ("جهة", "MINISTRY OF FlNANCE"),
    ("جهة", "Ministry of Finаnce"),  # Cyrillic a
    ("Ministry of Finance", "وزارة المالية"),  # in the other language's place
]


@pytest.mark.parametrize(("name_ar", "name_en"), ALIKE_NAMES)
def test_a_name_that_looks_like_an_agency_s_is_refused_for_all(
    store: Store, name_ar: str, name_en: str
) -> None:
    store.write(lambda unit: add_agency(unit, FINANCE))
    store.write(lambda unit: add_agency(unit, JUSTICE))
    office = Office("new@moj.gov.example", "MOJ", name_ar, name_en)
    person = Officer("new.moj", name_ar, name_en, "كاتب", "Clerk")
    for act in (
        lambda unit: add_agency(unit, Agency("NEW", "new.gov.example", name_ar, name_en)),
        lambda unit: add_office(unit, office),
        lambda unit: add_officer(unit, person, "hash"),
    ):
        with pytest.raises(Conflict, match="looks like the name of agency MOF; choose") as caught:
            store.write(act)
        assert "يشبه اسم الجهة MOF" in caught.value.text_ar
    known = store.read(snapshot)
    assert (len(known.agencies), len(known.offices), len(known.officers)) == (2, 0, 0)


def test_nobody_is_named_like_the_gateway(store: Store) -> None:
    with pytest.raises(Conflict, match="the Murasalat gateway"):
        store.write(lambda unit: add_agency(unit, Agency("NEW", "new.gov.example", "مُراسلات", "New")))


def test_an_office_may_be_named_like_its_own_agency_and_like_other_agencies_offices(store: Store) -> None:
    for agency in (FINANCE, JUSTICE):
        store.write(lambda unit, agency=agency: add_agency(unit, agency))
        for local, ar, en in (("a", agency.name_ar, agency.name_en), ("b", "السجل", "Registry")):
            office = Office(f"{local}@{agency.domain}", agency.code, ar, en)
            store.write(lambda unit, office=office: add_office(unit, office))
    assert len(store.read(snapshot).offices) == 4


def two_agencies(store: Store) -> None:
    for agency in (FINANCE, JUSTICE):
        store.write(lambda unit, agency=agency: add_agency(unit, agency))
        for local in ("registry", "archive"):
            office = Office(f"{local}@{agency.domain}", agency.code, "مكتب", "Office")
            store.write(lambda unit, office=office: add_office(unit, office))


def person(login: str, *offices: str) -> Officer:
    grants = tuple(Grant(one, READ, primary=not at) for at, one in enumerate(offices))
    return Officer(login, "مثال", "Example", "كاتب", "Clerk", grants=grants)


READ = frozenset({Right.READ})
MOJ, MOF = "registry@moj.gov.example", "registry@mof.gov.example"


def test_another_agency_s_office_is_granted_only_when_asked_for(store: Store) -> None:
    two_agencies(store)
    store.write(lambda unit: add_officer(unit, person("a", MOJ), "hash"))
    store.write(lambda unit: grant(unit, "a", Grant("archive@moj.gov.example", READ)))
    with pytest.raises(Conflict, match=r"a is of agency MOJ .* of MOF: .* --across-agencies") as caught:
        store.write(lambda unit: grant(unit, "a", Grant(MOF, READ)))
    assert "--across-agencies" in caught.value.text_ar
    store.write(lambda unit: grant(unit, "a", Grant(MOF, READ), across_agencies=True))
    store.write(lambda unit: grant(unit, "a", Grant("archive@moj.gov.example", READ, primary=True)))
    assert {one.office for one in store.read(snapshot).officers["a"].grants} >= {MOJ, MOF}


def test_who_moves_to_another_agency_gives_up_the_first(store: Store) -> None:
    two_agencies(store)
    store.write(lambda unit: add_officer(unit, person("a", MOJ), "hash"))
    store.write(lambda unit: revoke_grant(unit, "a", MOJ))
    store.write(lambda unit: grant(unit, "a", Grant(MOF, READ, primary=True)))
    with pytest.raises(Conflict, match="a is of agency MOF"):
        store.write(lambda unit: grant(unit, "a", Grant(MOJ, READ)))


def test_a_new_officer_s_login_or_offices_of_two_agencies_need_the_same_word(store: Store) -> None:
    two_agencies(store)
    for one in (person("a@moj.gov.example", MOF), person("b", MOJ, MOF)):
        with pytest.raises(Conflict, match="--across-agencies"):
            store.write(lambda unit, one=one: add_officer(unit, one, "hash"))
        assert one.login not in store.read(snapshot).officers
        store.write(lambda unit, one=one: add_officer(unit, one, "hash", across_agencies=True))
    store.write(lambda unit: add_officer(unit, person("c@moj.gov.example", MOJ), "hash"))
    store.write(lambda unit: add_officer(unit, person("d@elsewhere.example", MOJ), "hash"))
    assert len(store.read(snapshot).officers) == 4
