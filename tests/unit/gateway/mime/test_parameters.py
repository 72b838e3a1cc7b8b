import pytest

from gateway.mime.continuations import join_sections
from gateway.mime.decode import decode_parameters
from gateway.mime.parameters import Parameter, parse_media_type, parse_parameters


def pairs(value: bytes) -> list[tuple[bytes, bytes]]:
    return [(param.name, param.value) for param in parse_parameters(value, 0).items]


@pytest.mark.parametrize(
    ("value", "found", "flaws"),
    [
        (b"", [], ()),
        (b";", [], ()),
        (b"; a=b", [(b"a", b"b")], ()),
        (b";a=b;c=d;", [(b"a", b"b"), (b"c", b"d")], ()),
        (b' ; A = "b c" ; d\t=\r\n e', [(b"A", b"b c"), (b"d", b"e")], ()),
        (b';a="b;c=d";e=f', [(b"a", b"b;c=d"), (b"e", b"f")], ()),
        (b';a="\\"\\\\x";b=""', [(b"a", b'"\\x'), (b"b", b"")], ()),
        (b';a="b\r\n c"', [(b"a", b"b c")], ()),
        (b";a==?utf-8?b?2KM=?=", [(b"a", b"=?utf-8?b?2KM=?=")], ()),
        (b";a=b(c);d=e", [(b"a", b"b(c)"), (b"d", b"e")], ()),
        (b";;; ;a=b", [(b"a", b"b")], ()),
        (b";a=b (c(d);e=f\\)) ;g=h", [(b"a", b"b"), (b"g", b"h")], ("comment",)),
        (b";(c) a (d) = (e) b", [(b"a", b"b")], ("comment",)),
        (b";a=b (never ends;c=d", [(b"a", b"b")], ("comment",)),
        (b";a=", [(b"a", b"")], ("malformed-parameter",)),
        (b";a;b=c", [(b"b", b"c")], ("malformed-parameter",)),
        (b";=b;c=d", [(b"c", b"d")], ("malformed-parameter",)),
        (b";a=b junk; c=d", [(b"a", b"b"), (b"c", b"d")], ("malformed-parameter",)),
        (b';a="b"c;d=e', [(b"a", b"b"), (b"d", b"e")], ("malformed-parameter",)),
        (b';a="open;b=c', [(b"a", b"open;b=c")], ("malformed-parameter",)),
        (b"junk;a=b", [(b"a", b"b")], ("malformed-parameter",)),
        (b';a="x" "y;z";b=c', [(b"a", b"x"), (b"b", b"c")], ("malformed-parameter",)),
    ],
)
def test_parameters_as_written(
    value: bytes, found: list[tuple[bytes, bytes]], flaws: tuple[str, ...]
) -> None:
    assert pairs(value) == found
    assert parse_parameters(value, 0).flaws == flaws


def test_a_field_full_of_comments_is_not_read_to_its_end() -> None:
    found = parse_parameters(b"; (c) a=b" * 100, 0)
    assert len(found.items) == 64
    assert found.flaws == ("comment", "malformed-parameter")


def test_no_more_than_the_limit_and_one_are_read() -> None:
    assert len(parse_parameters(b";a=b" * 10, 0, 3).items) == 4


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"text/plain", (b"text", b"plain", 10)),
        (b" (c) Text (d) / (e) Plain; x", (b"Text", b"Plain", 25)),
        (b"text", None),
        (b"text/", None),
        (b"/plain", None),
        (b"te xt/plain", None),
        (b"(", None),
    ],
)
def test_media_types(value: bytes, found: tuple[bytes, bytes, int] | None) -> None:
    assert parse_media_type(value) == found


def params(*items: tuple[bytes, bytes]) -> tuple[Parameter, ...]:
    return tuple(Parameter(*item) for item in items)


# RFC 2231 section 4.1, its own example
RFC2231 = params(
    (b"access-type", b"URL"),
    (b"title*0*", b"us-ascii'en'This%20is%20even%20more%20"),
    (b"title*1*", b"%2A%2A%2Afun%2A%2A%2A%20"),
    (b"title*2", b"isn't it!"),
)


@pytest.mark.parametrize(
    ("given", "decoded"),
    [
        (RFC2231, {"access-type": "URL", "title": "This is even more ***fun*** isn't it!"}),
        (params((b"Name", b"a")), {"name": "a"}),
        (params((b"name", b"=?UTF-8?B?2YPYqtin2Kgu?= pdf")), {"name": "كتاب. pdf"}),
        (params((b"filename*", b"UTF-8''%D9%83%D8%AA%D8%A7%D8%A8%2E%70%64%66")), {"filename": "كتاب.pdf"}),
        (params((b"filename*", b"windows-1256''%DF%CA%C7%C8")), {"filename": "كتاب"}),
        (params((b"filename*0*", b"iso-8859-6''%E3"), (b"filename*1*", b"%CA")), {"filename": "كت"}),
        (params((b"f*0*", b"utf-8''%D9"), (b"f*1*", b"%83")), {"f": "ك"}),
        (params((b"f*1", b"b"), (b"f*0", b"a")), {"f": "ab"}),
        (params((b"f*0", b"a"), (b"f*2", b"c")), {"f": "a"}),
        (params((b"f*0", b"a"), (b"f*0", b"x"), (b"f*1", b"b")), {"f": "ab"}),
        (params((b"f", b"plain"), (b"f*", b"utf-8''extended")), {"f": "extended"}),
        (params((b"f", b"first"), (b"f", b"second")), {"f": "first"}),
        (params((b"f*1", b"b")), {}),
        (params((b"f*", b"no quotes %41")), {"f": "no quotes A"}),
        (params((b"f*", b"unknown''%D9%83")), {"f": "ك"}),
        (params((b"f*", b"utf-8''%FF%zz%4")), {"f": "\N{REPLACEMENT CHARACTER}%zz%4"}),
        (params((b"f*x", b"a"), (b"f*0x", b"a"), (b"*", b"a")), {}),
    ],
)
def test_parameters_decoded_for_reading(given: tuple[Parameter, ...], decoded: dict[str, str]) -> None:
    assert decode_parameters(given) == decoded


@pytest.mark.parametrize(
    ("given", "joined"),
    [
        (params((b"a", b"b")), [(b"a", b"b")]),
        (params((b"a*", b"utf-8''%41")), [(b"a*", b"utf-8''%41")]),
        (params((b"x", b"y"), (b"F*1", b"b c"), (b"F*0", b"a")), [(b"x", b"y"), (b"F", b"ab c")]),
        (params((b"f*0*", b"utf-8''%D9"), (b"f*1*", b"%83")), [(b"f*", b"utf-8''%D9%83")]),
        (params((b"f*0*", b"utf-8''%D9%83"), (b"f*1", b" 100%")), [(b"f*", b"utf-8''%D9%83%20100%25")]),
        (params((b"f*0", b"a'b"), (b"f*1*", b"%83")), [(b"f*", b"''a%27b%83")]),
        (params((b"f*1", b"b")), [(b"f*1", b"b")]),
    ],
)
def test_sections_joined_and_still_encoded(
    given: tuple[Parameter, ...], joined: list[tuple[bytes, bytes]]
) -> None:
    assert [tuple(param) for param in join_sections(given)] == joined
