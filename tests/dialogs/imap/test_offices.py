"""Who opens what: the primary office, further offices, one office alone, systems never, and rights that go away."""

import asyncio
import base64
import random

import pytest

from mailstore.directory import directory
from mailstore.mailboxes import mailboxes
from policies.people.identity import Grant, Right
from tests.dialogs.imap.rig import MINISTER, MOF, MOJ, SECRET, World, letter_octets

WRONG = "NO [AUTHENTICATIONFAILED] The login or the password is wrong"
SHARED = f"Offices/{MINISTER}"


def plain(identity: str, user: str, secret: str = SECRET) -> str:
    return base64.b64encode(f"{identity}\0{user}\0{secret}".encode()).decode()


def names(lines: list[str]) -> list[str]:
    return [line.rpartition(' "/" ')[2].strip('"') for line in lines if line.startswith("* LIST")]


async def test_primary_office_is_personal_and_others_are_shared(world: World) -> None:
    client = await world.logged_in()
    assert await client.ok("NAMESPACE") == ['* NAMESPACE (("" "/")) NIL (("Offices/" "/"))']
    listed = names(await client.ok('LIST "" "*"'))
    assert listed[0] == "INBOX"
    assert set(listed) >= {
        "Sent",
        "Drafts",
        "Trash",
        "Receipts",
        "Archive",
        f"{SHARED}/INBOX",
        f"{SHARED}/Sent",
    }
    assert names(await client.ok('LIST "" "%"')) == [
        "INBOX",
        "Archive",
        "Drafts",
        "Receipts",
        "Sent",
        "Trash",
        "Offices",
    ]


async def test_officer_of_one_office_sees_no_shared_namespace(world: World) -> None:
    client = await world.logged_in("salem")
    assert await client.ok("NAMESPACE") == ['* NAMESPACE (("" "/")) NIL NIL']
    assert not any("Offices" in name for name in names(await client.ok('LIST "" "*"')))
    assert (await client.no(f"SELECT {SHARED}/INBOX")).startswith("[NONEXISTENT]")


@pytest.mark.parametrize("how", ["login", "plain-identity", "plain-starred", "plain-user"])
async def test_one_office_is_opened_directly(world: World, how: str) -> None:
    world.letters(1, MINISTER)
    client = await world.connect()
    await client.line()
    command = {
        "login": f"LOGIN noura*{MINISTER} {SECRET}",
        "plain-identity": f"AUTHENTICATE PLAIN {plain(MINISTER, 'noura')}",
        "plain-starred": f"AUTHENTICATE PLAIN {plain(f'noura*{MINISTER}', 'noura')}",
        "plain-user": f"AUTHENTICATE PLAIN {plain('', f'noura*{MINISTER.upper()}')}",
    }[how]
    await client.ok(command)
    assert await client.ok("NAMESPACE") == ['* NAMESPACE (("" "/")) NIL NIL']
    assert "* 1 EXISTS" in await client.ok("SELECT INBOX")


async def test_plain_in_two_steps_and_given_up(world: World) -> None:
    client = await world.connect()
    await client.line()
    await client.send(b"a AUTHENTICATE PLAIN\r\n")
    assert await client.line() == b"+ "
    await client.send(b"*\r\n")
    assert (await client.until("a"))[-1].startswith("BAD")
    await client.send(b"b AUTHENTICATE PLAIN\r\n")
    await client.line()
    await client.send(plain("", "noura").encode() + b"\r\n")
    assert (await client.until("b"))[-1].startswith("OK [CAPABILITY")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (f"LOGIN noura wrong-{SECRET}", WRONG),
        (f"LOGIN nobody {SECRET}", WRONG),
        (
            f"LOGIN dms {SECRET}",
            "NO [AUTHENTICATIONFAILED] This account is a system: systems send and never read",
        ),
        (f"LOGIN sender {SECRET}", "NO [AUTHORIZATIONFAILED] This account may not read any office"),
        (f"LOGIN salem*{MINISTER} {SECRET}", WRONG),
        (f"LOGIN salem*nobody@x.example {SECRET}", WRONG),
        (f"AUTHENTICATE PLAIN {plain('huda*' + MOF, 'noura')}", WRONG),
        ("AUTHENTICATE CRAM-MD5", "BAD That mechanism is not offered"),
        ("AUTHENTICATE PLAIN AAAA", "BAD Not a PLAIN response"),
        ("STARTTLS", "BAD TLS is active already"),
        ("SELECT INBOX", "BAD Not in the state not authenticated"),
    ],
)
async def test_who_does_not_get_in(world: World, command: str, answer: str) -> None:
    client = await world.connect()
    await client.line()
    assert await client.ask(command) == [answer]


