"""SCRAM-SHA-256 against the RFCs' own exchange, another implementation, and everything that is no message of it."""

from base64 import b64decode, b64encode

import pytest
from scramp import ScramClient, ScramException

from gateway.login.passwords import generate_secret
from gateway.login.scram import (
    ITERATIONS,
    LONGEST,
    Exchange,
    Keys,
    Malformed,
    client_first,
    make_keys,
    nobodys_keys,
    read_keys,
    salt_of,
    stored_keys,
)
from tests.scramclient import NONCE, ScramSpeaker

SALT = b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
FIRST = f"n,,n=user,r={NONCE}".encode()
FINAL = f"c=biws,r={NONCE}{SERVER_NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=".encode()
PENCIL = make_keys("pencil", SALT)


def exchange(first: bytes = FIRST) -> Exchange:
    return Exchange(client_first(first), SALT, 4096, SERVER_NONCE)


def test_the_exchange_of_rfc_7677_section_3() -> None:
    under_way = exchange()
    assert under_way.challenge == f"r={NONCE}{SERVER_NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".encode()
    proof = under_way.proof(FINAL)
    assert proof.found_in([PENCIL]) == PENCIL
    assert proof.confirmation(PENCIL) == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_the_password_is_found_among_several_wherever_it_stands() -> None:
    others = [make_keys(secret, SALT) for secret in ("pen", "chalk")]
    proof = exchange().proof(FINAL)
    for at in range(3):
        assert proof.found_in([*others[:at], PENCIL, *others[at:]]) == PENCIL
    assert proof.found_in(others) is None
    assert proof.found_in([nobodys_keys()]) is None
    assert proof.found_in([]) is None


def test_an_independent_client_logs_in_and_believes_the_server() -> None:
    for _ in range(20):
        secret = generate_secret()
        keys = make_keys(secret, salt_of(b"key", "noura"))
        client = ScramClient(["SCRAM-SHA-256"], "noura", secret)
        under_way = Exchange(client_first(client.get_client_first().encode()), keys.salt)
        client.set_server_first(under_way.challenge.decode())
        proof = under_way.proof(client.get_client_final().encode())
        assert proof.found_in([keys]) == keys
        client.set_server_final(proof.confirmation(keys).decode())


def test_an_independent_client_notices_a_server_without_its_keys() -> None:
    client = ScramClient(["SCRAM-SHA-256"], "noura", "pencil")
    under_way = Exchange(client_first(client.get_client_first().encode()), SALT)
    client.set_server_first(under_way.challenge.decode())
    proof = under_way.proof(client.get_client_final().encode())
    with pytest.raises(ScramException, match="server signature"):
        client.set_server_final(proof.confirmation(make_keys("other", SALT)).decode())


def test_an_old_proof_proves_nothing_in_another_exchange() -> None:
    first, second = (Exchange(client_first(FIRST), SALT) for _ in range(2))
    assert first.challenge != second.challenge
    final = ScramSpeaker("user", "pencil").final(first.challenge)
    assert first.proof(final).found_in([PENCIL]) == PENCIL
    with pytest.raises(Malformed, match="nonce"):
        second.proof(final)
    old, new = (one.challenge.split(b",")[0] for one in (first, second))
    assert second.proof(final.replace(old, new)).found_in([PENCIL]) is None


@pytest.mark.parametrize(
    ("header", "identity"),
    [
        ("n,,", ""),
        ("y,,", ""),
        ("n,a=registry@mof.gov.example,", "registry@mof.gov.example"),
        ("y,a=x=2Cy=3Dz,", "x,y=z"),
    ],
)
def test_the_header_is_read_and_must_be_bound(header: str, identity: str) -> None:
    first = client_first(f"{header}n=user,r={NONCE}".encode())
    assert (first.header, first.identity, first.login) == (header, identity, "user")
    for bound in ("n,,", "y,,", "n,a=other,", "p=tls-unique,,", "", header + "x"):
        final = FINAL.replace(b"biws", b64encode(bound.encode()) or b"=")
        if bound == header:
            assert Exchange(first, SALT, 4096, SERVER_NONCE).proof(final)
        else:
            with pytest.raises(Malformed, match=r"channel binding|Not a last"):
                Exchange(first, SALT, 4096, SERVER_NONCE).proof(final)


