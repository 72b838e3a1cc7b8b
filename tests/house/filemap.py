"""Writes the list of rooms and files in docs/house.md from the first sentence of each module's docstring.

Run it after a file was added or its purpose changed: `python tests/house/filemap.py`.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "house.md"
PACKAGES = ("policies", "mailstore", "gateway", "admin_cli")
BEGIN, END = "<!-- files: begin -->\n", "<!-- files: end -->\n"


def purpose(path: Path) -> str:
    """The first sentence of a module's docstring, on one line; empty when there is none."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.:])\s(?=[A-Z`])", first)[0].rstrip(".:")


def listing() -> str:
    """The whole list: a heading a room, a line a file."""
    lines: list[str] = []
    for package in PACKAGES:
        for room in sorted({path.parent for path in (ROOT / package).rglob("*.py")}):
            if room.name == "versions":
                continue  # numbered steps, each of which says what it does
            name = room.relative_to(ROOT).as_posix()
            lines.append(f"\n### `{name}/`\n\n{purpose(room / '__init__.py')}\n")
            files = [path for path in sorted(room.glob("*.py")) if not path.name.startswith("__")]
            lines += [f"- `{path.name}`: {purpose(path)}" for path in files]
    return "\n".join(lines).lstrip("\n") + "\n"


def rewritten(page: str) -> str:
    """The page with today's list between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{listing()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
