"""The conversation with one client: one command after the other, each answered once.

Invariants:
- Every command gets exactly one tagged response, whatever happens inside; an unexpected fault is logged with the verb
  and answered NO [SERVERBUG], never with what it says.
- What changed in the mailbox is told before the tagged response, as far as the command's rule allows.
- A literal is asked for only when its command can still succeed.
"""

import logging

from gateway.imap.capabilities import greeting
from gateway.imap.commands.append import admit
from gateway.imap.commands.table import HANDLERS
from gateway.imap.connection import Connection, Gone, Late
from gateway.imap.reply import Ending, Refusal, Reply, no
from gateway.imap.session import RightsMovedError, Session, Shared
from gateway.imap.state import RULES, State, Telling
from gateway.imap.texts import BROKEN, CROWDED, MAILBOX_GONE, REVOKED, UNAVAILABLE
from gateway.imap.wire import responses
from gateway.imap.wire.commands import Command
from gateway.imap.wire.errors import BadCommand
from gateway.imap.wire.framing import Fatal, Frame, NeedContinuation
from gateway.imap.wire.parser import append_mailbox, parse
from gateway.net.connections import Entry
from gateway.runtime.faults import Unavailable
from mailstore.faults import NotFound

JOURNAL = logging.getLogger("murasalat.imap")

NOTED = frozenset({"NOPERM", "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED"})


class Dialogue:
    """The conversation of one connection."""

    def __init__(self, connection: Connection, shared: Shared) -> None:
        self._connection = connection
        self._shared = shared
        self.session = Session(connection, shared)
        self._errors = 0

    async def run(self) -> None:
        """Converse until the end."""
        session, connection = self.session, self._connection
        self._shared.sessions.add(session)
        try:
            self._greet()
            while session.state is not State.ENDED:
                await self._next()
        except Gone:
            pass
        except Late:
            self._bye(Ending("No command for too long"))
        except Ending as ending:
            self._bye(ending)
        except Exception:  # noqa: BLE001 - logged; the client hears BYE
            JOURNAL.exception("a session of %s broke", connection.source)
            self._bye(Ending(BROKEN))
        finally:
            session.end()
            connection.close()

    def _greet(self) -> None:
        if self._connection.entry is Entry.CROWDED:
            raise Ending(CROWDED, "UNAVAILABLE")
        offered = greeting(self._shared.settings, certificate=bool(self._connection.certificate))
        self.session.put(responses.ok(None, "Murasalat ready", responses.capability_code(offered)))

    def _bye(self, ending: Ending) -> None:
        session = self.session
        session.put(responses.bye(session.say(ending.text), ending.code, utf8=session.utf8))

    async def _next(self) -> None:
        if self._shared.draining:
            raise Ending("The service is stopping")
        event = await self._connection.hear()
        session = self.session
        if session.account is not None:
            session.check_rights()
        if event is None:
            return
        session.busy = True
        try:
            if isinstance(event, Frame):
                await self._command(event)
            elif isinstance(event, NeedContinuation):
                await self._literal(event.frame)
            elif isinstance(event, Fatal):
                raise Ending(event.text)
            else:
                session.put(responses.status_response(event.tag, event.status, event.text, code=event.code))
                self._count_error()
            await self._connection.breathe()
        finally:
            session.busy = False

    def _count_error(self) -> None:
        self._errors += 1
        settings = self._shared.settings
        if self._errors >= (settings.errors if self.session.account else settings.errors_before_login):
            raise Ending("Too many errors")

    # ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _literal(self, frame: Frame) -> None:
        """Ask for a literal, or refuse the command before it is sent."""
        session = self.session
        rule = RULES.get(frame.verb)
        refusal: Reply | None = None
        if frame.tag is None or rule is None or session.state not in rule.states:
            refusal = Reply("BAD", "Not now, or not known")
        elif frame.verb == "APPEND":
            try:
                name = append_mailbox(frame, utf8=session.utf8)
                if name is not None:
                    await admit(session, name)
            except BadCommand as bad:
                refusal = Reply(bad.status, bad.text, bad.code)
            except Refusal as refused:
                refusal = refused.reply
                self._note_refusal(frame.verb, refusal)
            except RightsMovedError:
                refusal = Reply("NO", REVOKED, "NOPERM")
            except Unavailable:
                refusal = Reply("NO", UNAVAILABLE, "UNAVAILABLE")
        if refusal is None:
            session.put(responses.continuation("Ready for the literal"))
            return
        self._connection.reader.refuse()
        self._answer(frame.tag, refusal)

    async def _command(self, frame: Frame) -> None:
        session = self.session
        try:
            command = parse(frame, utf8=session.utf8_accept, rev2=session.rev2)
        except BadCommand as bad:
            self._answer(bad.tag, Reply(bad.status, bad.text, bad.code))
            return
        rule, handler = RULES.get(frame.verb), HANDLERS.get(frame.verb)
        if rule is None or handler is None:
            self._answer(command.tag, Reply("BAD", "Unknown command"))
            return
        if session.state not in rule.states:
            self._answer(command.tag, Reply("BAD", f"Not in the state {session.state.value}"))
            return
        session.counts["commands"] += 1
        if session.account is None and session.counts["commands"] > session.settings.commands_before_login:
            raise Ending("Too many commands before login")
        reply = await self._guarded(frame.verb, command)
        if rule.telling is not Telling.NOTHING and session.view is not None:
            try:
                await session.tell(expunges=rule.telling is Telling.EVERYTHING)
            except Unavailable:
                JOURNAL.warning("changes could not be looked up; they are told later")
        self._answer(command.tag, reply)

    async def _guarded(self, verb: str, command: Command) -> Reply:
        """Run a command; whatever goes wrong becomes its answer."""
        session = self.session
        try:
            return await self._handled(verb, command)
        except Refusal as refused:
            self._note_refusal(verb, refused.reply)
            return refused.reply
        except Unavailable as fault:
            session.note("unavailable", verb=verb, why=str(fault))
            return Reply("NO", UNAVAILABLE, "UNAVAILABLE")
        except NotFound:
            return Reply("NO", MAILBOX_GONE, "NONEXISTENT")
        except (Gone, Late, Ending):
            raise
        except Exception:  # noqa: BLE001 - logged; the client hears NO
            JOURNAL.exception("%s failed", verb)
            return Reply("NO", BROKEN, "SERVERBUG")

    async def _handled(self, verb: str, command: Command) -> Reply:
        """Run a command; once more, under the rights as they are now, when they moved before anything was said."""
        session = self.session
        if RULES[verb].authorised:
            await session.authorise()
        said = session.said
        while True:
            try:
                return await HANDLERS[verb](session, command)
            except RightsMovedError:
                if session.said != said:
                    raise no(REVOKED, "NOPERM") from None

    def _note_refusal(self, verb: str, reply: Reply) -> None:
        """Put into the journal what somebody tried and may not do."""
        if reply.code in NOTED:
            self.session.counts["refused"] += 1
            self.session.note("refused", verb=verb, code=str(reply.code))

    def _answer(self, tag: str | None, reply: Reply) -> None:
        session = self.session
        session.put(
            responses.status_response(
                tag, reply.status, session.say(reply.text), code=reply.code, utf8=session.utf8
            )
        )
        if reply.status == "OK":
            self._errors = 0
        elif reply.status == "BAD" or session.state is State.GREETED:
            self._count_error()
