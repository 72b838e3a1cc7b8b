import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.addresses import address as module
from policies.addresses.address import (
    EXPLANATIONS,
    Address,
    AddressRefused,
    Mailbox,
    parse_address,
    parse_domain,
    parse_from,
    parse_list,
    parse_path,
)

REGISTRY = Address("registry", "moj.gov.example")


def refusal(call: Callable[[Any], object], value: object) -> str:
    with pytest.raises(AddressRefused) as refused:
        call(value)
    return refused.value.code


def test_domain_is_canonical_and_local_part_stays_as_written() -> None:
    address = parse_address("Registry.Office@MOJ.Gov.Example")
    assert address == Address("Registry.Office", "moj.gov.example")
    assert str(address) == "Registry.Office@moj.gov.example"
    assert address.key == "registry.office@moj.gov.example"


def test_arabic_domain_is_one_address_in_both_spellings() -> None:
    unicode_form = parse_address("registry@وزارة.قطر")
    assert unicode_form == parse_address("registry@XN--MGBEXC3I.xn--wgbl6a")
    assert unicode_form.key == "registry@xn--mgbexc3i.xn--wgbl6a"
    assert unicode_form.readable == "registry@وزارة.قطر"


@pytest.mark.parametrize(
    ("local", "domain", "code"),
    [
        ("registry", "MOJ.gov.example", "domain"),
        ("registry", "وزارة.قطر", "domain"),
        ("registry ", "moj.gov.example", "syntax"),
        ("", "moj.gov.example", "syntax"),
        ("a" * 65, "moj.gov.example", "too-long"),
    ],
)
def test_no_address_can_be_made_of_parts_that_are_not_canonical(local: str, domain: str, code: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        Address(local, domain)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("registry", "syntax"),
        ("@moj.gov.example", "syntax"),
        ("registry@", "domain"),
        (" registry@moj.gov.example", "syntax"),
        ("registry@moj.gov.example ", "syntax"),
        ("registry@moj.gov.example\n", "syntax"),
        ("reg istry@moj.gov.example", "syntax"),
        (".registry@moj.gov.example", "syntax"),
        ("registry.@moj.gov.example", "syntax"),
        ("reg..istry@moj.gov.example", "syntax"),
        ("'registry@moj.gov.example", "syntax"),
        ("registry'@moj.gov.example", "syntax"),
        ("reg*istry@moj.gov.example", "syntax"),
        ("reg/istry@moj.gov.example", "syntax"),
        ("=?utf-8?q?registry?=@moj.gov.example", "syntax"),
        ("<registry@moj.gov.example>", "syntax"),
        ("registry(x)@moj.gov.example", "comment"),
        ("registry@moj.gov.example(x)", "comment"),
        ("Justice:registry@moj.gov.example;", "group"),
        ("@evil.example:registry@moj.gov.example", "route"),
        ("registry%moj.gov.example@evil.example", "route"),
        ("evil.example!registry@moj.gov.example", "route"),
        ('"registry"@moj.gov.example', "quoted-local"),
        ("registry@moj.gov.example,b@evil.example", "several"),
        ("registry@moj.gov.example@evil.example", "several"),
        ("سجل@moj.gov.example", "non-ascii-local"),
        ("reg\u200distry@moj.gov.example", "non-ascii-local"),
        ("registry\uff20moj.gov.example", "syntax"),
        ("registry@moj.gov.example\u202e", "bidi"),
        ("\u2066registry@moj.gov.example\u2069", "bidi"),
        ("a" * 65 + "@moj.gov.example", "too-long"),
        ("registry@" + "a." * 200 + "example", "too-long"),
        ("registry@[192.0.2.1]", "domain"),
        ("registry@192.0.2.1", "domain"),
        ("registry@localhost", "domain"),
        ("registry@moj.gov.example.", "domain"),
        ("registry@m\u043ej.gov.example", "domain"),
        ("registry@moj.gov.exampl\uff45", "domain"),
    ],
)
def test_what_is_no_single_plain_address_is_refused_with_its_code(text: str, code: str) -> None:
    assert refusal(parse_address, text) == code


def test_longest_address_is_accepted_and_one_octet_more_is_not() -> None:
    local, label = "l" * 64, "d" * 46
    domain = ".".join([label] * 4) + ".e"
    assert len(f"<{local}@{domain}>") == 256
    assert parse_address(f"{local}@{domain}").domain == domain
    assert refusal(parse_address, f"{local}@{domain}e") == "too-long"


