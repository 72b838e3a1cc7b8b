"""Every reply of the submission service: codes, enhanced status codes and what a person reads.

A reply code is the business of SMTP, so it is here and not beside the reasons. Enhanced codes: RFC 3463 and
the registry of RFC 5248; RFC 4954 for AUTH; RFC 6531 for SMTPUTF8.

Invariants:
- Every reason has a reply, and each line of it begins with codes and the reason's word.
- No line is longer than 512 octets with its CRLF (RFC 5321 section 4.5.3.1.5), and no character is cut in
  two.
- A detail cannot add a line, a control or bidi character, or another reason's word.
"""

from dataclasses import dataclass

from policies.words.bilingual import Said
from policies.words.reasons import EXPLANATIONS, Reason

LINE_OCTETS = 512
_DETAIL_CHARACTERS = 200

CODES: dict[Reason, tuple[int, str]] = {
    Reason.SIGNATURE_MISSING: (550, "5.7.1"),
    Reason.SIGNATURE_BAD: (550, "5.7.7"),  # message integrity failure
    Reason.SIGNATURE_STRUCTURE: (550, "5.7.7"),
    Reason.SIGNER_UNKNOWN: (550, "5.7.5"),  # cryptographic failure: a key is not available or not valid
    Reason.SIGNER_MISMATCH: (550, "5.7.1"),
    Reason.KEY_EXPIRED: (550, "5.7.5"),
    Reason.KEY_REVOKED: (550, "5.7.5"),
    Reason.ALGORITHM_WEAK: (550, "5.7.6"),  # cryptographic algorithm not supported
    Reason.SIGNATURE_TIME: (550, "5.7.1"),
    Reason.HEADERS_DIFFER: (550, "5.7.7"),
    Reason.HEADERS_UNPROTECTED: (550, "5.7.7"),
    Reason.REPLAY: (550, "5.7.1"),
    Reason.GRADE_UNKNOWN: (550, "5.6.0"),
    Reason.SENDER_MISMATCH: (550, "5.7.1"),
    Reason.SENDER_AMBIGUOUS: (550, "5.7.1"),
    Reason.DOMAIN_NOT_ALLOWED: (550, "5.7.1"),
    Reason.RECIPIENT_UNKNOWN: (550, "5.1.1"),  # bad destination mailbox address
    Reason.BCC_FORBIDDEN: (550, "5.7.1"),
    Reason.TOO_LARGE: (552, "5.3.4"),  # message too big for system
    Reason.TOO_MANY_RECIPIENTS: (550, "5.5.3"),
    Reason.CONTENT_FORBIDDEN: (550, "5.6.1"),  # media not supported
    Reason.MALFORMED: (550, "5.6.0"),
    Reason.QUARANTINED: (550, "5.7.5"),
    Reason.NAME_MISLEADING: (550, "5.7.1"),
    Reason.REPORT_UNKNOWN: (550, "5.7.1"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """A reply that a person may read and that is no refusal of a letter."""

    code: int
    enhanced: str
    word: str
    ar: str
    en: str

    def octets(self, *, arabic: bool) -> bytes:
        """Return the reply, in Arabic and English or in English only."""
        texts = (self.ar, self.en) if arabic else (self.en,)
        return reply(self.code, self.enhanced, *(f"[{self.word}] {text}" for text in texts))


UNAVAILABLE = Notice(
    451,
    "4.3.0",
    "UNAVAILABLE",
    "تعذّر تسجيل الخطاب الآن، ولم يُحفظ منه شيء. أعد الإرسال بعد قليل.",
    "The letter cannot be registered now; nothing of it was kept. Send it again later.",
)
LOGIN_UNAVAILABLE = Notice(
    454,
    "4.7.0",
    "UNAVAILABLE",
    "تعذّر التحقق من كلمة المرور الآن. حاول بعد قليل.",
    "The password cannot be checked now. Try again later.",
)
LOGIN_FAILED = Notice(
    535,
    "5.7.8",
    "LOGIN-FAILED",
    "اسم المستخدم أو كلمة المرور غير صحيحة.",
    "The login or the password is not right.",
)
LOGIN_NEEDED = Notice(
    530,
    "5.7.0",
    "LOGIN-NEEDED",
    "سجّل الدخول أولاً باسم المستخدم وكلمة المرور.",
    "Log in with login and password first.",
)
THROTTLED = Notice(
    421,
    "4.7.0",
    "TOO-MANY-ATTEMPTS",
    "محاولات دخول كثيرة. انتظر دقيقة ثم حاول من جديد.",
    "Too many attempts to log in. Wait a minute, then try again.",
)
CROWDED = Notice(
    421,
    "4.7.0",
    "TOO-MANY-CONNECTIONS",
    "اتصالات كثيرة في الوقت نفسه. حاول بعد قليل.",
    "Too many connections at the same time. Try again later.",
)
LEAVING = Notice(
    421,
    "4.3.2",
    "SHUTTING-DOWN",
    "الخدمة تتوقف الآن. حاول بعد قليل.",
    "The service is shutting down. Try again later.",
)
LOGGED_OUT = Notice(
    421,
    "4.7.0",
    "LOGGED-OUT",
    "انتهت هذه الجلسة: أُلغيت كلمة المرور أو الشهادة التي فُتحت بها، أو أُوقف الحساب. "
    "الخطاب الذي لم يُجب عنه بالرمز 250 لم يُرسل.",
    "This session is over: its password or certificate was revoked, or the account suspended. "
    "A letter that was not answered with 250 was not sent.",
)
TOO_SLOW = Notice(
    421,
    "4.4.2",
    "TIMEOUT",
    "انتهت المهلة.",
    "The time is over.",
)
TOO_MANY_ERRORS = Notice(
    421,
    "4.7.0",
    "TOO-MANY-ERRORS",
    "أوامر خاطئة أو كثيرة جداً.",
    "Too many wrong commands, or too many commands.",
)


def reply(code: int, enhanced: str, *texts: str) -> bytes:
    """Return one reply of a line or more for each text (RFC 5321 section 4.2.1, RFC 2034 section 4)."""
    room = LINE_OCTETS - len(f"{code}-{enhanced} \r\n")
    lines = [line for text in texts for line in _wrapped(text.encode(), room)] or [b""]
    first = f"{code}-{enhanced} ".encode()
    last = f"{code} {enhanced} ".encode()
    return b"".join(first + line + b"\r\n" for line in lines[:-1]) + last + lines[-1] + b"\r\n"


def refusal(
    reason: Reason,
    detail: str = "",
    said: Said | None = None,
    *,
    arabic: bool,
    codes: tuple[int, str] | None = None,
) -> bytes:
    """Return the reply to a refusal: a sentence, the detail, and what to do; in Arabic first, or not.

    `said` stands in for the reason's own sentence and the detail. `codes` stand in for the reason's own, where SMTP has
    a closer one.
    """
    if said is not None:
        told = [_one_line(said.ar), _one_line(said.en)] if arabic else [_one_line(said.en, ascii_only=True)]
        return reply(*(codes or CODES[reason]), *(f"[{reason}] {text}" for text in told))
    explanation = EXPLANATIONS[reason]
    shown = sanitised(detail, ascii_only=not arabic)
    about = f" ({shown})" if shown else ""
    texts = [f"[{reason}] {explanation.en}{about} {explanation.remedy_en}"]
    if arabic:
        texts.insert(0, f"[{reason}] {explanation.ar} {explanation.remedy_ar}")
    return reply(*(codes or CODES[reason]), *texts)


def accepted(reference: str) -> bytes:
    """Return the reply to a registered letter."""
    return reply(250, "2.6.0", f"{sanitised(reference)} accepted")


def noted(reference: str) -> bytes:
    """Return the reply to a mail program's report about a letter."""
    return reply(250, "2.6.0", f"{sanitised(reference)} report noted")


def sanitised(text: str, *, ascii_only: bool = False) -> str:
    """Return hostile text as at most 200 printable characters of one line, without square brackets."""
    if len(text) <= _DETAIL_CHARACTERS and _plain(text):
        return text
    if ascii_only:
        text = text.encode("ascii", "replace").decode("ascii")
    printable = (
        character if character.isprintable() else " " for character in text[: 2 * _DETAIL_CHARACTERS]
    )
    shown = " ".join("".join(printable).split()).translate({ord("["): "(", ord("]"): ")"})
    return shown if len(shown) <= _DETAIL_CHARACTERS else shown[: _DETAIL_CHARACTERS - 3] + "..."


def _plain(text: str) -> bool:
    """Whether `sanitised` would return the text as it is. No pattern: it is the peer's own text."""
    if not (text.isascii() and text.isprintable()) or "[" in text or "]" in text:
        return False
    return "  " not in text and text == text.strip(" ")


def _one_line(text: str, *, ascii_only: bool = False) -> str:
    """Return a sentence without what could pass for another line or another reason's word, whatever was put into it."""
    if ascii_only:
        text = text.encode("ascii", "replace").decode("ascii")
    printable = "".join([character if character.isprintable() else " " for character in text])
    return " ".join(printable.split()).translate({ord("["): "(", ord("]"): ")"})


def _wrapped(text: bytes, room: int) -> list[bytes]:
    """Cut at spaces, or else between characters, into lines of at most `room` octets."""
    lines = []
    while len(text) > room:
        cut = text.rfind(b" ", 0, room + 1)
        if cut <= 0:
            cut = room
            while text[cut] & 0xC0 == 0x80:  # in the middle of a character of UTF-8
                cut -= 1
        lines.append(text[:cut])
        text = text[cut:].lstrip(b" ")
    return [*lines, text]
