"""Check what people type, and say in one line what is wrong with it."""

import re
from datetime import UTC, datetime

from admin_cli.acts import InputFault
from policies.addresses.address import parse_address
from policies.addresses.domain_name import canonical_domain
from policies.header_protection import read_demands
from policies.people.identity import Right
from policies.words.arabic import strip_controls
from policies.words.calendar import QATAR

_CODE = re.compile(r"[A-Z][A-Z0-9]{1,15}")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}(?:@[a-z0-9.-]{1,190})?")


def agency_code(text: str) -> str:
    """Return a code in capitals. Raises InputFault."""
    code = text.upper()
    if not _CODE.fullmatch(code):
        raise InputFault(
            f"agency code {text!r}: two to sixteen Latin letters and digits, a letter first",
            f"رمز الجهة {text!r}: من حرفين إلى ستة عشر حرفاً لاتينياً ورقماً، أولها حرف",
        )
    return code


def domain_name(text: str) -> str:
    """Return a domain in its canonical form. Raises InputFault."""
    found = canonical_domain(text)
    if not found:
        raise InputFault(
            f"domain {text!r} is not a valid mail domain", f"النطاق {text!r} ليس نطاق بريد صحيحاً"
        )
    return found


def address(text: str) -> str:
    """Return an office address in its canonical form. Raises AddressRefused."""
    return parse_address(text).key


def login(text: str) -> str:
    """Return a login in lower case. Raises InputFault."""
    found = text.lower()
    if not _LOGIN.fullmatch(found):
        raise InputFault(
            f"login {text!r}: Latin letters, digits, dots and dashes, e.g. name.family",
            f"اسم الدخول {text!r}: حروف لاتينية وأرقام ونقاط وشرطات، مثل name.family",
        )
    return found


def name(text: str, option: str) -> str:
    """Return a name without control characters. Raises InputFault when nothing is left or it is too long."""
    found = strip_controls(text).strip()
    if not found or len(found) > 200:
        raise InputFault(f"{option} needs 1 to 200 characters", f"{option} يحتاج إلى 1 حتى 200 حرف")
    return found


def header_demands(text: str) -> str:
    """Return an agency's own demand on header protection as it is kept; "" is none of its own. Raises InputFault."""
    if not text.strip():
        return ""
    try:
        demands = read_demands(text)
    except ValueError as fault:
        raise InputFault(
            f"--header-protection {text!r}: {fault}",
            f"‎--header-protection {text!r}: اكتب off أو warn أو enforce، ولصيغة بعينها: 'warn, openpgp: enforce'",
        ) from None
    return ", ".join(f"{name}: {demand}" if name else str(demand) for name, demand in demands.items())


def rights(text: str) -> frozenset[Right]:
    """Return rights from a comma-separated list. Raises InputFault."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    known = {right.value for right in Right}
    names = ", ".join(sorted(known))
    for word in words:
        if word not in known:
            raise InputFault(
                f"unknown right {word!r}; known: {names}", f"صلاحية غير معروفة {word!r}؛ المعروف: {names}"
            )
    if not words:
        raise InputFault(
            f"--may needs at least one of {names}", f"‎--may يحتاج إلى واحدة على الأقل من {names}"
        )
    return frozenset(Right(word) for word in words)


def day(text: str, option: str) -> datetime:
    """Return the start (in UTC) of a day YYYY-MM-DD in Qatar. Raises InputFault."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=QATAR).astimezone(UTC)
    except ValueError:
        raise InputFault(
            f"{option} takes a date as YYYY-MM-DD, not {text!r}",
            f"{option} يقبل تاريخاً مثل 2026-11-24 لا {text!r}",
        ) from None
