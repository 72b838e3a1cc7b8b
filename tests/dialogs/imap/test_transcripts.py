"""Every file of `transcripts/` is a dialogue with the real service on loopback TLS, over a real store.

Before the dialogue: `letters N` delivers so many letters to the Ministry of Finance's registry, `as LOGIN` logs in
first, `with NAME = VALUE` changes a setting; `withheld` takes a row as it stands in the settings file. `C: text` is
sent with CRLF, `R: text` as it is; `\\r`, `\\n` and `\\xNN` stand for octets and `{secret}` for the password. `S: text`
is the next line of the service; `…` stands for anything, also within a literal. `S:` alone is the end of the stream.
After it: `evidence N EVENT login …` is what the log says of letter N.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.config.quirks import read_quirk
from tests.authority import Authority
from tests.dialogs.imap.rig import SECRET, World, running

FOLDER = Path(__file__).parent / "transcripts"
FILES = sorted(FOLDER.glob("*.txt"))


@dataclass
class Transcript:
    """One file, read."""

    settings: dict[str, Any] = field(default_factory=dict)
    letters: int = 0
    login: str = ""
    dialogue: list[tuple[str, str]] = field(default_factory=list)
    evidence: list[tuple[int, list[tuple[str, str]]]] = field(default_factory=list)


def read(path: Path) -> Transcript:
    transcript = Transcript()
    for line in path.read_text("utf-8").splitlines():
        word, _, rest = line.partition(" ")
        if not line or word == "#":
            continue
        if word in {"C:", "R:", "S:"}:
            transcript.dialogue.append((word, rest))
        elif word == "letters":
            transcript.letters = int(rest)
        elif word == "as":
            transcript.login = rest
        elif word == "with":
            name, value = rest.split(" = ")
            transcript.settings[name] = setting(name, value)
        elif word == "evidence":
            number, *pairs = rest.split()
            transcript.evidence.append((int(number), list(zip(pairs[::2], pairs[1::2], strict=True))))
        else:
            raise AssertionError(line)
    return transcript


def setting(name: str, value: str) -> Any:
    if name == "withheld":
        return (read_quirk(value),)
    return float(value) if "." in value else int(value)


def octets(text: str) -> bytes:
    text = text.replace("{secret}", SECRET)
    escaped = re.sub(
        r"\\x([0-9a-f]{2})", lambda match: bytes.fromhex(match[1]).decode("utf-8", "surrogateescape"), text
    )
    return escaped.replace("\\r", "\r").replace("\\n", "\n").encode("utf-8", "surrogateescape")


async def play(world: World, transcript: Transcript) -> None:
    client = await (world.logged_in(transcript.login) if transcript.login else world.connect())
    for position, (who, text) in enumerate(transcript.dialogue):
        if who == "S:":
            heard = await client.line()
            pattern = b".*".join(re.escape(octets(part)) for part in text.split("…"))
            assert re.fullmatch(pattern, heard, re.DOTALL), f"{position}: wanted {text!r}, heard {heard!r}"
        else:
            await client.send(octets(text) + (b"\r\n" if who == "C:" else b""))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
async def test_dialogue_goes_as_written(
    path: Path, authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    transcript = read(path)
    async with running(authority, bare_store, tmp_path, **transcript.settings) as world:
        placed = world.letters(transcript.letters) if transcript.letters else []
        await play(world, transcript)
        for number, facts in transcript.evidence:
            events = {event for event, _ in facts} or {"HANDED-OVER", "SEEN", "UNLINKED"}
            assert world.facts(placed[number - 1].letter, *events) == facts


def test_there_are_transcripts() -> None:
    assert len(FILES) >= 15
