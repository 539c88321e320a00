"""Clothes, laid flat and seen from the front."""

from drawing.colours import DARK, GOLD, PAPER, WHITE, darker, lighter
from drawing.pen import Pen, draws

BODY = {"short": 72, "hip": 82, "long": 92}


def torso(p: Pen, hem: float, sleeve: str, wide: float = 21) -> None:
    """Draw sleeves ("long", "short", "none") and the trunk down to `hem`."""
    for side in (-1, 1):

        def at(x: float, y: float, side: int = side) -> tuple[float, float]:
            return 50 + side * x, y

        if sleeve == "long":
            p.poly([at(16, 17), at(25, 22), at(38, 68), at(29, 72), at(18, 42)], p.c)
            p.poly([at(37, 64), at(39, 71), at(29, 75), at(28, 68)], p.d)
        elif sleeve == "short":
            p.poly([at(16, 17), at(25, 21), at(38, 42), at(26, 49), at(18, 38)], p.c)
    p.poly([(36, 15), (64, 15), (50 + wide, 23), (50 + wide, hem), (50 - wide, hem), (50 - wide, 23)], p.c)


def neck(p: Pen, deep: float, fill: tuple[int, int, int]) -> None:
    """Draw a round neckline."""
    p.ell(50, 15, 11, deep, fill)


def buttons(p: Pen, top: float, bottom: float, fill: tuple[int, int, int]) -> None:
    """Draw four buttons down the middle."""
    for i in range(4):
        p.ell(50, top + (bottom - top) * i / 3, 1.7, 1.7, fill)


@draws("tshirt")
def tshirt(p: Pen) -> None:
    sleeve = "long" if p.rng.random() < 0.2 else "short"
    torso(p, 82, sleeve)
    neck(p, 7, p.d)
    if "stripe" in p.colour:
        p.stripes(30, 70, range(28, 80, 8), 3.5, WHITE)
    elif p.rng.random() < 0.4:
        p.ell(50, 45, 8, 8, p.l if p.colour != "white" else p.accent)


@draws("shirt")
def shirt(p: Pen) -> None:
    torso(p, 84, "long")
    if "check" in p.colour:
        p.stripes(30, 70, range(26, 82, 10), 3, p.d)
        for x in range(33, 70, 9):
            p.rect(x, 24, x + 2.5, 83, darker(p.c, 0.5), edge=False)
    p.rect(47, 18, 53, 84, p.l)
    buttons(p, 30, 76, WHITE)
    p.poly([(38, 13), (50, 22), (43, 30), (34, 17)], p.l)
    p.poly([(62, 13), (50, 22), (57, 30), (66, 17)], p.l)
    p.rect(56, 38, 66, 48, p.l)


@draws("jumper")
def jumper(p: Pen) -> None:
    torso(p, 82, "long", 22)
    for x in range(32, 70, 5):
        p.line([(x, 28), (x, 78)], 0.8, p.d)
    p.rect(27, 78, 73, 86, p.d, r=2)
    neck(p, 7, p.d)
    p.ell(50, 13, 8, 4, darker(p.c, 0.5))


@draws("cardigan")
def cardigan(p: Pen) -> None:
    torso(p, 84, "long", 22)
    p.poly([(40, 14), (60, 14), (50, 46)], PAPER)
    if p.colour != "cream":
        for y in (26, 34):
            for x in (33, 38, 62, 67):
                p.poly([(x, y - 3), (x + 2.5, y), (x, y + 3), (x - 2.5, y)], WHITE, edge=False)
    p.line([(40, 14), (50, 46), (50, 84)], 3, p.d)
    p.line([(60, 14), (50, 46)], 3, p.d)
    buttons(p, 52, 80, GOLD)
    p.rect(32, 60, 44, 72, p.d)
    p.rect(56, 60, 68, 72, p.d)


@draws("jacket", "raincoat", "coat", "robe")
def coat(p: Pen) -> None:
    hem = {"jacket": 84, "raincoat": 82, "coat": 92, "robe": 94}[p.kind]
    torso(p, hem, "long", 23)
    if p.kind in ("raincoat", "robe"):
        p.blob([(34, 22), (36, 6), (50, 2), (64, 6), (66, 22), (50, 28)], p.c)
        p.ell(50, 15, 9, 9, p.d)
        p.line([(50, 26), (50, hem)], 1.6, WHITE)
        p.line([(45, 26), (44, 38)], 1, WHITE)
        p.line([(55, 26), (56, 38)], 1, WHITE)
    else:
        p.poly([(40, 12), (50, 40), (36, 34), (32, 18)], p.d)
        p.poly([(60, 12), (50, 40), (64, 34), (68, 18)], p.d)
        p.line([(50, 40), (50, hem)], 1.4, p.d)
        for y in (46, 56, 66):
            p.ell(54, y, 1.8, 1.8, DARK)
    p.rect(31, 60, 44, 64, p.d)
    p.rect(56, 60, 69, 64, p.d)


