"""The screen of a session: a virtual one of its own (Xvfb) where the program is installed, else none."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def screen(size: str = "1400x900x24") -> Iterator[str]:
    """Let Qt draw there for a while, and yield in words where. A `QT_QPA_PLATFORM` that somebody chose stays."""
    chosen = os.environ.get("QT_QPA_PLATFORM")
    program = shutil.which("Xvfb")
    if chosen or program is None:
        yield f"Qt's platform {chosen}" if chosen else "no screen, Xvfb is not installed: Qt draws into memory"
        return
    reading, writing = os.pipe()
    command = [program, "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    before = os.environ.get("DISPLAY")
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()  # empty where it ended before it was ready
        if not number:
            raise RuntimeError(f"Xvfb does not start: {' '.join(command)}")
        os.environ |= {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        yield f"Xvfb, display :{number}, {size}"
    finally:
        os.environ.pop("QT_QPA_PLATFORM", None)
        if before is None:
            os.environ.pop("DISPLAY", None)
        else:
            os.environ["DISPLAY"] = before
        server.terminate()
        server.wait(10)
