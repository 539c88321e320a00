"""Unpacking OpenSearch and its plugins."""

import contextlib
import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import orjson
from filelock import FileLock

from opensearch.errors import NodeError
from opensearch.node import archives
from opensearch.node.archives import Archive
from opensearch.node.download import Progress, fetch, silent
from opensearch.settings import NodeSettings

MARKER = "kindred.json"


def ensure_installed(settings: NodeSettings | None = None, progress: Progress = silent) -> Path:
    """Return the folder of an unpacked OpenSearch with its plugins, after downloading and unpacking what is missing.

    The folder appears under its name only when it is complete. It holds no configuration of a node and no data.

    Raises:
        NodeError: an archive cannot be had or unpacked.
    """
    settings = settings or NodeSettings()
    wanted = (archives.DISTRIBUTION, *(archives.plugin(name) for name in settings.plugins))
    root = settings.root.absolute()
    try:
        if _installed(root) == _checksums(wanted):
            return root
        root.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(root.with_name(f".{root.name}.lock")):
            if _installed(root) != _checksums(wanted):
                files = [fetch(archive, settings.downloads, settings.repository, progress) for archive in wanted]
                _unpack(wanted, files, root, progress)
    except OSError as error:
        raise NodeError(f"cannot unpack OpenSearch to {root} (KINDRED_NODE_HOME): {error}") from error
    return root


def ensure_icu(settings: NodeSettings, progress: Progress = silent) -> None:
    """Put what splits Thai text into the home, for a Java that cannot.

    Raises:
        NodeError: it cannot be had.
    """
    folder = settings.home / "icu"
    for archive in archives.ICU:
        file = fetch(archive, settings.downloads, settings.repository, progress)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / archive.filename)
            (folder / archive.filename).chmod(0o644)
        except OSError as error:
            raise NodeError(f"cannot write to {folder} (KINDRED_NODE_HOME): {error}") from error


def _checksums(wanted: Sequence[Archive]) -> dict[str, str]:
    return {archive.name: archive.sha256 for archive in wanted}


def _installed(root: Path) -> dict[str, str] | None:
    """Return what was unpacked to `root`; none where that was not finished."""
    try:
        return orjson.loads((root / MARKER).read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _unpack(wanted: Sequence[Archive], files: Sequence[Path], root: Path, progress: Progress) -> None:
    fresh = root.with_name(root.name + ".part")
    shutil.rmtree(fresh, ignore_errors=True)
    progress("unpacking OpenSearch", 0, len(wanted))
    _extract(files[0], fresh)
    # The archive holds one folder, which carries the version in its name.
    (inner,) = fresh.iterdir()
    for done, (archive, file) in enumerate(zip(wanted[1:], files[1:], strict=True), start=1):
        progress(f"unpacking {archive.name}", done, len(wanted))
        folder = inner / "plugins" / _name_in_descriptor(file)
        _extract(file, folder)
    for program in (inner / "bin").iterdir():
        program.chmod(0o755)
    (inner / MARKER).write_bytes(orjson.dumps(_checksums(wanted), option=orjson.OPT_INDENT_2))
    old = root.with_name(root.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        root.rename(old)
    inner.rename(root)
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    progress("unpacking OpenSearch", len(wanted), len(wanted))


def _extract(file: Path, folder: Path) -> None:
    """Unpack a zip. Its files are readable by everyone: another user will run them."""
    before = os.umask(0o022)
    try:
        folder.mkdir(parents=True)
        with zipfile.ZipFile(file) as zipped:
            zipped.extractall(folder)
    except zipfile.BadZipFile as error:
        raise NodeError(f"{file} cannot be unpacked: {error}") from error
    finally:
        os.umask(before)


def _name_in_descriptor(file: Path) -> str:
    """Return the plugin's own name: OpenSearch expects the folder to bear it, and archives are named otherwise."""
    with zipfile.ZipFile(file) as zipped:
        lines = zipped.read("plugin-descriptor.properties").decode().splitlines()
    return next(line.removeprefix("name=").strip() for line in lines if line.startswith("name="))
