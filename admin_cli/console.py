"""How commands print: tables for people, one JSON document or one document a line for programs.

Invariant: what a program reads goes to stdout in a stable form; what only people read never mixes into it.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from admin_cli.globals import current
from policies.words.arabic import isolate, strip_controls

_OBEYED = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # JSON itself escapes what is below a blank


def document(value: Mapping[str, Any]) -> None:
    """Print one JSON document; under `--dry-run` it says so. What a terminal could obey is escaped."""
    marked = {**value, "dry_run": True} if current().dry_run else value
    text = json.dumps(marked, ensure_ascii=False)
    print(_OBEYED.sub(lambda character: f"\\u{ord(character[0]):04x}", text))


def say(ar: str, en: str) -> None:
    """Print a sentence for people in their language; nothing when a program reads."""
    if not (current().json or current().ndjson):
        print(isolate(ar) if current().lang == "ar" else strip_controls(en))


def result(value: Mapping[str, Any], ar: str, en: str) -> None:
    """Print the result of a change: JSON for programs, a sentence for people."""
    if current().json or current().ndjson:
        document(value)
    else:
        say(ar, en)


def rows(name: str, found: Iterable[Mapping[str, Any]], columns: Sequence[tuple[str, str, str]]) -> None:
    """Print a list: `{name: […]}` with --json, a line each with --ndjson, else a table.

    `columns` are (member, Arabic heading, English heading).
    """
    if current().ndjson:
        for row in found:
            document(row)
        return
    if current().json:
        document({name: list(found)})
        return
    table(found, columns)


def table(found: Iterable[Mapping[str, Any]], columns: Sequence[tuple[str, str, str]]) -> None:
    """Print a table with real headings; Arabic cells are isolated so that digits and addresses stay in order."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    arabic = current().lang == "ar"
    printed = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for _member, ar, en in columns:
        printed.add_column(ar if arabic else en, overflow="fold")
    for row in found:
        printed.add_row(*(cell(row.get(member)) for member, _ar, _en in columns))
    Console(soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 200).print(
        printed, markup=False
    )


def cell(value: Any) -> str:
    """Return a value as one safe line of a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else ""
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(cell(one) for one in value)
    text = strip_controls(str(value))
    return text if text.isascii() else isolate(text)
