import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.content import problems
from gateway.mime.tree import MimeLimitExceeded, parse
from gateway.signatures.mime import KNOWN_PREAMBLES, Detached, find_detached
from policies.rules.structure import one_reading, why_no_signature
from policies.structure import Problem, StructureFacts
from policies.verdict import Refused
from policies.words.reasons import Reason
from policies.words.structure import Kind
from tests.unit.policies.factories import case

SAMPLES = Path(__file__).parents[3] / "samples" / "thunderbird"
PGP = sorted(path.name for path in SAMPLES.glob("thunderbird-pgp-*.eml"))
SMIME = "thunderbird-smime-pdf.eml"


def detached(octets: bytes) -> Detached | Problem:
    return find_detached(parse(octets), octets)


def problem(octets: bytes) -> tuple[str, str]:
    """Return the reason that the rule gives it, and the word of the kind."""
    found = detached(octets)
    assert isinstance(found, Problem)
    verdict = why_no_signature(case(structure=StructureFacts(signature=found)))
    assert isinstance(verdict, Refused)
    return str(verdict.reason), str(found.kind)


@pytest.fixture(scope="module")
def keyring() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    key = str(SAMPLES / "registry-moj.pgp.asc")
    subprocess.run(
        ["gpg", "--homedir", home, "--batch", "--quiet", "--import", key], check=True, capture_output=True
    )
    yield home
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
    shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize("name", PGP)
