"""Who runs the node: OpenSearch refuses to run as root, so root hands it to a user without rights."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opensearch.errors import NodeError


@dataclass(frozen=True)
class RunAs:
    """The user that the node is handed to."""

    name: str
    uid: int
    gid: int

    def for_subprocess(self) -> dict[str, Any]:
        """Arguments with which `subprocess` becomes this user, with no other groups."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Give a folder and all that is in it to this user, unless it is this user's already."""
        if folder.stat().st_uid == self.uid:
            return
        os.chown(folder, self.uid, self.gid)
        for path in folder.rglob("*"):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def may_write(self, folder: Path) -> bool:
        """Return whether this user can reach `folder` and write in it."""
        asked = subprocess.run(
            ["test", "-w", folder, "-a", "-x", folder], check=False, cwd="/", **self.for_subprocess()
        )
        return asked.returncode == 0


def run_as(name: str) -> RunAs | None:
    """Return the user to hand the node to: none, unless this process is root.

    Raises:
        NodeError: there is no such user, or it is root as well.
    """
    if os.name != "posix" or os.geteuid() != 0:
        return None
    import pwd

    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise NodeError(f"KINDRED_NODE_USER={name}: this machine has no such user") from None
    if entry.pw_uid == 0:
        raise NodeError(f"KINDRED_NODE_USER={name}: OpenSearch does not run as root; name a user without rights")
    return RunAs(name, entry.pw_uid, entry.pw_gid)
