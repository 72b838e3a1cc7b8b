"""MAIL, RCPT and DATA (RFC 5321 section 3.3): only syntax and limits; every decision is made by `submit`.

Invariants:
- A letter is submitted only when its end has been read from a peer that is still there, whole and valid.
- Whatever `submit` does, the peer gets an answer: 250 with the reference, the refusal, or 451.
- A message that another reader could end elsewhere (bare CR or LF, NUL) ends the connection too.
"""

import asyncio
from functools import cache

from gateway.runtime.faults import Unavailable
from gateway.smtp import replies
from gateway.smtp.end_of_data import EndOfData, Fault, Flaw
from gateway.smtp.parameters import (
    ArgumentRefused,
    MailParameters,
    mail_parameters,
    rcpt_parameters,
    split_path,
)
from gateway.smtp.session import JOURNAL, Goodbye, Session
from gateway.smtp.transaction import Peer, Transaction
from policies.addresses.address import Address, AddressRefused, parse_path
from policies.outcome import Registered, Reported
from policies.words import refusals
from policies.words.reasons import Reason

_SENDER_OK = replies.reply(250, "2.1.0", "Sender noted")
_RECIPIENT_OK = replies.reply(250, "2.1.5", "Recipient noted")
_GO_ON = b"354 End data with <CR><LF>.<CR><LF>\r\n"

_BAD_SENDER = (553, "5.1.7")  # bad sender's mailbox address syntax
_BAD_RECIPIENT = (553, "5.1.3")  # bad destination mailbox address syntax
_NON_ASCII = (553, "5.6.7")  # RFC 6531 section 3.5
_NO_VALID_RECIPIENTS = (554, "5.5.1")


async def mail(session: Session, argument: str) -> None:
    """Begin a transaction (RFC 5321 section 4.1.1.2)."""
    if session.peer is None:
        _say_login_needed(session)
        return
    if session.transaction is not None:
        session.error(503, "5.5.1", "A transaction is open; RSET ends it")
        return
    try:
        await session.hold_login()
    except Unavailable:
        session.notice(replies.UNAVAILABLE)
        return
    try:
        path, rest = split_path(argument, "FROM:", bare=session.settings.bare_paths)
        parameters = mail_parameters(rest)
    except ArgumentRefused as refused:
        session.error(*refused.codes, refused.text)
        return
    # Read receipts come from <> (RFC 8098 section 3), so an officer may say it; a letter from <> the rules refuse.
    null = path == "<>"
    if null and session.peer.account.officer is None:
        await session.refuse(Reason.SENDER_MISMATCH, "the null reverse-path <>")
        session.count_error()
        return
    sender = None if null else await _address(session, path, parameters, _BAD_SENDER)
    if sender is None and not null:
        return
    transaction = Transaction(sender, parameters)
    if parameters.size is not None and parameters.size > session.settings.size_limit:
        session.transaction = transaction
        said = refusals.too_large(parameters.size, session.settings.size_limit)
        await session.refuse(Reason.TOO_LARGE, f"{parameters.size} octets announced", said=said)
        session.transaction = None
        return
    session.transaction = transaction
    session.say(_SENDER_OK)


async def rcpt(session: Session, argument: str) -> None:
    """Note a recipient (RFC 5321 section 4.1.1.3)."""
    transaction = session.transaction
    if session.peer is None:
        _say_login_needed(session)
        return
    if transaction is None:
        session.error(503, "5.5.1", "Say MAIL first")
        return
    transaction.asked += 1
    if len(transaction.recipients) >= session.settings.recipient_limit:
        if not transaction.spoiled:
            transaction.spoiled = True
            await session.record(Reason.TOO_MANY_RECIPIENTS, f"more than {session.settings.recipient_limit}")
        session.say(_too_many(arabic=session.arabic))
        return
    try:
        path, rest = split_path(argument, "TO:", bare=session.settings.bare_paths)
        parameters = rcpt_parameters(rest, smtputf8=transaction.parameters.smtputf8)
    except ArgumentRefused as refused:
        session.error(*refused.codes, refused.text)
        return
    address = await _address(session, path, transaction.parameters, _BAD_RECIPIENT)
    if address is not None:
        transaction.add(address, parameters)
        session.say(_RECIPIENT_OK)


def _say_login_needed(session: Session) -> None:
    session.notice(replies.LOGIN_NEEDED)
    session.count_error()


@cache
def _too_many(*, arabic: bool) -> bytes:
    return replies.refusal(Reason.TOO_MANY_RECIPIENTS, arabic=arabic)


