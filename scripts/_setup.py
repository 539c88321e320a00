"""Set-up for every script here: a virtual environment in the checkout with this project and what it needs.

Standard library only, and no syntax that an old Python cannot read: it has to say that the Python is too old.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "kindred-setup.json"
OLDEST = (3, 11)
EVERYTHING = ("node", "train", "evaluate", "desktop", "dev")


class SetupError(Exception):
    """The environment cannot be made; the message says what to install."""


def python_of_venv():
    """Return the path of the environment's Python."""
    return VENV / "Scripts" / "python.exe" if os.name == "nt" else VENV / "bin" / "python"


def enter(*extras):
    """Go on in the project's environment, which is made first where it is missing: call it before other imports.

    A script that begins with this can be run by any Python 3.
    """
    if Path(sys.prefix).resolve() == VENV.resolve():
        return
    python = str(ensure_or_exit(*extras))
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.call([python, *sys.argv]))
    os.execv(python, [python, *sys.argv])


def ensure_or_exit(*extras):
    """Do as `ensure` does; a failure is one sentence on standard error and exit status 1."""
    try:
        return ensure(*extras)
    except SetupError as error:
        sys.exit(f"set-up: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def ensure(*extras):
    """Return the Python of an environment that has the project with `extras`; quick where nothing changed.

    Extras that earlier calls asked for stay. Raises SetupError.
    """
    stamp = _read_stamp()
    wanted = sorted(set(extras) | set(stamp.get("extras", [])))
    if stamp == _stamp(wanted):
        return python_of_venv()
    with _Lock(ROOT / ".venv.lock"):
        stamp = _read_stamp()
        wanted = sorted(set(extras) | set(stamp.get("extras", [])))
        if stamp != _stamp(wanted):
            _install(wanted)
    return python_of_venv()


def _install(extras):
    if not _runs(python_of_venv()):
        _make_venv()
    if STAMP.exists():
        STAMP.unlink()
    chosen = f"[{','.join(extras)}]" if extras else ""
    _say(f"installing kindred{chosen} into .venv (the first time this downloads a lot)")
    command = [str(python_of_venv()), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--constraint", str(ROOT / "constraints.txt"), "--editable", f"{ROOT}{chosen}"]
    if not sys.stderr.isatty():
        command += ["--quiet"]
    began = time.monotonic()
    # setuptools warns of every editable install in a dozen lines that tell the user nothing.
    environment = dict(os.environ, PYTHONWARNINGS="ignore")
    if subprocess.call(command, stdout=sys.stderr.fileno(), cwd=str(ROOT), env=environment) != 0:
        raise SetupError("pip could not install the project, see above; run the same command again to go on")
    STAMP.write_text(json.dumps(_stamp(extras), indent=2) + "\n")
    _say(f"installed in {time.monotonic() - began:.0f} s")


def _make_venv():
    base = _base_python()
    _say(f"making .venv with {base}")
    if VENV.exists():
        shutil.rmtree(str(VENV))
    probe = "import ensurepip, venv"
    if subprocess.call([base, "-c", probe], stderr=subprocess.DEVNULL) == 0:
        command = [base, "-m", "venv", str(VENV)]
    elif shutil.which("virtualenv"):
        command = ["virtualenv", "--quiet", "--python", base, str(VENV)]
    else:
        major, minor = _version_of(base)
        raise SetupError(
            f"{base} cannot make virtual environments (it has no ensurepip); "
            f"on Debian and Ubuntu: apt install python{major}.{minor}-venv"
        )
    if subprocess.call(command, stdout=sys.stderr.fileno()) != 0:
        raise SetupError(f"cannot make a virtual environment in {VENV}, see above")


def _base_python():
    """Return a Python that is new enough: this one, else one of those on PATH."""
    here = getattr(sys, "_base_executable", None) or sys.executable
    names = [f"python{OLDEST[0]}.{minor}" for minor in range(OLDEST[1], OLDEST[1] + 6)]
    for program in [here] + [shutil.which(name) for name in names]:
        if program and (_version_of(program) or (0, 0)) >= OLDEST:
            return program
    raise SetupError(
        f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {sys.version_info[0]}.{sys.version_info[1]}; "
        "install one so that it is on PATH (on Debian and Ubuntu: apt install python3 python3-venv)"
    )


def _version_of(program):
    code = "import sys; print(sys.version_info[0], sys.version_info[1])"
    try:
        answer = subprocess.check_output([str(program), "-c", code], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    return tuple(int(part) for part in answer.split())


def _runs(program):
    """Return whether the environment is whole: its Python starts (a moved checkout breaks it) and has pip."""
    if not Path(program).exists():
        return False
    try:
        answer = subprocess.check_output(
            [str(program), "-c", "import pip, sys; print(sys.prefix)"], stderr=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return Path(answer.decode().strip()).resolve() == VENV.resolve()


def _stamp(extras):
    """Return what the environment is made from; another value means that it has to be brought up to date."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((ROOT / name).read_bytes())
    return {"inputs": digest.hexdigest(), "extras": list(extras), "checkout": str(ROOT)}


def _read_stamp():
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if python_of_venv().exists() else {}


def _say(text):
    sys.stderr.write(f"set-up: {text}\n")
    sys.stderr.flush()


class _Lock:
    """Holds a lock file while set-up runs, so that two scripts started at once do not install over one another."""

    def __init__(self, path):
        self._path = path

    def __enter__(self):
        self._file = self._path.open("w")
        if importlib.util.find_spec("fcntl"):
            import fcntl

            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                _say("waiting for another set-up to finish")
                fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *raised):
        self._file.close()
