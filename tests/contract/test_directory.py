"""The directory: read back as one value, every change noticed, every contradiction refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import delete

from mailstore.database import schema
from mailstore.database.transaction import Store, Unit
from mailstore.directory import credentials, directory, keys, systems
from mailstore.faults import Conflict, NotFound, StoreFault
from mailstore.upgrade import initialise
from policies.people.directory import password_credential
from policies.people.identity import Agency, Grant, Office, Officer, Right, System
from policies.signature import EnrolledKey
from tests.contract.sample import READ_SEND, enrol, login_of, office_of

WHEN = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
MOJ, MOF = office_of("MOJ"), office_of("MOF")
KEY = EnrolledKey(MOJ, "openpgp", "A" * 40, b"\x00key\xff", WHEN, WHEN.replace(year=2028))
SYSTEM = System("dms@moj", "MOJ", "نظام", "DMS", (MOJ,), ("10.0.0.0/8", "::1/128"), "c" * 64)


@pytest.fixture
def filled(store: Store) -> Store:
    store.write(enrol)
    return store


def test_an_empty_directory_is_a_value_of_version_zero(store: Store) -> None:
    found = store.read(directory.snapshot)
    assert (found.version, found.agencies, found.offices, found.officers) == (0, {}, {}, {})


def test_what_was_enrolled_is_read_back_equal(filled: Store) -> None:
    filled.write(partial(directory.add_system, system=SYSTEM, password_hash="h"))
    filled.write(partial(keys.enroll_key, key=KEY, fingerprints=["B" * 40], approved_by="chief"))
    filled.write(partial(directory.set_pair, sender="MOJ", recipient="MOI", allowed=False))
    found = filled.read(directory.snapshot)
    assert found.agencies["MOJ"] == Agency("MOJ", "moj.gov.example", "وزارة MOJ", "Ministry MOJ")
    assert found.offices[MOJ] == Office(MOJ, "MOJ", "السجل", "Registry")
    grants = (Grant(MOJ, READ_SEND, primary=True),)
    assert found.officers[login_of("MOJ")] == Officer(
        login_of("MOJ"), "مثال", "Example", "مدير", "Head", grants=grants
    )
    assert found.systems == {"dms@moj": SYSTEM}
    assert found.keys == {MOJ: (KEY,)}
    assert found.fingerprints == {"A" * 40: KEY, "B" * 40: KEY}
    assert found.domains["mof.gov.example"] == "MOF"
    assert [found.pair_allowed("MOJ", "MOI"), found.pair_allowed("MOI", "MOJ")] == [False, True]
    assert found.version == filled.read(directory.version)


def test_a_system_is_given_the_right_to_split_and_it_is_taken_away(filled: Store) -> None:
    filled.write(partial(directory.add_system, system=SYSTEM, password_hash="h"))
    for allowed in (True, False):
        filled.write(partial(systems.change_system, login="dms@moj", split_recipients=allowed))
        found = filled.read(directory.snapshot).systems
        assert found == {"dms@moj": replace(SYSTEM, split_recipients=allowed)}
    for nobody in (login_of("MOJ"), "nobody"):
        with pytest.raises(NotFound):
            filled.write(partial(systems.change_system, login=nobody, split_recipients=True))
    other = replace(SYSTEM, login="other@moj", certificate="", split_recipients=True)
    filled.write(partial(directory.add_system, system=other, password_hash="h"))
    assert filled.read(directory.snapshot).systems["other@moj"] == other


OFFICER = Officer("new@moj", "ن", "N", "م", "P", "en", grants=(Grant(MOJ, READ_SEND, primary=True),))

CHANGES: list[Callable[[Unit], object]] = [
    partial(directory.add_agency, agency=Agency("NEW", "new.gov.example", "جديدة", "New")),
    partial(directory.change_agency, code="MOJ", suspended=True),
    partial(directory.add_office, office=Office("legal@moj.gov.example", "MOJ", "ق", "Legal")),
    partial(directory.add_officer, officer=OFFICER, password_hash="h"),
    partial(directory.add_system, system=SYSTEM, password_hash=""),
    partial(directory.suspend_account, login=login_of("MOJ"), suspended=True),
    partial(
        directory.grant, login=login_of("MOJ"), one=Grant(MOF, frozenset({Right.READ})), across_agencies=True
    ),
    partial(directory.revoke_grant, login=login_of("MOJ"), office=MOJ),
    partial(directory.add_password, login=login_of("MOJ"), password_hash="h2"),
    partial(credentials.set_officer_certificate, login=login_of("MOJ"), sha256="e" * 64),
    partial(directory.set_pair, sender="MOJ", recipient="MOF", allowed=False),
    partial(keys.enroll_key, key=KEY, fingerprints=[]),
]


def test_every_change_raises_the_version(filled: Store) -> None:
    before = filled.read(directory.version)
    for change in CHANGES:
        filled.write(change)
        after = filled.read(directory.version)
        assert after > before, change
        before = after
    filled.write(partial(keys.revoke_key, fingerprint="A" * 40, when=WHEN, reason="lost"))
    assert filled.read(directory.version) > before


UNKNOWN: list[Callable[[Unit], object]] = [
    partial(directory.change_agency, code="XXX", suspended=True),
    partial(directory.add_office, office=Office("a@xxx.example", "XXX", "", "")),
    partial(
        directory.add_officer,
        officer=replace(OFFICER, grants=(Grant("a@xxx", READ_SEND),)),
        password_hash="h",
    ),
    partial(directory.add_system, system=replace(SYSTEM, agency="XXX"), password_hash="h"),
    partial(
        directory.add_system, system=replace(SYSTEM, offices=("absent@moj.gov.example",)), password_hash="h"
    ),
    partial(directory.suspend_account, login="nobody", suspended=True),
    partial(directory.grant, login="nobody", one=Grant(MOJ, READ_SEND)),
    partial(directory.grant, login=login_of("MOJ"), one=Grant("absent@moj", READ_SEND)),
    partial(directory.revoke_grant, login=login_of("MOJ"), office=MOF),
    partial(directory.add_password, login="nobody", password_hash="h"),
    partial(credentials.set_officer_certificate, login="nobody", sha256="e" * 64),
    partial(directory.set_pair, sender="MOJ", recipient="XXX", allowed=True),
    partial(keys.enroll_key, key=replace(KEY, address="absent@moj"), fingerprints=[]),
    partial(keys.revoke_key, fingerprint="F" * 40, when=WHEN, reason=""),
]

TAKEN: list[Callable[[Unit], object]] = [
    partial(directory.add_agency, agency=Agency("MOJ", "other.example", "", "")),
    partial(directory.add_agency, agency=Agency("NEW", "moj.gov.example", "", "")),
    partial(directory.add_office, office=Office(MOJ, "MOJ", "", "")),
    partial(directory.add_office, office=Office("legal@mof.gov.example", "MOJ", "", "")),
    partial(directory.add_officer, officer=replace(OFFICER, login=login_of("MOF")), password_hash="h"),
    partial(directory.add_system, system=replace(SYSTEM, offices=(MOF,)), password_hash="h"),
]


def test_what_is_unknown_is_not_found_and_nothing_changes(filled: Store) -> None:
    before = filled.read(directory.snapshot)
    for act in UNKNOWN:
        with pytest.raises(NotFound):
            filled.write(act)
    assert filled.read(directory.snapshot) == before


def test_what_is_taken_is_a_conflict_and_nothing_changes(filled: Store) -> None:
    before = filled.read(directory.snapshot)
    for act in TAKEN:
        with pytest.raises(Conflict):
            filled.write(act)
    assert filled.read(directory.snapshot) == before


def test_a_certificate_names_one_system(filled: Store) -> None:
    filled.write(partial(directory.add_system, system=SYSTEM, password_hash=""))
    assert filled.read(partial(credentials.login_of_certificate, sha256="c" * 64)) == "dms@moj"
    assert filled.read(partial(credentials.login_of_certificate, sha256="d" * 64)) is None
    with pytest.raises(Conflict):
        filled.write(partial(directory.add_system, system=replace(SYSTEM, login="other"), password_hash=""))
    for login in ("one", "two"):  # many may have none
        filled.write(
            partial(
                directory.add_system, system=replace(SYSTEM, login=login, certificate=""), password_hash="h"
            )
        )


def test_no_key_material_serves_twice(filled: Store) -> None:
    filled.write(partial(keys.enroll_key, key=KEY, fingerprints=["B" * 40]))
    other = replace(KEY, address=MOF, fingerprint="C" * 40)
    for key, subkeys in (
        (KEY, []),
        (other, ["A" * 40]),
        (other, ["B" * 40]),
        (replace(other, fingerprint="B" * 40), []),
    ):
        with pytest.raises(Conflict):
            filled.write(partial(keys.enroll_key, key=key, fingerprints=subkeys))
    filled.write(partial(keys.enroll_key, key=other, fingerprints=["C" * 40, "D" * 40]))
    assert filled.read(directory.snapshot).keys == {MOJ: (KEY,), MOF: (other,)}


def test_a_revoked_key_stays_enrolled_with_the_time_of_its_end(filled: Store) -> None:
    filled.write(partial(keys.enroll_key, key=KEY, fingerprints=[]))
    filled.write(partial(keys.revoke_key, fingerprint="A" * 40, when=WHEN, reason="lost"))
    assert filled.read(directory.snapshot).keys[MOJ][0].revoked == WHEN
    with pytest.raises(Conflict):
        filled.write(partial(keys.enroll_key, key=KEY, fingerprints=[]))


def test_a_grant_replaces_the_one_before_and_the_primary_office_comes_first(filled: Store) -> None:
    login = login_of("MOJ")
    filled.write(
        partial(directory.grant, login=login, one=Grant(MOF, frozenset({Right.READ})), across_agencies=True)
    )
    filled.write(
        partial(directory.grant, login=login, one=Grant(MOJ, frozenset({Right.REFER}), primary=True))
    )
    grants = filled.read(directory.snapshot).officers[login].grants
    assert grants == (Grant(MOJ, frozenset({Right.REFER}), primary=True), Grant(MOF, frozenset({Right.READ})))
    filled.write(partial(directory.revoke_grant, login=login, office=MOJ))
    assert filled.read(directory.snapshot).officers[login].grants == grants[1:]


def test_passwords_are_listed_newest_first_until_replaced(filled: Store) -> None:
    def live(login: str) -> list[tuple[str, str]]:
        kept = filled.read(partial(credentials.live_passwords, login=login))
        named = filled.read(directory.snapshot).passwords.get(login, frozenset())
        assert named == {password_credential(one.number) for one in kept}  # the snapshot knows the same ones
        return [(one.hash, one.scram) for one in kept]

    login = login_of("MOJ")
    filled.write(partial(directory.add_password, login=login, password_hash="second", scram="keys"))
    assert live(login) == [("second", "keys"), ("hash-of-MOJ", "")]
    filled.write(partial(directory.add_password, login=login, password_hash="third", replace=True))
    assert live(login) == [("third", "")]
    assert live("nobody") == []
    filled.write(partial(directory.add_officer, officer=OFFICER, password_hash="h", scram="first"))
    filled.write(partial(directory.add_system, system=SYSTEM, password_hash="h", scram="other"))
    assert live(OFFICER.login) == [("h", "first")]
    assert live(SYSTEM.login) == [("h", "other")]


def test_an_officers_certificate_is_set_replaced_and_taken_away(filled: Store) -> None:
    login, act = login_of("MOJ"), credentials.set_officer_certificate
    for sha256, holder in (("e" * 64, login), ("e" * 64, login), ("f" * 64, login), ("", None)):
        filled.write(partial(act, login=login, sha256=sha256))
        assert filled.read(directory.snapshot).officers[login].certificate == sha256
        assert filled.read(partial(credentials.login_of_certificate, sha256=sha256 or "f" * 64)) == holder
    assert filled.read(partial(credentials.login_of_certificate, sha256="e" * 64)) is None
    filled.write(partial(act, login=login_of("MOF"), sha256=""))  # nobody has none of them twice


def test_a_certificate_is_one_accounts_and_a_systems_is_not_the_officers_command(filled: Store) -> None:
    act = credentials.set_officer_certificate
    filled.write(partial(directory.add_system, system=SYSTEM, password_hash=""))
    filled.write(partial(act, login=login_of("MOF"), sha256="e" * 64))
    for taken in (SYSTEM.certificate, "e" * 64):
        with pytest.raises(Conflict):
            filled.write(partial(act, login=login_of("MOJ"), sha256=taken))
    with pytest.raises(NotFound):
        filled.write(partial(act, login=SYSTEM.login, sha256="f" * 64))
    assert filled.read(partial(credentials.login_of_certificate, sha256=SYSTEM.certificate)) == SYSTEM.login


def test_the_key_of_the_salts_is_the_instances_and_stays(store: Store, database: str) -> None:
    found = store.read(credentials.salt_key)
    assert len(found) == 32
    initialise(database, "log.gov.example/test")
    assert store.read(credentials.salt_key) == found


def test_a_database_without_the_key_of_the_salts_says_so(store: Store) -> None:
    store.write(lambda unit: unit.connection.execute(delete(schema.instance)))
    with pytest.raises(StoreFault, match="murasalat init"):
        store.read(credentials.salt_key)


def test_an_agencys_own_policy_is_kept_and_changed_piece_by_piece(filled: Store) -> None:
    new = Agency(
        "NEW",
        "new.gov.example",
        "جديدة",
        "New",
        header_protection="warn, openpgp: enforce",
        allow_repeats=True,
    )
    filled.write(partial(directory.add_agency, agency=new))
    assert filled.read(directory.snapshot).agencies["NEW"] == new
    filled.write(partial(directory.change_agency, code="NEW", header_protection=""))
    assert filled.read(directory.snapshot).agencies["NEW"] == replace(new, header_protection="")
    filled.write(partial(directory.change_agency, code="NEW", allow_repeats=False, header_protection="off"))
    found = filled.read(directory.snapshot).agencies
    assert found["NEW"] == replace(new, header_protection="off", allow_repeats=False)
    assert (found["MOJ"].header_protection, found["MOJ"].allow_repeats) == ("", False)


def test_agencies_and_accounts_are_suspended_and_restored(filled: Store) -> None:
    login = login_of("MOJ")
    filled.write(partial(directory.suspend_account, login=login, suspended=True))
    filled.write(partial(directory.change_agency, code="MOJ", suspended=True, allow_unsigned_systems=True))
    found = filled.read(directory.snapshot)
    assert found.officers[login].suspended
    assert (found.agencies["MOJ"].suspended, found.agencies["MOJ"].allow_unsigned_systems) == (True, True)
    filled.write(partial(directory.suspend_account, login=login, suspended=False))
    filled.write(partial(directory.change_agency, code="MOJ", suspended=False))
    found = filled.read(directory.snapshot)
    assert not found.officers[login].suspended
    assert (found.agencies["MOJ"].suspended, found.agencies["MOJ"].allow_unsigned_systems) == (False, True)