async def test_guessing_is_slowed_down(world: World) -> None:
    for _ in range(10):
        client = await world.connect()
        await client.line()
        await client.ask("LOGIN noura guess")
    client = await world.connect()
    await client.line()
    assert await client.no(f"LOGIN noura {SECRET}") == "[LIMIT] Too many failed logins; wait a minute"


async def test_rights_say_what_each_mailbox_is_for(world: World) -> None:
    client = await world.logged_in()
    await client.ok("CREATE Work")
    rights = {
        name: (await client.ok(f"MYRIGHTS {name}"))[0].split()[-1]
        for name in ("INBOX", "Sent", "Drafts", "Trash", "Receipts", "Archive", "Work", f"{SHARED}/INBOX")
    }
    assert rights == {
        "INBOX": "lrswikte",
        "Sent": "lrswite",
        "Drafts": "lrswikte",
        "Trash": "lrswikte",
        "Receipts": "lrswte",
        "Archive": "lrsw",
        "Work": "lrswikxte",
        f"{SHARED}/INBOX": "lrswikte",
    }
    assert await client.ok("GETACL Archive") == ['* ACL "Archive" noura lrsw']
    assert await client.ok("LISTRIGHTS Archive noura") == ['* LISTRIGHTS "Archive" noura lrsw']
    assert (await client.no("SETACL Work salem lr")).startswith("[NOPERM]")
    assert (await client.no("DELETEACL Work noura")).startswith("[NOPERM]")
    assert (await client.ok("GETQUOTAROOT INBOX"))[1] == f"* QUOTA {MOF} ()"
    assert (await client.no("SETQUOTA x (STORAGE 1)")).startswith("[NOPERM]")


async def test_folders_belong_to_the_office_and_flags_to_the_officer(world: World) -> None:
    world.letters(1)
    noura, salem = await world.selected(), await world.selected(user="salem")
    await noura.ok("CREATE Work")
    await noura.ok("STORE 1 +FLAGS (\\Seen \\Flagged $Mine)")
    await noura.ok("COPY 1 Work")
    assert "Work" in names(await salem.ok('LIST "" "*"'))
    await salem.ok("SELECT Work")
    assert await salem.ok("FETCH 1 FLAGS") == ["* 1 FETCH (FLAGS (\\Recent))"]
    await noura.ok("SELECT Work")
    assert await noura.ok("FETCH 1 FLAGS") == ["* 1 FETCH (FLAGS (\\Flagged \\Recent \\Seen $Mine))"]


async def test_one_officers_deletion_mark_expunges_for_the_office_and_not_by_another(world: World) -> None:
    world.letters(2)
    noura, salem = await world.selected(), await world.selected(user="salem")
    await noura.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert await salem.ok("EXPUNGE") == []
    await noura.ok("EXPUNGE")
    assert await salem.ok("NOOP") == ["* 1 EXPUNGE", "* 1 RECENT"]


