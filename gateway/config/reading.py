"""Read the settings from `murasalat.toml` and from the environment.

An environment variable `MURASALAT_SECTION__NAME` overrides the file; a list is written there as in the file. An unknown
setting is an error with the nearest known name; nothing is guessed.
"""

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gateway.config.tree import Config, Section

FILE = "murasalat.toml"
PREFIX = "MURASALAT_"


class ConfigError(Exception):
    """A setting is unknown or wrong: one line with file, row and fix, in English and, as `text_ar`, in Arabic."""

    def __init__(self, text: str, text_ar: str) -> None:
        super().__init__(text)
        self.text_ar = text_ar


def load(home: Path) -> Config:
    """Read `home/murasalat.toml` and the environment. Raises ConfigError with one line that says what to do."""
    path = home / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: not found; run: murasalat init --home {home}",
            f"{path}: غير موجود؛ نفّذ: murasalat init --home {home}",
        ) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{path}: cannot be read: {fault}", f"{path}: تعذّرت قراءته: {fault}") from None
    try:
        tree: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(f"{path}: {fault}", f"{path}: ليس TOML صحيحاً: {fault}") from None
    _refuse_unknown(path, text, tree)
    overridden = _apply_environment(tree)
    try:
        return Config.model_validate(tree)
    except ValidationError as fault:
        first = fault.errors()[0]
        where = [str(part) for part in first["loc"] if isinstance(part, str)]
        entry = first["input"] if len(first["loc"]) > len(where) else ""
        variable = overridden.get(tuple(where))
        source = variable or f"{path}:{_row(text, where, str(entry))}"
        problem = first["msg"].removeprefix("Value error, ")
        setting = ".".join(where)
        raise ConfigError(
            f"{source}: {setting}: {problem}", f"{source}: قيمة الإعداد {setting} خاطئة: {problem}"
        ) from None


def _refuse_unknown(path: Path, text: str, tree: dict[str, Any]) -> None:
    sections = Config.model_fields
    for section, values in tree.items():
        if section not in sections:
            raise _unknown(path, text, [section], list(sections))
        model = sections[section].annotation
        if not isinstance(values, dict) or not isinstance(model, type) or not issubclass(model, Section):
            where = f"{path}:{_row(text, [section])}"
            raise ConfigError(
                f"{where}: {section} is a section: write [{section}]",
                f"{where}: {section} قسم: اكتب [{section}]",
            )
        for name in values:
            if name not in model.model_fields:
                raise _unknown(path, text, [section, name], list(model.model_fields))


def _unknown(path: Path, text: str, where: list[str], known: list[str]) -> ConfigError:
    near = difflib.get_close_matches(where[-1], known, n=1, cutoff=0.4)
    at, setting, names = f"{path}:{_row(text, where)}", ".".join(where), ", ".join(known)
    meant = ".".join([*where[:-1], near[0]]) if near else ""
    fix, fix_ar = (
        (f"did you mean {meant}?", f"هل تقصد {meant}؟")
        if near
        else (f"known here: {names}", f"المعروف هنا: {names}")
    )
    return ConfigError(
        f"{at}: unknown setting {setting}; {fix}", f"{at}: إعداد غير معروف {setting}؛ {fix_ar}"
    )


def _row(text: str, where: list[str], entry: str = "") -> int:
    """Return the row of a setting in the file, of one entry of it if that is a list, or 1."""
    section = ""
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        bare = line.strip()
        if bare.startswith("["):
            section = bare.strip("[] ")
            if where == [section]:
                return number
        name = bare.partition("=")[0].strip()
        if name == where[-1] and (len(where) == 1 or section == where[0]):
            rows = range(number, len(lines) + 1) if entry else ()
            return next((row for row in rows if entry in lines[row - 1]), number)
    return 1


def _apply_environment(tree: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Put what the environment says into the tree; return the variable of each setting that it says."""
    overridden: dict[tuple[str, ...], str] = {}
    for section, field in Config.model_fields.items():
        model = field.annotation
        if not isinstance(model, type) or not issubclass(model, Section):
            continue
        for name in model.model_fields:
            variable = f"{PREFIX}{section}__{name}".upper()
            value = os.environ.get(variable)
            if value is not None:
                is_list = isinstance(model.model_fields[name].default, tuple)
                tree.setdefault(section, {})[name] = _list_of(variable, value) if is_list else value
                overridden[section, name] = variable
    return overridden


def _list_of(variable: str, value: str) -> Any:
    """Read a list as it stands in the file. Raises ConfigError."""
    try:
        return tomllib.loads(f"list = {value}")["list"]
    except tomllib.TOMLDecodeError:
        raise ConfigError(
            f'{variable}: not a list; write it as in the file: ["…", "…"]',
            f'{variable}: ليس قائمة؛ اكتبها كما في الملف: ["…", "…"]',
        ) from None
