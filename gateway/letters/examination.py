"""Examine one submission: read its structure, gather the engines' facts, and let the rules decide.

The same examination serves intake and `policy test`; it has no side effect.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.letters.declared import declared_by, header_of
from gateway.mime.content import limit_problem, problems
from gateway.mime.limits import MimeLimitExceeded
from gateway.mime.part import Part, walk
from gateway.mime.tree import parse
from gateway.runtime.faults import Unavailable
from gateway.signatures.mime import Detached, compare_protected, find_detached, protected_header
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from gateway.signatures.verify import facts_of, issuer_of, unusable
from policies.case import Case, Header
from policies.envelope import Envelope
from policies.letter import Declared, SignatureRecord
from policies.people.directory import Directory
from policies.rules.order import ENVELOPE_RULES, SIGNATURE_RULES, decide, explain
from policies.settings import PolicySettings
from policies.signature import EnrolledKey, Finding
from policies.structure import Problem, StructureFacts
from policies.verdict import Refused, Verdict

NOTHING_DECLARED = Declared("", "", None)


@dataclass(frozen=True, slots=True)
class Examination:
    """A submission with everything read from it, and the verdict.

    `root` is None when the structure could not be read within its limits.
    """

    case: Case
    verdict: Verdict
    octets: bytes
    sha256: str
    root: Part | None
    declared: Declared
    detached: Detached | None

    def signature(self) -> SignatureRecord:
        """Return the record of the signature found good, or of the gateway's seal for a system."""
        if self.detached is None:
            return SignatureRecord(
                "sealed", "", headers_protected=False, engines=(), signed_sha256=self.sha256
            )
        first, last = self.detached.signed
        good = self.case.facts[0] if self.case.facts else None
        return SignatureRecord(
            self.detached.format,
            good.fingerprint if good else "",
            self.case.protected,
            tuple(one.engine for one in self.case.facts),
            hashlib.sha256(self.octets[first:last]).hexdigest(),
            hashlib.sha256(self.detached.signature).hexdigest(),
            good.created if good else None,
        )

    def part_digests(self) -> tuple[str, ...]:
        """Return the SHA-256 of each leaf part's octets as they stand in the letter, in order."""
        if self.root is None:
            return ()
        leaves = [part for part in walk(self.root) if not part.children]
        return tuple(
            hashlib.sha256(self.octets[one.body_start : one.end]).hexdigest() for one in leaves[:100]
        )

    def explained(self) -> list[tuple[str, Verdict]]:
        """Return every rule with its verdict; the signature's rules only when their facts were gathered."""
        rules = ENVELOPE_RULES + (SIGNATURE_RULES if self.case.facts else ())
        return list(explain(self.case, rules))


def examine(
    envelope: Envelope, octets: bytes, directory: Directory, settings: PolicySettings, gnupg: GnupgVerifier
) -> Examination:
    """Examine a submission. Blocking: engines run here.

    Raises nothing for any octets, only Unavailable when an engine itself failed: that is no verdict.
    """
    sha256 = hashlib.sha256(octets).hexdigest()
    try:
        root = parse(octets)
    except MimeLimitExceeded as exceeded:
        unread = StructureFacts(problems=(limit_problem(exceeded),))
        case = Case(envelope, Header(()), len(octets), directory, settings, structure=unread)
        return Examination(case, decide(case, ENVELOPE_RULES), octets, sha256, None, NOTHING_DECLARED, None)
    case, detached = _read(envelope, octets, root, directory, settings)
    verdict = decide(case, ENVELOPE_RULES)
    if not isinstance(verdict, Refused):
        if detached is not None and case.signer is not None:
            facts = facts_of(detached, octets, case.signer, gnupg)
            failed = [one.engine for one in facts if one.finding is Finding.ERROR]
            if failed:
                raise Unavailable(f"verification engine failed: {', '.join(failed)}")
            case = replace(case, facts=facts)
        verdict = decide(case, SIGNATURE_RULES)
    return Examination(case, verdict, octets, sha256, root, declared_by(root, octets), detached)


def _read(
    envelope: Envelope, octets: bytes, root: Part, directory: Directory, settings: PolicySettings
) -> tuple[Case, Detached | None]:
    """Gather the facts that need no engine."""
    declared = declared_by(root, octets)
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
    return replace(
        case,
        signer=_enrolled(directory, issuer_of(found)),
        protected=protected_header(signed, octets) is not None,
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
