"""Domain names of agencies: one canonical form, or nothing.

Invariants:
- A canonical domain is lower-case ASCII: plain letters, digits and hyphens, or A-labels (`xn--`, RFC 5890).
  Two domains are the same exactly when their canonical forms are equal.
- A domain is wholly ASCII or wholly Arabic; none mixes scripts (UTS 39, RFC 5893 section 3).
- An Arabic label uses only the repertoire of RFC 5564 section 4, the language table of the Arab registries.
  It leaves out tatweel, tashkeel, joiners, bidi controls, presentation forms and the Persian and Urdu letters
  that look like Arabic ones. No other script is taken: an A-label of one is refused.
- Nothing is mapped but ASCII upper case: a name that would have to be repaired (NFD, full-width letters,
  ideographic full stops, a trailing dot) is refused, never guessed.
"""

import re
from functools import lru_cache

from policies.words.lookalikes import arabic_shape, latin_shape

DOMAIN_OCTETS = 253  # RFC 1035 section 2.3.4, without the root dot
LABEL_OCTETS = 63  # RFC 1035 section 2.3.4

# RFC 1123 section 2.1; no hyphens in third and fourth place (RFC 5891 section 4.2.3.1); the last label starts
# with a letter, so that an IPv4 address is no domain; at least two labels.
_ASCII_DOMAIN = re.compile(
    r"(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!..--)[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?",
)

_LETTER = "\u0621-\u063a\u0641-\u064a"  # RFC 5564 section 4, table 1
_ARABIC_LABEL = re.compile(
    # a letter first, never a digit (RFC 5893 section 2, rule 1); a letter or digit last (rule 3)
    f"(?!..--)[{_LETTER}](?:[{_LETTER}0-9\u0660-\u0669-]*[{_LETTER}0-9\u0660-\u0669])?",
)
_ASCII_DIGIT = re.compile("[0-9]")
_ARABIC_DIGIT = re.compile("[\u0660-\u0669]")


def canonical_domain(text: str) -> str | None:
    """Return the canonical form of the domain `text` (ASCII, U- or A-labels), or None when it is refused."""
    return _canonical(text) if len(text) <= DOMAIN_OCTETS else None


def unicode_domain(domain: str) -> str:
    """Return the canonical `domain` as people read it: A-labels as U-labels (RFC 5891 section 5.2).

    A label that is no canonical A-label stays as it is; nothing is raised.
    """
    if "xn--" not in domain:
        return domain
    return ".".join(_u_label(label) or label for label in domain.split("."))


def skeleton(domain: str) -> str:
    """Return what the canonical `domain` looks like: two of one skeleton can be confused (UTS 39).

    To be compared when a domain is enrolled, never to find or match one: alef with and without hamza, teh
    marbuta and heh, digits of both kinds, `0` and `o`, `rn` and `m` and the like count as the same shape.
    The result is no domain.
    """
    readable = unicode_domain(domain)
    return latin_shape(readable) if readable.isascii() else arabic_shape(readable)


@lru_cache(maxsize=1024)  # the agencies are few and every address asks; keys are at most 253 characters
def _canonical(text: str) -> str | None:
    lowered = text.lower() if text.isascii() else text
    if _ASCII_DOMAIN.fullmatch(lowered):
        return lowered
    labels = lowered.split(".")
    canonical = [label for label in map(_a_label, labels) if label]
    domain = ".".join(canonical)
    whole = len(labels) > 1 and len(canonical) == len(labels) and len(domain) <= DOMAIN_OCTETS
    return domain if whole else None


def _a_label(label: str) -> str | None:
    """Return the A-label of one Arabic label given in either form, or None."""
    if label.isascii():
        return label if _u_label(label) else None
    if not _is_arabic(label):
        return None
    encoded = "xn--" + label.encode("punycode").decode("ascii")
    return encoded if len(encoded) <= LABEL_OCTETS else None


def _u_label(label: str) -> str | None:
    """Return the U-label of a lower-case A-label that is canonical, or None (RFC 5891 section 5.4)."""
    if not label.startswith("xn--") or len(label) > LABEL_OCTETS:
        return None
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return None
    if not _is_arabic(decoded) or _a_label(decoded) != label:
        return None
    return decoded


def _is_arabic(label: str) -> bool:
    # Arabic-Indic and ASCII digits never share a label (RFC 5892 appendix A.8, RFC 5893 section 2, rule 4).
    if not _ARABIC_LABEL.fullmatch(label) or label.isascii():
        return False
    return not (_ASCII_DIGIT.search(label) and _ARABIC_DIGIT.search(label))
