"""What a case reads out of its header and directory: values, and nothing where they are not clear."""

import pytest

from policies.words.structure import Kind
from tests.unit.policies.factories import (
    MOF,
    MOI,
    MOJ,
    case,
    clerk,
    directory,
    envelope,
    header,
    program,
    structure,
    unsigned,
)


@pytest.mark.parametrize(
    ("froms", "office"),
    [
        ((), ""),
        ((b"Registry <REGISTRY@moj.gov.example>",), MOJ),
        ((MOJ.encode(), MOJ.encode()), ""),
        ((b"not an address",), ""),
        ((b"a@moj.gov.example, b@moj.gov.example",), ""),
    ],
)
def test_the_sender_office_is_the_sole_clear_from(froms: tuple[bytes, ...], office: str) -> None:
    assert case(header=header(froms=froms)).sender_office == office


def test_the_named_are_canonical_and_in_order() -> None:
    found = header(
        tos=(b"B <Registry@MOF.gov.example>, registry@moi.gov.example",), ccs=(MOJ.encode(),)
    ).named()
    assert found == ((MOF, MOI), (MOJ,))
    assert header(tos=(), ccs=()).named() == ((), ())
    assert header(tos=(b"group: a@b.example;",)).named() is None
    assert header(ccs=(b"a@b.example <c@d.example>",)).named() is None


def test_the_gateway_seals_for_an_allowed_system_alone() -> None:
    assert unsigned().sealed_for_system
    assert not unsigned(directory=directory(unsigned=False)).sealed_for_system
    assert not unsigned(envelope=envelope(account=clerk(MOJ))).sealed_for_system
    assert not unsigned(envelope=envelope(account=program(agency="NONE"))).sealed_for_system
    assert not unsigned(structure=structure()).sealed_for_system


@pytest.mark.parametrize("kind", Kind)
def test_the_gateway_seals_only_where_nothing_of_the_letter_itself_is_signed(kind: Kind) -> None:
    nothing = kind in {Kind.UNSIGNED, Kind.ATTACHED_SIGNED}
    assert unsigned(structure=structure(kind)).sealed_for_system is nothing


def test_a_case_cannot_change() -> None:
    with pytest.raises(AttributeError):
        case().size = 1  # type: ignore[misc]
    assert case() == case()