def test_names_may_have_commas_equals_signs_and_arabic() -> None:
    first = client_first(f"n,,n=نورة=2C=3D=3D2C,r={NONCE},x=optional".encode())
    assert (first.login, first.nonce) == ("نورة,==2C", NONCE)
    assert first.bare.endswith(",x=optional")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b",",
        b"n",
        b"n,",
        b"n,,",
        b"n,,,",
        b"n,,n=user",
        b"n,,n=user,",
        b"n,,r=abc",
        b"n,,r=abc,n=user",
        b"n,,n=user,r=",
        b"n,,n=,r=abc",
        b"n,,user,r=abc",
        b"n,,N=user,r=abc",
        b"n,,n=user,R=abc",
        b"n,,n=us=er,r=abc",
        b"n,,n=us=2cer,r=abc",
        b"n,,n=user=,r=abc",
        b"n,,n=user=3,r=abc",
        b"n,,m=ext,n=user,r=abc",
        b"n,,n=user,m=ext,r=abc",
        b"n,,n=user,r=abc,m=ext",
        b"n,,n=user,r=abc,",
        b"n,,n=user,r=abc,,x=1",
        b"n,,n=user,r=abc,x=",
        b"n,,n=user,r=abc,x",
        b"n,,n=user,r=abc,1=x",
        b"n,,n=user,r=abc,r=def",
        b"n,,n=user,r=abc,p=def",
        b"n,,n=user,r=abc,n=other",
        b"n,,n=user,r=a b",
        b"n,,n=user,r=a\x7f",
        "n,,n=user,r=é".encode(),
        b"n,,n=user,r=" + b"a" * 257,
        b"n,a=,n=user,r=abc",
        b"n,b=x,n=user,r=abc",
        b"n,a=x=,n=user,r=abc",
        b"n,x,n=user,r=abc",
        b"N,,n=user,r=abc",
        b"y=1,,n=user,r=abc",
        b"z,,n=user,r=abc",
        b" n,,n=user,r=abc",
        b"n,,n=user,r=abc\0",
        b"n,,n=us\0er,r=abc",
        b"n,,n=\xff,r=abc",
        b"p=tls-unique,,n=user,r=abc",
        b"p=tls-exporter,,n=user,r=abc",
        b"p=tls-server-end-point,a=x,n=user,r=abc",
        b"p=,,n=user,r=abc",
        b"p,,n=user,r=abc",
        b"n,,n=" + b"u" * LONGEST + b",r=abc",
    ],
)
def test_a_first_message_that_is_none(message: bytes) -> None:
    with pytest.raises(Malformed):
        client_first(message)