@draws("puffer", "gilet", "vest")
def quilted(p: Pen) -> None:
    torso(p, 90 if p.kind == "puffer" else 82, "long" if p.kind == "puffer" else "none", 22)
    if p.kind == "vest":
        p.stripes(28, 72, (46, 62), 6, (225, 230, 232))
    else:
        for y in range(26, 88 if p.kind == "puffer" else 80, 9):
            p.line([(29, y), (50, y + 2.5), (71, y)], 1.1, p.d, curve=True)
    p.rect(39, 8, 61, 20, p.d, r=4)
    p.line([(50, 12), (50, 90 if p.kind == "puffer" else 82)], 1.6, GOLD)


@draws("dress")
def dress(p: Pen) -> None:
    sleeve = p.rng.random() < 0.6
    if sleeve:
        p.poly([(38, 14), (26, 30), (33, 37), (42, 26)], p.c)
        p.poly([(62, 14), (74, 30), (67, 37), (58, 26)], p.c)
    p.blob(
        [
            (39, 13),
            (50, 16),
            (61, 13),
            (62, 36),
            (60, 45),
            (74, 70),
            (82, 92),
            (50, 95),
            (18, 92),
            (26, 70),
            (40, 45),
            (38, 36),
        ],
        p.c,
    )
    p.poly([(41, 12), (59, 12), (50, 27)], PAPER)
    p.line([(40, 45), (50, 47), (60, 45)], 3, p.d, curve=True)
    if p.colour in ("floral blue", "red"):
        p.dots((34, 56, 68, 88), WHITE, 1.6, 9)
    else:
        for x in (38, 50, 62):
            p.line([(50 + (x - 50) * 0.5, 50), (x, 92)], 0.9, p.d)


@draws("skirt")
def skirt(p: Pen) -> None:
    p.poly([(34, 20), (66, 20), (84, 82), (16, 82)], p.c)
    for i in range(1, 9):
        p.line([(34 + 32 * i / 9, 26), (16 + 68 * i / 9, 82)], 1, p.d)
    p.rect(33, 15, 67, 25, p.d, r=2)


@draws("trousers")
def trousers(p: Pen) -> None:
    p.poly([(33, 10), (67, 10), (73, 92), (56, 92), (50, 40), (44, 92), (27, 92)], p.c)
    p.rect(32, 9, 68, 16, p.d, r=1)
    p.line([(50, 16), (50, 38)], 1.2, p.d)
    p.line([(34, 18), (40, 26)], 1.2, p.l)
    p.line([(66, 18), (60, 26)], 1.2, p.l)
    p.line([(27.5, 88), (44, 88)], 1.1, p.d)
    p.line([(56, 88), (72.5, 88)], 1.1, p.d)


@draws("dungarees")
def dungarees(p: Pen) -> None:
    p.line([(40, 28), (36, 6)], 4, p.d)
    p.line([(60, 28), (64, 6)], 4, p.d)
    p.poly([(37, 24), (63, 24), (69, 48), (74, 94), (56, 94), (50, 60), (44, 94), (26, 94), (31, 48)], p.c)
    p.rect(43, 30, 57, 41, p.l, r=1)
    p.ell(40, 27, 2.2, 2.2, GOLD)
    p.ell(60, 27, 2.2, 2.2, GOLD)
    p.line([(31, 50), (69, 50)], 1.4, p.d)


@draws("apron")
def apron(p: Pen) -> None:
    p.ring(50, 18, 12, 13, 2.5, p.d, 180, 360)
    p.poly([(38, 16), (62, 16), (66, 42), (78, 46), (76, 92), (24, 92), (22, 46), (34, 42)], p.c)
    if "stripe" in p.colour:
        for x in range(30, 74, 9):
            p.rect(x, 48, x + 3.5, 91, WHITE, edge=False)
    p.rect(36, 56, 64, 74, p.l, r=2)
    p.line([(22, 47), (10, 52)], 2, p.d)
    p.line([(78, 47), (90, 52)], 2, p.d)


@draws("scarf")
def scarf(p: Pen) -> None:
    p.poly([(38, 36), (54, 34), (60, 86), (42, 88)], p.c)
    p.poly([(54, 34), (66, 38), (76, 78), (62, 82)], p.d)
    p.blob([(26, 26), (50, 18), (74, 26), (72, 40), (50, 44), (28, 40)], p.c)
    p.stripes(43, 58, (70, 76), 3, p.l)
    for x in range(43, 60, 4):
        p.line([(x, 87), (x, 93)], 1.2, p.d)
    p.line([(30, 30), (50, 26), (70, 31)], 1.2, p.d, curve=True)


@draws("beanie")
def beanie(p: Pen) -> None:
    p.blob([(22, 66), (24, 42), (38, 24), (50, 21), (62, 24), (76, 42), (78, 66)], p.c)
    for x in range(-3, 4):
        p.line([(50 + x * 3, 26), (50 + x * 8, 64)], 1, p.d, curve=True)
    p.rect(19, 60, 81, 77, p.d, r=5)
    if p.colour == "blue":
        p.ell(50, 18, 9, 9, WHITE)


