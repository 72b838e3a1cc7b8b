"""Log before reveal: no octet of a body leaves before HANDED-OVER for that officer is durable."""

import asyncio
import base64
import random
import sqlite3

import pytest

from gateway.imap.connection import Connection
from mailstore.directory import directory
from mailstore.evidence import records
from mailstore.faults import StoreUnavailable
from tests.dialogs.imap.rig import MINISTER, MOF, MOJ, Client, Placed, World, letter_octets

HANDED, SEEN = "HANDED-OVER", "SEEN"
MULTIPART = (
    b"From: a@moj.gov.example\r\nTo: b@mof.gov.example\r\nSubject: parts\r\nMessage-ID: <parts@moj.gov.example>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/plain\r\n\r\nfirst part\r\n"
    b"--x\r\nContent-Type: application/octet-stream; name=secret-name\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"c2Vjb25kIHBhcnQ=\r\n"
    b"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner body\r\n--x--\r\n"
)
REVEALING = (
    "BODY[]",
    "BODY.PEEK[]",
    "BODY.PEEK[]<0.1>",
    "BODY.PEEK[TEXT]",
    "BODY.PEEK[TEXT]<5.2>",
    "BODY.PEEK[1]",
    "BODY.PEEK[2]<0.1>",
    "BODY.PEEK[1.MIME]",
    "BODY.PEEK[3.HEADER]",
    "BODY.PEEK[3.TEXT]",
    "BODY.PEEK[3.HEADER.FIELDS (Subject)]",
    "BINARY.PEEK[2]",
    "BINARY[2]",
    "RFC822",
    "RFC822.TEXT",
)
HARMLESS = (
    "BODY.PEEK[HEADER]",
    "BODY.PEEK[HEADER.FIELDS (Subject From)]",
    "BODY.PEEK[HEADER.FIELDS.NOT (Subject)]",
    "RFC822.HEADER",
    "RFC822.SIZE",
    "ENVELOPE",
    "BODY",
    "BODYSTRUCTURE",
    "FLAGS",
    "BINARY.SIZE[2]",
    "INTERNALDATE",
    "EMAILID",
    "MODSEQ",
    "FULL",
)


@pytest.mark.parametrize("item", REVEALING)
async def test_every_way_to_a_body_octet_is_handed_over(world: World, item: str) -> None:
    placed = world.deliver(MULTIPART)
    client = await world.selected()
    await client.ok(f"FETCH 1 {item}")
    assert world.facts(placed.letter, HANDED) == [(HANDED, "noura")]


@pytest.mark.parametrize("item", HARMLESS)
async def test_header_and_structure_are_no_hand_over(world: World, item: str) -> None:
    placed = world.deliver(MULTIPART)
    client = await world.selected()
    await client.ok(f"FETCH 1 {item}")
    assert world.facts(placed.letter, HANDED, SEEN) == []


async def test_peeking_is_no_reading_and_fetching_is(world: World) -> None:
    first, second = world.letters(2)
    client = await world.selected()
    await client.ok("FETCH 1 BODY.PEEK[]")
    (line,) = await client.ok("FETCH 2 BODY[TEXT]")
    assert line.endswith("FLAGS (\\Recent \\Seen))")
    assert world.facts(first.letter, HANDED, SEEN) == [(HANDED, "noura")]
    assert world.facts(second.letter, HANDED, SEEN) == [(HANDED, "noura"), (SEEN, "noura")]


async def test_examined_mailbox_hands_over_and_marks_nothing_seen(world: World) -> None:
    (placed,) = world.letters(1)
    client = await world.logged_in()
    await client.ok("EXAMINE INBOX")
    (line,) = await client.ok("FETCH 1 (FLAGS BODY[])")
    assert "\\Seen" not in line
    assert world.facts(placed.letter, HANDED, SEEN) == [(HANDED, "noura")]


async def test_each_officer_is_named_once(world: World) -> None:
    (placed,) = world.letters(1)
    for user in ("noura", "salem", "noura"):
        client = await world.selected(user=user)
        await client.ok("FETCH 1 BODY[]")
        await client.ok("FETCH 1 RFC822")
    assert world.facts(placed.letter, HANDED) == [(HANDED, "noura"), (HANDED, "salem")]
    assert world.facts(placed.letter, SEEN) == [(SEEN, "noura"), (SEEN, "salem")]


async def test_record_names_person_post_office_and_client(world: World) -> None:
    (placed,) = world.letters(1)
    client = await world.logged_in()
    await client.ok('ID ("name" "Thunderbird" "version" "153.7")')
    await client.ok("SELECT INBOX")
    await client.ok("FETCH 1 BODY.PEEK[]")
    found = world.store.read(lambda c: records.of_letter(c, placed.letter.letter_id))[-1]
    assert found.members["actor"] == {
        "login": "noura",
        "name_ar": "noura المثال",
        "name_en": "Noura",
        "post_ar": "كاتب",
        "post_en": "Clerk",
        "kind": "officer",
        "on_behalf_of": MOF,
        "method": "password",
        "client": "Thunderbird 153.7",
    }