PROOF = b"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b",",
        b"c=biws",
        FINAL.rpartition(b",")[0],
        FINAL.rpartition(b",")[0] + b",p=",
        FINAL[:-1],
        FINAL + b"=",
        FINAL + b",",
        FINAL + b",x=1",
        FINAL + b"," + FINAL[-46:],
        FINAL.replace(PROOF, PROOF[:-4]),
        FINAL.replace(PROOF, b"AAAA" + PROOF),
        FINAL.replace(PROOF, PROOF[:-2] + b"R="),  # bits that say nothing are set
        FINAL.replace(PROOF, b"!" + PROOF[1:]),
        FINAL.replace(PROOF, PROOF.replace(b"Z", b"\n")),
        FINAL.replace(b"c=biws,", b""),
        FINAL.replace(b"c=biws", b"c="),
        FINAL.replace(b"c=biws", b"c=biw"),
        FINAL.replace(b"c=biws", b"c=biws\n"),
        FINAL.replace(b"c=biws", b"c=eSws"),
        FINAL.replace(b"c=biws", b"c=biwsbiws"),
        FINAL.replace(b"c=biws", b"d=biws"),
        FINAL.replace(b"c=biws,", b"c=biws,m=ext,"),
        FINAL.replace(b"c=biws,", b"m=ext,c=biws,"),
        FINAL.replace(b",p=", b",m=ext,p="),
        FINAL.replace(b",p=", b",c=biws,p="),
        FINAL.replace(b",p=", b",p=AAAA,p="),
        FINAL.replace(b",p=", b",,p="),
        FINAL.replace(b",p=", b",x=,p="),
        FINAL.replace(SERVER_NONCE.encode(), b""),
        FINAL.replace(NONCE.encode(), b""),
        FINAL.replace(SERVER_NONCE.encode(), SERVER_NONCE.encode() + b"x"),
        FINAL.replace(b"r=r", b"r=R"),
        FINAL.replace(b",r=", b",s="),
        FINAL.replace(b",p=", b",P="),
        FINAL + b"\0",
        FINAL.replace(b"biws", b"\xff"),
        FINAL.replace(b",p=", b",x=" + b"y" * LONGEST + b",p="),
        FIRST,
    ],
)
def test_a_last_message_that_is_none(message: bytes) -> None:
    assert message != FINAL
    with pytest.raises(Malformed):
        exchange().proof(message)


def test_an_optional_extension_in_the_last_message_is_bound_by_the_proof() -> None:
    unsigned = exchange().proof(FINAL.replace(b",p=", b",x=1,p="))
    assert unsigned.found_in([PENCIL]) is None
    assert b",x=1" in unsigned.said


def test_keys_are_kept_as_rfc_5803_writes_them() -> None:
    assert str(PENCIL) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
    assert read_keys(str(PENCIL)) == PENCIL


@pytest.mark.parametrize("text", ["", "keys", "SCRAM-SHA-256$4096:AA==$AA==", "SCRAM-SHA-1$1:AA==$AA==:AA==",
                                  "SCRAM-SHA-256$x:AA==$AA==:AA==", "SCRAM-SHA-256$1:A$AA==:AA==",
                                  "SCRAM-SHA-256$1:AA==$AA==:é", str(PENCIL) + "\n"])  # fmt: skip
def test_what_is_no_keys_is_read_as_none(text: str) -> None:
    assert read_keys(text) is None


def test_generated_secrets_need_no_saslprep() -> None:
    """RFC 4013 leaves printable ASCII as it is: what the officer types is what the keys are made of."""
    for _ in range(100):
        secret = generate_secret()
        assert secret.isascii()
        assert secret.isprintable()
        assert ScramClient(["SCRAM-SHA-256"], "noura", secret).password.password == secret


@pytest.mark.parametrize("secret", ["مرور123", "pass\tword", "p\0", "é"])
def test_no_keys_are_made_of_what_saslprep_might_change(secret: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        make_keys(secret, SALT)


def test_every_login_has_a_salt_of_its_own_for_ever() -> None:
    salts = {salt_of(b"key", login) for login in ("noura", "salem", "nobody", "", "نورة")}
    assert len(salts) == 5
    assert {len(salt) for salt in salts} == {16}
    assert salt_of(b"key", "noura") == salt_of(b"key", "noura") != salt_of(b"other", "noura")
    kept = read_keys(stored_keys("secret", b"key", "noura"))
    assert kept is not None
    assert (kept.salt, kept.iterations) == (salt_of(b"key", "noura"), ITERATIONS)
    assert ITERATIONS >= 4096  # RFC 7677 section 4


def test_nobodys_keys_look_like_keys() -> None:
    first, second = nobodys_keys(), nobodys_keys()
    assert isinstance(first, Keys)
    assert first != second
    assert (len(first.stored), len(first.server)) == (32, 32)
