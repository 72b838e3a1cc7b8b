"""A real store, a real sealing key and a real log key."""

import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from gateway.receipts.issuing import Receipting
from gateway.receipts.message import Sealing
from gateway.runtime.offload import Offload
from gateway.signatures.notes import LogSigner
from gateway.signatures.sealing import Sealer
from mailstore.database.transaction import Store, Unit
from mailstore.directory import directory
from mailstore.upgrade import initialise
from policies.evidence import Issuer
from policies.people.identity import Agency, Grant, Office, Officer, Right
from tests.unit.gateway.receipts.registry import ADDRESS, AGENCIES, MOJ, ORIGIN, Clock, Registry


@pytest.fixture(scope="session")
def sealer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealer]:
    with Sealer(tmp_path_factory.mktemp("seal"), ADDRESS) as sealer:
        sealer.create()
        yield sealer


@pytest.fixture(scope="session")
def log_key(tmp_path_factory: pytest.TempPathFactory) -> LogSigner:
    return LogSigner.create(tmp_path_factory.mktemp("log") / "log.key")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(tmp_path: Path, clock: Clock, log_key: LogSigner) -> Iterator[Registry]:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    initialise(url, ORIGIN)
    store = Store(url, clock=clock)

    def enrol(unit: Unit) -> None:
        for code, domain, name_ar, name_en in AGENCIES:
            directory.add_agency(unit, Agency(code, domain, name_ar, name_en))
            office = Office(f"registry@{domain}", code, "السجل العام", "General Registry")
            directory.add_office(unit, office)
        grant = Grant(MOJ, frozenset({Right.SEND, Right.READ}), primary=True)
        sender = Officer("a.sender", "أحمد المرسل", "Ahmad Sender", "كاتب", "Clerk", grants=(grant,))
        directory.add_officer(unit, sender, "not a hash")

    store.write(enrol)
    yield Registry(store, clock, Issuer("node-1", log_key.key_id(ORIGIN).hex()))
    store.close()


@pytest.fixture
async def receipting(
    registry: Registry, sealer: Sealer, clock: Clock, log_key: LogSigner
) -> AsyncIterator[Receipting]:
    offload = Offload(registry.store)
    yield Receipting(offload, sealer, registry.issuer, ADDRESS, clock, log_key.sign)
    offload.close()


@pytest.fixture(scope="session")
def gpg(sealer: Sealer, tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes, bytes], str]:
    """A real gpg that knows the gateway's public key alone: returns its status lines for (data, signature)."""
    home = tmp_path_factory.mktemp("gpg")
    home.chmod(0o700)
    command = ["gpg", "--homedir", str(home), "--batch", "--no-autostart", "--status-fd", "1"]
    subprocess.run([*command, "--import"], input=sealer.public_key(), check=True, capture_output=True)

    def verify(data: bytes, signature: bytes) -> str:
        (home / "data").write_bytes(data)
        (home / "data.asc").write_bytes(signature)
        done = subprocess.run(
            [*command, "--trust-model", "always", "--verify", str(home / "data.asc"), str(home / "data")],
            capture_output=True,
            check=False,
        )
        return done.stdout.decode("utf-8", "replace")

    return verify


@pytest.fixture
def sealing(sealer: Sealer, log_key: LogSigner) -> Sealing:
    key_id = log_key.key_id(ORIGIN).hex()
    return Sealing(ADDRESS, sealer.public_key(), sealer.sign, key_id, log_key.sign)


@pytest.fixture(scope="session")
def unsealed(sealer: Sealer, log_key: LogSigner) -> Sealing:
    """For what the signature has no part in: one real signature, made once, over something else."""
    signature = sealer.sign(b"something else\r\n")
    return Sealing(ADDRESS, sealer.public_key(), lambda _: signature, "0badcafe", log_key.sign)
