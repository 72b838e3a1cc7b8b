"""What a person reads where the reason's own sentence would not say what is wrong: the fact, the place, the remedy."""

from datetime import datetime

from policies.words.bilingual import Said, quoted
from policies.words.calendar import rfc3339

_FILE_OCTETS, _MAIL_OCTETS = 57, 78  # base64: a line of 76 characters and its end carry 57 octets of a file
_MEGABYTE = 1_000_000


def too_large(size: int, limit: int, *, at_least: bool = False) -> Said:
    """A letter of `size` octets of mail, allowed `limit`; `at_least` when reading stopped there. In MB of file."""
    carried = _of_files(size, up=not at_least)
    allowed = _of_files(limit, up=False)
    about = Said("أكثر من", "more than") if at_least else Said("نحو", "about")
    return Said(
        f"الخطاب أكبر من الحد: فيه {about.ar} {carried.ar} من الملفات، والمسموح {allowed.ar}. "
        "قلّل حجم المرفقات أو وزّعها على أكثر من خطاب.",
        f"The letter is too large: it carries {about.en} {carried.en} of files, and {allowed.en} are allowed. "
        "Make the attachments smaller, or divide them among several letters.",
    )


def _of_files(mail: int, *, up: bool) -> Said:
    """How much of files so many octets of mail carry, to a tenth."""
    octets = mail * _FILE_OCTETS // _MAIL_OCTETS
    for unit, ar, en in (
        (_MEGABYTE, "ميغابايت", "MB"),
        (_MEGABYTE // 1000, "كيلوبايت", "KB"),
        (1, "بايت", "bytes"),
    ):
        if octets >= unit:
            tenths = octets * 10 // unit + (1 if up and octets * 10 % unit else 0)
            return Said(f"{tenths / 10:g} {ar}", f"{tenths / 10:g} {en}")
    return Said("0 بايت", "0 bytes")


def long_line(line: int) -> Said:
    """A line of more than 998 octets (RFC 5322 section 2.1.1); `line` counts from 1."""
    return Said(
        f"السطر {line} من الرسالة أطول من 998 ثمانية. اضبط البرنامج ليرمّز النص والمرفقات (quoted-printable أو base64).",
        f"Line {line} of the message is longer than 998 octets. "
        "Let the program encode text and attachments (quoted-printable or base64).",
    )


def bad_octet(line: int, *, nul: bool) -> Said:
    """A bare CR, a bare LF or a NUL on that line."""
    ar, en = ("محرف NUL", "a NUL") if nul else ("نهاية سطر ليست CRLF", "a line end that is not CRLF")
    return Said(
        f"في السطر {line} من الرسالة {ar}. أنشئ الرسالة في برنامج بريد يلتزم بالمعايير.",
        f"Line {line} of the message holds {en}. Write the message in a mail program that keeps to the standards.",
    )


def not_in_envelope(address: str) -> Said:
    """An address of To or Cc to which the letter was not sent."""
    shown = quoted(address)
    return Said(
        f"العنوان {shown} مذكور في «إلى» أو «نسخة»، ولم يُرسل الخطاب إليه في هذه العملية. "
        "أرسل إلى جميع المذكورين معاً، أو احذف العنوان.",
        f"{shown} stands in To or Cc, but the letter was not sent to it in this submission. "
        "Send to all who are named at once, or take the address out.",
    )


def unreadable_list(field: str, ar: str, en: str) -> Said:
    """A To or Cc that cannot be read, and why."""
    return Said(
        f"حقل {field}: {ar} اكتب العناوين مفصولة بفواصل (,).",
        f"{field}: {en} Write the addresses with commas (,) between them.",
    )


def twice(field: str) -> Said:
    """A field of the letter's own header that stands more than once."""
    shown = quoted(field)
    return Said(
        f"الحقل {shown} مكرر في ترويسة الخطاب. أنشئ الرسالة من جديد في برنامج بريد يلتزم بالمعايير.",
        f"The field {shown} stands more than once in the header. "
        "Write the message anew in a mail program that keeps to the standards.",
    )


def no_field(field: str, *, present: bool) -> Said:
    """A Date or Message-ID that is not there, or that cannot be read."""
    ar, en = ("لا يُقرأ", "cannot be read") if present else ("غير موجود", "is missing")
    return Said(
        f"الحقل {field} في ترويسة الخطاب {ar}. أرسل من برنامج بريد يكتب هذا الحقل وفق RFC 5322.",
        f"The field {field} of the letter {en}. Send from a mail program that writes it as RFC 5322 says.",
    )


def far_date(date: datetime, now: datetime, days: int) -> Said:
    """A Date that lies further from the clock than allowed."""
    return Said(
        f"تاريخ الخطاب {rfc3339(date)} بعيد عن وقت الخدمة {rfc3339(now)} بأكثر من {days} أيام. "
        "اضبط ساعة الجهاز، ثم وقّع الخطاب وأرسله من جديد.",
        f"The letter is dated {rfc3339(date)}, more than {days} days from the clock of the service, {rfc3339(now)}. "
        "Set the computer's clock, then sign and send the letter again.",
    )


def eight_bit() -> Said:
    """Octets beyond ASCII in the header that SMTPUTF8 did not announce, or that are not UTF-8."""
    return Said(
        "في الترويسة أحرف غير لاتينية بلا ترميز. اضبط البرنامج ليرمّزها (RFC 2047)، أو ليعلن SMTPUTF8.",
        "The header holds unencoded characters beyond ASCII. "
        "Let the program encode them (RFC 2047), or announce SMTPUTF8.",
    )
