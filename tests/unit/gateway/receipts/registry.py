"""Letters and evidence of fictional agencies under gov.example, written as intake and opening write them."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.messages.stored import message_of
from gateway.mime.tree import parse
from mailstore import outbox
from mailstore.database.transaction import Store, Unit
from mailstore.evidence import records
from mailstore.identifiers import uuid7
from mailstore.letters import letters, register
from mailstore.letters.letters import Addressee, Letter
from mailstore.mailboxes import mailboxes
from mailstore.octets import messages
from policies.evidence import Actor, Event, Evidence, Issuer, Party
from policies.people.identity import Officer
from policies.words.calendar import rfc3339
from policies.words.reasons import Reason

ORIGIN = "murasalat.gov.example/log"
ADDRESS = "receipts@murasalat.gov.example"
MOJ, MOF, MOI = ("registry@moj.gov.example", "registry@mof.gov.example", "registry@moi.gov.example")
NOON = datetime(2026, 11, 23, 9, 0, 0, 123000, tzinfo=UTC)

AGENCIES = (
    ("MOJ", "moj.gov.example", "وزارة العدل", "Ministry of Justice"),
    ("MOF", "mof.gov.example", "وزارة المالية", "Ministry of Finance"),
    ("MOI", "moi.gov.example", "وزارة الداخلية", "Ministry of Interior"),
)
READER = Officer("m.reader", "مريم القارئ", "Maryam Reader", "أمينة السجل", "Registrar")
LETTER = (
    b"Message-ID: <one@moj.gov.example>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0300\r\n"
    b"From: registry@moj.gov.example\r\nTo: registry@mof.gov.example\r\n"
    b"Subject: Budget\r\n\r\nbody\r\n"
)


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Registry:
    """Writes letters and evidence as intake, delivery and opening do, each act in one unit."""

    store: Store
    clock: Clock
    issuer: Issuer
    sent: int = field(default=0)

    def letter(
        self,
        *recipients: str,
        subject: str = "كتاب رسمي بشأن الموازنة",
        message_id: str | None = None,
        octets: bytes = LETTER,
        delivered: bool = True,
        envid: str = "",
        ret: str = "",
        notify: dict[str, str] | None = None,
        orcpt: dict[str, str] | None = None,
        owe: bool = True,
        signature: dict[str, object] | None = None,
    ) -> Letter:
        self.sent += 1
        number = self.sent
        octets = octets.replace(b"<one@", b"<%d@" % number)
        sha256 = hashlib.sha256(octets).hexdigest()
        message = message_of(octets, parse(octets), sha256)
        mine = message_id if message_id is not None else f"<{number}@moj.gov.example>"

        def act(unit: Unit) -> Letter:
            letter_id = uuid7(unit.now)
            series = "MOJ/2026"
            given = register.allocate(unit, series)
            letter = Letter(
                letter_id,
                f"MOJ/2026/{given:06d}",
                series,
                given,
                "MOJ",
                MOJ,
                "a.sender",
                mine,
                sha256,
                len(octets),
                subject,
                "ordinary",
                "ordinary",
                rfc3339(unit.now),
                "openpgp",
                "A" * 40,
                headers_protected=True,
                engines="sequoia gnupg",
            )
            each = [self._addressee(unit, office, position) for position, office in enumerate(recipients)]
            each = [
                replace(
                    one, notify=(notify or {}).get(one.office, ""), orcpt=(orcpt or {}).get(one.office, "")
                )
                for one in each
            ]
            messages.put_message(unit, message)
            keys = letters.Keys(submission=uuid7(unit.now), signed=uuid7(unit.now))
            letters.insert_letter(unit, letter, each, keys)
            said = {"envid": envid, "ret": ret}
            detail: dict[str, object] = {name: value for name, value in said.items() if value}
            if signature is not None:
                detail["signature"] = signature
            accepted = self._fact(unit, letter, Event.ACCEPTED, detail=detail)
            records.append(unit, accepted)
            for one in each if delivered else ():
                party = Party(one.agency, one.office)
                for event in (Event.DELIVERED, Event.REGISTERED_IN):
                    fact = self._fact(unit, letter, event, recipient=party)
                    records.append(unit, replace(fact, incoming_reference=one.incoming_reference))
            if owe:
                outbox.owe(unit, "dispatch", letter.letter_id, accepted.evidence_id)
            return letter

        return self.store.write(act)

    def _addressee(self, unit: Unit, office: str, position: int) -> Addressee:
        agency = office.split("@")[1].split(".", maxsplit=1)[0].upper()
        given = register.allocate(unit, f"{agency}/IN/2026")
        duty = "information" if position else "action"
        return Addressee(office, agency, duty, f"{agency}/IN/2026/{given:06d}", f"{agency}/IN/2026", given)

    def _fact(self, unit: Unit, letter: Letter, event: Event, **more: Any) -> Evidence:
        return Evidence(
            records.new_id(unit),
            event,
            unit.now,
            unit.now,
            self.issuer,
            letter.letter_id,
            Party("MOJ", MOJ),
            sha256=letter.sha256,
            reference=letter.reference,
            **more,
        )

    def note(self, letter: Letter, event: Event, office: str = MOF, owed: str = "", **more: Any) -> Evidence:
        """Record one more event about one recipient, and owe the receipt of that kind if one is named."""

        def act(unit: Unit) -> Evidence:
            party = Party(office.split("@")[1].split(".", maxsplit=1)[0].upper(), office)
            fact = self._fact(unit, letter, event, recipient=party, **more)
            records.append(unit, fact)
            if owed:
                outbox.owe(unit, owed, letter.letter_id, fact.evidence_id)
            return fact

        return self.store.write(act)

    def seen(self, letter: Letter, office: str = MOF, officer: Officer = READER) -> Evidence:
        actor = Actor(
            officer.login,
            officer.name_ar,
            officer.name_en,
            officer.post_ar,
            officer.post_en,
            on_behalf_of=office,
            method="password",
            client="Thunderbird",
        )
        self.note(letter, Event.HANDED_OVER, office, actor=actor)
        self.clock.advance(minutes=2)
        return self.note(letter, Event.SEEN, office, "opened", actor=actor)

    def failed(self, letter: Letter, office: str = MOF, reason: Reason | None = None) -> Evidence:
        return self.note(letter, Event.NOT_DELIVERED, office, "failed", reason=reason)

    def placed(self, name: str, office: str = MOJ) -> list[bytes]:
        """The octets of everything in a mailbox, oldest first."""

        def act(connection: Any) -> list[bytes]:
            box = mailboxes.find(connection, office, name)
            assert box is not None
            uids = list(range(1, box.uidnext))
            return [bytes(row.octets) for row in mailboxes.entries(connection, box.id, uids, "octets")]

        return self.store.read(act)
