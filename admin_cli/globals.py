"""Options that every command takes, wherever they stand on the line, and the exit codes.

`murasalat --json letter trace X` and `murasalat letter trace X --json` are the same. The options are taken off the line
before the command's own parser sees it, so no command can forget one.
"""

import os
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import NoReturn


class Exit(IntEnum):
    """Exit codes of every command."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    REFUSED = 3
    NOT_FOUND = 4
    CHECK_FAILED = 5
    TEMPORARY = 75


@dataclass(frozen=True, slots=True)
class Globals:
    """What the options that every command takes were set to."""

    home: Path = Path("murasalat-home")
    json: bool = False
    ndjson: bool = False
    lang: str = "en"
    dry_run: bool = False
    yes: bool = False
    debug: bool = False


class UsageFault(Exception):
    """The line is off: one sentence in English, and as `text_ar` in Arabic."""

    def __init__(self, text: str, text_ar: str) -> None:
        super().__init__(text)
        self.text_ar = text_ar


_FLAGS = {"--json", "--ndjson", "--dry-run", "--yes", "--debug"}
DEFAULT_HOME = "murasalat-home"
HELP = (
    ("--home DIR", "instance directory (or MURASALAT_HOME)"),
    ("--json", "one JSON document on stdout"),
    ("--ndjson", "one JSON document a line, for lists"),
    ("--lang ar|en", "language of what people read (or MURASALAT_LANG)"),
    ("--dry-run", "say what would change, change nothing"),
    ("--yes", "do not ask"),
    ("--debug", "show a traceback when something unexpected happens"),
)


def take(argv: list[str]) -> tuple[Globals, list[str]]:
    """Split the line into the global options and the rest. Raises UsageFault."""
    home, lang = os.environ.get("MURASALAT_HOME", DEFAULT_HOME), os.environ.get("MURASALAT_LANG", "en")
    flags: set[str] = set()
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if word == "--":
            rest.extend([word, *words])
        elif word in _FLAGS:
            flags.add(word)
        elif name in {"--home", "--lang"}:
            given = value if equals else next(words, "")
            if not given:
                raise UsageFault(f"{name} needs a value", f"{name} يحتاج إلى قيمة")
            home, lang = (given, lang) if name == "--home" else (home, given)
        else:
            rest.append(word)
    found = Globals(
        home=Path(home),
        json="--json" in flags,
        ndjson="--ndjson" in flags,
        lang=_language(lang),
        dry_run="--dry-run" in flags,
        yes="--yes" in flags,
        debug="--debug" in flags,
    )
    return found, rest


def _language(word: str) -> str:
    if word not in {"ar", "en"}:
        raise UsageFault(f"--lang takes ar or en, not {word}", f"‎--lang يقبل ar أو en لا {word}")
    return word


_current = Globals()


def current() -> Globals:
    """Return the options of this run."""
    return _current


def set_current(found: Globals) -> None:
    """Remember the options of this run."""
    globals()["_current"] = found


def leave(code: Exit, *lines: str) -> NoReturn:
    """End the command: lines to stderr, without what a terminal could obey, then the exit code."""
    from policies.words.arabic import strip_controls

    for line in lines:
        print(strip_controls(line), file=sys.stderr)
    raise SystemExit(int(code))
