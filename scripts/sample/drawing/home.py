"""Furniture, lamps and other things of a home."""

from drawing.colours import BRIGHT, DARK, GLASS, GOLD, LEAF, PAPER, STEEL, WHITE, WOOD, darker, lighter
from drawing.pen import Pen, draws


@draws("sofa", "armchair")
def sofa(p: Pen) -> None:
    left, right = (6, 94) if p.kind == "sofa" else (20, 80)
    top = 30 if p.kind == "sofa" else 14
    for x in (left + 8, right - 8):
        p.line([(x, 80), (x, 90)], 4, WOOD)
    p.blob([(left + 6, 60), (left + 8, top), (50, top - 3), (right - 8, top), (right - 6, 60)], p.c)
    if p.kind == "sofa":
        p.rect(left + 10, 52, 50, 68, p.l, r=4)
        p.rect(50, 52, right - 10, 68, p.l, r=4)
        p.line([(50, top), (50, 52)], 1.1, p.d)
    else:
        p.rect(left + 9, 54, right - 9, 68, p.l, r=4)
        for x, y in ((42, 26), (58, 26), (50, 36)):
            p.ell(x, y, 1.2, 1.2, p.d)
    p.rect(left, 44, left + 13, 82, p.c, r=6)
    p.rect(right - 13, 44, right, 82, p.c, r=6)
    p.rect(left + 9, 67, right - 9, 82, p.c, r=2)


@draws("pouffe", "bolster", "cushion")
def soft(p: Pen) -> None:
    if p.kind == "cushion":
        p.blob([(14, 16), (50, 21), (86, 16), (81, 50), (86, 84), (50, 79), (14, 84), (19, 50)], p.c)
        p.line([(24, 30), (50, 33), (76, 30)], 1.1, p.d, curve=True)
        p.line([(24, 70), (50, 67), (76, 70)], 1.1, p.d, curve=True)
    elif p.kind == "pouffe":
        p.blob([(12, 60), (22, 38), (50, 32), (78, 38), (88, 60), (76, 82), (50, 86), (24, 82)], p.c)
        for x in (22, 36, 50, 64, 78):
            p.line([(50 + (x - 50) * 0.4, 36), (x, 60), (50 + (x - 50) * 0.6, 83)], 1.1, p.d, curve=True)
    else:
        p.rect(12, 36, 86, 68, p.c, r=14)
        p.ell(82, 52, 8, 16, p.l)
        p.ell(82, 52, 2, 3, p.d)


def shade(p: Pen, top: float, bottom: float, narrow: float, wide: float, fill: tuple[int, int, int]) -> None:
    """Draw a lampshade."""
    p.poly([(50 - narrow, top), (50 + narrow, top), (50 + wide, bottom), (50 - wide, bottom)], fill)


@draws("table_lamp", "globe_lamp", "globe_shade")
def table_lamp(p: Pen) -> None:
    if p.kind == "globe_shade":
        p.line([(50, 2), (50, 20)], 1.6, DARK)
        p.ell(50, 54, 36, 36, (252, 246, 226))
        for y in (34, 44, 54, 64, 74):
            p.line([(18, y), (50, y + 3), (82, y)], 0.8, (216, 206, 180), curve=True)
        return
    if p.kind == "globe_lamp":
        p.ell(50, 46, 32, 32, (254, 226, 150))
        p.rect(30, 76, 70, 88, p.c, r=4)
        return
    p.blob([(46, 46), (54, 46), (68, 66), (62, 86), (38, 86), (32, 66)], p.c)
    p.rect(36, 85, 64, 91, p.d, r=2)
    shade(p, 10, 48, 17, 31, PAPER if p.colour != "sage green" else p.l)
    if p.colour == "pink":
        for y in (60, 70, 80):
            p.line([(36, y), (64, y)], 2.4, WHITE, edge=False)


@draws("desk_lamp", "floor_lamp")
def arm_lamp(p: Pen) -> None:
    if p.kind == "floor_lamp":
        p.line([(20, 90), (20, 40), (34, 12), (66, 10), (78, 28)], 3, p.c, curve=True)
        p.ell(20, 92, 14, 4, p.d)
        p.blob([(62, 42), (68, 28), (78, 24), (88, 28), (94, 42)], p.c)
        return
    p.line([(36, 84), (28, 50)], 3.4, STEEL)
    p.line([(28, 50), (58, 24)], 3.4, STEEL)
    p.ell(28, 50, 4, 4, DARK)
    p.ell(36, 87, 22, 6, p.c)
    p.poly([(54, 16), (66, 26), (90, 42), (62, 58)], p.c)
    p.ell(77, 50, 9, 6, (254, 232, 150))


