"""Records stay: what clients cannot put in, take out or mark, and how they are told."""

import pytest

from tests.dialogs.imap.rig import MINISTER, MOF, MOJ, World, letter_octets

FILED = ("INBOX", "Receipts", "Archive")
DRAFT = b"Subject: mine\r\n\r\ntext\r\n"


@pytest.mark.parametrize("mailbox", FILED)
async def test_nothing_is_put_where_the_gateway_files(world: World, mailbox: str) -> None:
    world.letters(1)
    client = await world.selected()
    await client.append("Drafts", DRAFT)
    await client.ok("SELECT Drafts")
    answer = await client.append(mailbox, DRAFT)
    assert answer == "NO [NOPERM] Only the gateway files messages in this mailbox"
    assert (await client.no(f"COPY 1 {mailbox}")).startswith("[NOPERM]")
    assert (await client.no(f"MOVE 1 {mailbox}")).startswith("[NOPERM]")
    assert await client.ok("SEARCH ALL") == ["* SEARCH 1"]


async def test_refused_append_is_told_before_its_literal_is_sent(world: World) -> None:
    client = await world.logged_in()
    await client.send(b"a APPEND INBOX {100}\r\n")
    assert await client.until("a") == ["NO [NOPERM] Only the gateway files messages in this mailbox"]
    await client.send(b"b APPEND Nowhere {100}\r\n")
    assert (await client.until("b"))[-1].startswith("NO [TRYCREATE]")
    assert (await client.ask("NOOP"))[-1].startswith("OK")


async def test_literal_of_a_refused_append_is_no_command(world: World) -> None:
    client = await world.logged_in()
    body = b"x LOGOUT\r\ny DELETE Trash\r\n"
    await client.send(b"a APPEND INBOX {%d+}\r\n" % len(body) + body + b"\r\nb NOOP\r\n")
    assert (await client.until("a"))[-1].startswith("NO [NOPERM]")
    assert await client.until("b") == ["OK Nothing done"]


async def test_expunge_unlinks_the_view_and_the_record_stays(world: World) -> None:
    first, second = world.letters(2)
    client = await world.selected()
    await client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert await client.ok("EXPUNGE") == ["* 1 EXPUNGE", "* 1 RECENT"]
    assert world.facts(first.letter, "UNLINKED") == [("UNLINKED", "noura")]
    assert world.facts(second.letter, "UNLINKED") == []
    await client.ok("SELECT Archive")
    assert len(await client.ok("FETCH 1:* (UID)")) == 2


async def test_move_out_of_the_inbox_is_recorded_with_its_goal(world: World) -> None:
    (placed,) = world.letters(1)
    client = await world.selected()
    heard = await client.ok("MOVE 1 Trash")
    validity = world.mailbox(MOF, "Trash").uidvalidity
    assert heard == [f"* OK [COPYUID {validity} 1 1] Moved", "* 1 EXPUNGE", "* 0 RECENT"]
    assert world.facts(placed.letter, "UNLINKED") == [("UNLINKED", "noura")]


async def test_close_expunges_silently_and_unselect_does_not(world: World) -> None:
    world.letters(2)
    client = await world.selected()
    await client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await client.ok("UNSELECT")
    assert "* 2 EXISTS" in await client.ok("SELECT INBOX")
    assert await client.ok("CLOSE") == []
    assert "* 1 EXISTS" in await client.ok("SELECT INBOX")


async def test_the_archive_gives_nothing_away(world: World) -> None:
    (placed,) = world.letters(1)
    client = await world.logged_in()
    lines = await client.ask("SELECT Archive")
    assert lines[-1].startswith("OK [READ-WRITE]")
    permanent = next(line for line in lines if "PERMANENTFLAGS" in line)
    assert "\\Deleted" not in permanent
    assert "\\Seen" in permanent
    assert "\\*" in permanent
    assert await client.ask("STORE 1 +FLAGS.SILENT (\\Deleted)") == [
        "* 1 FETCH (UID 1 FLAGS (\\Recent))",
        "NO [NOPERM] These flags cannot be changed here",
    ]
    assert (await client.no("EXPUNGE")).startswith("[NOPERM]")
    assert (await client.no("UID EXPUNGE 1:*")).startswith("[NOPERM]")
    assert (await client.no("MOVE 1 Trash")).startswith("[NOPERM]")
    await client.ok("CLOSE")
    await client.ok("SELECT Archive")
    assert await client.ok("SEARCH ALL") == ["* SEARCH 1"]
    assert world.facts(placed.letter, "UNLINKED") == []


