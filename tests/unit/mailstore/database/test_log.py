"""The tree of RFC 9162 (RFC 6962) by its published vectors, and proofs of every size, without a database."""

import hashlib

import pytest

from mailstore.database.log import (
    EMPTY_ROOT,
    Hash,
    NodeReader,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_from_inclusion,
    subtree_root,
    verify_consistency,
)

# Leaves and roots of the reference implementation of Certificate Transparency.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        *("", "00", "10", "2021", "3031", "40414243"),
        *("5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 40


def reader(leaves: list[Hash]) -> NodeReader:
    """Read complete subtrees of leaf hashes straight from the definition (RFC 9162 section 2.1.1)."""

    def node(level: int, position: int) -> Hash:
        if level == 0:
            return leaves[position]
        return node_hash(node(level - 1, 2 * position), node(level - 1, 2 * position + 1))

    return node


def by_definition(leaves: list[Hash]) -> Hash:
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


TREE = [leaf_hash(b"record %d" % index) for index in range(LARGEST)]
NODE = reader(TREE)
TREE_ROOTS = [by_definition(TREE[:size]) for size in range(LARGEST + 1)]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert subtree_root(NODE, 0, 0) == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("size", "root"), list(enumerate(ROOTS, start=1)))
def test_the_reference_leaves_give_the_reference_roots(size: int, root: str) -> None:
    leaves = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert subtree_root(reader(leaves), 0, size).hex() == root


def test_roots_of_every_size_follow_the_definition() -> None:
    assert [subtree_root(NODE, 0, size) for size in range(LARGEST + 1)] == TREE_ROOTS


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_an_inclusion_proof_of_every_leaf_leads_to_the_root_and_no_other_does(size: int) -> None:
    for index in range(size):
        proof = inclusion_proof(NODE, index, size)
        assert root_from_inclusion(TREE[index], index, size, proof) == TREE_ROOTS[size]
        assert root_from_inclusion(leaf_hash(b"other"), index, size, proof) != TREE_ROOTS[size]
        with pytest.raises(ValueError, match="too long"):
            root_from_inclusion(TREE[index], index, size, [*proof, EMPTY_ROOT])
        if proof:
            with pytest.raises(ValueError, match="too short"):
                root_from_inclusion(TREE[index], index, size, proof[:-1])
            changed = [*proof[:-1], EMPTY_ROOT]
            assert root_from_inclusion(TREE[index], index, size, changed) != TREE_ROOTS[size]


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_a_consistency_proof_holds_from_every_earlier_size_and_for_no_other_tree(size: int) -> None:
    other = TREE_ROOTS[0]
    for old in range(1, size + 1):
        proof = consistency_proof(NODE, old, size)
        assert verify_consistency(old, TREE_ROOTS[old], size, TREE_ROOTS[size], proof)
        assert not verify_consistency(old, other, size, TREE_ROOTS[size], proof)
        assert not verify_consistency(old, TREE_ROOTS[old], size, other, proof)
        assert not verify_consistency(old, TREE_ROOTS[old], size, TREE_ROOTS[size], [*proof, other])
        if proof:
            assert not verify_consistency(old, TREE_ROOTS[old], size, TREE_ROOTS[size], proof[:-1])
            assert not verify_consistency(old, TREE_ROOTS[old], size, TREE_ROOTS[size], [other, *proof[1:]])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (7, 3)])
def test_there_is_no_inclusion_proof_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a log"):
        inclusion_proof(NODE, index, size)
    with pytest.raises(ValueError, match="outside"):
        root_from_inclusion(TREE[0], index, size, [])


@pytest.mark.parametrize(("old", "size"), [(0, 3), (4, 3), (-1, 3)])
def test_there_is_no_consistency_proof_from_a_size_that_is_none(old: int, size: int) -> None:
    with pytest.raises(ValueError, match="before"):
        consistency_proof(NODE, old, size)
    assert not verify_consistency(old, TREE_ROOTS[1], size, TREE_ROOTS[3], [EMPTY_ROOT])
