"""Things of a kitchen."""

from drawing.colours import DARK, GLASS, PAPER, STEEL, WHITE, WOOD, darker, lighter
from drawing.pen import Pen, draws


def steam(p: Pen, xs: tuple[int, ...], top: float, bottom: float) -> None:
    """Draw wisps of steam."""
    for x in xs:
        mid = (top + bottom) / 2
        p.line([(x, bottom), (x - 2.5, mid + 3), (x + 2.5, mid - 3), (x, top)], 1.4, (200, 206, 210), curve=True)


@draws("mug")
def mug(p: Pen) -> None:
    steam(p, (38, 46, 54), 8, 22)
    p.ring(69, 52, 14, 15, 5, p.c, -95, 95)
    p.blob([(22, 28), (45, 30), (68, 28), (69, 56), (66, 80), (58, 86), (45, 87), (32, 86), (24, 80), (21, 56)], p.c)
    p.ell(45, 29, 23.5, 5.5, p.l)
    p.ell(45, 30, 20, 3.8, (96, 62, 42))
    if p.colour.startswith("speckled"):
        p.dots((27, 42, 64, 80), (150, 140, 130), 0.6, 6)
    elif p.rng.random() < 0.6:
        p.line([(22, 72), (45, 75), (68, 72)], 3, p.l, curve=True)


@draws("travel_cup", "flask")
def vacuum_cup(p: Pen) -> None:
    if p.kind == "travel_cup":
        p.poly([(31, 26), (69, 26), (63, 92), (37, 92)], p.c)
        p.poly([(33, 48), (67, 48), (65.4, 62), (34.6, 62)], p.d)
        p.rect(28, 16, 72, 28, DARK, r=4)
        p.rect(40, 10, 60, 18, DARK, r=3)
    else:
        p.rect(33, 26, 67, 93, p.c, r=6)
        p.rect(35, 7, 65, 29, STEEL, r=5)
        p.rect(33, 27, 67, 33, darker(STEEL), r=1)
        p.rect(33, 80, 67, 86, STEEL, edge=False)
        if p.rng.random() < 0.5:
            p.line([(67, 40), (80, 46), (80, 66), (67, 74)], 4, DARK, curve=True)
    p.line([(40, 36), (40, 74)], 2, lighter(p.c, 0.5), edge=False)


@draws("kettle")
def kettle(p: Pen) -> None:
    p.ring(50, 34, 26, 24, 5, DARK, 190, 350)
    goose = p.colour == "black"
    if goose:
        p.line([(28, 72), (14, 66), (20, 40), (8, 34)], 4.5, p.c, curve=True)
    else:
        p.poly([(28, 52), (10, 40), (8, 46), (26, 72)], p.c)
    p.blob([(34, 36), (66, 36), (78, 58), (80, 80), (70, 86), (30, 86), (20, 80), (22, 58)], p.c)
    p.rect(34, 32, 66, 39, p.d, r=3)
    p.ell(50, 29, 4, 4, DARK)
    p.line([(32, 54), (28, 72)], 2.4, p.l, edge=False)


@draws("teapot")
def teapot(p: Pen) -> None:
    fill = GLASS if p.colour == "clear" else p.c
    p.ring(78, 54, 13, 16, 5, fill, -110, 110)
    p.poly([(30, 64), (12, 40), (6, 42), (12, 60), (26, 78)], fill)
    p.ell(50, 58, 31, 27, fill)
    if p.colour == "clear":
        p.ell(50, 64, 27, 18, (206, 138, 60))
    p.ell(50, 34, 16, 5, darker(fill, 0.2))
    p.ell(50, 27, 4.5, 4.5, darker(fill, 0.25))
    p.ell(38, 50, 5, 8, lighter(fill), edge=False)


@draws("cafetiere", "grinder", "blender")
def upright(p: Pen) -> None:
    if p.kind == "cafetiere":
        p.ring(70, 58, 13, 17, 4, DARK, -90, 90)
        p.line([(49, 8), (49, 28)], 2, STEEL)
        p.ell(49, 8, 4.5, 4.5, DARK)
        p.rect(30, 32, 68, 90, GLASS, r=3)
        p.rect(31, 52, 67, 89, (84, 54, 38), r=2)
        p.rect(27, 25, 71, 34, p.c, r=4)
        p.rect(28, 76, 70, 81, p.c)
    elif p.kind == "grinder":
        p.line([(50, 16), (80, 14)], 4, STEEL)
        p.ell(82, 12, 5, 6, WOOD)
        p.rect(38, 18, 62, 56, p.c, r=4)
        p.rect(39, 54, 61, 92, p.l, r=4)
        p.rect(37, 50, 63, 58, STEEL, r=2)
    else:
        p.blob([(42, 8), (58, 8), (60, 30), (57, 50), (43, 50), (40, 30)], p.c)
        p.rect(46, 50, 54, 78, STEEL)
        p.blob([(38, 92), (40, 80), (50, 75), (60, 80), (62, 92)], p.c)
        p.ell(50, 18, 3, 3, p.accent)