@draws("blanket", "rug", "doormat", "bed", "curtain")
def textile(p: Pen) -> None:
    if p.kind == "curtain":
        p.rect(4, 8, 96, 13, GOLD, r=2)
        for x0, x1 in ((8, 46), (54, 92)):
            p.poly([(x0, 12), (x1, 12), (x1, 92), (x0, 92)], p.c)
            for x in range(x0 + 6, x1, 7):
                p.line([(x, 14), (x, 91)], 1.3, p.d)
        return
    if p.kind == "bed":
        p.rect(8, 16, 92, 84, WOOD, r=3)
        p.rect(12, 34, 88, 88, p.c, r=3)
        p.rect(17, 24, 47, 40, WHITE, r=5)
        p.rect(53, 24, 83, 40, WHITE, r=5)
        p.rect(12, 44, 88, 53, p.l, edge=False)
        if "stripe" in p.colour:
            p.stripes(13, 87, (58, 66, 74), 3, WHITE)
        return
    if p.kind == "blanket":
        for y, fill in ((64, p.d), (50, p.c), (36, p.l)):
            p.rect(14, y, 86, y + 16, fill, r=7)
        if "check" in p.colour:
            for x in (30, 48, 66):
                p.rect(x, 37, x + 4, 79, darker(p.c, 0.35), edge=False)
        for x in range(18, 86, 5):
            p.line([(x, 80), (x, 87)], 1.2, p.c)
        return
    p.poly([(14, 28), (86, 28), (96, 80), (4, 80)], p.c)
    if p.kind == "doormat":
        p.blob([(34, 62), (40, 46), (56, 42), (68, 52), (70, 64), (50, 66)], darker(p.c, 0.55))
        return
    for y in (38, 50, 62):
        p.line([(12, y), (88, y)], 3 if "stripe" in p.colour else 1.4, WHITE if "stripe" in p.colour else p.d)
    for x in range(6, 96, 5):
        p.line([(x, 80), (x, 86)], 1.2, p.d)


@draws("bookshelf", "desk_tidy")
def shelf(p: Pen) -> None:
    if p.kind == "desk_tidy":
        for x, fill in ((26, BRIGHT[0]), (34, BRIGHT[3]), (42, BRIGHT[1]), (66, BRIGHT[2]), (74, DARK)):
            p.rect(x, 14, x + 5, 60, fill, r=2)
        p.rect(16, 44, 54, 86, p.c, r=2)
        p.rect(54, 56, 86, 86, p.l, r=2)
        return
    p.rect(20, 6, 80, 94, p.d, r=1)
    for y in (11, 39, 67):
        p.rect(25, y, 75, y + 23, lighter(p.c, 0.35))
        x = 27.0
        while x < 68:
            wide = p.rng.uniform(3.5, 6.5)
            p.rect(x, y + p.rng.uniform(3, 8), x + wide, y + 23, p.rng.choice(BRIGHT))
            x += wide + 0.4


@draws("bin", "litter_tray")
def bin_(p: Pen) -> None:
    if p.kind == "litter_tray":
        p.blob([(10, 60), (16, 34), (50, 22), (84, 34), (90, 60)], p.c)
        p.rect(8, 56, 92, 84, p.d, r=6)
        p.ell(50, 58, 16, 16, darker(p.c, 0.6))
        return
    p.rect(28, 26, 72, 90, p.c, r=4)
    p.blob([(26, 28), (32, 16), (50, 12), (68, 16), (74, 28), (50, 31)], p.d)
    p.rect(40, 88, 60, 95, DARK, r=2)
    p.line([(36, 36), (36, 80)], 2.4, lighter(p.c, 0.6), edge=False)


