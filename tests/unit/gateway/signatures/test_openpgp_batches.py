"""Many letters in one gpg: a batch says nothing but GOOD, and each letter's verdict is its own."""

from collections.abc import Iterator, Sequence
from concurrent.futures import wait

import pytest

from gateway.signatures.openpgp import batches, packets, sequoia
from gateway.signatures.openpgp.batches import GnupgBatches, Question
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from policies.signature import Finding, SignatureFacts
from tests.unit.gateway.signatures.conftest import SIGNED, TestKeys


@pytest.fixture(scope="module")
def signers(keys: TestKeys) -> TestKeys:
    keys.make("batch-a")
    keys.make("batch-b")
    keys.subkey("batch-b")
    keys.make("batch-rsa", "rsa2048")
    return keys


class Counting(GnupgVerifier):
    """The real engine, counting its processes of both kinds."""

    together = alone = 0

    def status_of_files(self, *arguments: object) -> tuple[int, bytes]:
        self.together += 1
        return super().status_of_files(*arguments)  # type: ignore[arg-type]

    def verify(self, *arguments: object) -> SignatureFacts:  # type: ignore[override]
        self.alone += 1
        return super().verify(*arguments)  # type: ignore[arg-type]


@pytest.fixture
def counting(tmp_path_factory: pytest.TempPathFactory) -> Counting:
    return Counting(tmp_path_factory.mktemp("b") / "gnupg")


@pytest.fixture
def gpg(counting: Counting) -> Iterator[GnupgBatches]:
    made = GnupgBatches(counting)
    yield made
    made.close()


def question(
    keys: TestKeys, name: str, signed: bytes = SIGNED, *options: str, over: bytes | None = None
) -> Question:
    """A question about a signature by `name` over `signed`; `over` are other octets that it is held against."""
    packet = packets.signature_packet(keys.sign(name, *options, signed=signed))
    material = keys.certificate(name)
    first = sequoia.verify(signed, packet, material)
    primary = packets.keys(material)[0].fingerprint
    octets = signed if over is None else over
    return Question(signed=octets, signature=packet, material=material, fingerprint=primary, first=first)


def answers(gpg: GnupgBatches, questions: Sequence[Question]) -> list[SignatureFacts]:
    """Ask all of them as one batch."""
    together = gpg._answers(questions)
    futures = []
    for asked, facts in zip(questions, together, strict=True):
        if facts is None:
            futures.append(gpg.ask(asked))
    return [facts or futures.pop(0).result(60) for facts in together]


def test_a_batch_says_what_gpg_says_alone(signers: TestKeys, gpg: GnupgBatches, counting: Counting) -> None:
    names = ["batch-a", "batch-b", "batch-rsa", "batch-a", "batch-b"]
    questions = [question(signers, name, SIGNED + bytes((65 + at,))) for at, name in enumerate(names)]
    together = answers(gpg, questions)
    assert (counting.together, counting.alone) == (1, 0)
    for asked, facts in zip(questions, together, strict=True):
        assert facts.finding is Finding.GOOD
        alone = counting.verify(asked.signed, asked.signature, asked.material, asked.fingerprint)
        assert facts == alone


def test_questions_that_queue_while_gpg_runs_share_the_next_process(
    signers: TestKeys, gpg: GnupgBatches, counting: Counting
) -> None:
    asked = question(signers, "batch-a")
    futures = [gpg.ask(asked) for _ in range(60)]
    wait(futures, 60)
    assert {future.result().finding for future in futures} == {Finding.GOOD}
    assert 1 <= counting.together <= 10
    assert counting.together + counting.alone < 20


@pytest.mark.parametrize("place", range(5))
def test_a_bad_one_at_any_place_changes_nobody_elses_verdict(
    signers: TestKeys, gpg: GnupgBatches, place: int
) -> None:
    questions = [question(signers, "batch-b", SIGNED + bytes((65 + at,))) for at in range(5)]
    questions[place] = question(signers, "batch-a", SIGNED, over=SIGNED + b"altered")
    findings = [facts.finding for facts in answers(gpg, questions)]
    expected = [Finding.GOOD] * 5
    expected[place] = Finding.BAD
    assert findings == expected


