"""How many connections are open: in total, from one source address, by one account.

Invariant: whoever was let in (`CROWDED` included) is counted until `leave`; who was refused (`FULL`) is not.
"""

from collections import Counter
from enum import Enum
from ipaddress import IPv6Address, ip_address


class Entry(Enum):
    """What a new connection is told: come in; come in to hear that there is no room; or nothing at all."""

    WELCOME = "welcome"
    CROWDED = "crowded"
    FULL = "full"


def neighbourhood(source: str) -> str:
    """Return the key under which a source address is counted.

    An IPv4 address stands for itself, also when mapped into IPv6; an IPv6 address stands for its /64, because
    one host may take any address of it. Anything else (a socket without a name) stands for itself.
    """
    if ":" not in source:
        return source
    try:
        address = ip_address(source.partition("%")[0])
    except ValueError:
        return source
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"


class Connections:
    """The open connections of one listener.

    `total` and `per_source` are what is served. A quarter more in total, or twice as many of one source, are
    still let in so that they can be told why they are not served; beyond that one is dropped unheard, before
    its TLS handshake costs anything.
    """

    def __init__(self, total: int, per_source: int, per_account: int) -> None:
        self._total = total
        self._per_source = per_source
        self._per_account = per_account
        self._open = 0
        self._sources: Counter[str] = Counter()
        self._accounts: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._open

    def enter(self, source: str) -> Entry:
        """Count a new connection from the IP address `source`, unless the answer is `Entry.FULL`."""
        key = neighbourhood(source)
        mine = self._sources[key] + 1
        everyone = self._open + 1
        if mine > 2 * self._per_source or everyone > self._total + self._total // 4 + 1:
            return Entry.FULL
        self._sources[key] = mine
        self._open = everyone
        return Entry.CROWDED if mine > self._per_source or everyone > self._total else Entry.WELCOME

    def leave(self, source: str) -> None:
        """Count a connection from `source` as gone."""
        _less(self._sources, neighbourhood(source))
        self._open -= 1

    def log_in(self, account: str) -> bool:
        """Count a session of `account`; False (and not counted) when it has as many as it may have."""
        if self._accounts[account] >= self._per_account:
            return False
        self._accounts[account] += 1
        return True

    def log_out(self, account: str) -> None:
        """Count a session of `account` as gone."""
        _less(self._accounts, account)


def _less(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
