"""The fixed words of receipts, Arabic and English side by side; `receipt_text` puts the facts into them.

Invariant: the words claim what was observed and not more: a mailbox is not a reader, a mark is not reading.
"""

from dataclasses import dataclass

from policies.evidence import Event
from policies.words.calendar import Language


@dataclass(frozen=True, slots=True)
class Story:
    """The words of one kind of receipt in one language."""

    title: str
    short: str
    statement: str
    caution: str


STORIES: dict[str, dict[Language, Story]] = {
    "delivered": {
        "ar": Story(
            "إيصال إرسال",
            "إيصال إرسال",
            "قُبل هذا الخطاب وسُجّل، ووُضع في صندوق بريد كل مكتب مذكور أدناه.",
            "ولا يعني ذلك أن أحداً فتحه.",
        ),
        "en": Story(
            "Dispatch receipt",
            "Dispatched",
            "This letter was accepted, registered, and placed in the mailbox of each office below.",
            "That does not mean that anyone has opened it.",
        ),
    },
    "accepted": {
        "ar": Story(
            "إيصال قبول",
            "إيصال قبول",
            "قُبل هذا الخطاب وسُجّل. وحالته لدى كل مكتب مبيّنة أدناه.",
            "وضع الخطاب في صندوق البريد لا يعني أن أحداً فتحه.",
        ),
        "en": Story(
            "Receipt of acceptance",
            "Accepted",
            "This letter was accepted and registered. Its state at each office is given below.",
            "That a letter is in a mailbox does not mean that anyone has opened it.",
        ),
    },
    "opened": {
        "ar": Story(
            "إيصال فتح",
            "إيصال فتح",
            "عُلِّم هذا الخطاب مقروءاً في برنامج بريد {name} يوم {when}.",
            "هذا ما أفاد به برنامج البريد، ولا يثبت أن الخطاب قُرئ أو فُهم.",
        ),
        "en": Story(
            "Receipt of opening",
            "Opened",
            "This letter was marked as read by {name}'s mail program on {when}.",
            "That is what the mail program reported; it is no proof that the letter was read or understood.",
        ),
    },
    "not-delivered": {
        "ar": Story(
            "تعذّر التسليم",
            "تعذّر التسليم",
            "لم يُسلَّم هذا الخطاب إلى المكتب المذكور أدناه.",
            "هذا الإشعار يخص هذا المكتب وحده، ولا يمسّ المستلمين الآخرين.",
        ),
        "en": Story(
            "Not delivered",
            "Not delivered",
            "This letter was not delivered to the office named below.",
            "This notice is about that office alone; other recipients are not affected.",
        ),
    },
    "expired": {
        "ar": Story(
            "انقضاء المهلة",
            "انقضاء المهلة",
            "انقضت المهلة دون أن يُسجَّل تسليم هذا الخطاب إلى أي موظف في المكتب المذكور أدناه.",
            "هذا الإشعار يخص هذا المكتب وحده، ولا يمسّ المستلمين الآخرين.",
        ),
        "en": Story(
            "Time limit passed",
            "Time limit passed",
            "The time limit passed, and no hand-over to an officer of the office named below is recorded.",
            "This notice is about that office alone; other recipients are not affected.",
        ),
    },
}

WORDS: dict[Language, dict[str, str]] = {
    "ar": {
        "reference": "رقم الصادر",
        "incoming": "رقم الوارد",
        "subject": "الموضوع",
        "no subject": "(بلا موضوع)",
        "accepted": "قُبل وسُجّل",
        "placed": "قُبل وسُجّل وسُلّم",
        "recipient": "المستلم",
        "state": "الحالة",
        "post": "المسمّى الوظيفي",
        "handed": "أُرسل أول مرة إلى برنامج البريد",
        "reason": "السبب",
        "remedy": "ما يمكن عمله",
        "evidence": "الإثبات وموضعه في السجل",
        "action": "للإجراء",
        "information": "للعلم",
        "when": "{day}، الساعة {time} بتوقيت قطر",
        "joined": "{office}، {agency}",
        "header unsigned": "يغطي التوقيع نص الخطاب ومرفقاته، ولا يغطي الترويسة: "
        "المستلمون والموضوع ودرجة السرية كما أرسلها برنامج البريد.",
        Event.ACCEPTED: "لم يُسلَّم بعد",
        Event.TAKEN_OVER: "تسلّمته بوابة أخرى",
        Event.EXPIRED: "انقضت المهلة",
        Event.NOT_DELIVERED: "تعذّر التسليم",
        Event.DELIVERED: "سُلّم",
    },
    "en": {
        "reference": "Outgoing number",
        "incoming": "Incoming number",
        "subject": "Subject",
        "no subject": "(no subject)",
        "accepted": "Accepted and registered",
        "placed": "Accepted, registered, delivered",
        "recipient": "Recipient",
        "state": "State",
        "post": "Post",
        "handed": "First sent to the mail program",
        "reason": "Reason",
        "remedy": "What can be done",
        "evidence": "Evidence, place in the log",
        "action": "for action",
        "information": "for information",
        "when": "{day}, {time} Qatar time",
        "joined": "{office}, {agency}",
        "header unsigned": "The signature covers text and attachments, not the header: "
        "recipients, subject and grade are as the mail program sent them.",
        Event.ACCEPTED: "Not delivered yet",
        Event.TAKEN_OVER: "Taken over by another gateway",
        Event.EXPIRED: "Time limit passed",
        Event.NOT_DELIVERED: "Not delivered",
        Event.DELIVERED: "Delivered",
    },
}
