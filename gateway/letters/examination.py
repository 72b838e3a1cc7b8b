"""Examine one submission: read its structure, gather the engines' facts, and let the rules decide.

The same examination serves intake and `policy test`; it has no side effect.
"""

import hashlib
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from gateway.letters.declared import declared_by, header_of
from gateway.mime.content import limit_problem, problems
from gateway.mime.limits import MimeLimitExceeded
from gateway.mime.part import Part, walk
from gateway.mime.tree import parse
from gateway.runtime.faults import Unavailable
from gateway.signatures.mime import (
    Detached,
    compare_protected,
    covered_fields,
    find_detached,
    protected_header,
)
from gateway.signatures.openpgp.batches import Answer, GnupgBatches
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from gateway.signatures.verify import (
    facts_of,
    first_opinion,
    issuer_of,
    replay_key,
    second_opinion,
    unusable,
)
from policies.case import Case, Header
from policies.envelope import Envelope
from policies.letter import Declared, SignatureRecord
from policies.people.directory import Directory
from policies.rules.order import ENVELOPE_RULES, SIGNATURE_RULES, decide, explain
from policies.settings import PolicySettings
from policies.signature import EnrolledKey, Finding, SignatureFacts
from policies.structure import Problem, StructureFacts
from policies.verdict import Refused, Verdict

NOTHING_DECLARED = Declared("", "", None)
UNSIGNED = SignatureRecord("sealed", "", headers_protected=False, engines=())
MOST_PARTS = 100  # leaf parts whose digests are recorded


@dataclass(frozen=True, slots=True)
class Examination:
    """A submission with everything read from it, and the verdict.

    `root` is None when the structure could not be read within its limits. `signature` is the record of the signature
    found good, or of the gateway's seal for a system; `parts` the SHA-256 of each leaf part's octets as they stand in
    the letter, in order, the first hundred. Both are filled for an accepted letter alone: whatever is hashed of a
    letter is hashed here, and nothing in the writer's transaction.
    """

    case: Case
    verdict: Verdict
    octets: bytes
    sha256: str
    root: Part | None
    declared: Declared
    signature: SignatureRecord
    parts: tuple[str, ...] = ()

    def explained(self) -> list[tuple[str, Verdict]]:
        """Return every rule with its verdict; the signature's rules only when their facts were gathered."""
        rules = ENVELOPE_RULES + (SIGNATURE_RULES if self.case.facts else ())
        return list(explain(self.case, rules))


@dataclass(frozen=True, slots=True)
class Reading:
    """A submission as far as it is known before the second engine has answered.

    `first` are the first engine's facts: None when the rules refused before it was asked, or where the gateway seals.
    """

    case: Case
    verdict: Verdict
    octets: bytes
    sha256: str
    root: Part | None
    declared: Declared
    detached: Detached | None = None
    first: SignatureFacts | None = None

    def ask(self, gnupg: GnupgBatches) -> Answer | None:
        """Ask the second engine without waiting; None when there is nothing to ask."""
        if self.first is None or self.detached is None or self.case.signer is None:
            return None
        return second_opinion(self.detached, self.octets, self.case.signer, self.first, gnupg)

    def judged(self, second: SignatureFacts | None) -> Examination:
        """Return the examination with both engines' facts. Blocking: hashes the letter.

        Raises Unavailable when an engine itself failed: that is no verdict.
        """
        case, verdict = self.case, self.verdict
        if not isinstance(verdict, Refused):
            if self.first is not None and second is not None:
                case = replace(case, facts=_both(self.first, second))
            verdict = decide(case, SIGNATURE_RULES)
        refused = isinstance(verdict, Refused) or self.root is None
        signature = UNSIGNED if refused else _signature(case, self.octets, self.sha256, self.detached)
        parts = () if refused or self.root is None else _parts(self.root, self.octets)
        return Examination(
            case, verdict, self.octets, self.sha256, self.root, self.declared, signature, parts
        )


