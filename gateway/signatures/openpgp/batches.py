"""GnuPG over many letters in one process: what queued while the last gpg ran goes into the next one, without a timer.

gpg checks many signatures in one process (`--verify-files`) when each comes as an inline signed message: a one-pass
signature, a literal packet with the signed octets, the signature (RFC 9580 sections 5.4, 5.9 and 11.3). A binary
signature (type 0x00) hashes the same octets either way.

Invariants:
- A batch gives nothing but GOOD. Whatever is not good beyond doubt is asked alone, by `GnupgVerifier.verify`, and has
  the answer of that.
- No letter lends its verdict to its neighbour. A batch counts when gpg ended with 0, named every file in the order it
  was given, and wrote between its FILE_START and FILE_DONE exactly one good signature by the key that is enrolled
  for that letter, and no token that is not named here.
- Only signatures that Sequoia calls good come into a batch: gpg ends a batch at the first bad one, so that a stranger
  could make all his neighbours wait.
"""

import os
import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeAlias

from gateway.signatures.openpgp import packets
from gateway.signatures.openpgp.gnupg import GnupgVerifier, StatusLines, facts_of
from gateway.signatures.openpgp.process import in_memory
from policies.signature import Finding, SignatureFacts

LARGEST_BATCH = 40
LARGEST_SIGNED = 1024 * 1024
"""Octets beyond which a letter is asked alone: it would hold up its neighbours."""
_BINARY_DOCUMENT = 0
_PREFIX = "[GNUPG:] "
_EXPECTED = frozenset({"NEWSIG", "KEY_CONSIDERED", "SIG_ID", "GOODSIG", "VALIDSIG"})

Answer: TypeAlias = Future[SignatureFacts]
Lines: TypeAlias = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One detached signature to be verified: `signed` octets, the enrolled certificate and its primary fingerprint.

    `first` is what Sequoia found.
    """

    signed: bytes
    signature: bytes
    material: bytes
    fingerprint: str
    first: SignatureFacts

    @property
    def fits(self) -> bool:
        """Whether the question may share a process with others."""
        first = self.first
        good = first.finding is Finding.GOOD and first.signature_type == _BINARY_DOCUMENT
        return good and len(first.signing_fingerprint) >= 16 and len(self.signed) <= LARGEST_SIGNED


class GnupgBatches:
    """Answers questions by gpg, many in one process where they come at once. Thread-safe.

    `close` ends its threads; what is queued is answered before.
    """

    def __init__(self, verifier: GnupgVerifier, *, alone: int = 2) -> None:
        self.verifier = verifier
        self._alone = ThreadPoolExecutor(alone, thread_name_prefix="gnupg")
        self._waiting: queue.SimpleQueue[tuple[Question, Answer] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="gnupg-batches", daemon=True)
        self._thread.start()

    def ask(self, question: Question) -> Answer:
        """Queue a question; the future never fails, what goes wrong with gpg itself is the finding ERROR."""
        future: Future[SignatureFacts] = Future()
        if question.fits:
            self._waiting.put((question, future))
        else:
            self._ask_alone(question, future)
        return future

    def close(self) -> None:
        """Answer what is queued, then end the threads."""
        self._waiting.put(None)
        self._thread.join()
        self._alone.shutdown()

    def _ask_alone(self, question: Question, future: Answer) -> None:
        def ask() -> None:
            future.set_result(
                self.verifier.verify(
                    question.signed, question.signature, question.material, question.fingerprint
                )
            )

        self._alone.submit(ask)

    def _run(self) -> None:
        last = False
        while not last:
            batch, last = self._next_batch()
            if batch:
                answers = self._answers([question for question, _ in batch])
                for (question, future), facts in zip(batch, answers, strict=True):
                    if facts is None:
                        self._ask_alone(question, future)
                    else:
                        future.set_result(facts)

    def _next_batch(self) -> tuple[list[tuple[Question, Answer]], bool]:
        """Wait for a question and take what queued behind it; also say whether this is the end."""
        entry = self._waiting.get()
        batch = []
        while entry is not None:
            batch.append(entry)
            if len(batch) == LARGEST_BATCH:
                return batch, False
            try:
                entry = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _answers(self, questions: Sequence[Question]) -> list[SignatureFacts | None]:
        """Ask gpg about all of them at once; None where the answer is not GOOD beyond doubt."""
        if len(questions) == 1:
            return [None]
        try:
            return self._ask_together(questions)
        except (OSError, ValueError, LookupError):
            return [None] * len(questions)

    def _ask_together(self, questions: Sequence[Question]) -> list[SignatureFacts | None]:
        keyrings = [self.verifier.keyring(question.material, rebuild=False) for question in questions]
        known = [keyring for keyring in dict.fromkeys(keyrings) if keyring is not None]
        with ExitStack() as files:
            paths = [files.enter_context(in_memory(inline(question))) for question in questions]
            returncode, output = self.verifier.status_of_files(known, paths)
        if returncode != os.EX_OK:
            return [None] * len(questions)
        sections = list(_sections(output, paths))
        if len(sections) != len(questions):
            return [None] * len(questions)
        return [self._good(question, lines) for question, lines in zip(questions, sections, strict=True)]

    def _good(self, question: Question, lines: Lines) -> SignatureFacts | None:
        """Return the facts of one file's lines when they are good beyond doubt, about the key that was asked for."""
        if any(token not in _EXPECTED for token, _ in lines):
            return None
        facts = facts_of(StatusLines(lines, os.EX_OK), self.verifier.version, question.material)
        named = (facts.fingerprint, facts.signing_fingerprint, facts.created, facts.signature_type)
        first = question.first
        asked = (question.fingerprint, first.signing_fingerprint, first.created, first.signature_type)
        return facts if facts.finding is Finding.GOOD and named == asked else None


def inline(question: Question) -> bytes:
    """Return the question as one inline signed message, of the detached signature's own packet.

    Raises PacketError for what is no single version 4 signature.
    """
    body = next(packets.walk(packets.signature_packet(question.signature))).body
    _version, kind, algorithm, digest = body[:4]
    key_id = bytes.fromhex(question.first.signing_fingerprint[-16:])
    one_pass = bytes((3, kind, digest, algorithm)) + key_id + b"\x01"
    literal = b"b\x00" + bytes(4) + question.signed
    return b"".join(_packet(tag, octets) for tag, octets in ((4, one_pass), (11, literal), (2, body)))


def _packet(tag: int, body: bytes) -> bytes:
    """Return a packet with a five-octet length (RFC 9580 section 4.2.1)."""
    return bytes((0xC0 | tag, 0xFF)) + len(body).to_bytes(4, "big") + body


def _sections(output: bytes, paths: Sequence[str]) -> Iterator[Lines]:
    """Yield each file's status lines. Raises ValueError when they are not those of `paths`, in order and whole."""
    lines = output.decode("ascii", "replace").split("\n")
    if lines.pop() != "":
        raise ValueError("gpg did not end its last line")
    expected = iter(paths)
    current: Lines | None = None
    for line in lines:
        name, _, value = line.removeprefix(_PREFIX).partition(" ")
        if not line.startswith(_PREFIX):
            raise ValueError("gpg wrote something else among its status lines")
        if name == "FILE_START":
            if current is not None or value != "1 " + next(expected, ""):
                raise ValueError("gpg speaks of another file")
            current = []
        elif current is None:
            raise ValueError("gpg speaks outside of a file")
        elif name == "FILE_DONE":
            yield current
            current = None
        else:
            current.append((name, value))
    if current is not None:
        raise ValueError("gpg did not end a file")