def test_gnupg_verifies_the_slices_of_a_real_letter(name: str, keyring: Path, tmp_path: Path) -> None:
    octets = (SAMPLES / name).read_bytes()
    found = detached(octets)
    assert isinstance(found, Detached)
    assert (found.format, found.micalg) == ("openpgp", "pgp-sha256")
    (tmp_path / "signed").write_bytes(octets[slice(*found.signed)])
    (tmp_path / "signature").write_bytes(found.signature)
    verify = ["gpg", "--homedir", str(keyring), "--batch", "--status-fd", "1", "--verify"]
    ran = subprocess.run([*verify, "signature", "signed"], check=False, capture_output=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert b"[GNUPG:] GOODSIG " in ran.stdout


def test_openssl_verifies_the_slices_of_a_real_letter(tmp_path: Path) -> None:
    octets = (SAMPLES / SMIME).read_bytes()
    found = detached(octets)
    assert isinstance(found, Detached)
    assert (found.format, found.micalg) == ("smime", "sha-256")
    (tmp_path / "signed").write_bytes(octets[slice(*found.signed)])
    (tmp_path / "signature").write_bytes(found.signature)
    authority = str(SAMPLES / "example-government-root-ca.pem")
    verify = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-no_check_time"]
    files = ["-in", "signature", "-content", "signed", "-out", "out", "-CAfile", authority]
    ran = subprocess.run([*verify, *files], check=False, capture_output=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr


HEAD = (
    "From: a@moj.gov.example\nTo: b@mof.gov.example\nSubject: s\nDate: Mon, 23 Nov 2026 19:19:52 +0000\n"
    "Message-ID: <1@moj.gov.example>\nMIME-Version: 1.0\n"
)
TYPE = (
    'Content-Type: multipart/signed; micalg=PGP-SHA256;\n protocol="application/pgp-signature"; boundary=b\n'
)
TEXT = "Content-Type: text/plain\n\nhello\n"
SIGNATURE = "Content-Type: application/pgp-signature\n\n-----BEGIN PGP SIGNATURE-----\n"


def letter(
    *,
    head: str = HEAD,
    kind: str = TYPE,
    preamble: str = "",
    parts: tuple[str, ...] = (TEXT, SIGNATURE),
    end: str = "--b--\n",
) -> bytes:
    """Write a signed letter with CRLF, its pieces replaceable."""
    body = preamble + "".join([f"--b\n{part}\n" for part in parts]) + end
    return f"{head}{kind}\n{body}".replace("\n", "\r\n").encode()


def test_the_accepted_shape_gives_the_exact_octets() -> None:
    octets = letter()
    found = detached(octets)
    assert isinstance(found, Detached)
    assert found.format == "openpgp"
    assert found.micalg == "pgp-sha256"
    assert octets[slice(*found.signed)] == TEXT.replace("\n", "\r\n").encode()
    assert found.signature == b"-----BEGIN PGP SIGNATURE-----\r\n"


@pytest.mark.parametrize(
    ("signed", "octets"),
    [
        ("\n", b""),
        ("\nhello", b"\r\nhello"),
        ("Content-Type: text/plain\n\nhello\n\n", b"Content-Type: text/plain\r\n\r\nhello\r\n\r\n"),
        ("Content-Type: text/plain", b"Content-Type: text/plain"),
        ("X: y \n\n trailing \t", b"X: y \r\n\r\n trailing \t"),
    ],
)
def test_the_last_line_end_is_not_signed(signed: str, octets: bytes) -> None:
    made = letter(parts=(signed, SIGNATURE)) if signed != "\n" else letter(parts=("", SIGNATURE))
    found = detached(made)
    assert isinstance(found, Detached)
    assert made[slice(*found.signed)] == octets


@pytest.mark.parametrize(
    "made",
    [
        letter(preamble="This is an OpenPGP/MIME signed message (RFC 4880 and 3156)\n"),
        letter(preamble="\nThis is a cryptographically signed message in MIME format.\n\n"),
        letter(preamble="This is a multi-part message in MIME format.\n"),
        letter(preamble=" \n\t\n"),
        letter(end="--b-- \n\n \n"),
        letter(end="--b--"),
        letter(kind=TYPE.replace("application/pgp", "Application/PGP")),
        letter(kind=TYPE.replace("multipart/signed", "Multipart/Signed")),
        letter(kind=TYPE.replace("boundary=b", 'boundary="b"')),
        letter(parts=(TEXT, SIGNATURE.replace("\n\n", "\nContent-Transfer-Encoding: 7bit\n\n"))),
        letter(head=HEAD + "Content-Transfer-Encoding: 8bit\nReceived: a\nReceived: b\n"),
        letter(parts=("Content-Type: multipart/mixed; boundary=i\n\n--i\n" + TEXT + "--i--\n", SIGNATURE)),
    ],
)
def test_honest_variants_are_found(made: bytes) -> None:
    assert isinstance(detached(made), Detached)


def smime(protocol: str, media_type: str) -> bytes:
    kind = TYPE.replace("application/pgp-signature", protocol)
    return letter(
        kind=kind,
        parts=(TEXT, f"Content-Type: {media_type}\nContent-Transfer-Encoding: base64\n\nMIAG\nCSqG\n"),
    )


@pytest.mark.parametrize("protocol", ["application/pkcs7-signature", "application/x-pkcs7-signature"])
@pytest.mark.parametrize("media_type", ["application/pkcs7-signature", "application/x-pkcs7-signature"])
def test_both_names_of_the_cms_signature_are_known(protocol: str, media_type: str) -> None:
    found = detached(smime(protocol, media_type))
    assert isinstance(found, Detached)
    assert (found.format, found.signature) == ("smime", b"0\x80\x06\t*\x86")


UNSIGNED = TYPE.replace("signed", "mixed")
UNKNOWN = "\nContent-Transfer-Encoding: x-u\n\n"
TWICE = "\nContent-Type: text/plain\n\n"
ENCODED = "LS0tLS1CRUdJTiBQR1AgU0lHTkVEIE1FU1NBR0UtLS0tLQ==\n"
ARMOR = "\n-----BEGIN PGP SIGNED MESSAGE-----"
NESTED = (
    'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=i\n\n--i\n\nx\n--i--\n'
)


def mixed(part: str, kind: str = "multipart/mixed") -> str:
    return f"Content-Type: {kind}; boundary=m\n\n--m\n{part}\n--m--\n"


STRUCTURE = "SIGNATURE-STRUCTURE"
OPAQUE_BELOW = "opaque-below-root"


@pytest.mark.parametrize(
    ("made", "code", "detail"),
    [
        (letter(parts=(TEXT,)), STRUCTURE, "not-two-parts"),
        (letter(parts=(TEXT, SIGNATURE, TEXT)), STRUCTURE, "not-two-parts"),
        (letter(parts=()), STRUCTURE, "no-parts"),
        (letter(end=""), STRUCTURE, "not-closed"),
        (letter(end="--b\n"), STRUCTURE, "not-closed"),
        (letter(preamble="Pay 1,000 at once.\n"), STRUCTURE, "preamble"),
        (letter(preamble="This is a multi-part message in MIME format.\nPay.\n"), STRUCTURE, "preamble"),
        (letter(end="--b--\nA list footer\n"), STRUCTURE, "epilogue"),
        (letter(end="--b--\n--b\n\nmore\n--b--\n"), STRUCTURE, "delimiter-after-close"),
        (letter(parts=("\nx\n--b2\n\ny", SIGNATURE)), STRUCTURE, "delimiter-lookalike"),
        (letter(kind=TYPE.replace('protocol="application/pgp-signature"; ', "")), STRUCTURE, "protocol-missing"),
        (letter(kind=TYPE.replace("pgp-signature", "other")), STRUCTURE, "protocol-unknown"),
        (letter(kind=TYPE.replace("protocol=", "protocol*=utf-8''")), STRUCTURE, "protocol-missing"),
        (letter(kind=TYPE.replace("pgp", "pkcs7")), STRUCTURE, "protocol-mismatch"),
        (letter(parts=(SIGNATURE, TEXT)), STRUCTURE, "protocol-mismatch"),
        (letter(parts=(TEXT, SIGNATURE.replace("\n\n", UNKNOWN))), STRUCTURE, "signature-part-malformed"),
        (letter(parts=(TEXT, "Content-Type: text/plain\n" + SIGNATURE)), STRUCTURE, "protocol-mismatch"),
        (letter(parts=(TEXT, SIGNATURE.replace("\n\n", TWICE))), STRUCTURE, "signature-part-malformed"),
        (letter(parts=(TEXT, "Content-Type: application/pgp-signature\n\n \n")), STRUCTURE, "signature-empty"),
        (letter(parts=(NESTED, SIGNATURE)), STRUCTURE, "nested-signed"),
        (letter(parts=(mixed(NESTED), SIGNATURE)), STRUCTURE, "nested-signed"),
        (letter(parts=(mixed(NESTED.replace("signed", "encrypted")), SIGNATURE)), STRUCTURE, "nested-encrypted"),
        (letter(parts=("Content-Type: application/pkcs7-mime\n\nx", SIGNATURE)), STRUCTURE, "nested-pkcs7-mime"),
        (letter(kind="", parts=(TEXT,)), "SIGNATURE-MISSING", "unsigned"),
        (b"", "SIGNATURE-MISSING", "unsigned"),
        (letter(kind=UNSIGNED), STRUCTURE, "signature-attached"),
        (letter(kind=UNSIGNED, parts=(NESTED,)), STRUCTURE, "signed-below-root"),
        (letter(kind=TYPE.replace("signed", "alternative"), parts=(mixed(NESTED),)), STRUCTURE, "signed-below-root"),
        (letter(kind="Content-Type: message/rfc822\n", preamble=NESTED), STRUCTURE, "attached-signed"),
        (letter(kind=TYPE.replace("signed", "encrypted")), STRUCTURE, "encrypted"),
        (letter(kind=UNSIGNED, parts=(NESTED.replace("signed", "encrypted"),)), STRUCTURE, "encrypted-below-root"),
        (letter(kind="Content-Type: application/pkcs7-mime; smime-type=signed-data\n"), STRUCTURE, "opaque-smime"),
        (letter(kind="Content-Type: application/x-pkcs7-mime\n"), STRUCTURE, "opaque-smime"),
        (letter(kind=UNSIGNED, parts=("Content-Type: application/pkcs7-mime\n\nx",)), STRUCTURE, OPAQUE_BELOW),
        (letter(kind="", preamble="-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n"), STRUCTURE, "inline-pgp"),
        (letter(kind="", preamble="Hello,\n-----BEGIN PGP MESSAGE-----\n"), STRUCTURE, "inline-pgp"),
        (letter(kind=UNSIGNED, parts=(ARMOR,)), STRUCTURE, "inline-pgp"),
        (
            letter(kind="Content-Transfer-Encoding: base64\n", preamble=ENCODED),
            STRUCTURE,
            "inline-pgp",
        ),
        (letter(kind=UNSIGNED, parts=("Sig: t=p; b=abc\n" + TEXT,)), STRUCTURE, "unobtrusive-signature"),
        (letter(kind="", preamble="I quote -----BEGIN PGP MESSAGE-----\n"), "SIGNATURE-MISSING", "unsigned"),
    ],
)  # fmt: skip
def test_every_other_shape_is_refused_by_name(made: bytes, code: str, detail: str) -> None:
    assert problem(made) == (code, detail)


@pytest.mark.parametrize(
    "name",
    [
        "From",
        "To",
        "Cc",
        "Subject",
        "Date",
        "Message-ID",
        "Sender",
        "Reply-To",
        "MIME-Version",
        "Content-Type",
    ],
)
@pytest.mark.parametrize("spelling", [str, str.upper, lambda name: name + " "])
def test_no_singular_field_may_stand_twice(name: str, spelling: Callable[[str], str]) -> None:
    again = f"{spelling(name)}: x\n"
    once = "" if f"\n{name}:" in "\n" + HEAD + TYPE else f"{name}: y\n"
    octets = letter(head=HEAD + once + again)
    found = detached(octets) if name != "Content-Type" else problems(parse(octets), octets)[-1]
    assert isinstance(found, Problem)
    assert (found.kind, found.field) == (Kind.DUPLICATE_FIELD, name.lower())
    assert octets.split(b"\r\n")[found.line - 1].lower().startswith(name.lower().encode())


@pytest.mark.parametrize(
    ("made", "detail"),
    [
        (letter(kind=TYPE.replace("boundary=b", "boundary=b; boundary=c")), Kind.CONTENT_TYPE),
        (letter(kind=TYPE.replace("boundary=b", "boundary=b; boundary*0=c")), Kind.BOUNDARY),
        (letter(kind=TYPE.replace("boundary=b", "boundary*0=b")), Kind.BOUNDARY),
        (letter(kind=TYPE.replace("boundary=b", 'boundary="b "')), Kind.BOUNDARY),
        (letter(kind=TYPE.replace("; boundary=b", "")), Kind.BOUNDARY),
        (letter(kind=TYPE.replace("boundary=b", "(boundary=x) boundary=b")), Kind.COMMENT),
        (letter(kind=TYPE.replace("boundary=b", "junk; boundary=b")), Kind.CONTENT_TYPE),
        (letter(kind=TYPE.replace("multipart/signed", "multipart signed")), Kind.CONTENT_TYPE),
        (letter(head=HEAD + "Content-Transfer-Encoding: base64\n"), "encoded-multipart"),
        (letter(head=HEAD + "no field here\n"), "malformed-header-line"),
        (letter(head="Subj\x00ect: x\n" + HEAD), "malformed-header-line"),
        (letter(head=HEAD + "Bcc : x\n"), "space-before-colon"),
        (letter(head=HEAD + "X: y\n \n"), "blank-folded-line"),
        (letter().replace(b"hello\r\n", b"hello\n"), "bare-line-end"),
        (letter().replace(b"hello\r\n", b"hel\rlo\r\n"), "bare-line-end"),
        (letter().replace(b"\r\n", b"\n"), "bare-line-end"),
    ],
)
def test_what_two_readers_could_cut_differently_is_malformed(made: bytes, detail: str) -> None:
    assert not isinstance(detached(made), Detached)
    found = problems(parse(made), made)
    assert detail in [problem.kind for problem in found]
    verdict = one_reading(case(structure=StructureFacts(problems=found)))
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.MALFORMED


FORWARDED = f"Content-Type: message/rfc822\n\nSubject: old\n{NESTED}"


def test_a_signed_or_encrypted_letter_may_be_attached() -> None:
    for inner in (FORWARDED, FORWARDED.replace("signed", "encrypted"), FORWARDED.replace("rfc822", "global")):
        assert isinstance(detached(letter(parts=(mixed(inner), SIGNATURE))), Detached)


def test_a_part_that_is_no_message_may_not_be_signed_for_itself() -> None:
    assert problem(letter(parts=(mixed(NESTED), SIGNATURE))) == (STRUCTURE, "nested-signed")


def signed_file(media_type: str, name: str, disposition: str = "attachment") -> str:
    return f'Content-Type: {media_type}\nContent-Disposition: {disposition}; filename="{name}"\n\nMIAG\n'


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        ("application/pkcs7-mime; smime-type=signed-data", "contract.pdf.p7m"),
        ("application/x-pkcs7-mime", "عقد.p7m"),
        ("application/pkcs7-signature", "contract.pdf.p7s"),
        ("application/pgp-signature", "contract.pdf.asc"),
    ],
)
def test_a_signed_file_may_be_attached_to_any_letter(media_type: str, name: str) -> None:
    part = signed_file(media_type, name)
    assert isinstance(detached(letter(parts=(mixed(part), SIGNATURE))), Detached)
    assert problem(letter(kind=UNSIGNED, parts=(TEXT, part)))[0] == "SIGNATURE-MISSING"


