from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.parameters import (
    ArgumentRefused,
    MailParameters,
    RcptParameters,
    client_name,
    decoded_xtext,
    mail_parameters,
    rcpt_parameters,
    split_path,
)


@pytest.mark.parametrize(
    ("argument", "path", "rest"),
    [
        ("FROM:<a@b.example>", "<a@b.example>", ""),
        ("from:<a@b.example> SIZE=1 BODY=7BIT", "<a@b.example>", "SIZE=1 BODY=7BIT"),
        ("FROM: <a@b.example>", "<a@b.example>", ""),
        ("FROM:<>", "<>", ""),
        ("FROM:<> RET=FULL", "<>", "RET=FULL"),
        ('FROM:<"a> b"@c.example> X=1', '<"a> b"@c.example>', "X=1"),
        (r'FROM:<"a\"> b"@c.example>', r'<"a\"> b"@c.example>', ""),
        ("FROM:<a b@c.example>", "<a b@c.example>", ""),
    ],
)
def test_the_path_ends_at_its_own_bracket(argument: str, path: str, rest: str) -> None:
    assert split_path(argument, "FROM:") == (path, rest)


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "FROM",
        "FROM:",
        "FROM:a@b.example",
        "FROM :<a@b>",
        "FROM:  <a@b>",
        "TO:<a@b>",
        "FROM:<a@b",
        "FROM:<a>x",
        'FROM:<"a>',
        "FROM:<a>\tSIZE=1",
        'FROM:<"\\',
        "FROM:\xa0<a@b>",
    ],
)
def test_what_is_no_path_is_refused(argument: str) -> None:
    with pytest.raises(ArgumentRefused) as refused:
        split_path(argument, "FROM:")
    assert refused.value.codes == (501, "5.5.2")


def test_mail_parameters_are_read_with_their_case() -> None:
    text = "size=3420 Body=8bitmime SMTPUTF8 AUTH=Bob+40X ret=hdrs ENVID=QQ314159+2B"
    assert mail_parameters(text) == MailParameters(3420, "8BITMIME", True, "Bob+40X", "HDRS", "QQ314159+2B")
    assert mail_parameters("") == MailParameters()
    assert mail_parameters(" AUTH=<>  SIZE=0 ") == MailParameters(size=0, auth="<>")


def test_rcpt_parameters_are_read_with_their_case() -> None:
    text = "notify=Success,DELAY ORCPT=rfc822;Bob+40Example.COM"
    assert rcpt_parameters(text) == RcptParameters(
        frozenset({"SUCCESS", "DELAY"}), "rfc822;Bob+40Example.COM"
    )
    assert rcpt_parameters("") == RcptParameters()
    utf8 = "ORCPT=utf-8;مكتب@وزارة.قطر"
    assert rcpt_parameters(utf8, smtputf8=True).orcpt == utf8.removeprefix("ORCPT=")
    with pytest.raises(ArgumentRefused):
        rcpt_parameters(utf8)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SIZE=", 501),
        ("=1", 501),
        ("SIZE=1=2", 501),
        ("SIZE=٣", 501),
        ("SIZE=" + "9" * 21, 501),
        ("SI_ZE=1", 501),
        ("BODY=7BIT BODY=7BIT", 501),
        ("ENVID=" + "x" * 101, 501),
        ("ENVID=a=b", 501),
        ("ENVID=a+2b", 501),
        ("ENVID=a+0D+0AX:+20y", 501),
        ("ENVID=+7F", 501),
        ("ENVID=+D9+85", 501),
        ("AUTH=<a>=", 501),
        ("RET", 501),
        ("NOTIFY=NEVER", 555),
        ("HOLDFOR=60", 555),
        ("BY=120;R", 555),
        ("XCLIENT=1", 555),
    ],
)
def test_wrong_mail_parameters_are_refused(text: str, code: int) -> None:
    with pytest.raises(ArgumentRefused) as refused:
        mail_parameters(text)
    assert refused.value.codes == (code, "5.5.4")


@pytest.mark.parametrize(
    "text",
    [
        "NOTIFY=",
        "NOTIFY=ALWAYS",
        "NOTIFY=NEVER,NEVER",
        "NOTIFY=SUCCESS,",
        "NOTIFY=,",
        "ORCPT=;a",
        "ORCPT=rfc822;",
        "ORCPT=rfc822;a b",
        "ORCPT=rfc822;" + "a" * 500,
        "ORCPT=(x);a",
        "ORCPT=rfc822;é",
        "ORCPT=rfc822;a+0D+0AFinal-Recipient:+20x",
        "ORCPT=rfc822;a+00",
        "ORCPT=rfc822;+D9+85@mof.gov.example",
        "ORCPT",
        "NOTIFY",
    ],
)
def test_wrong_rcpt_parameters_are_refused(text: str) -> None:
    with pytest.raises(ArgumentRefused):
        rcpt_parameters(text)


@pytest.mark.parametrize("text", ["ORCPT=rfc822;é", "ORCPT=utf-8;a\u202eb", "ORCPT=utf-8;a\u2028b"])
def test_smtputf8_lets_only_printable_utf_8_addresses_through(text: str) -> None:
    with pytest.raises(ArgumentRefused):
        rcpt_parameters(text, smtputf8=True)
    assert rcpt_parameters("ORCPT=UTF-8;a\u00e9+2Bb", smtputf8=True).orcpt == "UTF-8;a\u00e9+2Bb"


def refusal_of(reader: Callable[[str], object], text: str) -> str:
    try:
        reader(text)
    except ArgumentRefused as refused:
        return refused.text
    return ""


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_ascii(text: str) -> None:
    for reader in (mail_parameters, rcpt_parameters, client_name, lambda text: split_path(text, "FROM:")):
        assert refusal_of(reader, text).isascii()


def test_xtext_is_decoded() -> None:
    assert decoded_xtext("a+2Bb+3D+D9+85") == "a+b=م"
    assert decoded_xtext("+FF") == "\ufffd"


@pytest.mark.parametrize("name", ["a", "[192.0.2.1]", "[IPv6:2001:db8::1]", "DESKTOP_1.local", "x" * 255])
def test_a_client_name_is_taken(name: str) -> None:
    assert client_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "a b", "a\tb", "(x)", "a;b", "x" * 256, "é.example", "<x>", 'a"b', "a\x7f"]
)
def test_a_client_name_cannot_break_a_trace_field(name: str) -> None:
    with pytest.raises(ArgumentRefused):
        client_name(name)
