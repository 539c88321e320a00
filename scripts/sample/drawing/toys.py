"""Toys."""

from drawing.colours import BRIGHT, DARK, GLASS, GOLD, LEAF, STEEL, WHITE, WOOD, darker, lighter
from drawing.pen import Pen, draws


def face(p: Pen, cx: float, cy: float, size: float, muzzle: tuple[int, int, int]) -> None:
    """Draw two eyes, a muzzle and a nose."""
    p.ell(cx, cy + size * 0.32, size * 0.42, size * 0.34, muzzle)
    p.ell(cx, cy + size * 0.2, size * 0.14, size * 0.1, DARK)
    for side in (-1, 1):
        p.ell(cx + side * size * 0.38, cy - size * 0.12, size * 0.1, size * 0.11, DARK)


@draws("teddy", "rabbit")
def plush(p: Pen) -> None:
    if p.kind == "rabbit":
        for side in (-1, 1):
            p.blob([(50 + side * 6, 26), (50 + side * 8, 4), (50 + side * 17, 3), (50 + side * 18, 24)], p.c)
            p.ell(50 + side * 12.5, 15, 3, 9, p.l)
    else:
        for side in (-1, 1):
            p.ell(50 + side * 18, 17, 8, 8, p.c)
            p.ell(50 + side * 18, 17, 4, 4, p.l)
    for side in (-1, 1):
        p.ell(50 + side * 26, 60, 9, 15, p.c)
        p.ell(50 + side * 16, 86, 12, 9, p.c)
        p.ell(50 + side * 17, 87, 6, 5, p.l)
    p.ell(50, 66, 22, 24, p.c)
    p.ell(50, 68, 13, 15, p.l)
    p.ell(50, 31, 23, 20, p.c)
    face(p, 50, 31, 20, p.l)
    if p.rng.random() < 0.5:
        p.line([(38, 48), (50, 52), (62, 48)], 4, p.accent, curve=True)


@draws("pull_dog", "rocking_horse")
def wooden_animal(p: Pen) -> None:
    if p.kind == "rocking_horse":
        p.line([(8, 80), (28, 91), (50, 94), (72, 91), (92, 80)], 5, p.d, curve=True)
        for x0, x1 in ((34, 26), (66, 74)):
            p.line([(x0, 56), (x1, 90)], 6, p.c)
        p.blob(
            [
                (20, 50),
                (36, 44),
                (60, 46),
                (66, 24),
                (78, 10),
                (92, 26),
                (86, 32),
                (76, 30),
                (76, 54),
                (60, 66),
                (30, 64),
            ],
            p.c,
        )
        p.line([(64, 42), (66, 24), (76, 11)], 4, DARK, curve=True)
        p.blob([(40, 42), (56, 43), (54, 58), (42, 57)], (190, 50, 60))
        p.line([(20, 50), (12, 62)], 4, DARK)
        p.ell(80, 20, 1.4, 1.4, DARK)
        return
    p.line([(88, 54), (96, 66), (92, 84)], 1.6, (200, 60, 60), curve=True)
    p.blob([(12, 48), (40, 46), (66, 46), (70, 28), (86, 30), (94, 42), (80, 48), (76, 66), (14, 68)], p.c)
    p.blob([(70, 28), (76, 30), (76, 48), (68, 46)], p.d)
    p.line([(12, 50), (5, 36)], 4, p.c)
    p.ell(84, 36, 1.6, 1.6, DARK)
    for x in (26, 62):
        p.ell(x, 74, 11, 11, BRIGHT[0])
        p.ell(x, 74, 3, 3, WHITE)


