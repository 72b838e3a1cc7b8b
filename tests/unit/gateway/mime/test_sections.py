import pytest

from gateway.mime.sections import (
    body,
    embedded,
    header,
    header_fields,
    locate,
    locate_message,
    mime_header,
    text,
    whole,
)
from gateway.mime.tree import parse

INNER = (
    b"From: sub@x\r\nSubject: submsg\r\nContent-Type: multipart/alternative; boundary=s\r\n\r\n"
    b"--s\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n--s\r\n\r\nHello\r\n--s--\r\n"
)
MESSAGE = (
    b"From: user@x\r\nContent-Type: multipart/mixed; boundary=f\r\n\r\npre\r\n"
    b"--f\r\nContent-Type: text/x-own\r\n\r\nhello\r\n"
    b"--f\r\nContent-Type: message/rfc822\r\n\r\n" + INNER + b"\r\n--f--\r\n"
)


def cut(octets: bytes, found: tuple[int, int] | None) -> bytes | None:
    return None if found is None else octets[slice(*found)]


def test_the_sections_of_a_message_in_a_multipart() -> None:
    root = parse(MESSAGE)
    head, rest = MESSAGE.split(b"\r\n\r\n", 1)
    assert whole(root) == (0, len(MESSAGE))
    assert cut(MESSAGE, body(root, ())) == MESSAGE
    assert cut(MESSAGE, header(root)) == head + b"\r\n\r\n"
    assert cut(MESSAGE, text(root)) == rest
    assert cut(MESSAGE, body(root, (1,))) == b"hello"
    assert cut(MESSAGE, mime_header(root, (1,))) == b"Content-Type: text/x-own\r\n\r\n"
    assert cut(MESSAGE, body(root, (2,))) == INNER
    assert cut(MESSAGE, mime_header(root, (2,))) == b"Content-Type: message/rfc822\r\n\r\n"
    inner_head, inner_text = INNER.split(b"\r\n\r\n", 1)
    assert cut(MESSAGE, header(root, (2,))) == inner_head + b"\r\n\r\n"
    assert cut(MESSAGE, text(root, (2,))) == inner_text
    assert cut(MESSAGE, body(root, (2, 1))) == b"<p>Hello</p>"
    assert cut(MESSAGE, mime_header(root, (2, 1))) == b"Content-Type: text/html\r\n\r\n"
    assert cut(MESSAGE, body(root, (2, 2))) == b"Hello"
    assert cut(MESSAGE, mime_header(root, (2, 2))) == b"\r\n"


@pytest.mark.parametrize("path", [(0,), (3,), (-1,), (1, 1), (1, 1, 1), (2, 3), (2, 1, 1), (2, 0), (9, 9)])
def test_a_part_that_is_not_there_has_no_section(path: tuple[int, ...]) -> None:
    root = parse(MESSAGE)
    assert locate(root, path) is None
    assert body(root, path) is None
    assert header(root, path) is None
    assert text(root, path) is None
    assert mime_header(root, path) is None


def test_header_and_text_are_of_messages_only_and_mime_of_parts_only() -> None:
    root = parse(MESSAGE)
    assert header(root, (1,)) is None
    assert text(root, (2, 1)) is None
    assert locate_message(root, (1,)) is None
    assert mime_header(root, ()) is None
    assert embedded(root) is None


def test_part_one_of_a_message_that_is_no_multipart_is_its_body() -> None:
    octets = b"Subject: x\r\n\r\nbody"
    root = parse(octets)
    assert cut(octets, body(root, (1,))) == b"body"
    assert cut(octets, mime_header(root, (1,))) == b"Subject: x\r\n\r\n"
    assert body(root, (2,)) is None
    assert body(root, (1, 1)) is None
    assert header(root, (1,)) is None