@pytest.mark.parametrize(
    ("media_type", "name", "disposition", "inside", "alone"),
    [
        ("application/pkcs7-mime", "smime.p7m", "attachment", "nested-pkcs7-mime", OPAQUE_BELOW),
        ("application/pkcs7-mime", "x.p7m", "inline", "nested-pkcs7-mime", OPAQUE_BELOW),
        ("application/pkcs7-signature", "smime.p7s", "attachment", "", "signature-attached"),
        ("application/pgp-signature", "OpenPGP_signature.asc", "attachment", "", "signature-attached"),
    ],
)
def test_a_signature_of_the_message_is_no_file(
    media_type: str, name: str, disposition: str, inside: str, alone: str
) -> None:
    part = signed_file(media_type, name, disposition)
    found = detached(letter(parts=(mixed(part), SIGNATURE)))
    assert isinstance(found, Problem) is bool(inside)
    assert inside in str(found)
    assert problem(letter(kind=UNSIGNED, parts=(TEXT, part))) == (STRUCTURE, alone)


@pytest.mark.parametrize("preamble", sorted(KNOWN_PREAMBLES))
def test_the_lines_that_mail_programs_write_first_are_taken(preamble: bytes) -> None:
    text = preamble.decode()
    assert isinstance(detached(letter(preamble=f"{text}\n\n" if text else "")), Detached)
    assert problem(letter(preamble=f"{text} Pay.\n"))[1] == "preamble"


