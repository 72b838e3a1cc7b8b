"""A real JavaMail: what it does with Arabic as it is, and with what docs/integrator.md says to set.

Java's library turns UTF8=ACCEPT on without being asked, and then searches for the lower eight bits of each character.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Site, Where

MAIL = Path("/usr/share/java/javax.mail.jar")
ACTIVATION = Path("/usr/share/java/javax.activation.jar")
SOURCE = Path(__file__).parent / "ArabicMail.java"
MOF = "registry@mof.gov.example"
WRITTEN = {
    "created": "true",
    "subject": "طلب بيانات الموظفين",
    "from": "سجل وزارة العدل",
    "body": "السلام عليكم ورحمة الله",
}
SEARCHES = ("search-subject", "search-from", "search-body")


def missing() -> str:
    """Return what is not installed, "" when everything is."""
    absent = [name for name in ("javac", "java") if shutil.which(name) is None]
    return ", ".join([*absent, *(str(jar) for jar in (MAIL, ACTIVATION) if not jar.exists())])


pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(bool(missing()), reason=f"not installed: {missing()}"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The class path of the compiled program."""
    folder = tmp_path_factory.mktemp("java")
    words = ["javac", "-encoding", "UTF-8", "-d", str(folder), "-cp", str(MAIL), str(SOURCE)]
    subprocess.run(words, check=True, timeout=120)
    return os.pathsep.join(map(str, (folder, MAIL, ACTIVATION)))


@pytest.fixture
def served(site: Site, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Where]:
    """A gateway with one officer, and the rows of `withheld` that the test asks for."""
    if getattr(request, "param", ""):
        monkeypatch.setenv("MURASALAT_IMAP__WITHHELD", request.param)
    site.officer("noura", MOF)
    with site.serving() as where:
        yield where


def heard(program: str, site: Site, where: Where, *words: str) -> dict[str, str]:
    """Run the program; return what it says by name."""
    host, port = where.imap
    command = ["java", "-cp", program, "ArabicMail", host, str(port), "noura", site.secrets["noura"], *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.encode().decode("unicode_escape").partition(" ") for line in done.stdout.splitlines()]
    assert ("folder", " ", "مشاريع المياه") in lines
    return {name: value for name, _, value in lines if name != "folder"}


def test_as_it_is_it_finds_nothing_in_arabic(program: str, site: Site, served: Where) -> None:
    assert heard(program, site, served) == WRITTEN | dict.fromkeys(SEARCHES, "0")


def test_a_store_that_leaves_utf8_off_finds_it(program: str, site: Site, served: Where) -> None:
    assert heard(program, site, served, "plain") == WRITTEN | dict.fromkeys(SEARCHES, "1")


@pytest.mark.parametrize("served", ['["-: UTF8=ACCEPT"]'], indirect=True)
def test_withheld_from_programs_without_a_name_it_finds_it(program: str, site: Site, served: Where) -> None:
    assert heard(program, site, served) == WRITTEN | dict.fromkeys(SEARCHES, "1")
