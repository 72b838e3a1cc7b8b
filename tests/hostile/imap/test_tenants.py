"""An officer of one agency against the names, numbers and logins of another's offices.

Invariant held here: what is not one's own answers, octet for octet, as what does not exist; and no octet of it comes.
The short form runs some hundred operations; `--long` runs 10,000.
"""

import base64
import hashlib
import random
import re
from dataclasses import dataclass

import pytest
import pytest_asyncio

from gateway.net.tls import cut
from mailstore.directory import directory
from policies.people.identity import Office
from tests.dialogs.imap.rig import MINISTER, MOF, MOJ, SECRET, Client, World, letter_octets

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOWHERE = "reqistry@mof.gov.example"  # as long as the real one, and not there
UNREAD = "registry@mod.gov.example"  # there, and nobody's
CANARY = "canary-7f3a"

OPERATIONS = (
    "SELECT {}",
    "EXAMINE {}",
    "STATUS {} (MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ SIZE MAILBOXID DELETED APPENDLIMIT)",
    "LIST {} *",
    'LIST "" {}',
    'LIST (SUBSCRIBED) "" ({} "*") RETURN (CHILDREN STATUS (MESSAGES))',
    "LSUB {} %",
    'XLIST "" {}',
    "CREATE {}",
    "CREATE {}/x (USE (\\Junk))",
    "DELETE {}",
    "RENAME {} Mine",
    "RENAME Play {}",
    "RENAME Play {}/Play",
    "SUBSCRIBE {}",
    "UNSUBSCRIBE {}",
    "MYRIGHTS {}",
    "GETACL {}",
    "LISTRIGHTS {} noura",
    "LISTRIGHTS {} huda",
    "SETACL {} huda lrswipkxtea",
    "DELETEACL {} noura",
    "GETQUOTAROOT {}",
    "COPY 1:* {}",
    "UID COPY 1:* {}",
    "MOVE 1:* {}",
    "UID MOVE 1 {}",
    "APPEND {} {{5}}",
    "APPEND {} (\\Seen) {{9+}}\r\na: b\r\n\r\nc",
)
MAILBOXES = (
    "INBOX",
    "inbox",
    "Sent",
    "Drafts",
    "Archive",
    "Work",
    "Work/2026",
    "",
    "*",
    "%",
    "INBOX/",
    "&BkU-",
)
FORMS = (
    "Offices/{}/{}",
    "offices/{}/{}",
    "OFFICES/{}/{}",
    "Offices//{}/{}",
    "Offices/{}{}",
    "Offices/ {}/{}",
)


@dataclass
class Attack:
    """An officer of the Ministry of Justice who tries, and what the others have that must not come."""

    client: Client
    secrets: list[str]
    letter_ids: list[str]
    digests: list[str]
    heard: list[str]

    async def ask(self, command: str) -> list[str]:
        answer = await self.client.ask(command)
        self.heard += answer
        return answer

    async def both(self, command: str, there: str, nowhere: str) -> None:
        """Hold that the answers about the two names differ in nothing but the name."""
        answers = []
        for name in (there, nowhere):
            said = await self.ask(command.replace("@@", name))
            answers.append([line.replace(name, "@@") for line in said])
        assert answers[0] == answers[1], command

    def hold(self) -> None:
        everything = "\n".join(self.heard)
        for secret in self.secrets:
            assert secret not in everything


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def attack(besieged: World) -> Attack:
    besieged.store.write(
        lambda unit: directory.add_office(unit, Office("secretary@moj.gov.example", "MOJ", "س", "S"))
    )
    owner = await besieged.logged_in("noura")
    draft = letter_octets(90, subject=CANARY, body=CANARY)
    for mailbox in ("Drafts", "Sent"):
        assert (await owner.append(mailbox, draft, f"(\\Flagged {CANARY})")).startswith("OK")
    await owner.ok("CREATE Work/2026")
    await owner.ok("SUBSCRIBE Work/2026")
    await owner.ok(f"CREATE Offices/{MINISTER}/{CANARY}")
    placed = besieged.deliver(letter_octets(91, body="to the minister"), MINISTER)
    huda = await besieged.selected("Sent", user="huda")
    await huda.ok("CREATE Play")
    digests = [hashlib.sha256(draft).hexdigest()]
    return Attack(
        huda, [CANARY, "salem", "Salem", "minister@", "MOF/IN/"], [placed.letter.letter_id], digests, []
    )