def test_path_is_brackets_and_nothing_else() -> None:
    assert parse_path("<registry@moj.gov.example>") == REGISTRY
    assert parse_path(b"<registry@MOJ.gov.example>") == REGISTRY
    assert parse_path("<>") is None
    assert parse_path(b"<>") is None


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (b"", "empty"),
        (b"registry@moj.gov.example", "syntax"),
        (b"<registry@moj.gov.example", "syntax"),
        (b"registry@moj.gov.example>", "syntax"),
        (b"<registry@moj.gov.example> SIZE=1", "syntax"),
        (b" <registry@moj.gov.example>", "syntax"),
        (b"< registry@moj.gov.example>", "syntax"),
        (b"<registry@moj.gov.example><b@evil.example>", "several"),
        (b"<registry@moj.gov.example\r\nRCPT TO:<b@evil.example>", "syntax"),
        (b"<registry@moj.gov.example\n>", "syntax"),
        (b"<registry\x00@moj.gov.example>", "syntax"),
        (b"<registry@moj.gov.example\x7f>", "syntax"),
        (b"<@evil.example:registry@moj.gov.example>", "route"),
        (b"<@a.example,@b.example:registry@moj.gov.example>", "route"),
        (b"<(x)registry@moj.gov.example>", "comment"),
        (b"<\xff@moj.gov.example>", "syntax"),
        ("<registry\u202e@moj.gov.example>", "bidi"),
        ("<\udcff@moj.gov.example>", "non-ascii-local"),
        ("<registry@\udcff.example>", "domain"),
        (b"<Postmaster>", "syntax"),
        (b"< >", "syntax"),
        (b"<" + b"a" * 300 + b">", "too-long"),
    ],
)
def test_what_is_no_path_is_refused_with_its_code(path: str | bytes, code: str) -> None:
    assert refusal(parse_path, path) == code


