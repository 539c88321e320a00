"""`kindred labels`: files of labels and judgments in and out, how many there are, which pair is next."""

import getpass
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from opensearch.client import connect
from plugin_bridge.cli.output import console, out, print_json, progress, table
from plugin_bridge.errors import BridgeError
from plugin_bridge.labels import exporting, snapshot
from plugin_bridge.labels.candidates import Shelf
from plugin_bridge.labels.desk import LabelDesk
from plugin_bridge.labels.features import Item
from plugin_bridge.labels.files import JUDGMENT_READERS, PAIR_READERS
from plugin_bridge.labels.importing import Report, import_file
from plugin_bridge.labels.values import LABELS, Said
from plugin_bridge.settings import Settings
from plugin_bridge.storage import LateStorage

Index = Annotated[str | None, typer.Option("--index", metavar="ALIAS", help="Alias; default: KINDRED_ALIAS.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Whose labels; default: the user's name.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Format = Annotated[
    str | None,
    typer.Option("--format", help="csv, jsonl; of judgments: qrels, quepid, opensearch. Default: by the name."),
]
_BY_NAME = {".csv": "csv", ".jsonl": "jsonl", ".txt": "qrels", ".qrels": "qrels", ".json": "opensearch"}


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    labels = typer.Typer(help="Labels of pairs, judgments of results.", no_args_is_help=True)
    for command in (add, import_, export, stats, next_, snapshot_):
        labels.command(command.__name__.removesuffix("_"))(command)
    app.add_typer(labels, name="labels")


def add(
    left: Annotated[str, typer.Argument(metavar="LEFT", help="Id of a product.")],
    right: Annotated[str, typer.Argument(metavar="RIGHT", help="Id of another one.")],
    label: Annotated[str, typer.Argument(metavar="|".join(LABELS))],
    by: By = None,
    index: Index = None,
    json: Json = False,
) -> None:
    """Say of two products whether they are alike."""
    said = Said(str(uuid.uuid4()), left, right, label)
    with _desk() as desk:
        outcome = desk.save(desk.alias(index), [said], by or getpass.getuser())
    if outcome.refused:
        raise BridgeError(outcome.refused[0].message)
    if json:
        print_json({"left": left, "right": right, "label": label, "key": said.key})
    else:
        console.print(escape(f"{left} and {right}: {label}"))


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True)],
    form: Format = None,
    queries: Annotated[
        Path | None, typer.Option("--queries", metavar="FILE", exists=True, help="queries.tsv beside a qrels.txt.")
    ] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="Where the file is not UTF-8.")] = None,
    by: By = None,
    index: Index = None,
    json: Json = False,
) -> None:
    """Save the labels or judgments of a file; what was saved before is passed over."""
    form = _format(file, form)
    with _desk() as desk, progress() as display, _joined(queries, file) as path:
        alias, who = desk.alias(index), by or getpass.getuser()
        history: Any = desk.pairs(alias) if form in PAIR_READERS else desk.judgments(alias)
        reader = PAIR_READERS.get(form) or JUDGMENT_READERS[form]
        task = display.add_task("importing", total=None)
        advance = lambda rows: display.advance(task, rows)  # noqa: E731 - one line says it
        shelf: Shelf = desk.shelf(alias)
        report = import_file(history, path, reader, who, shelf.missing, encoding=encoding, progress=advance)
    if json:
        print_json(report.to_json())
    else:
        _tell(report)
    if report.refused_rows and not report.saved and not report.already:
        raise BridgeError(f"{file}: none of its {report.rows:,} rows could be saved")


def export(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Default: standard output.")] = None,
    form: Format = None,
    queries: Annotated[
        bool, typer.Option("--with-queries", help="Lines of queries.tsv before those of qrels.")
    ] = False,
    index: Index = None,
) -> None:
    """Write labels (csv, jsonl) or judgments (qrels, quepid, opensearch) to a file."""
    form = _format(file or Path("labels.csv"), form)
    with _desk() as desk:
        alias = desk.alias(index)
        if form in PAIR_READERS:
            lines = exporting.pairs(desk.reading(alias), form)
        else:
            lines = exporting.judgments(desk.judgments(alias), form, queries=queries, name=alias)
        if file is None:
            sys.stdout.buffer.writelines(lines)
            return
        _write(file, lines)