async def test_subscriptions_of_each_officer(world: World) -> None:
    client = await world.logged_in()
    await client.ok("CREATE Work")
    await client.ok("UNSUBSCRIBE Receipts")
    subscribed = names(await client.ok('LIST (SUBSCRIBED) "" "*"'))
    assert "Receipts" not in subscribed
    assert "Work" not in subscribed
    assert f"{SHARED}/INBOX" in subscribed
    await client.ok("SUBSCRIBE Work")
    await client.ok("DELETE Work")
    assert '* LIST (\\NonExistent \\Subscribed) "/" "Work"' in await client.ok('LIST (SUBSCRIBED) "" "*"')
    assert "Work" not in names(await client.ok('LIST "" "*"'))
    salem = await world.logged_in("salem")
    assert '* LSUB () "/" "Receipts"' in await salem.ok('LSUB "" "*"')


async def test_special_uses_stand_in_plain_lists_and_new_ones_are_few(world: World) -> None:
    client = await world.logged_in()
    plain_list = await client.ok('LIST "" "%"')
    for name in ("Sent", "Drafts", "Trash", "Archive"):
        assert f'* LIST (\\HasNoChildren \\{name}) "/" "{name}"' in plain_list
    uses = ["Archive", "Drafts", "Sent", "Trash"]
    shared = [f"{SHARED}/{name}" for name in uses]
    assert names(await client.ok('LIST (SPECIAL-USE) "" "%"')) == uses
    for asked in ('LIST (SPECIAL-USE) "" "*"', 'LIST (SUBSCRIBED SPECIAL-USE) "" "*" RETURN (SPECIAL-USE)'):
        assert names(await client.ok(asked)) == [
            *uses,
            *shared,
        ]  # whoever takes the first takes the account's own
    whole = await client.ok('LIST "" "*"')
    for name in uses:
        assert f'* LIST (\\HasNoChildren \\{name}) "/" "{SHARED}/{name}"' in whole
    await client.ok("CREATE Spam (USE (\\Junk))")
    assert (await client.no("CREATE More (USE (\\Junk))")).startswith("[USEATTR]")
    assert (await client.no("CREATE More (USE (\\Sent))")).startswith("[USEATTR]")
    assert '* XLIST (\\HasNoChildren \\Inbox) "/" INBOX' in await client.ok('XLIST "" "*"')


async def test_list_with_status_needs_one_round_trip(world: World) -> None:
    world.letters(3)
    client = await world.logged_in()
    lines = await client.ok(
        'LIST "" (INBOX Drafts) RETURN (SPECIAL-USE STATUS (MESSAGES UNSEEN SIZE APPENDLIMIT))'
    )
    assert lines[1].startswith("* STATUS INBOX (MESSAGES 3 UNSEEN 3 SIZE ")
    assert lines[1].endswith(" APPENDLIMIT 0)")
    assert lines[3] == '* STATUS "Drafts" (MESSAGES 0 UNSEEN 0 SIZE 0 APPENDLIMIT 26214400)'


# ── Rights that go away ───────────────────────────────────────────────────────────────────────────────────────────

EVERY = (
    "FETCH 1 (FLAGS)",
    "FETCH 1 ENVELOPE",
    "FETCH 1 BODY[]",
    "STORE 1 +FLAGS (\\Seen)",
    "SEARCH ALL",
    "SEARCH TEXT body",
    "SORT (SUBJECT) UTF-8 ALL",
    "THREAD REFERENCES UTF-8 ALL",
    "COPY 1 Drafts",
    "MOVE 1 Trash",
    "EXPUNGE",
    "CHECK",
    'LIST "" "*"',
    "STATUS INBOX (MESSAGES)",
    "CREATE Other",
    "NAMESPACE",
    "MYRIGHTS INBOX",
    "GETQUOTAROOT INBOX",
    "CLOSE",
    "APPEND Drafts {3+}\r\nx\r\n",
)