async def test_bulk_fetch_is_one_transaction_of_evidence(world: World) -> None:
    placed = world.letters(120)
    client = await world.selected()
    await client.ok("FETCH 1:* BODY.PEEK[]")
    assert all(world.facts(one.letter, HANDED) == [(HANDED, "noura")] for one in placed)
    assert len({evidence_of(world, one)["recorded_time"] for one in placed}) == 1  # a unit has one time


def evidence_of(world: World, placed: Placed) -> dict[str, object]:
    found = world.store.read(lambda c: records.of_letter(c, placed.letter.letter_id))
    return next(one.members for one in found if one.event == HANDED)


async def test_flagging_as_seen_is_seen_and_taking_it_back_is_not(world: World) -> None:
    (placed,) = world.letters(1)
    client = await world.selected()
    await client.ok("STORE 1 +FLAGS (\\Seen)")
    await client.ok("STORE 1 -FLAGS (\\Seen)")
    await client.ok("STORE 1 FLAGS (\\Seen \\Flagged)")
    assert world.facts(placed.letter, SEEN) == [(SEEN, "noura")]
    assert world.owed


async def test_copy_in_a_folder_is_still_the_letter(world: World) -> None:
    (placed,) = world.letters(1)
    client = await world.selected()
    await client.ok("CREATE Work")
    await client.ok("COPY 1 Work")
    await client.ok("SELECT Work")
    await client.ok("FETCH 1 BODY.PEEK[]")
    assert world.facts(placed.letter, HANDED) == [(HANDED, "noura")]


async def test_the_archive_hands_over_like_the_inbox(world: World) -> None:
    (placed,) = world.letters(1)
    client = await world.selected("Archive")
    await client.ok("FETCH 1 BODY[]")
    assert world.facts(placed.letter, HANDED, SEEN) == [(HANDED, "noura"), (SEEN, "noura")]


async def test_own_sent_letter_and_draft_hand_nothing_over(world: World) -> None:
    (placed,) = world.letters(1)
    client = await world.selected("Sent", user="huda")
    await client.ok("FETCH 1 BODY[]")
    await client.append("Drafts", letter_octets(9))
    await client.ok("SELECT Drafts")
    await client.ok("FETCH 1 BODY[]")
    assert world.facts(placed.letter, HANDED, SEEN) == []


async def test_searching_a_body_tells_which_and_hands_nothing_over(world: World) -> None:
    first, second = world.letters(2)
    client = await world.selected()
    assert await client.ok('SEARCH BODY "body 2"') == ["* SEARCH 2"]
    assert await client.ok('SEARCH TEXT "body 1"') == ["* SEARCH 1"]
    assert world.facts(first.letter, HANDED) == world.facts(second.letter, HANDED) == []


# ── When evidence cannot be written ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "item", ["BODY[]", "BODY.PEEK[]", "BINARY.PEEK[1]", "RFC822.TEXT", "BODY.PEEK[TEXT]<0.4>"]
)
async def test_nothing_is_revealed_when_evidence_cannot_be_kept(
    world: World, monkeypatch: pytest.MonkeyPatch, item: str
) -> None:
    (placed,) = world.letters(1)
    client = await world.selected()

    def full(_act: object, _post: object) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "submit", full)
        heard = await client.ask(f"FETCH 1 (FLAGS {item})")
    assert heard[-1].startswith("NO [UNAVAILABLE]")
    assert "body 1" not in "\n".join(heard)
    assert world.facts(placed.letter, HANDED, SEEN) == []
    assert "body 1" in (await client.ok("FETCH 1 RFC822.TEXT"))[0]  # the session goes on when the disk does


async def test_nothing_is_revealed_while_the_commit_hangs(world: World) -> None:
    (placed,) = world.letters(1)
    client = await world.selected()
    blocker = sqlite3.connect(str(world.store.url.database), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")  # nobody else can write now
    await client.send(b"x FETCH 1 BODY.PEEK[]\r\n")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.reader.readexactly(1), 0.5)
    assert world.facts(placed.letter, HANDED) == []
    blocker.execute("ROLLBACK")
    blocker.close()
    assert "body 1" in "\n".join(await client.until("x"))


