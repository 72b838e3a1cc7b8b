"""Subtleties that servers get wrong, one or more tests each; the numbers are those of the design's list."""

import asyncio

import pytest

from tests.dialogs.imap.rig import MOF, MOJ, World, letter_octets

PLAIN = b"Subject: plain\r\n\r\ntext\r\n"

# ── 1 to 4: input ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_1_literals_stand_anywhere_and_several_in_one_command(world: World) -> None:
    client = await world.connect()
    await client.line()
    await client.send(b"a LOGIN {5}\r\n")
    assert (await client.line()).startswith(b"+ ")
    await client.send(b"noura {19+}\r\nabcd-efgh-jkmn-pqrs\r\n")
    assert (await client.until("a"))[-1].startswith("OK")


async def test_1_literal_too_large_is_refused_and_never_read_as_commands(world: World) -> None:
    client = await world.connect()
    await client.line()
    await client.send(b"a LOGIN noura {5000}\r\n")
    assert (await client.until("a"))[-1].startswith("NO [TOOBIG]")
    await client.send(b"b LOGIN noura {5000+}\r\n" + b"c LOGOUT\r\n" * 500 + b"\r\nd NOOP\r\n")
    assert (await client.until("b"))[-1].startswith("NO [TOOBIG]")
    assert await client.until("d") == ["OK Nothing done"]


async def test_2_answer_sent_before_it_was_asked_for_ends_the_connection(world: World) -> None:
    client = await world.connect()
    await client.line()
    await client.send(b"a AUTHENTICATE PLAIN\r\nAG5vdXJhAGFiY2QtZWZnaC1qa21uLXBxcnM=\r\n")
    assert (await client.line()).startswith(b"* BYE")
    assert await client.line() == b""


async def test_3_odd_atoms_and_tags(world: World) -> None:
    client = await world.logged_in()
    await client.ok("CREATE a&-b+c.d:e;f<g=h>i?j@k^l_m|n}o[p]q!r~s'")
    await client.ok("SELECT a&-b+c.d:e;f<g=h>i?j@k^l_m|n}o[p]q!r~s'")
    await client.ok("select inBOX")
    await client.send(b"+bad NOOP\r\n")
    assert (await client.line()).startswith(b"* BAD")


async def test_4_sequence_sets(world: World) -> None:
    empty = await world.selected("Drafts")
    assert await empty.ok("FETCH 1:* FLAGS") == []
    assert await empty.ok("UID FETCH * FLAGS") == []
    world.letters(3)
    client = await world.selected()
    assert await client.ok("UID FETCH 5:* (UID)") == ["* 3 FETCH (UID 3)"]
    assert await client.ok("UID FETCH 3:1,2,2,1:4294967295 (UID)") == [
        f"* {number} FETCH (UID {number})" for number in (1, 2, 3)
    ]
    assert (await client.ask("FETCH 4 FLAGS"))[-1].startswith("BAD")
    await client.ok("SEARCH RETURN (SAVE) UID 2:3")
    assert await client.ok("FETCH $ (UID)") == ["* 2 FETCH (UID 2)", "* 3 FETCH (UID 3)"]


# ── 5 to 10: sequence numbers and concurrency ─────────────────────────────────────────────────────────────────────


async def test_5_expunge_waits_until_numbers_may_move(world: World) -> None:
    world.letters(3)
    one, two = await world.selected(), await world.selected()
    await one.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await one.ok("EXPUNGE")
    for command in (
        "FETCH 2 (UID)",
        "STORE 2 +FLAGS.SILENT (\\Flagged)",
        "SEARCH ALL",
        "SORT (DATE) UTF-8 ALL",
    ):
        assert not any("EXPUNGE" in line for line in await two.ok(command))
    (line,) = await two.ok("FETCH 1 (UID BODY.PEEK[TEXT])")
    assert "body 1" in line  # gone for others, still there for who was not told
    assert "* 1 EXPUNGE" in await two.ok("UID FETCH 2 (UID)")
    assert await two.ok("FETCH 1 (UID)") == ["* 1 FETCH (UID 2)"]


