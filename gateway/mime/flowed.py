"""Flowed text, in which lines were broken to be joined again (RFC 3676), for search; never for display.

Invariants:
- Total, and linear in the length of the text.
- A line is joined to the next only at the same depth of quotation (section 4.5); "-- " ends no line softly (4.3).
"""

import re

_SIGNATURE = "-- "
_LINE = re.compile(r"[^\n]*+\n|[^\n]++")


def joined(text: str, *, delete_space: bool) -> str:
    """Return the text with its soft line breaks taken out, and the blanks that `DelSp=yes` says were added."""
    lines: list[str] = []
    soft, depth_before, end = False, 0, ""
    for written in _LINE.findall(text):
        line = written.rstrip("\r\n")
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")  # space-stuffing (section 4.4)
        signature = content == _SIGNATURE
        if not (soft and depth == depth_before and not signature):
            lines.append(end)
            lines.append(">" * depth + " " if depth else "")
        soft, depth_before, end = content.endswith(" ") and not signature, depth, written[len(line) :]
        lines.append(content[:-1] if soft and delete_space else content)
    return "".join([*lines, end])
