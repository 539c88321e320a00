"""Set-up and test scripts, and what is pinned."""

import importlib.util
import os
import re
import subprocess
import sys
import time
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def load_setup(checkout: Path) -> ModuleType:
    """Load `_setup` as if it stood in another checkout."""
    (checkout / "scripts").mkdir(parents=True)
    for name in ("pyproject.toml", "constraints.txt", "scripts/_setup.py"):
        (checkout / name).write_text((ROOT / name).read_text())
    spec = importlib.util.spec_from_file_location("_setup_elsewhere", checkout / "scripts" / "_setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_constraints_pin_what_is_installed_and_name_no_address() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pins = dict(line.split("==") for line in lines)
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+", line) for line in lines)
    assert pins["opensearch-py"].startswith("3.0.")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(text for group in project["optional-dependencies"].values() for text in group),
    ]
    for text in wanted:
        name = canonicalize_name(Requirement(text).name)
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue  # of an extra that tests do not need
        assert pins[name] == installed.split("+")[0], f"{name}: run scripts/pin"


def test_setup_is_quick_where_nothing_changed() -> None:
    if not (ROOT / ".venv" / "kindred-setup.json").exists():
        pytest.skip("this environment was not made by scripts/setup")
    run(ROOT / "scripts" / "setup")
    began = time.monotonic()
    done = run(ROOT / "scripts" / "setup")
    assert time.monotonic() - began < 5
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()) == ROOT / ".venv" / "bin" / "python"


def test_setup_refuses_options_that_it_does_not_know() -> None:
    done = run(sys.executable, ROOT / "scripts" / "setup", "--no-such-option")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Extras: node, train" in done.stderr


def test_an_environment_is_out_of_date_when_what_it_is_made_from_changes(tmp_path: Path) -> None:
    setup = load_setup(tmp_path / "checkout")
    before = setup._stamp(["node"])
    assert setup._stamp(["node"]) == before
    assert setup._stamp(["node", "train"]) != before
    (tmp_path / "checkout" / "constraints.txt").write_text("numpy==1.0\n")
    assert setup._stamp(["node"]) != before


def test_an_old_python_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = load_setup(tmp_path / "checkout")
    monkeypatch.setattr(setup, "OLDEST", (3, 99))
    with pytest.raises(SystemExit, match=r"set-up: Python 3\.99 or newer is needed.*apt install python3"):
        setup.ensure_or_exit()


def test_a_python_without_ensurepip_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = load_setup(tmp_path / "checkout")
    python = tmp_path / "python3"
    python.write_text(f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "_base_executable", str(python))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    if setup.shutil.which("virtualenv"):
        pytest.skip("virtualenv is on PATH and would be used")
    major, minor = sys.version_info[:2]
    with pytest.raises(SystemExit, match=rf"no ensurepip.*apt install python{major}\.{minor}-venv"):
        setup.ensure_or_exit()


def test_an_environment_that_was_moved_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    setup = load_setup(tmp_path / "checkout")
    assert not setup._runs(setup.python_of_venv())
    setup.python_of_venv().parent.mkdir(parents=True)
    setup.python_of_venv().symlink_to(sys.executable)
    assert not setup._runs(setup.python_of_venv())


NEEDS_DATA = """
import pytest

@pytest.fixture
def data_dir():
    pytest.skip("no data")

def test_needs_data(data_dir): pass

def test_needs_something_else(): pytest.skip("no GPU")
"""


@pytest.mark.parametrize(("required", "outcome"), [("1", "1 skipped, 1 error"), ("0", "2 skipped")])
def test_a_skipped_test_of_the_data_fails_only_where_the_data_is_required(
    tmp_path: Path, required: str, outcome: str
) -> None:
    (tmp_path / "test_data.py").write_text(NEEDS_DATA)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.fixtures.required", "-p", "no:cacheprovider"]
    done = run(*command, "--rootdir", tmp_path, tmp_path, KINDRED_REQUIRE_DATA=required)
    assert outcome in done.stdout
    assert done.returncode == int(required)


def test_ci_requires_the_data_only_where_it_is(tmp_path: Path) -> None:
    """`.ci/run` in a checkout whose `scripts/test` says what it was given."""
    for name in ("checkout/.ci", "checkout/scripts", "data"):
        (tmp_path / name).mkdir(parents=True)
    ci, test = tmp_path / "checkout" / ".ci" / "run", tmp_path / "checkout" / "scripts" / "test"
    ci.write_text((ROOT / ".ci" / "run").read_text())
    test.write_text('#!/bin/sh\necho "${KINDRED_REQUIRE_DATA:-none} $*"\nexit 3\n')
    test.chmod(0o755)
    for data, said in (("data", "1"), ("absent", "none")):
        # Empty, as this test may itself run under .ci/run.
        done = run("bash", ci, "-k", "x", KINDRED_DATA=str(tmp_path / data), KINDRED_REQUIRE_DATA="")
        assert (done.returncode, done.stdout) == (3, f"{said} -k x\n")
