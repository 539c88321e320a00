"""Model folders that the user names: sentence-transformers and plain transformers folders, read offline.

Weights are read from safetensors files, or from an ONNX file that holds a BERT. Pickles are never opened: loading
one runs whatever program is in it.
"""

import contextlib
import io
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import nn

from encoders.cards import sha256_of
from encoders.errors import SourceError
from encoders.export.described import TextSource
from encoders.nets.text import POOLINGS, Pooling, SentenceNet

_PICKLES = ("pytorch_model.bin", "model.bin", "model.pt", "model.pth", "pytorch_model.pt")
_POOLING_FLAGS: Mapping[str, str] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_ACTIVATIONS: Mapping[str, type[nn.Module]] = {
    "Tanh": nn.Tanh,
    "Identity": nn.Identity,
    "ReLU": nn.ReLU,
    "GELU": nn.GELU,
}


def text_folder(
    folder: Path,
    *,
    name: str,
    source: str | None = None,
    licence: str = "not stated",
    languages: tuple[str, ...] = (),
    pooling: Pooling | None = None,
) -> TextSource:
    """Load a model folder as a sentence encoder.

    The folder's own `modules.json` decides pooling and further layers; without one it is a bare transformer, pooled
    by `pooling` (default: mean). Raises SourceError, naming the file, for what cannot be exported.
    """
    config = _json(folder / "config.json", "is not a model folder")
    modules = _modules(folder)
    inner = folder / modules.get("Transformer", "")
    weights, transformer = _transformer(inner, config)
    chosen = pooling or _pooling(folder / modules["Pooling"] if "Pooling" in modules else None)
    head = _dense(folder / modules["Dense"]) if "Dense" in modules else None
    settings = _sentence_settings(inner) if modules else {}
    prompts = _json(folder / "config_sentence_transformers.json").get("prompts") or {}
    return TextSource(
        name=name,
        net=SentenceNet(transformer, chosen, head).eval(),
        tokenizer=_tokenizer(inner),
        dimension=head.out_features if head is not None else int(transformer.config.hidden_size),
        preprocessing={
            "max_tokens": _max_tokens(inner, settings, transformer.config),
            "query_prefix": prompts.get("query") or "",
            "passage_prefix": prompts.get("passage") or prompts.get("document") or "",
            "pad_id": int(transformer.config.pad_token_id or 0),
            "lowercase": bool(settings.get("do_lower_case", False)),
        },
        languages=languages,
        licence=licence,
        revision=sha256_of(weights)[:12],
        source=source or f"folder {folder.name}",
    )


class DenseHead(nn.Module):
    """The `Dense` layer that some sentence encoders have after pooling."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool, activation: nn.Module) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=bias)
        self.activation = activation
        self.out_features = outputs

    def forward(self, pooled: Any) -> Any:
        return self.activation(self.linear(pooled))


def _transformer(folder: Path, config: Mapping[str, Any]) -> tuple[Path, Any]:
    if any(folder.glob("*.safetensors")):
        single = folder / "model.safetensors"
        weights = single if single.is_file() else sorted(folder.glob("*.safetensors"))[0]
        return weights, _load(folder)
    for path in (folder / "model.onnx", folder / "onnx" / "model.onnx"):
        if path.is_file():
            from encoders.nets.bert import bert_from_onnx

            if config.get("model_type") != "bert":
                raise SourceError(
                    f"{path}: only a BERT can be read from an ONNX file, this is {config.get('model_type')}"
                )
            return path, bert_from_onnx(
                path, heads=int(config["num_attention_heads"]), act=str(config.get("hidden_act", "gelu"))
            )
    pickles = [file for file in _PICKLES if (folder / file).is_file()]
    if pickles:
        raise SourceError(
            f"{folder / pickles[0]} is a pickle, which can run any program when it is opened; "
            "Kindred reads weights from model.safetensors or model.onnx only: save the model again as safetensors "
            "(`model.save_pretrained(folder, safe_serialization=True)`)"
        )
    raise SourceError(f"{folder} has no weights: model.safetensors or model.onnx is wanted")


def _load(folder: Path) -> Any:
    """Load a transformer with plain (eager) attention, which exports to the smallest graph."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from transformers import AutoModel

    with _quiet():
        try:
            return AutoModel.from_pretrained(
                str(folder),
                attn_implementation="eager",
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
            ).eval()
        except Exception as error:  # transformers raises many kinds for a folder that it cannot read
            raise SourceError(f"{folder} cannot be loaded by transformers: {error}") from error


