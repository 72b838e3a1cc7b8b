"""A virtual screen with a pointer of its own: a press or a drag reaches the program as a person's hand brings it.

The pointer speaks the X server's XTEST extension, so that the program cannot tell it from a mouse. Positions are pixels
of the screen, from its upper left corner.
"""

import contextlib
import ctypes
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

WIDTH, HEIGHT = 1500, 950
PROGRAMS = ("Xvfb", "import", "convert")
LIBRARIES = ("libX11.so.6", "libXtst.so.6")
AWAY = (WIDTH // 2, HEIGHT - 3)  # where nothing lights up under the pointer
STEPS, STEP_SECONDS = 20, 0.05
SETTLING_SECONDS = 0.3
SMALL = ("-strip", "-dither", "None", "-colors", "128", "-define", "png:compression-level=9")

Point = tuple[float, float]


def missing_libraries() -> list[str]:
    """Return the libraries of the pointer that are not installed."""
    absent = []
    for name in LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            absent.append(name)
    return absent


class Screen:
    """An Xvfb on a display number that is free, as long as the block runs."""

    display: str

    def __enter__(self) -> Self:
        read, write = os.pipe()
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"],
            pass_fds=(write,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        self.display = f":{number}"
        self.pointer = Pointer(self.display)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pointer.close()
        end(self._server)

    def picture(self, path: Path) -> None:
        """Take a picture of the whole screen, small enough for a document."""
        environment = os.environ | {"DISPLAY": self.display}
        raw = subprocess.run(
            ["import", "-window", "root", "png:-"], env=environment, check=True, capture_output=True
        )
        subprocess.run(["convert", "png:-", *SMALL, str(path)], input=raw.stdout, check=True)


class Pointer:
    """The pointer of one display."""

    def __init__(self, display: str) -> None:
        self._x11, self._test = (ctypes.CDLL(name) for name in LIBRARIES)
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(self._x11.XOpenDisplay(display.encode()))
        if not self._display:
            raise RuntimeError(f"no display {display}")
        self.leave()

    def close(self) -> None:
        """Close the connection to the display."""
        self._x11.XCloseDisplay(self._display)

    def leave(self) -> None:
        """Go where nothing is under the pointer."""
        self._move(AWAY)

    def press(self, at: Point) -> None:
        """Press the first button at a point and let it go."""
        with self._held(at):
            pass
        self.leave()

    def drag(self, source: Point, target: Point, above: Callable[[], None] = lambda: None) -> None:
        """Drag what is at one point to another; `above` is called before it is let go there."""
        with self._held(source):
            for step in range(1, STEPS + 1):
                passed = step / STEPS
                self._move(
                    (
                        source[0] + (target[0] - source[0]) * passed,
                        source[1] + (target[1] - source[1]) * passed,
                    )
                )
                time.sleep(STEP_SECONDS)
            time.sleep(3 * SETTLING_SECONDS)
            above()
        self.leave()

    @contextlib.contextmanager
    def _held(self, at: Point) -> Iterator[None]:
        self._move(at)
        time.sleep(SETTLING_SECONDS)
        self._button(down=True)
        time.sleep(SETTLING_SECONDS)
        try:
            yield
        finally:
            self._button(down=False)
            time.sleep(SETTLING_SECONDS)

    def _move(self, to: Point) -> None:
        now = ctypes.c_ulong(0)
        self._test.XTestFakeMotionEvent(self._display, -1, round(to[0]), round(to[1]), now)
        self._x11.XFlush(self._display)

    def _button(self, *, down: bool) -> None:
        self._test.XTestFakeButtonEvent(self._display, 1, int(down), ctypes.c_ulong(0))
        self._x11.XFlush(self._display)


def end(program: "subprocess.Popen[bytes]") -> None:
    """End a program that was started here, by force if it does not heed."""
    program.terminate()
    try:
        program.wait(10)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait(10)
