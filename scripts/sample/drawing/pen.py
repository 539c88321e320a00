"""The pen that every drawing holds: shapes in units of 0 to 100, shading, shadow and background."""

import math
import zlib
from collections.abc import Callable, Sequence
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from drawing.colours import PAPER, Rgb, darker, lighter, mix, nudged, rgb_of

SIZE = 256
SCALE = 3  # drawn three times as large, then reduced, which smooths every edge

Point = tuple[float, float]
Drawing = Callable[["Pen"], None]
KINDS: dict[str, Drawing] = {}


def draws(*kinds: str) -> Callable[[Drawing], Drawing]:
    """Register a drawing under the names that the catalogue uses for it."""

    def register(function: Drawing) -> Drawing:
        for kind in kinds:
            if kind in KINDS:
                raise ValueError(f"two drawings are called {kind!r}")
            KINDS[kind] = function
        return function

    return register


def smooth(points: Sequence[Point], *, closed: bool, steps: int = 12) -> list[Point]:
    """Return a Catmull-Rom curve through `points`."""
    count = len(points)
    curve: list[Point] = []
    for i in range(count if closed else count - 1):
        if closed:
            p0, p1, p2, p3 = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        else:
            p0, p1, p2, p3 = (points[min(max(i + k, 0), count - 1)] for k in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            curve.append((_spline(p0[0], p1[0], p2[0], p3[0], t), _spline(p0[1], p1[1], p2[1], p3[1], t)))
    if not closed:
        curve.append(points[-1])
    return curve


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


class Pen:
    """Draws on one transparent layer. `c` is the product's colour, `d` a dark and `l` a light shade of it."""

    def __init__(self, kind: str, colour: str, seed: str) -> None:
        self.kind = kind
        self.colour = colour
        self.rng = Random(zlib.crc32(seed.encode()))
        self.c: Rgb = nudged(rgb_of(colour, self.rng), self.rng)
        self.d: Rgb = darker(self.c, 0.32)
        self.l: Rgb = lighter(self.c, 0.45)
        # A neutral is told apart from its surroundings by a coloured detail; a strong colour by a pale one.
        self.accent: Rgb = self.rng.choice(((214, 84, 64), (44, 110, 150), (226, 174, 60), (88, 138, 96)))
        self.layer = Image.new("RGBA", (SIZE * SCALE, SIZE * SCALE))
        self._draw = ImageDraw.Draw(self.layer)
        self._unit = SIZE * SCALE / 100

    def _at(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self._unit, y * self._unit) for x, y in points]

    def poly(self, points: Sequence[Point], fill: Rgb, edge: bool = True) -> None:
        """Fill a polygon; `edge` draws its outline in a darker shade."""
        at = self._at(points)
        self._draw.polygon(at, fill=(*fill, 255))
        if edge:
            self._draw.line(
                [*at, at[0], at[1]], fill=(*darker(fill, 0.38), 255), width=round(0.8 * self._unit), joint="curve"
            )

    def blob(self, points: Sequence[Point], fill: Rgb, edge: bool = True) -> None:
        """Fill the smooth closed curve through `points`."""
        self.poly(smooth(points, closed=True), fill, edge)

    def rect(self, x0: float, y0: float, x1: float, y1: float, fill: Rgb, r: float = 0, edge: bool = True) -> None:
        """Fill a rectangle with corners rounded by `r`."""
        box = [value * self._unit for value in (x0, y0, x1, y1)]
        line = (*darker(fill, 0.38), 255) if edge else None
        self._draw.rounded_rectangle(
            box, r * self._unit, fill=(*fill, 255), outline=line, width=round(0.8 * self._unit)
        )

    def ell(self, cx: float, cy: float, rx: float, ry: float, fill: Rgb, edge: bool = True) -> None:
        """Fill an ellipse with its centre and radii."""
        box = [value * self._unit for value in (cx - rx, cy - ry, cx + rx, cy + ry)]
        line = (*darker(fill, 0.38), 255) if edge else None
        self._draw.ellipse(box, fill=(*fill, 255), outline=line, width=round(0.8 * self._unit))

    def ring(
        self, cx: float, cy: float, rx: float, ry: float, width: float, fill: Rgb, a: float = 0, b: float = 360
    ) -> None:
        """Draw the part of an ellipse between the angles `a` and `b` (degrees, clockwise from the right)."""
        steps = max(8, round(abs(b - a) / 5))
        angles = [math.radians(a + (b - a) * i / steps) for i in range(steps + 1)]
        self.line([(cx + rx * math.cos(t), cy + ry * math.sin(t)) for t in angles], width, fill)

    def line(self, points: Sequence[Point], width: float, fill: Rgb, curve: bool = False, edge: bool = True) -> None:
        """Draw a line with round ends; `curve` makes it pass smoothly through its points."""
        path = self._at(smooth(points, closed=False) if curve else points)
        passes = [(width + 1.2, darker(fill, 0.38)), (width, fill)] if edge and width > 1.5 else [(width, fill)]
        for wide, shade in passes:
            thick = max(1, round(wide * self._unit))
            self._draw.line(path, fill=(*shade, 255), width=thick, joint="curve")
            radius = thick / 2
            for x, y in (path[0], path[-1]):
                self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(*shade, 255))

    def hole(self, points: Sequence[Point]) -> None:
        """Cut a polygon out of what is drawn so far."""
        self._draw.polygon(self._at(points), fill=(0, 0, 0, 0))

    def dots(self, box: tuple[float, float, float, float], fill: Rgb, size: float = 1.6, step: float = 8) -> None:
        """Sprinkle dots over a box, row by row."""
        x0, y0, x1, y1 = box
        rows = 0
        y = y0
        while y <= y1:
            x = x0 + (step / 2 if rows % 2 else 0)
            while x <= x1:
                self.ell(x, y, size, size, fill, edge=False)
                x += step
            y += step
            rows += 1

    def stripes(self, x0: float, x1: float, ys: Sequence[float], width: float, fill: Rgb) -> None:
        """Draw level stripes between two x positions."""
        for y in ys:
            self.rect(x0, y, x1, y + width, fill, edge=False)

    def label(self, x0: float, y0: float, x1: float, y1: float, fill: Rgb = PAPER) -> None:
        """Draw a paper label with lines where writing would be."""
        self.rect(x0, y0, x1, y1, fill, r=1)
        wide, tall = x1 - x0, y1 - y0
        self.rect(
            x0 + wide * 0.18, y0 + tall * 0.22, x1 - wide * 0.18, y0 + tall * 0.44, darker(self.c, 0.15), edge=False
        )
        self.rect(x0 + wide * 0.26, y0 + tall * 0.6, x1 - wide * 0.26, y0 + tall * 0.68, (150, 140, 130), edge=False)