@draws("blocks")
def blocks(p: Pen) -> None:
    natural = p.colour == "natural"
    tones = (WOOD, lighter(WOOD, 0.3), darker(WOOD, 0.15)) if natural else BRIGHT
    spots = ((12, 62), (37, 62), (62, 62), (24, 37), (50, 37))
    start = p.rng.randrange(len(tones))
    for i, (x, y) in enumerate(spots):
        p.rect(x, y, x + 25, y + 25, tones[(start + i) % len(tones)], r=2)
        if i % 2 == 0:
            p.ell(x + 12.5, y + 12.5, 5, 5, lighter(tones[(start + i) % len(tones)], 0.5))
    p.poly([(36, 37), (50, 12), (64, 37)], tones[(start + 5) % len(tones)])


@draws("train")
def train(p: Pen) -> None:
    p.rect(8, 28, 38, 72, p.c, r=2)
    p.rect(14, 34, 32, 50, GLASS)
    p.rect(4, 22, 42, 30, p.d, r=2)
    p.rect(38, 46, 84, 72, p.l, r=6)
    p.rect(66, 26, 76, 48, p.d, r=1)
    p.rect(62, 22, 80, 29, DARK, r=2)
    p.poly([(84, 58), (96, 72), (84, 72)], DARK)
    for x, r in ((23, 12), (52, 9), (73, 9)):
        p.ell(x, 78, r, r, (240, 186, 60))
        p.ell(x, 78, r * 0.35, r * 0.35, DARK)


@draws("track")
def track(p: Pen) -> None:
    p.ring(30, 50, 22, 22, 9, p.c)
    p.ring(70, 50, 22, 22, 9, p.c)
    for cx in (30, 70):
        p.ring(cx, 50, 24, 24, 0.9, p.d)
        p.ring(cx, 50, 20, 20, 0.9, p.d)
    p.rect(42, 40, 58, 60, BRIGHT[0], r=1)


@draws("beetle")
def beetle(p: Pen) -> None:
    for side in (-1, 1):
        for y, reach in ((36, 30), (56, 36), (72, 30)):
            p.line([(50, y), (50 + side * 26, y - 4), (50 + side * reach, y + 8)], 3, DARK)
        p.line([(50 + side * 4, 22), (50 + side * 14, 6)], 2, DARK)
    p.ell(50, 26, 14, 12, DARK)
    p.ell(50, 58, 25, 32, p.c)
    p.line([(50, 28), (50, 90)], 1.6, p.d)
    p.dots((40, 44, 62, 78), p.d, 3, 16)


@draws("fire_engine")
def fire_engine(p: Pen) -> None:
    p.line([(14, 30), (72, 24)], 4, STEEL)
    for x in range(20, 72, 8):
        p.line([(x, 33 - x * 0.1), (x, 25 - x * 0.1)], 1.4, STEEL)
    p.poly([(6, 38), (66, 38), (66, 32), (86, 32), (95, 54), (95, 72), (6, 72)], p.c)
    p.poly([(70, 37), (84, 37), (90, 53), (70, 53)], GLASS)
    p.rect(12, 44, 58, 54, p.l, r=1)
    p.rect(70, 25, 78, 32, (70, 130, 220), r=2)
    for x in (24, 74):
        p.ell(x, 74, 11, 11, DARK)
        p.ell(x, 74, 4.5, 4.5, STEEL)


@draws("car", "digger")
def car(p: Pen) -> None:
    if p.kind == "digger":
        p.line([(60, 44), (78, 18), (92, 46)], 6, p.c)
        p.poly([(84, 44), (98, 46), (96, 62), (84, 60)], p.d)
        p.rect(16, 30, 52, 62, p.c, r=3)
        p.rect(24, 36, 44, 50, GLASS)
        p.rect(8, 58, 66, 70, p.d, r=3)
        p.rect(6, 68, 70, 88, DARK, r=10)
        for x in (17, 38, 59):
            p.ell(x, 78, 6, 6, STEEL)
        return
    p.blob([(6, 64), (10, 50), (28, 47), (38, 30), (62, 30), (74, 47), (92, 52), (95, 66), (50, 70)], p.c)
    p.poly([(36, 46), (42, 35), (52, 35), (52, 47)], GLASS)
    p.poly([(55, 35), (61, 35), (69, 47), (55, 47)], GLASS)
    p.ell(92, 57, 3, 3, (250, 226, 120))
    if p.rng.random() < 0.7:
        p.ell(50, 58, 7, 7, WHITE)
    for x in (26, 74):
        p.ell(x, 70, 12, 12, DARK)
        p.ell(x, 70, 5, 5, STEEL)


