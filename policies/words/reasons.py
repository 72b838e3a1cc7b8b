"""The closed list of reasons for which a letter is refused.

A reason is a word that stays the same in the database, the SMTP reply, the evidence and the command line.
Wire codes are not here: `gateway/smtp/replies.py` gives each reason its SMTP reply, in one table.

Invariant: every reason has an Arabic and an English sentence, and says what the sender can do about it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a letter was refused (the codes of the public interface)."""

    SIGNATURE_MISSING = "SIGNATURE-MISSING"
    SIGNATURE_BAD = "SIGNATURE-BAD"
    SIGNATURE_STRUCTURE = "SIGNATURE-STRUCTURE"
    SIGNER_UNKNOWN = "SIGNER-UNKNOWN"
    SIGNER_MISMATCH = "SIGNER-MISMATCH"
    KEY_EXPIRED = "KEY-EXPIRED"
    KEY_REVOKED = "KEY-REVOKED"
    ALGORITHM_WEAK = "ALGORITHM-WEAK"
    SIGNATURE_TIME = "SIGNATURE-TIME"
    HEADERS_DIFFER = "HEADERS-DIFFER"
    HEADERS_UNPROTECTED = "HEADERS-UNPROTECTED"
    REPLAY = "REPLAY"
    GRADE_UNKNOWN = "GRADE-UNKNOWN"
    SENDER_MISMATCH = "SENDER-MISMATCH"
    SENDER_AMBIGUOUS = "SENDER-AMBIGUOUS"
    DOMAIN_NOT_ALLOWED = "DOMAIN-NOT-ALLOWED"
    RECIPIENT_UNKNOWN = "RECIPIENT-UNKNOWN"
    BCC_FORBIDDEN = "BCC-FORBIDDEN"
    TOO_LARGE = "TOO-LARGE"
    TOO_MANY_RECIPIENTS = "TOO-MANY-RECIPIENTS"
    CONTENT_FORBIDDEN = "CONTENT-FORBIDDEN"
    MALFORMED = "MALFORMED"
    QUARANTINED = "QUARANTINED"
    NAME_MISLEADING = "NAME-MISLEADING"
    REPORT_UNKNOWN = "REPORT-UNKNOWN"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a person reads about a reason: the sentence, and what to do, in both languages."""

    ar: str
    en: str
    remedy_ar: str
    remedy_en: str


EXPLANATIONS: dict[Reason, Explanation] = {
    Reason.SIGNATURE_MISSING: Explanation(
        "الخطاب غير موقّع.",
        "The letter is not signed.",
        "فعّل التوقيع الرقمي (OpenPGP) في برنامج البريد وأعد الإرسال.",
        "Turn on digital signing (OpenPGP) in the mail program and send again.",
    ),
    Reason.SIGNATURE_BAD: Explanation(
        "التوقيع لا يطابق نص الخطاب.",
        "The signature does not match the letter.",
        "أعد إرسال الخطاب من برنامج البريد مباشرة دون وسيط يغيّره.",
        "Send the letter again straight from the mail program, with nothing in between that alters it.",
    ),
    Reason.SIGNATURE_STRUCTURE: Explanation(
        "التوقيع لا يغطي الخطاب كله.",
        "The signature does not cover the whole letter.",
        "وقّع الرسالة كاملة بصيغة PGP/MIME بتوقيع واحد.",
        "Sign the whole message once, as PGP/MIME.",
    ),
    Reason.SIGNER_UNKNOWN: Explanation(
        "مفتاح الموقّع غير مسجّل.",
        "The signer's key is not enrolled.",
        "اطلب من مدير النظام تسجيل المفتاح العام لهذا المكتب.",
        "Ask the administrator to enrol this office's public key.",
    ),
    Reason.SIGNER_MISMATCH: Explanation(
        "المفتاح مسجّل لمكتب آخر.",
        "The key is enrolled for another office.",
        "وقّع بمفتاح المكتب المرسل.",
        "Sign with the key of the office that sends.",
    ),
    Reason.KEY_EXPIRED: Explanation(
        "انتهت صلاحية مفتاح الموقّع.",
        "The signer's key has expired.",
        "جدّد المفتاح وسجّله من جديد لدى مدير النظام.",
        "Extend the key and have the administrator enrol it again.",
    ),
    Reason.KEY_REVOKED: Explanation(
        "مفتاح الموقّع ملغى.",
        "The signer's key is revoked.",
        "سجّل مفتاحاً جديداً لدى مدير النظام.",
        "Have the administrator enrol a new key.",
    ),
    Reason.ALGORITHM_WEAK: Explanation(
        "خوارزمية التوقيع أو حجم المفتاح دون الحد المقبول.",
        "The signature's algorithm or the key's size is too weak.",
        "استعمل Ed25519 أو RSA-3072 مع SHA-256 أو أقوى.",
        "Use Ed25519 or RSA-3072 with SHA-256 or stronger.",
    ),
    Reason.SIGNATURE_TIME: Explanation(
        "وقت التوقيع خارج المدة المسموح بها.",
        "The time of the signature is outside the allowed window.",
        "اضبط ساعة الجهاز ثم وقّع الخطاب وأرسله من جديد.",
        "Set the computer's clock, then sign and send the letter again.",
    ),
    Reason.HEADERS_DIFFER: Explanation(
        "بيانات الترويسة تختلف عن نسختها الموقّعة.",
        "The header fields differ from their signed copies.",
        "أعد الإرسال دون تغيير المرسل أو المرسل إليه أو الموضوع بعد التوقيع.",
        "Send again without changing sender, recipients or subject after signing.",
    ),
    Reason.HEADERS_UNPROTECTED: Explanation(
        "التوقيع لا يغطي الترويسة: المستلمون والموضوع ودرجة السرية غير موقّعة.",
        "The signature does not cover the header: recipients, subject and grade are not signed.",
        "أرسله من برنامج بريد يوقّع الترويسة أيضاً مثل Thunderbird.",
        "Send it from a mail program that signs the header too, such as Thunderbird.",
    ),
    Reason.REPLAY: Explanation(
        "سبق تسجيل هذا النص الموقّع.",
        "This signed text was already registered.",
        "اكتب خطاباً جديداً أو أعد توجيه الخطاب المسجّل. وللتعميم أرسل خطاباً واحداً بعدة مستلمين.",
        "Write a new letter, or forward the registered one. For a circular send one letter with several recipients.",
    ),
    Reason.GRADE_UNKNOWN: Explanation(
        "درجة السرية أو الأولوية المذكورة في الترويسة غير معروفة.",
        "The grade or urgency declared in the header is not known.",
        "درجات السرية: عادي، محدود، سري، سري للغاية. والأولوية: عادي، عاجل، عاجل جداً، فوري.",
        "Grades: ordinary, restricted, secret, top-secret. Urgency: ordinary, urgent, very-urgent, immediate.",
    ),
    Reason.SENDER_MISMATCH: Explanation(
        "المرسل ليس مكتباً يحق لهذا الحساب الإرسال باسمه.",
        "The sender is not an office that this account may send for.",
        "اختر هوية المكتب الصحيحة في برنامج البريد.",
        "Choose the right office identity in the mail program.",
    ),
    Reason.SENDER_AMBIGUOUS: Explanation(
        "حقل المرسل (From) ليس عنواناً واحداً واضحاً.",
        "The From field is not exactly one clear address.",
        "اجعل في حقل From عنوان مكتب واحداً دون تعليقات أو مجموعات.",
        "Put one office address in From, without comments or groups.",
    ),
    Reason.DOMAIN_NOT_ALLOWED: Explanation(
        "الجهة المرسل إليها غير مسموح بها.",
        "The recipient's agency is not allowed.",
        "أرسل إلى الجهات المسجّلة في مراسلات فقط.",
        "Send only to agencies enrolled in Murasalat.",
    ),
    Reason.RECIPIENT_UNKNOWN: Explanation(
        "المكتب المرسل إليه غير موجود.",
        "The recipient office does not exist.",
        "تحقق من عنوان المكتب.",
        "Check the office's address.",
    ),
    Reason.BCC_FORBIDDEN: Explanation(
        "لا تُقبل النسخ المخفية في الخطابات الرسمية.",
        "Blind copies are not allowed on official letters.",
        "ضع كل مستلم في حقل «إلى» أو «نسخة».",
        "Name every recipient in To or Cc.",
    ),
    Reason.TOO_LARGE: Explanation(
        "الخطاب أكبر من الحد المسموح به.",
        "The letter is larger than allowed.",
        "قلّل حجم المرفقات.",
        "Make the attachments smaller.",
    ),
    Reason.TOO_MANY_RECIPIENTS: Explanation(
        "عدد المستلمين أكبر من المسموح به.",
        "There are more recipients than allowed.",
        "قسّم المستلمين على أكثر من خطاب.",
        "Split the recipients over several letters.",
    ),
    Reason.CONTENT_FORBIDDEN: Explanation(
        "نوع محتوى أو ترويسة غير مسموح به.",
        "A kind of content or header field is not allowed.",
        "احذف المحتوى المذكور وأعد الإرسال.",
        "Remove what is named and send again.",
    ),
    Reason.MALFORMED: Explanation(
        "الرسالة مخالفة لصيغة البريد الإلكتروني.",
        "The message breaks the rules of the mail format.",
        "أرسلها من برنامج بريد يلتزم بالمعايير.",
        "Send it from a mail program that keeps to the standards.",
    ),
    Reason.REPORT_UNKNOWN: Explanation(
        "إشعار القراءة لا يدل على خطاب وارد إلى مكتبك.",
        "The read receipt names no letter that your office received.",
        "لا يلزمك شيء: تسجّل البوابة فتح الخطاب بنفسها. أوقف إرسال إشعارات القراءة في برنامج البريد إن شئت.",
        "Nothing is needed: the gateway itself records that a letter is opened. Read receipts can be turned off.",
    ),
    Reason.QUARANTINED: Explanation(
        "اختلف محرّكا التحقق في الحكم على التوقيع، فلم يُقبل الخطاب.",
        "The two verification engines disagree about the signature, so the letter was not accepted.",
        "اتصل بمدير النظام؛ المحاولة مسجّلة.",
        "Call the administrator; the attempt is on record.",
    ),
    Reason.NAME_MISLEADING: Explanation(
        "اسم في الترويسة، أو الموضوع، يوهم بجهة أو مكتب أو موظف آخر، أو بإيصالات مراسلات.",
        "A name in the header, or the subject, passes for another agency, office or officer, or for a receipt.",
        "اكتب بجانب العنوان اسمك أو اسم مكتبك كما هو مسجّل، وموضوعاً لا يشبه موضوع إيصال.",
        "Show your own name or your office's as it is enrolled beside the address, and a subject unlike a receipt's.",
    ),
}
