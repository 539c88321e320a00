"""Reading pictures that nobody vouches for: the format is told by content, size is checked before decoding."""

import io
import math
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from encoders.errors import PictureError

MAX_PIXELS = 25_000_000
MAX_BYTES = 64 * 1024 * 1024
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")

# What is often sent as a picture and is none that can be read here, by its first bytes.
_KNOWN_OTHERS = (
    (b"%PDF", 0, "a PDF"),
    (b"ftypheic", 4, "a HEIC picture"),
    (b"ftypheix", 4, "a HEIC picture"),
    (b"ftypmif1", 4, "a HEIF picture"),
    (b"ftypmsf1", 4, "a HEIF picture"),
    (b"ftypavif", 4, "an AVIF picture"),
    (b"PK\x03\x04", 0, "a ZIP archive"),
)


def load_picture(source: Path | bytes, *, name: str, longest: int | None = None) -> np.ndarray:
    """Return a picture as uint8 RGB (height, width, 3), upright, transparency on white, first frame only.

    `name` is what errors call it. With `longest`, a picture whose longer side exceeds it may come back smaller
    (never with a longer side under `longest`), which makes large JPEG files much faster to decode.

    Raises PictureError: not there, empty, not a picture, a format that is not read, truncated, too large.
    """
    data = _read(source, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns about size and odd EXIF; both are judged here
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                return _decode(picture, name, longest)
        except UnidentifiedImageError as error:
            raise PictureError(f"{name}: {_what_is(data)}; send {', '.join(FORMATS)}") from error
        except PictureError:
            raise
        except Image.DecompressionBombError as error:
            raise PictureError(f"{name}: has more pixels than the {MAX_PIXELS:,} allowed") from error
        except Exception as error:  # decoders raise OSError, ValueError, SyntaxError, struct.error, ...
            raise PictureError(f"{name}: cannot be decoded, it is damaged or truncated ({error})") from error


def _read(source: Path | bytes, name: str) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        try:
            if source.stat().st_size > MAX_BYTES:
                raise PictureError(f"{name}: the file is larger than {MAX_BYTES // 1024**2} MiB")
            data = source.read_bytes()
        except OSError as error:
            raise PictureError(f"{name}: cannot be read ({error.strerror or error})") from error
    if not data:
        raise PictureError(f"{name}: the file is empty")
    if len(data) > MAX_BYTES:
        raise PictureError(f"{name}: the file is larger than {MAX_BYTES // 1024**2} MiB")
    return data


def _decode(picture: Image.Image, name: str, longest: int | None) -> np.ndarray:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise PictureError(f"{name}: {width:,} x {height:,} is more than the {MAX_PIXELS:,} pixels allowed")
    if longest is not None and picture.format == "JPEG":
        scale = min(1.0, longest / max(width, height))
        picture.draft("RGB", (math.ceil(width * scale), math.ceil(height * scale)))
    picture.load()
    return np.asarray(_as_rgb(_upright(picture)))


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 - damaged EXIF raises anything; the pixels are sound, so they are used as stored
        return picture


def _as_rgb(picture: Image.Image) -> Image.Image:
    """Return the picture in RGB: 16-bit scaled to 8, CMYK and palettes converted, transparency laid on white."""
    if picture.mode in ("I;16", "I;16B", "I;16L", "I;16N", "I"):
        grey = np.asarray(picture).astype(np.int64)
        return Image.fromarray(np.clip(grey // 257, 0, 255).astype(np.uint8)).convert("RGB")
    if picture.mode == "F":
        grey = np.nan_to_num(np.asarray(picture, np.float64))
        span = float(grey.max() - grey.min()) or 1.0
        return Image.fromarray(((grey - grey.min()) * (255 / span)).astype(np.uint8)).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layered).convert("RGB")
    return picture.convert("RGB")


def _what_is(data: bytes) -> str:
    for magic, offset, what in _KNOWN_OTHERS:
        if data[offset : offset + len(magic)] == magic:
            return f"this is {what}, which is not read"
    head = data[:1024].lstrip().lower()
    if head.startswith((b"<svg", b"<?xml")) and b"svg" in head:
        return "this is an SVG drawing, which is not read"
    if head.startswith((b"<!doctype html", b"<html")):
        return "this is a web page, not a picture"
    return "this is not a picture that can be read"
