"""Colour names of the catalogue as RGB, and the arithmetic on them."""

import colorsys
from random import Random

Rgb = tuple[int, int, int]

NAMED: dict[str, Rgb] = {
    "acacia": (166, 110, 66), "amber": (214, 140, 36), "beech": (214, 176, 128), "beige": (217, 200, 170),
    "berry": (150, 44, 84), "black": (46, 46, 50), "blue": (52, 104, 176), "blush": (238, 186, 180),
    "brass": (196, 158, 74), "brown": (122, 80, 52), "burgundy": (120, 30, 50), "camel": (192, 148, 96),
    "cedar": (172, 104, 68), "charcoal": (72, 74, 80), "clear": (198, 222, 228), "copper": (196, 112, 70),
    "coral": (240, 122, 104), "cream": (240, 228, 200), "emerald": (14, 122, 86), "gold": (212, 170, 60),
    "graphite": (84, 88, 94), "green": (62, 136, 76), "grey": (146, 150, 154), "honey": (222, 168, 82),
    "indigo": (50, 62, 112), "ivory": (244, 238, 220), "khaki": (158, 146, 100), "lilac": (184, 156, 208),
    "mint": (150, 212, 184), "mustard": (216, 168, 44), "natural": (214, 186, 142), "navy": (34, 50, 92),
    "oak": (190, 146, 94), "oatmeal": (224, 208, 180), "ochre": (202, 140, 48), "olive": (108, 112, 62),
    "orange": (236, 130, 44), "oxblood": (112, 28, 36), "pink": (236, 138, 166), "purple": (122, 76, 150),
    "red": (200, 48, 48), "rust": (178, 84, 44), "sand": (220, 196, 152), "silver": (186, 192, 198),
    "steel": (170, 178, 186), "tan": (188, 134, 84), "teal": (32, 130, 136), "terracotta": (202, 106, 72),
    "turquoise": (58, 184, 186), "walnut": (112, 76, 52), "white": (244, 244, 242), "willow": (222, 196, 150),
    "yellow": (244, 206, 62),
    "sage green": (150, 172, 140), "moss green": (104, 122, 72), "forest green": (36, 84, 58),
    "dusty pink": (214, 158, 158), "sky blue": (138, 188, 226), "sky stripe": (138, 188, 226),
    "slate blue": (96, 116, 142), "midnight blue": (30, 38, 86), "dark brown": (76, 48, 34),
    "speckled white": (236, 232, 222), "warm white": (250, 226, 160), "floral blue": (84, 124, 186),
    "floral": (226, 142, 150), "tartan red": (186, 44, 44), "striped blue": (62, 108, 178),
}  # fmt: skip

WOOD: Rgb = (190, 146, 94)
STEEL: Rgb = (178, 184, 190)
DARK: Rgb = (52, 52, 58)
WHITE: Rgb = (248, 248, 246)
LEAF: Rgb = (84, 146, 78)
GLASS: Rgb = (206, 228, 234)
GOLD: Rgb = (212, 170, 60)
PAPER: Rgb = (250, 245, 232)
BRIGHT: tuple[Rgb, ...] = (
    (222, 66, 60), (244, 178, 50), (74, 154, 92), (60, 118, 190), (146, 88, 166), (240, 132, 60), (240, 150, 176),
)  # fmt: skip


def rgb_of(name: str, rng: Random) -> Rgb:
    """Return the colour called `name` ("sage green", "red stripe"); "mixed" draws one of the bright ones."""
    if name.startswith("mixed"):
        return rng.choice(BRIGHT)
    for candidate in (name, name.split()[-1], name.split()[0]):
        if candidate in NAMED:
            return NAMED[candidate]
    raise KeyError(f"colour {name!r} has no RGB in scripts/sample/drawing/colours.py")


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    """Return `first` with `share` (0 to 1) of `second` mixed in."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def darker(colour: Rgb, share: float = 0.3) -> Rgb:
    """Return `colour` mixed with near-black."""
    return mix(colour, (20, 18, 24), share)


def lighter(colour: Rgb, share: float = 0.4) -> Rgb:
    """Return `colour` mixed with white."""
    return mix(colour, (255, 255, 255), share)


def nudged(colour: Rgb, rng: Random) -> Rgb:
    """Return `colour` a little lighter or darker, as two photographs of one thing differ."""
    hue, light, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in colour))
    light = min(0.96, max(0.1, light + rng.uniform(-0.025, 0.025)))
    red, green, blue = (round(channel * 255) for channel in colorsys.hls_to_rgb(hue, light, saturation))
    return red, green, blue
