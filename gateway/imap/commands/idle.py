"""IDLE (RFC 2177): changes are told as they come.

Invariant: an idling session costs no work until something changes; then its rights are looked up before it is told.
"""

from gateway.imap.reply import Ending, Reply, bad, done
from gateway.imap.session import Session
from gateway.imap.wire import responses
from gateway.imap.wire.commands import Idle
from gateway.imap.wire.framing import Fatal
from gateway.runtime.faults import Unavailable


async def idle(session: Session, _command: Idle) -> Reply:
    """IDLE."""
    connection, view = session.connection, session.view
    session.put(responses.continuation("Idling"))
    if view is not None:
        view.wake = connection.nudge
    session.busy = False
    try:
        await _tell(session)
        while True:
            line = await connection.hear_line_or_nudge()
            if line is None:
                await _tell(session)
            elif isinstance(line, Fatal):
                raise Ending(line.text)
            elif line.octets.upper() == b"DONE":
                return done("Idle ended")
            elif line.octets.endswith(b"}"):  # what follows may be a literal: it must not be read as commands
                raise Ending("Expected DONE")
            else:
                raise bad("Expected DONE")
    finally:
        session.busy = True
        if view is not None:
            view.wake = None


async def _tell(session: Session) -> None:
    if session.shared.draining:
        raise Ending("The service is stopping")
    session.check_rights()
    try:
        await session.tell(expunges=True)
    except Unavailable:
        return  # told when it can be looked up again
    await session.drain()
