"""Bad letters over the real SMTP listener: a clear coded refusal, evidence of it, nothing half stored, and the next
honest letter still goes through."""

import re
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Site, Where, header_fields, now, send, submission

from gateway.mime.writing import text_entity
from gateway.signatures.sealed import sealed
from gateway.signatures.sealing import Sealer
from mailstore.evidence import records
from mailstore.letters import letters
from tests.authority import trusting

SENDER, TO, OTHER = "registry@moj.gov.example", "registry@mof.gov.example", "registry@moi.gov.example"


@dataclass
class Scene:
    site: Site
    where: Where
    login: str

    def send(self, octets: bytes, to: tuple[str, ...] = (TO,), sender: str = SENDER) -> tuple[int, str]:
        with submission(self.where, self.login, self.site.secrets[self.login]) as client:
            return send(client, sender, to, octets)

    def reasons(self) -> list[str]:
        store = self.site.store()
        try:
            return [
                one.members["reason"]
                for one in store.read(lambda connection: records.refusals(connection, 500))
            ]
        finally:
            store.close()

    def stored(self) -> int:
        store = self.site.store()
        try:
            return len(store.read(lambda connection: letters.search(connection, letters.Search())))
        finally:
            store.close()


@pytest.fixture(scope="module")
def scene(bare_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("hostile") / "home"
    shutil.copytree(bare_home, home)
    site = Site(home)
    site.officer("clerk.moj", SENDER)
    site.signer(SENDER)
    site.signer(OTHER)
    with site.serving() as where:
        yield Scene(site, where, "clerk.moj")
    site.close()


def unsigned(_scene: Scene, **changes: str) -> bytes:
    fields = dict(header_fields(SENDER, (TO,), "خطاب", (), now())) | changes
    entity = text_entity((*fields.items(), ("Content-Type", "text/plain; charset=utf-8")), b"text\r\n")
    return entity.octets


def signed_by(sign: Callable[[bytes], bytes]) -> bytes:
    fields = header_fields(SENDER, (TO,), "خطاب", (), now())
    entity = text_entity((("Content-Type", "text/plain; charset=utf-8"),), b"text\r\n")
    return sealed(fields, entity, "bad", sign)


def other_key(scene: Scene) -> bytes:
    return signed_by(scene.site.signer(OTHER).sign)


def unknown_key(scene: Scene) -> bytes:
    with Sealer(scene.site.home / "stranger", "stranger@example.org") as stranger:
        stranger.fingerprint or stranger.create("Stranger", "test")
        return signed_by(stranger.sign)


def honest(scene: Scene, **more: str) -> bytes:
    return scene.site.letter(SENDER, TO, **more)


def flipped(scene: Scene) -> bytes:
    octets = scene.site.letter(SENDER, TO, body="the sum is 100")
    return octets.replace(b"the sum is 100", b"the sum is 900")


def inline(scene: Scene) -> bytes:
    text = (
        b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\ntext\r\n-----BEGIN PGP SIGNATURE-----\r\n"
    )
    return unsigned(scene).replace(b"text\r\n", text + b"\r\nAAAA\r\n-----END PGP SIGNATURE-----\r\n")


def wrapped(scene: Scene) -> bytes:
    """A signed letter inside an unsigned one: the signature covers another part."""
    inner = honest(scene)
    head = unsigned(scene).partition(b"\r\n\r\n")[0]
    head = re.sub(rb"Content-T[^\r]*(\r\n [^\r]*)*\r\n?", b"", head + b"\r\n")
    return (
        head
        + b'Content-Type: multipart/mixed; boundary="w"\r\n\r\n--w\r\nContent-Type: text/plain\r\n\r\nPay now\r\n'
        b"--w\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--w--\r\n"
    )


def with_line(line: bytes) -> Callable[[Scene], bytes]:
    return lambda scene: line + b"\r\n" + honest(scene)


def replaced(old: bytes, new: bytes) -> Callable[[Scene], bytes]:
    def make(scene: Scene) -> bytes:
        octets = honest(scene)
        head, _, rest = octets.partition(b"\r\n\r\n")
        changed = re.sub(old, lambda _match: new, head, count=1)
        assert changed != head
        return changed + b"\r\n\r\n" + rest

    return make


FROM = rb"From: [^\r]*(\r\n [^\r]*)*"
BAD: list[tuple[str, str, Callable[[Scene], bytes]]] = [
    ("unsigned", "SIGNATURE-MISSING", unsigned),
    ("inline signed", "SIGNATURE-STRUCTURE", inline),
    ("signature over another part", "SIGNATURE-STRUCTURE", wrapped),
    ("unknown key", "SIGNER-UNKNOWN", unknown_key),
    ("other office's key", "SIGNER-MISMATCH", other_key),
    ("altered text", "SIGNATURE-BAD", flipped),
    ("two From", "SENDER-AMBIGUOUS", with_line(b"From: minister@moj.gov.example")),
    (
        "From in a comment",
        "SENDER-AMBIGUOUS",
        replaced(FROM, b"From: registry@moj.gov.example (x@evil.example)"),
    ),
    ("From group", "SENDER-AMBIGUOUS", replaced(FROM, b"From: office: registry@moj.gov.example;")),
    (
        "two mailboxes",
        "SENDER-AMBIGUOUS",
        replaced(FROM, b"From: registry@moj.gov.example, a@moi.gov.example"),
    ),
    (
        "name shows another address",
        "SENDER-AMBIGUOUS",
        replaced(FROM, b'From: "a@moi.gov.example" <registry@moj.gov.example>'),
    ),
    (
        "bare address before the angle",
        "SENDER-AMBIGUOUS",
        replaced(FROM, b"From: registry@moj.gov.example <b@evil.example>"),
    ),
    ("From another office", "SENDER-MISMATCH", replaced(FROM, b"From: registry@moi.gov.example")),
    ("Sender another", "SENDER-MISMATCH", with_line(b"Sender: registry@moi.gov.example")),
    ("Bcc field", "BCC-FORBIDDEN", with_line(b"Bcc: registry@moi.gov.example")),
    ("empty Bcc field", "BCC-FORBIDDEN", with_line(b"Bcc: x@moi.gov.example")),
    ("our own field forged", "CONTENT-FORBIDDEN", with_line(b"Murasalat-Reference: MOJ/2026/000001")),
    (
        "results forged",
        "CONTENT-FORBIDDEN",
        with_line(b"Authentication-Results: murasalat.gov.example; openpgp=pass"),
    ),
    ("resent", "CONTENT-FORBIDDEN", with_line(b"Resent-From: registry@moj.gov.example")),
    ("foreign Reply-To", "DOMAIN-NOT-ALLOWED", with_line(b"Reply-To: me@evil.example")),
    ("subject changed outside", "HEADERS-DIFFER", replaced(rb"Subject: [^\r]*", b"Subject: Pay at once")),
    ("two Subjects", "MALFORMED", with_line(b"Subject: another")),
    ("8-bit header", "MALFORMED", with_line("X-Note: خطاب".encode())),
    ("8-bit garbage header", "MALFORMED", with_line(b"X-Note: \xff\xfe\x80")),
]


@pytest.mark.parametrize(("reason", "make"), [one[1:] for one in BAD], ids=[one[0] for one in BAD])
def test_bad_letter_is_refused_with_its_reason(
    scene: Scene, reason: str, make: Callable[[Scene], bytes]
) -> None:
    before, refused = scene.stored(), len(scene.reasons())
    code, text = scene.send(make(scene))
    assert code in {550, 552, 554}, text
    assert f"[{reason}]" in text, text
    assert re.search("[\u0600-\u06ff]", text), "no Arabic sentence"
    assert re.search(r"\b5\.\d\.\d+ ", text), text
    assert scene.stored() == before
    assert scene.reasons()[0] == reason
    assert len(scene.reasons()) == refused + 1
    code, text = scene.send(honest(scene))
    assert code == 250, text


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        (("someone@evil.example",), "DOMAIN-NOT-ALLOWED"),
        (("nobody@mof.gov.example",), "RECIPIENT-UNKNOWN"),
        ((TO, OTHER), "BCC-FORBIDDEN"),
    ],
)
def test_recipients_outside_the_rules(scene: Scene, to: tuple[str, ...], reason: str) -> None:
    code, text = scene.send(scene.site.letter(SENDER, *(to if reason != "BCC-FORBIDDEN" else (TO,))), to)
    assert code == 550, text
    assert f"[{reason}]" in text


