"""Arguments of EHLO, MAIL and RCPT: text in, values out.

RFC 5321 section 4.1.2, with SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), AUTH (RFC 4954 section 5)
and DSN (RFC 3461). Addresses are not read here, only told apart from what follows them.

Invariants:
- A value keeps its case; only keywords and the fixed words of BODY, RET and NOTIFY do not have one.
- A keyword that EHLO did not offer, a repeated one and a wrong value are refused, never left out.
"""

import re
from dataclasses import dataclass

ENVID_CHARACTERS = 100  # RFC 3461 section 4.4
ORCPT_CHARACTERS = 500  # RFC 3461 section 4.2

_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+")  # RFC 3461 section 4
_XTEXT_UTF8 = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2}|[^\x00-\x9f])+")  # with RFC 6533 section 3's unitext
_XTEXT_HEX = re.compile(r"\+([0-9A-F]{2})")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
_CLIENT = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
_SIZE = re.compile(r"[0-9]{1,20}")  # RFC 1870 section 4
_NOTIFY = {"SUCCESS", "FAILURE", "DELAY"}

_SYNTAX = (501, "5.5.4")
_UNKNOWN = (555, "5.5.4")


class ArgumentRefused(Exception):
    """The argument is not acceptable; `codes` and `text` are the reply."""

    def __init__(self, text: str, codes: tuple[int, str] = _SYNTAX) -> None:
        self.codes = codes
        self.text = text
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class MailParameters:
    """The parameters of MAIL; an empty word or None where one was not given."""

    size: int | None = None
    body: str = ""
    smtputf8: bool = False
    auth: str = ""
    ret: str = ""
    envid: str = ""


@dataclass(frozen=True, slots=True)
class RcptParameters:
    """The parameters of RCPT; `notify` is empty and `orcpt` "" where they were not given."""

    notify: frozenset[str] = frozenset()
    orcpt: str = ""


NO_RCPT_PARAMETERS = RcptParameters()


def client_name(argument: str) -> str:
    """Return the name that EHLO or HELO gives: letters, digits and `.-_:[]`, for it goes into `Received`."""
    if not _CLIENT.fullmatch(argument):
        raise ArgumentRefused("Give a host name or an address literal")
    return argument


def split_path(argument: str, keyword: str) -> tuple[str, str]:
    """Split `FROM:<path> parameters` (or `TO:`) into the path with its brackets, and the parameters.

    One space after the colon is passed over, as old clients send it. The path may be any text in brackets.
    """
    if argument[: len(keyword)].upper() != keyword:
        raise ArgumentRefused(f"Say {keyword}<address>", (501, "5.5.2"))
    rest = argument[len(keyword) :].removeprefix(" ")
    end = _end_of_path(rest)
    if end < 0 or rest[end : end + 1] not in {"", " "}:
        raise ArgumentRefused(f"Say {keyword}<address>", (501, "5.5.2"))
    return rest[:end], rest[end + 1 :]


def _end_of_path(text: str) -> int:
    """Return where the path at the start of `text` ends, or -1; a quoted string may hold brackets."""
    if not text.startswith("<"):
        return -1
    if '"' not in text:
        return text.find(">") + 1 or -1
    quoted = False
    position = 1
    while position < len(text):
        character = text[position]
        if quoted and character == "\\":
            position += 1
        elif character == '"':
            quoted = not quoted
        elif character == ">" and not quoted:
            return position + 1
        position += 1
    return -1


def mail_parameters(text: str) -> MailParameters:
    """Read the parameters of MAIL."""
    given = _keywords(text)
    smtputf8 = "SMTPUTF8" in given
    if given.pop("SMTPUTF8", None) is not None:
        raise ArgumentRefused("SMTPUTF8 has no value")
    size = _valued(given, "SIZE")
    if size and not _SIZE.fullmatch(size):
        raise ArgumentRefused("SIZE is a number of octets")
    parameters = MailParameters(
        size=int(size) if size else None,
        body=_word(given, "BODY", {"7BIT", "8BITMIME"}),
        smtputf8=smtputf8,
        auth=_xtext(given, "AUTH", ORCPT_CHARACTERS, smtputf8=smtputf8),
        ret=_word(given, "RET", {"FULL", "HDRS"}),
        envid=_xtext(given, "ENVID", ENVID_CHARACTERS, smtputf8=False),
    )
    _nothing_left(given)
    return parameters