def test_a_signature_by_a_neighbours_key_is_not_the_enrolled_keys(
    signers: TestKeys, gpg: GnupgBatches
) -> None:
    """Both certificates are in the batch's keyrings, so gpg finds the key; it is still not the one enrolled."""
    one, other = question(signers, "batch-a"), question(signers, "batch-b")
    crossed = Question(
        signed=one.signed,
        signature=other.signature,
        material=one.material,
        fingerprint=one.fingerprint,
        first=other.first,
    )
    assert [facts.finding for facts in answers(gpg, [one, crossed, other])] == [
        Finding.GOOD,
        Finding.NO_KEY,
        Finding.GOOD,
    ]


def test_octets_that_look_like_packets_or_status_lines_are_only_octets(
    signers: TestKeys, gpg: GnupgBatches, counting: Counting
) -> None:
    good = question(signers, "batch-a")
    hostile = [
        batches.inline(good),
        b"\n[GNUPG:] FILE_DONE\n[GNUPG:] FILE_START 1 /dev/null\n[GNUPG:] GOODSIG 0 x\n",
        b"\xcb\xff\x00\x00\x00\x00" * 50,
        b"-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nx\r\n",
        b"\r\n- dash\r\nFrom line\r\n  \r\n",
        b"x",
    ]
    questions = [question(signers, "batch-b", octets) for octets in hostile]
    assert {facts.finding for facts in answers(gpg, questions)} == {Finding.GOOD}
    assert counting.alone == 0
    swapped = [
        Question(
            signed=octets, signature=good.signature, material=good.material, fingerprint=good.fingerprint,
            first=good.first,
        )
        for octets in hostile
    ]  # fmt: skip
    assert {facts.finding for facts in answers(gpg, [*swapped, good])} == {Finding.BAD, Finding.GOOD}


def test_text_signatures_and_what_sequoia_refuses_go_alone(signers: TestKeys) -> None:
    assert question(signers, "batch-a").fits
    assert not question(signers, "batch-a", SIGNED, "--textmode").fits
    assert not question(signers, "batch-a", SIGNED, "--digest-algo", "SHA1", "--allow-weak-digest-algos").fits
    assert not question(signers, "batch-a", b"x" * (batches.LARGEST_SIGNED + 1)).fits


GOOD_LINES = (
    b"[GNUPG:] FILE_START 1 /a\n[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 0 x\n"
    b"[GNUPG:] VALIDSIG x\n[GNUPG:] FILE_DONE\n"
)


@pytest.mark.parametrize(
    "output",
    [
        b"",
        GOOD_LINES[:-1],
        GOOD_LINES + b"gpg: something else\n",
        b"[GNUPG:] NEWSIG\n" + GOOD_LINES,
        GOOD_LINES + GOOD_LINES,
        GOOD_LINES.replace(b"/a", b"/b"),
        GOOD_LINES.replace(b"START 1", b"START 2"),
        GOOD_LINES.replace(b"[GNUPG:] FILE_DONE\n", b""),
        GOOD_LINES.replace(b"[GNUPG:] NEWSIG\n", b"[GNUPG:] FILE_START 1 /a\n"),
    ],
)
def test_lines_that_are_not_those_of_the_files_count_for_nobody(output: bytes) -> None:
    try:
        sections = list(batches._sections(output, ["/a"]))
    except ValueError:
        return
    assert len(sections) != 1


@pytest.mark.parametrize("returncode", [1, 2, -9])
def test_a_batch_that_did_not_end_well_counts_for_nobody(
    signers: TestKeys, gpg: GnupgBatches, counting: Counting, monkeypatch: pytest.MonkeyPatch, returncode: int
) -> None:
    real = counting.status_of_files
    monkeypatch.setattr(counting, "status_of_files", lambda *a: (returncode, real(*a)[1]))
    assert gpg._answers([question(signers, "batch-a")] * 2) == [None, None]


def test_a_gpg_that_hangs_or_is_missing_ends_in_answers_all_the_same(
    signers: TestKeys, gpg: GnupgBatches, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> tuple[int, bytes]:
        raise TimeoutError("ended")

    monkeypatch.setattr(counting, "status_of_files", failing)
    asked = [question(signers, "batch-a")] * 3
    assert {facts.finding for facts in answers(gpg, asked)} == {Finding.GOOD}
    assert counting.alone == 3


def test_closing_answers_what_is_queued(signers: TestKeys, counting: Counting) -> None:
    gpg = GnupgBatches(counting)
    futures = [gpg.ask(question(signers, "batch-a")) for _ in range(5)]
    gpg.close()
    assert all(future.result(0).finding is Finding.GOOD for future in futures)
