"""The accounts that a login looks up: by name for a password, by certificate for a proof of TLS."""

from gateway.login.attempts import Credentials
from gateway.runtime.directory import CurrentDirectory
from gateway.runtime.offload import Offload
from mailstore.directory.credentials import live_passwords, login_of_certificate
from policies.people.directory import Directory
from policies.people.identity import Account


class Accounts:
    """Finds accounts in the store; the two methods are the ports of `gateway.login.attempts.Login`.

    `officers_by_certificate`: whether an officer's certificate counts; a system's always does.
    """

    def __init__(
        self, offload: Offload, directory: CurrentDirectory, *, officers_by_certificate: bool
    ) -> None:
        self._offload = offload
        self._directory = directory
        self._officers_by_certificate = officers_by_certificate

    async def credentials(self, login: str) -> Credentials | None:
        """Return what an account proves itself with, None when there is none. Raises Unavailable."""
        directory = await self._directory.get()
        passwords = await self._offload.read(lambda connection: live_passwords(connection, login))
        account = _account(directory, login, "password")
        if account is None:
            return None  # after as much work as for a known one
        hashes = tuple(one.hash for one in passwords)
        keys = tuple(keys for one in passwords for keys in one.scram.split())
        return Credentials(account, hashes, directory.version, keys)

    async def of_certificate(self, sha256: str) -> Account | None:
        """Return the account whose certificate has this SHA-256 (hex), None when there is none. Raises Unavailable."""
        login = await self._offload.read(lambda connection: login_of_certificate(connection, sha256))
        account = _account(await self._directory.get(), login, "certificate") if login else None
        if account is None or (account.officer is not None and not self._officers_by_certificate):
            return None
        return account


def _account(directory: Directory, login: str, method: str) -> Account | None:
    officer, system = directory.officers.get(login), directory.systems.get(login)
    return Account(login, method, officer, system) if officer or system else None
