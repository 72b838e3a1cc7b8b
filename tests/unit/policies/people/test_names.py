"""Whose name it is, however it is written: what passes for another's is found, and honest names pass."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.receipts.message import DISPLAY_NAME
from policies.people.identity import Account, Agency, Grant, Office, Officer, Right, System
from policies.people.names import Kind, Writer, borrowed, names_of

AGENCIES = (
    Agency("MOJ", "moj.gov.example", "وزارة العدل", "Ministry of Justice"),
    Agency("MOF", "mof.gov.example", "وزارة المالية", "Ministry of Finance"),
    Agency("MOI", "moi.gov.example", "وزارة الداخلية", "Ministry of Interior"),
    Agency("MOL", "mol.gov.example", "وزارة العمل", "Ministry of Labour"),
    Agency("CMGS", "cm.gov.example", "الأمانة العامة لمجلس الوزراء", "General Secretariat of the Council of Ministers"),
    Agency("MOTC", "motc.gov.example", "وزارة المواصلات والاتصالات", "Ministry of Transport and Communications"),
    Agency("SAB", "sab.gov.example", "ديوان المحاسبة", "State Audit Bureau", suspended=True),
)  # fmt: skip
OFFICES = (
    *(Office(f"registry@{one.domain}", one.code, "السجل العام", "Registry") for one in AGENCIES),
    Office("archive@moj.gov.example", "MOJ", "الأرشيف العام", "General Archive"),
    Office("minister@moj.gov.example", "MOJ", "مكتب وزير العدل", "Office of the Minister of Justice"),
    Office("minister@mof.gov.example", "MOF", "مكتب وزير المالية", "Office of the Minister of Finance"),
    Office("treasury@mof.gov.example", "MOF", "الخزينة", "Treasury"),
)
BY_ADDRESS = {one.address: one for one in OFFICES}
HERE = "registry@moj.gov.example"


def person(login: str, arabic: str, english: str, *offices: str) -> Officer:
    grants = tuple(Grant(one, frozenset(Right), primary=not at) for at, one in enumerate(offices))
    return Officer(login, arabic, english, "كاتب", "Clerk", grants=grants)


NOURA = person("noura.moj", "نورة المثال", "Noura Al-Mithal", HERE)
OFFICERS = (
    NOURA,
    person("ali.moj", "علي حسن المثال", "Ali Hassan Al-Mithal", HERE),
    person("huda.moj", "هدى المثال", "Huda Al-Mithal", "minister@moj.gov.example"),
    person("ahmad.mof", "أحمد بن سعيد المثال", "Ahmad Saeed Al-Mithal", "minister@mof.gov.example"),
    person("noora.mof", "نورة المثال", "Noura Al-Mithal", "treasury@mof.gov.example"),
    person("salma.moi", "سلمى آل مثال", "Salma Al Mithal", "registry@moi.gov.example"),
    person("gone.mof", "فهد السابق", "Fahad Former"),
)
NAMES = names_of(AGENCIES, OFFICES, OFFICERS)
ACCOUNT = Account("noura.moj", "password", officer=NOURA)


def whose(name: str, *offices: str, account: Account = ACCOUNT) -> str:
    found = borrowed(name, NAMES, Writer.of(account, [BY_ADDRESS[one] for one in (HERE, *offices)]))
    return "" if found is None else f"{found.kind.value} {found.key}".strip()


FINANCE, INTERIOR, TRANSPORT, COUNCIL = "agency MOF", "agency MOI", "agency MOTC", "agency CMGS"
AHMAD, SALMA = "officer ahmad.mof", "officer salma.moi"
BORROWED = [
    # as they stand
    ("وزارة المالية", FINANCE),
    ("Ministry of Finance", FINANCE),
    ("MOF", FINANCE),
    ("mof.gov.example", FINANCE),
    ("ديوان المحاسبة", "agency SAB"),  # suspended: its letters are still in the mailboxes
    ("مكتب وزير المالية", "office minister@mof.gov.example"),
    ("Treasury", "office treasury@mof.gov.example"),
    ("مكتب وزير العدل", "office minister@moj.gov.example"),  # of one's own agency, and another office
    ("أحمد بن سعيد المثال", AHMAD),
    ("Ahmad Saeed Al-Mithal", AHMAD),
    ("هدى المثال", "officer huda.moj"),
    # Arabic forms
    ("وزاره الماليه", FINANCE),
    ("وزارة المالىة", FINANCE),
    ("وزارة الماليـــة", FINANCE),
    ("وِزَارَةُ المَالِيَّة", FINANCE),
    ("وزارة المالیة", FINANCE),  # Farsi yeh
    ("وزارة الماليۃ", FINANCE),  # Urdu teh marbuta
    ("وزارة الماليہ", FINANCE),  # heh goal
    ("وزارة الماليە", FINANCE),  # ae
    ("وزارة المالېة", FINANCE),
    ("وز١رة المالية", FINANCE),  # digit one for alef
    ("وزار٥ المالي٥", FINANCE),  # digit five for heh
    ("وز۱رة المالية", FINANCE),  # Persian digit
    ("ﻭﺯﺍﺭﺓ ﺍﻟﻤﺎﻟﻴﺔ", FINANCE),  # presentation forms
    ("وزارo المالية", FINANCE),  # Latin o for heh
    ("وزارة lلمالية", FINANCE),  # Latin l for alef
    ("وزارة Iلمالية", FINANCE),
    ("وزارة أﻟمالية", FINANCE),
    ("وزارة إلمالية", FINANCE),
    ("وزارة ٱلمالية", FINANCE),
    ("الامانة العامة لمجلس الوزراء", COUNCIL),
    ("الأمانه العامّة لمجلس الوزرآء", COUNCIL),
    ("سلمي ال مثال", SALMA),
    ("سلمى أل مثال", SALMA),
    ("احمد بن سعيد المثال", AHMAD),
    ("أحمد بن سعید المثال", AHMAD),
    ("مڪتب وزير المالية", "office minister@mof.gov.example"),  # swash kaf
    ("مکتب وزیر المالیة", "office minister@mof.gov.example"),
    ("الخزىنة", "office treasury@mof.gov.example"),
    # invisible and separating characters
    ("وزارة\u200c المالية", FINANCE),
    ("وزا\u200dرة المالية", FINANCE),
    ("\u200fوزارة المالية\u200f", FINANCE),
    ("\u2067وزارة المالية\u2069", FINANCE),
    ("وزارة\u00a0المالية", FINANCE),
    ("وزارةالمالية", FINANCE),
    ("و ز ا ر ة  ا ل م ا ل ي ة", FINANCE),
    ("«وزارة المالية»", FINANCE),
    ("وزارة - المالية", FINANCE),
    ("وزارة المالية ✔", FINANCE),
    ("M.O.F.", FINANCE),
    ("Mi\u00adnis\u200btry of Fin\u2060ance", FINANCE),
    ("Ministry\u3164of Finance", FINANCE),  # Hangul filler
    ("Ministry_of_Finance", FINANCE),
    ("Mini\u034fstry of Finance", FINANCE),
    ("Min istry of Fi nance", FINANCE),
    # Latin look-alikes
    ("MINISTRY OF FINANCE", FINANCE),
    ("MlNlSTRY OF FlNANCE", FINANCE),
    ("M1nistry of F1nance", FINANCE),
    ("Ministry 0f Finance", FINANCE),
    ("Ministry of Finаnce", FINANCE),  # Cyrillic a
    ("Міnіstrу оf Fіnаnсе", FINANCE),  # Cyrillic throughout
    ("МІΝІЅТRУ ОF FІΝАΝСЕ", FINANCE),  # Cyrillic and Greek capitals
    ("Ｍｉｎｉｓｔｒｙ ｏｆ Ｆｉｎａｎｃｅ", FINANCE),
    ("𝐌𝐢𝐧𝐢𝐬𝐭𝐫𝐲 𝐨𝐟 𝐅𝐢𝐧𝐚𝐧𝐜𝐞", FINANCE),
    ("𝚳𝐢𝐧𝐢𝐬𝐭𝐫𝐲 of Finance", FINANCE),  # mathematical Greek capital
    ("Ⓜinistry of Ⓕinance", FINANCE),
    ("🅼inistry of 🅵inance", FINANCE),
    ("Mıniştry of Fínancé", FINANCE),
    ("Ministry of Ｔransport & Communications", TRANSPORT),
    ("Ministry of Transport and Cornrnunications", TRANSPORT),
    ("ꓟinistry of ꓝinance", FINANCE),  # Lisu
    ("ᎷᏆnistry of Finance", FINANCE),  # Cherokee
    ("ᴍɪɴɪsᴛʀʏ ᴏғ ғɪɴᴀɴᴄᴇ", FINANCE),  # small capitals
    ("The Ministry of Finance", FINANCE),
    ("Ministry of lnterior", INTERIOR),
    ("Μinistry of Ιnterior", INTERIOR),  # Greek Mu and Iota
    # titles before a person's name
    ("د. أحمد بن سعيد المثال", AHMAD),
    ("معالي الدكتور أحمد بن سعيد المثال", AHMAD),
    ("H.E. Dr. Ahmad Saeed Al-Mithal", AHMAD),
    ("السيد أحمد بن سعيد المثال - وزارة المالية", AHMAD),
    # another order, and several names in one
    ("Finance, Ministry of", FINANCE),
    ("Al-Mithal, Ahmad Saeed", AHMAD),
    ("المثال، أحمد بن سعيد", AHMAD),
    ("السجل العام - وزارة المالية", FINANCE),
    ("وزارة المالية، السجل العام", FINANCE),
    ("Registry, Ministry of Finance", FINANCE),
    ("وزارة المالية (MOF)", FINANCE),
    ("وزارة المالية Ministry of Finance", FINANCE),
    ("registry.mof.gov.example", FINANCE),
    ("نورة المثال - وزارة المالية", FINANCE),
    ("وزارة العدل - وزارة المالية", FINANCE),
    # the gateway
    (DISPLAY_NAME, "gateway"),
    ("مراسلات", "gateway"),
    ("MURASALAT", "gateway"),
    ("Murаsalаt", "gateway"),
    ("مُراسلات", "gateway"),
    ("بوابة مراسلات", "gateway"),
    ("إيصالات مراسلات", "gateway"),
    ("Murasalat Receipts", "gateway"),
    ("وزارة العدل - مراسلات", "gateway"),
]
HONEST = [
    # the agency, the office and the people who act for it
    *("وزارة العدل", "Ministry of Justice", "MINISTRY OF JUSTICE", "وزاره العدل", "MOJ", "moj.gov.example"),
    *("السجل العام", "Registry", "السجل العام - وزارة العدل", "Registry, Ministry of Justice"),
    *("وزارة العدل (MOJ)", "وزارة العدل | Ministry of Justice", "Registry (MOJ)", "MOJ Registry"),
    *("نورة المثال", "Noura Al-Mithal", "Al-Mithal, Noura", "NOURA ALMITHAL", "نوره المثال"),
    *("علي حسن المثال", "Ali Hassan Al-Mithal", "نورة المثال - وزارة العدل", "Noura Al-Mithal (MOJ)"),
    *("نورة المثال، السجل العام، وزارة العدل", "Noura Al-Mithal, Registry, Ministry of Justice"),
    # other words around another's name
    *("إدارة التنسيق مع وزارة المالية", "Liaison with the Ministry of Finance"),
    *("لجنة وزارة المالية والعدل", "مندوب العدل لدى وزارة الداخلية", "Joint Committee of Justice and Finance"),
    *("إدارة الشؤون المالية", "Finance Department", "الشؤون المالية", "قسم الخزينة والصندوق"),
    *("مكتب متابعة قرارات الأمانة العامة لمجلس الوزراء", "Treasury Liaison Desk", "MOF Desk"),
    *("فريق مشروع مراسلات", "Murasalat project team", "دعم مراسلات في وزارة العدل"),
    *("مدير إدارة التسجيل العقاري والتوثيق", "Head of Property Registration", "قسم التوثيق"),
    # people who are nobody else
    *("أ. نورة المثال", "السيدة نورة المثال، وزارة العدل", "Mrs. Noura Al-Mithal", "الدكتور", "د.", "معالي", "Dr."),
    *("فاطمة المثال", "Fatima Al-Mithal", "أحمد المثال", "Ahmad Al-Mithal", "علي", "Ali", "سعيد أحمد المثال"),
    *("د. خالد المثال", "م. سارة المثال", "Dr. Khalid Al-Mithal", "أ.د. يوسف آل مثال", "José Ñandú", "Zoë Müller"),
    *("Fahad Former", "فهد السابق"),  # acts for no office any more
    # words that come near
    *("وزارة", "المالية", "Ministry", "Finance", "وزارة الماليين", "الأمانة العامة لمجلس الوزرا",
      "وزارة العدالة", "Ministry of Finances"),
    *("محكمة 5", "محكمة 0", "Court 5", "Court 0", "الدائرة ٥", "Unit 10", "Unit 1O2", "المكتب رقم 1"),
    *("", " ", "-", "✔", "\u200f", "\u0651", "1", "ا", "a", "...", "صندوق البريد", "البريد الوارد"),
    *("إدارة نظم المعلومات", "IT Department", "الموارد البشرية", "Human Resources", "قطاع المحاكم"),
    "\u2067قسم التوثيق\u2069",
    "كلمة " * 60,
    "Ministry of Finance " * 12,
]  # fmt: skip


def test_the_tables_are_long_enough() -> None:
    assert len(BORROWED) >= 60
    assert len(HONEST) >= 60
    assert len(dict(BORROWED)) == len(BORROWED)


@pytest.mark.parametrize(("name", "expected"), BORROWED)
def test_a_borrowed_name_is_found_however_it_is_written(name: str, expected: str) -> None:
    assert whose(name) == expected


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_name_passes(name: str) -> None:
    assert whose(name) == ""


def test_beside_another_office_s_address_its_own_name_may_stand() -> None:
    assert whose("مكتب وزير المالية", "minister@mof.gov.example") == ""
    assert whose("وزارة المالية", "minister@mof.gov.example") == ""
    assert whose("Ministry of Interior", "minister@mof.gov.example") == INTERIOR


def test_a_namesake_keeps_the_name_and_a_stranger_does_not_get_it() -> None:
    ahmad = person("ahmad.moj", "أحمد بن سعيد المثال", "Ahmad Saeed Al-Mithal", HERE)
    other = Account("ahmad.moj", "password", officer=ahmad)
    assert whose("Ahmad Saeed Al-Mithal", account=other) == ""
    assert whose("أحمد بن سعيد المثال", account=other) == ""
    assert whose("Ahmad Saeed Al-Mithal") == AHMAD


def test_a_system_has_no_name_of_its_own_to_borrow_under() -> None:
    system = System("dms.moj", "MOJ", "وزارة المالية", "Ministry of Finance", (HERE,))
    account = Account("dms.moj", "certificate", system=system)
    assert whose("Ministry of Finance", account=account) == FINANCE
    assert whose("Registry", account=account) == ""


def test_an_office_s_name_that_only_one_other_agency_bears_is_that_office_s() -> None:
    twice = names_of(
        AGENCIES, (*OFFICES, Office("treasury@moi.gov.example", "MOI", "الخزينة", "Treasury")), ()
    )
    here = Writer.of(ACCOUNT, [BY_ADDRESS[HERE]])
    assert borrowed("Treasury", twice, here) is None
    found = borrowed("Treasury", NAMES, here)
    assert found is not None
    assert (found.kind, str(found)) == (Kind.OFFICE, "the office treasury@mof.gov.example")


def test_a_name_that_is_an_agency_s_too_is_no_office_s_to_share() -> None:
    offices = [replace(one, name_en="Ministry of Finance") for one in OFFICES[3:5]]
    found = borrowed(
        "Ministry of Finance", names_of(AGENCIES, offices, ()), Writer.of(ACCOUNT, [BY_ADDRESS[HERE]])
    )
    assert found is not None
    assert found.key == "MOF"


TEXTS = st.text(st.sampled_from("وزارةالمالي ـَ\u200f\u2067oO0iIl1rnm-.,\u0430Ⓜ🅼٥5 &"), max_size=40)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.integers(0, 40))
def test_blanks_and_invisible_characters_change_nothing(text: str, at: int) -> None:
    for put in (" ", "\u200f", "\u200b", "\u0640", "\u064e", "-", "\u00ad"):
        assert whose(text[:at] + put + text[at:]) == whose(text) or "," in text or " and" in text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=256))
def test_any_text_is_answered(text: str) -> None:
    whose(text)


@pytest.mark.parametrize(
    "text", ["و " * 128, "MOF " * 64, "Registry " * 28, "\u064e" * 256, "ﷺ" * 256, "," * 256]
)
def test_time_is_bounded(text: str) -> None:
    start = time.process_time()
    whose(text)
    assert time.process_time() - start < 0.2
