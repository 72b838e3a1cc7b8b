"""Evidence: appended once, read back octet for octet, its hashes in the log as the proofs need them."""

import json
from datetime import timedelta
from functools import partial

import pytest

from mailstore.database import log, schema
from mailstore.database.transaction import Reading, Store, Unit
from mailstore.evidence import records as evidence
from mailstore.evidence.proofs import prove
from mailstore.faults import Conflict, DamagedStore
from policies.evidence import Event, Evidence
from policies.words.reasons import Reason
from tests.contract.sample import ISSUER, accept, enrol, login_of, office_of, opened


def refusal(unit: Unit, number: int) -> Evidence:
    when = unit.now + timedelta(seconds=number)
    return Evidence(
        evidence.new_id(unit), Event.REJECTED, when, unit.now, ISSUER, reason=Reason.SIGNATURE_MISSING
    )


@pytest.fixture
def filled(store: Store) -> Store:
    store.write(enrol)
    return store


def test_records_are_read_back_octet_for_octet_in_log_order(filled: Store) -> None:
    one = filled.write(lambda unit: accept(unit, 1, to=("MOF", "MOI")))
    records = filled.read(lambda connection: evidence.of_letter(connection, one.letter.letter_id))
    assert [record.log_index for record in records] == one.log_indices == [0, 1, 2, 3, 4]
    assert [record.event for record in records] == [
        "ACCEPTED",
        *("DELIVERED", "REGISTERED-IN"),
        *("DELIVERED", "REGISTERED-IN"),
    ]
    for record in records:
        assert json.loads(record.record) == record.members
        again = filled.read(partial(evidence.by_id, evidence_id=record.evidence_id))
        assert again == record
    assert evidence.events_of(records, office_of("MOF")) == ["DELIVERED", "REGISTERED-IN"]
    assert evidence.issuer_of(records[0].members) == ISSUER


def test_an_unknown_id_and_an_unknown_letter_have_no_records(filled: Store) -> None:
    assert filled.read(lambda connection: evidence.by_id(connection, "nothing")) is None
    assert filled.read(lambda connection: evidence.of_letter(connection, "nothing")) == []


def test_the_same_fact_is_kept_once(filled: Store) -> None:
    letter = filled.write(lambda unit: accept(unit, 1)).letter

    def see(unit: Unit) -> bool:
        return bool(evidence.append_missing(unit, [opened(unit, letter, "MOF")]))

    assert [filled.write(see) for _ in range(3)] == [True, False, False]
    found = filled.read(lambda connection: evidence.of_letter(connection, letter.letter_id))
    assert [one.event for one in found].count("SEEN") == 1
    assert filled.write(lambda unit: unit.log_size) == 4


def test_the_same_fact_twice_in_one_unit_is_kept_once(filled: Store) -> None:
    letter = filled.write(lambda unit: accept(unit, 1)).letter

    def see(unit: Unit) -> list[Evidence]:
        events = (Event.SEEN, Event.SEEN, Event.HANDED_OVER)
        facts = [opened(unit, letter, "MOF", event) for event in events]
        return evidence.append_missing(unit, facts)

    assert [one.event for one in filled.write(see)] == [Event.SEEN, Event.HANDED_OVER]
    assert filled.write(see) == []
    assert filled.write(lambda unit: evidence.append_missing(unit, [])) == []
    assert filled.write(lambda unit: evidence.append_all(unit, [])) == []
    assert filled.write(lambda unit: unit.log_size) == 5


def test_appending_what_stands_already_fails_the_unit_and_leaves_no_hole(filled: Store) -> None:
    letter = filled.write(lambda unit: accept(unit, 1)).letter
    filled.write(lambda unit: evidence.append(unit, opened(unit, letter, "MOF")))
    with pytest.raises(Conflict):
        filled.write(lambda unit: evidence.append(unit, opened(unit, letter, "MOF")))
    assert filled.write(lambda unit: evidence.append(unit, refusal(unit, 1))) == 4