async def test_5_exists_never_shrinks(world: World) -> None:
    world.letters(2)
    one, two = await world.selected(), await world.selected()
    await one.ok("STORE 1:2 +FLAGS.SILENT (\\Deleted)")
    await one.ok("EXPUNGE")
    world.letters(1)
    heard = await two.ok("SEARCH ALL")
    assert "* 3 EXISTS" in heard
    heard = await two.ok("NOOP")
    assert heard == ["* 2 EXPUNGE", "* 1 EXPUNGE"]
    assert await two.ok("FETCH 1 (UID)") == ["* 1 FETCH (UID 3)"]


async def test_7_uidvalidity_rises_and_uids_never_come_again(world: World) -> None:
    client = await world.logged_in()
    seen = []
    for _ in range(3):
        await client.ok("CREATE Again")
        answer = await client.append("Again", PLAIN)
        seen.append([int(word) for word in answer.split("]")[0].split()[2:4]])
        await client.ok("DELETE Again")
    validities = [validity for validity, _ in seen]
    assert validities == sorted(set(validities))
    await client.append("Drafts", PLAIN)
    await client.ok("SELECT Drafts")
    await client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await client.ok("EXPUNGE")
    answer = await client.append("Drafts", PLAIN)
    assert answer.startswith("OK [APPENDUID ")
    assert answer.split("]")[0].endswith(" 2")


async def test_7_parallel_appends_get_uids_in_the_order_they_become_visible(world: World) -> None:
    watcher = await world.selected("Drafts")
    writers = [await world.logged_in() for _ in range(4)]

    async def write(number: int) -> None:
        for _ in range(10):
            assert (await writers[number].append("Drafts", PLAIN)).startswith("OK")

    async def watch() -> list[int]:
        highest = []
        while not highest or highest[-1] < 40:
            heard = [line for line in await watcher.ok("UID SEARCH ALL") if line.startswith("* SEARCH ")]
            uids = [int(word) for word in heard[0].split()[2:]] if heard else []
            assert uids == list(range(1, len(uids) + 1))
            highest.append(len(uids))
        return highest

    results = await asyncio.gather(watch(), *[write(number) for number in range(4)])
    assert results[0] == sorted(results[0])


async def test_8_mod_sequences_tell_what_changed(world: World) -> None:
    world.letters(3)
    client = await world.logged_in()
    lines = await client.ok("SELECT INBOX (CONDSTORE)")
    highest = int(next(line for line in lines if "HIGHESTMODSEQ" in line).split("]")[0].split()[-1])
    (changed,) = await client.ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
    assert changed == f"* 2 FETCH (UID 2 MODSEQ ({highest + 1}))"
    assert await client.ok(f"FETCH 1:* (FLAGS) (CHANGEDSINCE {highest})") == [
        f"* 2 FETCH (FLAGS (\\Flagged \\Recent) MODSEQ ({highest + 1}))"
    ]
    assert len(await client.ok("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 0)")) == 3
    *told, last = await client.ask(f"UID STORE 1:3 (UNCHANGEDSINCE {highest}) +FLAGS.SILENT (\\Answered)")
    assert last.startswith("OK [MODIFIED 2]")
    assert [line.split()[1] for line in told] == ["1", "3"]
    assert (await client.ok(f"SEARCH MODSEQ {highest + 2}"))[0] == f"* SEARCH 1 3 (MODSEQ {highest + 2})"
    (line,) = await client.ok("STATUS INBOX (HIGHESTMODSEQ)")
    assert line == f"* STATUS INBOX (HIGHESTMODSEQ {highest + 2})"


