"""No honest sender is turned away: fields as mail programs write them, Arabic and English, raw and encoded."""

import base64
from collections.abc import Iterator

import pytest

from policies.addresses.address import parse_from, parse_list

OWN = "registry@moj.gov.example"


def b64(text: str, charset: str = "utf-8", octets: str = "") -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(octets or charset)).decode()}?="


def q(text: str, charset: str = "utf-8") -> str:
    return f"=?{charset}?Q?{''.join(f'={octet:02X}' for octet in text.encode())}?="


def honest() -> Iterator[tuple[str, str, str]]:
    """Yield field value, address and display name as mail programs write them."""
    addresses = (
        OWN,
        "archive@cm.gov.example",
        "Legal.Affairs+2026@mof.gov.example",
        "o'brien_x-1@hmc.example",
    )
    arabic = (
        "سجل وزارة العدل",
        "مكتب الوزير",
        "إدارة الشؤون القانونية والعقود",
        "د. أحمد بن محمد الكواري",
        "آمنة عبدالله آل ثاني",
        "الأمانة العامة لمجلس الوزراء",
        "قسم الصادر والوارد - الدوحة",
        "هيئة الأشغال العامة، المقر الرئيسي",
        "لجنة المناقصات (٢٠٢٦)",
        "مؤسسة حمد\u200cالطبية",
    )
    english = (
        "Registry",
        "Ministry of Justice Registry",
        "Al-Kuwari, Ahmad",
        "Dr. Fatima O'Neill-Said",
        "Legal & Contracts (HQ)",
        'Ahmad "Abu Ali" Said',
        "Office no. 7: incoming",
        "A. B. C.",
    )
    for address in addresses:
        yield address, address, ""
        yield f"  {address} ", address, ""
        yield f"<{address}>", address, ""
        yield f'"{address}" <{address}>', address, address
        yield f"\"'{address}'\" <{address}>", address, f"'{address}'"
        for name in arabic:
            middle = len(name) // 2
            folded = f"{b64(name[:middle])} {b64(name[middle:])}"
            legacy = name.replace("\u200c", "")
            latin6 = legacy.translate({ord(d): str(i) for i, d in enumerate("٠١٢٣٤٥٦٧٨٩")})
            octets = name.encode()
            cut = b64_octets(octets[:5]) + " " + b64_octets(octets[5:])
            yield f'"{name}" <{address}>', address, name
            yield f'"{name}"<{address}>', address, name
            yield f"{b64(name)} <{address}>", address, name
            yield f"{b64(name)}\t<{address}>", address, name
            yield f"{q(name)} <{address}>", address, name
            yield f'"{q(name)}" <{address}>', address, name
            yield f"{folded} <{address}>", address, name
            yield f"{cut} <{address}>", address, name
            yield f"{b64(latin6, 'windows-1256', 'cp1256')} <{address}>", address, latin6
            yield f"{b64(latin6, 'iso-8859-6')} <{address}>", address, latin6
            if not set(name) & set("()"):
                yield f"{name} <{address}>", address, name
        for name in english:
            quoted = name.replace('"', '\\"')
            yield f'"{quoted}" <{address}>', address, name
            yield f"{b64(name)} <{address}>", address, name
            yield f"{q(name, 'us-ascii')} <{address}>", address, name
            yield f"{q(name, 'iso-8859-1')} <{address}>", address, name


def b64_octets(octets: bytes) -> str:
    return f"=?UTF-8?B?{base64.b64encode(octets).decode()}?="


def test_every_honest_field_is_read_with_its_name() -> None:
    fields = list(honest())
    assert len(fields) >= 500
    for value, address, display in fields:
        mailbox = parse_from(value.encode())
        assert (str(mailbox.address), mailbox.display) == (address, display), value
        assert parse_list(value.encode()) == (mailbox,)


def test_honest_lists_are_read_whole() -> None:
    fields = list(honest())
    for start in range(0, len(fields), 10):
        chosen = fields[start : start + 10]
        found = parse_list(", ".join(value for value, _, _ in chosen).encode())
        assert [(str(box.address), box.display) for box in found] == [(a, d) for _, a, d in chosen]


@pytest.mark.parametrize(
    "value",
    [
        # as Thunderbird 153 sends them, unfolded
        b" =?UTF-8?B?2KPYrdmF2K8g2KfZhNmD2YjYp9ix2Yo=?= <registry@moj.gov.example>",
        b" =?UTF-8?B?2LPYrNmEINmI2LLYp9ix2Kkg2KfZhNi52K/ZhA==?= <registry@moj.gov.example>",
        b" registry@moj.gov.example",
    ],
)
def test_fields_of_a_real_mail_program_are_read(value: bytes) -> None:
    assert parse_from(value).address.key == OWN
