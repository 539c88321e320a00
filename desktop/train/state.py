"""What the page shows of trainings, as frozen values. Free of Qt."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from desktop.branches import Branch
from desktop.bridge.jobs import Experiment, Job, Plan, Step
from desktop.i18n import formats, tr
from desktop.plotting import Chart, Line
from desktop.search.state import Failure
from desktop.train.figures import figure_name, figure_value

KINDS = ("train-search", "train-pairs", "train-tags", "train-images", "train-behaviour")
FROM_DIARY = "train-behaviour"  # learns from imported orders where no folder is named
BASE = "base"
_HIDDEN = (BASE,)
_COLOURS = ("accent", "meaning", "photo", "rule")


@dataclass(frozen=True)
class TrainView:
    """All that the page shows of trainings.

    `folder` empty means: what people labelled, or the diary's orders. `log` None is folded. `known` says
    that the bridge has told which jobs there are.
    """

    kind: str = KINDS[0]
    plan: Plan | None = None
    base: str = ""
    folder: str = ""
    own: Mapping[str, Any] = field(default_factory=dict)
    jobs: tuple[Job, ...] = ()
    known: bool = False
    followed: Job | None = None
    steps: tuple[Step, ...] = ()
    log: str | None = None
    experiments: tuple[Experiment, ...] = ()
    chosen: tuple[str, ...] = ()
    starting: bool = False
    notice: str = ""
    failure: Failure | None = None

    @property
    def fields(self) -> tuple[tuple[str, Any], ...]:
        """The settings that can be changed, with their defaults."""
        plan = self.plan
        return () if plan is None else tuple((name, one) for name, one in plan.settings.items() if name not in _HIDDEN)

    @property
    def can_start(self) -> bool:
        """Whether the button does something: a plan is there, and something to learn from."""
        return (
            self.plan is not None
            and not self.starting
            and bool(self.folder or self.plan.labels or self.kind == FROM_DIARY)
        )

    @property
    def device(self) -> str:
        """Where it runs and how long it takes, in words."""
        if self.plan is None:
            return "…"
        name = tr("the graphics card") if self.plan.is_gpu else tr("the processor (no graphics card)")
        return name if self.plan.seconds is None else f"{name}, {about(self.plan.seconds)}"

    @property
    def labels(self) -> str:
        """What it learns from, in words."""
        if self.kind == FROM_DIARY:
            return tr("imported orders")
        if self.plan is None or self.plan.labels is None:
            return tr("what people labelled")
        return tr("{count} labels", count=formats.number(self.plan.labels))


def kind_name(kind: str) -> str:
    """Return what a kind of job makes."""
    names: dict[str, Callable[[], str]] = {
        "train-search": lambda: tr("text encoder"),
        "train-pairs": lambda: tr("judge of similar pairs"),
        "train-tags": lambda: tr("tagger"),
        "train-images": lambda: tr("photo encoder"),
        "train-behaviour": lambda: tr("recommendations"),
        "release": lambda: tr("release"),
    }
    found = names.get(kind) or names.get(f"train-{kind}")  # the command line records what it trains without "train-"
    return found() if found is not None else kind


def state_name(state: str) -> str:
    """Return the state of a job in a word."""
    names: dict[str, Callable[[], str]] = {
        "queued": lambda: tr("waiting"),
        "running": lambda: tr("running"),
        "done": lambda: tr("done"),
        "failed": lambda: tr("failed"),
        "cancelled": lambda: tr("cancelled"),
        "lost": lambda: tr("lost"),
    }
    return names[state]() if state in names else state


def about(seconds: float) -> str:
    """Return a time as people say it: about 4 min."""
    if seconds < 90:
        return tr("about {count} s", count=formats.number(max(1, round(seconds))))
    if seconds < 5400:
        return tr("about {count} min", count=formats.number(round(seconds / 60)))
    return tr("about {count} h", count=f"{seconds / 3600:.1f}")


def when(written: str) -> str:
    """Return a moment of the bridge's clock (UTC) in this computer's time; as it is where it is none."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return written
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment.tzinfo else moment.strftime("%Y-%m-%d %H:%M")


def title(job: Job) -> str:
    """Return what a job is called."""
    made = job.settings.get("out") or job.settings.get("model")
    return f"{kind_name(job.kind)} · {made}" if made else kind_name(job.kind)


def doing(job: Job) -> str:
    """Return in a line how a job stands."""
    parts = [state_name(job.state)]
    if job.state == "running":
        if job.share is not None:
            parts.append(formats.percent(job.share))
        if job.message:
            parts.append(job.message)
        if job.seconds_left is not None:
            parts.append(tr("{time} left", time=about(float(job.seconds_left))))
    if job.problem:
        parts.append(job.problem)
    return " · ".join(parts)