def stats(index: Index = None, by: By = None, json: Json = False) -> None:
    """Show how many labels there are, how far people agree, and whether more would help."""
    with _desk() as desk:
        desk.teach(desk.alias(index))
        found = desk.stats(desk.alias(index), by or getpass.getuser())
    if json:
        print_json(found)
        return
    kappa = found["agreement"]
    agreed = "" if kappa["kappa"] is None else f"{kappa['kappa']:.2f} ({kappa['low']:.2f} to {kappa['high']:.2f})"
    rows = [(name, found[name]) for name in ("pairs", "similar", "dissimilar", "skipped", "conflicts", "today")]
    rows += [(f"agreement on {kappa['pairs']:,} pairs (kappa)", agreed)]
    out.print(table("labels", ("", ""), rows))
    out.print(table("by", ("", "labels"), [(one["by"], one["labels"]) for one in found["annotators"]]))
    if found["curve"]:
        points = [
            (one["labels"], f"{one['f1']:.3f}", f"{one['low']:.3f}", f"{one['high']:.3f}") for one in found["curve"]
        ]
        out.print(table("what they teach", ("labels", "F1", "from", "to"), points))
    out.print(escape(found["verdict"]["text"]))


def next_(
    count: Annotated[int, typer.Option("--count", min=1, max=50, help="How many pairs.")] = 5,
    index: Index = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Show the pairs that would teach most; `kindred labels add` says what they are, or the desktop."""
    with _desk() as desk:
        queue = desk.queue(desk.alias(index))
        found, left = queue.next(by or getpass.getuser(), count, patience=60.0)
        if queue.problem is not None and not found:
            raise BridgeError(queue.problem)
    if json:
        print_json({"pairs": [one.to_json() for one in found], "left": left})
        return
    if not found:
        console.print("there is no pair to ask for now: products need vectors, and neighbours that nobody labelled")
        return
    rows = [(_named(one.left), _named(one.right), one.text) for one in found]
    out.print(table("", ("left", "right", "why"), rows))
    console.print("kindred labels add LEFT RIGHT similar (or dissimilar, or skip), with the ids below the titles")


def _named(item: Item) -> str:
    return f"{item.product.get('title') or ''}\n{item.id}".strip()


def snapshot_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False)], index: Index = None, json: Json = False
) -> None:
    """Write what holds now as a folder that training and evaluation read."""
    with _desk() as desk, connect() as cluster:
        made = snapshot.write(desk.storage(), desk.alias(index), cluster, folder)
    if json:
        print_json(made.to_json())
        return
    console.print(
        f"{made.pairs:,} pairs and {made.judgments:,} judgments in {escape(str(folder))}, snapshot {made.hash}"
        + (f"; {made.left_out:,} left out, their products are gone" if made.left_out else "")
    )


@contextmanager
def _desk() -> Iterator[LabelDesk]:
    settings = Settings()
    storage = LateStorage(settings)
    with connect() as cluster:
        desk = LabelDesk(settings, storage, cluster)
        try:
            yield desk
        finally:
            desk.close()
            storage.close()


def _format(file: Path, named: str | None) -> str:
    known = {*PAIR_READERS, *JUDGMENT_READERS}
    form = named or _BY_NAME.get(Path(file.name.removesuffix(".gz")).suffix.lower())
    if form not in known:
        raise typer.BadParameter(f"--format is one of {', '.join(sorted(known))}")
    return form


@contextmanager
def _joined(queries: Path | None, file: Path) -> Iterator[Path]:
    """Yield the file, or one that holds the lines of queries.tsv before it."""
    if queries is None:
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="kindred-import-") as folder:
        path = Path(folder) / "joined.txt"
        path.write_bytes(queries.read_bytes().rstrip(b"\n") + b"\n" + file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
        yield path


def _write(file: Path, lines: Iterator[bytes]) -> None:
    """Write a file whole or not at all."""
    draft = file.with_name(f".{file.name}.draft")
    try:
        with draft.open("wb") as stream:
            stream.writelines(lines)
        draft.replace(file)
    except OSError as error:
        raise BridgeError(f"{file} cannot be written: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)


def _tell(report: Report) -> None:
    console.print(
        f"{report.rows:,} rows: {report.saved:,} saved, {report.already:,} known before, "
        f"{report.refused_rows:,} refused"
    )
    if report.refused:
        shown = [(one.line, one.field, one.message) for one in report.refused[:20]]
        console.print(table("refused", ("line", "field", ""), shown))
