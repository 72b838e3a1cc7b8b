"""The demo's story: the first letter of the original system, played on a real gateway.

From the General Archive of the Ministry of Justice, with the Minister's Office in copy, to the General Secretariat of
the Council of Ministers: signed, sent over SMTP, opened over IMAP by a named officer, receipted, traced. The names of
the people are made up.
"""

import imaplib
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from admin_cli.globals import current
from admin_cli.init import SAMPLE, load_agencies, read_agencies
from gateway.config.tree import Config, ListenSection
from gateway.instance.founding import create
from gateway.instance.home import Instance, open_instance
from gateway.letters.tracing import trace
from gateway.login.passwords import generate_secret, hash_secret, scram_keys
from gateway.mime.decode import text_of
from gateway.mime.fields import first
from gateway.mime.tree import parse
from gateway.mime.words import decode_words
from gateway.mime.writing import mailbox, text_entity, words
from gateway.signatures.enrolment import read_key
from gateway.signatures.sealed import sealed
from gateway.signatures.sealing import Sealer
from mailstore.directory import directory, keys
from policies.people.identity import Grant, Office, Officer, Right
from policies.words.arabic import isolate

if TYPE_CHECKING:
    from mailstore.database.transaction import Unit

ARCHIVE = "archive@moj.gov.example"
MINISTER = "minister@moj.gov.example"
SECRETARIAT = "registry@cm.gov.example"
SUBJECT = "إحالة مشروع قانون إلى الأمانة العامة لمجلس الوزراء"
BODY = """السلام عليكم ورحمة الله وبركاته،

نحيل إليكم مشروع القانون المرفق للعرض على مجلس الوزراء.
وتفضلوا بقبول فائق الاحترام.

الأرشيف العام، وزارة العدل
--
Please find the draft law submitted to the Council of Ministers.
General Archive, Ministry of Justice
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A sample officer with the app password generated for the demo."""

    officer: Officer
    secret: str


def _people() -> tuple[Officer, Officer, Officer]:
    everything = frozenset(Right)
    reading = frozenset({Right.READ})
    return (
        Officer(
            "salem.moj",
            "سالم المثال",
            "Salem Al-Mithal",
            "أمين الأرشيف العام",
            "Keeper of the General Archive",
            grants=(Grant(ARCHIVE, everything, primary=True),),
        ),
        Officer(
            "maryam.moj",
            "مريم المثال",
            "Maryam Al-Mithal",
            "مديرة مكتب الوزير",
            "Director of the Minister's Office",
            grants=(Grant(MINISTER, reading, primary=True),),
        ),
        Officer(
            "noora.cm",
            "نورة المثال",
            "Noora Al-Mithal",
            "مسجّلة الأمانة العامة",
            "Registrar of the General Secretariat",
            grants=(Grant(SECRETARIAT, everything, primary=True),),
        ),
    )


