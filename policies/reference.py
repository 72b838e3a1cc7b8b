"""Reference numbers of registered letters: `MOJ/2026/000123` sent, `MOF/IN/2026/000045` received.

A reference is agency, direction, year and number. Allocating the next number is the register's act, in the
letter's own transaction; here is only how one is written and read.

Invariants:
- Two numbers of one series never render alike: a template has year and number, and no two fields touch.
- `parse(str(reference)) == reference` for every reference of the default forms.
- A number is never shortened: past 999999 it grows.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Direction = Literal["out", "in"]

OUTGOING_TEMPLATE = "{agency}/{year}/{number:06d}"
INCOMING_TEMPLATE = "{agency}/IN/{year}/{number:06d}"
DEFAULT_TEMPLATES: dict[Direction, str] = {"out": OUTGOING_TEMPLATE, "in": INCOMING_TEMPLATE}

NUMBER_LIMIT = 10**12
TEMPLATE_CHARACTERS = 100
TEXT_CHARACTERS = 200

_AGENCY = re.compile("[A-Z][A-Z0-9-]{0,15}")
_DEFAULT_FORM = re.compile("([A-Z][A-Z0-9-]{0,15})/(IN/)?([1-9][0-9]{3})/([0-9]{1,12})")
_FIELD = re.compile(r"\{(?:(agency)|(year)|(number)(?::0([1-9])d)?)\}")
# Letters, digits, the Arabic letters of RFC 5564, and separators.
_LITERAL = re.compile("[A-Za-z0-9\u0621-\u063a\u0641-\u064a\u0660-\u0669/._-]*")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_INVISIBLE = dict.fromkeys(
    [0x061C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
)


class ReferenceRefused(ValueError):
    """A template or a part of a reference is not acceptable.

    `code` says which: template, agency, year, number, direction; `ar` and `en` say it to people.
    """

    def __init__(self, code: str, ar: str, en: str) -> None:
        self.code = code
        self.ar = ar
        self.en = en
        super().__init__(f"{code}: {en}")


@dataclass(frozen=True, slots=True)
class Reference:
    """One number in one series: agency code, `out` or `in`, year of the register, number from 1 on.

    Parts out of range raise ReferenceRefused. `str()` is the default form.
    """

    agency: str
    direction: Direction
    year: int
    number: int

    def __post_init__(self) -> None:
        _check_parts(self.agency, self.year, self.number)
        _check_direction(self.direction)

    def __str__(self) -> str:
        return render(DEFAULT_TEMPLATES[self.direction], self.agency, self.year, self.number)

    @property
    def series(self) -> str:
        """The key of the series this number belongs to."""
        return series_key(self.agency, self.direction, self.year)


def validate_template(template: str) -> None:
    """Raise ReferenceRefused unless `template` can render references.

    Fields are `{agency}`, `{year}`, `{number}` and `{number:06d}` (width 1 to 9), each at most once; year and
    number must be there. Between two fields stands at least one separator (`/`, `-`, `.`, `_`), and no digit
    touches a field, or two numbers could look alike. The rest is letters, digits, Arabic letters and
    separators. `{agency}` may be left out: then it is for the register to keep the agencies' numbers apart.
    """
    fields = [match[1] or match[2] or match[3] for match in _FIELD.finditer(template)]
    literals = _literals(template)
    problem = ""
    if len(template) > TEMPLATE_CHARACTERS:
        problem = "it is too long"
    elif not all(_LITERAL.fullmatch(literal) for literal in literals):
        problem = "only letters, digits, Arabic letters, / - . _ and the fields are allowed"
    elif not {"year", "number"} <= set(fields) or len(fields) != len(set(fields)):
        problem = "{year} and {number} must stand in it exactly once, {agency} at most once"
    elif any(not re.search(r"[/._-]", literal) for literal in literals[1:-1]):
        problem = "two fields must have a separator between them"
    elif any(a[-1:].isdigit() or b[:1].isdigit() for a, b in pairwise(literals)):
        problem = "a digit may not touch a field"
    if problem:
        raise ReferenceRefused(
            "template",
            "قالب الرقم غير صالح: يجب أن يحتوي {year} و{number} مرة واحدة وبينهما فاصل.",
            f"the template of reference numbers is not usable: {problem}.",
        )


def render(template: str, agency: str, year: int, number: int) -> str:
    """Write the number by the agency's template; raise ReferenceRefused when a part is not usable."""
    validate_template(template)
    _check_parts(agency, year, number)

    def field(match: re.Match[str]) -> str:
        if match[1]:
            return agency
        if match[2]:
            return str(year)
        return str(number).zfill(int(match[4] or 1))

    return _FIELD.sub(field, template)


def series_key(agency: str, direction: Direction, year: int) -> str:
    """Return the key of the counter of one agency, direction and year, e.g. `MOJ/out/2026`."""
    _check_parts(agency, year, 1)
    _check_direction(direction)
    return f"{agency}/{direction}/{year}"


def parse(text: str) -> Reference | None:
    """Read a reference of the default forms as a person types it; None when it is none.

    Small letters, Arabic-Indic and Persian digits, spaces around it, invisible direction marks and a number
    without its leading zeros are accepted; more zeros than the form has are not.
    """
    typed = _typed(text)
    match = _DEFAULT_FORM.fullmatch(typed.upper())
    if match is None or not typed.isascii():
        return None
    agency, incoming, year, number = match.groups()
    if not int(number) or (len(number) > 6 and number.startswith("0")):
        return None
    return Reference(agency, "in" if incoming else "out", int(year), int(number))


def _typed(text: str) -> str:
    if len(text) > TEXT_CHARACTERS:
        return ""
    return text.translate(_INVISIBLE).translate(_DIGITS).strip()


def _literals(template: str) -> list[str]:
    """Return the texts before, between and after the fields."""
    ends = [0, *(match.end() for match in _FIELD.finditer(template))]
    starts = [*(match.start() for match in _FIELD.finditer(template)), len(template)]
    return [template[end:start] for end, start in zip(ends, starts, strict=True)]


def _check_parts(agency: str, year: int, number: int) -> None:
    if not _AGENCY.fullmatch(agency):
        raise ReferenceRefused(
            "agency",
            "رمز الجهة يجب أن يكون من 1 إلى 16 حرفاً لاتينياً كبيراً أو رقماً.",
            "an agency code is 1 to 16 capital letters, digits and hyphens, a letter first.",
        )
    if not 1000 <= year <= 9999:
        raise ReferenceRefused("year", "السنة يجب أن تكون من أربعة أرقام.", "a year has four digits.")
    if not 1 <= number < NUMBER_LIMIT:
        raise ReferenceRefused("number", "الرقم خارج المدى المسموح.", "the number is out of range.")


def _check_direction(direction: str) -> None:
    if direction not in DEFAULT_TEMPLATES:
        raise ReferenceRefused("direction", "الاتجاه إما صادر أو وارد.", "the direction is out or in.")
