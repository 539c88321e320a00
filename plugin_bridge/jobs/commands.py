"""Which command a kind of job is, which of its options may be set, and where its data comes from.

The options are read from the command line that started this process, so that a job can never be asked for what that
does not know. Values are checked by the types that the command declares and handed over as one argument each; no shell
is involved. Options that name files are not taken over HTTP, except `data`, a folder below `KINDRED_HOME/datasets`.
"""

import inspect
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from plugin_bridge.errors import JobError
from plugin_bridge.jobs.ledger import ChildJob
from plugin_bridge.settings import Settings

RELEASE = "release"
KINDS: Mapping[str, tuple[str, ...]] = {
    "train-search": ("train", "search"),
    "train-pairs": ("train", "pairs"),
    "train-tags": ("train", "tags"),
    "train-images": ("train", "images"),
    "train-behaviour": ("train", "behaviour"),
    RELEASE: ("release",),
}
FROM_LABELS = ("train-search", "train-pairs", "train-tags")
"""Kinds that learn from what people said of the alias where no data is named."""
FROM_FOLDER = ("train-images",)
"""Kinds that learn from nothing but a folder. Recommendations learn from the diary where none is named."""
_OWN = ("json", "index", "data")


@dataclass(frozen=True)
class Option:
    """An option of a command: how it is written, what it takes, its default. `no` is the other side of a switch."""

    name: str
    written: str
    no: str | None
    hint: Any
    default: Any
    required: bool
    argument: bool

    def words(self, value: Any) -> list[str]:
        """Return the words of the command line that set it."""
        if self.argument:
            return [str(value)]
        if self.hint is bool or self.no is not None:
            return [self.written] if value else ([self.no] if self.no else [])
        return [f"{self.written}={value}"]


def data_folder(settings: Settings, name: str) -> Path:
    """Return a folder of training data by its name; raises JobError for one outside of `KINDRED_HOME/datasets`."""
    root = (settings.home / "datasets").resolve()
    folder = (root / name).resolve()
    if not folder.is_relative_to(root) or not folder.is_dir():
        there = ", ".join(sorted(one.name for one in root.iterdir() if one.is_dir())) if root.is_dir() else "none"
        raise JobError(f"data: {root} holds no folder {name!r}; there: {there}", status=422, field="data")
    return folder


class Commands:
    """The commands of a command line, `root` its outermost group, as jobs may ask for them."""

    def __init__(self, root: Any) -> None:
        self._root = root

    def checked(self, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a job, each of its option's type; names of models are made where they are needed.

        Raises:
            JobError: 422 for an unknown kind, an unknown setting or a value of another type; 501 where this version has
                no such command.
        """
        options = self.options_of(kind)
        found: dict[str, Any] = {}
        for name, value in given.items():
            if name == "data" and (kind != RELEASE or "data" in self.all_options(kind)):
                found[name] = _typed(str, name, value)
                continue
            if name not in options:
                known = ", ".join(sorted([*options, "data"]))
                raise JobError(f"{name}: {kind} has no such setting; it has {known}", status=422, field=name)
            if value is not None:
                found[name] = _typed(options[name].hint, name, value)
                _refuse_path(name, found[name])
        for option in options.values():
            if option.required and option.name not in found:
                if option.name != "out":
                    raise JobError(f"{option.name}: is needed", status=422, field=option.name)
                found["out"] = made_name(kind)
        return found

    def prepared(self, job: ChildJob, folder: Path, settings: Settings, write: Any) -> list[str]:
        """Return a job's command, its data in place; `write(kind, alias, folder)` writes what people said."""
        data: Path | None = None
        if job.settings.get("data"):
            data = data_folder(settings, str(job.settings["data"]))
        elif job.kind in FROM_LABELS:
            data = folder / "data"
            data.mkdir(exist_ok=True)
            write(job.kind, job.alias, data)
        elif job.kind in FROM_FOLDER:
            raise JobError(
                f"data: {job.kind} needs a folder below {settings.home / 'datasets'}", status=422, field="data"
            )
        return self.command(job.kind, job.settings, job.alias, data)

    def command(self, kind: str, settings: Mapping[str, Any], alias: str, data: Path | None) -> list[str]:
        """Return the command of a job, without the program's name."""
        options, every = self.options_of(kind), self.all_options(kind)
        words = [*KINDS[kind], "--json"]
        if "index" in every:
            words.append(f"--index={alias}")
        if data is not None:
            words.append(f"--data={data}")
        arguments: list[str] = []
        for name, value in settings.items():
            if name in options:
                (arguments if options[name].argument else words).extend(options[name].words(value))
        return [*words, "--", *arguments] if arguments else words

    def default_settings(self, kind: str) -> dict[str, Any]:
        """Return the options of a kind with their defaults; a name of a model stands where one is needed."""
        found = {name: one.default for name, one in self.options_of(kind).items()}
        return {**found, "out": made_name(kind)} if "out" in found else found

    def options_of(self, kind: str) -> dict[str, Option]:
        """Return the options that may be set, by name: neither files nor what a job sets itself."""
        return {
            name: one for name, one in self.all_options(kind).items() if name not in _OWN and not _names_file(one.hint)
        }

    def all_options(self, kind: str) -> dict[str, Option]:
        """Return all options of a kind's command; raises JobError for an unknown kind, or a command that is missing."""
        if kind not in KINDS:
            raise JobError(f"kind: {kind!r} is none of {', '.join(KINDS)}", status=422, field="kind")
        found: Any = self._root
        for word in KINDS[kind]:
            found = getattr(found, "commands", {}).get(word)
            if found is None:
                raise JobError(f"this version of Kindred has no command `{' '.join(KINDS[kind])}`", status=501)
        hints = typing.get_type_hints(inspect.unwrap(found.callback))
        return {option.name: option for option in (_option(one, hints) for one in found.params)}


def made_name(kind: str) -> str:
    """Return a name for the model that a training makes: what it is and when."""
    return f"{kind.removeprefix('train-')}-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def _refuse_path(name: str, value: Any) -> None:
    """Raise JobError for a text that could name a file: a command takes a model's folder as well as its name."""
    if isinstance(value, str) and ("/" in value or "\\" in value or value.startswith((".", "~"))):
        raise JobError(
            f"{name}: {value!r} is a path; over HTTP a model is named, as `kindred models` lists it",
            status=422,
            field=name,
        )


def _option(parameter: Any, hints: Mapping[str, Any]) -> Option:
    argument = type(parameter).__name__.endswith("Argument")
    written = parameter.opts[0]
    name = parameter.name if argument else written.lstrip("-").replace("-", "_")
    if argument and name == "name":
        name = "model"  # a release names a model
    no = parameter.secondary_opts[0] if parameter.secondary_opts else None
    hint = hints.get(parameter.name, str)
    return Option(name, written, no, hint, parameter.default, bool(parameter.required), argument)


def _names_file(hint: Any) -> bool:
    return hint is Path or Path in typing.get_args(hint)


def _typed(hint: Any, name: str, value: Any) -> Any:
    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]["msg"]
        raise JobError(f"{name}: {first}, got {value!r}", status=422, field=name) from error
