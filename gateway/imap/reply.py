"""How a command ends: the tagged response as a value, before it is written."""

from dataclasses import dataclass

from gateway.imap.texts import Sentence


@dataclass(frozen=True, slots=True)
class Reply:
    """A tagged response. `text` is a protocol text, or a sentence that a person may be shown."""

    status: str
    text: str | Sentence
    code: bytes | str | None = None


class Refusal(Exception):
    """A command is answered NO or BAD from within; `reply` says how."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class Ending(Exception):
    """The session ends with BYE and this text."""

    def __init__(self, text: str | Sentence, code: str | None = None) -> None:
        super().__init__(str(text))
        self.text = text
        self.code = code


def done(text: str, code: bytes | str | None = None) -> Reply:
    """Return OK."""
    return Reply("OK", text, code)


def no(sentence: Sentence, code: bytes | str | None = None) -> Refusal:
    """Return the refusal that answers NO."""
    return Refusal(Reply("NO", sentence, code))


def bad(text: str) -> Refusal:
    """Return the refusal that answers BAD: the client broke a rule of the protocol."""
    return Refusal(Reply("BAD", text))
