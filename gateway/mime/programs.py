"""Attached files that a double click would run, by name, by type and by their first octets.

Archives are not opened: what a zip holds is not known here.

Invariants:
- Pure and linear; of a body only the beginning is decoded, all of it only for an OLE file, whose directory may lie at
  its end.
- A name is judged as Windows would see it: compatibility forms resolved, invisible characters, trailing dots and blanks
  gone.
"""

import re
import unicodedata
from typing import Literal

from gateway.mime.transfer import decode_transfer

Program = Literal["executable", "macros"]

_EXTENSIONS = frozenset({
    # Windows
    "ade", "adp", "appx", "appxbundle", "application", "appref-ms", "bat", "chm", "cmd", "com", "cpl", "diagcab",
    "dll", "drv", "exe", "gadget", "hlp", "hta", "inf", "ins", "isp", "jse", "lnk", "mde", "msc", "msi", "msix",
    "msixbundle", "msp", "mst", "ocx", "pif", "ps1", "ps1xml", "ps2", "psc1", "psd1", "psm1", "rdp", "reg", "scf",
    "scr", "sct", "shb", "shs", "sys", "theme", "themepack", "url", "vb", "vbe", "vbs", "vxd", "website", "wsc",
    "wsf", "wsh", "xbap", "xll", "library-ms", "search-ms", "searchconnector-ms", "settingcontent-ms",
    "desktopthemepackfile",
    # images of disks, which open as drives
    "dmg", "img", "iso", "udf", "vhd", "vhdx", "vmdk",
    # everywhere
    "apk", "app", "bash", "class", "command", "csh", "deb", "desktop", "elf", "ipa", "jar", "jnlp", "js", "ksh", "mjs",
    "php", "pl", "pkg", "py", "pyc", "pyw", "pyz", "rb", "rpm", "run", "sh", "so", "wasm", "workflow", "xpi", "zsh",
})  # fmt: skip
_MACRO_EXTENSIONS = frozenset({
    "docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppam", "ppsm", "sldm",
})  # fmt: skip
_TYPES = frozenset({
    "application/hta", "application/java-archive", "application/java-vm", "application/javascript",
    "application/ecmascript", "application/vnd.android.package-archive", "application/vnd.debian.binary-package",
    "application/vnd.microsoft.portable-executable", "application/wasm", "application/x-apple-diskimage",
    "application/x-bat", "application/x-cpl", "application/x-csh", "application/x-debian-package",
    "application/x-dosexec", "application/x-elf", "application/x-exe", "application/x-executable",
    "application/x-iso9660-image", "application/x-java-archive", "application/x-java-jnlp-file",
    "application/x-java-vm", "application/x-javascript", "application/x-mach-binary",
    "application/x-ms-application", "application/x-ms-installer", "application/x-ms-shortcut",
    "application/x-ms-xbap", "application/x-msdos-program", "application/x-msdownload", "application/x-msi",
    "application/x-perl", "application/x-php", "application/x-powershell", "application/x-python-code",
    "application/x-rpm", "application/x-sh", "application/x-sharedlib", "application/x-shellscript",
    "application/x-vbscript", "application/x-winexe", "application/exe", "application/dos-exe", "text/javascript",
    "text/ecmascript", "text/vbscript", "text/x-shellscript", "text/x-sh", "text/x-python", "text/x-perl",
})  # fmt: skip
_MACRO_TYPE = ".macroenabled."

_BEGINNINGS = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",  # Mach-O
    b"\xca\xfe\xba\xbe",  # Mach-O for several machines, and Java classes
    b"dex\n", b"\0asm",
    b"L\0\0\0\x01\x14\x02\0",  # Windows shortcut
    b"ITSF",  # compiled HTML help
    b"!<arch>\ndebian", b"\xed\xab\xee\xdb",  # packages
)  # fmt: skip
_SCRIPT = re.compile(rb"(?:\xef\xbb\xbf)?#![ \t]*+/")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")  # class of a Windows Installer database
_TNEF = b"\x78\x9f\x3e\x22"
_TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef", "application/x-tnef"})
_TNEF_NAMES = re.compile(
    r"(?:winmail|win)[0-9]{0,4}\.dat|att[0-9]{1,6}\.tnef|[^/]{0,200}\.tnef", re.IGNORECASE
)

_BEGINNING_OCTETS = 4096
_ENCODED_OCTETS = 3 * _BEGINNING_OCTETS  # quoted-printable triples


def program_by_name(name: str) -> Program | None:
    """Say what the last extension of a file's name makes it."""
    _stem, dot, extension = _as_windows_sees(name).rpartition(".")
    if not dot:
        return None
    if extension in _EXTENSIONS:
        return "executable"
    return "macros" if extension in _MACRO_EXTENSIONS else None


def _as_windows_sees(name: str) -> str:
    text = unicodedata.normalize("NFKC", name[-300:]).partition(":$")[0]
    shown = "".join([one for one in text if unicodedata.category(one) not in {"Cf", "Cc", "Mn"}])
    return shown.rstrip(":. ").casefold()


def program_by_type(media_type: str) -> Program | None:
    """Say what a part's type makes it."""
    if media_type in _TYPES:
        return "executable"
    return "macros" if _MACRO_TYPE in media_type else None


def beginning(body: bytes, encoding: str) -> bytes:
    """Return some 4 KiB of a body without its transfer encoding; under an unknown one as it stands."""
    start = body[:_ENCODED_OCTETS]
    return (decode_transfer(start, encoding) or start)[:_BEGINNING_OCTETS]


def program_by_content(start: bytes, body: bytes, encoding: str) -> bool:
    """Say whether a body, which begins so when it is decoded, is a program."""
    if start.startswith(_BEGINNINGS) or _SCRIPT.match(start):
        return True
    if start.startswith(b"MZ"):
        return b"\0" in start[:64]  # the header of DOS is binary; a text may begin with these letters
    return start.startswith(_OLE) and _is_installer(decode_transfer(body, encoding) or body)


def _is_installer(ole: bytes) -> bool:
    """Look up the class of the root storage (MS-CFB sections 2.2 and 2.6.1)."""
    shift = int.from_bytes(ole[30:32], "little")
    if shift not in {9, 12}:
        return False
    directory = (int.from_bytes(ole[48:52], "little") + 1) << shift
    return ole[directory + 80 : directory + 96] == _INSTALLER


def is_tnef(media_type: str, names: tuple[str, ...], start: bytes) -> bool:
    """Say whether a part is Outlook's winmail.dat by type, name or first octets."""
    named = any(_TNEF_NAMES.fullmatch(name.strip()) for name in names)
    return media_type in _TNEF_TYPES or named or start.startswith(_TNEF)
