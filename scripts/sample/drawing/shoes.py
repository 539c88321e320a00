"""Shoes, all seen from the side with the toe to the right."""

from drawing.colours import DARK, GOLD, WHITE, WOOD, darker, lighter
from drawing.pen import Pen, Point, draws


def laces(p: Pen, points: list[Point], fill: tuple[int, int, int]) -> None:
    """Draw one short lace at each point."""
    for x, y in points:
        p.line([(x - 4, y + 3), (x + 4, y - 3)], 2, fill)


@draws("trainer")
def trainer(p: Pen) -> None:
    upper = WHITE if p.rng.random() < 0.25 and p.colour != "white" else p.c
    p.blob([(12, 50), (18, 40), (28, 46), (42, 42), (54, 53), (74, 60), (90, 69), (88, 78), (50, 79), (12, 78)], upper)
    p.blob([(70, 61), (82, 63), (91, 70), (88, 77), (72, 77)], p.d if upper == p.c else p.c)
    p.blob([(12, 52), (22, 50), (24, 76), (12, 76)], p.d if upper == p.c else p.c)
    stripe = WHITE if upper == p.c and p.colour != "white" else p.accent if p.colour == "white" else p.c
    p.line([(32, 72), (44, 60), (62, 66)], 3, stripe, curve=True)
    p.line([(42, 43), (56, 54)], 5, lighter(upper, 0.5))
    laces(p, [(46, 48), (51, 52), (57, 56)], WHITE if upper != WHITE else (210, 210, 210))
    p.blob([(9, 75), (30, 76), (60, 77), (92, 74), (93, 81), (70, 85), (30, 85), (10, 85)], WHITE)
    p.line([(14, 82), (88, 81)], 1.2, p.c if p.colour != "white" else (190, 190, 190))


@draws("plimsoll", "hightop")
def canvas_shoe(p: Pen) -> None:
    top = 22 if p.kind == "hightop" else 46
    p.poly([(14, top), (40, top), (46, 48), (64, 58), (84, 64), (88, 75), (14, 75)], p.c)
    p.blob([(70, 62), (82, 62), (91, 70), (90, 76), (70, 76)], WHITE)
    p.line([(40, top + 3), (47, 50), (62, 60)], 3, p.d)
    rungs = [(42, top + 8), (44, top + 15)] if p.kind == "hightop" else []
    laces(p, [*rungs, (47, 50), (53, 54), (59, 57)], WHITE)
    if p.kind == "hightop":
        p.ell(26, 36, 6, 6, WHITE)
        p.ell(26, 36, 3, 3, p.accent)
    p.rect(12, 74, 92, 82, WHITE, r=3)
    p.line([(15, 77), (90, 77)], 1.2, p.c)


@draws("boot", "snowboot", "boot_slouch", "chelsea")
def ankle_boot(p: Pen) -> None:
    body: list[Point] = [(18, 20), (46, 20), (48, 46), (60, 54), (80, 58), (90, 68), (90, 76), (14, 76)]
    p.poly(body, p.c)
    if p.kind == "boot":
        p.blob([(68, 56), (82, 58), (92, 68), (90, 76), (70, 76)], p.d)
        p.poly([(14, 58), (28, 60), (30, 76), (14, 76)], p.d)
        p.rect(17, 16, 47, 25, p.l, r=4)
        p.line([(45, 24), (47, 46), (58, 54)], 4, p.d)
        laces(p, [(45, 30), (46, 36), (47, 42), (51, 49), (57, 53)], p.accent)
    elif p.kind == "snowboot":
        p.rect(15, 15, 49, 30, WHITE, r=7)
        p.poly([(14, 58), (50, 58), (66, 60), (90, 66), (90, 76), (14, 76)], DARK)
        laces(p, [(44, 37), (45, 44), (47, 51)], p.accent)
    elif p.kind == "boot_slouch":
        p.rect(15, 14, 49, 26, lighter(p.c, 0.7), r=6)
        p.line([(20, 44), (32, 47), (46, 44)], 1.2, p.d, curve=True)
        p.line([(20, 30), (20, 76)], 1.4, p.d)
    else:
        p.poly([(26, 24), (40, 24), (37, 56), (29, 56)], p.d)
        p.line([(20, 20), (18, 12), (26, 12), (25, 20)], 2, p.d, curve=True)
    heavy = p.kind in ("boot", "snowboot")
    p.poly([(11, 75), (92, 75), (92, 82 if heavy else 79), (38, 82 if heavy else 79), (36, 86), (11, 86)], DARK)
    if heavy:
        for x in range(40, 92, 8):
            p.rect(x, 81, x + 4, 86, DARK, edge=False)


