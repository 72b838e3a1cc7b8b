"""What is stored with a message, whoever brings it: a letter, a receipt, a draft."""

import hashlib

from gateway.messages.search_text import search_text
from gateway.mime.bodystructure import structures
from gateway.mime.envelope import envelope
from gateway.mime.part import Part
from gateway.mime.tree import parse
from mailstore.octets.messages import Message


def message_of(octets: bytes, root: Part | None = None, sha256: str = "") -> Message:
    """Return the octets with what IMAP asks about them, computed once.

    `root` and `sha256` are theirs, when the caller has them. Raises MimeLimitExceeded when they have to be read here
    and cannot be.
    """
    tree = parse(octets) if root is None else root
    return Message(
        sha256 or hashlib.sha256(octets).hexdigest(),
        octets,
        tree.body_start,
        envelope(tree, octets),
        *structures(tree, octets),
        search_text(tree, octets),
    )
