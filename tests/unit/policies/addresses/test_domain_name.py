from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.addresses.domain_name import canonical_domain, skeleton, unicode_domain

LATIN = (
    "moj.gov.example",
    "mof.gov.example",
    "moi.gov.example",
    "cm.gov.example",
    "hmc.example",
    "kahramaa.example",
)
ARABIC = (
    "العدل.حكومة.قطر",
    "المالية.حكومة.قطر",
    "الداخلية.حكومة.قطر",
    "الأشغال.قطر",
    "الإسكان.قطر",
    "وزارة-الصحة.قطر",
)

# What an attacker would put in the place of a letter.
TWINS = {
    "o": "0оοօ\uff4fo\u0338",
    "e": "еҽ\uff45",
    "a": "аɑ\uff41",
    "i": "іıí",
    "m": ("rn", "м", "\uff4d"),
    "l": "1ӏ",
    "j": "јϳ",
    "g": "ɡ\uff47",
    "h": "һ",
    "c": "сϲ",
    "x": "хχ",
    "v": "ν",
    "k": "κ",
    "r": "г",
    "ا": "أإآٱ\ufe8d١1",
    "أ": "اإآ",
    "إ": "اأآ",
    "ل": ("لـ", "ل\u200d", "\ufedd"),
    "ي": "ىیې\ufef1",
    "ة": "هۃہ",
    "ك": "کڪ",
    "د": ("د\u064e", "ڈ", "ڊ"),
    "ع": "ڠ\ufec9",
    "و": "ؤۆ\u0648\u064f",
    "ح": "حۡ",
    "ص": "ڝ",
    ".": "\u3002\uff0e\uff61\u06d4",
}
INVISIBLE = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad\u061c\u0640"
)


def confusables() -> list[tuple[str, str]]:
    """Return pairs of an enrolled domain and a spelling that looks like it."""
    pairs = []
    for domain in (*LATIN, *ARABIC):
        for index, letter in enumerate(domain):
            pairs += [(domain, domain[:index] + twin + domain[index + 1 :]) for twin in TWINS.get(letter, "")]
        pairs += [(domain, domain[:2] + mark + domain[2:]) for mark in INVISIBLE]
        pairs += [(domain, f"{domain}."), (domain, f".{domain}"), (domain, domain.replace(".", "..", 1))]
    return [(domain, twin) for domain, twin in pairs if twin != domain]


def test_no_confusable_domain_can_be_enrolled_or_taken_for_an_enrolled_one() -> None:
    enrolled = {canonical_domain(domain) for domain in (*LATIN, *ARABIC)}
    shapes = {skeleton(domain) for domain in enrolled if domain}
    assert None not in enrolled
    pairs = confusables()
    assert len(pairs) >= 300
    for domain, twin in pairs:
        canonical = canonical_domain(twin)
        assert canonical not in enrolled, (domain, twin)
        assert canonical is None or skeleton(canonical) in shapes, (domain, twin)


def test_agencies_with_names_of_different_shape_do_not_stand_in_each_others_way() -> None:
    codes = [f"{first}{second}{third}" for first, second, third in product("bcdfm", "aeiou", "cdfhijlpst")]
    shapes = {skeleton(f"{code}.gov.example") for code in codes}
    assert len(shapes) == len(codes)


def test_a_hundred_honest_arabic_domains_are_accepted_in_both_spellings() -> None:
    bodies = (
        *(
            "العدل",
            "المالية",
            "الداخلية",
            "الخارجية",
            "الدفاع",
            "الصحة",
            "التعليم",
            "البلدية",
            "البيئة",
            "المواصلات",
        ),
        *(
            "الاتصالات",
            "الثقافة",
            "الرياضة",
            "العمل",
            "التجارة",
            "الأوقاف",
            "الطاقة",
            "التخطيط",
            "الجمارك",
            "الأشغال",
        ),
        *(
            "كهرماء",
            "الديوان",
            "مجلس-الوزراء",
            "مجلس-الشورى",
            "النيابة",
            "المحاكم",
            "الأرصاد",
            "المرور1",
            "الإحصاء٢",
        ),
        *("المتاحف", "المكتبة", "الإسعاف", "الدفاع-المدني", "الموانئ"),
    )
    accepted = 0
    for body, parent in product(bodies, ("قطر", "حكومة.قطر", "مثال")):
        canonical = canonical_domain(f"{body}.{parent}")
        assert canonical is not None, body
        assert canonical.isascii()
        assert unicode_domain(canonical) == f"{body}.{parent}"
        assert canonical_domain(canonical) == canonical == canonical_domain(canonical.upper())
        accepted += 1
    assert accepted >= 100


@pytest.mark.parametrize(
    "domain",
    [
        *(
            "",
            ".",
            "moj",
            "moj.",
            ".moj.example",
            "moj..example",
            "-moj.example",
            "moj-.example",
            "m_j.example",
        ),
        *(
            "ab--c.example",
            "moj.1example",
            "192.0.2.1",
            "moj.example.1",
            "[192.0.2.1]",
            "moj.exa mple",
            "moj.example\n",
        ),
        *("xn--.example", "xn--a.example", "xn--99999999.example", "xn--moj-.example", "moj.xn--mgbexc3i"),
        *(
            "xn--mller-kva.example",
            "xn--pple-43d.example",
            "قطر",
            "وزارة.example",
            "a.قطر",
            "وزارةa.قطر",
            "12.قطر",
        ),
        *("a" * 64 + ".example", ".".join(["a" * 60] * 5), "ب" * 60 + ".قطر"),
    ],
)
def test_what_is_no_domain_of_an_agency_is_refused(domain: str) -> None:
    assert canonical_domain(domain) is None


def test_an_a_label_is_taken_only_in_its_one_canonical_spelling() -> None:
    label = "وزارة".encode("punycode").decode()
    assert canonical_domain(f"xn--{label}.xn--wgbl6a") == canonical_domain("وزارة.قطر")
    assert canonical_domain(f"xn---{label}.xn--wgbl6a") is None
    decomposed = "الأشغال".replace("أ", "ا\u0654").encode("punycode").decode()
    assert canonical_domain(f"xn--{decomposed}.xn--wgbl6a") is None


def test_labels_that_are_no_a_labels_are_shown_as_they_are() -> None:
    assert unicode_domain("xn--pple-43d.example") == "xn--pple-43d.example"
    assert unicode_domain("xn--\udcff.example") == "xn--\udcff.example"


@given(st.text(st.sampled_from("abxn019-.وزارةقط١٢ـ\u200d\u0654A") | st.characters(), max_size=70))
def test_canonical_form_is_stable_and_ascii(text: str) -> None:
    canonical = canonical_domain(text)
    if canonical is not None:
        assert canonical.isascii()
        assert canonical == canonical.lower() == canonical_domain(canonical)
        assert canonical_domain(unicode_domain(canonical)) == canonical
        assert skeleton(canonical) == skeleton(
            canonical_domain(text.upper() if text.isascii() else text) or ""
        )
    assert isinstance(unicode_domain(text), str)
    assert isinstance(skeleton(text), str)