@draws("welly", "riding_boot")
def tall_boot(p: Pen) -> None:
    p.blob(
        [(26, 8), (40, 10), (55, 9), (53, 40), (54, 60), (74, 66), (87, 76), (86, 84), (24, 84), (24, 60), (28, 40)],
        p.c,
    )
    p.ell(40.5, 10, 14, 3.4, p.d)
    if p.kind == "welly":
        p.rect(26, 15, 55, 20, p.l, r=2)
        p.poly([(24, 80), (60, 80), (88, 79), (88, 88), (52, 88), (50, 85), (44, 85), (44, 90), (22, 90)], p.d)
        p.rect(47, 24, 53, 31, p.accent, r=1)
        p.line([(31, 26), (31, 56)], 2, p.l, edge=False)
    else:
        p.poly([(23, 82), (88, 82), (88, 86), (44, 86), (43, 92), (23, 92)], DARK)
        p.line([(27, 62), (40, 66), (53, 62)], 3, p.d, curve=True)
        p.ell(40, 66, 2.5, 2.5, GOLD)
        p.line([(33, 14), (32, 60)], 1.2, p.d)


@draws("sandal", "sandal_sport", "flipflop")
def sandal(p: Pen) -> None:
    bed = DARK if p.kind == "sandal_sport" else WOOD if p.kind == "sandal" else darker(p.c, 0.2)
    p.blob([(10, 68), (40, 70), (70, 70), (92, 68), (92, 78), (60, 80), (10, 80)], bed)
    if p.kind == "flipflop":
        p.line([(72, 69), (58, 54), (36, 68)], 4, p.c, curve=True)
        p.line([(72, 69), (66, 56), (54, 68)], 4, p.c, curve=True)
        return
    p.line([(52, 72), (62, 50), (80, 70)], 8, p.c, curve=True)
    p.line([(28, 72), (38, 46), (54, 70)], 8, p.c, curve=True)
    p.rect(36, 48, 42, 54, GOLD, r=1)
    p.rect(60, 52, 66, 58, GOLD, r=1)
    if p.kind == "sandal_sport":
        p.line([(13, 70), (16, 44), (36, 50)], 6, p.d, curve=True)
        p.blob([(74, 62), (86, 60), (93, 70), (90, 74), (74, 74)], p.d)


@draws("loafer", "brogue", "flat", "espadrille")
def low_shoe(p: Pen) -> None:
    p.blob([(12, 52), (18, 48), (28, 56), (44, 58), (54, 52), (72, 58), (90, 68), (89, 76), (12, 76)], p.c)
    if p.kind == "brogue":
        p.blob([(12, 50), (20, 46), (44, 46), (56, 54), (46, 62), (12, 64)], p.c)
        laces(p, [(45, 50), (50, 54)], DARK)
        p.line([(66, 58), (62, 66), (70, 74)], 1.4, p.d, curve=True)
        p.dots((70, 63, 84, 72), p.d, 0.7, 4)
    elif p.kind == "loafer":
        p.line([(46, 62), (52, 52), (64, 58)], 5, p.d, curve=True)
        p.line([(62, 60), (76, 61), (86, 68)], 1.4, p.d, curve=True)
    elif p.kind == "flat":
        p.blob([(18, 52), (40, 60), (58, 60), (44, 64), (22, 62)], lighter(p.c, 0.6))
        p.line([(60, 58), (66, 54), (72, 60)], 3, p.d, curve=True)
    else:
        for x in (24, 36, 48, 60, 72):
            p.line([(x, 60), (x - 1, 74)], 2, WHITE, edge=False)
    if p.kind == "espadrille":
        p.rect(11, 74, 91, 83, WOOD, r=3)
        for x in range(14, 90, 4):
            p.line([(x, 76), (x + 3, 81)], 0.8, darker(WOOD))
    else:
        p.poly(
            [
                (12, 75),
                (91, 75),
                (91, 79),
                (36, 79),
                (35, 84 if p.kind != "flat" else 79),
                (12, 84 if p.kind != "flat" else 79),
            ],
            DARK,
        )


@draws("heel")
def heel(p: Pen) -> None:
    p.poly([(18, 52), (26, 52), (23, 86), (19, 86)], p.d)
    p.blob(
        [
            (14, 34),
            (24, 40),
            (34, 54),
            (54, 66),
            (66, 62),
            (78, 68),
            (91, 78),
            (88, 84),
            (66, 84),
            (44, 76),
            (28, 62),
            (15, 54),
        ],
        p.c,
    )
    p.line([(30, 60), (48, 76), (88, 85)], 2, DARK, curve=True)
    p.line([(18, 40), (30, 32), (42, 48)], 2.5, p.c, curve=True)


@draws("slipper", "baby_shoe")
def slipper(p: Pen) -> None:
    high = p.kind == "baby_shoe"
    p.blob(
        [
            (14, 44 if high else 58),
            (26, 42 if high else 56),
            (42, 60),
            (52, 48),
            (72, 48),
            (88, 60),
            (90, 76),
            (14, 76),
        ],
        p.c,
    )
    p.blob([(16, 56), (30, 58), (48, 62), (54, 50), (60, 50), (50, 68), (16, 66)], lighter(p.c, 0.75))
    p.rect(11, 73, 91, 80, p.d, r=3)
    if high:
        p.line([(34, 50), (56, 50)], 5, p.l)
        p.ell(74, 58, 5, 5, WHITE)
        p.ell(74, 58, 2, 2, p.accent)
    else:
        p.line([(58, 50), (72, 54), (84, 66)], 1.4, p.d, curve=True)