@pytest.mark.parametrize(
    ("value", "display"),
    [
        ("registry@moj.gov.example", ""),
        ("  registry@moj.gov.example\t", ""),
        ("<registry@moj.gov.example>", ""),
        ("Registry<registry@moj.gov.example>", "Registry"),
        ("Dr. A. Registrar <registry@moj.gov.example>", "Dr. A. Registrar"),
        ('"Registrar, \\"First\\" (Justice)" <registry@moj.gov.example>', 'Registrar, "First" (Justice)'),
        ('"A" B "C\tD" <registry@moj.gov.example>', "A B C D"),
        ('"" <registry@moj.gov.example>', ""),
        ("سجل وزارة العدل <registry@moj.gov.example>", "سجل وزارة العدل"),
        ('"سجل، وزارة العدل" <registry@moj.gov.example>', "سجل، وزارة العدل"),
        ("=?UTF-8?B?2LPYrNmEINin2YTYudiv2YQ=?= <registry@moj.gov.example>", "سجل العدل"),
        ("=?utf-8*ar?q?=D8=B3=D8=AC=D9=84?= Registry <registry@moj.gov.example>", "سجل Registry"),
        ('"=?utf-8?q?=D8=B3=D8=AC=D9=84?=" <registry@moj.gov.example>', "سجل"),
        ('"registry@moj.gov.example" <registry@moj.gov.example>', "registry@moj.gov.example"),
        ("\"'Registry@MOJ.gov.example'\" <registry@moj.gov.example>", "'Registry@MOJ.gov.example'"),
        ("Zoë O'Neill 😀 <registry@moj.gov.example>", "Zoë O'Neill 😀"),
    ],
)
def test_from_is_one_mailbox_with_its_decoded_name(value: str, display: str) -> None:
    assert parse_from(value.encode()) == Mailbox(REGISTRY, display)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "empty"),
        (" \t ", "empty"),
        ("<>", "empty"),
        ("Registry", "syntax"),
        ("Registry <registry@moj.gov.example", "syntax"),
        ("Registry registry@moj.gov.example", "syntax"),
        ("Registry <registry@moj.gov.example> Justice", "syntax"),
        ("Registry < registry@moj.gov.example >", "syntax"),
        ('"Registry <registry@moj.gov.example>', "syntax"),
        ("Regis\\try <registry@moj.gov.example>", "syntax"),
        ("[Registry] <registry@moj.gov.example>", "syntax"),
        ("Registry\r\n <registry@moj.gov.example>", "syntax"),
        ("Registry\x00 <registry@moj.gov.example>", "syntax"),
        ("Registry\u2028 <registry@moj.gov.example>", "syntax"),
        ('"Registry <Justice>" <registry@moj.gov.example>', "syntax"),
        ("=?utf-7?q?Registry?= <registry@moj.gov.example>", "syntax"),
        ("=?utf-8?b?!!!?= <registry@moj.gov.example>", "syntax"),
        ("=?utf-8?q?a=0D=0Ab?= <registry@moj.gov.example>", "syntax"),
        ("=?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?= <registry@moj.gov.example>", "syntax"),
        ("=?utf-8?q?=22?= <registry@moj.gov.example>", "syntax"),
        ("=?utf-8?q?=22=5C=22?= <registry@moj.gov.example>", "syntax"),
        ("=?utf-8?q?unfinished <registry@moj.gov.example>", "syntax"),
        ("<=?utf-8?q?registry=40moj.gov.example?=>", "syntax"),
        ("registry@moj.gov.example (Registry)", "comment"),
        ("(Registry) <registry@moj.gov.example>", "comment"),
        ("Justice: registry@moj.gov.example;", "group"),
        ("<@evil.example:registry@moj.gov.example>", "route"),
        ('"registry"@moj.gov.example', "quoted-local"),
        ('R <"registry"@moj.gov.example>', "quoted-local"),
        ("registry@moj.gov.example, b@evil.example", "several"),
        ("registry@moj.gov.example <b@evil.example>", "several"),
        ("<registry@moj.gov.example> <b@evil.example>", "several"),
        ('"registry@moj.gov.example" <b@evil.example>', "several"),
        ("=?utf-8?q?registry=40moj.gov.example?= <b@evil.example>", "several"),
        ('"registry\uff20moj.gov.example" <b@evil.example>', "several"),
        ('"registry\u200b@moj.gov.example" <b@evil.example>', "syntax"),
        ('"registry\u200d@moj.gov.example" <b@evil.example>', "several"),
        ("سجل <سجل@moj.gov.example>", "non-ascii-local"),
        ("\u202eRegistry <registry@moj.gov.example>", "bidi"),
        ("=?utf-8?q?=E2=80=AERegistry?= <registry@moj.gov.example>", "bidi"),
        ("registry@moj.gov.example <registry@moj.gov.example>", "several"),
        ("=?utf-8?q?registry=40moj.gov.example?= <registry@moj.gov.example>", "several"),
        ("\u202eregistry@moj.gov.example <b@evil.example>", "bidi"),
        ("registry@moj.gov.example\x00 <b@evil.example>", "syntax"),
        ("Registry <registry@[192.0.2.1]>", "domain"),
        (" " * 3000 + "<registry@moj.gov.example>", "too-long"),
        ('"' + "n" * 300 + '" <registry@moj.gov.example>', "too-long"),
        ('"' + "n" * 3000 + '" <registry@moj.gov.example>', "too-long"),
    ],
)
def test_from_with_anything_else_in_it_is_refused_with_its_code(value: str, code: str) -> None:
    assert refusal(parse_from, value.encode()) == code


def test_octets_that_are_no_utf8_are_refused() -> None:
    assert refusal(parse_from, "سجل <registry@moj.gov.example>".encode("cp1256")) == "syntax"


def test_list_is_mailboxes_between_commas() -> None:
    assert parse_list(b"") == parse_list(b"  ") == ()
    value = 'registry@mof.gov.example, "Archive, Cabinet" <archive@cm.gov.example> ,\tسجل <r@وزارة.قطر>'
    assert [(str(box.address), box.display) for box in parse_list(value.encode())] == [
        ("registry@mof.gov.example", ""),
        ("archive@cm.gov.example", "Archive, Cabinet"),
        ("r@xn--mgbexc3i.xn--wgbl6a", "سجل"),
    ]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"undisclosed-recipients:;", "group"),
        (b" " * 200_000 + b"a@moj.gov.example", "too-long"),
        (b"Ministries: a@moj.gov.example, b@mof.gov.example;", "group"),
        (b"a@moj.gov.example,", "syntax"),
        (b",a@moj.gov.example", "syntax"),
        (b"a@moj.gov.example,,b@mof.gov.example", "syntax"),
        (b"a@moj.gov.example b@mof.gov.example", "several"),
        (b'a@moj.gov.example, "b@mof.gov.example" <c@evil.example>', "several"),
        (b"a@moj.gov.example; b@mof.gov.example", "semicolon"),
        (b"<a@moj.gov.example, b@mof.gov.example>", "several"),
    ],
)
def test_list_with_anything_else_in_it_is_refused_with_its_code(value: bytes, code: str) -> None:
    assert refusal(parse_list, value) == code


