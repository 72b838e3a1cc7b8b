"""Engines and disks that fail under a running gateway: a deferral, nothing kept, and service back when they are."""

import os
import resource
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from harness import Site, Where, now, send, submission

from tests.journey.audit import assert_intact, log_size, numbers, wait_for_receipts

SENDER, TO = "registry@moj.gov.example", "registry@mof.gov.example"


def prepared(site: Site) -> Site:
    site.officer("clerk.moj", SENDER)
    site.signer(SENDER)
    return site


def attempt(site: Site, where: Where, octets: bytes) -> tuple[int, str]:
    with submission(where, "clerk.moj", site.secrets["clerk.moj"]) as client:
        return send(client, SENDER, (TO,), octets)


def deferred(reply: tuple[int, str]) -> bool:
    code, text = reply
    return code == 451 and text.startswith("4.3.0 ") and "[UNAVAILABLE]" in text


# ── Engines ─────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def keyrings_gone(site: Site, _tools: Path) -> Iterator[None]:
    (keyrings,) = (site.home / "verify").glob("keyrings-*")
    keyrings.rename(site.home / "verify" / "away")
    try:
        yield
    finally:
        (site.home / "verify" / "away").rename(keyrings)


def gpg_that(does: str) -> Callable[[Site, Path], AbstractContextManager[None]]:
    @contextmanager
    def broken(_site: Site, tools: Path) -> Iterator[None]:
        (tools / "broken").write_text(does, encoding="utf-8")
        try:
            yield
        finally:
            (tools / "broken").unlink()

    return broken


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder first in PATH whose gpg is the real one, until the file `broken` says what it does instead."""
    folder = tmp_path / "tools"
    folder.mkdir()
    real = shutil.which("gpg")
    script = f'#!/bin/sh\n[ -e "{folder}/broken" ] && . "{folder}/broken"\nexec {real} "$@"\n'
    (folder / "gpg").write_text(script, encoding="utf-8")
    (folder / "gpg").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


DAMAGE: dict[str, Callable[[Site, Path], AbstractContextManager[None]]] = {
    "keyrings gone": keyrings_gone,
    "gpg fails": gpg_that("exit 2\n"),
    "gpg says nothing": gpg_that("exit 0\n"),
    "gpg is killed": gpg_that("kill -KILL $$\n"),
    "gpg prints another's lines": gpg_that("echo '[GNUPG:] GOODSIG'; exit 0\n"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_an_engine_that_fails_is_no_verdict(site: Site, tools: Path, damage: str) -> None:
    prepared(site)
    octets, second = site.letter(SENDER, TO), site.letter(SENDER, TO)
    with site.serving() as where:
        before = log_size(site)
        with DAMAGE[damage](site, tools):
            for _attempt in range(2):
                reply = attempt(site, where, octets)
                assert deferred(reply), reply
        assert log_size(site) == before
        assert numbers(site) == []
        code, text = attempt(site, where, octets)
        assert code == 250, text
        assert text.split()[1] == f"MOJ/{now().year}/000001"
        with DAMAGE[damage](site, tools):  # the key's keyring is made by now
            reply = attempt(site, where, second)
            assert deferred(reply), reply
        assert numbers(site) == [1]


# ── Disks ───────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def small_disk(path: Path, octets: int) -> Iterator[Path]:
    path.mkdir()
    options = f"size={octets},mode=0700"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("a small disk needs the right to mount one")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def fill(path: Path) -> None:
    """Write until nothing more fits."""
    with path.open("ab", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk needs the right to mount one")
def test_a_full_disk_defers_and_recovers(bare_home: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4 << 20) as disk:
        home = Path(shutil.copytree(bare_home, disk / "home"))
        site = prepared(Site(home))
        first, second = site.letter(SENDER, TO), site.letter(SENDER, TO, body="x" * 100_000)
        with site.serving() as where:
            assert attempt(site, where, first)[0] == 250
            wait_for_receipts(site)
            fill(disk / "filler")
            for _attempt in range(2):
                reply = attempt(site, where, second)
                assert deferred(reply), reply
            assert numbers(site) == [1]
            (disk / "filler").unlink()
            code, text = attempt(site, where, second)
            assert code == 250, text
            assert text.split()[1].endswith("000002")
        assert_intact(site)
        site.close()


def test_a_file_that_may_grow_no_more_defers_and_recovers(site: Site) -> None:
    """RLIMIT_FSIZE on the gateway's own process: the database can be read and not written."""
    prepared(site)
    first, second = site.letter(SENDER, TO), site.letter(SENDER, TO, body="x" * 200_000)
    with site.process() as (server, where):
        assert attempt(site, where, first)[0] == 250
        grown = (site.home / "murasalat.db-wal").stat().st_size
        _soft, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (grown, hard))
        for _attempt in range(2):
            reply = attempt(site, where, second)
            assert deferred(reply), reply
        assert numbers(site) == [1]
        code, text = attempt(site, where, first)
        assert (code, text.split()[1]) == (250, f"MOJ/{now().year}/000001"), text
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
        code, text = attempt(site, where, second)
        assert (code, text.split()[1]) == (250, f"MOJ/{now().year}/000002"), text
    assert_intact(site)


def test_a_home_that_others_may_read_keeps_its_keys_shut(site: Site) -> None:
    """What a running gateway adds to its home is its owner's alone, under any umask."""
    before = os.umask(0)
    try:
        with prepared(site).serving() as where:
            assert attempt(site, where, site.letter(SENDER, TO))[0] == 250
            for path in (site.home / "murasalat.db", site.home / "murasalat.db-wal", site.home / "verify"):
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    finally:
        os.umask(before)
