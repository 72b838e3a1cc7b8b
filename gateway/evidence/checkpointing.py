"""Sign checkpoints of the log: at least once a minute while there is something new.

A checkpoint is a C2SP signed note over the log's origin, size and root; outside witnesses keep and compare them.
"""

import asyncio
import logging
from collections.abc import Callable

from gateway.instance.home import Instance
from gateway.runtime.faults import Unavailable
from gateway.runtime.offload import Offload
from gateway.signatures.notes import verify_note
from mailstore.database.transaction import Unit
from mailstore.evidence.checkpoints import sign_due

PERIOD_SECONDS = 30.0
_journal = logging.getLogger("murasalat.log")


def sign_due_checkpoint(unit: Unit, instance: Instance) -> bool:
    """Sign a checkpoint when the log grew since the last one; return whether it did."""
    origin = instance.config.instance.origin
    return sign_due(unit, lambda body: instance.log_key.note(origin, body), origin)


def note_checker(instance: Instance) -> Callable[[str], str]:
    """Return a check of a checkpoint's signature; it raises ValueError, or returns the note's body."""
    origin, public = instance.config.instance.origin, instance.log_key.public
    return lambda note: verify_note(note, origin, public)


async def keep_signing(instance: Instance, offload: Offload, stop: asyncio.Event) -> None:
    """Sign what is due each period until `stop`, and once more at the end."""
    while True:
        try:
            await offload.write(lambda unit: sign_due_checkpoint(unit, instance))
        except Unavailable as fault:
            _journal.warning("no checkpoint could be signed: %s", fault)
        except Exception:  # noqa: BLE001 - the next period tries again: checkpoints must not end with one fault
            _journal.exception("no checkpoint could be signed")
        if stop.is_set():
            return
        try:
            await asyncio.wait_for(stop.wait(), PERIOD_SECONDS)
        except TimeoutError:
            continue
