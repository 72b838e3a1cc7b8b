"""One documented settings tree, read from `murasalat.toml` and from the environment.

Each field says what it means, its unit and its default; the sample file is generated from these lines, and a test fails
on a field without a description. An environment variable `MURASALAT_SECTION__NAME` overrides the file; a list is
written there as in the file.
An unknown setting is an error with the nearest known name; nothing is guessed.
"""

import difflib
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gateway.quirks import read_quirk

FILE = "murasalat.toml"
PREFIX = "MURASALAT_"


class ConfigError(Exception):
    """A setting is unknown or wrong: one line with file, row and fix, in English and, as `text_ar`, in Arabic."""

    def __init__(self, text: str, text_ar: str) -> None:
        super().__init__(text)
        self.text_ar = text_ar


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InstanceSection(_Section):
    """This node."""

    node: str = Field(
        "node-1", description="name of this node in evidence records", min_length=1, max_length=64
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


class DatabaseSection(_Section):
    """Where letters and evidence are kept."""

    url: str = Field(
        "sqlite:///murasalat.db",
        description="SQLAlchemy URL; a relative SQLite path counts from the home directory",
    )


class ListenSection(_Section):
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


class TlsSection(_Section):
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


class PolicySection(_Section):
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
    require_header_protection: bool = Field(
        False, description="refuse letters whose signature does not cover the header fields (RFC 9788)"
    )


class SubmissionSection(_Section):
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


class ImapSection(_Section):
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


class Config(_Section):
    """The whole tree."""

    instance: InstanceSection = InstanceSection()
    database: DatabaseSection = DatabaseSection()
    listen: ListenSection = ListenSection()
    tls: TlsSection = TlsSection()
    policy: PolicySection = PolicySection()
    submission: SubmissionSection = SubmissionSection()
    imap: ImapSection = ImapSection()


def load(home: Path) -> Config:
    """Read `home/murasalat.toml` and the environment. Raises ConfigError with one line that says what to do."""
    path = home / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: not found; run: murasalat init --home {home}",
            f"{path}: غير موجود؛ نفّذ: murasalat init --home {home}",
        ) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{path}: cannot be read: {fault}", f"{path}: تعذّرت قراءته: {fault}") from None
    try:
        tree: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(f"{path}: {fault}", f"{path}: ليس TOML صحيحاً: {fault}") from None
    _refuse_unknown(path, text, tree)
    overridden = _apply_environment(tree)
    try:
        return Config.model_validate(tree)
    except ValidationError as fault:
        first = fault.errors()[0]
        where = [str(part) for part in first["loc"] if isinstance(part, str)]
        entry = first["input"] if len(first["loc"]) > len(where) else ""
        variable = overridden.get(tuple(where))
        source = variable or f"{path}:{_row(text, where, str(entry))}"
        problem = first["msg"].removeprefix("Value error, ")
        setting = ".".join(where)
        raise ConfigError(
            f"{source}: {setting}: {problem}", f"{source}: قيمة الإعداد {setting} خاطئة: {problem}"
        ) from None


def _refuse_unknown(path: Path, text: str, tree: dict[str, Any]) -> None:
    sections = Config.model_fields
    for section, values in tree.items():
        if section not in sections:
            raise _unknown(path, text, [section], list(sections))
        model = sections[section].annotation
        if not isinstance(values, dict) or not isinstance(model, type) or not issubclass(model, _Section):
            where = f"{path}:{_row(text, [section])}"
            raise ConfigError(
                f"{where}: {section} is a section: write [{section}]",
                f"{where}: {section} قسم: اكتب [{section}]",
            )
        for name in values:
            if name not in model.model_fields:
                raise _unknown(path, text, [section, name], list(model.model_fields))


def _unknown(path: Path, text: str, where: list[str], known: list[str]) -> ConfigError:
    near = difflib.get_close_matches(where[-1], known, n=1, cutoff=0.4)
    at, setting, names = f"{path}:{_row(text, where)}", ".".join(where), ", ".join(known)
    meant = ".".join([*where[:-1], near[0]]) if near else ""
    fix, fix_ar = (
        (f"did you mean {meant}?", f"هل تقصد {meant}؟")
        if near
        else (f"known here: {names}", f"المعروف هنا: {names}")
    )
    return ConfigError(
        f"{at}: unknown setting {setting}; {fix}", f"{at}: إعداد غير معروف {setting}؛ {fix_ar}"
    )


def _row(text: str, where: list[str], entry: str = "") -> int:
    """Return the row of a setting in the file, of one entry of it if that is a list, or 1."""
    section = ""
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        bare = line.strip()
        if bare.startswith("["):
            section = bare.strip("[] ")
            if where == [section]:
                return number
        name = bare.partition("=")[0].strip()
        if name == where[-1] and (len(where) == 1 or section == where[0]):
            rows = range(number, len(lines) + 1) if entry else ()
            return next((row for row in rows if entry in lines[row - 1]), number)
    return 1


def _apply_environment(tree: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Put what the environment says into the tree; return the variable of each setting that it says."""
    overridden: dict[tuple[str, ...], str] = {}
    for section, field in Config.model_fields.items():
        model = field.annotation
        if not isinstance(model, type) or not issubclass(model, _Section):
            continue
        for name in model.model_fields:
            variable = f"{PREFIX}{section}__{name}".upper()
            value = os.environ.get(variable)
            if value is not None:
                is_list = isinstance(model.model_fields[name].default, tuple)
                tree.setdefault(section, {})[name] = _list_of(variable, value) if is_list else value
                overridden[section, name] = variable
    return overridden


def _list_of(variable: str, value: str) -> Any:
    """Read a list as it stands in the file. Raises ConfigError."""
    try:
        return tomllib.loads(f"list = {value}")["list"]
    except tomllib.TOMLDecodeError:
        raise ConfigError(
            f'{variable}: not a list; write it as in the file: ["…", "…"]',
            f'{variable}: ليس قائمة؛ اكتبها كما في الملف: ["…", "…"]',
        ) from None


def sample(config: Config, *, comments: bool = True) -> str:
    """Return the text of a settings file that says exactly `config`, each setting with its description."""
    lines = [
        "# Murasalat settings. Every setting is here with its default or present value; unknown ones are refused."
    ]
    for section, field in Config.model_fields.items():
        model = field.annotation
        if not isinstance(model, type) or not issubclass(model, _Section):
            continue
        lines += ["", f"[{section}]" + (f"  # {model.__doc__}" if comments else "")]
        values = getattr(config, section)
        for name, inner in model.model_fields.items():
            if comments:
                lines.append(f"# {inner.description}")
            lines.append(f"{name} = {_toml(getattr(values, name))}")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
