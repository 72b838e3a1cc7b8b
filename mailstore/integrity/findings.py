"""What a verification counts and finds."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from policies.words.arabic import strip_controls

LIMIT = 1000  # faults named before a verification gives up: by then nothing is right

TEXTS: dict[str, tuple[str, str]] = {
    # the log
    "log-size": ("حجم السجل لا يطابق عدد سجلاته.", "The log's size is not the number of its records."),
    "record-missing": ("سجل إثبات مفقود من مكانه.", "A record is missing from its place."),
    "record-beyond": ("سجل إثبات خارج حدود السجل.", "A record stands outside the log."),
    "record-altered": ("سجل إثبات لا يطابق بصمته.", "A record does not match its hash in the log."),
    "record-form": ("صيغة سجل الإثبات غير قياسية.", "A record is not in its one canonical form."),
    "record-columns": ("أعمدة الفهرس لا تطابق سجل الإثبات.", "The columns beside a record contradict it."),
    "node-altered": ("بصمة داخلية خاطئة أو مفقودة.", "An inner hash of the log is wrong or missing."),
    "node-beyond": ("بصمة خارج حدود السجل.", "A hash stands outside the log."),
    "checkpoint-beyond": (
        "السجل أقصر من نقطة تحقق موقعة.",
        "The log is shorter than a signed checkpoint says.",
    ),
    "checkpoint-root": ("نقطة التحقق لا تطابق السجل.", "A checkpoint does not match the log."),
    "checkpoint-note": ("توقيع نقطة التحقق غير صالح.", "A checkpoint's signature or form is not valid."),
    "receipt-missing": ("إيصال صادر غير موجود.", "A receipt that was issued is not there."),
    # the register
    "letter-altered": ("صف الخطاب تغيّر.", "A letter's row was altered."),
    "letter-evidence": ("خطاب بلا سجل قبول.", "A letter has no ACCEPTED record."),
    "letter-record": ("الخطاب لا يطابق سجل قبوله.", "A letter contradicts its ACCEPTED record."),
    "letter-message": (
        "أصل الخطاب مفقود أو حجمه مختلف.",
        "A letter's octets are missing or of another size.",
    ),
    "letter-recipients": ("خطاب بلا مستلمين.", "A letter has no recipient."),
    "letter-voided": ("إلغاء الرقم لا يطابق الأدلة.", "A cancelled number contradicts the evidence."),
    "evidence-letter": ("سجل إثبات لخطاب غير موجود.", "A record speaks of a letter that is not there."),
    "recipient-altered": ("صف المستلم تغيّر.", "A recipient's row was altered."),
    "recipient-evidence": ("مستلم بلا سجل قيد وارد.", "A recipient has no REGISTERED-IN record."),
    "recipient-record": ("المستلم لا يطابق أدلته.", "A recipient contradicts its records."),
    "recipient-inbox": ("خطاب سُلّم وليس في صندوق المستلم.", "A delivered letter never stood in that INBOX."),
    "evidence-recipient": (
        "سجل إثبات لمستلم غير موجود.",
        "A record speaks of a recipient that is not there.",
    ),
    "number-missing": ("رقم مفقود من التسلسل.", "A number of a series is missing."),
    "number-repeated": ("رقم مكرر في التسلسل.", "A number of a series was given twice."),
    "number-beyond": ("رقم خارج ما أُعطي من التسلسل.", "A number stands outside what its series gave."),
    "number-reference": ("الرقم لا يرد في المرجع.", "A number does not stand in its reference."),
    # messages and mailboxes
    "message-altered": ("أصل الرسالة لا يطابق بصمته.", "A message's octets do not match their SHA-256."),
    "message-size": ("حجم الرسالة غير صحيح.", "A message's sizes are wrong."),
    "message-structure": ("بنية الرسالة المحفوظة تغيّرت.", "What was computed of a message was altered."),
    "entry-altered": ("صف الرسالة في الصندوق تغيّر.", "A mailbox entry's row was altered."),
    "entry-message": ("رسالة في صندوق بلا أصل.", "A mailbox entry has no octets behind it."),
    "entry-size": ("حجم الرسالة في الصندوق غير صحيح.", "A mailbox entry's size is wrong."),
    "entry-head": ("ترويسة الرسالة في الصندوق تغيّرت.", "A mailbox entry's header section was altered."),
    "entry-counters": ("عدادات الصندوق أقل من محتواه.", "A mailbox's counters are below what it holds."),
    "entry-letter": ("خطاب في صندوق لا يخصه.", "An entry shows a letter that is not that office's."),
    "entry-receipt": ("إيصال بلا سجل إصدار.", "An entry shows a receipt that was never issued."),
    # the database itself
    "database": ("قاعدة البيانات معطوبة.", "The database finds itself damaged."),
    "unreadable": ("تعذرت قراءة هذا القسم.", "This part could not be read to its end."),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `kind` out of TEXTS, `where` names the row in plain words."""

    kind: str
    where: str
    text_ar: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Report:
    """How many of each kind were checked, and what is wrong, the first bad record first."""

    checked: Mapping[str, int]
    faults: tuple[Fault, ...]


class EnoughError(Exception):
    """So much is wrong that looking further tells nothing."""


class Findings:
    """Collects while a verification runs."""

    def __init__(self) -> None:
        self.checked: Counter[str] = Counter()
        self.faults: list[Fault] = []

    def add(self, kind: str, where: str) -> None:
        """Note a fault; raises EnoughError at the limit."""
        arabic, english = TEXTS[kind]
        self.faults.append(Fault(kind, strip_controls(where)[:300], arabic, english))
        if len(self.faults) >= LIMIT:
            raise EnoughError

    def expect(self, holds: bool, kind: str, where: str) -> None:
        """Note a fault unless `holds`."""
        if not holds:
            self.add(kind, where)