@pytest.mark.parametrize("command", EVERY)
async def test_suspended_officer_gets_no_further_command_through(world: World, command: str) -> None:
    world.letters(1)
    client = await world.selected()
    await client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    world.store.write(lambda unit: directory.suspend_account(unit, "noura", suspended=True))
    assert await client.ask(command) == ["* BYE The rights of this account have been withdrawn"]
    assert await client.line() == b""


async def test_idling_session_ends_when_its_rights_do(world: World) -> None:
    client = await world.selected(f"{SHARED}/INBOX")
    await client.send(b"a IDLE\r\n")
    await client.line()
    await asyncio.to_thread(world.revoke, "noura", MINISTER)
    assert (await asyncio.wait_for(client.line(), 2)).startswith(b"* BYE")


async def test_office_that_was_taken_away_is_as_if_it_never_was(world: World) -> None:
    client = await world.selected()
    world.revoke("noura", MINISTER)
    assert not any("Offices" in name for name in names(await client.ok('LIST "" "*"')))
    assert (await client.no(f"SELECT {SHARED}/INBOX")).startswith("[NONEXISTENT]")
    grant = Grant(MINISTER, frozenset({Right.READ}))
    world.store.write(lambda unit: directory.grant(unit, "noura", grant))
    await client.ok(f"SELECT {SHARED}/INBOX")


# ── Nobody reaches another office ─────────────────────────────────────────────────────────────────────────────────

FOREIGN = (MOJ, "registry@moi.gov.example")


def some_name(choice: random.Random) -> str:
    office, box = choice.choice(FOREIGN), choice.choice(("INBOX", "Sent", "Archive", "Work", ""))
    return choice.choice(
        (
            f"Offices/{office}/{box}",
            f"Offices/{office.upper()}/{box}",
            f"offices/{office}/{box}",
            f"Offices/{MOF}/../{office}/{box}",
            f"Offices/../{office}/{box}",
            f"Offices//{office}/{box}",
            f"{office}/{box}",
            f"Offices/{MINISTER}/../../{office}/{box}",
            f"Offices/{office}",
        )
    ).rstrip("/")


def foreign_command(choice: random.Random) -> str:
    name = some_name(choice)
    return choice.choice(
        (
            f'SELECT "{name}"',
            f'EXAMINE "{name}"',
            f'STATUS "{name}" (MESSAGES UIDNEXT)',
            f'COPY 1 "{name}"',
            f'MOVE 1 "{name}"',
            f'MYRIGHTS "{name}"',
            f'GETQUOTAROOT "{name}"',
            f"GETQUOTA {choice.choice(FOREIGN)}",
            f'DELETE "{name}"',
            f'RENAME "{name}" Stolen{choice.randrange(10**6)}',
            f'LIST "" "{name}*"',
            f'LSUB "" "*{choice.choice(FOREIGN)}*"',
            f'APPEND "{name}" {{3+}}\r\nx\r\n',
        )
    )


async def test_no_name_leads_to_another_agencys_mailbox(world: World) -> None:
    choice = random.Random(7)
    world.store.write(lambda unit: mailboxes.create(unit, MOJ, "Work"))
    for number in range(3):
        world.deliver(letter_octets(number, body="only-justice-knows"), MOF)
    client = await world.selected(user="salem")
    before = mailboxes_of(world)
    for _ in range(400):
        command = foreign_command(choice)
        *lines, last = await client.ask(command)
        assert last.startswith(("NO [NONEXISTENT]", "NO [TRYCREATE]", "OK", "BAD", "NO [CANNOT]")), (
            command,
            last,
        )
        assert not any(office in line for line in lines for office in FOREIGN), (command, lines)
        if last.startswith("OK"):
            assert command.startswith(("LIST", "LSUB")), command
        await client.ok("SELECT INBOX")
    assert mailboxes_of(world) == before


def mailboxes_of(world: World) -> list[tuple[int, str]]:
    return [(one.id, one.name) for one in world.store.read(lambda c: mailboxes.of_offices(c, [MOJ]))]
