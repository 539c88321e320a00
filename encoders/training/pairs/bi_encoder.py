"""Fine-tuning of a sentence encoder on labelled pairs, by the trainer of sentence-transformers.

Losses: `ranking` (multiple negatives, with labelled dissimilar pairs as hard negatives: Henderson et al. 2017),
`contrastive` (Hadsell et al. 2006), `online` (contrastive on the hard pairs of each batch) and `cosent` (Su 2022).
`best` tries each on a part of the pairs and goes on with the one that does best on valid.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from encoders.errors import TrainingError
from encoders.export.described import TextSource
from encoders.nets.pairs import freeze
from encoders.nets.processor import multiplies_bfloat16
from encoders.training.pairs.state import best_f1

Tell = Callable[[Mapping[str, Any]], None]
LOSSES = ("ranking", "contrastive", "online", "cosent")
BEST = "best"
_TRIAL_PAIRS = 512


@dataclass(frozen=True)
class BiRecipe:
    """How a bi-encoder is trained: `frozen` lower layers stay as they are, `tokens` of each text are read."""

    loss: str = BEST
    epochs: int = 2
    batch: int = 32
    rate: float = 3e-5
    frozen: int = 3
    tokens: int = 64
    patience: int = 2
    evaluations: int = 2
    seed: int = 7


@dataclass(frozen=True)
class TextPairs:
    """Texts of both sides and labels: 1 similar, 0 dissimilar (grades between 0 and 1 for `cosent`)."""

    left: Sequence[str]
    right: Sequence[str]
    labels: np.ndarray

    def some(self, count: int, seed: int) -> "TextPairs":
        """Return at most `count` of the pairs, drawn by `seed`."""
        rows = np.random.default_rng(seed).permutation(len(self.labels))[:count].tolist()
        return TextPairs([self.left[row] for row in rows], [self.right[row] for row in rows], self.labels[rows])


@dataclass(frozen=True)
class BiOutcome:
    """The folder of the trained model, the loss that was taken, its valid F1, that of each trial, and of the base."""

    folder: Path
    loss: str
    f1: float
    before: float
    trials: Mapping[str, float]


def train_bi_encoder(
    source: TextSource, train: TextPairs, valid: TextPairs, recipe: BiRecipe, folder: Path, tell: Tell
) -> BiOutcome:
    """Fine-tune `source` and save it as a sentence-transformers folder under `folder`.

    A run that was killed goes on from the trainer's last checkpoint in `folder`. On a GPU that runs out of memory the
    batch is halved, and `tell` is told.
    """
    if recipe.loss not in (*LOSSES, BEST):
        raise TrainingError(f"loss must be one of {', '.join((BEST, *LOSSES))}, not {recipe.loss!r}")
    before, trials, chosen = _f1(_model(source, recipe, folder), valid), {}, recipe.loss
    if chosen == BEST:
        for loss in usable(train):
            tell({"event": "log", "message": f"trying the loss {loss} on {min(_TRIAL_PAIRS, len(train.labels))} pairs"})
            model = _model(source, recipe, folder)
            trial = replace(recipe, loss=loss, epochs=1, evaluations=1)
            with tempfile.TemporaryDirectory(dir=folder) as place:
                _fit(model, train.some(_TRIAL_PAIRS, recipe.seed), valid, trial, Path(place), tell)
            trials[loss] = _f1(model, valid)
            tell({"event": "figures", "step": len(trials), "valid": {"f1": trials[loss], "loss": loss}})
        chosen = max(trials, key=lambda name: trials[name])
    model = _model(source, recipe, folder)
    _fit(model, train, valid, replace(recipe, loss=chosen), folder / f"trainer-{chosen}", tell)
    saved = folder / "model"
    model.save(str(saved), safe_serialization=True)
    return BiOutcome(saved, chosen, _f1(model, valid), before, trials)


def usable(pairs: TextPairs) -> tuple[str, ...]:
    """Return the losses that can learn from these pairs: without dissimilar ones only ranking can."""
    if not (pairs.labels < 0.5).any():
        return ("ranking",)
    return LOSSES if (pairs.labels >= 0.5).any() else ("contrastive", "online")


def datasets_of(pairs: TextPairs, loss: str) -> dict[str, dict[str, list[Any]]]:
    """Return the columns that a loss reads. `ranking`: triplets where a similar pair's product has a dissimilar one."""
    if loss != "ranking":
        labels = [float(label) for label in pairs.labels] if loss == "cosent" else [int(x >= 0.5) for x in pairs.labels]
        return {"pairs": {"one": list(pairs.left), "two": list(pairs.right), "label": labels}}
    against: dict[str, list[str]] = {}
    rows = list(zip(pairs.left, pairs.right, pairs.labels.tolist(), strict=True))
    for left, right, label in rows:
        if label < 0.5:
            against.setdefault(left, []).append(right)
            against.setdefault(right, []).append(left)
    found: dict[str, dict[str, list[Any]]] = {
        "triplets": {"anchor": [], "positive": [], "negative": []},
        "pairs": {"anchor": [], "positive": []},
    }
    for left, right, label in rows:
        if label < 0.5:
            continue
        anchor, positive = (left, right) if left in against else (right, left)
        kind = "triplets" if anchor in against else "pairs"
        found[kind]["anchor"].append(anchor)
        found[kind]["positive"].append(positive)
        if kind == "triplets":
            others = against[anchor]
            found[kind]["negative"].append(others[len(found[kind]["anchor"]) % len(others)])
    return {name: columns for name, columns in found.items() if columns["anchor"]}