@pytest.mark.parametrize("comment", ["(Plain text)", "(a)", "()", "(تعليق)", "(why) (not)"])
def test_a_comment_in_the_content_type_is_taken(comment: str) -> None:
    octets = letter(kind=TYPE.replace("boundary=b", f"boundary=b {comment}"))
    assert isinstance(detached(octets), Detached)
    assert problems(parse(octets), octets) == ()


def test_a_problem_says_where_it_is() -> None:
    octets = letter(end="--b--\n\nA footer\n")
    found = detached(octets)
    assert isinstance(found, Problem)
    assert octets.split(b"\r\n")[found.line - 1] == b"A footer"
    octets = letter(parts=(mixed(NESTED), SIGNATURE))
    found = detached(octets)
    assert isinstance(found, Problem)
    assert found.part == "1.1"
    assert octets.split(b"\r\n")[found.line - 1].startswith(b"Content-Type: multipart/signed")


@given(name=st.sampled_from([*PGP, SMIME]), data=st.data())
@settings(max_examples=150, deadline=None)
def test_no_damage_to_a_letter_makes_other_octets_pass_as_signed(name: str, data: st.DataObject) -> None:
    """Whatever is cut, doubled or put in, either the shape is refused or the slice is one child of the root."""
    octets = (SAMPLES / name).read_bytes()
    start = data.draw(st.integers(0, len(octets)))
    end = data.draw(st.integers(start, min(len(octets), start + 200)))
    piece = data.draw(st.one_of(st.binary(max_size=20), st.just(octets[start:end] * 2)))
    damaged = octets[:start] + piece + octets[end:]
    with suppress(MimeLimitExceeded):
        root = parse(damaged)
        found = find_detached(root, damaged)
        if isinstance(found, Detached):
            assert found.signed == (root.children[0].start, root.children[0].end)
            assert damaged.endswith(b"--\r\n" + damaged[root.epilogue[0] :])
            assert not damaged[slice(*root.epilogue)].strip()
