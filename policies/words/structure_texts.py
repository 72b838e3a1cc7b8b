"""What a person reads about each finding in the structure of a letter: what it is, and the remedy, in both languages.

Invariant: every kind has its sentences. The place (part, line, field, name) is put behind the sentence, before the full
stop; the remedy follows.
"""

from typing import NamedTuple

from policies.words.structure import Kind


class Sentence(NamedTuple):
    """What was found, without a full stop, and what to do about it."""

    ar: str
    en: str
    remedy_ar: str
    remedy_en: str


_SIGN_AR = "فعّل التوقيع الرقمي (OpenPGP بصيغة PGP/MIME) في برنامج البريد وأعد الإرسال."
_SIGN_EN = "Turn on digital signing (OpenPGP, as PGP/MIME) in the mail program and send again."
_STRAIGHT_AR = "أرسل من برنامج البريد إلى هذه الخدمة مباشرة، دون خادم يضيف إلى الرسائل أو يعيد صياغتها."
_STRAIGHT_EN = (
    "Send straight from the mail program to this service, without a server that adds to or rewrites mail."
)
_PROGRAM_AR = "أنشئ الرسالة من جديد في برنامج بريد يلتزم بالمعايير."
_PROGRAM_EN = "Write the message anew in a mail program that keeps to the standards."
_PDF_AR = "أرسل الوثيقة بصيغة PDF أو نصاً."
_PDF_EN = "Send the document as PDF or as text."
_PLAIN_AR = "اكتب الرسالة نصاً عادياً، أو أرفقها بصيغة PDF."
_PLAIN_EN = "Write the message as plain text, or attach it as PDF."
_BOTH_AR = "اضبط برنامج البريد ليرسل النص العادي مع HTML، أو النص العادي وحده."
_BOTH_EN = "Set the mail program to send plain text with HTML, or plain text alone."
_RENAME_AR = "غيّر اسم الملف وأعد الإرسال."
_RENAME_EN = "Rename the file and send again."
_ENCRYPT_OFF_AR = "أوقف التشفير في برنامج البريد، ووقّع الخطاب فقط؛ الاتصال بالخدمة مشفّر."
_ENCRYPT_OFF_EN = "Turn encryption off in the mail program and only sign; the connection itself is encrypted."
_SMIME_AR = "وقّع بمفتاح OpenPGP بصيغة PGP/MIME بدلاً من شهادة S/MIME."
_SMIME_EN = "Sign with an OpenPGP key, as PGP/MIME, instead of an S/MIME certificate."

