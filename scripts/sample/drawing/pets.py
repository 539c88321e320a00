"""Things for animals."""

from drawing.colours import DARK, GLASS, STEEL, WOOD, darker, lighter
from drawing.pen import Pen, draws


@draws("pet_bed")
def pet_bed(p: Pen) -> None:
    p.blob([(6, 62), (14, 40), (50, 34), (86, 40), (94, 62), (84, 82), (50, 87), (16, 82)], p.c)
    p.ell(50, 58, 32, 14, darker(p.c, 0.2))
    p.ell(50, 61, 28, 11, lighter(p.c, 0.65))


@draws("bone")
def bone(p: Pen) -> None:
    p.line([(28, 62), (72, 38)], 15, p.c)
    for x, y in ((20, 58), (28, 72), (72, 28), (80, 42)):
        p.ell(x, y, 10.5, 10.5, p.c)
    p.line([(28, 62), (72, 38)], 12, p.c, edge=False)
    p.line([(34, 53), (62, 38)], 2.4, lighter(p.c, 0.5), edge=False)


@draws("scratching_post", "cat_tree", "perch")
def post(p: Pen) -> None:
    rope = (214, 186, 142)
    if p.kind == "scratching_post" and p.colour == "grey":
        p.poly([(22, 10), (50, 18), (50, 92), (22, 84)], p.c)
        p.poly([(78, 10), (50, 18), (50, 92), (78, 84)], p.l)
        return
    xs = {"scratching_post": (50,), "cat_tree": (30, 70), "perch": (50,)}[p.kind]
    for x in xs:
        p.rect(x - 8, 18, x + 8, 86, rope, r=2)
        for y in range(22, 86, 4):
            p.line([(x - 7, y), (x + 7, y + 1.5)], 0.9, darker(rope, 0.25))
    p.rect(16, 84, 84, 93, p.c if p.kind != "scratching_post" else WOOD, r=3)
    if p.kind == "cat_tree":
        p.rect(12, 12, 50, 20, p.c, r=3)
        p.rect(50, 34, 92, 42, p.c, r=3)
        p.rect(20, 54, 64, 84, p.c, r=4)
        p.ell(42, 70, 10, 11, darker(p.c, 0.6))
    elif p.kind == "perch":
        p.line([(12, 30), (88, 22)], 5, WOOD)
        p.line([(22, 56), (82, 62)], 5, WOOD)
        p.line([(20, 34), (20, 52)], 1.6, (214, 84, 64))
        p.ell(20, 54, 4, 5, (226, 174, 60))
    else:
        p.rect(36, 10, 64, 20, p.l, r=4)
        p.line([(64, 18), (76, 34)], 1, DARK)
        p.ell(77, 37, 4.5, 4.5, (214, 84, 64))


@draws("mouse_toy")
def mouse_toy(p: Pen) -> None:
    p.line([(14, 62), (4, 50), (10, 36)], 2.6, darker(p.c, 0.2), curve=True)
    p.blob([(12, 66), (24, 46), (50, 40), (74, 50), (94, 70), (70, 78), (24, 78)], p.c)
    p.ell(60, 42, 9, 10, (236, 170, 180))
    p.ell(80, 61, 2, 2, DARK)
    p.ell(94, 69, 2.6, 2.6, (236, 130, 150))


@draws("fish_tank")
def fish_tank(p: Pen) -> None:
    p.rect(8, 20, 92, 84, GLASS, r=2)
    p.rect(10, 30, 90, 82, (132, 196, 222), edge=False)
    p.rect(10, 74, 90, 82, (214, 190, 140), edge=False)
    for x in (22, 30, 76):
        p.line([(x, 75), (x - 3, 62), (x + 3, 52), (x, 42)], 2.4, (74, 150, 90), curve=True)
    p.blob([(38, 54), (52, 46), (62, 54), (72, 47), (72, 62), (62, 56), (52, 62)], (240, 132, 50))
    p.ell(46, 53, 1.4, 1.4, DARK)
    p.rect(6, 14, 94, 23, DARK, r=2)


@draws("birdcage")
def birdcage(p: Pen) -> None:
    p.ring(50, 8, 5, 5, 2, STEEL)
    p.ring(50, 44, 32, 32, 2.6, p.d, 180, 360)
    for x in (18, 29, 39, 50, 61, 71, 82):
        rise = (32**2 - (x - 50) ** 2) ** 0.5
        p.line([(x, 44 - rise), (x, 84)], 1.8, p.d, edge=False)
    p.line([(18, 60), (82, 60)], 1.8, WOOD)
    p.blob([(44, 58), (46, 44), (54, 40), (60, 46), (56, 58), (48, 70)], (110, 190, 90))
    p.ell(54, 45, 1.3, 1.3, DARK)
    p.rect(14, 83, 86, 92, p.c, r=2)


@draws("wheel")
def wheel(p: Pen) -> None:
    p.line([(50, 48), (30, 92)], 4, p.d)
    p.line([(50, 48), (70, 92)], 4, p.d)
    p.ring(50, 46, 36, 36, 6, p.c)
    for x, y in ((0, -34), (30, 17), (-30, 17), (30, -17), (-30, 17), (0, 34)):
        p.line([(50, 46), (50 + x, 46 + y)], 1.6, p.d)
    p.ell(50, 46, 5, 5, STEEL)
    p.line([(22, 92), (78, 92)], 4, p.d)
