"""Render a receipt's sections for people: plain text and HTML. Pure.

Invariants:
- Every character of a fact is escaped; markup comes from this file alone. No link, image, script or anything
  remote, so opening a receipt tells nobody anything.
- Isolates of the text become `bdi` elements: the sections keep them balanced.
- Colours have a contrast of at least 4.5:1 (WCAG 2.2 section 1.4.3), and none carries meaning alone.
"""

import html
from collections.abc import Sequence

from policies.receipts.text import Listing, Row, Section, Table

WIDTH = 76  # a label and its value on one line, else the value below
_DIRECTION = {"ar": "rtl", "en": "ltr"}
_ISOLATES = {"\u2066": '<bdi dir="ltr">', "\u2068": "<bdi>", "\u2069": "</bdi>", "\n": "<br>"}

# On white: text 17:1, labels 6.9:1, the heading's line is decoration.
_STYLE = """
body{margin:0;padding:16px;background:#ffffff;color:#1a1a1a;
font-family:"Segoe UI",Tahoma,Arial,"Noto Sans Arabic",sans-serif;font-size:15px;line-height:1.6}
section{max-width:48em;margin:0 auto 28px}
h1{font-size:21px;line-height:1.4;margin:0 0 8px;padding:0 0 6px;border-bottom:3px solid #8a1538}
h2{font-size:16px;margin:18px 0 4px}
p{margin:4px 0}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #c9c9c9;padding:5px 9px;text-align:start;vertical-align:top;overflow-wrap:anywhere}
th{color:#4d4d4d;background:#f4f4f4;font-weight:normal;width:27%}
.listing th{color:#1a1a1a;width:38%}
.note{color:#4d4d4d;font-size:13px}
"""


def plain_text(sections: Sequence[Section]) -> str:
    """Return the sections as lines of text, one fact a line, ended by LF."""
    return "\n\n\n".join("\n".join(_lines(one)) for one in sections) + "\n"


def _lines(section: Section) -> list[str]:
    lines = [section.title, ""]
    for statement in section.statements:
        lines += wrapped("", statement)
    for table in section.tables:
        lines += ["", table.heading]
        if isinstance(table, Table):
            lines += _rows("  ", table.rows)
        else:
            for number, (name, rows) in enumerate(table.entries, start=1):
                first, *more = wrapped("     ", _joined(name))
                lines += [f"  {number}. {first.strip()}", *more, *_rows("     ", rows)]
    lines.append("")
    for note in section.notes:
        lines += wrapped("", note)
    return lines


def _rows(indent: str, rows: Sequence[Row]) -> list[str]:
    return [line for label, value in rows for line in _labelled(indent, label, value)]


def _labelled(indent: str, label: str, value: str) -> list[str]:
    value = _joined(value)
    line = f"{indent}{label}: {value}"
    return [line] if len(line) <= WIDTH else [f"{indent}{label}:", *wrapped(f"{indent}  ", value)]


def wrapped(indent: str, text: str) -> list[str]:
    """Return text as lines within the width, broken at spaces, but never inside an isolate: it ends with its line."""
    lines, line, depth = [], "", 0
    for word in text.split(" "):
        if depth == 0 and line and len(indent) + len(line) + 1 + len(word) > WIDTH:
            lines.append(indent + line)
            line = word
        else:
            line = f"{line} {word}" if line else word
        depth += sum(word.count(mark) for mark in "\u2066\u2068") - word.count("\u2069")
    return [*lines, indent + line]


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


def _table(table: Table | Listing) -> str:
    if isinstance(table, Table):
        start, rows = "<table>", [(label, _cell(value)) for label, value in table.rows]
    else:
        start, rows = '<table class="listing">', [(name, _lines_of(own)) for name, own in table.entries]
    body = "\n".join(f'<tr><th scope="row">{_cell(name)}</th><td>{value}</td></tr>' for name, value in rows)
    return f"<h2>{_cell(table.heading)}</h2>\n{start}\n{body}\n</table>"


def _lines_of(rows: Sequence[Row]) -> str:
    return "<br>".join(f"{_cell(label)}: {_cell(value)}" for label, value in rows)


def _cell(text: str) -> str:
    escaped = html.escape(text)
    for mark, markup in _ISOLATES.items():
        escaped = escaped.replace(mark, markup)
    return escaped