def _model(source: TextSource, recipe: BiRecipe, folder: Path) -> Any:
    """Return the base as a sentence-transformers model, its lower layers frozen."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import PreTrainedTokenizerFast

    base = folder / "base"
    if not (base / "model.safetensors").is_file():
        base.mkdir(parents=True, exist_ok=True)
        special = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]"}
        PreTrainedTokenizerFast(tokenizer_file=str(source.tokenizer), **special).save_pretrained(str(base))
        source.net.transformer.save_pretrained(str(base), safe_serialization=True)  # type: ignore[operator]
    reader = Transformer(str(base), max_seq_length=recipe.tokens)
    pooling = Pooling(reader.get_embedding_dimension(), pooling_mode=source.net.pooling)
    model = SentenceTransformer(modules=[reader, pooling, Normalize()], device=_device())
    freeze(reader.auto_model, recipe.frozen)
    return model


def _fit(model: Any, train: TextPairs, valid: TextPairs, recipe: BiRecipe, folder: Path, tell: Tell) -> None:
    batch = recipe.batch
    while True:
        try:
            _fit_once(model, train, valid, replace(recipe, batch=batch), folder, tell)
            return
        except torch.OutOfMemoryError as error:
            if batch <= 2:
                raise TrainingError("the GPU has too little memory for two pairs: train on the CPU") from error
            batch //= 2
            torch.cuda.empty_cache()
            tell({"event": "log", "level": "warning", "message": f"the GPU is out of memory: batches of {batch} now"})


def _fit_once(model: Any, train: TextPairs, valid: TextPairs, recipe: BiRecipe, folder: Path, tell: Tell) -> None:
    from datasets import Dataset, DatasetDict
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from transformers import EarlyStoppingCallback

    columns = datasets_of(train, recipe.loss)
    steps = sum(max(1, -(-len(next(iter(one.values()))) // recipe.batch)) for one in columns.values())
    every = max(1, steps // recipe.evaluations)
    told = SentenceTransformerTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch,
        learning_rate=recipe.rate,
        warmup_steps=max(1, steps * recipe.epochs // 10),
        seed=recipe.seed,
        bf16=_bf16(),
        use_cpu=_device() == "cpu",
        eval_strategy="steps",
        eval_steps=every,
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="eval_f1",
        greater_is_better=True,
        logging_steps=every,
        report_to=["tensorboard"],
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    trainer = SentenceTransformerTrainer(
        model=model,
        args=told,
        train_dataset=DatasetDict({name: Dataset.from_dict(one) for name, one in columns.items()}),
        loss={name: _loss(recipe.loss, model) for name in columns},
        evaluator=_evaluator(valid),
        callbacks=[EarlyStoppingCallback(recipe.patience), _teller(tell, steps * recipe.epochs, recipe.loss)],
    )
    with _quiet():
        trainer.train(resume_from_checkpoint=any(folder.glob("checkpoint-*")))


def _loss(name: str, model: Any) -> Any:
    from sentence_transformers.sentence_transformer import losses

    kinds = {
        "ranking": losses.MultipleNegativesRankingLoss,
        "contrastive": losses.ContrastiveLoss,
        "online": losses.OnlineContrastiveLoss,
        "cosent": losses.CoSENTLoss,
    }
    return kinds[name](model)


def _evaluator(valid: TextPairs) -> Any:
    from sentence_transformers.sentence_transformer.evaluation import SentenceEvaluator

    class BestF1(SentenceEvaluator):
        """Best F1 of the cosine on valid."""

        primary_metric = "f1"

        def __call__(self, model: Any, output_path: Any = None, epoch: int = -1, steps: int = -1) -> dict[str, float]:
            return {"f1": _f1(model, valid)}

    return BestF1()


def _teller(tell: Tell, steps: int, loss: str) -> Any:
    from transformers import TrainerCallback

    class Teller(TrainerCallback):
        """Passes on how far the trainer is."""

        def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
            if state.global_step % 5 == 0:
                message = f"bi-encoder, loss {loss}"
                tell({"event": "progress", "step": state.global_step, "of": steps, "message": message})

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **rest: Any) -> None:
            if logs and "loss" in logs:
                tell({"event": "figures", "step": state.global_step, "loss": float(logs["loss"])})

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **rest: Any) -> None:
            if metrics and "eval_f1" in metrics:
                tell({"event": "figures", "step": state.global_step, "valid": {"f1": float(metrics["eval_f1"])}})

    return Teller()


def _f1(model: Any, pairs: TextPairs) -> float:
    if not len(pairs.labels):
        return 0.0
    texts = sorted({*pairs.left, *pairs.right}, key=len)
    vectors = model.encode(texts, batch_size=64, convert_to_numpy=True, show_progress_bar=False)
    rows = {text: row for row, text in enumerate(texts)}
    left = vectors[[rows[text] for text in pairs.left]]
    right = vectors[[rows[text] for text in pairs.right]]
    return best_f1(np.sum(left * right, axis=1), (pairs.labels >= 0.5).astype(int))[0]


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _bf16() -> bool:
    """Whether half precision pays: on a GPU that has it, and on processors with the instructions for it."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return multiplies_bfloat16()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the trainer's own logs off standard output, where programs read our events."""
    import contextlib
    import sys

    with contextlib.redirect_stdout(sys.stderr):
        yield
