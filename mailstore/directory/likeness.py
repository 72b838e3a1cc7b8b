"""Nobody is enrolled under a name or a domain that readers take for another's, and nobody's rights stray by a slip.

Each function holds one thing and raises Conflict, which says in both languages what is like what and what to do.
Suspended agencies count: their letters are still in the mailboxes.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from mailstore.database import schema
from mailstore.faults import Conflict
from policies.addresses.domain_name import skeleton, unicode_domain
from policies.people.names import GATEWAY_NAMES, lookalike

_WHOSE = {"agency": ("agency", "الجهة"), "office": ("office", "المكتب"), "officer": ("officer", "الموظف")}


def hold_domain(domain: str, enrolled: Iterable[tuple[str, str]]) -> None:
    """Hold that a domain is not like, above or below one of those enrolled (code, domain)."""
    for code, other in enrolled:
        if skeleton(other) == skeleton(domain):
            raise Conflict(*_alike(domain, other, code))
        if domain.endswith(f".{other}") or other.endswith(f".{domain}"):
            raise Conflict(*_nested(domain, other, code))


def hold_name(
    kind: str, key: str, names: Iterable[str], agencies: Iterable[tuple[str, tuple[str, ...]]]
) -> None:
    """Hold that no name of an agency, office or officer is like one of those agencies' (code, names), or the gateway's.

    `kind` is agency, office or officer, and `key` its code, address or login.
    """
    others = [*agencies, ("", GATEWAY_NAMES)]
    for name in names:
        for code, taken in others:
            if lookalike(name, taken):
                raise Conflict(*_same_name(kind, key, name, code))


def hold_agency(connection: Connection, code: str, domain: str, names: tuple[str, ...]) -> None:
    """Hold that a new agency's domain and names are nobody else's."""
    table = schema.agencies.c
    rows = connection.execute(select(table.code, table.domain)).all()
    hold_domain(domain, [(row.code, row.domain) for row in rows])
    hold_name("agency", code, names, _others(connection, {code}))


def hold_office(connection: Connection, address: str, agency: str, names: tuple[str, ...]) -> None:
    """Hold that an office is not named like another agency than its own, or like the gateway."""
    hold_name("office", address, names, _others(connection, {agency}))


def hold_officer(connection: Connection, login: str, names: tuple[str, ...]) -> None:
    """Hold that a person is not named like an agency or like the gateway."""
    hold_name("officer", login, names, _others(connection, set()))


def hold_at_home(connection: Connection, login: str, office: str) -> None:
    """Hold that an officer is granted no other agency's office than those held, or than the login's domain says."""
    home, agency = home_of(connection, login), _agency_of(connection, office)
    if home is not None and agency is not None and home != agency:
        raise Conflict(
            f"{login} is of agency {home} and office {office} of {agency}: repeat the command with --across-agencies "
            "if a person of one agency is to act for another",
            f"الحساب {login} للجهة {home} والمكتب {office} للجهة {agency}: أعد الأمر مع ‎--across-agencies إن كان "
            "المقصود أن يعمل موظف جهة باسم جهة أخرى",
        )


def home_of(connection: Connection, login: str) -> str | None:
    """Return the code of the agency that a login belongs to, or None when nothing says so.

    It is that of its primary office, else of the first one granted, else the one whose domain the login ends in.
    """
    grants, offices, agencies = schema.grants.c, schema.offices.c, schema.agencies.c
    held: str | None = connection.scalar(
        select(offices.agency)
        .join(schema.grants, grants.office == offices.address)
        .where(grants.login == login)
        .order_by(grants.is_primary.desc(), grants.granted_at, grants.office)
        .limit(1)
    )
    if held is not None or "@" not in login:
        return held
    found: str | None = connection.scalar(
        select(agencies.code).where(agencies.domain == login.rpartition("@")[2])
    )
    return found


def _agency_of(connection: Connection, office: str) -> str | None:
    offices = schema.offices.c
    found: str | None = connection.scalar(select(offices.agency).where(offices.address == office))
    return found


def _others(connection: Connection, own: set[str]) -> list[tuple[str, tuple[str, ...]]]:
    table = schema.agencies.c
    rows = connection.execute(select(table.code, table.name_ar, table.name_en)).all()
    return [(row.code, (row.code, row.name_ar, row.name_en)) for row in rows if row.code not in own]


def _alike(domain: str, enrolled: str, code: str) -> tuple[str, str]:
    one, other = unicode_domain(domain), unicode_domain(enrolled)
    confusing = "readers could take one for the other; choose a domain that differs to the eye"
    return (
        f"domain {one} looks like {other} of {code}: {confusing}",
        f"النطاق {one} يشبه {other} للجهة {code}: قد يخلط القارئ بينهما؛ اختر نطاقاً تميّزه العين",
    )


def _nested(domain: str, enrolled: str, code: str) -> tuple[str, str]:
    one, other = unicode_domain(domain), unicode_domain(enrolled)
    below = domain.endswith(f".{enrolled}")
    english, arabic = ("below", "تحت") if below else ("above", "فوق")
    remedy = "choose a domain beside it"
    return (
        f"domain {one} is {english} {other} of {code}: addresses of one would read as the other's; {remedy}",
        f"النطاق {one} يقع {arabic} {other} للجهة {code}: تُقرأ عناوين أحدهما كأنها للآخر؛ اختر نطاقاً مستقلاً عنه",
    )


def _same_name(kind: str, key: str, name: str, code: str) -> tuple[str, str]:
    english, arabic = _WHOSE[kind]
    whose = (f"agency {code}", f"الجهة {code}") if code else ("the Murasalat gateway", "بوابة مراسلات")
    return (
        f'{english} {key}: the name "{name}" looks like the name of {whose[0]}; choose one that differs to the eye',
        f"{arabic} {key}: الاسم «{name}» يشبه اسم {whose[1]}؛ اختر اسماً تميّزه العين",
    )