@draws("robot")
def robot(p: Pen) -> None:
    p.line([(50, 18), (50, 8)], 2, DARK)
    p.ell(50, 7, 3.5, 3.5, BRIGHT[0])
    p.rect(30, 17, 70, 42, p.c, r=5)
    for x in (41, 59):
        p.ell(x, 28, 5, 5, (250, 226, 120))
        p.ell(x, 28, 2, 2, DARK)
    p.rect(42, 35, 58, 38, DARK, r=1)
    p.rect(26, 44, 74, 76, p.l, r=4)
    p.rect(38, 52, 62, 66, p.d, r=2)
    for x in (17, 83):
        p.rect(x - 5, 46, x + 5, 70, p.c, r=4)
    for x in (38, 62):
        p.rect(x - 7, 76, x + 7, 92, p.d, r=3)


@draws("jigsaw")
def jigsaw(p: Pen) -> None:
    tones = (p.c, p.l, p.d, darker(p.l, 0.1))
    for i, (x, y) in enumerate(((14, 14), (50, 14), (14, 50), (50, 50))):
        p.rect(x, y, x + 36, y + 36, tones[i], r=1)
    for x, y, fill in ((50, 32, tones[0]), (32, 50, tones[2]), (68, 50, tones[1]), (50, 68, tones[3])):
        p.ell(x, y, 7, 7, fill)


@draws("chess")
def chess(p: Pen) -> None:
    p.poly([(18, 46), (82, 46), (96, 84), (4, 84)], p.c)
    for row in range(3):
        for column in range(6):
            if (row + column) % 2:
                y = 50 + row * 11
                x = 16 - row * 4 + column * (11.6 + row * 1.3)
                p.poly([(x, y), (x + 11, y), (x + 12, y + 10), (x - 1, y + 10)], (236, 216, 178), edge=False)
    for x, fill in ((32, WHITE), (50, DARK), (68, WHITE)):
        p.poly([(x - 5, 34), (x + 5, 34), (x + 8, 62), (x - 8, 62)], fill)
        p.ell(x, 27, 8, 8, fill)


@draws("kite")
def kite(p: Pen) -> None:
    p.line([(50, 64), (42, 74), (54, 82), (44, 94)], 1.6, DARK, curve=True)
    p.poly([(50, 4), (80, 32), (50, 66), (20, 32)], p.c)
    p.poly([(50, 4), (80, 32), (50, 32)], p.l, edge=False)
    p.poly([(50, 32), (50, 66), (20, 32)], p.d, edge=False)
    for x, y in ((45, 74), (50, 84)):
        p.poly([(x - 7, y - 4), (x, y), (x - 7, y + 4)], p.accent)
        p.poly([(x + 7, y - 4), (x, y), (x + 7, y + 4)], p.accent)


