"""One gpg process at a time limit: how this gateway runs GnuPG through python-gnupg.

Invariants:
- No gpg outlives its time limit: it is ended, and TimeoutError is raised.
- The environment is given whole: nothing of the service's own environment reaches gpg but PATH.
- Octets reach gpg as files in memory (memfd_create(2)), never on the command line and never on a disk where the
  kernel offers the former.
"""

import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import IO, Any

import gnupg

# gpg of this gateway never asks a network, a person or an options file for anything.
ALONE = (
    "--no-options",
    "--disable-dirmngr",
    "--no-auto-key-retrieve",
    "--no-auto-key-import",
    "--no-auto-key-locate",
    "--no-permission-warning",
    "--trust-model",
    "always",
    "--weak-digest",
    "SHA1",
)


class GnupgProcess(gnupg.GPG):  # type: ignore[misc]  # python-gnupg carries no types
    """python-gnupg with a time limit, UTF-8, an environment of its own and no reader threads.

    `limit` is in seconds for each process. `status_on_stdout` moves gpg's status lines away from its
    messages: nothing that gpg prints for a person can then be taken for a status line. Raises OSError when gpg
    cannot be run and ValueError when it does not start properly.
    """

    def __init__(
        self,
        home: Path,
        options: Sequence[str],
        *,
        limit: float,
        locale: str = "C.UTF-8",
        status_on_stdout: bool = False,
    ) -> None:
        self.limit = limit
        self.status_on_stdout = status_on_stdout
        super().__init__(
            gnupghome=str(home),
            options=[*options, "--status-fd", "1"] if status_on_stdout else list(options),
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": locale},
            encoding="utf-8",
        )

    def run(self, kind: str, arguments: Sequence[str], *inputs: bytes) -> Any:
        """Run one gpg command on `inputs`, each given as a file after the arguments.

        `kind` names the result class in `result_map`. Raises OSError, of which TimeoutError is one.
        """
        result = self.result_map[kind](self)
        with ExitStack() as files:
            paths = [files.enter_context(in_memory(octets)) for octets in inputs]
            self._collect_output(self._open_subprocess([*arguments, *paths]), result)
        return result

    def output(self, *arguments: str) -> tuple[int, bytes]:
        """Run one gpg command; give its exit code and what its stdout carried, unread.

        Raises OSError, of which TimeoutError is one.
        """
        process = self._open_subprocess(list(arguments))
        output, _messages = self._communicate(process)
        return int(process.returncode), output

    def _communicate(self, process: Popen[bytes]) -> tuple[bytes, bytes]:
        try:
            return process.communicate(timeout=self.limit)
        except TimeoutExpired:
            process.kill()
            process.communicate()
            raise TimeoutError(f"gpg was ended after {self.limit} s") from None

    def _collect_output(
        self,
        process: Popen[bytes],
        result: Any,
        writer: Any = None,
        stdin: IO[bytes] | None = None,  # noqa: ARG002 - the signature is python-gnupg's
    ) -> int:
        """Read both streams to their end, within the limit, on this thread.

        python-gnupg starts two threads here; one poll(2) loop costs half of it and knows a time limit. A stream
        that is not UTF-8 is read with replacement characters instead of failing on a thread of its own.
        """
        if writer is not None:
            raise RuntimeError("operations that feed gpg by a thread have no time limit: use run()")
        output, messages = self._communicate(process)
        status = output if self.status_on_stdout else messages
        result.data = output
        self._read_response(io.StringIO(status.decode("utf-8", "replace"), newline="\n"), result)
        result.returncode = process.returncode
        return int(process.returncode)


@contextmanager
def in_memory(octets: bytes) -> Iterator[str]:
    """Lend a path under which another process of this user can read `octets`."""
    if not hasattr(os, "memfd_create"):
        with tempfile.NamedTemporaryFile() as file:
            file.write(octets)
            file.flush()
            yield file.name
        return
    descriptor = os.memfd_create("letter", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        file.write(octets)
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