@draws("casserole", "saucepan", "frying_pan", "steamer")
def pan(p: Pen) -> None:
    if p.kind == "frying_pan":
        p.poly([(60, 66), (68, 60), (93, 86), (87, 92)], WOOD if p.rng.random() < 0.5 else DARK)
        p.ell(42, 42, 34, 34, p.c)
        p.ell(42, 42, 28, 28, darker(p.c, 0.25))
        p.ring(42, 42, 20, 20, 1, p.l, 200, 280)
    elif p.kind == "saucepan":
        p.rect(66, 46, 95, 53, DARK, r=3)
        p.rect(16, 42, 68, 82, p.c, r=5)
        p.ell(42, 42, 27, 5, p.l)
        p.line([(22, 52), (22, 74)], 2, p.l, edge=False)
    elif p.kind == "casserole":
        p.ring(12, 50, 7, 5, 4, p.c, 90, 270)
        p.ring(88, 50, 7, 5, 4, p.c, -90, 90)
        p.rect(13, 44, 87, 84, p.c, r=10)
        p.blob([(12, 44), (20, 32), (50, 26), (80, 32), (88, 44), (50, 47)], p.d)
        p.ell(50, 24, 5, 4, STEEL)
    else:
        for top in (54, 34):
            p.rect(18, top, 82, top + 22, p.c, r=3)
            p.rect(17, top + 3, 83, top + 8, p.d, edge=False)
        p.blob([(17, 34), (30, 24), (50, 21), (70, 24), (83, 34), (50, 37)], lighter(p.c, 0.25))
        p.rect(46, 17, 54, 23, p.d, r=1)


@draws("knife")
def knife(p: Pen) -> None:
    handle = p.c
    if "oak" in p.colour:
        p.poly([(36, 40), (92, 40), (93, 54), (36, 54)], STEEL)
        for x in range(40, 92, 6):
            p.ell(x, 54, 3, 2, lighter(STEEL), edge=False)
    else:
        p.poly([(36, 40), (70, 40), (94, 54), (36, 58)], STEEL)
    p.rect(6, 40, 38, 51, handle, r=4)
    for x in (14, 22, 30):
        p.ell(x, 45.5, 1.4, 1.4, WHITE)


@draws("board", "hooks")
def board(p: Pen) -> None:
    if p.kind == "hooks" or p.colour == "walnut":
        p.rect(6, 38, 94, 56, p.c, r=3)
        for x in (18, 34, 50, 66, 82):
            if p.kind == "hooks":
                p.line([(x, 50), (x, 64), (x + 4, 68), (x + 7, 62)], 2.6, DARK, curve=True)
            else:
                p.poly([(x - 3, 44), (x + 3, 44), (x + 2, 86), (x - 3, 80)], STEEL)
                p.rect(x - 2.5, 24, x + 2.5, 46, DARK, r=2)
        return
    p.rect(8, 26, 74, 80, p.c, r=5)
    p.poly([(74, 46), (92, 46), (92, 60), (74, 60)], p.c)
    p.ell(86, 53, 3, 3, p.d)
    for y in (36, 47, 58, 69):
        p.line([(11, y), (40, y + 1.5), (71, y)], 0.9, p.d, curve=True)
    if p.colour == "oak":
        for x in (24, 41, 58):
            p.line([(x, 27), (x, 79)], 0.9, p.d)


