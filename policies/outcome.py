"""What became of one submission: registered under a number, or refused for a reason."""

from dataclasses import dataclass

from policies.verdict import Refused


@dataclass(frozen=True, slots=True)
class Registered:
    """The letter is durable under `reference`; `repeated` when the same submission had been registered before."""

    letter_id: str
    reference: str
    repeated: bool = False


Outcome = Registered | Refused
