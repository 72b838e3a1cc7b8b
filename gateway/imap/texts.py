"""What people are told by the server: mail programs show the text of a NO to the person.

Each sentence is short and gives a reason, in both languages. Arabic goes only to sessions that have enabled
UTF8=ACCEPT (RFC 6855); to all others English.
"""

from typing import NamedTuple


class Sentence(NamedTuple):
    """One sentence in Arabic and in English."""

    ar: str
    en: str


LOGIN_FAILED = Sentence("اسم الدخول أو كلمة المرور غير صحيحة", "The login or the password is wrong")
SYSTEMS_CANNOT_READ = Sentence(
    "هذا حساب نظام: الأنظمة ترسل ولا تقرأ", "This account is a system: systems send and never read"
)
NO_OFFICE = Sentence("لا صلاحية لهذا الحساب في قراءة بريد أي جهة", "This account may not read any office")
TOO_MANY_TRIES = Sentence("محاولات دخول كثيرة، انتظر دقيقة", "Too many failed logins; wait a minute")
CROWDED = Sentence("اتصالات كثيرة، حاول بعد قليل", "Too many connections; please try again later")
TOO_MANY_SESSIONS = Sentence("اتصالات كثيرة لهذا الحساب", "Too many connections of this account")
UNAVAILABLE = Sentence("الخدمة غير متاحة الآن، حاول بعد قليل", "Not possible now; please try again later")
BROKEN = Sentence("خطأ داخلي، وقد سُجّل", "Internal error; it has been logged")
NO_SUCH_MAILBOX = Sentence("لا يوجد صندوق بهذا الاسم", "There is no such mailbox")
MAILBOX_GONE = Sentence("حُذف هذا الصندوق", "The mailbox was deleted")
ALREADY_EXISTS = Sentence("يوجد صندوق بهذا الاسم", "A mailbox of this name exists already")
HAS_CHILDREN = Sentence("في هذا الصندوق صناديق أخرى", "The name holds other mailboxes")
STANDARD_STAYS = Sentence(
    "صناديق الجهة الأساسية لا تُحذف ولا تُسمّى من جديد", "The office's standard mailboxes stay as they are"
)
BAD_NAME = Sentence("هذا الاسم غير مسموح", "This name is not allowed")
MIXED_NAME = Sentence(
    "لا يُمزج بين حروف من اليمين ومن اليسار في اسم واحد",
    "A name may not mix letters written in both directions, or hold direction controls",
)
NO_SPECIAL_USE = Sentence(
    "هذا الاستعمال غير متاح لصندوق جديد", "This special use cannot be given to a new mailbox"
)
FILED_BY_GATEWAY = Sentence(
    "لا يُضاف إلى هذا الصندوق إلا ما تودعه البوابة", "Only the gateway files messages in this mailbox"
)
IN_ARCHIVE_ALREADY = Sentence(
    "كل خطاب محفوظ في الأرشيف من قبل؛ يكفي حذفه من الوارد",
    "Every letter is in the Archive already; it is enough to delete it from the Inbox",
)
RECORD_STAYS = Sentence("هذا سجل رسمي ولا يُحذف منه شيء", "This is the record: nothing is removed from it")
FLAGS_REFUSED = Sentence("هذه العلامات لا تُغيّر هنا", "These flags cannot be changed here")
TOO_MANY_KEYWORDS = Sentence("علامات كثيرة في هذا الصندوق", "Too many keywords in this mailbox")
TOO_MANY_MAILBOXES = Sentence("صناديق كثيرة في هذه الجهة", "The office has too many mailboxes")
READ_ONLY = Sentence("الصندوق مفتوح للقراءة فقط", "The mailbox is open for reading only")
OTHER_OFFICE = Sentence(
    "الخطاب ينتقل إلى جهة أخرى بالإحالة لا بالنسخ",
    "A letter passes to another office by referral, not by copy",
)
OTHER_TRASH = Sentence(
    "لكل مكتب مهملاته؛ انقل الخطاب إلى مهملات مكتبه تحت Offices",
    "Each office has its own Trash; move the letter to the one of its office under Offices",
)
RIGHTS_FIXED = Sentence(
    "الصلاحيات يعطيها مدير النظام", "Rights are granted by the administrator, not over IMAP"
)
QUOTA_FIXED = Sentence("لا تُغيّر الحصص من هنا", "Quotas cannot be changed over IMAP")
NO_SUCH_QUOTA = Sentence("لا حصة بهذا الاسم", "There is no such quota root")
UNREADABLE_MESSAGE = Sentence("بنية الرسالة تتجاوز الحدود", "The structure of the message exceeds the limits")
UNKNOWN_ENCODING = Sentence("ترميز هذا الجزء غير معروف", "The transfer encoding of this part is not known")
REVOKED = Sentence("سُحبت صلاحية هذا الحساب", "The rights of this account have been withdrawn")
LOGGED_OUT = Sentence(
    "أُلغيت كلمة المرور أو الشهادة التي فُتحت بها هذه الجلسة",
    "The password or certificate that opened this session has been revoked",
)
TOO_LARGE = Sentence("الرسالة أكبر من المسموح", "The message is larger than allowed")
