"""Take a letter's original octets out of the store; the act is evidence in the same transaction."""

import os
import pwd

from mailstore.database.transaction import Unit
from mailstore.evidence import records
from mailstore.faults import NotFound
from mailstore.letters import letters
from mailstore.letters.letters import Letter
from mailstore.octets import messages
from policies.evidence import Actor, Event, Evidence, Issuer, Party
from policies.reference import parse as parse_reference


def operator() -> Actor:
    """Return the person at the command line, as the operating system names the account; the environment may lie."""
    try:
        login = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        login = f"uid {os.getuid()}"
    return Actor(login, login, login, kind="operator", method="command line")


def export(unit: Unit, issuer: Issuer, word: str, reason: str) -> tuple[Letter, bytes]:
    """Return a letter with its octets, and record EXPORTED. Raises NotFound."""
    wanted = parse_reference(word)
    found = letters.find(unit.connection, str(wanted) if wanted else word)
    if not found:
        raise NotFound(f"no letter {word}", f"لا يوجد خطاب {word}")
    if len(found) > 1:
        raise NotFound(f"{word} names several letters", f"{word} يدل على عدة خطابات")
    letter = found[0]
    fact = Evidence(
        records.new_id(unit),
        Event.EXPORTED,
        unit.now,
        unit.now,
        issuer,
        letter.letter_id,
        Party(letter.sender_agency, letter.sender_office),
        actor=operator(),
        sha256=letter.sha256,
        reference=letter.reference,
        detail={"why": reason[:500]},
    )
    records.append(unit, fact)
    return letter, messages.octets(unit.connection, letter.sha256)