@draws("candles", "brushes", "crayons", "felt_pens", "pencil", "pen", "fountain_pen")
def sticks(p: Pen) -> None:
    """A row of upright sticks; one slanting stick for a single pen."""
    if p.kind in ("fountain_pen", "pen"):
        p.line([(22, 84), (72, 22)], 9, p.c)
        p.line([(60, 37), (74, 20)], 10, p.d)
        p.line([(64, 44), (80, 24)], 1.6, GOLD if p.kind == "fountain_pen" else STEEL)
        p.poly([(18, 80), (26, 87), (12, 95)], GOLD if p.kind == "fountain_pen" else STEEL)
        return
    for i, x in enumerate((18, 32, 46, 60, 74)):
        fill = BRIGHT[(i * 2) % len(BRIGHT)] if p.colour.startswith("mixed") else (p.c, p.d, p.l)[i % 3]
        if p.kind == "candles":
            p.rect(x, 26, x + 9, 92, p.c, r=1)
            p.line([(x + 4.5, 26), (x + 4.5, 20)], 1.2, DARK)
            p.blob([(x + 4.5, 8), (x + 7.5, 16), (x + 4.5, 21), (x + 1.5, 16)], (244, 168, 52))
        elif p.kind == "brushes":
            p.rect(x + 3, 44, x + 7, 94, WOOD, r=2)
            p.rect(x + 2, 34, x + 8, 46, STEEL)
            p.blob([(x + 5, 8 + i * 2), (x + 9, 26), (x + 5, 35), (x + 1, 26)], DARK)
        elif p.kind == "felt_pens":
            p.rect(x, 34, x + 11, 94, WHITE, r=2)
            p.rect(x - 0.5, 14, x + 11.5, 46, fill, r=4)
        else:
            p.poly([(x, 26), (x + 10, 26), (x + 5, 8)], (236, 206, 160) if p.kind == "pencil" else fill)
            p.poly([(x + 3.4, 13.5), (x + 6.6, 13.5), (x + 5, 8)], fill)
            p.rect(x, 26, x + 10, 92, fill, r=1)
            if p.kind == "crayons":
                p.rect(x, 40, x + 10, 80, PAPER, edge=False)
                p.rect(x, 46, x + 10, 74, fill, edge=False)


@draws("clock", "mirror")
def clock(p: Pen) -> None:
    if p.kind == "mirror":
        p.ell(50, 50, 42, 42, p.c)
        p.ell(50, 50, 37, 37, GLASS)
        p.line([(34, 58), (56, 30)], 3, WHITE, edge=False)
        p.line([(46, 66), (66, 42)], 2, WHITE, edge=False)
        return
    bells = p.colour == "mint"
    if bells:
        for x in (30, 70):
            p.ell(x, 17, 13, 10, GOLD)
            p.line([(x, 80), (x - 6 if x < 50 else x + 6, 94)], 4, DARK)
    p.ell(50, 53 if bells else 50, 38, 38, p.c)
    cy = 53 if bells else 50
    p.ell(50, cy, 32, 32, WHITE)
    for x, y in ((0, -27), (27, 0), (0, 27), (-27, 0)):
        p.ell(50 + x, cy + y, 1.8, 1.8, DARK)
    p.line([(50, cy), (50, cy - 20)], 2.6, DARK)
    p.line([(50, cy), (64, cy + 8)], 2.6, DARK)


@draws("vase")
def vase(p: Pen) -> None:
    for x, y, fill in ((34, 14, BRIGHT[0]), (50, 8, BRIGHT[1]), (66, 15, BRIGHT[6])):
        p.line([(50, 46), (x, y)], 1.8, LEAF)
        p.ell(x, y, 7, 6, fill)
    p.blob([(43, 40), (57, 40), (57, 50), (72, 66), (66, 88), (50, 92), (34, 88), (28, 66), (43, 50)], p.c)
    p.ell(50, 40, 8, 2.4, p.d)


@draws("frame", "easel")
def frame(p: Pen) -> None:
    if p.kind == "easel":
        p.line([(50, 6), (24, 94)], 4, WOOD)
        p.line([(50, 6), (76, 94)], 4, WOOD)
        p.line([(28, 72), (72, 72)], 4, WOOD)
    x0, y0, x1, y1 = (18, 10, 82, 90) if p.kind == "frame" else (24, 22, 76, 70)
    p.rect(x0, y0, x1, y1, p.c if p.kind == "frame" else WHITE)
    inset = 11 if p.kind == "frame" else 3
    p.rect(x0 + inset, y0 + inset, x1 - inset, y1 - inset, (190, 216, 232))
    p.poly(
        [
            (x0 + inset, y1 - inset),
            (x0 + inset, y1 - 28),
            (46, y1 - 38),
            (62, y1 - 26),
            (x1 - inset, y1 - 32),
            (x1 - inset, y1 - inset),
        ],
        LEAF,
        edge=False,
    )
    p.ell(x1 - inset - 10, y0 + inset + 8, 4, 4, (248, 206, 80))
