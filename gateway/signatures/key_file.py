"""What reading a key file before its enrolment yields: a key, or the reason why it is refused."""

from dataclasses import dataclass

from policies.signature import EnrolledKey


@dataclass(frozen=True, slots=True)
class KeyReading:
    """A key that may be enrolled, and what a person wants to compare before approving it.

    `fingerprints` are those of the primary key and of the subkeys that can sign (one for X.509), the primary first, in
    upper-case hexadecimal.
    """

    key: EnrolledKey
    fingerprints: tuple[str, ...]
    user_ids: tuple[str, ...]
    algorithm: str
    bits: int


class KeyRefused(ValueError):
    """The key file is refused: a stable `code`, a sentence in each language, and which thing it was about."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.text_ar, self.text_en = TEXTS[code]
        self.detail = detail
        super().__init__(f"{code}: {self.text_en} {detail}".rstrip())


TEXTS = {
    "secret-material": (
        "الملف يحوي مفتاحاً خاصاً. لا ترسل المفتاح الخاص إلى أحد؛ صدّر المفتاح العام وحده.",
        "The file holds a private key. Never hand it to anyone; export the public key alone.",
    ),
    "several-keys": (
        "الملف يحوي أكثر من مفتاح. سجّل كل مفتاح من ملفه.",
        "The file holds more than one key. Enrol each from a file of its own.",
    ),
    "not-a-key": (
        "الملف ليس مفتاح OpenPGP عاماً ولا شهادة X.509 سليمة.",
        "The file is neither a sound OpenPGP public key nor an X.509 certificate.",
    ),
    "foreign": (
        "لا يحمل المفتاح عنوان هذا المكتب.",
        "The key does not name this office's address.",
    ),
    "weak": (
        "خوارزمية المفتاح أو حجمه أو توقيعه الذاتي دون الحد المقبول. استعمل Ed25519 أو RSA-3072 مع SHA-256.",
        "The key's algorithm, size or own signature is too weak. Use Ed25519 or RSA-3072 with SHA-256.",
    ),
    "expired": (
        "المفتاح خارج مدة صلاحيته. جدّده ثم صدّره من جديد.",
        "The key is outside its period of validity. Extend it and export it again.",
    ),
    "revoked": (
        "المفتاح ملغى. أنشئ مفتاحاً جديداً.",
        "The key is revoked. Make a new one.",
    ),
    "version": (
        "إصدار صيغة المفتاح غير مقروء لدى محرّكي التحقق. استعمل OpenPGP الإصدار 4 أو X.509 الإصدار 3.",
        "Not both engines read a key of this format version. Use OpenPGP version 4 or X.509 version 3.",
    ),
    "cannot-sign": (
        "المفتاح غير مخصّص للتوقيع.",
        "The key is not meant for signing.",
    ),
}
