"""Recompute everything that the store claims, and name what differs.

What is checked: the log (records, hashes, size, checkpoints with their signatures), letters and recipients against
their evidence both ways, the registers' numbers, every message's octets, every mailbox entry, and on SQLite the
file itself.

What cannot be found here: a log whose end was cut off together with everything it told, and whose checkpoint was
then signed again with the log's own key. Nothing inside contradicts it. Only a witness outside, who keeps an
earlier checkpoint and asks for a consistency proof, sees it.
"""

from collections.abc import Callable

from sqlalchemy import Connection

from mailstore.integrity.findings import EnoughError, Fault, Findings, Report
from mailstore.integrity.letters import check_letters, check_registers
from mailstore.integrity.log import Verified, check_log
from mailstore.integrity.mailboxes import check_messages

__all__ = ["Fault", "Report", "verify"]


def verify(connection: Connection, check_note: Callable[[str], str]) -> Report:
    """Recompute everything; the report names what is wrong, the first bad record of the log first.

    `connection` must see one snapshot: `store.read(lambda connection: verify(connection, …))`. `check_note` returns
    the body of a signed note, or raises ValueError when no valid signature of the log's key stands under it. Rows
    are read in small groups; a verification that finds a thousand faults ends there.
    """
    found = Findings()
    verified: Verified | None = None

    def log() -> None:
        nonlocal verified
        verified = check_log(connection, found, check_note)

    parts: dict[str, Callable[[], None]] = {
        "log": log,
        "letters": lambda: check_letters(connection, found),
        "registers": lambda: check_registers(connection, found),
        "messages": lambda: check_messages(connection, found, verified.receipts if verified else None),
        "database": lambda: _check_file(connection, found),
    }
    for name, check in parts.items():
        try:
            with connection.begin_nested():
                check()
        except EnoughError:
            break
        except Exception as fault:  # noqa: BLE001 - a damaged row can raise anything: that is a finding, too
            text = str(getattr(fault, "orig", None) or fault).partition("\n")[0]
            found.faults.append(_unreadable(f"{name}: {type(fault).__name__}: {text}"))
    return Report(dict(found.checked), tuple(found.faults))


def _unreadable(where: str) -> Fault:
    found = Findings()
    found.add("unreadable", where)
    return found.faults[0]


def _check_file(connection: Connection, found: Findings) -> None:
    """Let SQLite compare its tables with their indexes and look for rows that refer to nothing."""
    if connection.dialect.name != "sqlite":
        return
    for (line,) in connection.exec_driver_sql("PRAGMA integrity_check").all():
        found.expect(line == "ok", "database", line)
    for table, rowid, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        found.add("database", f"{table} row {rowid} refers to a row of {parent} that is not there")
