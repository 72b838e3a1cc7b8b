"""What a record says of the SMTP transaction that brought a letter: ACCEPTED's detail, and RECIPIENTS-ADDED's."""

from policies.case import Case
from policies.envelope import Envelope
from policies.words.calendar import rfc3339


def received(case: Case) -> dict[str, object]:
    """Return where and when it came in, and whom the header names but this transaction does not send to."""
    envelope, named = case.envelope, case.header.named() or ((), ())
    sent = {recipient.address.key for recipient in envelope.recipients}
    others: list[object] = [one for one in dict.fromkeys((*named[0], *named[1])) if one not in sent]
    detail: dict[str, object] = {"source": envelope.source, "received": rfc3339(envelope.received)}
    return detail | ({"named_only": others} if others else {})


def said(envelope: Envelope) -> dict[str, object]:
    """Return what the connection and the DSN parameters (RFC 3461) said, as given; what was not given is left out."""
    asked: list[object] = [
        {"office": one.address.key}
        | ({"notify": sorted(one.notify)} if one.notify else {})
        | ({"orcpt": one.orcpt} if one.orcpt else {})
        for one in envelope.recipients
        if one.notify or one.orcpt
    ]
    every: dict[str, object] = {
        "channel": envelope.channel,
        "tls": envelope.tls,
        "envid": envelope.envid,
        "ret": envelope.ret,
        "recipients": asked,
    }
    return {name: value for name, value in every.items() if value}
