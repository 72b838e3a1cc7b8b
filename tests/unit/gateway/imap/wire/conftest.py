"""What every test of the wire needs: octets in, events or one parsed command out."""

from collections.abc import Callable

import pytest
from hypothesis import settings

from gateway.imap.wire.commands import Command
from gateway.imap.wire.framing import CommandReader, Event, Fatal, Frame, NeedContinuation, NeedData
from gateway.imap.wire.limits import Limits, logged_in
from gateway.imap.wire.parser import parse

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")  # a slow machine is no failure

Pull = Callable[..., list[Event]]
Read = Callable[..., Command]


def pull_all(octets: bytes, limits: Limits | None = None, piece: int | None = None) -> list[Event]:
    reader = CommandReader(limits or logged_in())
    step = piece or max(len(octets), 1)
    events: list[Event] = []
    for at in range(0, len(octets), step):
        reader.feed(octets[at : at + step])
        while not isinstance(event := reader.next(), NeedData):
            events.append(event)
            if isinstance(event, Fatal):
                return events
    return events


def read_one(octets: bytes, *, utf8: bool = False, rev2: bool = False) -> Command:
    frames = [event for event in pull_all(octets) if not isinstance(event, NeedContinuation)]
    assert len(frames) == 1, frames
    assert isinstance(frames[0], Frame), frames
    return parse(frames[0], utf8=utf8, rev2=rev2)


@pytest.fixture(scope="session")
def pull() -> Pull:
    return pull_all


@pytest.fixture(scope="session")
def read() -> Read:
    return read_one