@draws("cap", "sunhat")
def hat(p: Pen) -> None:
    if p.kind == "sunhat":
        p.ell(50, 62, 42, 15, p.c)
        p.blob([(28, 60), (30, 34), (50, 26), (70, 34), (72, 60), (50, 66)], p.c)
        p.line([(28, 56), (50, 63), (72, 56)], 6, p.accent, curve=True)
        return
    p.blob([(18, 62), (22, 40), (40, 28), (58, 32), (68, 48), (70, 62)], p.c)
    p.blob([(62, 56), (80, 58), (93, 68), (76, 70), (60, 66)], p.d)
    p.line([(44, 30), (44, 62)], 1.1, p.d)
    p.ell(43, 29, 2.5, 2, p.d)


@draws("glove")
def glove(p: Pen) -> None:
    fingers = [(30, 84), (28, 52), (31, 40), (31, 20), (37, 17), (40, 36), (42, 14), (48, 12), (50, 36), (53, 15)]
    p.blob([*fingers, (59, 16), (59, 40), (63, 26), (69, 28), (67, 56), (64, 84)], p.c)
    p.blob([(66, 62), (78, 44), (85, 47), (82, 58), (66, 76)], p.c)
    p.rect(27, 78, 68, 92, p.d, r=3)
    p.line([(36, 50), (60, 50)], 1.1, p.d)


@draws("socks")
def socks(p: Pen) -> None:
    for dx, fill in ((14, darker(p.c, 0.15)), (0, p.c)):
        p.poly(
            [
                (22 + dx, 14),
                (42 + dx, 14),
                (42 + dx, 58),
                (66 + dx, 72),
                (66 + dx, 84),
                (52 + dx, 86),
                (24 + dx, 72),
                (21 + dx, 60),
            ],
            fill,
        )
        p.rect(21 + dx, 12, 43 + dx, 21, p.d, r=2)
        if "stripe" in p.colour:
            p.stripes(22.5 + dx, 41.5 + dx, (28, 38, 48), 5, p.accent)
    p.blob([(54, 66), (66, 71), (67, 83), (54, 85)], p.d)


@draws("belt", "collar", "lead")
def strap(p: Pen) -> None:
    if p.kind == "lead":
        p.line([(20, 22), (44, 30), (78, 26), (82, 50), (40, 54), (24, 68), (70, 84)], 4, p.c, curve=True)
        p.ring(18, 20, 9, 7, 4, p.d)
        p.ring(77, 86, 5, 4, 2.4, GOLD)
        return
    p.ring(50, 50, 33, 24, 9 if p.kind == "belt" else 7, p.c)
    p.rect(18, 60, 36, 78, GOLD, r=3)
    p.rect(22, 64, 32, 74, p.d)
    if p.kind == "collar":
        p.ell(62, 84, 7, 7, GOLD)
    else:
        for x in (52, 60, 68):
            p.ell(x, 73, 1.3, 1.3, p.d)


@draws("eye_mask")
def eye_mask(p: Pen) -> None:
    p.ring(50, 46, 38, 24, 3, p.d, 180, 360)
    p.blob([(12, 46), (30, 38), (50, 42), (70, 38), (88, 46), (82, 64), (64, 66), (50, 56), (36, 66), (18, 64)], p.c)
    p.ring(32, 50, 8, 5, 1.2, p.l, 20, 160)
    p.ring(68, 50, 8, 5, 1.2, p.l, 20, 160)


@draws("umbrella")
def umbrella(p: Pen) -> None:
    p.line([(50, 14), (50, 80), (54, 88), (62, 86), (63, 80)], 2.6, darker((190, 146, 94), 0.2), curve=True)
    p.blob([(10, 52), (18, 30), (50, 14), (82, 30), (90, 52), (76, 47), (63, 53), (50, 47), (37, 53), (24, 47)], p.c)
    for x in (37, 50, 63):
        p.line([(50, 15), (50 + (x - 50) * 0.8, 34), (x, 50)], 1, p.d, curve=True)


@draws("harness", "dog_coat")
def dog_wear(p: Pen) -> None:
    if p.kind == "dog_coat":
        p.blob(
            [(12, 34), (30, 28), (70, 30), (90, 42), (88, 70), (66, 74), (60, 62), (36, 62), (32, 74), (16, 70)], p.c
        )
        p.line([(48, 29), (48, 62)], 6, p.d)
        p.blob([(8, 28), (22, 24), (28, 36), (18, 44), (8, 40)], lighter(p.c, 0.7))
        return
    p.ring(36, 44, 17, 22, 6, p.c)
    p.ring(64, 52, 19, 26, 6, p.c)
    p.line([(36, 24), (52, 20), (64, 26)], 8, p.d, curve=True)
    p.rect(44, 60, 54, 68, p.d, r=2)
    p.ring(54, 14, 4, 5, 2.2, GOLD)