def test_a_name_in_the_header_that_is_no_recipient_is_refused(scene: Scene) -> None:
    code, text = scene.send(scene.site.letter(SENDER, TO, OTHER), (TO,))
    assert (code, "[HEADERS-DIFFER]" in text) == (550, True), text


def test_reverse_path_of_another_office_is_refused(scene: Scene) -> None:
    code, text = scene.send(honest(scene), sender=OTHER)
    assert (code, "[SENDER-MISMATCH]" in text) == (550, True), text


def test_the_same_signed_part_under_another_header_is_a_replay(scene: Scene) -> None:
    octets = honest(scene)
    assert scene.send(octets)[0] == 250
    code, text = scene.send(b"X-Again: 1\r\n" + octets)
    assert (code, "[REPLAY]" in text) == (550, True), text


def test_the_same_letter_sent_again_gets_the_same_number(scene: Scene) -> None:
    octets = honest(scene)
    first = scene.send(octets)
    before = scene.stored()
    assert scene.send(octets) == first
    assert scene.stored() == before


def test_forty_megabytes(scene: Scene) -> None:
    before = scene.stored()
    line = b"x" * 76 + b"\r\n"
    code, text = scene.send(unsigned(scene) + line * (40 * 2**20 // len(line)))
    assert (code, "[TOO-LARGE]" in text) == (552, True), text
    assert scene.stored() == before
    assert scene.reasons()[0] == "TOO-LARGE"


def test_five_thousand_recipients(scene: Scene) -> None:
    client = submission(scene.where, scene.login, scene.site.secrets[scene.login])
    client.mail(SENDER)
    codes = [client.rcpt(f"office{number}@mof.gov.example") for number in range(101)]
    assert codes[99][0] == 250
    assert codes[100][0] == 550
    assert b"[TOO-MANY-RECIPIENTS]" in codes[100][1]
    client.sock.sendall(b"".join(b"RCPT TO:<o%d@mof.gov.example>\r\n" % number for number in range(4899)))
    client.sock.settimeout(10)
    got = b""
    while b"421 " not in got and got.count(b"\r\n550 ") < 4899 and (more := client.sock.recv(65536)):
        got += more
    assert b"\r\n250 " not in got
    client.close()
    assert scene.reasons().count("TOO-MANY-RECIPIENTS") == 1
    assert scene.send(honest(scene))[0] == 250


def test_a_client_that_stops_half_way_leaves_nothing(scene: Scene) -> None:
    before = scene.stored()
    octets = honest(scene)
    client = submission(scene.where, scene.login, scene.site.secrets[scene.login])
    client.mail(SENDER)
    client.rcpt(TO)
    client.docmd("DATA")
    client.sock.sendall(octets[: len(octets) // 2])
    client.sock.shutdown(socket.SHUT_RDWR)
    client.close()
    assert scene.send(honest(scene))[0] == 250
    assert scene.stored() == before + 1


def test_wrong_passwords_are_refused_and_the_right_one_still_works(scene: Scene) -> None:
    for _attempt in range(3):
        client = submission(scene.where)
        with pytest.raises(Exception, match=r"5\.7\.8"):
            client.login(scene.login, "wrong-password")
        client.close()
    assert scene.send(honest(scene))[0] == 250


def test_nothing_speaks_without_tls(scene: Scene) -> None:
    with socket.create_connection(scene.where.submission, timeout=5) as plain:
        plain.sendall(b"EHLO a.example\r\n")
        got = plain.recv(100)
    assert b"250" not in got
    with pytest.raises(ssl.SSLError):
        trusting().wrap_socket(
            socket.create_connection(scene.where.submission, timeout=5), server_hostname="localhost"
        )