def picture(kind: str, colour: str, seed: str) -> Image.Image:
    """Draw one product: RGB, 256 by 256. The same arguments give the same picture.

    Raises KeyError for a kind or a colour that nobody has drawn yet.
    """
    pen = Pen(kind, colour, seed)
    KINDS[kind](pen)
    rng = pen.rng
    figure = _shaded(pen.layer)
    if rng.random() < 0.3:
        figure = figure.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    figure = figure.rotate(rng.uniform(-4, 4), Image.Resampling.BICUBIC)
    side = round(SIZE * SCALE * rng.uniform(0.86, 0.99))
    figure = figure.resize((side, side), Image.Resampling.BICUBIC)
    canvas = _background(pen.c, rng)
    offset = (SIZE * SCALE - side) // 2
    at = (offset + round(rng.uniform(-12, 12)), offset + round(rng.uniform(-12, 12)))
    shadow = Image.new("L", canvas.size)
    shadow.paste(figure.getchannel("A"), (at[0] + 10, at[1] + 16))
    shadow = shadow.filter(ImageFilter.GaussianBlur(14)).point(lambda value: value * 90 // 255)
    canvas.paste((70, 66, 74), (0, 0), shadow)
    canvas.paste(figure, at, figure)
    return canvas.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def _shaded(layer: Image.Image) -> Image.Image:
    """Darken towards the lower right and at the edges, which makes flat shapes look round."""
    side = layer.width
    alpha = layer.getchannel("A")
    ramp = Image.linear_gradient("L").resize((side, side)).rotate(28, Image.Resampling.BILINEAR, fillcolor=128)
    edge = alpha.filter(ImageFilter.BoxBlur(side // 40))
    light = ImageChops.multiply(ramp.point(lambda v: 255 - v * 42 // 255), edge.point(lambda v: 205 + v * 50 // 255))
    rgb = ImageChops.multiply(layer.convert("RGB"), Image.merge("RGB", (light, light, light)))
    rgb.putalpha(alpha)
    return rgb


def _background(colour: Rgb, rng: Random) -> Image.Image:
    """Return a studio background: nearly white, a little darker below, a breath of another hue."""
    side = SIZE * SCALE
    tint = rng.choice(((240, 240, 238), (238, 241, 244), (243, 239, 233), (237, 242, 238)))
    top = mix(lighter(tint, 0.55), colour, 0.02)
    ramp = Image.linear_gradient("L").resize((side, side))
    return Image.composite(
        Image.new("RGB", (side, side), darker(tint, 0.07)), Image.new("RGB", (side, side), top), ramp
    )
