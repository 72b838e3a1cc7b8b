"""Arabic text: folded for search, isolated and cleaned for display. What is kept is the text as it was.

Invariants:
- `fold` maps character by character: `fold(a + b) == fold(a) + fold(b)` for all texts. So a substring stays
  one: a in b implies fold(a) in fold(b), for every two texts and without normalising them first.
- `fold` is idempotent, and gives one result for all canonically or compatibly equivalent spellings.
- `searchable` keeps substrings, too: a in b implies searchable(a) in searchable(b). What it returns holds no line end.
- Nothing here raises, whatever the text holds.
"""

import re
import unicodedata
from itertools import chain

_DIGITS = {ord(digit): str(index % 10) for index, digit in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")}
_LETTERS = str.maketrans(
    {
        "ٱ": "ا",  # alef wasla; the other alefs lose their hamza or madda as a mark
        "ى": "ي",
        "ی": "ي",  # Farsi yeh
        "ة": "ه",
        "ک": "ك",  # keheh
        "ـ": None,  # tatweel
        "٫": ".",  # decimal separator
        "٬": ",",  # thousands separator
        "،": ",",  # comma, which is typed for the thousands separator
        "٪": "%",
    },
)
_ARABIC_MARKS = dict.fromkeys(
    chain(
        *(range(0x0600, 0x0606), range(0x0610, 0x061B), range(0x061C, 0x061D)),
        *(range(0x064B, 0x0660), range(0x0670, 0x0671), range(0x06D6, 0x06DE)),
    ),
)
_FOLDED = _LETTERS | _DIGITS | _ARABIC_MARKS
# What needs no look at single characters once the table is applied: ASCII and the Arabic letters.
_PLAIN = re.compile("[\x00-\x7f\u0606-\u060f\u061b\u061d-\u064a\u0660-\u066f\u0671-\u06d5]*")

FSI, PDI = "\u2068", "\u2069"
_LINE_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_CONTROLS = re.compile(
    # C0 and C1 controls, embeddings, overrides, isolates, deprecated format characters, byte order mark,
    # interlinear annotations, tags (the invisible ASCII)
    "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]",
)
_SURROGATES = re.compile("[\ud800-\udfff]")


def fold(text: str) -> str:
    """Return the search form of `text`: texts that a reader searching would call the same become equal.

    Compatibility forms are resolved (presentation forms, ligatures, full-width), case is folded, combining
    marks go (tashkeel, hamza above and below, madda, Latin accents), tatweel and invisible format characters
    go, and alef wasla, alef maqsura, Farsi yeh, teh marbuta, keheh, Arabic-Indic and Persian digits and the Arabic
    comma, percent sign, decimal and thousands separators become their plain fellows: ١٢٫٥ is 12.5, ١٬٢٥٠ is 1,250
    (but 1250, written without a separator, is another text). It follows that ؤ folds to و and ئ to ي, however they
    are spelled, and that a text of marks alone folds to the empty string.
    """
    return text.lower() if text.isascii() else text.translate(_SEARCH_FORMS)


def searchable(text: str) -> str:
    """Return the search form of running text: folded, and each run of blanks and line ends one blank.

    So a phrase is found wherever lines were broken in it. A text of blanks alone is one blank.
    """
    folded = fold(text)
    if len(folded) <= _PIECE:
        return _one_blank(folded)
    pieces: list[str] = []
    blank = False
    for start in range(0, len(folded), _PIECE):
        piece = _one_blank(folded[start : start + _PIECE])
        pieces.append(piece[1:] if blank and piece.startswith(" ") else piece)
        blank = piece.endswith(" ")
    return "".join(pieces)


def _one_blank(text: str) -> str:
    words = " ".join(text.split())
    if not words:
        return " " if text else ""
    return f"{' ' if text[0].isspace() else ''}{words}{' ' if text[-1].isspace() else ''}"


class _SearchForms(dict[int, str]):
    """The search form of each character, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        # Decomposed, not composed: composition looks at neighbours, and a substring would no longer stay one.
        folded = _bare(unicodedata.normalize("NFKD", chr(code)))
        form = _bare(unicodedata.normalize("NFKD", folded.casefold()))
        if code < _KEPT_BELOW:
            self[code] = form
        return form


_PIECE = 1024 * 1024  # characters that are cut into words at once: the words take several times their memory
_KEPT_BELOW = 0x3000  # every alphabet is below it: hostile text cannot fill the memory with rare characters
_SEARCH_FORMS = _SearchForms()


def _bare(decomposed: str) -> str:
    """Apply the table and drop combining marks and format characters."""
    mapped = decomposed.translate(_FOLDED)
    if _PLAIN.fullmatch(mapped):
        return mapped
    return "".join(
        character
        for character in mapped
        if not unicodedata.combining(character) and unicodedata.category(character) not in {"Mn", "Me", "Cf"}
    )


def isolate(text: str) -> str:
    """Return `text` between FSI and PDI, so that its direction changes nothing outside (UAX 9 section 3.1.2).

    The text passes `strip_controls` first: a PDI inside could otherwise end the isolate early.
    """
    return f"{FSI}{strip_controls(text)}{PDI}"


def strip_controls(text: str) -> str:
    """Return `text` as one line without control characters and bidi controls, fit to be shown.

    For hostile subjects and names: terminal escapes, overrides, isolates and tags go; tabs and line breaks
    become one space, lone surrogates U+FFFD. The marks and joiners of honest Arabic text (ALM, LRM, RLM, ZWJ,
    ZWNJ) stay. The result can always be encoded in UTF-8.
    """
    text = _LINE_BREAKS.sub(" ", text)
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text))
