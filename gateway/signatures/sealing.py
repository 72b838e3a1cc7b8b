"""The gateway's own OpenPGP signature: the seal on receipts and notices.

Invariants:
- The private key lives in gpg-agent's home alone. It passes into this process only where `in_process` is asked for, and
  then never leaves its memory.
- No seal leaves `sign` that Sequoia, given only the public key, does not find good over exactly the octets
  asked for.
- No passphrase is ever handed to python-gnupg (an empty one makes it drop the first line of what it signs). The key
  is stored without protection, because a service starts without a person; the home's mode 0700 guards it.
- `close` ends the agent of this home and of no other.
"""

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeAlias

from gateway.signatures.openpgp import sequoia
from gateway.signatures.openpgp.armor import dearmor
from gateway.signatures.openpgp.process import ALONE, GnupgProcess
from policies.signature import Finding

MICALG = "pgp-sha512"  # RFC 3156 section 5: names the hash of what `sign` returns
_SOCKET_LIMIT = (
    106  # octets of a path in sockaddr_un (unix(7)) that gpg-agent takes: 108, less the NUL and one
)
_LONGEST_SOCKET = len("/S.gpg-agent.browser")
_NAME = re.compile(r"[^\x00-\x1f\x7f<>()@]{5,100}")
_COMMENT = re.compile(r"[^\x00-\x1f\x7f<>()@]{0,100}")
_ADDRESS = re.compile(r"[^\x00-\x20\x7f<>()@]+@[^\x00-\x20\x7f<>()@]+")


Sign: TypeAlias = Callable[[bytes], bytes]


