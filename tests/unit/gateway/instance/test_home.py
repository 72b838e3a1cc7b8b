"""An instance is made whole or not at all, its files are its owner's, and nothing is ever replaced."""

import stat
from pathlib import Path

import pytest
from harness import now

from gateway.config.reading import FILE, ConfigError
from gateway.config.tree import Config, DatabaseSection, InstanceSection, ListenSection
from gateway.instance import founding
from gateway.instance.founding import create
from gateway.instance.home import database_url, open_instance, policy_settings
from gateway.signatures.sealing import Sealer
from mailstore.database.transaction import Unit
from mailstore.directory.directory import add_agency, snapshot
from mailstore.faults import Conflict, StoreFault, StoreUnavailable
from policies.people.identity import Agency
from policies.settings import PolicySettings

CONFIG = Config(listen=ListenSection(submission_port=0, imap_port=0))
STEPS = ["create_authority", "create_server", "LogSigner", "Sealer", "initialise", "Store", "write_secret"]


class Broken(Exception):
    """What stands for a full disk, a missing gpg, a killed database."""


def failing(*_arguments: object, **_named: object) -> None:
    raise Broken


def fill(unit: Unit) -> None:
    add_agency(unit, Agency("MOJ", "moj.gov.example", "وزارة العدل", "Ministry of Justice"))


def test_what_is_made_opens_and_is_the_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    create(home, CONFIG, now(), fill)
    public = {home / "ca.pem", home / "server.pem"}
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for path in home.iterdir():
        if path.is_file() and path not in public:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((home / "seal").stat().st_mode) == 0o700
    opened = open_instance(home)
    try:
        assert list(opened.store.read(snapshot).agencies) == ["MOJ"]
        assert opened.issuer.node == "node-1"
        assert len(bytes.fromhex(opened.issuer.key_id)) == 4
        assert opened.path("ca.pem") == home / "ca.pem"
        assert opened.path("/etc/x.pem") == Path("/etc/x.pem")
    finally:
        opened.close()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("stands", [True, False], ids=["folder there", "folder made"])
def test_a_step_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, stands: bool
) -> None:
    home = tmp_path / "deep" / "home"
    if stands:
        home.mkdir(parents=True, mode=0o700)
        (home / "notes.txt").write_text("mine", encoding="utf-8")
    whole = getattr(founding, step)
    if isinstance(whole, type):
        broken: object = type("Broken", (whole,), {"__init__": failing, "create": failing})
    else:
        broken = failing
    with monkeypatch.context() as patched:
        patched.setattr(founding, step, broken)
        with pytest.raises(Broken):
            create(home, CONFIG, now(), fill)
    if stands:
        assert [one.name for one in home.iterdir()] == ["notes.txt"]
    else:
        assert list(tmp_path.iterdir()) == []


def test_after_a_failure_the_same_can_be_made(tmp_path: Path) -> None:
    home = tmp_path / "home"

    def twice(unit: Unit) -> None:
        fill(unit)
        fill(unit)

    with pytest.raises(Conflict):
        create(home, CONFIG, now(), twice)
    assert not home.exists()
    create(home, CONFIG, now(), fill)
    open_instance(home).close()


@pytest.mark.parametrize("name", [FILE, "ca.key", "ca.pem", "server.key", "log.key", "seal", "murasalat.db"])
def test_what_is_there_is_never_replaced(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / name).write_text("precious", encoding="utf-8")
    with pytest.raises(ConfigError, match=name):
        create(home, CONFIG, now())
    assert [(one.name, one.read_text(encoding="utf-8")) for one in home.iterdir()] == [(name, "precious")]


def test_a_second_instance_in_the_same_place_is_refused(bare_home: Path) -> None:
    before = {one.name: one.stat().st_mtime_ns for one in bare_home.iterdir()}
    with pytest.raises(ConfigError, match="exists here already"):
        create(bare_home, CONFIG, now())
    assert {one.name: one.stat().st_mtime_ns for one in bare_home.iterdir()} == before


def test_a_home_that_cannot_be_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for home in (tmp_path / "file", tmp_path / "file" / "home"):
        with pytest.raises(ConfigError, match="cannot be made"):
            create(home, CONFIG, now())
    assert (tmp_path / "file").read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize(
    "config",
    [
        CONFIG.model_copy(update={"instance": InstanceSection(receipts="no address")}),
        CONFIG.model_copy(update={"instance": InstanceSection(origin="two\nlines")}),
        CONFIG.model_copy(update={"database": DatabaseSection(url="sqlite:///no/such/folder/m.db")}),
        CONFIG.model_copy(update={"database": DatabaseSection(url="postgresql+psycopg://127.0.0.1:1/none")}),
    ],
    ids=["address", "origin", "folder", "server"],
)
def test_settings_that_cannot_be_used_leave_nothing(tmp_path: Path, config: Config) -> None:
    home = tmp_path / "home"
    with pytest.raises((StoreFault, StoreUnavailable, RuntimeError)):
        create(home, config, now())
    assert not home.exists()


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("sqlite:///murasalat.db", "sqlite:///{home}/murasalat.db"),
        ("sqlite:///sub/../m.db", "sqlite:///{home}/m.db"),
        ("sqlite:////srv/m.db", "sqlite:////srv/m.db"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_a_relative_database_counts_from_the_home(tmp_path: Path, url: str, found: str) -> None:
    config = Config(database=DatabaseSection(url=url))
    assert database_url(tmp_path, config) == found.format(home=tmp_path.resolve())


def test_the_rules_are_set_as_configured() -> None:
    assert policy_settings(Config()) == PolicySettings()
    policy = Config().policy
    changes: dict[str, object] = {
        "max_size": 2048,
        "max_recipients": 7,
        "signature_oldest_hours": 1,
        "signature_newest_minutes": 1,
        "rsa_bits": 4096,
        "header_protection": "enforce",
        "header_protection_grades": ("restricted",),
        "html_scripts": "allow",
        "html_forms": "allow",
        "html_remote": "allow",
        "html_alternatives": "allow",
        "html_alone": "allow",
        "macros": "allow",
        "date_days": 8,
    }
    assert set(changes) == set(type(policy).model_fields)
    versions = {PolicySettings().version}
    for name, value in changes.items():
        one = Config().model_copy(update={"policy": policy.model_copy(update={name: value})})
        versions.add(policy_settings(one).version)
    assert len(versions) == len(changes) + 1


def test_the_sealing_key_is_for_the_receipts_address(bare_home: Path) -> None:
    with Sealer(bare_home / "seal", Config().instance.receipts) as sealer:
        assert sealer.fingerprint


def test_an_existing_home_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "open"
    home.mkdir(mode=0o700)
    home.chmod(0o750)
    with pytest.raises(ConfigError, match="chmod 700") as refused:
        create(home, Config(), now())
    assert "chmod 700" in refused.value.text_ar
    assert list(home.iterdir()) == []
