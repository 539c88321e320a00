"""`kindred train pairs`: from a folder of labelled pairs to an encoder and a scorer, and a record of it."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from encoders.cards import INT8_SUFFIX, ModelCard
from encoders.errors import ParityError
from encoders.store import ModelStore
from plugin_bridge.errors import BridgeError, EvaluationError
from plugin_bridge.experiments import Experiment, find, identity_of, record
from plugin_bridge.pairs.installing import Parts, install_scorer
from plugin_bridge.pairs.learning import Learned, learn_features
from plugin_bridge.pairs.metrics import pair_scores
from plugin_bridge.pairs.photos import Photos, photos_of
from plugin_bridge.pairs.preparing import labels_hash, prepared
from plugin_bridge.pairs.reading import Pair, PairSet, identity, labels_of
from plugin_bridge.pairs.scoring import LETTERS, SUFFIX
from plugin_bridge.pairs.serialising import both_sides
from plugin_bridge.pairs.stacking import stacked
from plugin_bridge.pairs.vectors import encoded, product_text

WHAT = ("fast", "bi-encoder", "scorer", "cross-encoder", "all")
KIND = "train-pairs"

Tell = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Wanted:
    """What is trained, and how. `fast` is the bi-encoder and the scorer; a cross-encoder takes much longer.

    `minutes` bounds the cross-encoder, `adapt` is the number of steps of self-supervised adaptation before labels are
    looked at (0: none).
    """

    what: str = "fast"
    base: str = "all-minilm-l6-v2"
    loss: str = "best"
    epochs: int = 2
    cross_epochs: int = 4
    minutes: float | None = None
    adapt: int = 0
    seed: int = 7

    @property
    def parts(self) -> frozenset[str]:
        """What is trained, one by one."""
        if self.what == "fast":
            return frozenset({"bi-encoder", "scorer"})
        return frozenset({"bi-encoder", "scorer", "cross-encoder"}) if self.what == "all" else frozenset({self.what})


@dataclass
class Training:
    """One training on its way."""

    pairs: PairSet
    name: str
    store: ModelStore
    wanted: Wanted
    work: Path
    tell: Tell
    cache: Path | None = None
    threads: int = 0
    photos: Photos | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    parity: dict[str, Any] = field(default_factory=dict)
    cards: list[ModelCard] = field(default_factory=list)

    def say(self, message: str) -> None:
        """Tell a sentence."""
        self.tell({"event": "log", "message": message})

    def step(self, number: int, message: str) -> None:
        """Tell what is done now."""
        self.tell({"event": "progress", "step": number, "of": 5, "message": message, "seconds_left": None})


def train_pairs(
    pairs: PairSet,
    name: str,
    store: ModelStore,
    wanted: Wanted,
    home: Path,
    *,
    tell: Tell = lambda event: None,
    cache: Path | None = None,
    threads: int = 0,
    image_model: str = "",
) -> tuple[Experiment, bool]:
    """Train, export through the gate, install, and record; returns the experiment and whether it was recorded before.

    The encoder becomes NAME and NAME-int8, the scorer NAME-pairs. Test pairs, where the folder has them, are scored
    once, at the end. A run that was killed goes on where it was. Photos in the folder are read by `image_model`.

    Raises:
        EvaluationError: too few labels.
        BridgeError: torch or LightGBM is not installed.
        EncoderError: as its makers say (gate, disk, memory, a base that cannot be used).
    """
    if wanted.what not in WHAT:
        raise BridgeError(f"--what must be one of {', '.join(WHAT)}, not {wanted.what!r}")
    store.folder(name)  # refuses a name that no model can have, before any work is done
    labels = labels_hash(pairs)
    export_base(store, wanted.base, tell)
    base = store.card(base_name(wanted.base))
    photos = photos_of(pairs.products, pairs.folder, store, image_model, threads)
    settings = asdict(wanted) | ({"photos": photos.encoder.card.fingerprint} if photos else {})
    one = identity_of(KIND, labels, settings, base.fingerprint)
    before = find(home, one)
    if (
        before is not None
        and all(still_there(store, *model) for model in before.models.items())
        and before.model == name
    ):
        tell({"event": "log", "message": f"experiment {one} was run before; this is its recorded result"})
        return before, True
    from encoders.training.device import device_name

    started = time.monotonic()
    work = home / "training" / f"pairs-{name}-{one}"
    work.mkdir(parents=True, exist_ok=True)
    job = Training(pairs, name, store, wanted, work, tell, cache, threads, photos)
    job.pairs = prepared(pairs, wanted.seed, job.say)
    if photos is not None:
        job.pairs = replace(job.pairs, photos=photos.vectors(pairs.products))
        job.say(f"{len(job.pairs.photos)} of {len(pairs.products)} products have a photo that can be read")
    with room_on_disk(store, work):
        encoder = _bi_encoder(job) if "bi-encoder" in wanted.parts else base.name
        if wanted.parts & {"scorer", "cross-encoder"}:
            _scorer(job, encoder)
    experiment = Experiment(
        id=one,
        kind=KIND,
        model=name,
        base=base.name,
        labels=labels,
        settings=settings,
        figures=job.figures,
        parity=job.parity,
        seconds=round(time.monotonic() - started, 1),
        device=device_name(),
        models={card.name: card.fingerprint for card in job.cards},
    )
    record(home, experiment)
    for left in (work / "checkpoint.pt",):
        left.unlink(missing_ok=True)
    return experiment, False


@contextmanager
def room_on_disk(store: ModelStore, work: Path) -> Iterator[None]:
    """Word an error of the disk: an export is installed whole or not at all, and the training's checkpoint stays."""
    try:
        yield
    except OSError as error:
        raise BridgeError(
            f"the disk does not take what is written to {store.root} or {work} ({error}); the model that was being "
            "installed was not: make room and give the same command again, it goes on where it was"
        ) from error


