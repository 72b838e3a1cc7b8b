"""Time. One injected clock for everything that decides or records; tests put their own in its place."""

from collections.abc import Callable
from datetime import datetime

from mailstore.database.transaction import utc_now

Clock = Callable[[], datetime]

__all__ = ["Clock", "utc_now"]