def read(
    envelope: Envelope, octets: bytes, directory: Directory, settings: PolicySettings, *, gateway: str = ""
) -> Reading:
    """Read a submission, apply the rules that need no signature, and ask the first engine. Blocking.

    `gateway` is our name in Authentication-Results. Raises nothing for any octets.
    """
    sha256 = hashlib.sha256(octets).hexdigest()
    try:
        root = parse(octets)
    except MimeLimitExceeded as exceeded:
        unread = StructureFacts(problems=(limit_problem(exceeded),))
        case = Case(envelope, Header(()), len(octets), directory, settings, structure=unread)
        return Reading(case, decide(case, ENVELOPE_RULES), octets, sha256, None, NOTHING_DECLARED)
    declared = declared_by(root, octets)
    case, detached = _read(envelope, octets, root, declared, directory, settings)
    case = replace(case, gateway=gateway)
    verdict = decide(case, ENVELOPE_RULES)
    first = None
    if not isinstance(verdict, Refused) and detached is not None and case.signer is not None:
        first = first_opinion(detached, octets, case.signer)
    return Reading(case, verdict, octets, sha256, root, declared, detached, first)


def examine(
    envelope: Envelope,
    octets: bytes,
    directory: Directory,
    settings: PolicySettings,
    gnupg: GnupgVerifier,
    *,
    gateway: str = "",
) -> Examination:
    """Examine a submission from end to end. Blocking: both engines run here.

    Raises nothing for any octets, only Unavailable when an engine itself failed: that is no verdict.
    """
    reading = read(envelope, octets, directory, settings, gateway=gateway)
    second = None
    if reading.first is not None and reading.detached is not None and reading.case.signer is not None:
        _, second = facts_of(reading.detached, octets, reading.case.signer, gnupg)
    return reading.judged(second)


def _both(*facts: SignatureFacts) -> tuple[SignatureFacts, ...]:
    failed = [fact.engine for fact in facts if fact.finding is Finding.ERROR]
    if failed:
        raise Unavailable(f"verification engine failed: {', '.join(failed)}")
    return facts


def _signature(case: Case, octets: bytes, sha256: str, detached: Detached | None) -> SignatureRecord:
    if detached is None:
        return replace(UNSIGNED, signed_sha256=sha256)
    first, last = detached.signed
    good = case.facts[0]
    return SignatureRecord(
        detached.format,
        good.fingerprint,
        case.protected,
        tuple(one.engine for one in case.facts),
        signed_sha256=hashlib.sha256(octets[first:last]).hexdigest(),
        signature_sha256=hashlib.sha256(detached.signature).hexdigest(),
        signature_key=replay_key(detached),
        covered=case.covered,
        protection=case.protection.value,
        created=good.created,
    )


def _parts(root: Part, octets: bytes) -> tuple[str, ...]:
    leaves = islice((part for part in walk(root) if not part.children), MOST_PARTS)
    return tuple(hashlib.sha256(octets[one.body_start : one.end]).hexdigest() for one in leaves)


def _read(
    envelope: Envelope,
    octets: bytes,
    root: Part,
    declared: Declared,
    directory: Directory,
    settings: PolicySettings,
) -> tuple[Case, Detached | None]:
    """Gather the facts that need no engine."""
    case = Case(
        envelope,
        header_of(root, octets),
        len(octets),
        directory,
        settings,
        structure=StructureFacts(problems=problems(root, octets)),
        date=declared.date,
        message_id=declared.message_id,
    )
    found = find_detached(root, octets)
    missing = found if isinstance(found, Problem) else unusable(found)
    if missing is not None or isinstance(found, Problem):
        return replace(case, structure=replace(case.structure, signature=missing)), None
    signed = root.children[0]
    protected = protected_header(signed, octets)
    return replace(
        case,
        signer=_enrolled(directory, issuer_of(found)),
        protected=protected is not None,
        covered=covered_fields(protected),
        differing=compare_protected(root, signed, octets),
    ), found


def _enrolled(directory: Directory, issuer: str) -> EnrolledKey | None:
    """Return the enrolled key that a signature names.

    Some programs name only the 64-bit key id; then it must point to exactly one enrolled key, and the engines must
    still report that key's full fingerprint.
    """
    if len(issuer) != 16:
        return directory.fingerprints.get(issuer)
    found = {key.fingerprint: key for one, key in directory.fingerprints.items() if one.endswith(issuer)}
    return next(iter(found.values())) if len(found) == 1 else None


def verifier(home: Path) -> GnupgVerifier:
    """Return the GnuPG engine with its rebuildable keyrings under the instance's home."""
    return GnupgVerifier(home / "verify")
