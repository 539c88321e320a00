"""Pictures that nobody vouches for: every format that is read, and clear refusals for the rest."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from encoders.errors import PictureError
from encoders.pictures import MAX_PIXELS, load_picture

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def saved(image: Image.Image, form: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def two_halves(mode: str = "RGB") -> Image.Image:
    """A picture 40 wide and 20 high, red on the left and blue on the right."""
    image = Image.new("RGB", (40, 20), RED)
    image.paste(BLUE, (20, 0, 40, 20))
    return image.convert(mode)


def png_header(width: int, height: int) -> bytes:
    """A PNG that states a size and has next to nothing to back it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_each_format_is_told_by_its_content(form, tmp_path):
    path = tmp_path / "picture.wrong-suffix"
    path.write_bytes(saved(two_halves(), form))
    pixels = load_picture(path, name="p")
    assert pixels.dtype == np.uint8
    assert pixels.shape == (20, 40, 3)
    np.testing.assert_allclose(pixels[10, 5], RED, atol=3)
    np.testing.assert_allclose(pixels[10, 35], BLUE, atol=3)


@pytest.mark.parametrize(
    ("mode", "form"),
    [("CMYK", "JPEG"), ("L", "JPEG"), ("L", "PNG"), ("1", "PNG"), ("P", "PNG"), ("P", "GIF"), ("CMYK", "TIFF")],
)
def test_other_colour_modes_become_rgb(mode, form):
    pixels = load_picture(saved(two_halves(mode), form), name="p")
    expected = np.asarray(two_halves(mode).convert("RGB"))
    assert pixels.shape == (20, 40, 3)
    np.testing.assert_allclose(pixels[10, 5].astype(int), expected[10, 5].astype(int), atol=4)


def test_sixteen_bits_are_scaled_to_eight():
    grey = np.full((20, 40), 0x8080, np.uint16)
    grey[:, 20:] = 0xFFFF
    pixels = load_picture(saved(Image.fromarray(grey), "PNG"), name="p")
    assert pixels[0, 0].tolist() == [0x80] * 3  # 0x8080 / 257 = 0x80
    assert pixels[0, 39].tolist() == [255] * 3


def test_transparency_lies_on_white():
    image = two_halves("RGBA")
    image.putpixel((0, 0), (255, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 0, 128))
    pixels = load_picture(saved(image, "PNG"), name="p")
    assert tuple(pixels[0, 0]) == WHITE
    assert abs(int(pixels[0, 1, 0]) - 127) <= 1  # half black on white
    assert tuple(pixels[0, 2]) == RED


def test_transparent_colour_of_a_palette_lies_on_white():
    palette = two_halves("P")
    first = palette.getpixel((0, 0))
    for form in ("PNG", "GIF"):
        pixels = load_picture(saved(palette, form, transparency=first), name="p")
        assert tuple(pixels[10, 5]) == WHITE
        assert tuple(pixels[10, 35]) == BLUE


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_read(form):
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, GREEN, BLUE)]
    options = {"lossless": True} if form == "WEBP" else {}
    data = saved(frames[0], form, save_all=True, append_images=frames[1:], **options)
    assert tuple(load_picture(data, name="p")[8, 8]) == RED


@pytest.mark.parametrize(
    ("orientation", "shape", "corner"),
    # Red is left in the file. 3: turned by 180 degrees; 6 and 8: by 90 degrees, one way and the other.
    [(1, (20, 40, 3), RED), (3, (20, 40, 3), BLUE), (6, (40, 20, 3), RED), (8, (40, 20, 3), BLUE)],
)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_stands_upright(form, orientation, shape, corner):
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = load_picture(saved(two_halves(), form, exif=exif.tobytes()), name="p")
    assert pixels.shape == shape
    np.testing.assert_allclose(pixels[4, 4].astype(int), corner, atol=12)


def test_damaged_exif_does_not_cost_the_photo():
    data = saved(two_halves(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")
    assert load_picture(data, name="p").shape == (20, 40, 3)


def test_a_large_jpeg_may_come_back_smaller_but_never_too_small():
    data = saved(Image.new("RGB", (4000, 2000), GREEN), "JPEG")
    pixels = load_picture(data, name="p", longest=500)
    assert pixels.shape == (250, 500, 3)  # JPEG decodes at an eighth: 4000 / 8 = 500
    assert load_picture(data, name="p", longest=501).shape == (500, 1000, 3)
    assert load_picture(data, name="p").shape == (2000, 4000, 3)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"%PDF-1.7 not a photo", "a PDF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC picture"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "an AVIF picture"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "an SVG drawing"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "a web page"),
        (b"PK\x03\x04 rest of an archive", "a ZIP archive"),
        (b"just some words", "not a picture"),
        (b"\x89PNG\r\n\x1a\n", "p.jpg:"),
        (png_header(60_000, 60_000), "more"),
        (png_header(6_000, 5_000), "6,000 x 5,000 is more than the 25,000,000 pixels"),
        (png_header(100, 100), "damaged or truncated"),
    ],
)
def test_what_cannot_or_must_not_be_decoded_is_refused_by_name(data, reason):
    with pytest.raises(PictureError, match=reason) as refusal:
        load_picture(data, name="p.jpg")
    assert str(refusal.value).startswith("p.jpg: ")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_a_truncated_file_is_refused(form, kept):
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), form)
    with pytest.raises(PictureError, match="cut off"):
        load_picture(data[: int(len(data) * kept)], name="cut off")


def test_a_picture_of_exactly_the_cap_is_read():
    assert MAX_PIXELS == 5000 * 5000
    data = saved(Image.new("1", (5000, 5000)), "PNG")
    assert load_picture(data, name="p").shape == (5000, 5000, 3)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(PictureError, match=r"gone\.jpg: cannot be read"):
        load_picture(tmp_path / "gone.jpg", name="gone.jpg")
    with pytest.raises(PictureError, match=r"here: cannot be read"):
        load_picture(tmp_path, name="here")
