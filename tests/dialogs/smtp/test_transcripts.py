"""Every file of `transcripts/` is a dialogue with the real service on loopback TLS.

`C: text` is sent with CRLF; `\\r`, `\\n`, `\\0` and `\\xNN` stand for octets, and `{NAME}` for what PLACEHOLDERS says.
`R: text` is sent as it is. `S: text` is the next line of the service; `…` stands for anything. `S:` alone is the end
of the stream. Before the dialogue: `with NAME = VALUE` changes a setting, `as LOGIN` logs in first, `outcome REASON
detail` is what `submit` answers. After it: `submitted N`, `rejected REASON…` in order.
"""

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from policies.verdict import Refused
from policies.words.reasons import Reason
from tests.authority import Authority
from tests.dialogs.smtp.rig import SECRET, World, plain, running

FOLDER = Path(__file__).parent / "transcripts"
PLACEHOLDERS = {
    "plain": plain("noura"),
    "plain-wrong": plain("noura", "wrong"),
    "plain-system": plain("dms"),
    "plain-far": plain("far"),
    "plain-suspended": plain("gone"),
    "plain-unknown": plain("nobody"),
    "plain-as-other": base64.b64encode(f"registrar\0noura\0{SECRET}".encode()).decode(),
    "plain-as-self": base64.b64encode(f"noura\0noura\0{SECRET}".encode()).decode(),
    "login": base64.b64encode(b"noura").decode(),
    "secret": base64.b64encode(SECRET.encode()).decode(),
    "long": "x" * 600,
    "very-long": "x" * 3000,
    "recipient-500": "a" * 480,
    "line-998": "y" * 998,
    "line-999": "y" * 999,
}


@dataclass
class Transcript:
    """One file, read."""

    settings: dict[str, Any] = field(default_factory=dict)
    login: str = ""
    refusal: Refused | None = None
    dialogue: list[tuple[str, str]] = field(default_factory=list)
    submitted: int = 0
    rejected: list[Reason] = field(default_factory=list)


def read(path: Path) -> Transcript:
    transcript = Transcript()
    for line in path.read_text("utf-8").splitlines():
        word, _, rest = line.partition(" ")
        if not line or word == "#":
            continue
        if word in {"C:", "R:", "S:"}:
            transcript.dialogue.append((word, rest))
        elif word == "with":
            name, value = rest.split(" = ")
            transcript.settings[name] = float(value) if "." in value else int(value)
        elif word == "as":
            transcript.login = rest
        elif word == "outcome":
            reason, _, detail = rest.partition(" ")
            transcript.refusal = Refused(Reason(reason), detail)
        elif word == "submitted":
            transcript.submitted = int(rest)
        elif word == "rejected":
            transcript.rejected = [Reason(reason) for reason in rest.split()]
        else:
            raise AssertionError(line)
    return transcript


def octets(text: str) -> bytes:
    for name, value in PLACEHOLDERS.items():
        text = text.replace(f"{{{name}}}", value)
    escaped = re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(0xDC00 + int(match[1], 16)), text)
    escaped = escaped.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0")
    return escaped.encode("utf-8", "surrogateescape")


async def play(world: World, transcript: Transcript) -> None:
    client = await (world.logged_in(transcript.login) if transcript.login else world.connect())
    for position, (who, text) in enumerate(transcript.dialogue):
        if who == "S:":
            heard = await client.line()
            pattern = ".*".join(re.escape(part) for part in text.split("…"))
            assert re.fullmatch(pattern, heard), f"{position}: wanted {text!r}, heard {heard!r}"
        else:
            await client.send(octets(text) + (b"\r\n" if who == "C:" else b""))
    if transcript.dialogue[-1] != ("S:", ""):
        assert await client.ask("NOOP") == ["250 2.0.0 OK"], "the service has said more than is written"
    await client.close()


FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
async def test_dialogue_goes_as_written(path: Path, authority: Authority) -> None:
    transcript = read(path)
    async with running(authority, **transcript.settings) as world:
        if transcript.refusal:
            refusal = transcript.refusal
            world.outcome = lambda: refusal
        await play(world, transcript)
    assert len(world.submitted) == transcript.submitted
    assert [reason for _, reason, _ in world.rejected] == transcript.rejected


def test_there_are_transcripts() -> None:
    assert len(FILES) >= 30
