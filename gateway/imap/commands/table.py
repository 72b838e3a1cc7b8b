"""Verb to handler. The states and what may be told stand in `state.RULES`; a test holds both tables together."""

from collections.abc import Awaitable, Callable
from typing import Any

from gateway.imap.commands import (
    acl,
    append,
    authenticate,
    copy_move,
    expunge,
    idle,
    introduction,
    listing,
    mailbox,
    quota,
    select,
    status,
    store,
)
from gateway.imap.fetch import command as fetch_command
from gateway.imap.reply import Reply
from gateway.imap.search import command as search_command
from gateway.imap.search import sort
from gateway.imap.session import Session

Handler = Callable[[Session, Any], Awaitable[Reply]]

HANDLERS: dict[str, Handler] = {
    "CAPABILITY": introduction.capability,
    "NOOP": introduction.noop,
    "LOGOUT": introduction.logout,
    "ID": introduction.identify,
    "STARTTLS": introduction.starttls,
    "LOGIN": authenticate.login,
    "AUTHENTICATE": authenticate.authenticate,
    "ENABLE": introduction.enable,
    "NAMESPACE": introduction.namespace,
    "IDLE": idle.idle,
    "SELECT": select.select,
    "EXAMINE": select.select,
    "CHECK": select.check,
    "UNSELECT": select.unselect,
    "CLOSE": expunge.close,
    "LIST": listing.list_,
    "LSUB": listing.lsub,
    "XLIST": listing.xlist,
    "STATUS": status.status,
    "CREATE": mailbox.create,
    "DELETE": mailbox.delete,
    "RENAME": mailbox.rename,
    "SUBSCRIBE": mailbox.subscribe,
    "UNSUBSCRIBE": mailbox.unsubscribe,
    "GETACL": acl.getacl,
    "MYRIGHTS": acl.myrights,
    "LISTRIGHTS": acl.listrights,
    "SETACL": acl.refuse,
    "DELETEACL": acl.refuse,
    "GETQUOTA": quota.getquota,
    "GETQUOTAROOT": quota.getquotaroot,
    "SETQUOTA": quota.setquota,
    "APPEND": append.append,
    "EXPUNGE": expunge.expunge,
    "UID EXPUNGE": expunge.expunge,
    "COPY": copy_move.copy,
    "UID COPY": copy_move.copy,
    "MOVE": copy_move.move,
    "UID MOVE": copy_move.move,
    "FETCH": fetch_command.fetch,
    "UID FETCH": fetch_command.fetch,
    "STORE": store.store,
    "UID STORE": store.store,
    "SEARCH": search_command.search,
    "UID SEARCH": search_command.search,
    "SORT": sort.sort,
    "UID SORT": sort.sort,
    "THREAD": sort.thread,
    "UID THREAD": sort.thread,
}