async def test_9_recent_is_one_session_of_each_officer(world: World) -> None:
    world.letters(2)
    looking = await world.logged_in()
    assert "* 2 RECENT" in await looking.ok("EXAMINE INBOX")
    first = await world.logged_in()
    assert "* 2 RECENT" in await first.ok("SELECT INBOX")
    second = await world.logged_in()
    assert "* 0 RECENT" in await second.ok("SELECT INBOX")
    other = await world.logged_in("salem")
    assert "* 2 RECENT" in await other.ok("SELECT INBOX")
    assert await first.ok("SEARCH RECENT") == ["* SEARCH 1 2"]


async def test_10_flags_reach_other_sessions_of_the_officer_and_nobody_else(world: World) -> None:
    world.letters(1)
    one, two, salem = await world.selected(), await world.selected(), await world.selected(user="salem")
    assert await one.ok("STORE 1 +FLAGS.SILENT (\\Seen $Label1)") == [
        "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Label1)",
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Label1 \\*)] Flags permitted",
    ]
    assert "* 1 FETCH (UID 1 FLAGS (\\Seen $Label1))" in await two.ok("NOOP")
    assert await salem.ok("NOOP") == []
    assert await salem.ok("FETCH 1 FLAGS") == ["* 1 FETCH (FLAGS (\\Recent))"]


# ── 11 to 14: MIME ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_12_sections_answer_as_asked_and_partial_ends_are_empty(world: World) -> None:
    placed = world.deliver(letter_octets(1))
    client = await world.selected()
    whole = placed.prefix + placed.octets
    (line,) = await client.ok("FETCH 1 (RFC822.SIZE BODY.PEEK[])")
    assert line == f"* 1 FETCH (RFC822.SIZE {len(whole)} BODY[] {{{len(whole)}}}\r\n{whole.decode()})"
    assert await client.ok("FETCH 1 BODY.PEEK[]<4000000000.10>") == ['* 1 FETCH (BODY[]<4000000000> "")']
    assert await client.ok("FETCH 1 BODY.PEEK[2]") == ["* 1 FETCH (BODY[2] NIL)"]
    assert await client.ok("FETCH 1 BODY.PEEK[1]") == ["* 1 FETCH (BODY[1] {8}\r\nbody 1\r\n)"]
    assert await client.ok('FETCH 1 BODY.PEEK[HEADER.FIELDS ("subject" TO)]') == [
        f"* 1 FETCH (BODY[HEADER.FIELDS (subject TO)] {{{len(MOF) + 27}}}\r\nTo: {MOF}\r\nSubject: letter 1\r\n\r\n)"
    ]


async def test_13_unknown_transfer_encoding_is_told(world: World) -> None:
    world.deliver(b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\ndata\r\n")
    client = await world.selected()
    assert (await client.no("FETCH 1 BINARY.PEEK[1]")).startswith("[UNKNOWN-CTE]")
    assert (await client.no("FETCH 1 BINARY.SIZE[1]")).startswith("[UNKNOWN-CTE]")
    await client.ok("FETCH 1 BODY.PEEK[1]")


async def test_14_envelope_of_an_internationalised_letter_is_ascii_until_utf8_is_accepted(
    world: World,
) -> None:
    subject, sender = "طلب", "سجل@moj.gov.example"
    world.deliver(f"From: مكتب <{sender}>\r\nSubject: {subject}\r\n\r\nنص\r\n".encode())
    client = await world.selected()
    (plain,) = await client.ok("FETCH 1 ENVELOPE")
    assert plain.isascii()
    assert '"=?utf-8?B?2LfZhNio?="' in plain
    assert '"invalid" "internationalized-address.invalid"' in plain
    other = await world.logged_in()
    await other.ok("ENABLE UTF8=ACCEPT")
    await other.ok("SELECT INBOX")
    (line,) = await other.ok("FETCH 1 ENVELOPE")
    assert subject in line


# ── 15 to 17: search and names ────────────────────────────────────────────────────────────────────────────────────

ARABIC = (
    b"From: =?windows-1256?B?49PE5uE=?= <a@moj.gov.example>\r\n"
    b"Subject: =?utf-8?B?2KXZgdin2K/YqSDYudin2KzZhNip?=\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=windows-1256\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"5NHd3iDH4ePh3SDH4ePY4ebI\r\n"  # the file that was asked for, attached
)


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("SUBJECT", "إفادة"),
        ("SUBJECT", "افاده"),  # alef without hamza, teh marbuta as heh
        ("SUBJECT", "إفَادَة"),  # with tashkeel
        ("SUBJECT", "عــاجل"),  # with tatweel, a part of the word
        ("FROM", "مسؤول"),
        ("FROM", "مسوول"),
        ("BODY", "الملف"),
        ("TEXT", "الملف"),
        ("TEXT", "عاجله"),
    ],
)
async def test_15_arabic_is_found_in_any_spelling_charset_and_encoding(
    world: World, key: str, found: str
) -> None:
    world.letters(1)
    world.deliver(ARABIC)
    client = await world.selected()
    octets = found.encode()
    heard = await client.ok(f"SEARCH CHARSET UTF-8 {key} {{{len(octets)}+}}\r\n".encode() + octets)
    assert heard == ["* SEARCH 2"]


