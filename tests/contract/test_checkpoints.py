"""Checkpoints: due when the log grew, of committed sizes alone, signed notes that a verifier can read."""

from functools import partial

import pytest

from gateway.signatures.notes import LogSigner, verify_note
from mailstore.database import log
from mailstore.database.transaction import Store, Unit
from mailstore.evidence import checkpoints
from mailstore.evidence.checkpoints import body, covering, every, latest, read_body, sign_due
from mailstore.evidence.proofs import prove
from tests.contract.conftest import ORIGIN, Clock
from tests.contract.sample import accept, enrol


def sign(store: Store, signer: LogSigner) -> bool:
    return store.write(lambda unit: sign_due(unit, lambda text: signer.note(ORIGIN, text), ORIGIN))


def test_an_empty_log_has_no_checkpoint(store: Store, signer: LogSigner) -> None:
    assert not sign(store, signer)
    assert store.read(latest) is None
    assert store.read(every) == []
    assert store.read(lambda connection: covering(connection, 0)) is None


def test_a_checkpoint_is_signed_when_the_log_grew_and_only_then(
    store: Store, signer: LogSigner, clock: Clock
) -> None:
    store.write(enrol)
    store.write(lambda unit: accept(unit, 1))
    assert [sign(store, signer), sign(store, signer)] == [True, False]
    clock.advance(30)
    store.write(lambda unit: accept(unit, 2))
    assert sign(store, signer)
    found = store.read(every)
    assert [one.size for one in found] == [3, 6]
    assert [one.signed_at for one in found] == ["2026-11-23T10:00:00.123Z", "2026-11-23T10:00:30.123Z"]
    assert store.read(latest) == found[-1]
    for one in found:
        root = store.read(partial(log.root, size=one.size))
        assert one.root == root.hex()
        assert verify_note(one.note, ORIGIN, signer.public) == body(ORIGIN, one.size, root)


def test_a_checkpoint_covers_what_was_committed_before_its_own_transaction(
    store: Store, signer: LogSigner
) -> None:
    store.write(enrol)
    store.write(lambda unit: accept(unit, 1))

    def both(unit: Unit) -> bool:
        accept(unit, 2)
        return sign_due(unit, lambda text: signer.note(ORIGIN, text), ORIGIN)

    assert store.write(both)
    newest = store.read(latest)
    assert newest is not None
    assert newest.size == 3
    assert sign(store, signer)
    assert [one.size for one in store.read(every)] == [3, 6]


def test_a_signer_that_fails_leaves_nothing(store: Store) -> None:
    store.write(enrol)
    store.write(lambda unit: accept(unit, 1))

    def broken(_: str) -> str:
        raise OSError("the key is away")

    with pytest.raises(OSError, match="away"):
        store.write(lambda unit: sign_due(unit, broken, ORIGIN))
    assert store.read(latest) is None


def test_the_oldest_checkpoint_that_covers_a_record_is_found(store: Store, signer: LogSigner) -> None:
    store.write(enrol)
    for number in range(3):
        store.write(partial(accept, number=number))
        sign(store, signer)
    found = [store.read(partial(covering, log_index=index)) for index in (0, 2, 3, 8, 9)]
    assert [one.size if one else None for one in found] == [3, 3, 6, 9, None]


def test_records_are_proved_against_the_newest_checkpoint(store: Store, signer: LogSigner) -> None:
    store.write(enrol)
    for number in range(3):
        store.write(partial(accept, number=number))
        sign(store, signer)
    store.write(lambda unit: accept(unit, 3))
    proof = store.read(lambda connection: prove(connection, [0, 8]))
    assert proof is not None
    assert proof.size == 9
    root = store.read(lambda connection: log.root(connection, 9))
    for index, path in proof.paths.items():
        leaf = store.read(partial(log.read_node, level=0, position=index))
        assert log.root_from_inclusion(leaf, index, 9, path) == root
    assert store.read(lambda connection: prove(connection, [0, 9])) is None


def test_a_body_reads_back() -> None:
    root = bytes(range(32))
    text = "log.gov.example/test\n17\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    assert body(ORIGIN, 17, root) == text
    assert read_body(text) == (ORIGIN, 17, root)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        "\n17\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "origin\n017\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "origin\n-1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "origin\n١٧\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        "origin\n17\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
        "origin\n17\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n",
        "origin\n17\nAAEC\n",
        "origin\n17\n!!!!\n",
        "origin\n17\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "origin\n17\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nextension\n",
    ],
)
def test_what_is_no_body_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"checkpoint|size|root"):
        checkpoints.read_body(text)
