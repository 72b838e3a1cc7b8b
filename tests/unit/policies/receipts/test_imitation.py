"""Receipts' subjects are the gateway's: imitations are seen through, and honest subjects that come near pass."""

import time
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.evidence import Event
from policies.receipts.imitation import imitates_receipt
from policies.receipts.text import subject_line
from tests.unit.policies.receipts.test_receipt import DISPATCH, FAILED, OPENED

OURS = [
    subject_line(one)
    for one in (
        DISPATCH,
        OPENED,
        FAILED,
        replace(FAILED, event=Event.EXPIRED),
        replace(DISPATCH, reference="CMGS/IN/2026/000123"),
    )
]

IMITATIONS = [
    "إيصال إرسال: MOJ/2026/000001",
    "إيصال إرسال: أي شيء",
    "ايصال ارسال : MOJ/2026/000001 · Dispatched: MOF",
    "إيصـــال فتح: MOJ/2026/000001",
    "إِيصَالُ فَتْح: MOJ/2026/000001",
    "إيصال فتح MOJ/2026/000001",
    "إيصال فتح – MOJ/2026/٠٠٠٠٠١",
    "إيصال قبول (MOJ/2026/1)",
    "إيصال قبول خطابكم رقم MOJ/2026/1",
    "إيصال إرسال لخطابكم الموقر رقم MOJ/2026/1",
    "[خارجي] إيصال فتح: MOJ/2026/000001",
    "** [x] (y) Opened: MOJ/2026/000001",
    "إيصال قبول",
    "إيصالقبول: MOJ/2026/1",
    "إ ي ص ا ل فتح: x",
    "\u2067إيصال فتح\u2069: MOJ/2026/000001",
    "\u200fإيصال\u200c إرسال: MOJ/2026/000001",
    "[إيصال فتح] خطابكم",
    "✔ إيصال فتح: خطابكم",
    "مراسلات: إيصال فتح: MOJ/2026/000001",
    "مراسلات – إيصال فتح MOJ/2026/000001",
    "بوابة مراسلات إيصال فتح MOJ/2026/000001",
    "Murasalat: Dispatched: MOJ/2026/000001",
    "Dispatched: MOJ/2026/000001",
    "Dispatched: MOF · إيصال إرسال: MOJ/2026/000001",
    "Opened MOJ/2026/000001",
    "Opened  MOJ  ∕  2026 ∕ 000001",
    "Оpened: MOJ/2026/000001",
    "0pened: MOJ/2026/000001",
    "ACCEPTED: MOJ/IN/2026/000001",
    "Not delivered: MOJ/2026/000001 · MOF",
    "تعذّر التسليم: MOJ/2026/000001",
    "تعذر التسليم",
    "انقضاء المهلة MOJ/2026/000001",
    "Time limit passed",
    "Dispatch receipt: your letter",
    "Dispatch receipt",
    "Receipt of opening - your letter",
    "Receipt of acceptance",
    "ﺇﻳﺼﺎﻝ ﻓﺘﺢ: MOJ/2026/000001",
    "Ｄｉｓｐａｔｃｈｅｄ：ＭＯＪ／２０２６／０００００１",
]
HONEST = [
    "",
    "خطاب",
    "خطاب بشأن إيصال إرسال المعدات",
    "إيصال إرسال المعدات إلى المستودع",
    "إيصال فتح حساب بنكي",
    "إيصال قبول طلب التحاق",
    "إيصال استلام: شحنة 12",
    "إيصال سداد رسوم",
    "نرفق لكم إيصال إرسال MOJ/2026/000001",
    "بشأن الخطاب MOJ/2026/000001",
    "MOJ/2026/000001",
    "تعذّر التسليم: شحنة المطبوعات",
    "انقضاء المهلة المحددة للرد على الخطاب MOJ/2026/000001",
    "انقضاء المهلة: مناقصة 2026/5",
    "Accepted: three candidates",
    "Accepted candidates 2026",
    "Opened tenders, 2026/17",
    "Not delivered: two boxes of forms",
    "Time limit passed for tender 2026/5",
    "Dispatch receipts of last month",
    "Dispatched goods",
    "Receipt of opening balance",
    "طلب إيصال فتح",
    "[خارجي] خطاب",
    "[x] [y] [z]",
    "إيصال إرسال طرد بريدي إلى فرع الوزارة وفق الخطاب MOJ/2026/000001",
    "مراسلات: تحديث البرنامج",
    "Murasalat project: minutes",
    "Return Receipt (displayed) - خطاب",
    "Read: خطاب بشأن الميزانية",
    "Disposition notification",
    "·",
    ":",
    "2026/000001",
    "إيصال",
    "قبول",
    "Draft law · second reading",
]


@pytest.mark.parametrize("subject", [*OURS, *IMITATIONS])
def test_an_imitation_is_seen_through(subject: str) -> None:
    assert imitates_receipt(subject)


@pytest.mark.parametrize("subject", HONEST)
def test_an_honest_subject_passes(subject: str) -> None:
    assert not imitates_receipt(subject)


@pytest.mark.parametrize(
    ("mark", "subject"),
    list(
        product(
            ("Re: ", "RE:", "Fwd: ", "FW: ", "Re[2]: ", "رد: ", "رد : ", "إعادة توجيه: ", "RE：", "تحويل: "),
            OURS,
        )
    ),
)
def test_an_answer_to_a_receipt_and_a_forwarded_one_pass(mark: str, subject: str) -> None:
    assert not imitates_receipt(mark + subject)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("إيصالفتح: MOJ/2026·-0123 \u200f\u0640[]"), max_size=60))
def test_invisible_characters_change_nothing(subject: str) -> None:
    for put in ("\u200f", "\u200b", "\u2060", "\u00ad"):
        assert imitates_receipt(put.join(subject)) == imitates_receipt(subject)


@pytest.mark.parametrize("piece", ["·", ":", "a.", "إيصال ", "إيصال فتح ", "مراسلات:", "\u064e", "A/2026/1 "])
def test_time_is_bounded(piece: str) -> None:
    start = time.process_time()
    imitates_receipt(piece * 100_000)
    assert time.process_time() - start < 0.2
