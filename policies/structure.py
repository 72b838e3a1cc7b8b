"""What was found in the structure of a letter: facts, gathered by the reader and decided by the rules."""

from dataclasses import dataclass

from policies.words.bilingual import Said, quoted
from policies.words.structure import Kind
from policies.words.structure_texts import SENTENCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding and its place.

    `part` is the IMAP section of the part (RFC 9051 section 6.4.5), "" for the letter itself. `line` counts the lines
    of the letter as it was sent, from 1; 0 when it is not about a line. `field` names a header field. `name` is text
    about it: a file's name, a type; it may come from the letter.
    """

    kind: Kind
    part: str = ""
    line: int = 0
    field: str = ""
    name: str = ""

    def said(self) -> Said:
        """Return what was found, where, and the remedy."""
        sentence = SENTENCES[self.kind]
        ar, en = self._where()
        return Said(
            f"{sentence.ar}{f' ({ar})' if ar else ''}. {sentence.remedy_ar}",
            f"{sentence.en}{f' ({en})' if en else ''}. {sentence.remedy_en}",
        )

    @property
    def detail(self) -> str:
        """The word of the kind, then what was found and where, in English."""
        where = self._where()[1]
        return f"{self.kind}: {SENTENCES[self.kind].en}{f' ({where})' if where else ''}"

    def _where(self) -> tuple[str, str]:
        name = quoted(self.name)
        known = (
            (self.part, f"الجزء {self.part}", f"part {self.part}"),
            (self.line, f"السطر {self.line}", f"line {self.line}"),
            (self.field, f"الحقل {quoted(self.field)}", f"field {quoted(self.field)}"),
            (name, f"«{name}»", f'"{name}"'),
        )
        given = [(ar, en) for value, ar, en in known if value]
        return "، ".join(ar for ar, _en in given), ", ".join(en for _ar, en in given)


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureFacts:
    """`signature`: why there is not one detached signature over the whole letter (None when there is).

    `problems`: what else was found, the first of each kind, in the order of the letter.
    """

    signature: Problem | None = None
    problems: tuple[Problem, ...] = ()