def test_list_holds_as_many_mailboxes_as_the_limit_and_no_more() -> None:
    value = ",".join(f"a{index}@moj.gov.example" for index in range(module.LIST_MAILBOXES))
    assert len(parse_list(value.encode())) == module.LIST_MAILBOXES
    assert refusal(parse_list, (value + ",b@moj.gov.example").encode()) == "too-long"


@pytest.mark.parametrize(
    "value",
    [
        b"(" * 1_000 + b")" * 1_000 + b"a@moj.gov.example",
        b",".join([b"a@moj.gov.example"] * 16_000),
        b"<" * 100_000,
        b'"' * 100_001,
        b'"' + b"\\" * 100_000,
        b"=?utf-8?q?" * 10_000 + b"<a@moj.gov.example>",
        b"=?utf-8?q?a?= " * 7_000 + b"<a@moj.gov.example>",
        b" " * 100_000 + b"x",
        b"a " * 50_000,
        b"a." * 50_000 + b"@moj.gov.example",
        b"a@" * 50_000,
        b"a@" + b"x-" * 50_000,
        b"a@xn--" + b"9" * 100_000,
        b"," * 100_000,
        b'"' + "\ufdfa".encode() * 30_000 + b'" <a@moj.gov.example>',
    ],
)
def test_hostile_input_is_refused_in_every_reader(value: bytes) -> None:
    assert refusal(parse_from, value)
    assert refusal(parse_list, value)
    assert refusal(parse_path, value)
    assert refusal(parse_path, value.decode())
    assert refusal(parse_address, value.decode())


def test_refusal_speaks_both_languages_and_never_repeats_hostile_text() -> None:
    with pytest.raises(AddressRefused) as refused:
        parse_address("\x1b[31m" + "x" * 1000)
    assert refused.value.ar == EXPLANATIONS["too-long"][0]
    assert "\x1b" not in str(refused.value)
    assert len(refused.value.text) == 256
    assert all(re.search("[ء-ي]", ar) and en.isascii() for ar, en in EXPLANATIONS.values())


def test_domain_alone_is_canonical_or_refused() -> None:
    assert parse_domain("MOJ.gov.example") == "moj.gov.example"
    assert parse_domain("وزارة.قطر") == "xn--mgbexc3i.xn--wgbl6a"
    assert refusal(parse_domain, "") == "empty"
    assert refusal(parse_domain, "moj") == "domain"
    assert refusal(parse_domain, "moj.gov.example\u202c") == "bidi"


SNIPPETS = (
    *"<>\"\\(),:;@.[] \t\r\n\x00=?'%!",
    *("a@moj.gov.example", "<a@moj.gov.example>", "سجل", "\u202e", "\u200d", "\uff20", "é", "e\u0301"),
    *("=?utf-8?q?", "=?utf-8?b?YQ==?=", "=40", "?=", "xn--", "Registry"),
)
WORDS = st.lists(st.sampled_from(SNIPPETS) | st.text(max_size=3), max_size=12).map("".join)


def outcome(call: Callable[[Any], Any], value: object) -> Any:
    try:
        return call(value)
    except AddressRefused:
        return "refused"


@given(WORDS | st.text())
def test_whatever_text_comes_is_refused_or_one_address_that_reads_back(text: str) -> None:
    value = text.encode("utf-8", "surrogatepass")
    found = [outcome(parse_address, text), outcome(parse_path, text), outcome(parse_path, value)]
    found.append(getattr(outcome(parse_from, value), "address", None))
    mailboxes = outcome(parse_list, value)
    found += [] if mailboxes == "refused" else [mailbox.address for mailbox in mailboxes]
    for address in found:
        if isinstance(address, Address):
            assert parse_address(str(address)) == address
            assert parse_address(address.readable) == address
        else:
            assert address in {None, "refused"}


@given(st.binary())
def test_no_octets_raise_anything_but_a_refusal(value: bytes) -> None:
    for call in (parse_path, parse_from, parse_list):
        outcome(call, value)


@given(WORDS)
def test_quick_reading_of_usual_shapes_equals_the_whole_grammar(text: str) -> None:
    quick = outcome(module._usual_mailbox, text)
    if quick is not None:
        whole = outcome(module._mailboxes, text)
        assert whole == (quick if quick == "refused" else [quick])