async def test_seen_flag_and_seen_record_are_one_transaction(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (placed,) = world.letters(1)
    client = await world.selected()

    def broken(*_anything: object) -> None:
        raise StoreUnavailable("cannot append")

    with monkeypatch.context() as patch:
        patch.setattr(records, "append_all", broken)
        assert (await client.no("STORE 1 +FLAGS (\\Seen)")).startswith("[UNAVAILABLE]")
        assert (await client.no("FETCH 1 BODY[]")).startswith("[UNAVAILABLE]")
    assert await client.ok("FETCH 1 FLAGS") == ["* 1 FETCH (FLAGS (\\Recent))"]
    assert world.facts(placed.letter, SEEN) == []


# ── Random sessions, held against the log at the moment each octet is put ─────────────────────────────────────────


class Watch:
    """Looks at everything a connection is about to send, and at the log at that moment."""

    def __init__(self, world: World, placed: list[Placed], canaries: list[list[bytes]]) -> None:
        self.world = world
        self.revealed = 0
        self._placed = placed
        self._canaries = canaries
        self.logins: dict[Connection, str] = {}

    def __call__(self, connection: Connection, octets: bytes) -> None:
        for placed, canaries in zip(self._placed, self._canaries, strict=True):
            if any(canary in octets for canary in canaries):
                self.revealed += 1
                login = self.logins[connection]
                assert (HANDED, login) in self.world.facts(placed.letter, HANDED), (login, placed.letter)


@pytest.fixture
def canaries() -> list[list[bytes]]:
    words = [f"canary{number:04d}q" for number in range(6)]
    return [[word.encode(), base64.b64encode(word.encode())] for word in words]


def canary_letter(number: int, canaries: list[bytes]) -> bytes:
    plain, encoded = canaries
    return (
        b"From: a@moj.gov.example\r\nSubject: letter %d\r\nMessage-ID: <c%d@moj.gov.example>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nX-Inner: %b\r\n\r\n%b\r\n"
        b"--x\r\nContent-Transfer-Encoding: base64\r\n\r\n%b\r\n--x--\r\n"
    ) % (number, number, plain, plain, encoded)


def some_command(choice: random.Random) -> str:
    boxes = ["INBOX", "Archive", "Work", "Trash", "Drafts"]
    number = choice.choice(["1", "2", "1:3", "1:*", "*", "5:6"])
    return choice.choice(
        [
            f"SELECT {choice.choice(boxes)}",
            f"EXAMINE {choice.choice(boxes)}",
            f"UID FETCH {number} ({choice.choice(REVEALING + HARMLESS)} UID)",
            f"FETCH {number} ({choice.choice(REVEALING)} {choice.choice(HARMLESS[:-1])})",
            f"FETCH {number} {choice.choice(HARMLESS)}",
            f"UID STORE {number} {choice.choice(['+', '-', ''])}FLAGS{choice.choice(['', '.SILENT'])} (\\Seen)",
            f"UID COPY {number} {choice.choice(boxes)}",
            f"UID MOVE {number} {choice.choice(boxes)}",
            "UID STORE 1:* +FLAGS (\\Deleted)",
            "EXPUNGE",
            "SEARCH TEXT canary",
            "SEARCH UNSEEN",
            "NOOP",
            "CLOSE",
            'LIST () "" * RETURN (STATUS (MESSAGES UNSEEN))',
            "SORT (SUBJECT) UTF-8 BODY canary",
        ]
    )


@pytest.mark.parametrize("seed", range(8))
async def test_random_sessions_never_send_an_octet_before_its_record(
    world: World, canaries: list[list[bytes]], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    choice = random.Random(seed)
    placed = [world.deliver(canary_letter(number, some)) for number, some in enumerate(canaries)]
    watch = Watch(world, placed, canaries)
    put = Connection.put

    def watched(connection: Connection, octets: bytes) -> None:
        watch(connection, octets)
        put(connection, octets)

    monkeypatch.setattr(Connection, "put", watched)
    clients: list[Client] = []
    for user in ("noura", "salem", "noura"):
        clients.append(await world.logged_in(user))
        (fresh,) = [
            one.connection for one in world.server.all_sessions() if one.connection not in watch.logins
        ]
        watch.logins[fresh] = user
        await clients[-1].ok("SELECT INBOX")
    await clients[0].ask("CREATE Work")
    for _ in range(60):
        heard = await choice.choice(clients).ask(some_command(choice))
        assert heard, "the session ended"
        assert "SERVERBUG" not in heard[-1]
    await clients[1].ok("SELECT Archive")
    await clients[1].ok("FETCH 1:* BODY.PEEK[]")
    assert watch.revealed


async def test_revoked_officer_is_handed_nothing(world: World) -> None:
    (placed,) = world.letters(1, MINISTER)
    client = await world.selected(f"Offices/{MINISTER}/INBOX")
    await asyncio.to_thread(world.revoke, "noura", MINISTER)
    heard = await client.ask("FETCH 1 BODY.PEEK[]")
    assert "body 1" not in "\n".join(heard)
    assert heard[-1].startswith("* BYE")
    assert MOJ not in "\n".join(heard)
    assert world.facts(placed.letter, HANDED, SEEN) == []


@pytest.mark.parametrize("command", ["FETCH 1 BODY[]", "FETCH 1 BODY.PEEK[]", "STORE 1 +FLAGS (\\Seen)"])
async def test_nothing_is_recorded_of_who_is_shown_nothing(world: World, command: str) -> None:
    (placed,) = world.letters(1)
    client = await world.selected()
    world.store.write(lambda unit: directory.suspend_account(unit, "noura", suspended=True))
    assert (await client.ask(command))[-1].startswith("* BYE")
    assert world.facts(placed.letter, HANDED, SEEN) == []