class SealingError(RuntimeError):
    """The gateway cannot seal: a stable `code`, a sentence in each language, and what gpg said last."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.text_ar, self.text_en = _TEXTS[code]
        self.detail = detail
        super().__init__(f"{code}: {self.text_en} {detail}".rstrip())


_TEXTS = {
    "no-sealing-key": (
        "لا يوجد مفتاح ختم للبوابة. أنشئه أولاً.",
        "The gateway has no sealing key. Create one first.",
    ),
    "sealing-key-exists": (
        "مفتاح ختم البوابة موجود من قبل.",
        "The gateway's sealing key exists already.",
    ),
    "bad-name": (
        "اسم المفتاح أو عنوانه قصير أو فيه رمز غير مسموح به.",
        "The key's name or address is too short or has a character that is not allowed.",
    ),
    "home-too-long": (
        "مسار مجلد الختم أطول مما يسمح به النظام لمقبس gpg-agent، ولا يوجد مجلد مؤقت قصير.",
        "The sealing home's path is too long for gpg-agent's socket, and no short temporary directory is there.",
    ),
    "sealing-key-kept": (
        'لا يُسلّم gpg-agent مفتاح الختم (كمفتاح على بطاقة). اجعل الإعداد seal_key = "agent".',
        'gpg-agent does not give out the sealing key (as one on a card). Set seal_key = "agent".',
    ),
    "sealing-failed": (
        "تعذّر على GnuPG إنجاز الختم.",
        "GnuPG could not do the sealing.",
    ),
    "seal-unverified": (
        "لم يثبت الختم عند التحقق منه فلم يُستعمل.",
        "The seal did not verify, so it was not used.",
    ),
    "sealing-closed": (
        "أُغلقت خدمة الختم.",
        "The sealing service is closed.",
    ),
}


class Sealer:
    """Seal with the gateway's key for `address`, kept in the gpg home `home` (made with mode 0700 when missing).

    Thread-safe, and a context manager. `limit` is in seconds for each gpg process. Where there is a key, the
    construction starts the gpg-agent, so no two first seals race for it; it lives until `close`.

    `in_process`: Sequoia signs in this process with the key that gpg-agent gives out once, which costs about a fiftieth
    of asking the agent for each seal; a key that the agent cannot give out (a card's) needs False. Raises SealingError,
    and OSError or ValueError when gpg cannot be run at all.
    """

    def __init__(self, home: Path, address: str, *, in_process: bool = False, limit: float = 30.0) -> None:
        if not _ADDRESS.fullmatch(address):
            raise SealingError("bad-name")
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._address = address
        self._limit = limit
        self._alias, self._home = _short_path(home.resolve())
        # Nobody stands at a service to type: a question of the agent fails at once instead of waiting.
        self._gpg = GnupgProcess(self._home, (*ALONE, "--pinentry-mode", "error"), limit=limit)
        self._lock = threading.Lock()
        self._closed = False
        self._in_process = in_process
        self._sign: Sign = self._sign_by_agent
        try:
            self._fingerprint, self._armored = self._load()
            self._choose_signer()
        except SealingError:
            self.close()
            raise

    @property
    def fingerprint(self) -> str:
        """The sealing key's fingerprint in upper-case hexadecimal; "" before `create`."""
        return self._fingerprint

    def create(self, name: str = "مراسلات Murasalat", comment: str = "receipts") -> str:
        """Make the sealing key: Ed25519, user id "NAME (COMMENT) <ADDRESS>". Return its fingerprint.

        Raises SealingError: bad-name, sealing-key-exists, sealing-failed.
        """
        if not _NAME.fullmatch(name) or not _COMMENT.fullmatch(comment):
            raise SealingError("bad-name")
        with self._lock:
            if self._load()[0]:
                raise SealingError("sealing-key-exists")
            parameters: str = self._gpg.gen_key_input(
                key_type="EDDSA",
                key_curve="ed25519",
                key_usage="sign",
                name_real=name,
                name_comment=comment,
                name_email=self._address,
                expire_date="0",
                no_protection=True,
            )
            result = self._run("generate", ["--generate-key"], parameters.encode())
            self._fingerprint, self._armored = self._load()
            if not self._fingerprint:
                raise SealingError("sealing-failed", _last_message(result))
            self._choose_signer()
        return self._fingerprint

    def public_key(self) -> bytes:
        """Give the public key, armored. Raises SealingError: no-sealing-key."""
        if not self._armored:
            raise SealingError("no-sealing-key")
        return self._armored

    def sign(self, octets: bytes) -> bytes:
        """Sign `octets`; return the detached signature, armored and already verified by Sequoia.

        Raises SealingError: no-sealing-key, sealing-failed, seal-unverified, sealing-closed.
        """
        public = self.public_key()
        if self._closed:
            raise SealingError("sealing-closed")
        try:
            seal = self._sign(octets)
        except sequoia.SequoiaError as failure:
            raise SealingError("sealing-failed", str(failure)) from None
        facts = sequoia.verify(octets, seal, dearmor(public, "PUBLIC KEY BLOCK"))
        if facts.finding is not Finding.GOOD or facts.fingerprint != self._fingerprint:
            raise SealingError("seal-unverified", facts.finding)
        return seal

    def close(self) -> None:
        """Stop the agent of this home. More than once does no harm."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            command = [
                shutil.which("gpgconf") or "gpgconf",
                "--homedir",
                str(self._home),
                "--kill",
                "gpg-agent",
            ]
            # An agent that cannot be told to end is no reason to fail while ending.
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(command, check=False, capture_output=True, timeout=self._limit)  # noqa: S603
            if self._alias is not None:
                shutil.rmtree(self._alias, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _choose_signer(self) -> None:
        """Take the key into this process where that is asked for and there is one."""
        if not self._in_process or not self._fingerprint:
            return
        result = self._run("export", ["--export-secret-keys", f"{self._fingerprint}!"])
        try:
            self._sign = sequoia.signer(result.data)
        except ValueError:
            raise SealingError("sealing-key-kept", _last_message(result)) from None

    def _sign_by_agent(self, octets: bytes) -> bytes:
        arguments = ["--local-user", self._fingerprint, "--digest-algo", "SHA512", "--armor"]
        result = self._run("sign", [*arguments, "--output", "-", "--detach-sign"], octets)
        seal: bytes = result.data
        if result.returncode != 0 or not seal:
            raise SealingError("sealing-failed", _last_message(result))
        return seal

    def _load(self) -> tuple[str, bytes]:
        """Fingerprint and armored public key of the newest usable key for the address, or nothing of both."""
        try:
            listed = self._gpg.list_keys(secret=True)
        except OSError as failure:
            raise SealingError("sealing-failed", str(failure)) from None
        usable = [
            (int(key["date"]), key["fingerprint"])
            for key in listed
            if key["trust"] not in {"r", "e"}
            and any(one.endswith(f"<{self._address}>") for one in key["uids"])
        ]
        if not usable:
            return "", b""
        fingerprint: str = max(usable)[1]
        return fingerprint, self._run("export", ["--armor", "--export", fingerprint]).data

    def _run(self, kind: str, arguments: list[str], *inputs: bytes) -> Any:
        try:
            return self._gpg.run(kind, arguments, *inputs)
        except OSError as failure:
            raise SealingError("sealing-failed", str(failure)) from None


def _short_path(home: Path) -> tuple[Path | None, Path]:
    """Give a path of `home` that leaves room for the agent's sockets, and the directory made for it if any.

    The sockets lie in the home, but the path by which they are opened may have 106 octets only. For a longer one a
    symbolic link in a private short directory stands in: same home, same sockets, shorter name.
    """
    room = _SOCKET_LIMIT - _LONGEST_SOCKET
    if len(os.fsencode(home)) <= room:
        return None, home
    alias = Path(tempfile.mkdtemp(prefix="murasalat-"))
    link = alias / "gpg"
    if len(os.fsencode(link)) > room:
        alias.rmdir()
        raise SealingError("home-too-long", str(home))
    link.symlink_to(home, target_is_directory=True)
    return alias, link


def _last_message(result: Any) -> str:
    """The last line gpg wrote, for the operator's log."""
    lines = str(getattr(result, "stderr", "")).strip().splitlines()
    return lines[-1][:200] if lines else ""
