"""Verb to handler. The states and what may be told stand in `state.RULES`; a test holds both tables together."""

from collections.abc import Awaitable, Callable
from typing import Any

from gateway.imap.commands import (
    acl,
    append,
    copy_move,
    expunge,
    fetch,
    idle,
    listing,
    login,
    mailbox,
    quota,
    search,
    select,
    status,
    store,
)
from gateway.imap.reply import Reply
from gateway.imap.session import Session

Handler = Callable[[Session, Any], Awaitable[Reply]]

HANDLERS: dict[str, Handler] = {
    "CAPABILITY": login.capability,
    "NOOP": login.noop,
    "LOGOUT": login.logout,
    "ID": login.identify,
    "STARTTLS": login.starttls,
    "LOGIN": login.login,
    "AUTHENTICATE": login.authenticate,
    "ENABLE": login.enable,
    "NAMESPACE": login.namespace,
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
    "FETCH": fetch.fetch,
    "UID FETCH": fetch.fetch,
    "STORE": store.store,
    "UID STORE": store.store,
    "SEARCH": search.search,
    "UID SEARCH": search.search,
}