def quoted(name: str) -> str:
    return '"' + name + '"'


async def test_every_operation_answers_as_for_a_name_that_is_not_there(attack: Attack) -> None:
    for operation in OPERATIONS:
        for mailbox in ("INBOX", "Drafts", "Work/2026", "*"):
            command = operation.format(quoted(f"Offices/@@/{mailbox}"))
            await attack.both(command, MOF, NOWHERE)
    attack.hold()


async def test_random_operations_answer_as_for_a_name_that_is_not_there(
    attack: Attack, request: pytest.FixtureRequest
) -> None:
    choice = random.Random(16)
    for number in range(5000 if request.config.getoption("--long") else 250):
        name = choice.choice(FORMS).replace("{}", "@@", 1).replace("{}", choice.choice(MAILBOXES), 1)
        there = choice.choice((MOF, MINISTER, MOF.upper(), MINISTER.title()))
        nowhere = there.swapcase().replace("mof", "mqf").replace("MOF", "MQF").swapcase()
        await attack.both(choice.choice(OPERATIONS).format(quoted(name)), there, nowhere)
        if number % 50 == 0:
            assert (await attack.client.ask("SELECT Sent"))[-1].startswith("OK")
    attack.hold()


async def test_another_office_of_the_same_agency_is_another_office(besieged: World, attack: Attack) -> None:
    salem = Attack(await besieged.selected(user="salem"), [CANARY], [], [], [])
    for operation in OPERATIONS:
        command = operation.format(quoted("Offices/@@/INBOX"))
        await salem.both(command, MINISTER, MINISTER.replace("minister", "mjnister"))
    # The office that salem does read shows the canary to him; the minister's does not.
    assert all(MINISTER not in line or "Offices" in line for line in salem.heard)
    assert attack.secrets


async def test_wildcards_reach_nothing_of_others(attack: Attack) -> None:
    for pattern in (
        "*",
        "%",
        "*/*",
        "Offices/*",
        "Offices/%",
        "Offices/%/%",
        "*mof*",
        "*INBOX",
        "Offices/*/INBOX",
    ):
        for command in (
            'LIST "" {}',
            'LSUB "" {}',
            'XLIST "" {}',
            'LIST (SUBSCRIBED RECURSIVEMATCH) "" ({})',
        ):
            for line in await attack.ask(command.format(quoted(pattern))):
                assert "mof.gov.example" not in line
                assert "Offices" not in line
    attack.hold()


async def test_numbers_of_others_reach_nothing(besieged: World, attack: Attack) -> None:
    """UIDs, object ids and mod-sequences are those of the selected mailbox, and of nothing else."""
    await attack.client.ok("SELECT Sent")
    own = {line.split()[1] for line in await attack.ask("UID FETCH 1:* (UID)") if line.startswith("*")}
    for command in (
        "UID FETCH 1:4294967295 (UID FLAGS EMAILID BODY.PEEK[HEADER.FIELDS (Subject)])",
        "UID SEARCH UID 1:*",
        "UID SORT (SUBJECT) UTF-8 ALL",
        "UID FETCH 1:* (UID) (CHANGEDSINCE 1)",
    ):
        told = {line.split()[1] for line in await attack.ask(command) if re.match(r"\* [0-9]+ FETCH", line)}
        assert told <= own
    found = [
        (await attack.ask(f"UID SEARCH EMAILID {name}"))[0]
        for digest in attack.digests
        for name in (f"S{digest}", f"S{digest[::-1]}", "L018f0000-0000-7000-8000-000000000000")
    ]
    assert set(found) == {"* SEARCH"}
    assert (await attack.ask(f"UID SEARCH TEXT {CANARY}"))[0] == "* SEARCH"
    assert (await attack.ask(f"UID SEARCH KEYWORD {CANARY}"))[0] == "* SEARCH"
    assert besieged.mailbox(MOF, "INBOX").uidnext > 1
    attack.hold()