def texts_of(pairs: tuple[Pair, ...]) -> tuple[list[str], list[str]]:
    """Return what encoders read of both sides."""
    left = [product_text(pair.left)[:LETTERS] for pair in pairs]
    return left, [product_text(pair.right)[:LETTERS] for pair in pairs]


def _bi_encoder(job: Training) -> str:
    """Fine-tune the encoder; returns the name of the one to go on with: the base where tuning made nothing better."""
    from encoders.training.pairs.adapt import adapt
    from encoders.training.pairs.bi_encoder import BiRecipe, TextPairs, train_bi_encoder

    job.step(1, "fine-tuning the encoder")
    source = source_of(job.wanted.base)
    train, valid = (
        TextPairs(*texts_of(side), np.asarray(labels_of(side))) for side in (job.pairs.train, job.pairs.valid)
    )
    if job.wanted.adapt:
        texts = [product_text(product)[:LETTERS] for product in job.pairs.products]
        losses = adapt(source, texts, steps=job.wanted.adapt, seed=job.wanted.seed, tell=job.tell)
        job.figures["adaptation"] = {"steps": len(losses), "first_loss": losses[0], "last_loss": losses[-1]}
    recipe = BiRecipe(loss=job.wanted.loss, epochs=job.wanted.epochs, seed=job.wanted.seed)
    made = train_bi_encoder(source, train, valid, recipe, job.work, job.tell)
    job.figures["bi_encoder"] = {
        "valid_f1_before": made.before,
        "valid_f1": made.f1,
        "loss": made.loss,
        "trials": dict(made.trials),
    }
    job.step(2, "exporting the encoder through the parity gate")
    cards = install_encoder(made.folder, job.name, job.store, job.wanted.base, f"pairs of {job.pairs.name}", job.say)
    job.cards += cards
    job.parity |= {card.name: dict(card.parity) for card in cards}
    return job.name if made.f1 > made.before else base_name(job.wanted.base)


def _scorer(job: Training, encoder: str) -> None:
    from encoders.training.pairs.scorer import ScorerRecipe, Vectored, scorer_logits, train_scorer

    job.step(3, "learning plain features")
    sides = {"valid": job.pairs.valid, "test": job.pairs.test}
    learned = learn_features(job.pairs, sides, job.wanted.seed)
    every = {"train": learned.train, **sides}
    labels = {name: np.asarray(labels_of(side)) for name, side in every.items()}
    vectors = encoded(job.pairs.products, job.store, encoder, job.threads, job.cache)
    rows: dict[str, Any] = {}
    for name, side in every.items():
        both = [_stack([vectors[identity(getattr(pair, end))] for pair in side]) for end in ("left", "right")]
        rows[name] = Vectored(both[0], both[1], learned.features[name], labels[name])
    logits = {"trees": {name: learned.base[name] for name in sides}}
    parts = Parts(trees=learned.model.booster, photos=job.photos)
    if "scorer" in job.wanted.parts:
        job.step(4, "training the scorer")
        recipe = ScorerRecipe(seed=job.wanted.seed)
        parts.scorer, history = train_scorer(rows["train"], rows["valid"], recipe, job.tell)
        logits["scorer"] = {name: scorer_logits(parts.scorer, rows[name]) for name in sides if len(labels[name])}
        job.figures["scorer_epochs"] = len(history)
    if "cross-encoder" in job.wanted.parts:
        job.step(4, "training the cross-encoder")
        logits["cross"] = _cross(job, parts, learned, labels)
    stack = stacked({part: found["valid"] for part, found in logits.items()}, labels["valid"], job.wanted.seed)
    job.figures |= {"parts": dict(stack.weights), "valid_f1": stack.valid_f1}
    for part, found in logits.items():
        job.figures[f"valid_f1_{part}"] = pair_scores(
            found["valid"], labels["valid"], found["valid"], labels["valid"]
        ).valid_f1
    if len(labels["test"]):
        told = {name: stack({part: found[name] for part, found in logits.items()}) for name in sides}
        scores = pair_scores(told["valid"], labels["valid"], told["test"], labels["test"]).to_json()
        job.figures["test"] = scores
        if "cross" in logits:  # it learned to add to the features' logit; the stack may have left it out
            added = {name: logits["cross"][name] + learned.base[name] for name in sides}
            alone = pair_scores(added["valid"], labels["valid"], added["test"], labels["test"])
            job.figures["test_features_and_cross"] = alone.to_json()
    job.step(5, "exporting the scorer through the parity gate")
    card = install_scorer(job.name + SUFFIX, job.store, parts, stack, learned, job.pairs, encoder, vectors)
    job.cards.append(card)
    job.parity[card.name] = dict(card.parity)