def rcpt_parameters(text: str, *, smtputf8: bool = False) -> RcptParameters:
    """Read the parameters of RCPT; `smtputf8` as MAIL had it."""
    if not text:
        return NO_RCPT_PARAMETERS
    given = _keywords(text)
    notify = _notify(_valued(given, "NOTIFY"))
    orcpt = _valued(given, "ORCPT")
    if orcpt and not _is_orcpt(orcpt, smtputf8=smtputf8):
        raise ArgumentRefused("ORCPT is addr-type;xtext of printable characters (RFC 3461)")
    _nothing_left(given)
    return RcptParameters(notify, orcpt)


def _is_orcpt(orcpt: str, *, smtputf8: bool) -> bool:
    """Whether it is `addr-type;xtext`; beyond ASCII only with SMTPUTF8 and the type `utf-8` (RFC 6533 section 3)."""
    kind, semicolon, address = orcpt.partition(";")
    xtext = _XTEXT_UTF8 if smtputf8 and kind.lower() == "utf-8" else _XTEXT
    return (
        len(orcpt) <= ORCPT_CHARACTERS
        and bool(semicolon and _ATOM.fullmatch(kind) and xtext.fullmatch(address))
        and orcpt.isprintable()
        and _stands_for_printable(address)
    )


def _stands_for_printable(xtext: str) -> bool:
    """Whether what is hex-coded is printable ASCII, as both ENVID and ORCPT demand: they end up in lines of reports."""
    return all("20" <= code <= "7E" for code in _XTEXT_HEX.findall(xtext))


def decoded_xtext(text: str) -> str:
    """Return what `text` in xtext stands for (RFC 3461 section 4); octets that are no UTF-8 become U+FFFD."""
    octets = re.sub(rb"\+([0-9A-F]{2})", lambda match: bytes.fromhex(match[1].decode()), text.encode())
    return octets.decode("utf-8", "replace")


def _keywords(text: str) -> dict[str, str | None]:
    given: dict[str, str | None] = {}
    for word in text.split(" "):
        if not word:
            continue  # more than one space between two parameters
        keyword, equals, value = word.partition("=")
        upper = keyword.upper()
        if not _KEYWORD.fullmatch(keyword) or (equals and not value) or upper in given:
            raise ArgumentRefused("Parameters are KEYWORD=value, each once")
        given[upper] = value if equals else None
    return given


def _valued(given: dict[str, str | None], keyword: str) -> str:
    """Take a keyword's value out of `given`; "" when it was not given."""
    if keyword not in given:
        return ""
    value = given.pop(keyword)
    if value is None:
        raise ArgumentRefused(f"{keyword} needs a value")
    return value


def _word(given: dict[str, str | None], keyword: str, words: set[str]) -> str:
    value = _valued(given, keyword).upper()
    if value and value not in words:
        raise ArgumentRefused(f"{keyword} is {' or '.join(sorted(words))}")
    return value


def _xtext(given: dict[str, str | None], keyword: str, longest: int, *, smtputf8: bool) -> str:
    value = _valued(given, keyword)
    if keyword == "AUTH" and value == "<>":
        return value
    xtext = _XTEXT_UTF8 if smtputf8 else _XTEXT
    printable = keyword == "AUTH" or _stands_for_printable(value)  # AUTH is never reported
    if value and (len(value) > longest or not xtext.fullmatch(value) or not printable):
        raise ArgumentRefused(f"{keyword} is xtext of at most {longest} characters (RFC 3461)")
    return value


def _notify(value: str) -> frozenset[str]:
    if not value:
        return frozenset()
    words = value.upper().split(",")
    if words == ["NEVER"]:
        return frozenset(words)
    if not set(words) <= _NOTIFY or len(set(words)) < len(words):
        raise ArgumentRefused("NOTIFY is NEVER, or some of SUCCESS, FAILURE, DELAY")
    return frozenset(words)


def _nothing_left(given: dict[str, str | None]) -> None:
    if given:
        raise ArgumentRefused(f"The parameter {next(iter(given))[:40]} is not known here", _UNKNOWN)
