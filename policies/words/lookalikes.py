"""What text looks like: shapes that a reader takes for one another, folded to one (after UTS 39).

A shape is for comparing and for nothing else: it is no text, is never shown, and never finds or matches anybody.

Invariants:
- Total and linear in the length of the text, whatever it holds.
- `name_shape` does not depend on blanks, punctuation, case, marks or invisible characters.
- Two numbers never have one shape: `Court 5` and `Court 0` are two courts.
"""

import re
import unicodedata
from functools import lru_cache

from policies.words.arabic import fold

_LATIN_SHAPES = (("0", "o"), ("1", "l"), ("rn", "m"), ("vv", "w"))
_ARABIC_SHAPES = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ى": "ي",
        "ئ": "ي",
        "ؤ": "و",
        "ة": "ه",
        # one looks like alef, five like heh; an ASCII digit stands for the Arabic-Indic one
        "١": "ا",
        "1": "ا",
        "٥": "ه",
        "5": "ه",
        **dict(zip("٠٢٣٤٦٧٨٩", "02346789", strict=True)),
    },
)


def _table(*rows: tuple[str, str]) -> dict[int, str]:
    """Return a translation table from rows of characters and what each stands for, one for one."""
    return {ord(one): same for some, same in rows for one in some}


# Capitals of other scripts that are shaped like Latin ones; the small letters of some are shaped otherwise, so these
# go first. Greek, Cyrillic, Cherokee, Lisu.
_CAPITALS = _table(
    ("ΑАᎪꓮ", "a"), ("ΒВᏴꓐ", "b"), ("СϹᏟꓚ", "c"), ("Ꭰꓓ", "d"), ("ΕЕᎬꓰ", "e"), ("Ϝꓝ", "f"), ("ԌᏀꓖ", "g"),
    ("ΗНᎻꓧ", "h"), ("ΙІӀᏆꓲ", "i"), ("ЈͿᎫꓙ", "j"), ("ΚКᏦꓗ", "k"), ("Ꮮꓡ", "l"), ("ΜМᎷꓟ", "m"), ("Νꓠ", "n"),
    ("ΟОՕꓳ", "o"), ("ΡРᏢꓑ", "p"), ("Ԛ", "q"), ("Ꭱꓣ", "r"), ("ЅՏᏚꓢ", "s"), ("ΤТᎢꓔ", "t"), ("Սꓴ", "u"),
    ("Ꮩꓦ", "v"), ("ԜᎳꓪ", "w"), ("ΧХꓫ", "x"), ("ΥҮꓬ", "y"), ("ΖᏃꓜ", "z"),
)  # fmt: skip
for _first in (0x1F150, 0x1F170, 0x1F1E6):  # white letters in black discs and squares; letters of flags
    _CAPITALS |= {_first + _number: chr(ord("a") + _number) for _number in range(26)}
# Small letters, after case folding: Cyrillic, Greek, Armenian, small capitals and Latin letters with strokes; then
# Arabic letters of other languages whose shape, in some place of a word, is that of an Arabic one.
_SMALL = _table(
    ("аαɑᴀ", "a"), ("вβʙ", "b"), ("сϲᴄ", "c"), ("ԁđᴅɖ", "d"), ("еєεᴇҽ", "e"), ("ғꜰƒ", "f"), ("ɡցɢǥ", "g"),
    ("һհнʜħ", "h"), ("іιıɩɪӏǀ", "i"), ("јϳյᴊȷ", "j"), ("кκᴋ", "k"), ("ʟłɫ", "l"), ("мᴍ", "m"), ("ոηɴпŋ", "n"),
    ("оοσօᴏø", "o"), ("рρᴘ", "p"), ("ԛզ", "q"), ("гʀɾ", "r"), ("ѕꜱʂ", "s"), ("тτᴛŧ", "t"), ("υսᴜʋ", "u"),
    ("νѵᴠ", "v"), ("ԝωᴡ", "w"), ("хχ", "x"), ("уүγʏ", "y"), ("ᴢƶ", "z"),
    ("ھہەۀۂۃۿ", "ه"), ("ېےۍێ\u0620\u063d\u063e\u063f", "ي"), ("ڪڬػؼ", "ك"), ("ۄۅۆۇۈۊۏ", "و"), ("ٲٳٵݳݴ", "ا"),
    ("ںڹ", "ن"), ("ٮ", "ب"), ("ڡ", "ف"), ("ٯ", "ق"), ("ڒ", "ر"), ("ڊ", "د"),
)  # fmt: skip
# Letters by their category that show nothing: Hangul fillers.
_FILLERS = dict.fromkeys((0x115F, 0x1160, 0x3164, 0xFFA0))
# Latin letters within Arabic text that pass for Arabic ones.
_WITHIN_ARABIC = _table(("o", "ه"), ("li", "ا"))
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_ARTICLES = frozenset({"the"})


def latin_shape(text: str) -> str:
    """Return the shape of lower-case Latin text, as it stands in domain names: `0` and `o`, `rn` and `m` are one."""
    for shape, same in _LATIN_SHAPES:
        text = text.replace(shape, same)
    return text


def arabic_shape(text: str) -> str:
    """Return the shape of Arabic text: alefs, yehs, heh and teh marbuta, and both kinds of digits are one."""
    return text.translate(_ARABIC_SHAPES)


@lru_cache(maxsize=1024)  # the same people write again and again; texts are at most 998 characters
def name_words(text: str) -> tuple[str, ...]:
    """Return the words of a name for `name_shape`: folded, other scripts' look-alikes as Latin or Arabic letters.

    Everything that is neither letter nor digit separates words, but for marks and invisible characters, which go;
    `&` is `and`; the English article goes.
    """
    whole = text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_CAPITALS)
    folded = fold(whole).translate(_SMALL).translate(_FILLERS).replace("&", " and ")
    return tuple(word for word in _BETWEEN_WORDS.split(folded) if word and word not in _ARTICLES)


def name_shape(words: tuple[str, ...]) -> str:
    """Return the shape of a name of these words: names that a reader takes for one another have the same one.

    Beyond `fold`: `i`, `l` and `1` are one, as a capital I and a small L are to the eye.
    """
    joined = "".join(words)
    if joined.isascii():
        return latin_shape(joined).replace("i", "l")
    return arabic_shape(joined).translate(_WITHIN_ARABIC)
