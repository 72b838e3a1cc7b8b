"""Rules about the structure: one letter has one reading, and holds nothing that a letter may not hold.

Invariants:
- The reader reports facts; only the tables here say which of them refuse, and for which reason.
- What only describes content is read leniently in a letter that the gateway itself seals for a system: nothing but the
  gateway's seal, over all octets, rests on it. What could hide or forge a field is strict for everybody.
"""

from policies.case import Case
from policies.settings import Attitude, HtmlAlone, PolicySettings
from policies.structure import Problem
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words.reasons import Reason
from policies.words.structure import Kind

# Found in a header, or in the body of a multipart: another program could see other fields, parts or text.
AMBIGUOUS = frozenset({
    Kind.BARE_LINE_END, Kind.HEADER_LINE, Kind.SPACE_BEFORE_COLON, Kind.BLANK_FOLDED_LINE, Kind.DUPLICATE_FIELD,
    Kind.CONTROL_CHARACTER, Kind.CONTENT_TYPE, Kind.TRANSFER_ENCODING, Kind.COMMENT, Kind.BOUNDARY,
    Kind.ENCODED_MULTIPART, Kind.NOT_CLOSED, Kind.NO_PARTS, Kind.DELIMITER_LOOKALIKE, Kind.DELIMITER_AFTER_CLOSE,
    Kind.UTF7, Kind.HEADER_TOO_LARGE, Kind.NESTED_TOO_DEEP, Kind.TOO_MANY_PARTS,
})  # fmt: skip
# Of these, what only describes the content.
DESCRIPTIVE = frozenset({
    Kind.CONTENT_TYPE, Kind.TRANSFER_ENCODING, Kind.COMMENT, Kind.BOUNDARY, Kind.ENCODED_MULTIPART, Kind.NOT_CLOSED,
    Kind.NO_PARTS, Kind.DELIMITER_LOOKALIKE, Kind.DELIMITER_AFTER_CLOSE,
})  # fmt: skip
# A reason of its own, rather than SIGNATURE-STRUCTURE, for what a letter has in place of its signature.
_HEADER_KINDS = frozenset({
    Kind.BARE_LINE_END, Kind.HEADER_LINE, Kind.SPACE_BEFORE_COLON, Kind.BLANK_FOLDED_LINE, Kind.DUPLICATE_FIELD,
    Kind.CONTENT_TYPE, Kind.TRANSFER_ENCODING, Kind.COMMENT, Kind.BOUNDARY, Kind.ENCODED_MULTIPART,
})  # fmt: skip
FORBIDDEN = frozenset({
    Kind.PARTIAL, Kind.EXTERNAL_BODY, Kind.TNEF, Kind.WHOLE_MESSAGE, Kind.REPORT, Kind.EXECUTABLE_NAME,
    Kind.EXECUTABLE_TYPE, Kind.EXECUTABLE_CONTENT, Kind.NAME_BIDI, Kind.NAME_PATH,
})  # fmt: skip


def one_reading(case: Case) -> Verdict:
    """Every program reads the letter alike: headers, parts, charsets."""
    allowed = DESCRIPTIVE if case.sealed_for_system else frozenset()
    for problem in case.structure.problems:
        if problem.kind in AMBIGUOUS and problem.kind not in allowed:
            return refused(Reason.MALFORMED, problem)
    return ACCEPTED


def allowed_content(case: Case) -> Verdict:
    """No part is a program, a fragment, a report or what one vendor alone reads; HTML as the settings say."""
    for problem in case.structure.problems:
        if problem.kind in FORBIDDEN or _against_settings(problem.kind, case):
            return refused(Reason.CONTENT_FORBIDDEN, problem)
    return ACCEPTED


def why_no_signature(case: Case) -> Verdict:
    """Return the refusal for a letter without one detached signature over the whole of it."""
    problem = case.structure.signature
    if problem is None:
        return ACCEPTED
    if problem.kind is Kind.UNSIGNED:
        return refused(Reason.SIGNATURE_MISSING, problem)
    return refused(Reason.MALFORMED if problem.kind in _HEADER_KINDS else Reason.SIGNATURE_STRUCTURE, problem)


def refused(reason: Reason, problem: Problem) -> Refused:
    """Return the refusal that says what was found, and where."""
    return Refused(reason, problem.detail, problem.said())


def _against_settings(kind: Kind, case: Case) -> bool:
    if kind is Kind.HTML_WITHOUT_TEXT:
        alone = case.settings.html_alone
        return not (alone is HtmlAlone.ALLOW or (alone is HtmlAlone.SYSTEMS and case.sealed_for_system))
    attitude = attitudes(case.settings).get(kind)
    return attitude is Attitude.REFUSE


def attitudes(settings: PolicySettings) -> dict[Kind, Attitude]:
    """Return what the settings say about each kind that they decide."""
    strictest = (settings.html_scripts, settings.html_forms, settings.html_remote, settings.html_alternatives)
    examined = Attitude.REFUSE if Attitude.REFUSE in strictest else Attitude.ALLOW
    return {
        Kind.HTML_SCRIPT: settings.html_scripts,
        Kind.HTML_FORM: settings.html_forms,
        Kind.HTML_REMOTE: settings.html_remote,
        Kind.HTML_TOO_LARGE: examined,
        Kind.ALTERNATIVES_DIFFER: settings.html_alternatives,
        Kind.ALTERNATIVE_OTHER: settings.html_alternatives,
        Kind.MACROS: settings.macros,
    }
