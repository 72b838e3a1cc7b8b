"""The rule about signed octets that were registered before.

Invariant: the same signed octets make one letter. An agency may be allowed to send one text that protects no header
again from the same account within a minute, as programs do that send a circular one by one; the gateway keeps each
such letter under a key of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from policies.case import Case
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words.bilingual import Said
from policies.words.reasons import Reason

REPEATED_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The letter registered first with the same signed octets, or by the same signature."""

    reference: str
    login: str
    accepted: datetime
    same_signature: bool


def signed_before(case: Case, earlier: Earlier, now: datetime) -> Verdict:
    """A repeat is a replay, unless the sender's agency may repeat an unprotected text; `now` is aware."""
    agency = case.directory.agency_of(case.sender_office)
    unprotected = not case.protected and not case.sealed_for_system
    if agency is not None and agency.allow_repeats and unprotected:
        soon = timedelta(0) <= now - earlier.accepted <= REPEATED_WITHIN
        if soon and earlier.login == case.envelope.account.login:
            return ACCEPTED
    if not unprotected:
        return Refused(Reason.REPLAY, f"registered as {earlier.reference}")
    return _same_text(earlier)


def _same_text(earlier: Earlier) -> Refused:
    """Tell the sender of an unprotected text why it is a repeat, and how to send a circular."""
    why_ar, why_en = (
        (
            "فالنص نفسه إذا وُقّع مرتين في ثانية واحدة فهو توقيع واحد",
            "the same text signed twice within one second is one signature",
        )
        if earlier.same_signature
        else (
            "والتوقيع لا يغطي ترويسة تميّز الخطابين",
            "and the signature covers no header that would tell the two apart",
        )
    )
    said = Said(
        f"سبق تسجيل هذا النص الموقّع برقم {earlier.reference}، {why_ar}. "
        "للتعميم أرسل خطاباً واحداً بعدة مستلمين، ولخطاب آخر غيّر النص أو اذكر فيه رقمه.",
        f"This signed text is registered as {earlier.reference}, {why_en}. For a circular send one letter with several "
        "recipients; for another letter change the text, or put its number into it.",
    )
    return Refused(Reason.REPLAY, f"registered as {earlier.reference}: {why_en}", said)
