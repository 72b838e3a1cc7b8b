"""The one exception this package raises for anything a client sent."""


class BadCommand(Exception):
    """A complete command that cannot be understood, or whose arguments can never be served.

    `tag` is the client's tag, or None when it could not be recovered: answer with `*` then.
    `status` is "BAD" for wrong syntax (RFC 9051 section 7.1.3) and "NO" where clients expect the
    command to have been understood, as with a mailbox name that cannot exist. `code` is the text of a
    response code without its brackets. `text` is short, printable ASCII that repeats nothing the client sent.
    """

    def __init__(self, tag: str | None, text: str, *, status: str = "BAD", code: str | None = None) -> None:
        super().__init__(text)
        self.tag = tag
        self.text = text
        self.status = status
        self.code = code
