"""Render a receipt for people: one small HTML document, Arabic first. Pure.

Invariants:
- Every character of a fact is escaped; markup comes from this file alone. No link, image, script or anything
  remote, so opening a receipt tells nobody anything.
- Isolates of the text become `bdi` elements: the text keeps them balanced.
- End tags are left out where HTML allows it (13.1.2.4), and each cell begins a line: a receipt is small (ADR 0011), and
  what a program without HTML makes of it still reads as label and value.
"""

import html
from collections.abc import Sequence

from policies.receipts.text import Line, News, Reading, Row

_ISOLATES = {"\u2066": "<bdi>", "\u2068": "<bdi>", "\u2069": "</bdi>"}
_BEGIN = (
    "<!DOCTYPE html>\n<html lang=ar dir=rtl>\n<style>body{font:15px/1.6 Tahoma,sans-serif}"
    "table{border-collapse:collapse}td+td+td{direction:ltr}</style>\n"
)
_TABLE = "<table border=1 cellpadding=6>\n"
_ENGLISH = "<div dir=ltr lang=en>"


def page(reading: Reading) -> str:
    """Return the whole document."""
    news = "".join(map(_news, reading.news))
    return f"{_BEGIN}{news}{_TABLE}{''.join(map(_row, reading.rows))}</table>\n"


def _news(news: News) -> str:
    told = f"<h3>{_text(news.title)}</h3>\n<p>{' '.join(map(_text, news.statements))}</p>\n"
    return told if news.language == "ar" else f"{_ENGLISH}{told}</div>\n"


def _row(row: Row) -> str:
    return f"<tr><td>{_text(row.label_ar)}\n<td>{_value(row.lines)}\n<td>{_text(row.label_en)}\n"


def _value(lines: Sequence[Line]) -> str:
    value = ""
    for line in lines:
        text = _text(line.text)
        if line.language == "en":
            value += f"{_ENGLISH}{text}</div>"
        else:
            value += f"<br>{text}" if value and not value.endswith("</div>") else text
    return value


def _text(text: str) -> str:
    escaped = html.escape(text, quote=False)
    for mark, markup in _ISOLATES.items():
        escaped = escaped.replace(mark, markup)
    return escaped