async def test_mixed_store_does_what_it_may_and_tells_the_truth_even_when_silent(world: World) -> None:
    world.letters(1)
    client = await world.selected("Archive")
    assert await client.ask("STORE 1 +FLAGS.SILENT (\\Flagged \\Deleted)") == [
        "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent))",
        "OK Flags stored",
    ]
    assert await client.ask("STORE 1 FLAGS (\\Answered $MsSeen)") == [
        "* 1 FETCH (UID 1 FLAGS (\\Answered \\Recent))",
        "OK Flags stored",
    ]


async def test_keywords_of_the_gateway_are_set_by_nobody_else(world: World) -> None:
    (placed,) = world.letters(1)
    client = await world.selected()
    assert (await client.no("STORE 1 +FLAGS ($MsAcknowledged)")).startswith("[NOPERM]")
    await client.ok("FETCH 1 BODY[]")
    sender = await world.selected("Sent", user="huda")
    (line,) = await sender.ok("FETCH 1 FLAGS")
    assert "$MsHandedOver" in line
    assert "$MsSeen" in line
    assert (await sender.no("STORE 1 -FLAGS ($MsSeen)")).startswith("[NOPERM]")
    await sender.ok("STORE 1 FLAGS ()")
    assert "$MsSeen" in (await sender.ok("FETCH 1 FLAGS"))[0]
    del placed


async def test_appended_copy_of_a_sent_letter_is_the_official_one(world: World) -> None:
    placed = world.letters(2)[1]
    client = await world.selected("Sent", user="huda")
    answer = await client.append("Sent", placed.octets.replace(b"body", b"other body"))
    validity = world.mailbox(MOJ, "Sent").uidvalidity
    assert answer == f"OK [APPENDUID {validity} 2] Stored"
    assert await client.ok("SEARCH ALL") == ["* SEARCH 1 2"]
    other = await client.append("Sent", letter_octets(77))
    assert other == f"OK [APPENDUID {validity} 3] Stored"


async def test_standard_mailboxes_are_neither_deleted_nor_renamed(world: World) -> None:
    client = await world.logged_in()
    for name in ("INBOX", "Sent", "Drafts", "Trash", "Receipts", "Archive"):
        assert (await client.no(f"DELETE {name}")).startswith("[CANNOT]")
        assert (await client.no(f"RENAME {name} Other")).startswith("[CANNOT]")
        assert (await client.no(f"CREATE {name}")).startswith("[ALREADYEXISTS]")
    assert (await client.no("CREATE Archive/2026")).startswith("[CANNOT]")
    await client.ok("CREATE INBOX/Projects")


async def test_deleting_a_folder_unlinks_the_letters_in_it(world: World) -> None:
    (placed,) = world.letters(1)
    client = await world.selected()
    await client.ok("CREATE Work")
    await client.ok("COPY 1 Work")
    await client.ok("DELETE Work")
    assert world.facts(placed.letter, "UNLINKED") == [("UNLINKED", "noura")]
    await client.ok("SELECT Archive")
    assert await client.ok("SEARCH ALL") == ["* SEARCH 1"]


async def test_letter_passes_to_no_other_office_by_copy_and_a_draft_may(world: World) -> None:
    world.letters(1)
    client = await world.selected()
    await client.ok(f"CREATE Offices/{MINISTER}/Work")
    refused = await client.no(f"COPY 1 Offices/{MINISTER}/Work")
    assert refused == "[NOPERM] A letter passes to another office by referral, not by copy"
    assert (await client.no(f"MOVE 1 Offices/{MINISTER}/Work")).startswith("[NOPERM]")
    await client.append("Drafts", DRAFT)
    await client.ok("SELECT Drafts")
    await client.ok(f"COPY 1 Offices/{MINISTER}/Work")


async def test_deleting_in_a_second_office_is_answered_with_where_its_trash_is(world: World) -> None:
    """A mail program moves what is deleted to the one Trash it knows, the first office's."""
    (placed,) = world.letters(1, MINISTER)
    client = await world.selected(f"Offices/{MINISTER}/INBOX")
    refused = await client.no("MOVE 1 Trash")
    assert refused.startswith("[NOPERM] Each office has its own Trash")
    await client.ok(f"MOVE 1 Offices/{MINISTER}/Trash")
    assert world.facts(placed.letter, "UNLINKED") == [("UNLINKED", "noura")]


