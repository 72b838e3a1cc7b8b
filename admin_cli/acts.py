"""What commands do with an instance: open it, read from it, change it (or only say what would change)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from admin_cli.globals import current
from gateway.instance import Instance, open_instance
from mailstore.transaction import Reading, Unit

T = TypeVar("T")


class InputFault(Exception):
    """What was given cannot be used: one line with file, row and fix."""


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
