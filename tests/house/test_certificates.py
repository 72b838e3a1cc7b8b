"""Tests verify as strictly as the strictest Python, and make their certificates in one place.

From Python 3.13 on `ssl.create_default_context` verifies by RFC 5280 to the letter (VERIFY_X509_STRICT). What passes
only on an older Python would be found by the first person who installs on a newer one.
"""

import re
import ssl
from pathlib import Path

import pytest

from tests.authority import Authority, trusting

TESTS = Path(__file__).parents[1]
PLACE = TESTS / "authority.py"
CLIENTS = re.compile(r"create_default_context\(|_create_unverified_context\(|PROTOCOL_TLS_CLIENT")
BUILDERS = re.compile(r"CertificateBuilder\(")


@pytest.mark.parametrize("made", [CLIENTS, BUILDERS], ids=["clients' TLS", "certificates"])
def test_only_one_place_makes_it(made: re.Pattern[str]) -> None:
    others = [path for path in sorted(TESTS.rglob("*.py")) if path not in {PLACE, Path(__file__)}]
    assert [str(path) for path in others if made.search(path.read_text(encoding="utf-8"))] == []
    assert made.search(PLACE.read_text(encoding="utf-8"))


def test_clients_of_the_tests_verify_strictly(tmp_path: Path) -> None:
    for context in (trusting(), trusting(Authority(tmp_path).file)):
        assert context.verify_flags & ssl.VERIFY_X509_STRICT
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
