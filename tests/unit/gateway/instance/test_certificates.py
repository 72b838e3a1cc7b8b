"""The instance's own certificate authority: what it signs, for whom, for how long, and who may read its keys."""

import os
import ssl
import stat
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from harness import now

from gateway.instance.certificates import (
    create_authority,
    create_client,
    create_server,
    expiry,
    fingerprint,
    wanting,
    write_secret,
)
from gateway.net.tls import server_context
from tests.authority import Authority, named, signed, trusting, usage

HOSTS = ["localhost", "127.0.0.1", "::1", "gateway.gov.example", "localhost"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("authority")
    create_authority(home, now())
    create_server(home, HOSTS, now())
    return home


def loaded(home: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificates((home / name).read_bytes())[0]


def test_keys_are_for_their_owner_alone(home: Path) -> None:
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600


def test_a_key_is_never_replaced(home: Path) -> None:
    before = (home / "ca.key").read_bytes()
    with pytest.raises(FileExistsError):
        create_authority(home, now())
    assert (home / "ca.key").read_bytes() == before


def test_secrets_stay_secret_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_secret(tmp_path / "secret", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_the_server_certificate_is_for_each_name_once(home: Path) -> None:
    names = loaded(home, "server.pem").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "gateway.gov.example"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1"), ip_address("::1")]


def test_a_strict_verifier_accepts_the_server(home: Path) -> None:
    roots = Store([loaded(home, "ca.pem")])
    builder = PolicyBuilder().store(roots).time(now())
    server = loaded(home, "server.pem")
    chain = builder.build_server_verifier(x509.DNSName("gateway.gov.example")).verify(server, [])
    assert len(chain) == 2
    with pytest.raises(VerificationError):
        builder.build_server_verifier(x509.DNSName("evil.example")).verify(server, [])
    late = PolicyBuilder().store(roots).time(now() + timedelta(days=398))
    with pytest.raises(VerificationError):
        late.build_server_verifier(x509.DNSName("localhost")).verify(server, [])


def test_a_client_certificate_is_for_clients_only(home: Path) -> None:
    _key, pem, sha256 = create_client(home, "dms.moj@moj.gov.example", now())
    assert fingerprint(pem) == sha256
    client = x509.load_pem_x509_certificate(pem)
    verifier = PolicyBuilder().store(Store([loaded(home, "ca.pem")])).time(now()).build_client_verifier()
    assert verifier.verify(client, []).subjects is not None
    usage = client.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not client.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(VerificationError):
        verifier.verify(loaded(home, "server.pem"), [])


@pytest.mark.parametrize("login", ["dms", "dms.moj", "d" * 63, "dms@" + "x" * 100 + ".gov.example"])
def test_a_client_certificate_names_its_login(home: Path, login: str) -> None:
    key, pem, _sha256 = create_client(home, login, now())
    (name,) = x509.load_pem_x509_certificate(pem).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == login[:64]
    assert key.startswith(b"-----BEGIN PRIVATE KEY-----")


def test_an_authority_signs_nothing_below_another(home: Path) -> None:
    authority = loaded(home, "ca.pem")
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.value.ca, constraints.value.path_length, constraints.critical) == (True, 0, True)
    usage = authority.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.digital_signature) == (True, False)


def test_certificates_begin_before_a_clock_that_is_a_little_late(home: Path) -> None:
    for name in ("ca.pem", "server.pem"):
        assert loaded(home, name).not_valid_before_utc <= now() - timedelta(minutes=50)
    assert expiry((home / "server.pem").read_bytes()) == loaded(home, "server.pem").not_valid_after_utc
    assert expiry((home / "ca.pem").read_bytes()) > now() + timedelta(days=3600)


def test_what_is_no_certificate_is_a_value_error() -> None:
    for octets in (b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(ValueError, match=r"."):
            fingerprint(octets)


def test_openssl_takes_chain_and_key(home: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(home / "server.pem", home / "server.key")
    context.load_verify_locations(home / "ca.pem")
    assert len(context.get_ca_certs()) == 1


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    """Let both verify each other, in memory. Raises ssl.SSLError when one of them refuses."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(back, there, server_hostname="localhost"),
        server.wrap_bio(there, back, server_side=True),
    )
    for _ in range(3):
        for end in ends:
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
    for end in ends:
        assert end.getpeercert()


@pytest.mark.parametrize("login", ["dms", "noura@moj.gov.example"], ids=["a system's", "an officer's"])
def test_strict_peers_accept_what_the_instance_signs(home: Path, tmp_path: Path, login: str) -> None:
    client = trusting(home / "ca.pem")
    key, pem, _sha256 = create_client(home, login, now())
    (tmp_path / "client.pem").write_bytes(pem + key)
    client.load_cert_chain(tmp_path / "client.pem")
    server = server_context(home / "server.pem", home / "server.key", home / "ca.pem")
    for end in (client, server):
        end.verify_flags |= ssl.VERIFY_X509_STRICT
        end.verify_mode = ssl.CERT_REQUIRED
    shake_hands(client, server)
    for chain in (pem, (home / "server.pem").read_bytes(), (home / "ca.pem").read_bytes()):
        assert wanting(chain) == []


def test_strict_peers_accept_what_the_tests_sign(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    client = trusting(authority.file)
    client.load_cert_chain(*authority.issue("client", client=True)[:2])
    server = server_context(*authority.issue("server")[:2], authority.file)
    server.verify_flags |= ssl.VERIFY_X509_STRICT
    server.verify_mode = ssl.CERT_REQUIRED
    shake_hands(client, server)


def test_what_strict_clients_miss_is_named() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    life = (now() - timedelta(days=1), now() + timedelta(days=1))
    root = signed(named("Root"), key, [(x509.BasicConstraints(ca=True, path_length=None), False)], life=life)
    leaf = signed(
        named("leaf"), key, [(usage(digital_signature=True), True)], life=life, issuer=(root.subject, key)
    )
    lone = signed(named("lone"), key, [], life=life)
    of_authority = ["critical Basic Constraints", "Key Usage", "Subject Key Identifier"]
    assert wanting(root.public_bytes(Encoding.PEM)) == of_authority
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in (leaf, leaf, root))
    assert wanting(chain) == ["Authority Key Identifier", *of_authority]
    assert wanting(lone.public_bytes(Encoding.PEM)) == []
    with pytest.raises(ValueError, match=r"."):
        wanting(b"junk")
