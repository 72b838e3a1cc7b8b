"""Render a receipt's sections for people: plain text and HTML. Pure.

Invariants:
- Every character of a fact is escaped; markup comes from this file alone. No link, image, script or anything
  remote, so opening a receipt tells nobody anything.
- Isolates of the text become `bdi` elements: the sections keep them balanced.
- Colours have a contrast of at least 4.5:1 (WCAG 2.2 section 1.4.3), and none carries meaning alone.
"""

import html
from collections.abc import Sequence

from policies.receipt_text import Section, Table

WIDTH = 76  # a label and its value on one line, else the value below
_DIRECTION = {"ar": "rtl", "en": "ltr"}
_ISOLATES = {"\u2066": '<bdi dir="ltr">', "\u2068": "<bdi>", "\u2069": "</bdi>", "\n": "<br>"}

# On white: text 17:1, labels 6.9:1, the heading's line is decoration.
_STYLE = """
body{margin:0;padding:16px;background:#ffffff;color:#1a1a1a;
font-family:"Noto Sans Arabic","Segoe UI",Tahoma,Arial,sans-serif;font-size:15px;line-height:1.6}
section{max-width:46em;margin:0 auto 28px}
h1{font-size:21px;line-height:1.4;margin:0 0 8px;padding:0 0 6px;border-bottom:3px solid #8a1538}
h2{font-size:16px;margin:18px 0 4px}
p{margin:4px 0}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #c9c9c9;padding:5px 9px;text-align:start;vertical-align:top;overflow-wrap:anywhere}
th{color:#4d4d4d;background:#f4f4f4;font-weight:normal}
th[scope=row]{width:30%}
.note{color:#4d4d4d;font-size:13px}
"""


def plain_text(sections: Sequence[Section]) -> str:
    """Return the sections as lines of text, one fact a line, ended by LF."""
    return "\n\n\n".join("\n".join(_lines(one)) for one in sections) + "\n"


def _lines(section: Section) -> list[str]:
    lines = [section.title, "", *section.statements]
    for table in section.tables:
        lines += ["", table.heading]
        if table.columns:
            for number, row in enumerate(table.rows, start=1):
                lines += _numbered(number, table.columns, row)
        else:
            for label, value in table.rows:
                lines += _labelled("  ", label, value)
    return [*lines, "", *section.notes]


def _numbered(number: int, columns: tuple[str, ...], row: tuple[str, ...]) -> list[str]:
    first, *rest = row
    lines = [f"  {number}. {_joined(first)}"]
    for label, value in zip(columns[1:], rest, strict=True):
        lines += _labelled("     ", label, value)
    return lines


def _labelled(indent: str, label: str, value: str) -> list[str]:
    value = _joined(value)
    line = f"{indent}{label}: {value}"
    return [line] if len(line) <= WIDTH else [f"{indent}{label}:", f"{indent}  {value}"]


def _joined(cell: str) -> str:
    return cell.replace("\n", " ")


def page(sections: Sequence[Section]) -> str:
    """Return the sections as one HTML document, in the language of the first."""
    first = sections[0]
    body = "".join(_section(one) for one in sections)
    return (
        f'<!DOCTYPE html>\n<html lang="{first.language}" dir="{_DIRECTION[first.language]}">\n'
        '<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(first.title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    blocks = [f"<h1>{_cell(section.title)}</h1>"]
    blocks += [f"<p>{_cell(one)}</p>" for one in section.statements]
    blocks += [_table(one) for one in section.tables]
    blocks += [f'<p class="note">{_cell(one)}</p>' for one in section.notes]
    attributes = f'dir="{_DIRECTION[section.language]}" lang="{section.language}"'
    return f"<section {attributes}>\n" + "\n".join(blocks) + "\n</section>\n"


def _table(table: Table) -> str:
    rows = []
    if table.columns:
        cells = "".join(f'<th scope="col">{_cell(one)}</th>' for one in table.columns)
        rows.append(f"<tr>{cells}</tr>")
        rows += ["<tr>" + "".join(f"<td>{_cell(one)}</td>" for one in row) + "</tr>" for row in table.rows]
    else:
        rows += [
            f'<tr><th scope="row">{_cell(label)}</th><td>{_cell(value)}</td></tr>'
            for label, value in table.rows
        ]
    return f"<h2>{_cell(table.heading)}</h2>\n<table>\n" + "\n".join(rows) + "\n</table>"


def _cell(text: str) -> str:
    escaped = html.escape(text)
    for mark, markup in _ISOLATES.items():
        escaped = escaped.replace(mark, markup)
    return escaped
