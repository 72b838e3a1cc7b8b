from pathlib import Path

import pytest

from gateway.config import FILE, Config, ConfigError, load, sample


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
