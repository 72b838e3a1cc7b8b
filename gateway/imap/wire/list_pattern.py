"""LIST patterns against mailbox names (RFC 9051 section 6.3.9): `*` is anything, `%` all but the separator.

Invariant: the cost of one match is at most the name's length times a small constant, whatever the pattern.
All ways through the pattern are followed at once, as bits of one integer; nothing is tried again.
"""

import re
from collections.abc import Callable

_RUN = re.compile(r"[*%]{2,}")


def canonical_pattern(reference: str, pattern: str, separator: str = "/") -> str:
    """Join reference and pattern as one pattern. A pattern that begins with the separator stands alone.

    A run of wildcards is one: `*` if there is any in it, else `%`. INBOX in any case is "INBOX".
    """
    joined = pattern if pattern.startswith(separator) else reference + pattern
    joined = _RUN.sub(lambda run: "*" if "*" in run[0] else "%", joined)
    head, slash, rest = joined.partition(separator)
    return "INBOX" + slash + rest if head.upper() == "INBOX" else joined


def matcher(reference: str, pattern: str, separator: str = "/") -> Callable[[str], bool]:
    """Return the test whether a name matches. INBOX matches in any case, also by `in%`.

    Wildcards in `reference` count too, as RFC 9051 section 6.3.9 allows.
    """
    joined = canonical_pattern(reference, pattern, separator)
    if "*" not in joined and "%" not in joined:
        return joined.__eq__
    exact, inbox = _compile(joined, separator), _compile(joined.upper(), separator)
    return lambda name: exact(name) or (name == "INBOX" and inbox(name))


def _compile(pattern: str, separator: str) -> Callable[[str], bool]:
    # Bit n set: the first n elements of the pattern are matched.
    step: dict[str, int] = {}
    anything = anything_within = 0
    for at, element in enumerate(pattern):
        if element == "*":
            anything |= 1 << at
        elif element == "%":
            anything_within |= 1 << at
        else:
            step[element] = step.get(element, 0) | 1 << at
    wild = anything | anything_within
    accept = 1 << len(pattern)

    def matches(name: str) -> bool:
        states = _pass_wildcards(1, wild)
        for character in name:
            kept = states & (anything if character == separator else wild)
            states = _pass_wildcards(kept | (states & step.get(character, 0)) << 1, wild)
            if not states:
                return False
        return bool(states & accept)

    return matches


def _pass_wildcards(states: int, wild: int) -> int:
    """Step past wildcards, which may match nothing. Runs of them are gone, so one step is enough."""
    return states | (states & wild) << 1
