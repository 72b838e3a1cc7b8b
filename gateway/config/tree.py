"""The documented settings tree: `reading` fills it from `murasalat.toml` and the environment, `sample` writes it out.

Each field says what it means, its unit and its default; the sample file is generated from these lines, and a test fails
on a field without a description.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.config.quirks import read_quirk
from policies.header_protection import read_demands
from policies.letter import Grade


class Section(BaseModel):
    """One section of the file; its docstring is the section's description."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InstanceSection(Section):
    """This node."""

    node: str = Field(
        "node-1", description="name of this node in evidence records", min_length=1, max_length=64
    )
    host: str = Field(
        "",
        description="public name of this host: in the server certificate, Received, the ready line and client sheets; "
        "empty: the address listened on, and in Received the domain of receipts",
    )
    receipts: str = Field(
        "receipts@murasalat.gov.example", description="address that receipts come from; its key seals them"
    )
    origin: str = Field(
        "murasalat.gov.example/log",
        description="name of the evidence log in its checkpoints (C2SP origin line)",
    )
    hijri_offset: int = Field(
        0, ge=-2, le=2, description="days added to the Umm al-Qura date when the official calendar differs"
    )


class DatabaseSection(Section):
    """Where letters and evidence are kept."""

    url: str = Field(
        "sqlite:///murasalat.db",
        description="SQLAlchemy URL; a relative SQLite path counts from the home directory",
    )


class ListenSection(Section):
    """Listeners. All of them speak TLS from the first octet."""

    host: str = Field("127.0.0.1", description="address to listen on")
    submission_port: int = Field(1465, ge=0, le=65535, description="SMTP submission; 0 takes any free port")
    systems_port: int = Field(
        -1,
        ge=-1,
        le=65535,
        description="SMTP submission for legacy systems, which may show a client certificate; -1: the port after "
        "submission_port, any free one when that is 0",
    )
    imap_port: int = Field(1993, ge=0, le=65535, description="IMAP; 0 takes any free port")

    @property
    def systems(self) -> int:
        """The systems' port: as set, or the one after the people's; 0 is any free one."""
        if self.systems_port >= 0:
            return self.systems_port
        return self.submission_port + 1 if self.submission_port else 0


class TlsSection(Section):
    """Certificates; relative paths count from the home directory."""

    certificate: str = Field("server.pem", description="server certificate chain (PEM)")
    key: str = Field("server.key", description="server private key (PEM)")
    client_ca: str = Field(
        "ca.pem", description="CA of the legacy systems' client certificates (PEM); empty: none are asked for"
    )
    officer_ca: str = Field(
        "",
        description="CA of the officers' client certificates (PEM), for which submission and IMAP then ask: mail "
        "programs show people a choice of theirs; empty: none are asked for",
    )


def _demands(text: str) -> str:
    read_demands(text)
    return text


class PolicySection(Section):
    """What a letter must be like."""

    max_size: int = Field(25 * 1024 * 1024, ge=1024, description="largest message, in octets")
    max_recipients: int = Field(100, ge=1, le=10_000, description="most recipients of one letter")
    signature_oldest_hours: int = Field(
        72, ge=1, description="oldest signature accepted, in hours before receipt"
    )
    signature_newest_minutes: int = Field(
        5, ge=0, description="how far ahead a signer's clock may be, in minutes"
    )
    rsa_bits: int = Field(2048, ge=2048, description="smallest RSA key accepted, in bits")
    header_protection: Annotated[str, AfterValidator(_demands)] = Field(
        "warn",
        description="letters whose signature does not cover the header (RFC 9788): off says nothing of it, warn has "
        'the receipt say it, enforce refuses; by format: "warn, openpgp: enforce"; an agency may have its own',
    )
    header_protection_grades: tuple[Grade, ...] = Field(
        (Grade.SECRET, Grade.TOP_SECRET),
        description="grades of which a letter is refused unless the signature covers its header, whatever else is set",
    )
    html_scripts: Literal["refuse", "allow"] = Field(
        "refuse", description="scripts and other active content in HTML: refuse or allow"
    )
    html_forms: Literal["refuse", "allow"] = Field(
        "refuse", description="forms to fill in, in HTML: refuse or allow"
    )
    html_remote: Literal["refuse", "allow"] = Field(
        "refuse", description="pictures and styles that HTML loads from outside the letter: refuse or allow"
    )
    html_alternatives: Literal["refuse", "allow"] = Field(
        "refuse", description="plain text and HTML of one letter that say different things: refuse or allow"
    )
    html_alone: Literal["refuse", "systems", "allow"] = Field(
        "systems",
        description="HTML without plain text: refuse, allow, or allow to systems whose letters the gateway seals",
    )
    macros: Literal["refuse", "allow"] = Field(
        "refuse", description="office documents with macros (.docm, .xlsm): refuse or allow"
    )
    date_days: int = Field(
        7, ge=1, description="how far the Date of an officer's letter may lie from the clock, in days"
    )


class SigningSection(Section):
    """The gateway's own signatures."""

    seal_key: Literal["process", "agent"] = Field(
        "process",
        description="who signs receipts: process takes the key from gpg-agent once, at the start; agent asks gpg-agent "
        "for each seal, as a key on a card needs, at fifty times the cost",
    )


class SubmissionSection(Section):
    """Limits of the SMTP side."""

    arabic_replies: bool = Field(
        True, description="refusals to officers carry an Arabic line before the English one"
    )
    max_connections: int = Field(1000, ge=1, description="open connections in all")
    max_connections_per_source: int = Field(100, ge=1, description="open connections from one address")
    idle_seconds: int = Field(300, ge=5, description="longest silence between commands, in seconds")


def _quirk(row: str) -> str:
    read_quirk(row)
    return row


class ImapSection(Section):
    """Limits of the IMAP side."""

    max_connections: int = Field(10_000, ge=1, description="open connections in all")
    max_connections_per_source: int = Field(200, ge=1, description="open connections from one address")
    idle_seconds: int = Field(
        1860, ge=60, description="longest silence of a client, in seconds (RFC 9051 section 5.4)"
    )
    max_append: int = Field(
        25 * 1024 * 1024, ge=1024, description="largest message a client may store, in octets"
    )
    max_keywords: int = Field(100, ge=0, description="keywords (tags) in one mailbox")
    max_mailboxes: int = Field(1000, ge=10, description="mailboxes of one office, the standard ones included")
    uploads_per_account: int = Field(
        4, ge=1, description="messages above 1 MiB that one account stores at once; further ones wait"
    )
    commands_before_login: int = Field(
        100,
        ge=5,
        description="commands of one connection until it has logged in; mail programs send under ten",
    )
    utf8: bool = Field(
        True, description="offer UTF8=ACCEPT (RFC 6855): names and texts in Arabic as they are"
    )
    xlist: bool = Field(
        False, description="advertise XLIST, by which Outlook 2010 and 2013 find Sent and Drafts"
    )
    withheld: tuple[Annotated[str, AfterValidator(_quirk)], ...] = Field(
        (),
        description="capabilities that mail programs do not get, by a word of the name and version they give in ID "
        '(* is every program), e.g. ["Thunderbird 78: UTF8=ACCEPT CONDSTORE", "*: IMAP4rev2"]',
    )


class Config(Section):
    """The whole tree."""

    instance: InstanceSection = InstanceSection()
    database: DatabaseSection = DatabaseSection()
    listen: ListenSection = ListenSection()
    tls: TlsSection = TlsSection()
    policy: PolicySection = PolicySection()
    signing: SigningSection = SigningSection()
    submission: SubmissionSection = SubmissionSection()
    imap: ImapSection = ImapSection()
