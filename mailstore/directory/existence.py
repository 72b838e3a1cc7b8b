"""Whether a row that is named is there, or is not there yet: said in the same words everywhere."""

from typing import Any

from sqlalchemy import Connection, select

from mailstore.faults import Conflict, NotFound

_ARABIC = {
    "agency": "الجهة",
    "certificate": "الشهادة",
    "domain": "النطاق",
    "key": "المفتاح",
    "login": "اسم الدخول",
    "office": "المكتب",
}


def known(connection: Connection, column: Any, value: str, what: str) -> None:
    """Hold that a row has this value in a column. Raises NotFound, which calls the value `what`."""
    if connection.scalar(select(column).where(column == value)) is None:
        raise NotFound(f"no {what} {value}", f"لا يوجد: {_ARABIC[what]} {value}")


def unknown(connection: Connection, column: Any, value: str, what: str) -> None:
    """Hold that no row has this value in a column. Raises Conflict, which calls the value `what`."""
    if connection.scalar(select(column).where(column == value)) is not None:
        raise Conflict(f"{what} {value} exists already", f"موجود من قبل: {_ARABIC[what]} {value}")