@draws("tin_loaf", "tin_round", "bowl", "pet_bowl", "firebowl")
def vessel(p: Pen) -> None:
    if p.kind == "tin_loaf":
        p.poly([(8, 42), (92, 42), (82, 76), (18, 76)], p.c)
        p.poly([(8, 42), (22, 32), (92, 32), (92, 42)], p.d)
        p.rect(6, 39, 94, 45, p.l, r=2)
    elif p.kind == "tin_round":
        p.rect(12, 44, 88, 76, p.c, r=4)
        p.ell(50, 44, 38, 10, p.d)
        p.ell(50, 46, 34, 7.5, darker(p.c, 0.45))
        p.rect(74, 52, 82, 70, STEEL, r=2)
    elif p.kind == "pet_bowl":
        p.poly([(22, 44), (78, 44), (90, 76), (10, 76)], p.c)
        p.ell(50, 44, 28, 8, p.l)
        p.ell(50, 45, 24, 6, (140, 96, 60))
        p.dots((38, 43, 62, 47), (104, 68, 42), 1.8, 5)
        p.blob([(42, 58), (46, 56), (46, 62), (54, 62), (54, 56), (58, 58), (56, 66), (50, 68), (44, 66)], WHITE)
    elif p.kind == "firebowl":
        for x, y in ((40, 16), (52, 8), (62, 20)):
            p.blob([(x, y), (x + 9, y + 22), (x, y + 34), (x - 9, y + 22)], (240, 146, 40))
        for x in (24, 76):
            p.line([(x, 60), (x - 6 if x < 50 else x + 6, 90)], 4, DARK)
        p.blob([(8, 46), (50, 50), (92, 46), (80, 70), (50, 78), (20, 70)], p.c)
    else:
        p.blob([(8, 38), (50, 42), (92, 38), (84, 66), (64, 82), (36, 82), (16, 66)], p.c)
        p.ell(50, 38, 42, 9, p.l)
        p.ell(50, 39, 37, 6.5, darker(p.c, 0.2))
        p.line([(18, 56), (50, 62), (82, 56)], 2, p.l, curve=True, edge=False)


@draws("plate")
def plate(p: Pen) -> None:
    p.ell(50, 50, 42, 42, p.c)
    p.ell(50, 50, 29, 29, lighter(p.c, 0.25))
    if p.colour.startswith("speckled"):
        p.dots((24, 24, 76, 76), (160, 150, 140), 0.6, 7)


@draws("whisk")
def whisk(p: Pen) -> None:
    for wide in (17, 11, 5):
        p.line([(50, 52), (50 - wide, 30), (50, 8), (50 + wide, 30), (50, 52)], 1.6, p.c, curve=True)
    p.rect(45, 50, 55, 94, DARK, r=4)


@draws("scales")
def scales(p: Pen) -> None:
    p.rect(16, 20, 84, 86, p.c, r=7)
    p.ell(50, 44, 26, 20, p.l)
    p.rect(34, 70, 66, 80, (150, 176, 160), r=1)
    p.line([(40, 75), (60, 75)], 2, DARK, edge=False)


@draws("glass", "globes")
def glass(p: Pen) -> None:
    if p.kind == "globes":
        for x in (34, 66):
            p.line([(x, 50), (x, 92)], 4, p.l)
            p.ell(x, 36, 17, 20, p.c)
            p.ell(x - 5, 28, 4, 6, WHITE, edge=False)
        return
    p.poly([(26, 14), (74, 14), (66, 88), (34, 88)], GLASS)
    p.poly([(29, 44), (71, 44), (66, 86), (34, 86)], (170, 206, 222))
    p.ell(50, 14, 24, 4, lighter(GLASS))
    p.line([(36, 24), (39, 78)], 2.4, WHITE, edge=False)


@draws("toaster")
def toaster(p: Pen) -> None:
    p.rect(24, 20, 44, 50, (222, 178, 116), r=5)
    p.rect(54, 20, 74, 50, (222, 178, 116), r=5)
    p.blob([(14, 44), (24, 36), (76, 36), (86, 44), (88, 80), (80, 86), (20, 86), (12, 80)], p.c)
    p.rect(88, 48, 95, 54, DARK, r=2)
    p.ell(76, 72, 5, 5, STEEL)
    p.line([(22, 46), (20, 74)], 2.4, p.l, edge=False)


@draws("candle", "diffuser", "ink")
def small_jar(p: Pen) -> None:
    if p.kind == "diffuser":
        for x in (30, 40, 50, 60, 70):
            p.line([(50, 60), (x, 6)], 1.8, WOOD)
    if p.kind == "ink":
        p.rect(38, 20, 62, 36, DARK, r=3)
    p.rect(24, 34 if p.kind != "candle" else 30, 76, 88, p.c if p.kind != "diffuser" else lighter(p.c, 0.2), r=6)
    if p.kind == "candle":
        p.ell(50, 31, 26, 6, PAPER)
        p.line([(50, 31), (50, 22)], 1.4, DARK)
        p.blob([(50, 6), (55, 17), (50, 24), (45, 17)], (244, 168, 52))
    p.label(33, 50, 67, 74)