def test_an_id_is_never_used_for_another_record(filled: Store) -> None:
    first = filled.write(lambda unit: _append_and_return(unit, refusal(unit, 1)))

    def again(unit: Unit) -> int:
        other = refusal(unit, 2)
        return evidence.append(
            unit, Evidence(first.evidence_id, other.event, other.event_time, unit.now, ISSUER)
        )

    with pytest.raises(Conflict):
        filled.write(again)


def _append_refusal(unit: Unit, number: int) -> int:
    return evidence.append(unit, refusal(unit, number))


def _append_and_return(unit: Unit, fact: Evidence) -> Evidence:
    evidence.append(unit, fact)
    return fact


def test_standing_keys_are_found_among_many(filled: Store) -> None:
    letter = filled.write(lambda unit: accept(unit, 1)).letter
    wanted = f"{letter.letter_id}|{office_of('MOF')}|SEEN|{login_of('MOF')}"
    assert filled.write(lambda unit: opened(unit, letter, "MOF").unique_key) == wanted
    filled.write(lambda unit: evidence.append(unit, opened(unit, letter, "MOF")))
    keys = [f"other-{n}" for n in range(1200)] + [wanted]
    assert filled.read(lambda connection: evidence.standing_keys(connection, keys)) == {wanted}
    assert filled.read(lambda connection: evidence.standing_keys(connection, [])) == set()


def test_refusals_come_newest_first(filled: Store) -> None:
    filled.write(lambda unit: accept(unit, 1))
    for number in range(5):
        filled.write(partial(_append_refusal, number=number))
    found = filled.read(lambda connection: evidence.refusals(connection, 3))
    assert [one.log_index for one in found] == [7, 6, 5]
    assert {one.members["reason"] for one in found} == {"SIGNATURE-MISSING"}


# ── The stored log ────────────────────────────────────────────────────────────────────────────────────────


def test_roots_and_proofs_of_the_stored_log_are_those_of_its_records(filled: Store) -> None:
    records: list[bytes] = []
    for size in (1, 1, 3, 2, 5, 1, 7, 4, 8, 8):  # 40 in groups that start and end anywhere
        facts = filled.write(partial(_append_many, count=size))
        records += [one.canonical() for one in facts]
    leaves = [log.leaf_hash(record) for record in records]

    def check(connection: Reading) -> None:
        def node(level: int, position: int) -> bytes:
            return log.read_node(connection, level, position)

        roots = [log.root(connection, size) for size in range(41)]
        assert roots[0] == log.EMPTY_ROOT
        for index, leaf in enumerate(leaves):
            proof = log.inclusion_proof(node, index, 40)
            assert log.root_from_inclusion(leaf, index, 40, proof) == roots[40]
        for old in range(1, 41):
            proof = log.consistency_proof(node, old, 40)
            assert log.verify_consistency(old, roots[old], 40, roots[40], proof)
        with pytest.raises(DamagedStore):
            log.root(connection, 41)

    filled.read(check)


def _append_many(unit: Unit, count: int) -> list[Evidence]:
    facts = [refusal(unit, n) for n in range(count)]
    evidence.append_all(unit, facts)
    return facts


def test_every_complete_subtree_is_stored_once_however_the_groups_fell(filled: Store) -> None:
    for size in (3, 1, 1, 8, 20):
        filled.write(partial(_append_many, count=size))
    rows = filled.read(lambda connection: connection.execute(schema.log_nodes.select()).all())
    wanted = {(level, position) for level in range(6) for position in range(33 >> level)}
    assert {(row.level, row.position) for row in rows} == wanted
    assert len(rows) == len(wanted)


def test_there_is_no_proof_before_there_is_a_checkpoint(filled: Store) -> None:
    filled.write(lambda unit: _append_many(unit, 3))
    assert filled.read(lambda connection: prove(connection, [0, 1])) is None
