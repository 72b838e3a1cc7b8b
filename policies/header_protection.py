"""Header protection (RFC 9788): what is asked when a signature covers text and attachments, but not the header fields.

Without it recipients, subject and grade of a letter are the sender's word to the gateway and not signed. Not every
mail program can protect them, so the demand is a setting, an agency's own where it has one, and told apart by the
format of the signature.

Invariant: what cannot be read demands protection.
"""

from enum import StrEnum

FORMATS = ("openpgp",)  # the signature formats that letters may have


class Demand(StrEnum):
    """OFF asks nothing and says nothing, WARN has the dispatch receipt say it, ENFORCE refuses the letter."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


def read_demands(text: str) -> dict[str, Demand]:
    """Read `warn`, or `warn, openpgp: enforce`: a demand, and others for single formats. "" is for all formats.

    Raises ValueError that names the word which is not known.
    """
    demands: dict[str, Demand] = {}
    for entry in text.lower().split(","):
        format_, colon, word = entry.partition(":")
        name, word = (format_.strip(), word.strip()) if colon else ("", entry.strip())
        if word not in set(Demand):
            raise ValueError(f"{word!r} is none of {', '.join(Demand)}")
        if colon and name not in FORMATS:
            raise ValueError(f"{name!r} is no signature format: {', '.join(FORMATS)}")
        if name in demands:
            raise ValueError("said twice" if not name else f"{name} stands twice")
        demands[name] = Demand(word)
    if "" not in demands:
        raise ValueError(f"begin with one of {', '.join(Demand)}")
    return demands


def demanded(settings: str, agency: str, signature_format: str) -> Demand:
    """Return what is asked of a signature of this format: by the agency's own words, else by the settings'."""
    try:
        demands = read_demands(agency or settings)
    except ValueError:
        return Demand.ENFORCE
    return demands.get(signature_format, demands[""])
