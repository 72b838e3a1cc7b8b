"""The trace of a letter on one screen: what it is, whom it reached, and everything that happened to it."""

from datetime import datetime
from typing import Any

from admin_cli.console import rows
from admin_cli.globals import current
from policies.letter import GRADE_NAMES, URGENCY_NAMES, Grade, Urgency
from policies.words.calendar import Language, gregorian, hijri, in_qatar

EVENT_NAMES: dict[str, tuple[str, str]] = {
    "ACCEPTED": ("قُبل وسُجّل", "accepted and registered"),
    "DELIVERED": ("وُضع في صندوق المكتب", "placed in the office's mailbox"),
    "REGISTERED-IN": ("قُيّد وارداً", "registered as incoming"),
    "HANDED-OVER": ("سُلّم إلى برنامج بريد الموظف", "handed to the officer's mail program"),
    "SEEN": ("فُتح (عُلّم مقروءاً)", "opened (marked as read)"),
    "CLIENT-REPORTED": ("أفاد برنامج البريد", "the mail program reported"),
    "RECIPIENTS-ADDED": ("أُضيف مستلمون", "recipients added"),
    "TAKEN-OVER": ("تسلّمته بوابة أخرى", "taken over by another gateway"),
    "NOT-DELIVERED": ("لم يُسلَّم", "not delivered"),
    "EXPIRED": ("انقضت المهلة", "time limit passed"),
    "VOIDED": ("أُبطل رقمه", "number cancelled"),
    "RECEIPT-ISSUED": ("صدر إيصال", "receipt issued"),
    "EXPORTED": ("صُدّر من المخزن", "exported from the store"),
    "UNLINKED": ("أُزيل من عرض الصندوق", "taken out of the mailbox's view"),
}

DUTIES: dict[str, tuple[str, str]] = {
    "action": ("للإجراء", "action"),
    "information": ("للعلم", "information"),
}

DISPOSITIONS: dict[str, tuple[str, str]] = {  # RFC 8098 section 3.2.6
    "displayed": ("عُرض", "displayed"),
    "deleted": ("حُذف", "deleted"),
    "dispatched": ("حُوّل", "dispatched"),
    "processed": ("عولج", "processed"),
}


def show(found: dict[str, Any], hijri_offset: int) -> None:
    """Print the trace; `hijri_offset` moves the Umm al-Qura date, in days."""
    arabic = current().lang == "ar"
    pick = 0 if arabic else 1
    grade, urgency = GRADE_NAMES[Grade(found["grade"])][pick], URGENCY_NAMES[Urgency(found["urgency"])][pick]
    sender = found["sender"]
    who = sender.get("officer") or sender.get("system")
    name = who["name_ar"] if arabic else who["name_en"]
    signature = found["signature"]
    checked = ", ".join(signature["engines"]) or ("ختم البوابة" if arabic else "the gateway's seal")
    items = (
        ("الرقم", "Reference", found["reference"]),
        ("الموضوع", "Subject", found["subject"]),
        ("الحالة", "Status", _status(found["status"], arabic=arabic)),
        ("من", "From", f"{sender['office']} ({sender['agency']})"),
        ("أرسله", "Sent by", f"{name} [{who['login']}]"),
        ("قُبل", "Accepted", when(found["accepted_at"], hijri_offset)),
        ("الدرجة والاستعجال", "Grade, urgency", f"{grade}, {urgency}"),
        ("التوقيع", "Signature", f"{signature['format']} {signature['fingerprint']}"),
        ("تحقق منه", "Verified by", checked),
        ("بصمة الأصل", "SHA-256", found["sha256"]),
        ("معرّف الرسالة", "Message-ID", found["message_id"]),
    )
    listed = [{"item": ar if arabic else en, "value": value} for ar, en, value in items]
    rows("letter", listed, (("item", "الخطاب", "Letter"), ("value", "", "")))
    to = (
        ("office", "إلى", "To"),
        ("duty", "المطلوب", "For"),
        ("incoming_reference", "رقم الوارد", "Incoming number"),
        ("status", "الحالة", "Status"),
    )
    reached = [
        recipient
        | {
            "status": _status(recipient["status"], arabic=arabic),
            "duty": DUTIES.get(recipient["duty"], (recipient["duty"],) * 2)[pick],
        }
        for recipient in found["recipients"]
    ]
    rows("recipients", reached, to)
    columns = (
        ("log_index", "#", "#"),
        ("at", "بتوقيت قطر", "Qatar time"),
        ("event", "الحدث", "Event"),
        ("office", "المكتب", "Office"),
        ("who", "من", "Who"),
        ("what", "ماذا حدث", "What happened"),
    )
    rows("events", [_event(one, pick) for one in found["events"]], columns)


def _status(token: str, *, arabic: bool) -> str:
    """Return a status as people read it: the word in Arabic, with the token that programs know."""
    named = EVENT_NAMES.get(token)
    return f"{named[0]} ({token})" if arabic and named else token


def _event(one: dict[str, Any], pick: int) -> dict[str, Any]:
    actor = one.get("actor", {})
    name = actor.get(("name_ar", "name_en")[pick], "")
    post = actor.get(("post_ar", "post_en")[pick], "")
    return {
        "log_index": one["log_index"],
        "at": f"{in_qatar(datetime.fromisoformat(one['at'])):%Y-%m-%d %H:%M:%S}",
        "event": one["event"],
        "office": one.get("office", ""),
        "who": f"{name}, {post}" if post else name,
        "what": _what(one, pick),
    }


def _what(one: dict[str, Any], pick: int) -> str:
    named = EVENT_NAMES.get(one["event"], ("", ""))[pick]
    reported = DISPOSITIONS.get(one.get("detail", {}).get("disposition", ""))
    return f"{named}: {reported[pick]}" if reported else named


def when(text: str, hijri_offset: int) -> str:
    """Return a record's time in Qatar time, in both calendars."""
    moment = datetime.fromisoformat(text)
    language: Language = "ar" if current().lang == "ar" else "en"
    dates = [gregorian(moment, language), hijri(moment, language, hijri_offset) or ""]
    return f"{in_qatar(moment):%H:%M:%S} " + " · ".join(one for one in dates if one)
