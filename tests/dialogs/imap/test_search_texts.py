"""What a search looks into: phrases over broken lines, numbers, parts' headers, files' names, odd charsets."""

import base64

import pytest

from tests.dialogs.imap.rig import Client, World


def message(body: bytes, *more: str, subject: str = "case") -> bytes:
    """A draft with this body; `more` are further header lines."""
    lines = [f"Subject: {subject}", "MIME-Version: 1.0", *more]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


HTML = 'Content-Type: text/html; charset="utf-8"'
TEXT = 'Content-Type: text/plain; charset="utf-8"'
MIXED = 'Content-Type: multipart/mixed; boundary="mx"'
ATTACHED = (
    b"--mx\r\nContent-Type: text/plain\r\n\r\nbody\r\n"
    b"--mx\r\nContent-Type: message/rfc822\r\n\r\n"
    b"Subject: =?utf-8?B?" + base64.b64encode("كتاب مرفق".encode()) + b"?=\r\n\r\ninside\r\n"
    b"--mx\r\nContent-Type: application/pdf;\r\n name*=utf-8''%D9%85%D9%8A%D8%B2%D8%A7%D9%86%D9%8A%D8%A9.pdf\r\n"
    b"Content-Description: yearly plan\r\n\r\n%PDF\r\n--mx--\r\n"
)
RAW_NAME = (
    b'--mx\r\nContent-Type: text/plain\r\n\r\nbody\r\n--mx\r\nContent-Type: application/pdf; name="'
    + "تعميم".encode("cp1256")
    + b'.pdf"\r\n\r\n%PDF\r\n--mx--\r\n'
)
ROWS = [
    ("BODY", "مجلس الوزراء الموقر", message("<p>إلى مجلس\r\n    الوزراء\r\n  الموقر</p>".encode(), HTML)),
    ("BODY", "مجلس الوزراء الموقر", message("إلى مجلس \r\nالوزراء \r\nالموقر\r\n".encode(), f"{TEXT}; format=flowed")),
    ("BODY", "مجلس الوزراء الموقر", message("إلى مجلس  الوزراء\t الموقر\r\n".encode(), TEXT)),
    ("BODY", "مجلس  الوزراء", message("إلى مجلس\r\nالوزراء\r\n".encode(), TEXT)),
    ("BODY", "12.5", message("المبلغ ١٢٫٥ من ١٬٢٥٠".encode(), TEXT)),
    ("BODY", "1,250", message("المبلغ ١٢٫٥ من ١٬٢٥٠".encode(), TEXT)),
    ("BODY", "١٬٢٥٠", message(b"1,250 QAR", TEXT)),
    ("BODY", "١٢٫٥", message(b"12.5 QAR", TEXT)),
    ("BODY", "تعميم", message("تعميم".encode(), TEXT, "Content-Transfer-Encoding: 8-bit")),
    ("BODY", "تعميم", message("تعميم".encode(), TEXT, "Content-Transfer-Encoding: utf-8")),
    ("BODY", "تعميم", message("تعميم نهائي".encode("cp1256"))),
    ("BODY", "تعميم", message("تعميم نهائي".encode("cp1256"), "Content-Type: text/plain; charset=windows1256")),
    ("BODY", "تعميم", message("تعميم نهائي".encode("cp1256"), "Content-Type: text/plain; charset=unknown-8bit")),
    ("BODY", "تعميم", message("تعميم نهائي".encode(), "Content-Type: text/plain; charset=unknown-8bit")),
    ("SUBJECT", "قرار نهائي", message(b"x", subject="=?DOS-720?B?56mfqSDr7J+e7w==?=")),
    ("SUBJECT", "قرار نهائي", message(b"x", subject="=?windows1256?B?3tHH0SDk5cfG7Q==?=")),
    ("SUBJECT", "قرار نهائي", message(b"x", subject="=?unknown-8bit?B?2YLYsdin2LEg2YbZh9in2KbZig==?=")),
    ("TEXT", "كتاب مرفق", message(ATTACHED, MIXED)),
    ("TEXT", "ميزانية.pdf", message(ATTACHED, MIXED)),
    ("TEXT", "yearly plan", message(ATTACHED, MIXED)),
    ("TEXT", "تعميم.pdf", message(RAW_NAME, MIXED)),
]  # fmt: skip


async def found(client: Client, key: str, text: str) -> bool:
    octets = text.encode()
    await client.send(b"s SEARCH CHARSET UTF-8 %s {%d+}\r\n%s\r\n" % (key.encode(), len(octets), octets))
    lines = []
    while not (line := await client.line()).startswith(b"s "):
        lines.append(line.strip())
    assert line.startswith(b"s OK"), line
    return b"* SEARCH 1" in lines


@pytest.mark.parametrize(("key", "text", "octets"), ROWS, ids=range(len(ROWS)))
async def test_a_text_is_found_as_a_reader_sees_it(world: World, key: str, text: str, octets: bytes) -> None:
    client = await world.logged_in()
    assert (await client.append("Drafts", octets)).startswith("OK")
    await client.ok("SELECT Drafts")
    assert await found(client, key, text)
    assert not await found(client, key, text + " غيره")


async def test_words_of_two_parts_or_fields_make_no_phrase(world: World) -> None:
    client = await world.logged_in()
    parts = [b"--mx\r\nContent-Type: text/plain\r\n\r\n%b\r\n" % word for word in (b"first", b"second")]
    two = b"".join(parts) + b"--mx--\r\n"
    await client.append("Drafts", message(two, MIXED, "Comments: third"))
    await client.ok("SELECT Drafts")
    for phrase in ("first second", "case mime-version", "mx comments"):
        assert not await found(client, "TEXT", phrase)
    assert await found(client, "TEXT", "second")


async def test_a_file_name_in_windows_1256_is_read_in_bodystructure(world: World) -> None:
    client = await world.logged_in()
    await client.append("Drafts", message(RAW_NAME, MIXED))
    await client.ok("SELECT Drafts")
    told = "\n".join(await client.ok("FETCH 1 BODYSTRUCTURE"))
    assert "=?utf-8?B?2KrYudmF2YrZhS5wZGY=?=" in told  # تعميم.pdf