async def test_refusals_are_arabic_for_who_reads_it_in_a_client_that_takes_utf8(world: World) -> None:
    noura = await world.logged_in("noura")
    salem = await world.logged_in("salem")
    for client in (noura, salem):
        await client.ok("ENABLE UTF8=ACCEPT")
    assert await noura.append("INBOX", DRAFT) == "NO [NOPERM] لا يُضاف إلى هذا الصندوق إلا ما تودعه البوابة"
    assert (await salem.append("INBOX", DRAFT)).isascii()


async def test_read_only_session_changes_nothing(world: World) -> None:
    world.letters(1)
    client = await world.logged_in()
    lines = await client.ask("EXAMINE INBOX")
    assert lines[-1].startswith("OK [READ-ONLY]")
    assert "* OK [PERMANENTFLAGS ()] Flags permitted" in lines
    for command in ("STORE 1 +FLAGS (\\Seen)", "EXPUNGE", "MOVE 1 Trash"):
        assert (await client.no(command)).startswith("[NOPERM]")
    await client.ok("CLOSE")


async def test_a_deleted_letter_may_return_to_the_inbox(world: World) -> None:
    """Undo in a mail program moves it back; it came through the gateway once, and stands there once."""
    (placed,) = world.letters(1)
    client = await world.selected()
    await client.ok("MOVE 1 Trash")
    await client.ok("SELECT Trash")
    await client.ok("MOVE 1 INBOX")
    lines = await client.ok("SELECT INBOX")
    assert "* 1 EXISTS" in lines
    await client.ok("SELECT Archive")
    await client.ok("COPY 1 INBOX")
    assert "* 1 EXISTS" in await client.ok("SELECT INBOX")
    assert len(world.facts(placed.letter, "UNLINKED")) == 2


async def test_moving_a_letter_to_the_archive_answers_with_its_place_there(world: World) -> None:
    world.letters(1)
    client = await world.selected()
    lines = await client.ask("MOVE 1 Archive")
    validity = world.mailbox(MOF, "Archive").uidvalidity
    assert lines[0] == f"* OK [COPYUID {validity} 1 1] Moved"
    assert "* 1 EXISTS" in await client.ok("SELECT Archive")
    assert "* 0 EXISTS" in await client.ok("SELECT INBOX")


async def test_nothing_else_comes_into_the_inbox(world: World) -> None:
    world.letters(1)
    client = await world.logged_in()
    await client.append("Drafts", DRAFT)
    await client.ok("SELECT Drafts")
    for name in ("INBOX", "Archive", "Receipts"):
        assert (await client.no(f"COPY 1 {name}")).startswith("[NOPERM]")
        assert (await client.no(f"MOVE 1 {name}")).startswith("[NOPERM]")
    sender = await world.selected("Sent", user="huda")
    assert (await sender.no("COPY 1 INBOX")).startswith("[NOPERM]")


@pytest.mark.parametrize("reading", ["FETCH 1 BODY[]", "STORE 1 +FLAGS.SILENT (\\Seen)"])
async def test_what_an_officer_has_read_is_read_in_the_archive_too(world: World, reading: str) -> None:
    first, _ = world.letters(2)
    archive, other = await world.selected("Archive"), await world.logged_in("salem")
    client = await world.selected()
    await archive.ok("STORE 1 +FLAGS.SILENT (mine)")
    await client.ok(reading)
    assert await archive.ok("NOOP") == ["* 1 FETCH (UID 1 FLAGS (\\Recent \\Seen mine))"]
    assert await client.ok("STATUS Archive (UNSEEN)") == ['* STATUS "Archive" (UNSEEN 1)']
    assert await other.ok("STATUS Archive (UNSEEN)") == ['* STATUS "Archive" (UNSEEN 2)']
    assert world.facts(first.letter, "SEEN") == [("SEEN", "noura")]
    await client.ok("STORE 1 -FLAGS.SILENT (\\Seen)")
    assert await archive.ok("NOOP") == []
    await archive.ok("STORE 1 -FLAGS.SILENT (\\Seen)")
    await client.ok(reading)
    assert await archive.ok("NOOP") == ["* 1 FETCH (UID 1 FLAGS (\\Recent \\Seen mine))"]
    assert world.facts(first.letter, "SEEN") == [("SEEN", "noura")]
