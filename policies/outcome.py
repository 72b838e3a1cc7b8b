"""What became of one submission: registered under a number, noted beside a letter, or refused for a reason."""

from dataclasses import dataclass

from policies.verdict import Refused


@dataclass(frozen=True, slots=True)
class Registered:
    """The letter is durable under `reference`; `repeated` when the same submission had been registered before."""

    letter_id: str
    reference: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Reported:
    """A mail program's report is recorded beside the letter it names; `repeated` when it had been before."""

    letter_id: str
    reference: str
    repeated: bool = False


Outcome = Registered | Reported | Refused