def merged(before: Sequence[Step], new: Sequence[Step]) -> tuple[Step, ...]:
    """Return figures of two looks as one, each once, in the order of their steps."""
    found = {(one.step, one.loss is None, tuple(one.valid)): one for one in (*before, *new)}
    return tuple(sorted(found.values(), key=lambda one: one.step))


def loss_chart(steps: Sequence[Step]) -> Chart:
    """Return the loss over the steps of a training."""
    x, y = _by_step((one.step, one.loss) for one in steps if one.loss is not None)
    lines = (Line(tr("Loss"), x, y),) if x else ()
    return Chart(tr("Step"), tr("Loss"), lines)


def valid_chart(steps: Sequence[Step]) -> Chart:
    """Return what was measured on the validation part, a line for each figure."""
    names = list(dict.fromkeys(name for one in steps for name in one.valid))
    lines = []
    for place, name in enumerate(names[: 2 * len(_COLOURS)]):
        x, y = _by_step((one.step, one.valid[name]) for one in steps if name in one.valid)
        colour = _COLOURS[place % len(_COLOURS)]
        lines.append(Line(figure_name(name), x, y, colour=colour, dashed=place >= len(_COLOURS), dots=True))
    return Chart(tr("Step"), tr("Validation"), tuple(lines))


def _by_step(told: Iterable[tuple[float, float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return what was told last of each step, in their order.

    A training that tries several losses counts its steps anew for each; the last one is that which it keeps.
    """
    last = dict(sorted(dict(told).items()))
    return tuple(last), tuple(last.values())


def job_rows(jobs: Sequence[Job]) -> tuple[Branch, ...]:
    """Return jobs as rows: what, how it stands, who asked for it and when."""
    return tuple(Branch(str(one.id), (title(one), doing(one), one.by, when(one.queued)), one) for one in jobs)


def experiment_rows(experiments: Sequence[Experiment]) -> tuple[Branch, ...]:
    """Return experiments as rows."""
    return tuple(
        Branch(
            one.id,
            (
                one.model or one.id[:12], kind_name(one.kind), one.base, labels_word(one), main_figure(one),
                parity_word(one), "" if one.seconds is None else about(one.seconds), when(one.ended),
            ),
            one,
        )
        for one in experiments
    )  # fmt: skip


def labels_word(one: Experiment) -> str:
    """Return from how many labels a model was learned, the beginning of their hash where that is not recorded."""
    told = next(
        (one.figures[name] for name in ("judgments", "pairs", "products", "labels") if name in one.figures), None
    )
    return one.labels[:10] if told is None else formats.number(told)


def main_figure(one: Experiment) -> str:
    """Return the figure that an experiment is known by: of the test part, of the validation part, else the first."""
    told = {name: value for name, value in one.figures.items() if "before" not in name}
    for part in ("test", "valid", ""):
        for measure in ("f1", "ndcg", "recall", "accuracy", "macro"):
            for name, value in told.items():
                if measure in name.lower() and part in name.lower():
                    return f"{figure_name(name)} {value:.3f}"
    return next((f"{figure_name(name)} {figure_value(name, value)}" for name, value in one.figures.items()), "")


def parity_word(one: Experiment) -> str:
    """Return how near the exported models are to the trained one: the lowest mean cosine."""
    cosines = [value for name, value in one.parity.items() if name.lower().endswith("cosine")]
    means = [value for name, value in one.parity.items() if name.lower().endswith("mean_cosine")]
    if cosines:
        return tr("cosine {value}", value=f"{min(means or cosines):.4f}")
    return tr("checked") if one.parity else ""


def comparison_rows(chosen: Sequence[Experiment]) -> tuple[Branch, ...]:
    """Return all figures of the chosen experiments, one row a figure and one cell an experiment; parity below."""
    rows = [_figures("", [one.figures for one in chosen]), _figures(tr("parity"), [one.parity for one in chosen])]
    rows.append([Branch("device", (tr("device"), *(one.device for one in chosen)))])
    return tuple(row for part in rows for row in part)


def _figures(before: str, found: Sequence[Mapping[str, float]]) -> list[Branch]:
    names = list(dict.fromkeys(name for one in found for name in one))
    rows = []
    for name in names:
        values = (figure_value(name, one[name]) if name in one else "" for one in found)
        rows.append(Branch(f"{before}\0{name}", (f"{before} {figure_name(name)}".strip(), *values)))
    return rows


def settings_of(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed as values of the kind that the defaults have; what equals its default is left out."""
    found = {name: _value(text, defaults.get(name)) for name, text in given.items()}
    return {name: value for name, value in found.items() if value != defaults.get(name) and value != ""}


def _value(text: Any, default: Any) -> Any:
    if not isinstance(text, str) or isinstance(default, str):
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