async def _address(
    session: Session, path: str, parameters: MailParameters, codes: tuple[int, str]
) -> Address | None:
    """Read the path, or refuse it and return None."""
    if not path.isascii() and not parameters.smtputf8:
        session.error(*_NON_ASCII, "An address beyond ASCII needs SMTPUTF8")
        return None
    try:
        return _mailbox(path)
    except AddressRefused as refused:
        await session.refuse(Reason.MALFORMED, f"{refused.en} {refused.text}", codes)
        session.count_error()
        return None


def _mailbox(path: str) -> Address:
    address = parse_path(path)
    if address is None:
        raise AddressRefused("empty", path)
    return address


async def data(session: Session, argument: str) -> None:
    """Take the letter and submit it (RFC 5321 section 4.1.1.4)."""
    transaction = session.transaction
    if session.peer is None:
        _say_login_needed(session)
    elif argument:
        session.error(501, "5.5.4", "DATA has no argument")
    elif transaction is None or not transaction.asked:
        session.error(503, "5.5.1", "Say MAIL and RCPT first")
    elif transaction.spoiled:
        refusal = replies.refusal(
            Reason.TOO_MANY_RECIPIENTS, arabic=session.arabic, codes=_NO_VALID_RECIPIENTS
        )
        session.transaction = None
        session.say(refusal)
    elif not transaction.recipients:
        session.transaction = None
        session.error(*_NO_VALID_RECIPIENTS, "No valid recipients")
    else:
        session.say(_GO_ON)
        with session.engaged():
            message = await _message(session)
        if message.fault is None:
            await _submit(session, session.peer, transaction, message.letter())
        else:
            await _refuse_message(session, message.fault)
        session.transaction = None


async def _message(session: Session) -> EndOfData:
    """Read the data to their end, within time, keeping no more than the limit."""
    settings = session.settings
    message = EndOfData(settings.size_limit)
    start = asyncio.get_running_loop().time() + settings.letter_seconds
    while True:
        session.allow_until(start + message.received / settings.octets_per_second)
        octets = await session.wire.octets()
        if not octets or session.over:
            session.outcome = session.outcome if session.over else "lost in data"
            raise Goodbye
        surplus = message.feed(octets)
        if surplus is not None:
            session.wire.put_back(surplus)
            return message
        if message.hopeless:
            await session.record(Reason.TOO_LARGE, f"{message.received} octets, and no end")
            said = refusals.too_large(message.received, settings.size_limit, at_least=True)
            session.last_word(replies.refusal(Reason.TOO_LARGE, "", said, arabic=session.arabic), "too large")
            raise Goodbye


async def _refuse_message(session: Session, fault: Fault) -> None:
    if fault.flaw is Flaw.LARGE:
        limit = session.settings.size_limit
        said = refusals.too_large(limit, limit, at_least=True)
        await session.refuse(Reason.TOO_LARGE, f"more than {limit} octets", said=said)
        return
    if fault.flaw is Flaw.LONG:
        said = refusals.long_line(fault.line)
    else:
        said = refusals.bad_octet(fault.line, nul=fault.flaw is Flaw.NUL)
    await session.refuse(
        Reason.MALFORMED, f"{fault.flaw.value}, octet {fault.octet}, line {fault.line}", said=said
    )
    if fault.smuggling:
        session.last_word(b"", "malformed")
        raise Goodbye


async def _submit(session: Session, peer: Peer, transaction: Transaction, letter: bytes) -> None:
    envelope = peer.envelope(session.shared.ports.clock(), transaction)
    outcome = None
    with session.engaged(patient=True):
        try:
            outcome = await session.shared.ports.submit(envelope, letter)
        except Unavailable as unavailable:
            JOURNAL.warning("a letter could not be registered: %s", unavailable)
        except Exception:  # noqa: BLE001 - logged; the peer may try again
            JOURNAL.exception("a letter could not be registered")
    if outcome is None:
        told = "UNAVAILABLE"
        session.notice(replies.UNAVAILABLE)
    elif isinstance(outcome, Registered):
        told = outcome.reference
        session.say(replies.accepted(outcome.reference))
    elif isinstance(outcome, Reported):
        told = f"report on {outcome.reference}"
        session.say(replies.noted(outcome.reference))
    else:
        told = str(outcome.reason)
        session.say(replies.refusal(outcome.reason, outcome.detail, outcome.said, arabic=session.arabic))
    session.counts["letters"] += 1
    session.note("letter", outcome=told, octets=len(letter), recipients=len(envelope.recipients))
