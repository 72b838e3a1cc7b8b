"""Mail addresses: our own strict grammar. One mailbox or a refusal, never a guess.

The grammar is RFC 5321 section 4.1.2 for paths and RFC 5322 section 3.4 (with RFC 6532 for raw UTF-8) for
header fields, less everything that lets two readers see two addresses: comments, groups, source routes,
quoted local parts, domain literals, an address beside the address, text after the angle bracket. Python's own
mail package takes the wrong one of two addresses (CVE-2019-16056, CVE-2023-27043) and is never asked.

Invariants:
- An `Address` in hand is valid and its domain canonical, however it was made.
- The whole input is the address: whatever is left over refuses it.
- A display name never shows another address than the real one, read as written or with encoded words decoded.
- A display name turns the direction of nothing beside it: no overrides, and every isolate in it ends in it.
- Time is linear in the length of the input, and the length is limited before anything is read.
- Nothing but `AddressRefused` is raised.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from policies.addresses.domain_name import canonical_domain, unicode_domain
from policies.addresses.encoded_word import decode_encoded_words

LOCAL_OCTETS = 64  # RFC 5321 section 4.5.3.1.1
PATH_OCTETS = 256  # RFC 5321 section 4.5.3.1.3, with the angle brackets
DISPLAY_CHARACTERS = 256
FROM_OCTETS = 2_000
LIST_OCTETS = 102_400
LIST_MAILBOXES = 1_000

Code = Literal[
    "empty",
    "syntax",
    "comment",
    "group",
    "semicolon",
    "route",
    "quoted-local",
    "several",
    "non-ascii-local",
    "bidi",
    "too-long",
    "domain",
]

EXPLANATIONS: dict[Code, tuple[str, str]] = {  # Arabic, English
    "empty": ("لا يوجد عنوان.", "There is no address."),
    "syntax": ("صيغة العنوان غير صحيحة.", "The address is not well formed."),
    "comment": ("التعليقات بين قوسين غير مقبولة في العنوان.", "Comments in parentheses are not accepted."),
    "group": ("مجموعات العناوين غير مقبولة.", "Address groups are not accepted."),
    "semicolon": (
        "العناوين مفصولة بفاصلة منقوطة (;).",
        "The addresses are separated by semicolons (;).",
    ),
    "route": ("مسارات التوجيه داخل العنوان غير مقبولة.", "Source routes in an address are not accepted."),
    "quoted-local": (
        "علامات الاقتباس قبل @ غير مقبولة.",
        "Quotation marks before the @ are not accepted.",
    ),
    "several": (
        "يجب أن يظهر عنوان واحد فقط.",
        "Exactly one address may be shown, and the name may not show another one.",
    ),
    "non-ascii-local": (
        "ما قبل @ يجب أن يكون بالأحرف اللاتينية.",
        "The part before the @ must be plain ASCII.",
    ),
    "bidi": ("محارف تغيير اتجاه النص غير مقبولة.", "Characters that change the text direction are refused."),
    "too-long": ("العنوان أو القائمة أطول من المسموح.", "The address or the list is longer than allowed."),
    "domain": ("نطاق العنوان غير مقبول.", "The domain of the address is not acceptable."),
}

# Dot-string of RFC 5321 section 4.1.2, less "%" and "!" (routes in disguise), "*" and "/" (they separate names
# in logins and mailbox paths), "?" (encoded words) and apostrophes at an end (taken for quotation marks).
_ATOM = "[A-Za-z0-9#$&'+=^_`{|}~-]+"
_LOCAL = re.compile(rf"(?!'|.*'\Z){_ATOM}(?:\.{_ATOM})*")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OVERRIDE = re.compile("[\u202a-\u202e]")
_ISOLATES = re.compile("[\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x08\n-\x1f\x7f-\x9f\u2028\u2029]")
_TOKEN = re.compile(
    r"""(?P<word>[^ \t"<>()\[\]\\,:;]+)
    |(?P<space>[ \t]+)
    |(?P<angle><[^<>]*+>)
    |(?P<quoted>"[^"\\]*+(?:\\.[^"\\]*+)*+")
    |(?P<comma>,)""",
    re.VERBOSE,
)
_QUOTED_PAIR = re.compile(r"\\(.)")
_SPECIAL_CODE: dict[str, Code] = {"(": "comment", ")": "comment", ":": "group", ";": "semicolon"}

# What mail programs write: a name of printable ASCII and Arabic that can hold no address, and one angle bracket.
_USUAL_MAILBOX = re.compile(
    # quoted string, or words without specials of RFC 5322 section 3.2.3 but the full stop
    r'[ \t]*+(?:"([ !#-;=?A-\[\]-~\u0600-\u061b\u061d-\u06ff]*+)"[ \t]*+'
    r"|([ \t!#-'*+./0-9=?A-Z^-~\u0600-\u061b\u061d-\u06ff-]*+))<([^<>]*+)>[ \t]*+",
)
_USUAL_DISPLAY = re.compile("[ -;=?A-~\u0600-\u061b\u061d-\u06ff]*")
# Control, format, surrogate, private and unassigned characters, line and paragraph separators.
_UNSHOWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS_AND_MARKS = dict.fromkeys(map(ord, "\u200c\u200d\u200e\u200f\u061c\u2066\u2067\u2068\u2069"))
_AROUND_ADDRESS = " '\"()"


class AddressRefused(ValueError):
    """The text is not one acceptable address: `code` says why, `ar` and `en` say it to people.

    `text` is the refused text, cut to 256 characters. It is hostile: never show it unescaped.
    """

    def __init__(self, code: Code, text: str) -> None:
        self.code: Code = code
        self.text = text[:256]
        self.ar, self.en = EXPLANATIONS[code]
        super().__init__(f"{code}: {self.en}")


@dataclass(frozen=True, slots=True)
class Address:
    """One mail address: `local` as written, `domain` canonical (lower-case ASCII, A-labels).

    Compare addresses by `key`. Making one of parts that are not valid and canonical raises AddressRefused.
    """

    local: str
    domain: str

    def __post_init__(self) -> None:
        if len(self.local) > LOCAL_OCTETS or len(self.local) + len(self.domain) + 3 > PATH_OCTETS:
            raise AddressRefused("too-long", str(self))
        if not _LOCAL.fullmatch(self.local):
            raise AddressRefused("syntax", str(self))
        if canonical_domain(self.domain) != self.domain:
            raise AddressRefused("domain", str(self))

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def key(self) -> str:
        """The directory key: the canonical address in lower case."""
        return f"{self.local.lower()}@{self.domain}"

    @property
    def readable(self) -> str:
        """The address as people read it: A-labels of the domain shown as U-labels."""
        return f"{self.local}@{unicode_domain(self.domain)}"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox of a header field: the address, and the decoded display name (empty when there is none)."""

    address: Address
    display: str = ""


def parse_address(text: str) -> Address:
    """Read one bare address (addr-spec, RFC 5322 section 3.4.1): the command line, settings, certificates."""
    return _addr_spec(text)


def parse_domain(text: str) -> str:
    """Return the canonical form of a domain alone, or raise AddressRefused."""
    if not text:
        raise AddressRefused("empty", text)
    if _BIDI.search(text):
        raise AddressRefused("bidi", text)
    domain = canonical_domain(text)
    if domain is None:
        raise AddressRefused("domain", text)
    return domain


def parse_path(value: str | bytes) -> Address | None:
    """Read a Reverse-path or Forward-path (RFC 5321 section 4.1.2) without its parameters; None is `<>`.

    `<Postmaster>` without a domain is refused here.
    """
    text = _text(value, PATH_OCTETS)
    if text == "<>":
        return None
    if not (text.startswith("<") and text.endswith(">")):
        raise AddressRefused("syntax" if text else "empty", text)
    return _addr_spec(text[1:-1])


def parse_from(value: bytes) -> Mailbox:
    """Read the unfolded value of a From or Sender field: exactly one mailbox (RFC 5322 section 3.6.2).

    Unfolded means that each CRLF before white space is gone (section 2.2.3); any CR or LF left is refused.
    """
    text = _text(value, FROM_OCTETS)
    usual = _usual_mailbox(text)
    if usual:
        return usual
    mailboxes = _mailboxes(text)
    if not mailboxes:
        raise AddressRefused("empty", text)
    if len(mailboxes) > 1:
        raise AddressRefused("several", text)
    return mailboxes[0]


def parse_list(value: bytes) -> tuple[Mailbox, ...]:
    """Read the unfolded value of a To, Cc or Reply-To field: mailboxes between commas, () when empty."""
    text = _text(value, LIST_OCTETS)
    usual = _usual_mailbox(text)
    return (usual,) if usual else tuple(_mailboxes(text))


def _text(value: str | bytes, octets: int) -> str:
    """Return the value as text within the limit."""
    if len(value) > octets:
        raise AddressRefused("too-long", ascii(value[:80]))
    if isinstance(value, str):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise AddressRefused("syntax", ascii(value[:80])) from None


def _usual_mailbox(text: str) -> Mailbox | None:
    """Read the shapes that mail programs write, at once; None leaves the text to the whole grammar.

    It returns what `_mailboxes` would return and raises nothing that it would not raise.
    """
    usual = _USUAL_MAILBOX.fullmatch(text)
    if usual is None:
        return None
    quoted, words, bracketed = usual.groups()
    address = _addr_spec(bracketed)
    return Mailbox(address, _display(quoted or words or "", address))


def _addr_spec(text: str) -> Address:
    local, at, host = text.partition("@")
    if at and _LOCAL.fullmatch(local) and (domain := canonical_domain(host)):
        return Address(local, domain)
    raise AddressRefused(_why_no_addr_spec(text), text)


def _why_no_addr_spec(text: str) -> Code:
    """Name the first thing that is wrong with a text that is no addr-spec."""
    local, at, domain = text.rpartition("@")
    checks: tuple[tuple[bool, Code], ...] = (
        (not text, "empty"),
        (bool(_BIDI.search(text)), "bidi"),
        (len(text) + 2 > PATH_OCTETS, "too-long"),
        (bool(_CONTROL.search(text)), "syntax"),
        ("(" in text or ")" in text, "comment"),
        (text.startswith("@") and ":" in text, "route"),
        ('"' in text, "quoted-local"),
        ("%" in local or "!" in local, "route"),
        ("[" in domain or "]" in domain, "domain"),
        (":" in text, "group"),
        (";" in text, "semicolon"),
        ("," in text or "@" in local, "several"),
        (any(character in " \t<>" for character in text), "syntax"),
        (not at or not local, "syntax"),
        (not local.isascii(), "non-ascii-local"),
        (len(local) > LOCAL_OCTETS, "too-long"),
        (bool(_LOCAL.fullmatch(local)), "domain"),
    )
    return next((code for wrong, code in checks if wrong), "syntax")


def _mailboxes(text: str) -> list[Mailbox]:
    if _OVERRIDE.search(text):
        raise AddressRefused("bidi", text)
    if _CONTROL.search(text):
        raise AddressRefused("syntax", text)
    mailboxes: list[Mailbox] = []
    parts: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise AddressRefused(_SPECIAL_CODE.get(text[position], "syntax"), text)
        position = token.end()
        if token.lastgroup == "comma":
            mailboxes.append(_mailbox(parts, text))
            parts = []
            if len(mailboxes) == LIST_MAILBOXES:
                raise AddressRefused("too-long", text)
        else:
            parts.append((token.lastgroup or "", token[0]))
    if mailboxes or any(kind != "space" for kind, _ in parts):
        mailboxes.append(_mailbox(parts, text))
    return mailboxes


def _mailbox(parts: list[tuple[str, str]], text: str) -> Mailbox:
    """Read the tokens between two commas: a bare addr-spec, or a display name and an address in brackets."""
    while parts and parts[-1][0] == "space":
        parts.pop()
    if not parts:
        raise AddressRefused("syntax", text)
    kind, last = parts[-1]
    before = parts[:-1]
    if kind == "angle" and not any(other == "angle" or _shows_address(other, word) for other, word in before):
        address = _addr_spec(last[1:-1])
        return Mailbox(address, _display(_written(before), address))
    if kind == "word" and all(other == "space" for other, _ in before):
        return Mailbox(_addr_spec(last))
    raise AddressRefused(_why_no_mailbox(parts), text)


def _shows_address(kind: str, word: str) -> bool:
    return kind == "word" and "@" in word


def _why_no_mailbox(parts: list[tuple[str, str]]) -> Code:
    addresses = sum(kind == "angle" or _shows_address(kind, word) for kind, word in parts)
    if any(kind == "word" and word.startswith("@") for kind, word in parts) and parts[0][0] == "quoted":
        return "quoted-local"
    return "several" if addresses > 1 else "syntax"


def _written(phrase: list[tuple[str, str]]) -> str:
    """Return the phrase (RFC 5322 section 3.2.5) as text: quotation marks and quoted pairs resolved."""
    return "".join(_QUOTED_PAIR.sub(r"\1", word[1:-1]) if kind == "quoted" else word for kind, word in phrase)


def _display(written: str, address: Address) -> str:
    """Return the decoded display name, after checking what a reader can see in it, decoded or not."""
    if len(written) > FROM_OCTETS:
        raise AddressRefused("too-long", written)
    written = written.replace("\t", " ")
    _check_display(written, address)
    decoded = written
    if "=?" in written:
        # Some programs write encoded words inside quotation marks, and most decode them there, against
        # RFC 2047 section 5: so they are decoded wherever they stand.
        decoded, _ = decode_encoded_words(written)  # an undecodable word keeps its "=?"
        # Others decode before they look for the address: an unpaired quotation mark would hide it from them.
        if "=?" in decoded or "\\" in decoded or decoded.count('"') % 2:
            raise AddressRefused("syntax", written)
        _check_display(decoded, None)
    if len(decoded) > DISPLAY_CHARACTERS:
        raise AddressRefused("too-long", decoded)
    return " ".join(decoded.split())


def _isolates_close(display: str) -> bool:
    """Whether every isolate ends inside the name (UAX 9 section 3.1.2), so that it turns nothing behind it."""
    depth = 0
    for isolate in _ISOLATES.findall(display):
        depth += -1 if isolate == "\u2069" else 1
        if depth < 0:
            return False
    return depth == 0


def _check_display(display: str, own: Address | None) -> None:
    """Refuse a display name in which a reader could see an address, unless it is `own` and nothing else."""
    if _USUAL_DISPLAY.fullmatch(display):
        return
    if _OVERRIDE.search(display) or not _isolates_close(display):
        raise AddressRefused("bidi", display)
    shown = unicodedata.normalize("NFKC", display.translate(_JOINERS_AND_MARKS))
    if any(unicodedata.category(character) in _UNSHOWN for character in shown):
        raise AddressRefused("syntax", display)
    if "<" in shown or ">" in shown:
        raise AddressRefused("syntax", display)
    if "@" not in shown:
        return
    if own is None or shown.strip(_AROUND_ADDRESS).lower() not in {own.key, own.readable.lower()}:
        raise AddressRefused("several", display)
