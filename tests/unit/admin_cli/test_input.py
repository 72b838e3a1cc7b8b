from pathlib import Path

import pytest

from admin_cli import checks
from admin_cli.acts import InputFault
from admin_cli.globals import UsageFault, take
from admin_cli.init import SAMPLE, read_agencies
from policies.people.identity import Right

HEAD = "code,domain,name_ar,name_en\n"


def test_the_sample_has_37_agencies() -> None:
    assert len(read_agencies(SAMPLE)) == 37


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("code,domain\nX,y\n", ":1:", "code,domain,name_ar,name_en"),
        (HEAD + "MOJ,moj.gov.example,و\n", ":2:", "4 columns"),
        (HEAD + "MOJ,moj.gov.example,و,n,extra\n", ":2:", "4 columns"),
        (HEAD + "M J,moj.gov.example,و,n\n", ":2:", "agency code"),
        (HEAD + "MOJ,moj gov,و,n\n", ":2:", "domain"),
        (HEAD + "MOJ,moj.gov.example,,n\n", ":2:", "name_ar"),
        (HEAD + "MOJ,moj.gov.example,و,n\nMOJ,x.gov.example,و,n\n", ":3:", "stands in row 2"),
        (HEAD + "MOJ,moj.gov.example,و,n\nX1,moj.gov.example,و,n\n", ":3:", "stands in row 2"),
    ],
)
def test_a_bad_row_is_named_with_file_and_fix(tmp_path: Path, text: str, where: str, says: str) -> None:
    path = tmp_path / "agencies.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputFault) as caught:
        read_agencies(path)
    assert f"{path}{where}" in str(caught.value)
    assert says in str(caught.value)


def test_a_file_that_is_not_utf8_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "agencies.csv"
    path.write_bytes(HEAD.encode() + "MOJ,moj.gov.example,وزارة,n\n".encode("windows-1256"))
    with pytest.raises(InputFault, match="UTF-8"):
        read_agencies(path)


def test_global_options_stand_anywhere() -> None:
    first, rest = take(["--json", "--home", "/a", "letter", "trace", "X"])
    second, same = take(["letter", "trace", "X", "--home=/a", "--json"])
    assert first == second
    assert rest == same == ["letter", "trace", "X"]


def test_words_after_two_dashes_are_left_alone() -> None:
    _found, rest = take(["letter", "list", "--", "--json"])
    assert rest == ["letter", "list", "--", "--json"]


@pytest.mark.parametrize("line", [["--home"], ["--lang", "fr"], ["--lang="]])
def test_a_global_option_without_its_value_is_usage(line: list[str]) -> None:
    with pytest.raises(UsageFault):
        take(line)


def test_rights_are_a_closed_list() -> None:
    assert checks.rights("send, read") == {Right.SEND, Right.READ}
    with pytest.raises(InputFault, match="unknown right"):
        checks.rights("send,write")


@pytest.mark.parametrize("text", ["", "a b", "-x", "A\nB", "x" * 300, "أحمد"])
def test_logins_are_plain(text: str) -> None:
    with pytest.raises(InputFault):
        checks.login(text)


def test_names_lose_their_controls() -> None:
    assert checks.name("  Noora\u202e \x07", "--name-en") == "Noora"
    with pytest.raises(InputFault):
        checks.name("\u202e", "--name-en")
