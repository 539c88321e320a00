"""What a child process does before it becomes its command: it writes down who it is, and makes way for the server.

`python -m plugin_bridge.jobs.child FOLDER COMMAND...`. It keeps its pid and its start, so whoever reads the file finds
the command, also where the bridge that started it died before it could note anything.
"""

import os
import sys
from pathlib import Path

import orjson
import psutil

PROCESS_FILE = "process.json"
_NICE = 5


def main() -> None:
    """Note pid and start in the folder, then be `kindred COMMAND...`."""
    folder, command = Path(sys.argv[1]), sys.argv[2:]
    own = psutil.Process()
    draft = folder / f".{PROCESS_FILE}"
    draft.write_bytes(orjson.dumps({"pid": own.pid, "born": own.create_time()}))
    draft.replace(folder / PROCESS_FILE)
    os.nice(_NICE)
    os.execv(sys.executable, [sys.executable, "-m", "plugin_bridge", *command])


if __name__ == "__main__":
    main()
