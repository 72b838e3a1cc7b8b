"""Signed notes: as C2SP writes them, interoperable with the Go reference, closed to every change."""

import base64
import os
import stat
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.signatures.notes import LogSigner, key_id, verifier_key, verify_note

NAME = "log.murasalat.gov.example"
BODY = f"{NAME}\n3\nKlrxwTMr6NvBEZpSgkJ1gXJpOeBpqcGQRLKGRdRFJgE=\n"

# The example of the Go package golang.org/x/mod/sumdb/note: made by another implementation.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


@pytest.fixture
def signer(tmp_path: Path) -> LogSigner:
    return LogSigner.create(tmp_path / "log.key")


def test_a_note_of_the_go_reference_verifies_and_its_key_has_the_same_text() -> None:
    public = base64.b64decode(GO_KEY.split("+", 2)[2])[1:]
    assert verify_note(GO_NOTE, "PeterNeumann", public) == GO_NOTE.split("\n\n", maxsplit=1)[0] + "\n"
    assert verifier_key("PeterNeumann", public) == GO_KEY


def test_a_note_has_the_body_an_empty_line_and_one_signature_line(signer: LogSigner) -> None:
    note = signer.note(NAME, BODY)
    assert note.startswith(BODY + "\n\u2014 " + NAME + " ")
    blob = base64.b64decode(note.rstrip("\n").rpartition(" ")[2])
    assert blob[:4] == signer.key_id(NAME) == key_id(NAME, signer.public)
    assert blob[4:] == signer.sign(BODY.encode())
    assert verify_note(note, NAME, signer.public) == BODY


@given(position=st.integers(0, 10_000), flip=st.integers(1, 127))
@example(position=GO_NOTE.encode().rindex(b"=") - 1, flip=1)  # bits that base64 does not use
@example(position=GO_NOTE.encode().rindex(b"=") - 1, flip=2)
def test_no_changed_character_verifies(position: int, flip: int) -> None:
    public = base64.b64decode(GO_KEY.split("+", 2)[2])[1:]
    octets = bytearray(GO_NOTE.encode())
    octets[position % len(octets)] ^= flip
    with pytest.raises(ValueError):  # noqa: PT011 - any refusal will do
        verify_note(octets.decode("utf-8"), "PeterNeumann", public)


def test_another_key_or_name_does_not_verify(signer: LogSigner, tmp_path: Path) -> None:
    other = LogSigner.create(tmp_path / "other.key")
    note = signer.note(NAME, BODY)
    for name, public in ((NAME, other.public), ("other.example", signer.public)):
        with pytest.raises(ValueError, match="no signature by this key"):
            verify_note(note, name, public)


def test_witness_lines_beside_ours_are_left_alone_and_a_false_one_of_ours_is_not(
    signer: LogSigner, tmp_path: Path
) -> None:
    witness = LogSigner.create(tmp_path / "witness.key")
    note = signer.note(NAME, BODY)
    beside = witness.note("witness.example", BODY).rpartition("\n\n")[2]
    assert verify_note(note + beside, NAME, signer.public) == BODY
    assert verify_note(note + beside, "witness.example", witness.public) == BODY
    false = "\u2014 " + NAME + " " + base64.b64encode(signer.key_id(NAME) + bytes(64)).decode() + "\n"
    with pytest.raises(ValueError, match="does not verify"):
        verify_note(note + false, NAME, signer.public)


def test_an_arabic_body_with_an_empty_line_is_a_note(signer: LogSigner) -> None:
    body = "مراسلات\n\nالسطر الأخير\n"
    assert verify_note(signer.note(NAME, body), NAME, signer.public) == body


@pytest.mark.parametrize("body", ["", "no newline", "a\rb\n", "a\x00\n", "tab\t\n"])
def test_a_body_that_is_no_note_text_is_refused(body: str, signer: LogSigner) -> None:
    with pytest.raises(ValueError, match="note"):
        signer.note(NAME, body)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\nb", "a\u2003b"])
def test_a_name_that_is_no_key_name_is_refused(name: str, signer: LogSigner) -> None:
    with pytest.raises(ValueError, match="name"):
        signer.note(name, BODY)


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "body\n", "body\n\n", "body\n\nline\n", "body\n\n\u2014 n !!!\n", "b\n\n\u2014 n AAAA"],
)
def test_what_is_no_note_is_refused(text: str, signer: LogSigner) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any refusal will do
        verify_note(text, "n", signer.public)


def test_the_seed_is_private_raw_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    made = LogSigner.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == 32
    assert LogSigner(path).public == made.public
    with pytest.raises(FileExistsError):
        LogSigner.create(path)
    assert LogSigner(path).public == made.public
    assert os.listdir(tmp_path) == ["log.key"]  # noqa: PTH208 - no draft is left


def test_a_seed_that_others_can_read_or_of_another_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    LogSigner.create(path)
    path.chmod(0o640)
    with pytest.raises(PermissionError):
        LogSigner(path)
    path.chmod(0o600)
    path.write_bytes(bytes(31))
    with pytest.raises(ValueError, match="seed"):
        LogSigner(path)
    with pytest.raises(FileNotFoundError):
        LogSigner(tmp_path / "none")
