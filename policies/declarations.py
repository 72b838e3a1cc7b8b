"""What a letter's header declares of grade and urgency: the words allowed, and which field counts.

Murasalat-Grade and Murasalat-Urgency are ours. The fields of mail programs map to them: Sensitivity (RFC 2156
section 5.3.4) to the grade; Importance and Priority (RFC 2156 sections 5.3.4 and 5.3.6), X-Priority and
X-MSMail-Priority to the urgency.

Invariants:
- A word that is not known is named, never taken for the lowest one.
- Of several fields the highest counts: no field lowers what another one declares.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policies.letter import GRADE_NAMES, URGENCY_NAMES, Grade, Urgency
from policies.words.arabic import fold
from policies.words.bilingual import Said, quoted

GRADE_FIELDS = ("murasalat-grade", "sensitivity")
URGENCY_FIELDS = ("murasalat-urgency", "importance", "priority", "x-priority", "x-msmail-priority")
_OURS = ("murasalat-grade", "murasalat-urgency")


def _key(text: str) -> str:
    """Return the form in which words are compared: folded, hyphens and blanks alike."""
    return " ".join(fold(text).replace("-", " ").replace("_", " ").split())


_GRADES = {_key(word): grade for grade, names in GRADE_NAMES.items() for word in (grade.value, *names)}
_URGENCIES = {
    _key(word): urgency for urgency, names in URGENCY_NAMES.items() for word in (urgency.value, *names)
}
_SENSITIVITIES = _GRADES | {
    "normal": Grade.ORDINARY,
    "none": Grade.ORDINARY,
    "personal": Grade.ORDINARY,
    "private": Grade.RESTRICTED,
    "company confidential": Grade.SECRET,
}
_IMPORTANCES = _URGENCIES | {
    "lowest": Urgency.ORDINARY,
    "low": Urgency.ORDINARY,
    "non urgent": Urgency.ORDINARY,
    "normal": Urgency.ORDINARY,
    "high": Urgency.URGENT,
    "highest": Urgency.VERY_URGENT,
}
_PRIORITIES = _IMPORTANCES | {
    "1": Urgency.VERY_URGENT,
    "2": Urgency.URGENT,
    "3": Urgency.ORDINARY,
    "4": Urgency.ORDINARY,
    "5": Urgency.ORDINARY,
}
_WORDS: dict[str, Mapping[str, Grade | Urgency]] = {
    "murasalat-grade": _GRADES,
    "sensitivity": _SENSITIVITIES,
    "murasalat-urgency": _URGENCIES,
    "importance": _IMPORTANCES,
    "priority": _IMPORTANCES,
    "x-priority": _PRIORITIES,
    "x-msmail-priority": _IMPORTANCES,
}


@dataclass(frozen=True, slots=True)
class Declaration:
    """Grade and urgency as declared; `unknown` tells which word of which field is not known, and the words allowed."""

    grade: Grade = Grade.ORDINARY
    urgency: Urgency = Urgency.ORDINARY
    unknown: Said | None = None


def declaration_of(fields: Iterable[tuple[str, str]]) -> Declaration:
    """Read (lower-case field name, decoded value) in order; other names say nothing, and no fields mean ordinary."""
    unknown: Said | None = None
    grades, urgencies = [Grade.ORDINARY], [Urgency.ORDINARY]
    for name, text in fields:
        words = _WORDS.get(name)
        if words is None:
            continue
        word = _key(text if name in _OURS else text.partition("(")[0])  # X-Priority: 1 (Highest)
        if not word and name not in _OURS:
            continue  # a mail program's field that says nothing
        meant = words.get(word)
        if isinstance(meant, Grade):
            grades.append(meant)
        elif isinstance(meant, Urgency):
            urgencies.append(meant)
        else:
            unknown = unknown or _unknown(name, text)
    return Declaration(max(grades, key=list(Grade).index), max(urgencies, key=list(Urgency).index), unknown)


def _unknown(name: str, text: str) -> Said:
    word = quoted(text)
    names = GRADE_NAMES if name in GRADE_FIELDS else URGENCY_NAMES
    arabic = "، ".join(ar for ar, _en in names.values())
    english = ", ".join(one.value for one in names)
    what_ar, what_en = ("درجة السرية", "grade") if name in GRADE_FIELDS else ("الأولوية", "urgency")
    return Said(
        f"{what_ar} غير معروفة في الحقل {name}: «{word}». اكتب واحدة من: {arabic}.",
        f'The {what_en} "{word}" in the field {name} is not known. Write one of: {english}; or the same in Arabic.',
    )