def _modules(folder: Path) -> dict[str, str]:
    """Return the folder of each module of a sentence-transformers model, by the module's class name."""
    path = folder / "modules.json"
    if not path.is_file():
        return {}
    stated = json.loads(path.read_text(encoding="utf-8"))
    found = {str(module["type"]).rsplit(".", 1)[-1]: str(module["path"]) for module in stated}
    unknown = set(found) - {"Transformer", "Pooling", "Dense", "Normalize"}
    if unknown or len(found) != len(stated) or "Transformer" not in found:
        raise SourceError(
            f"{path}: Transformer, Pooling, one Dense and Normalize can be exported, not "
            f"{', '.join(str(module['type']).rsplit('.', 1)[-1] for module in stated)}"
        )
    return found


def _pooling(folder: Path | None) -> Pooling:
    if folder is None:
        return "mean"
    path = folder / "config.json"
    stated = _json(path, "is missing")
    modes = stated.get("pooling_mode")
    if modes is None:
        modes = [mode for flag, mode in _POOLING_FLAGS.items() if stated.get(flag)] or ["mean"]
    modes = [modes] if isinstance(modes, str) else list(modes)
    if len(modes) != 1 or modes[0] not in POOLINGS or stated.get("include_prompt") is False:
        raise SourceError(f"{path}: one of {', '.join(POOLINGS)} over all tokens can be exported, not {modes}")
    return modes[0]


def _dense(folder: Path) -> DenseHead:
    from safetensors.torch import load_file

    stated = _json(folder / "config.json", "is missing")
    activation = str(stated.get("activation_function", "torch.nn.modules.activation.Tanh")).rsplit(".", 1)[-1]
    weights = folder / "model.safetensors"
    if activation not in _ACTIVATIONS or stated.get("use_residual") or not weights.is_file():
        raise SourceError(
            f"{folder}: a Dense layer can be exported with model.safetensors, one of {', '.join(_ACTIVATIONS)} "
            "and without a residual"
        )
    head = DenseHead(
        int(stated["in_features"]),
        int(stated["out_features"]),
        bias=bool(stated.get("bias", True)),
        activation=_ACTIVATIONS[activation](),
    )
    head.load_state_dict(load_file(weights))
    return head


def _tokenizer(folder: Path) -> Path:
    """Return the folder's tokenizer.json; made by transformers where the folder has an older vocabulary file only."""
    path = folder / "tokenizer.json"
    if path.is_file():
        return path
    from transformers import AutoTokenizer

    with _quiet():
        try:
            tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
            made = Path(tempfile.mkdtemp(prefix="kindred-tokenizer-")) / "tokenizer.json"
            tokenizer.backend_tokenizer.save(str(made))
        except Exception as error:  # transformers raises many kinds for a folder that it cannot read
            raise SourceError(
                f"{path} is missing, and no other tokenizer of the folder can be read: {error}"
            ) from error
    return made


def _sentence_settings(folder: Path) -> dict[str, Any]:
    """Return what sentence-transformers noted about its transformer (the file is named after the kind of network)."""
    found = sorted(folder.glob("sentence_*_config.json"))
    return _json(found[0]) if found else {}


def _max_tokens(folder: Path, settings: Mapping[str, Any], config: Any) -> int:
    """Return how many tokens are read: the folder's own limit, at most the positions that the network has.

    RoBERTa's kin keep two positions for padding. Tokenizers without a limit state an absurdly large one.
    """
    kept = 2 if config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet") else 0
    positions = int(config.max_position_embeddings) - kept
    stated = settings.get("max_seq_length") or _json(folder / "tokenizer_config.json").get("model_max_length")
    return min(int(stated), positions) if stated else positions


def _json(path: Path, complaint: str | None = None) -> dict[str, Any]:
    """Read a JSON object; an absent file is an empty one, or SourceError with `complaint`."""
    if not path.is_file():
        if complaint is None:
            return {}
        raise SourceError(f"{path} is missing: {path.parent} {complaint}")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SourceError(f"{path} is not valid JSON: {error}") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep progress bars and advice of transformers off the user's terminal."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    with contextlib.redirect_stderr(io.StringIO()):
        yield
