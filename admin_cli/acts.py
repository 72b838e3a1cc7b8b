"""What commands do with an instance: open it, read from it, change it (or only say what would change)."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from admin_cli.globals import UsageFault, current
from gateway.instance.home import Instance, open_instance
from mailstore.database.transaction import Reading, Unit

T = TypeVar("T")


class InputFault(Exception):
    """What was given cannot be used: one line with file, row and fix, in English, and as `text_ar` in Arabic."""

    def __init__(self, text: str, text_ar: str) -> None:
        super().__init__(text)
        self.text_ar = text_ar


def arabic(fault: BaseException) -> str:
    """Return what a fault says in Arabic, or what it says at all."""
    return str(getattr(fault, "text_ar", "") or getattr(fault, "ar", "") or fault)


def unreadable(file: Path, fault: OSError) -> InputFault:
    """Return what is said of a file that cannot be read."""
    return InputFault(f"{file}: cannot be read: {fault.strerror}", f"{file}: تعذّرت قراءته: {fault.strerror}")


def ask(ar: str, en: str) -> None:
    """Ask a person before what cannot be undone; `--yes` answers, and `--dry-run` undoes nothing.

    Raises UsageFault when nobody is there to ask, or the answer is no.
    """
    if current().yes or current().dry_run:
        return
    if not sys.stdin.isatty():
        raise UsageFault(
            f"{en} This cannot be undone: add --yes to say so", f"{ar} لا رجوع عن ذلك: أضف ‎--yes للتأكيد"
        )
    arabic_first = current().lang == "ar"
    print(f"{ar} [نعم/لا] " if arabic_first else f"{en} [yes/no] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().casefold() not in {"y", "yes", "ن", "نعم"}:
        raise UsageFault("nothing was done", "لم يُنفَّذ شيء")


class _DryRun(Exception):
    def __init__(self, result: object) -> None:
        super().__init__()
        self.result = result


@contextmanager
def instance() -> Iterator[Instance]:
    """Open the instance that `--home` names."""
    opened = open_instance(current().home)
    try:
        yield opened
    finally:
        opened.close()


def read(act: Callable[[Reading], T]) -> T:
    """Run one reading act on the instance."""
    with instance() as opened:
        return opened.store.read(act)


def change(act: Callable[[Unit], T]) -> T:
    """Run one change on the instance; with `--dry-run` it is carried out and taken back."""
    with instance() as opened:
        return apply(opened, act)


def apply(opened: Instance, act: Callable[[Unit], T]) -> T:
    """Run one change on an opened instance; with `--dry-run` it is carried out and taken back."""
    if not current().dry_run:
        return opened.store.write(act)

    def taken_back(unit: Unit) -> T:
        raise _DryRun(act(unit))

    try:
        return opened.store.write(taken_back)
    except _DryRun as done:
        return done.result  # type: ignore[return-value]