class Story:
    """One play of the story on an instance of its own."""

    def __init__(self, home: Path, *, quiet: bool, any_port: bool) -> None:
        self.home = home
        self._quiet = quiet
        self._any_port = any_port
        self._people = tuple(Person(officer, generate_secret()) for officer in _people())
        self._octets = b""

    def prepare(self) -> None:
        """Make the instance, its sample people and the archive's key, and write and sign the letter."""
        self._tell("نُنشئ نظاماً فيه 37 جهة…", f"Making an instance with 37 agencies in {self.home} …")
        ports = (0, 0) if self._any_port or not _free(1465, 1466, 1993) else (1465, 1993)
        config = Config(listen=ListenSection(submission_port=ports[0], imap_port=ports[1]))
        create(self.home, config, datetime.now(UTC))
        opened = open_instance(self.home)
        try:
            hashes = [hash_secret(person.secret) for person in self._people]
            opened.store.write(lambda unit: self._enrol(unit, hashes))
            self._octets = self._write_letter(opened)
        finally:
            opened.close()

    def _enrol(self, unit: "Unit", hashes: list[str]) -> None:
        load_agencies(unit, read_agencies(SAMPLE), with_people=True)
        directory.add_office(unit, Office(ARCHIVE, "MOJ", "الأرشيف العام", "General Archive"))
        directory.add_office(unit, Office(MINISTER, "MOJ", "مكتب الوزير", "Minister's Office"))
        for person, hashed in zip(self._people, hashes, strict=True):
            keys = scram_keys(unit, person.officer.login, person.secret)
            directory.add_officer(unit, person.officer, hashed, keys)

    def _write_letter(self, opened: Instance) -> bytes:
        """Write and sign the letter as the archive's mail program would, and enrol its public key."""
        now = datetime.now(UTC)
        with Sealer(self.home / "archive-key", ARCHIVE) as signer:
            signer.create("الأرشيف العام", "وزارة العدل")
            reading = read_key(signer.public_key(), ARCHIVE, now)
            opened.store.write(lambda unit: keys.enroll_key(unit, reading.key, reading.fingerprints))
            fields = (
                ("From", mailbox("الأرشيف العام", ARCHIVE)),
                ("To", mailbox("الأمانة العامة لمجلس الوزراء", SECRETARIAT)),
                ("Cc", mailbox("مكتب الوزير", MINISTER)),
                ("Subject", words(SUBJECT)),
                ("Date", f"{now:%a, %d %b %Y %H:%M:%S} +0000"),
                ("Message-ID", f"<demo-{now:%Y%m%d%H%M%S%f}@moj.gov.example>"),
            )
            plain = 'text/plain; charset="utf-8"; protected-headers="v1"; hp="clear"'
            entity = text_entity((("Content-Type", plain), *fields), BODY.replace("\n", "\r\n").encode())
            return sealed(fields, entity, "demo", signer.sign)

    def play(self, listeners: dict[str, tuple[str, int]]) -> dict[str, Any]:
        """Send, open, wait for the receipts; return the trace with what the demo adds."""
        sender, _minister, reader = self._people
        context = ssl.create_default_context(cafile=str(self.home / "ca.pem"))
        reply = _send(listeners["submission"], context, sender, self._octets)
        self._tell(f"أُرسل الخطاب موقّعاً؛ ردّ البوابة: {reply}", f"Sent signed; the gateway answered: {reply}")
        self._open(listeners["imap"], context, reader)
        self._tell(
            f"فتحته {reader.officer.name_ar}، {reader.officer.post_ar}.",
            f"Opened by {reader.officer.name_en}, {reader.officer.post_en}.",
        )
        receipts = _receipts(listeners["imap"], context, sender, wanted=2)
        for one in receipts:
            self._tell(f"وصل إيصال: {one['subject']}", "")
            self._say(one["text"])
        opened = open_instance(self.home)
        try:
            reference = reply.split()[1]
            found = opened.store.read(lambda connection: trace(connection, reference))
        finally:
            opened.close()
        self._show(found)
        subjects = [one["subject"] for one in receipts]
        return found | {"receipts": subjects, "reply": reply, "home": str(self.home)}

    def _open(self, where: tuple[str, int], context: ssl.SSLContext, reader: Person) -> None:
        with _imap(where, context, reader) as inbox:
            inbox.select("INBOX")
            _status, answer = inbox.fetch("1", "(BODY[])")
        got = answer[0][1] if answer and isinstance(answer[0], tuple) else b""
        if not got.endswith(self._octets):
            raise RuntimeError("the letter came back changed")

    def _show(self, found: dict[str, Any]) -> None:
        if not self._quiet:
            from admin_cli.trace_screen import show

            show(found, 0)

    def _tell(self, ar: str, en: str) -> None:
        if self._quiet:
            return
        for line in (isolate(ar), en):
            if line:
                print(line)

    def _say(self, text: str) -> None:
        if not self._quiet:
            print("\n".join(f"    {line}".rstrip() for line in text.splitlines()))

    def say_how_to_connect(self, listeners: dict[str, tuple[str, int]]) -> None:
        """Say what to type into a mail program, and where everything is."""
        if self._quiet:
            return
        (smtp_host, smtp_port), (imap_host, imap_port) = listeners["submission"], listeners["imap"]
        self._tell(
            "البوابة تعمل. اكتب في Thunderbird ما يلي (Ctrl-C للإيقاف):",
            "The gateway is running. Type this into Thunderbird (Ctrl-C stops it):",
        )
        print(f"  IMAP  {imap_host}:{imap_port}  SSL/TLS, normal password")
        print(f"  SMTP  {smtp_host}:{smtp_port}  SSL/TLS, normal password")
        print(
            f"  CA    {(self.home / 'ca.pem').absolute()}  (Settings > Privacy & Security > Certificates > Import)"
        )
        for person in self._people:
            office = person.officer.grants[0].office
            print(f"  {office}  user {person.officer.login}  password {person.secret}")
        print(f"  signing key of {ARCHIVE}:")
        print(f"    gpg --homedir {self.home / 'archive-key'} --armor --export-secret-keys > archive.asc")
        print(f"  trace: ./murasalat letter trace MOJ/{datetime.now(UTC).year}/000001 --home {self.home}")
        if current().lang == "en":
            print("  (--lang ar shows commands in Arabic)")


def _free(*ports: int) -> bool:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def _send(where: tuple[str, int], context: ssl.SSLContext, sender: Person, octets: bytes) -> str:
    with smtplib.SMTP_SSL(where[0], where[1], context=context, timeout=60) as client:
        client.login(sender.officer.login, sender.secret)
        client.mail(ARCHIVE)
        for recipient in (SECRETARIAT, MINISTER):
            client.rcpt(recipient)
        code, text = client.data(octets)
    if code != 250:
        raise RuntimeError(f"the gateway refused: {code} {text.decode()}")
    return text.decode()


def _imap(where: tuple[str, int], context: ssl.SSLContext, person: Person) -> imaplib.IMAP4_SSL:
    client = imaplib.IMAP4_SSL(where[0], where[1], ssl_context=context, timeout=60)
    client.login(person.officer.login, person.secret)
    return client


def _receipts(
    where: tuple[str, int], context: ssl.SSLContext, person: Person, wanted: int
) -> list[dict[str, Any]]:
    """Wait for the receipts in the sender office's mailbox; return subject and text of each."""
    with _imap(where, context, person) as client:
        for _attempt in range(300):
            _status, count = client.select("Receipts", readonly=True)
            if count[0] is not None and int(count[0]) >= wanted:
                break
            time.sleep(0.1)
        else:
            raise RuntimeError("the receipts did not come within 30 seconds")
        _status, answer = client.fetch(f"1:{wanted}", "(BODY.PEEK[])")
    return [_receipt(one[1]) for one in answer if isinstance(one, tuple)]


def _receipt(octets: bytes) -> dict[str, Any]:
    root = parse(octets)
    lines = next(iter(text_of(root, octets)), "").splitlines()
    text = "\n".join(line.strip() for line in lines if line.strip())  # the page without its tags
    return {"subject": decode_words(first(root, octets, "subject") or b""), "text": text}
