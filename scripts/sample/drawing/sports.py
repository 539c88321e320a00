"""Things for sport and the outdoors."""

from drawing.colours import BRIGHT, DARK, GLASS, GOLD, STEEL, WHITE, WOOD, darker, lighter
from drawing.pen import Pen, draws


@draws("dumbbell", "kettlebell")
def weights(p: Pen) -> None:
    if p.kind == "kettlebell":
        p.ring(50, 34, 21, 22, 9, p.d, 150, 390)
        p.ell(50, 64, 30, 27, p.c)
        p.ell(50, 64, 13, 11, p.l)
        return
    for dx, dy in ((0, -20), (0, 20)):
        p.rect(30 + dx, 46 + dy, 70 + dx, 54 + dy, STEEL)
        for x in (10, 70):
            p.blob(
                [
                    (x + 3, 35 + dy),
                    (x + 17, 35 + dy),
                    (x + 21, 50 + dy),
                    (x + 17, 65 + dy),
                    (x + 3, 65 + dy),
                    (x - 1, 50 + dy),
                ],
                p.c,
            )


@draws("bands")
def bands(p: Pen) -> None:
    for i, fill in enumerate(BRIGHT[:5]):
        p.ring(50, 24 + i * 13, 34 - i * 2, 10, 4.5, fill)


@draws("racket", "bat")
def racket(p: Pen) -> None:
    if p.kind == "bat":
        for cx, fill in ((38, p.c), (64, DARK)):
            p.rect(cx - 4, 54, cx + 4, 90, WOOD, r=3)
            p.ell(cx, 38, 21, 24, fill)
        p.ell(84, 80, 6, 6, WHITE)
        return
    p.line([(50, 60), (50, 94)], 6, DARK)
    for x in range(-3, 4):
        p.line([(50 + x * 6.4, 14 + abs(x) * 3), (50 + x * 6.4, 60 - abs(x) * 4)], 0.8, (176, 176, 170))
    for y in range(14, 62, 7):
        p.line([(28 + abs(y - 36) * 0.3, y), (72 - abs(y - 36) * 0.3, y)], 0.8, (176, 176, 170))
    p.ring(50, 36, 24, 30, 4.6, p.c)
    p.line([(44, 64), (50, 76), (56, 64)], 3, p.c)
    p.ell(82, 82, 8, 8, (206, 226, 70))


@draws("cricket_bat")
def cricket_bat(p: Pen) -> None:
    p.rect(46, 4, 54, 36, DARK, r=3)
    p.poly([(42, 34), (58, 34), (62, 44), (62, 92), (56, 96), (44, 96), (38, 92), (38, 44)], p.c)
    p.rect(39, 54, 61, 66, p.accent, edge=False)
    p.ell(80, 84, 8, 8, (180, 40, 44))


@draws("bicycle")
def bicycle(p: Pen) -> None:
    small = p.colour == "mint"
    for x in (25, 75):
        p.ring(x, 66, 19, 19, 3, DARK)
        for a in (0, 60, 120):
            p.ring(x, 66, 17, 17, 0.6, (150, 150, 150), a, a + 1)
        p.ell(x, 66, 2.4, 2.4, STEEL)
    frame = [(25, 66), (41, 38), (66, 36), (47, 66), (25, 66)]
    p.line(frame, 3.2, p.c)
    p.line([(41, 38), (47, 66)], 3.2, p.c)
    p.line([(75, 66), (66, 36), (63, 24)], 3.2, p.c)
    p.line([(41, 40), (38, 28)], 2.4, STEEL)
    p.line([(30, 27), (46, 27)], 4.6, DARK)
    p.line([(56, 25), (64, 22), (72, 26)] if not small else [(58, 20), (70, 20)], 3, DARK)
    if not small:
        p.ell(47, 66, 5.5, 5.5, STEEL)


@draws("helmet")
def helmet(p: Pen) -> None:
    p.line([(28, 64), (40, 88), (56, 88), (62, 66)], 2, DARK, curve=True)
    p.blob([(8, 62), (12, 38), (34, 20), (62, 20), (84, 36), (93, 58), (80, 64), (50, 68)], p.c)
    for x0, y0, x1, y1 in ((26, 36, 44, 30), (26, 50, 46, 46), (58, 30, 76, 40), (58, 46, 80, 52)):
        p.line([(x0, y0), (x1, y1)], 5, darker(p.c, 0.55), edge=False)


@draws("rucksack", "pannier", "carrier")
def rucksack(p: Pen) -> None:
    if p.kind == "carrier":
        p.ring(50, 30, 16, 12, 4, p.d, 180, 360)
        p.rect(8, 30, 92, 84, p.c, r=12)
        p.rect(20, 42, 80, 72, lighter(p.c, 0.5), r=6)
        for x in range(26, 80, 6):
            p.line([(x, 43), (x, 71)], 0.8, DARK)
        return
    if p.kind == "pannier":
        p.rect(22, 22, 78, 92, p.c, r=6)
        p.rect(20, 14, 80, 28, p.d, r=4)
        p.line([(38, 28), (38, 50)], 2.4, DARK)
        p.line([(62, 28), (62, 50)], 2.4, DARK)
        p.ell(50, 66, 7, 7, lighter((220, 224, 226), 0.4))
        return
    p.ring(50, 14, 9, 8, 3, DARK, 180, 360)
    p.line([(26, 30), (14, 50), (20, 82)], 5, p.d, curve=True)
    p.line([(74, 30), (86, 50), (80, 82)], 5, p.d, curve=True)
    p.blob([(28, 20), (50, 12), (72, 20), (78, 50), (76, 90), (50, 94), (24, 90), (22, 50)], p.c)
    p.blob([(26, 22), (50, 15), (74, 22), (74, 38), (50, 44), (26, 38)], p.d)
    p.rect(31, 56, 69, 84, p.l, r=6)
    p.line([(50, 38), (50, 50)], 2.6, DARK)