def _cross(job: Training, parts: Parts, learned: Learned, labels: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    from tokenizers import Tokenizer

    from encoders.nets.pairs import PairNet
    from encoders.training.pairs.cross_encoder import Recipe, Texts, logits_of, train_cross_encoder

    source = source_of(job.wanted.base)
    tokenizer = Tokenizer.from_file(str(source.tokenizer))
    recipe = Recipe(epochs=job.wanted.cross_epochs, minutes=job.wanted.minutes, seed=job.wanted.seed)
    net = PairNet(source.net.transformer, source.dimension)
    sides = {"train": learned.train, "valid": job.pairs.valid, "test": job.pairs.test}
    texts = {
        name: Texts(*both_sides(side), labels[name], learned.base[name].astype(np.float32))
        for name, side in sides.items()
    }
    history = train_cross_encoder(
        net, tokenizer, texts["train"], texts["valid"], recipe, job.work / "cross", job.tell, labels_hash(job.pairs)
    )
    job.figures["cross_epochs"] = len(history)
    parts.cross, parts.tokenizer, parts.tokens = net, source.tokenizer, recipe.tokens
    return {name: logits_of(net, tokenizer, texts[name], recipe.tokens) for name in ("valid", "test")}


def _stack(vectors: list[np.ndarray]) -> np.ndarray:
    return np.stack(vectors) if vectors else np.zeros((0, 1), np.float32)


def still_there(store: ModelStore, name: str, fingerprint: str) -> bool:
    return name in store.names() and store.card(name).fingerprint == fingerprint


def export_base(store: ModelStore, base: str, tell: Tell) -> None:
    """Make the base encoder where the store lacks it: one that Kindred knows, or a model folder.

    Raises BridgeError where torch is missing or nobody knows it, SourceError for a folder that cannot be read (weights
    in a pickle, for one).
    """
    try:
        from encoders.export.build import TEXT_MODELS, export_folder, export_model
    except ImportError as error:
        raise BridgeError(
            f"training needs torch and its kin ({error.name} is missing): pip install 'kindred[train]'"
        ) from error
    folder = Path(base)
    if base not in TEXT_MODELS and not folder.is_dir():
        raise EvaluationError(
            f"base: there is no {base!r} to start from; there are {', '.join(TEXT_MODELS)}, and any model folder"
        )
    if base_name(base) in store.names():
        return
    tell({"event": "log", "message": f"exporting {base}, which is not in the store yet"})
    if base in TEXT_MODELS:
        export_model(base, store)
    else:
        export_folder(folder, store, name=base_name(base))


def install_encoder(
    folder: Path, name: str, store: ModelStore, base: str, trained_on: str, say: Callable[[str], None]
) -> list[ModelCard]:
    """Export a trained encoder through the parity gate as NAME and NAME-int8; fp32 alone where int8 loses too much.

    Raises ParityError where fp32 does not pass.
    """
    from encoders.export.build import BOTH, export_folder
    from encoders.export.options import Options

    card = store.card(base_name(base))
    stated: dict[str, Any] = {
        "source": f"{card.name}, trained on {trained_on}",
        "licence": f"base: {card.licence}; trained on your labels",
        "languages": tuple(card.languages),
    }
    try:
        return export_folder(folder, store, name=name, precisions=BOTH, options=Options(report=say), **stated)
    except ParityError as error:
        if f"{name}{INT8_SUFFIX}" not in str(error):
            raise
        say(f"{error}; {name} is installed in fp32 alone")
        return export_folder(folder, store, name=name, precisions=("fp32",), options=Options(report=say), **stated)


def base_name(base: str) -> str:
    """Return the name in the store of a base: its own, or that of its folder."""
    return Path(base).resolve().name.lower() if Path(base).is_dir() else base


def source_of(base: str) -> Any:
    """Return the torch network of a base (an `encoders.export.sources.TextSource`)."""
    from encoders.export.build import TEXT_MODELS
    from encoders.export.folders import text_folder

    return TEXT_MODELS[base]() if base in TEXT_MODELS else text_folder(Path(base), name=base_name(base))