SENTENCES: dict[Kind, Sentence] = {
    Kind.UNSIGNED: Sentence("الخطاب غير موقّع", "The letter is not signed", _SIGN_AR, _SIGN_EN),
    Kind.ATTACHED_SIGNED: Sentence(
        "الموقّع هو الخطاب المرفق وحده، لا هذا الخطاب",
        "Only the attached letter is signed, not this one",
        _SIGN_AR,
        _SIGN_EN,
    ),
    Kind.SIGNED_BELOW_ROOT: Sentence(
        "التوقيع يغطي جزءاً من الخطاب لا كله",
        "The signature covers one part of the letter, not the whole",
        _STRAIGHT_AR,
        _STRAIGHT_EN,
    ),
    Kind.SIGNATURE_ATTACHED: Sentence(
        "التوقيع مفصول عن الخطاب ومرفق كملف عادي",
        "The signature was torn off the letter and stands there as a common attachment",
        _STRAIGHT_AR,
        _STRAIGHT_EN,
    ),
    Kind.ENCRYPTED: Sentence("الخطاب مشفّر", "The letter is encrypted", _ENCRYPT_OFF_AR, _ENCRYPT_OFF_EN),
    Kind.ENCRYPTED_BELOW_ROOT: Sentence(
        "جزء من الخطاب مشفّر", "A part of the letter is encrypted", _ENCRYPT_OFF_AR, _ENCRYPT_OFF_EN
    ),
    Kind.OPAQUE_SMIME: Sentence(
        "الخطاب كله داخل غلاف S/MIME معتم",
        "The whole letter is inside an opaque S/MIME envelope",
        _SMIME_AR,
        _SMIME_EN,
    ),
    Kind.OPAQUE_BELOW_ROOT: Sentence(
        "جزء من الخطاب داخل غلاف S/MIME معتم",
        "A part of the letter is inside an opaque S/MIME envelope",
        _SMIME_AR,
        _SMIME_EN,
    ),
    Kind.UNOBTRUSIVE: Sentence(
        "التوقيع في حقل Sig من الترويسة، وهذه الصيغة غير مقبولة بعد",
        "The signature stands in a Sig header field, a form that is not accepted yet",
        _SIGN_AR,
        _SIGN_EN,
    ),
    Kind.INLINE_PGP: Sentence(
        "التوقيع أو التشفير مكتوب داخل نص الرسالة (inline PGP)",
        "The signature or encryption is written into the text of the message (inline PGP)",
        "اختر في برنامج البريد صيغة PGP/MIME بدلاً من inline PGP.",
        "Choose PGP/MIME instead of inline PGP in the mail program.",
    ),
    Kind.NOT_TWO_PARTS: Sentence(
        "الخطاب الموقّع ليس من جزأين: المحتوى وتوقيعه",
        "The signed letter does not have exactly two parts, the content and its signature",
        _STRAIGHT_AR,
        _STRAIGHT_EN,
    ),
    Kind.PREAMBLE: Sentence(
        "يوجد نص قبل المحتوى الموقّع",
        "Text stands before the signed content",
        _STRAIGHT_AR,
        _STRAIGHT_EN,
    ),
    Kind.EPILOGUE: Sentence(
        "أضيف نص بعد التوقيع، كتذييل أو إخلاء مسؤولية",
        "Text was added after the signature, such as a footer or disclaimer",
        _STRAIGHT_AR,
        _STRAIGHT_EN,
    ),
    Kind.NESTED_SIGNED: Sentence(
        "داخل الخطاب الموقّع جزء موقّع آخر",
        "Inside the signed letter stands another signed part",
        "أرفق الخطاب السابق كرسالة (إعادة توجيه كمرفق)، ووقّع مرة واحدة.",
        "Attach the earlier letter as a message (forward as attachment), and sign once.",
    ),
    Kind.NESTED_ENCRYPTED: Sentence(
        "داخل الخطاب الموقّع جزء مشفّر",
        "Inside the signed letter stands an encrypted part",
        _ENCRYPT_OFF_AR,
        _ENCRYPT_OFF_EN,
    ),
    Kind.NESTED_OPAQUE: Sentence(
        "داخل الخطاب الموقّع رسالة S/MIME أخرى",
        "Inside the signed letter stands another S/MIME message",
        "وقّع مرة واحدة؛ وأرفق الوثيقة الموقّعة كملف باسمها (مثل contract.pdf.p7m).",
        "Sign once; attach a signed document as a file under its name (such as contract.pdf.p7m).",
    ),
    Kind.PROTOCOL_MISSING: Sentence(
        "الخطاب الموقّع لا يذكر نوع توقيعه (protocol)",
        "The signed letter does not say what kind of signature it has (protocol)",
        _PROGRAM_AR,
        _PROGRAM_EN,
    ),
    Kind.PROTOCOL_UNKNOWN: Sentence(
        "نوع التوقيع غير معروف", "The kind of signature is not known", _SIGN_AR, _SIGN_EN
    ),
    Kind.PROTOCOL_MISMATCH: Sentence(
        "الجزء الثاني ليس التوقيع الذي يذكره الخطاب",
        "The second part is not the signature that the letter announces",
        _STRAIGHT_AR,
        _STRAIGHT_EN,
    ),
    Kind.SIGNATURE_PART_MALFORMED: Sentence(
        "جزء التوقيع تالف أو بترميز غير معروف",
        "The part with the signature is damaged, or in an unknown encoding",
        _STRAIGHT_AR,
        _STRAIGHT_EN,
    ),
    Kind.SIGNATURE_EMPTY: Sentence("جزء التوقيع فارغ", "The signature is empty", _SIGN_AR, _SIGN_EN),
    Kind.SMIME_NOT_YET: Sentence(
        "الخطاب موقّع بصيغة S/MIME، وهي غير مقبولة بعد",
        "The letter is signed with S/MIME, which is not accepted yet",
        _SMIME_AR,
        _SMIME_EN,
    ),
    Kind.SIGNATURE_PACKETS: Sentence(
        "جزء التوقيع ليس توقيع OpenPGP واحداً منفصلاً",
        "The part with the signature is not exactly one detached OpenPGP signature",
        "وقّع الخطاب مرة واحدة، بمفتاح واحد، من برنامج البريد.",
        "Sign the letter once, with one key, from the mail program.",
    ),
    Kind.BARE_LINE_END: Sentence(
        "سطر لا ينتهي بـ CRLF", "A line does not end with CRLF", _PROGRAM_AR, _PROGRAM_EN
    ),
    Kind.HEADER_LINE: Sentence(
        "سطر في الترويسة ليس حقلاً", "A line of the header is no header field", _PROGRAM_AR, _PROGRAM_EN
    ),
    Kind.SPACE_BEFORE_COLON: Sentence(
        "فراغ قبل النقطتين في اسم حقل", "Blanks stand before the colon of a field", _PROGRAM_AR, _PROGRAM_EN
    ),
    Kind.BLANK_FOLDED_LINE: Sentence(
        "سطر من الفراغات وحدها داخل الترويسة",
        "A line of blanks alone stands inside the header",
        _PROGRAM_AR,
        _PROGRAM_EN,
    ),
    Kind.DUPLICATE_FIELD: Sentence(
        "حقل مكرر في ترويسة جزء", "A header field stands twice in one header", _PROGRAM_AR, _PROGRAM_EN
    ),
    Kind.CONTROL_CHARACTER: Sentence(
        "محرف تحكّم غير مرئي في الترويسة",
        "An invisible control character stands in a header field",
        _PROGRAM_AR,
        _PROGRAM_EN,
    ),
    Kind.CONTENT_TYPE: Sentence(
        "نوع المحتوى مكتوب بما يمكن فهمه على وجهين",
        "The content type can be read in two ways",
        _PROGRAM_AR,
        _PROGRAM_EN,
    ),
    Kind.TRANSFER_ENCODING: Sentence(
        "ترميز النقل مكتوب بما يمكن فهمه على وجهين",
        "The transfer encoding can be read in two ways",
        _PROGRAM_AR,
        _PROGRAM_EN,
    ),
    Kind.COMMENT: Sentence(
        "تعليق بين قوسين في نوع المحتوى يشبه معطى فيه",
        "A comment in the content type looks like a parameter of it",
        _PROGRAM_AR,
        _PROGRAM_EN,
    ),
    Kind.BOUNDARY: Sentence(
        "الفاصل بين الأجزاء (boundary) ناقص أو مكرر أو مخالف للصيغة",
        "The boundary between the parts is missing, doubled or malformed",
        _PROGRAM_AR,
        _PROGRAM_EN,
    ),
    Kind.ENCODED_MULTIPART: Sentence(
        "رسالة متعددة الأجزاء مرمّزة كلها",
        "A multipart is transfer-encoded as a whole",
        _PROGRAM_AR,
        _PROGRAM_EN,
    ),
    Kind.NOT_CLOSED: Sentence(
        "رسالة متعددة الأجزاء بلا فاصل ختامي؛ لعلها مبتورة",
        "A multipart has no closing delimiter; the message may be cut off",
        "أعد الإرسال كاملاً من برنامج البريد.",
        "Send the whole message again from the mail program.",
    ),
    Kind.NO_PARTS: Sentence(
        "رسالة متعددة الأجزاء بلا أجزاء", "A multipart has no parts", _PROGRAM_AR, _PROGRAM_EN
    ),
    Kind.DELIMITER_LOOKALIKE: Sentence(
        "سطر في المحتوى يشبه الفاصل بين الأجزاء",
        "A line of the content looks like a delimiter between parts",
        _PROGRAM_AR,
        _PROGRAM_EN,
    ),
    Kind.DELIMITER_AFTER_CLOSE: Sentence(
        "فاصل آخر بعد الفاصل الختامي", "Another delimiter follows the closing one", _PROGRAM_AR, _PROGRAM_EN
    ),
    Kind.UTF7: Sentence(
        "نص بترميز UTF-7، تختلف البرامج في قراءته",
        "Text is in UTF-7, which programs read differently",
        "استعمل ترميز UTF-8.",
        "Use UTF-8.",
    ),
    Kind.HEADER_TOO_LARGE: Sentence(
        "الترويسة أكبر من الحد المسموح به", "The header is larger than allowed", _PROGRAM_AR, _PROGRAM_EN
    ),
    Kind.NESTED_TOO_DEEP: Sentence(
        "أجزاء الرسالة متداخلة أكثر من الحد المسموح به",
        "The parts of the message are nested deeper than allowed",
        "أرفق المحتوى كملفات، لا كرسائل داخل رسائل.",
        "Attach the content as files, not as messages inside messages.",
    ),
    Kind.TOO_MANY_PARTS: Sentence(
        "أجزاء الرسالة أكثر من الحد المسموح به",
        "The message has more parts than allowed",
        "اجمع المرفقات في ملف واحد.",
        "Put the attachments into one file.",
    ),
    Kind.PARTIAL: Sentence(
        "الخطاب قطعة من رسالة مجزأة (message/partial)",
        "A part is a fragment of a message (message/partial)",
        "أوقف تقسيم الرسائل الكبيرة في برنامج البريد، أو قلّل حجم المرفقات.",
        "Turn off the splitting of large messages in the mail program, or make the attachments smaller.",
    ),
    Kind.EXTERNAL_BODY: Sentence(
        "جزء محتواه في مكان آخر (message/external-body)",
        "The content of a part lies elsewhere (message/external-body)",
        "أرفق الملف نفسه.",
        "Attach the file itself.",
    ),
    Kind.TNEF: Sentence(
        "مرفق winmail.dat (TNEF) لا يقرؤه إلا Outlook",
        "The attachment is winmail.dat (TNEF), which only Outlook can read",
        "اجعل صيغة الرسالة في Outlook نصاً عادياً أو HTML بدلاً من «نص منسّق».",
        "In Outlook set the message format to plain text or HTML instead of rich text.",
    ),
    Kind.WHOLE_MESSAGE: Sentence(
        "الخطاب كله رسالة أخرى دون نص من المرسل",
        "The whole letter is another message, with no text of the sender's own",
        "اكتب خطاباً، وأرفق الرسالة به.",
        "Write a letter, and attach the message to it.",
    ),
    Kind.REPORT: Sentence(
        "الرسالة إشعار آلي (تقرير تسليم أو قراءة) لا خطاب",
        "The message is an automatic report (of delivery or reading), not a letter",
        "أوقف إشعارات القراءة في برنامج البريد؛ الإيصالات تصدر عن هذه الخدمة.",
        "Turn off read receipts in the mail program; this service issues the receipts.",
    ),
    Kind.EXECUTABLE_NAME: Sentence(
        "مرفق اسمه اسم برنامج تنفيذي", "An attachment has the name of a program", _PDF_AR, _PDF_EN
    ),
    Kind.EXECUTABLE_TYPE: Sentence(
        "مرفق نوعه برنامج تنفيذي", "An attachment is a program by its type", _PDF_AR, _PDF_EN
    ),
    Kind.EXECUTABLE_CONTENT: Sentence(
        "مرفق محتواه برنامج تنفيذي أياً كان اسمه",
        "An attachment is a program by its content, whatever its name",
        _PDF_AR,
        _PDF_EN,
    ),
    Kind.MACROS: Sentence(
        "مرفق من وثائق المكتب فيه وحدات ماكرو",
        "An attachment is an office document with macros",
        "احفظ الوثيقة دون ماكرو (‎.docx أو ‎.xlsx) أو بصيغة PDF.",
        "Save the document without macros (.docx, .xlsx) or as PDF.",
    ),
    Kind.NAME_BIDI: Sentence(
        "في اسم ملف محرف يقلب اتجاه الكتابة",
        "A file name holds a character that overrides the direction of writing",
        _RENAME_AR,
        _RENAME_EN,
    ),
    Kind.NAME_PATH: Sentence(
        "في اسم ملف محارف مسار أو تحكّم",
        "A file name holds path or control characters",
        _RENAME_AR,
        _RENAME_EN,
    ),
    Kind.HTML_SCRIPT: Sentence(
        "في نص HTML برنامج أو محتوى نشط",
        "The HTML holds a script or other active content",
        _PLAIN_AR,
        _PLAIN_EN,
    ),
    Kind.HTML_FORM: Sentence(
        "في نص HTML نموذج للتعبئة", "The HTML holds a form to fill in", _PLAIN_AR, _PLAIN_EN
    ),
    Kind.HTML_REMOTE: Sentence(
        "يحمّل نص HTML صوراً أو محتوى من خارج الخطاب",
        "The HTML loads pictures or other content from outside the letter",
        "أدرج الصور في الرسالة نفسها، أو اكتبها نصاً عادياً.",
        "Put the pictures into the message itself, or write plain text.",
    ),
    Kind.HTML_TOO_LARGE: Sentence(
        "نص HTML أكبر من أن يُفحص", "The HTML is too large to be examined", _PDF_AR, _PDF_EN
    ),
    Kind.HTML_WITHOUT_TEXT: Sentence(
        "نص الرسالة بصيغة HTML وحدها دون نص عادي",
        "The text of the message is HTML alone, without plain text",
        _BOTH_AR,
        _BOTH_EN,
    ),
    Kind.ALTERNATIVES_DIFFER: Sentence(
        "النص العادي ونص HTML يختلفان في مضمونهما",
        "The plain text and the HTML differ in what they say",
        _BOTH_AR,
        _BOTH_EN,
    ),
    Kind.ALTERNATIVE_OTHER: Sentence(
        "للنص بديل بصيغة لا تُقارن بالنص العادي",
        "The text has an alternative in a format that cannot be compared with the plain text",
        "أرفق المحتوى كملف بدلاً من أن يكون بديلاً للنص.",
        "Attach it as a file instead of an alternative to the text.",
    ),
}
