from pathlib import Path

import pytest

from gateway.config.reading import FILE, ConfigError, load
from gateway.config.sample import sample
from gateway.config.tree import Config, ImapSection


def written(home: Path, text: str) -> Path:
    (home / FILE).write_text(text, encoding="utf-8")
    return home


def test_the_sample_file_says_exactly_the_defaults(tmp_path: Path) -> None:
    assert load(written(tmp_path, sample(Config()))) == Config()


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")) == Config()


@pytest.mark.parametrize(
    ("text", "row", "says"),
    [
        ("[listen]\nsubmision_port = 1", 2, "did you mean listen.submission_port?"),
        ("\n[lisen]\nhost = 'x'", 2, "did you mean listen?"),
        ("[policy]\nmax_size = 25\n", 2, "greater than or equal to 1024"),
        ("[policy]\n\nrsa_bits = 1024\n", 3, "2048"),
        ("[policy]\nmax_size = 'big'", 2, "integer"),
        ("listen = 3", 1, "write [listen]"),
        ("[imap]\nxlist = true\nwithheld = ['Old: CONDSTOR']", 3, "did you mean CONDSTORE?"),
        ("[imap]\nwithheld = [\n  'Old: MOVE',\n  'Old: IMAP4rev1',\n]", 4, "cannot be withheld"),
        ("[imap]\nwithheld = 'Old: MOVE'", 2, "valid tuple"),
        ("[imap]\nwithheld = ['Old: MOVE', 3]", 2, "valid string"),
        ("[imap]\nwithhold = ['Old: MOVE']", 2, "did you mean imap.withheld?"),
        ("[imap]\nmax_keywords = -1", 2, "greater than or equal to 0"),
    ],
)
def test_a_wrong_setting_is_named_with_file_row_and_fix(
    tmp_path: Path, text: str, row: int, says: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / FILE}:{row}: ")
    assert says in message
    assert "\n" not in message


def test_broken_toml_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"murasalat\.toml: Expected"):
        load(written(tmp_path, "[listen"))


def test_no_instance_names_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="murasalat init --home"):
        load(tmp_path)


def test_the_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MURASALAT_LISTEN__IMAP_PORT", "2993")
    assert load(written(tmp_path, "[listen]\nimap_port = 1993")).listen.imap_port == 2993


def test_a_list_is_written_in_the_environment_as_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MURASALAT_IMAP__WITHHELD", '["Thunderbird 78: UTF8=ACCEPT", "*: IMAP4rev2"]')
    read = load(written(tmp_path, "[imap]\nwithheld = ['Old: MOVE']"))
    assert read.imap.withheld == ("Thunderbird 78: UTF8=ACCEPT", "*: IMAP4rev2")
    assert load(written(tmp_path, sample(read))) == read


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MURASALAT_IMAP__WITHHELD", "Old: MOVE", "as in the file"),
        ("MURASALAT_IMAP__WITHHELD", '["Old: ID"]', "imap.withheld: ID cannot be withheld"),
        ("MURASALAT_LISTEN__IMAP_PORT", "many", "listen.imap_port: "),
    ],
)
def test_a_wrong_setting_of_the_environment_is_named_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, ""))
    assert str(caught.value).startswith(f"{name}: ")
    assert says in str(caught.value)


def test_lists_and_quotes_survive_the_sample(tmp_path: Path) -> None:
    config = Config(imap=ImapSection(withheld=('A "B" \\ ب: MOVE', "C: IDLE"), max_keywords=7, utf8=False))
    assert load(written(tmp_path, sample(config))) == config
