"""CAPABILITY, NOOP, LOGOUT, ID, STARTTLS, ENABLE, NAMESPACE: what belongs to no mailbox, and to no login."""

from gateway.imap.capabilities import capabilities, greeting
from gateway.imap.names import SEPARATOR, SHARED
from gateway.imap.reply import Reply, bad, done
from gateway.imap.session import Session
from gateway.imap.state import State
from gateway.imap.wire import commands, responses, responses_mailbox


async def capability(session: Session, _command: commands.Capability) -> Reply:
    """CAPABILITY."""
    session.put(responses.capability(_capabilities(session)))
    return done("Capabilities listed")


def _capabilities(session: Session) -> list[str]:
    if session.state is State.GREETED:
        shown = bool(session.connection.certificate)
        return greeting(session.settings, session.client, certificate=shown)
    return capabilities(session.settings, session.client)


async def noop(_session: Session, _command: commands.Noop) -> Reply:
    """NOOP: what changed is told after every command."""
    return done("Nothing done")


async def logout(session: Session, _command: commands.Logout) -> Reply:
    """LOGOUT."""
    session.put(responses.bye("Logging out"))
    session.state = State.ENDED
    return done("Logged out")


async def identify(session: Session, command: commands.Id) -> Reply:
    """ID (RFC 2971). The client's name goes into the evidence of what it was handed.

    Mail programs ask for the capabilities before they give their name: one that is not to have all of them is told.
    """
    fields = dict(command.fields)
    offered = _capabilities(session)
    session.name_client(fields.get("name") or "", fields.get("version") or "")
    session.put(responses.server_id([("name", "Murasalat"), ("vendor", "Murasalat")]))
    present = _capabilities(session)
    if present != offered:
        session.put(responses.capability(present))
    return done("Identified")


async def starttls(_session: Session, _command: commands.StartTls) -> Reply:
    """STARTTLS: this connection has spoken TLS from its first octet (RFC 8314)."""
    raise bad("TLS is active already")


async def enable(session: Session, command: commands.Enable) -> Reply:
    """ENABLE (RFC 9051 section 6.3.1); what is withheld from the mail program is not enabled."""
    enabled: list[str] = []
    offered = capabilities(session.settings, session.client)
    if "IMAP4REV2" in command.capabilities and "IMAP4rev2" in offered:
        session.enable_rev2()
        enabled.append("IMAP4rev2")
    if "UTF8=ACCEPT" in command.capabilities and "UTF8=ACCEPT" in offered:
        session.utf8_accept = True
        enabled.append("UTF8=ACCEPT")
    if "CONDSTORE" in command.capabilities and "CONDSTORE" in offered:
        session.enable_condstore()
        enabled.append("CONDSTORE")
    session.put(responses.enabled(enabled))
    return done("Enabled")


async def namespace(session: Session, _command: commands.Namespace) -> Reply:
    """NAMESPACE (RFC 2342): the office's own mailboxes, and the other offices under one prefix."""
    shared = [(SHARED + SEPARATOR, SEPARATOR)] if session.access.others else None
    session.put(responses_mailbox.namespace([("", SEPARATOR)], None, shared, utf8=session.utf8))
    return done("Namespaces listed")