async def test_the_copy_of_anothers_message_id_is_no_official_copy(besieged: World) -> None:
    """APPEND to Sent looks for the letter that was sent under this Message-ID: by the same office only."""
    placed = besieged.deliver(letter_octets(92), message_id="<official@moj.gov.example>")
    client = await besieged.selected("Sent", user="salem")
    octets = b"Message-ID: <official@moj.gov.example>\r\nSubject: x\r\n\r\nx\r\n"
    answer = await client.append("Sent", octets)
    assert re.fullmatch(r"OK \[APPENDUID [0-9]+ [0-9]+\] Stored", answer)
    uid = answer.split("]")[0].split()[-1]
    (line,) = await client.ok(f"UID FETCH {uid} BODY.PEEK[]")
    assert placed.letter.letter_id not in line
    assert "Subject: x" in line


# ── Logging in as what one is not ─────────────────────────────────────────────────────────────────────────────────────


def plain(identity: str, user: str, secret: str = SECRET) -> str:
    response = f"{identity}\0{user}\0{secret}".encode()
    return f"AUTHENTICATE PLAIN {base64.b64encode(response).decode()}"


NO_ENTRY = (
    f"LOGIN huda*{MOF} {SECRET}",
    f"LOGIN huda*{MINISTER} {SECRET}",
    f"LOGIN huda*{NOWHERE} {SECRET}",
    f"LOGIN huda*secretary@moj.gov.example {SECRET}",
    f"LOGIN salem*{MINISTER} {SECRET}",
    f"LOGIN huda* {MOJ}",
    f"LOGIN huda*%2a {SECRET}",
    f'LOGIN "huda*{MOF}*{MOJ}" {SECRET}',
    f'LOGIN "{MOF}*huda" {SECRET}',
    plain(MOF, "huda"),
    plain(f"noura*{MOF}", "huda"),
    plain("noura", "huda"),
    plain(f"huda*{MOF}", f"huda*{MOJ}"),
    plain("", f"huda*{MOF}"),
    f"LOGIN nobody {SECRET}",
    "LOGIN huda wrong",
    f"LOGIN sender*{MOF} {SECRET}",
)


@pytest.mark.parametrize("command", NO_ENTRY)
async def test_anothers_office_is_refused_like_a_wrong_password(besieged: World, command: str) -> None:
    client = await besieged.connect()
    await client.line()
    assert await client.ask(command) == ["NO [AUTHENTICATIONFAILED] The login or the password is wrong"]
    assert (await client.ask("SELECT INBOX"))[-1].startswith("BAD")
    cut(client.writer.transport)


@pytest.mark.parametrize(
    "command", [f"LOGIN dms {SECRET}", f"LOGIN dms*{MOJ} {SECRET}", plain("", "dms"), plain(MOJ, "dms")]
)
async def test_a_system_never_reads(besieged: World, command: str) -> None:
    client = await besieged.connect()
    await client.line()
    assert (await client.ask(command))[-1].startswith("NO [AUTHENTICATIONFAILED]")
    assert (await client.ask('LIST "" *'))[-1].startswith("BAD")
    cut(client.writer.transport)


async def test_a_session_opened_for_one_office_reaches_no_other(besieged: World) -> None:
    client = await besieged.connect()
    await client.line()
    await client.ok(f"LOGIN noura*{MINISTER} {SECRET}")
    one = Attack(client, [MOF], [], [], [])
    await client.ok("SELECT INBOX")
    for operation in OPERATIONS:
        await one.both(operation.format(quoted("Offices/@@/INBOX")), MOF, NOWHERE)
    assert not any("Offices" in line for line in await client.ok('LIST "" "*"'))