@draws("sleeping_bag")
def sleeping_bag(p: Pen) -> None:
    p.blob([(50, 6), (70, 14), (76, 40), (70, 80), (58, 95), (42, 95), (30, 80), (24, 40), (30, 14)], p.c)
    p.ell(50, 22, 14, 12, lighter(p.c, 0.65))
    for y in (44, 56, 68, 80):
        p.line([(28, y), (50, y + 3), (72, y)], 1.1, p.d, curve=True)
    p.line([(62, 30), (64, 84)], 1.6, GOLD)


@draws("poles", "launcher", "wand")
def stick(p: Pen) -> None:
    if p.kind == "launcher":
        p.line([(12, 90), (66, 34)], 5, p.c)
        p.ring(74, 26, 13, 13, 5, p.c, -60, 200)
        p.ell(74, 25, 9, 9, (206, 226, 70))
        return
    if p.kind == "wand":
        p.line([(10, 92), (62, 40)], 2.4, WOOD)
        p.line([(62, 40), (78, 44), (80, 62)], 1, DARK, curve=True)
        for dx, fill in ((-7, p.c), (0, p.l), (7, p.d)):
            p.blob([(80, 60), (80 + dx - 4, 76), (80 + dx, 90), (80 + dx + 4, 76)], fill)
        return
    for x0, x1 in ((30, 36), (70, 64)):
        p.line([(x0, 10), (x1, 92)], 3, p.c)
        p.line([(x0 - 0.5, 8), (x0 + 1.6, 30)], 6, DARK)
        p.ell(x1 - 0.4, 84, 6, 2.4, DARK)


@draws("bottle")
def bottle(p: Pen) -> None:
    p.rect(42, 5, 58, 15, DARK, r=3)
    p.rect(38, 12, 62, 22, DARK, r=2)
    p.blob([(40, 21), (60, 21), (68, 32), (68, 88), (60, 94), (40, 94), (32, 88), (32, 32)], p.c)
    p.line([(38, 36), (38, 86)], 2.4, lighter(p.c, 0.6), edge=False)
    p.ell(52, 58, 8, 8, p.accent)


@draws("stove")
def stove(p: Pen) -> None:
    for x, side in ((24, 1), (76, -1)):
        p.line([(x, 26), (x, 34), (x + side * 20, 50)], 3.4, p.c)
    for x in (42, 50, 58):
        p.blob([(x, 16), (x + 4, 28), (x, 36), (x - 4, 28)], (90, 150, 230))
    p.rect(38, 36, 62, 44, DARK, r=2)
    p.rect(46, 44, 54, 58, GOLD)
    p.line([(54, 52), (74, 56)], 2.4, p.c)
    p.rect(30, 58, 70, 92, (200, 70, 56), r=8)


@draws("goggles")
def goggles(p: Pen) -> None:
    p.line([(8, 44), (30, 30), (70, 30), (92, 44)], 4, darker(p.c, 0.4), curve=True)
    p.line([(44, 54), (56, 54)], 5, p.d)
    for x in (27, 73):
        p.ell(x, 56, 21, 16, p.c)
        p.ell(x, 56, 15, 11, lighter(p.c, 0.65))
        p.ell(x - 5, 52, 4, 2.6, WHITE, edge=False)


@draws("paddleboard", "skateboard", "sledge")
def board(p: Pen) -> None:
    if p.kind == "paddleboard":
        p.line([(80, 6), (80, 80)], 2.6, DARK)
        p.ell(80, 86, 6, 10, DARK)
        p.blob([(44, 3), (58, 24), (61, 60), (54, 94), (34, 94), (27, 60), (30, 24)], p.c)
        p.rect(36, 36, 52, 76, WHITE, r=6)
    elif p.kind == "skateboard":
        for x in (26, 74):
            p.line([(x, 56), (x, 62)], 4, STEEL)
            p.ell(x - 7, 68, 7, 7, WHITE)
            p.ell(x + 7, 68, 7, 7, WHITE)
        p.blob([(3, 38), (10, 44), (22, 50), (78, 50), (90, 44), (97, 38), (92, 54), (78, 59), (22, 59), (8, 54)], p.c)
    else:
        p.line([(6, 84), (80, 84), (94, 70), (90, 56)], 4, STEEL, curve=True)
        for x in (24, 48, 70):
            p.line([(x, 62), (x, 84)], 4, p.d)
        for y in (46, 53, 60):
            p.line([(10, y), (84, y)], 5, p.c)


@draws("pump")
def pump(p: Pen) -> None:
    p.rect(28, 8, 72, 16, DARK, r=4)
    p.line([(50, 16), (50, 34)], 3, STEEL)
    p.rect(43, 32, 57, 84, p.c, r=2)
    p.rect(28, 84, 72, 91, DARK, r=2)
    p.line([(57, 78), (76, 66), (78, 40), (70, 26)], 2.4, DARK, curve=True)
    p.ell(50, 72, 9, 9, GLASS)
    p.line([(50, 72), (54, 67)], 1.6, (200, 50, 50))