def test_messages_inside_messages_are_numbered_one_by_one() -> None:
    octets = (
        b"Content-Type: message/rfc822\r\n\r\nSubject: two\r\nContent-Type: message/rfc822\r\n\r\n"
        b"Subject: three\r\n\r\nbody\r\n"
    )
    root = parse(octets)
    assert cut(octets, body(root, (1,))) == octets[32:]
    assert cut(octets, header(root, (1,))) == b"Subject: two\r\nContent-Type: message/rfc822\r\n\r\n"
    assert cut(octets, body(root, (1, 1))) == b"Subject: three\r\n\r\nbody\r\n"
    assert cut(octets, header(root, (1, 1))) == b"Subject: three\r\n\r\n"
    assert cut(octets, text(root, (1, 1))) == b"body\r\n"
    assert cut(octets, body(root, (1, 1, 1))) == b"body\r\n"
    assert body(root, (1, 1, 1, 1)) is None


def test_the_parts_of_a_digest() -> None:
    octets = (
        b"Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/digest; boundary=f\r\n\r\n"
        b"--f \r\n\r\nSubject: m1\r\n\r\nm1 body\r\n--f \r\nX-Mime: m2\r\n\r\nSubject: m2\r\n\r\nm2 body\r\n--f--\r\n"
    )
    root = parse(octets)
    assert cut(octets, body(root, (1, 1))) == b"Subject: m1\r\n\r\nm1 body"
    assert cut(octets, mime_header(root, (1, 1))) == b"\r\n"
    assert cut(octets, header(root, (1, 1))) == b"Subject: m1\r\n\r\n"
    assert cut(octets, text(root, (1, 2))) == b"m2 body"
    assert cut(octets, mime_header(root, (1, 2))) == b"X-Mime: m2\r\n\r\n"


def test_an_encoded_message_has_a_body_and_nothing_inside() -> None:
    octets = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogcw=="
    root = parse(octets)
    assert cut(octets, body(root, (1,))) == b"U3ViamVjdDogcw=="
    assert header(root, (1,)) is None
    assert body(root, (1, 1)) is None


HEADER = b"From: a\r\nX-A: 1\r\n\t2\r\nno field\r\nx-a:3\r\nTo : b\r\n\r\nbody"


@pytest.mark.parametrize(
    ("names", "exclude", "expected"),
    [
        ([b"X-A"], False, b"X-A: 1\r\n\t2\r\nx-a:3\r\n\r\n"),
        ([b"to", b"FROM"], False, b"From: a\r\nTo : b\r\n\r\n"),
        ([b"date"], False, b"\r\n"),
        ([], False, b"\r\n"),
        ([b"\xff"], False, b"\r\n"),
        ([b"x-a"], True, b"From: a\r\nno field\r\nTo : b\r\n\r\n"),
        ([b"from", b"x-a", b"to"], True, b"no field\r\n\r\n"),
        ([b"date"], True, HEADER[:-4]),
    ],
)
def test_named_fields_stand_as_received(names: list[bytes], exclude: bool, expected: bytes) -> None:
    assert header_fields(parse(HEADER), HEADER, names, exclude=exclude) == expected


@pytest.mark.parametrize("octets", [b"From: a", b"From: a\r\n", b"From: a\r\n\r\n", b"From: a\n\n"])
def test_an_empty_line_always_ends_the_fields(octets: bytes) -> None:
    root = parse(octets)
    line_end = b"\n" if octets.endswith(b"a\n\n") else b"\r\n"
    assert header_fields(root, octets, [b"from"], exclude=False) == b"From: a" + line_end + b"\r\n"
    assert header_fields(root, octets, [b"from"], exclude=True) == b"\r\n"
    assert header_fields(root, octets, [b"to"], exclude=True) == b"From: a" + line_end + b"\r\n"


def test_an_empty_header_gives_the_empty_line() -> None:
    for octets in (b"", b"\r\n", b"\nx"):
        assert header_fields(parse(octets), octets, [], exclude=True) == b"\r\n"


def test_the_fields_of_an_embedded_message() -> None:
    message = locate_message(parse(MESSAGE), (2,))
    assert message is not None
    assert header_fields(message, MESSAGE, [b"subject"], exclude=False) == b"Subject: submsg\r\n\r\n"
