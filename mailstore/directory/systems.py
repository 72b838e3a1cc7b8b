"""What a legacy system may do, changed after it was added."""

from sqlalchemy import update

from mailstore.database import schema
from mailstore.database.transaction import Unit
from mailstore.directory import directory
from mailstore.faults import NotFound


def change_system(unit: Unit, login: str, *, split_recipients: bool) -> None:
    """Set whether a system may split a letter's recipients over several transactions. Raises NotFound."""
    accounts = schema.accounts
    found = unit.connection.execute(
        update(accounts)
        .where(accounts.c.login == login, accounts.c.kind == "system")
        .values(split_recipients=split_recipients)
    )
    if found.rowcount == 0:
        raise NotFound(f"no system {login}", f"لا يوجد نظام {login}")
    directory.changed(unit)