async def test_15_charsets_not_offered_are_refused_and_unknown_keywords_match_nothing(world: World) -> None:
    world.letters(1)
    client = await world.selected()
    assert (await client.no("SEARCH CHARSET UTF-7 ALL")).startswith("[BADCHARSET")
    assert await client.ok("SEARCH KEYWORD Nothing") == ["* SEARCH"]
    assert await client.ok("SEARCH UNKEYWORD Nothing") == ["* SEARCH 1"]
    assert await client.ok('SEARCH HEADER X-Nothing ""') == ["* SEARCH"]
    assert await client.ok('SEARCH HEADER Message-Id ""') == ["* SEARCH 1"]
    assert (await client.ask("SEARCH " + "NOT " * 200 + "ALL"))[-1].startswith("BAD")


async def test_16_names_are_utf7_or_utf8_as_the_session_speaks(world: World) -> None:
    client = await world.logged_in()
    await client.ok("CREATE &BkUGNAYnBjEGSgY5-")
    assert '* LIST (\\HasNoChildren) "/" "&BkUGNAYnBjEGSgY5-"' in await client.ok('LIST "" "*"')
    other = await world.logged_in()
    await other.ok("ENABLE UTF8=ACCEPT")
    assert '* LIST (\\HasNoChildren) "/" "مشاريع"' in await other.ok('LIST "" "*"')
    assert (await other.ask('SELECT "مشاريع"'))[-1].startswith("OK")
    assert (await client.ask("SELECT &BkUGNAYnBjEGSgY5"))[-1].startswith(("NO", "BAD"))


@pytest.mark.parametrize("name", ["a/", "a//b", "/a", "a\u202eb", "مجلدabc", "a\u2066b", " a", ".."])
async def test_16_names_that_deceive_are_not_made(world: World, name: str) -> None:
    client = await world.logged_in()
    await client.ok("ENABLE UTF8=ACCEPT")
    *_, last = await client.ask(f'CREATE "{name}"')
    assert last.startswith("OK" if name == "a/" else ("NO", "BAD")), last


async def test_16_patterns_and_the_separator(world: World) -> None:
    client = await world.logged_in()
    assert await client.ok('LIST "" ""') == ['* LIST (\\Noselect) "/" ""']
    await client.ok("CREATE One/Two/Three")
    assert await client.ok('LIST "" "One/%"') == ['* LIST (\\HasChildren) "/" "One/Two"']
    assert len(await client.ok('LIST "One/" "*"')) == 2
    await client.ok("DELETE One/Two")
    assert '* LIST (\\Noselect \\HasChildren) "/" "One/Two"' in await client.ok('LIST "" "*"')
    assert (await client.no("DELETE One/Two")).startswith("[HASCHILDREN]")
    await client.ok("SUBSCRIBE One/Two/Three")
    heard = await client.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" "One"')
    assert heard == ['* LIST (\\HasChildren) "/" "One" ("CHILDINFO" ("SUBSCRIBED"))']


