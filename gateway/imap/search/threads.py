"""Threads of messages: ORDEREDSUBJECT and REFERENCES (RFC 5256 section 3). Pure.

Invariants:
- Nothing recurses: a conversation may be as long as a mailbox.
- No message is its own ancestor, whatever the headers claim; every message stands in exactly one place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.imap.wire.responses_message import ThreadNode

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Threadable:
    """A message as threading sees it: folded base subject, whether it is a reply, identifiers from its header."""

    number: int
    sent: datetime
    subject: str
    reply: bool = False
    message_id: str = ""
    references: tuple[str, ...] = ()


def ordered_subject(messages: Iterable[Threadable]) -> list[ThreadNode]:
    """Return threads by subject: the first message is the parent of all others with its subject."""
    by_subject: dict[str, list[Threadable]] = {}
    for one in sorted(messages, key=lambda one: (one.subject, one.sent, one.number)):
        by_subject.setdefault(one.subject, []).append(one)
    groups = sorted(by_subject.values(), key=lambda group: (group[0].sent, group[0].number))
    return [
        ThreadNode(group[0].number, [ThreadNode(one.number, []) for one in group[1:]]) for group in groups
    ]


@dataclass(slots=True, eq=False)
class _Node:
    """A place in a thread; without a message it stands for one that is not there."""

    message: Threadable | None = None
    parent: "_Node | None" = None
    children: "list[_Node]" = field(default_factory=list)

    def adopt(self, child: "_Node") -> None:
        """Take a child, away from its parent if it has one."""
        if child.parent is not None:
            child.parent.children.remove(child)
        child.parent = self
        self.children.append(child)

    def descends_from(self, other: "_Node") -> bool:
        """Whether `other` is this node or above it."""
        node: _Node | None = self
        while node is not None:
            if node is other:
                return True
            node = node.parent
        return False


def by_references(messages: Sequence[Threadable]) -> list[ThreadNode]:
    """Return threads by References, In-Reply-To and subject."""
    roots = _without_dummies(_linked(messages))
    _sort(roots)
    merged = _merge_subjects(roots)
    for top in merged:
        for node in _below_first(top):
            _sort(node.children)
    _sort(merged)
    return _told(merged)


def _linked(messages: Sequence[Threadable]) -> list[_Node]:
    """Step 1 and 2: link every message with what it refers to; return what has no parent."""
    nodes: dict[str, _Node] = {}
    every: list[_Node] = []
    for number, message in enumerate(messages):
        known = nodes.get(message.message_id) if message.message_id else None
        if known is not None and known.message is None:
            node = known
            node.message = message
        else:  # no identifier, or one that another message bears already
            key = message.message_id if message.message_id and known is None else f"\0{number}"
            node = nodes[key] = _Node(message)
            every.append(node)
        above: _Node | None = None
        for reference in message.references:
            referred = nodes.get(reference)
            if referred is None:
                referred = nodes[reference] = _Node()
                every.append(referred)
            if above is not None and referred.parent is None and not above.descends_from(referred):
                above.adopt(referred)
            above = referred
        _put_under(node, above)
    return [node for node in every if node.parent is None]


def _put_under(node: _Node, above: _Node | None) -> None:
    """Give a message the parent that its own header names; an earlier guess by others goes."""
    if node.parent is not None:
        node.parent.children.remove(node)
        node.parent = None
    if above is not None and not above.descends_from(node):
        above.adopt(node)


def _below_first(top: _Node) -> list[_Node]:
    """Return a node and all below it, each after everything below it."""
    order: list[_Node] = []
    waiting = [top]
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting.extend(node.children)
    order.reverse()
    return order


def _without_dummies(roots: list[_Node]) -> list[_Node]:
    """Step 3: take out places without a message, their children moving up; a root may stay to hold several."""
    kept: list[_Node] = []
    for root in roots:
        for node in _below_first(root):
            if node.message is not None or node is root:
                continue
            above = node.parent
            assert above is not None
            at = above.children.index(node)
            above.children[at : at + 1] = node.children
            for child in node.children:
                child.parent = above
        if root.message is not None or len(root.children) > 1:
            kept.append(root)
        else:
            for child in root.children:
                child.parent = None
                kept.append(child)
    return kept


def _key(node: _Node) -> tuple[datetime, int]:
    """Return what a place is ordered by: its message's date, or that of the first one below it."""
    while node.message is None:
        if not node.children:
            return _NEVER, 0
        node = node.children[0]
    return node.message.sent, node.message.number


def _sort(nodes: list[_Node]) -> None:
    for node in nodes:
        if node.message is None:
            node.children.sort(key=_key)
    nodes.sort(key=_key)


def _first_message(node: _Node) -> Threadable | None:
    return node.message or (node.children[0].message if node.children else None)


def _merge_subjects(roots: list[_Node]) -> list[_Node]:
    """Step 5: join threads of one subject."""
    table: dict[str, _Node] = {}
    for root in roots:
        first = _first_message(root)
        if first is not None and first.subject:
            standing = table.get(first.subject)
            if standing is None or _better(root, standing):
                table[first.subject] = root
    merged: list[_Node] = []
    for root in roots:
        if root.parent is not None:
            continue  # joined to another already
        first = _first_message(root)
        subject = first.subject if first is not None else ""
        standing = table.get(subject, root) if subject else root
        if standing is root:
            merged.append(root)
            continue
        joined = _joined(root, standing)
        if joined is not standing:
            table[subject] = joined
            if standing in merged:
                merged[merged.index(standing)] = joined
            else:
                merged.append(joined)
    return merged


def _better(root: _Node, standing: _Node) -> bool:
    """Whether a root stands for its subject rather than another: a dummy, or no reply where the other is one."""
    if standing.message is None:
        return False
    return root.message is None or (standing.message.reply and not root.message.reply)


def _joined(root: _Node, standing: _Node) -> _Node:
    """Join two threads of one subject; return what now stands for it."""
    if standing.message is None and root.message is None:
        for child in list(root.children):
            standing.adopt(child)
        return standing
    if standing.message is None or (
        root.message is not None and root.message.reply and not standing.message.reply
    ):
        standing.adopt(root)
        return standing
    dummy = _Node()  # both become children of one that is not there
    dummy.adopt(standing)
    dummy.adopt(root)
    return dummy


def _told(roots: list[_Node]) -> list[ThreadNode]:
    """Return the threads as they are written."""
    made: dict[int, ThreadNode] = {}
    told: list[ThreadNode] = []
    for root in roots:
        for node in _below_first(root):
            children = [made[id(child)] for child in node.children]
            made[id(node)] = ThreadNode(node.message.number if node.message else None, children)
        told.append(made[id(root)])
    return told
