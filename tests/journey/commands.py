"""A command line in the test's own process: what it prints, and its exit code."""

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from admin_cli.main import run


@dataclass(frozen=True)
class Done:
    """What a command said."""

    code: int
    out: str
    err: str


def command(home: Path, *words: str) -> Done:
    """Run `murasalat WORDS --home HOME`."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            run([*words, "--home", str(home)])
        except SystemExit as ended:
            code = int(ended.code or 0)
    assert "Traceback" not in err.getvalue()
    return Done(code, out.getvalue(), err.getvalue())