async def test_17_date_of_an_append_is_kept_to_the_second(world: World) -> None:
    client = await world.logged_in()
    body = b"Subject: x\r\n\r\n"
    date = b'" 1-Jan-2026 00:30:01 -0500"'
    await client.ok(b"APPEND Drafts () %b {%d+}\r\n" % (date, len(body)) + body)
    await client.ok("SELECT Drafts")
    assert await client.ok("FETCH 1 INTERNALDATE") == [
        '* 1 FETCH (INTERNALDATE " 1-Jan-2026 08:30:01 +0300")'
    ]


# ── 18 to 21: sessions ────────────────────────────────────────────────────────────────────────────────────────────


async def test_18_idle_ends_with_done_in_any_case_and_with_nothing_else(world: World) -> None:
    client = await world.selected()
    await client.send(b"a IDLE\r\n")
    await client.line()
    await client.send(b"dOnE\r\n")
    assert await client.until("a") == ["OK Idle ended"]
    await client.send(b"b IDLE\r\n")
    await client.line()
    await client.send(b"c NOOP\r\n")
    assert (await client.until("b"))[-1].startswith("BAD")


async def test_18_change_by_another_process_is_told_within_a_second(world: World) -> None:
    from mailstore.database.transaction import Store  # noqa: PLC0415 - as another process would open it
    from tests.dialogs.imap.rig import deliver  # noqa: PLC0415

    client = await world.selected()
    await client.send(b"a IDLE\r\n")
    await client.line()
    other = Store(world.store.url.render_as_string(hide_password=False))
    await asyncio.to_thread(other.write, lambda unit: deliver(unit, letter_octets(5)))
    assert await asyncio.wait_for(client.line(), 1.0) == b"* 1 EXISTS"
    other.close()


async def test_19_capabilities_come_with_the_greeting_and_the_login(world: World) -> None:
    client = await world.connect()
    greeting = (await client.line()).decode()
    assert greeting.startswith("* OK [CAPABILITY IMAP4rev1 ")
    assert "IDLE" not in greeting
    (line,) = await client.ask("LOGIN noura abcd-efgh-jkmn-pqrs")
    assert line.startswith("OK [CAPABILITY IMAP4rev1 ")
    assert " IDLE " in line


async def test_20_select_tells_what_clients_need_and_a_failed_one_leaves_nothing_selected(
    world: World,
) -> None:
    world.letters(2)
    client = await world.logged_in()
    *lines, last = await client.ask("SELECT INBOX")
    validity = world.mailbox(MOF, "INBOX").uidvalidity
    for wanted in ("UNSEEN 1", f"UIDVALIDITY {validity}", "UIDNEXT 3", "HIGHESTMODSEQ "):
        assert any(f"[{wanted}" in line for line in lines), wanted
    assert last.startswith("OK [READ-WRITE]")
    assert (await client.no("SELECT Nowhere")).startswith("[NONEXISTENT]")
    assert (await client.ask("FETCH 1 FLAGS"))[-1].startswith("BAD")


async def test_21_slow_reader_holds_no_transaction_and_little_memory(world: World) -> None:
    large = letter_octets(1, body="x" * 3_000_000)
    world.deliver(large)
    client = await world.selected()
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await client.send(b"a FETCH 1 BODY.PEEK[]\r\n")
    await asyncio.sleep(0.3)
    (session,) = world.server.all_sessions()
    transport = session.connection._transport
    assert transport is not None
    assert transport.get_write_buffer_size() < 1_000_000
    assert world.store._reader.pool.checkedout() == 0  # type: ignore[attr-defined]
    await asyncio.to_thread(world.letters, 1)  # others go on
    client.writer.transport.resume_reading()  # type: ignore[attr-defined]
    heard = await client.until("a")
    assert len(heard[0]) > 3_000_000
    assert MOJ in heard[0]