@draws("ball", "football", "basketball")
def ball(p: Pen) -> None:
    p.ell(50, 50, 38, 38, p.c)
    if p.kind == "football":
        pentagon = DARK if p.colour == "white" else darker(p.c, 0.5)
        for cx, cy, r in ((50, 50, 13), (50, 17, 8), (80, 40, 8), (69, 76, 8), (31, 76, 8), (20, 40, 8)):
            p.blob(
                [
                    (cx, cy - r),
                    (cx + r, cy - r * 0.3),
                    (cx + r * 0.6, cy + r),
                    (cx - r * 0.6, cy + r),
                    (cx - r, cy - r * 0.3),
                ],
                pentagon,
            )
            p.line([(50, 50), (cx, cy)], 1.2, pentagon)
    elif p.kind == "basketball":
        p.line([(12, 50), (88, 50)], 2, DARK)
        p.line([(50, 12), (50, 88)], 2, DARK)
        p.ring(8, 50, 26, 34, 1.6, DARK, -62, 62)
        p.ring(92, 50, 26, 34, 1.6, DARK, 118, 242)
    elif p.colour == "blue":
        p.dots((26, 26, 74, 76), WHITE, 2.6, 14)
    else:
        p.line([(14, 44), (50, 54), (86, 44)], 6, p.l, curve=True)
    p.ell(36, 32, 7, 5, lighter(p.c, 0.6), edge=False)


@draws("bubble", "projector")
def round_gadget(p: Pen) -> None:
    if p.kind == "bubble":
        for x, y, r in ((22, 24, 11), (46, 12, 7), (66, 28, 13), (86, 14, 6), (88, 44, 7)):
            p.ell(x, y, r, r, (196, 226, 240))
            p.ell(x - r * 0.3, y - r * 0.3, r * 0.2, r * 0.2, WHITE, edge=False)
        p.rect(24, 52, 76, 90, p.c, r=9)
        p.ell(50, 68, 12, 12, p.l)
        return
    for x, y in ((16, 20), (34, 10), (54, 16), (78, 10), (88, 30), (12, 42)):
        p.ell(x, y, 2.6, 2.6, (250, 214, 90))
    p.ell(50, 56, 28, 28, (60, 66, 120))
    p.dots((34, 42, 66, 68), (250, 230, 140), 1.2, 8)
    p.poly([(22, 66), (78, 66), (70, 90), (30, 90)], p.c)


@draws("boat")
def boat(p: Pen) -> None:
    p.line([(50, 12), (50, 66)], 3, WOOD)
    p.poly([(53, 14), (84, 58), (53, 58)], WHITE)
    p.poly([(47, 22), (22, 58), (47, 58)], BRIGHT[1])
    p.blob([(10, 62), (50, 66), (90, 62), (76, 86), (24, 86)], p.c)


@draws("duck", "plush_bird")
def duck(p: Pen) -> None:
    p.blob([(12, 60), (8, 46), (26, 54), (50, 52), (80, 52), (86, 70), (70, 86), (30, 86)], p.c)
    p.ell(66, 34, 20, 19, p.c if p.kind == "duck" else darker(LEAF, 0.3))
    p.blob([(82, 32), (97, 36), (97, 42), (82, 44)], BRIGHT[5] if p.colour != "orange" else (244, 206, 62))
    p.ell(71, 29, 3, 3.4, DARK)
    p.blob([(28, 62), (50, 60), (60, 68), (46, 76), (30, 72)], p.d)
    if p.kind == "duck" and p.colour == "orange":
        p.poly([(46, 22), (66, 8), (88, 22)], DARK)


@draws("microscope")
def microscope(p: Pen) -> None:
    p.ring(50, 52, 30, 32, 7, p.c, -70, 90)
    p.line([(32, 20), (52, 58)], 11, p.c)
    p.line([(28, 12), (34, 24)], 8, DARK)
    p.line([(52, 58), (55, 64)], 6, STEEL)
    p.rect(34, 68, 74, 74, DARK, r=1)
    p.rect(22, 82, 86, 92, p.d, r=4)


@draws("tent")
def tent(p: Pen) -> None:
    p.poly([(4, 86), (44, 20), (62, 20), (96, 86)], p.c)
    p.poly([(44, 20), (12, 86), (70, 86)], p.l)
    p.poly([(43, 34), (30, 86), (54, 86)], DARK)
    p.poly([(43, 34), (30, 86), (22, 86)], p.d)
    p.line([(96, 86), (99, 92)], 1.6, GOLD)
    p.line([(4, 86), (1, 92)], 1.6, GOLD)
