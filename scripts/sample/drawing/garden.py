"""Things of a garden."""

from drawing.colours import BRIGHT, DARK, GLASS, LEAF, STEEL, WHITE, WOOD, darker, lighter
from drawing.pen import Pen, draws


def leaves(p: Pen, cx: float, base: float, height: float) -> None:
    """Draw a tuft of leaves that grows from (cx, base)."""
    for lean, tall in ((-22, 0.7), (22, 0.7), (-11, 0.95), (11, 0.95), (0, 1.1)):
        x, y = cx + lean, base - height * tall
        p.blob(
            [
                (cx, base),
                (cx + lean * 0.35 - 4, base - height * 0.5),
                (x, y),
                (cx + lean * 0.35 + 5, base - height * 0.5),
            ],
            LEAF,
        )


@draws("pot", "planter", "trough")
def pot(p: Pen) -> None:
    if p.kind == "trough":
        for x in (22, 40, 60, 78):
            leaves(p, x, 50, 18)
            p.ell(x, 30, 5, 5, p.rng.choice(BRIGHT))
        p.poly([(8, 48), (92, 48), (86, 80), (14, 80)], p.c)
        p.rect(6, 44, 94, 52, p.l, r=2)
        return
    leaves(p, 50, 44, 32)
    if p.kind == "planter":
        for x in (30, 70):
            p.line([(x, 64), (x - 5 if x < 50 else x + 5, 94)], 4, WOOD)
        p.blob([(22, 44), (50, 46), (78, 44), (76, 66), (62, 78), (38, 78), (24, 66)], p.c)
        return
    p.poly([(27, 48), (73, 48), (66, 92), (34, 92)], p.c)
    p.rect(23, 41, 77, 53, p.l if p.colour != "terracotta" else p.c, r=2)
    p.line([(33, 58), (37, 86)], 2, lighter(p.c, 0.4), edge=False)


@draws("seed_tray")
def seed_tray(p: Pen) -> None:
    for x in (22, 41, 60, 79):
        p.line([(x, 50), (x, 38)], 1.8, LEAF)
        p.ell(x - 4, 36, 4.5, 3, LEAF)
        p.ell(x + 4, 36, 4.5, 3, LEAF)
    for x in (13, 32, 51, 70):
        p.poly([(x, 48), (x + 18, 48), (x + 15, 70), (x + 3, 70)], p.c)
    p.rect(8, 68, 92, 78, DARK, r=2)


@draws("trowel", "hand_fork", "weeder")
def trowel(p: Pen) -> None:
    p.rect(44, 58, 56, 94, WOOD, r=5)
    p.line([(50, 60), (50, 44)], 3.4, STEEL)
    if p.kind == "hand_fork":
        p.line([(36, 8), (38, 36), (50, 46), (62, 36), (64, 8)], 4, STEEL, curve=True)
        p.line([(50, 46), (50, 6)], 4, STEEL)
        return
    if p.kind == "weeder":
        p.line([(50, 46), (46, 24), (56, 12), (68, 18)], 5, STEEL, curve=True)
        return
    metal = p.c if p.colour == "copper" else STEEL
    p.blob([(50, 4), (60, 18), (63, 38), (55, 47), (45, 47), (37, 38), (40, 18)], metal)
    p.line([(50, 12), (50, 40)], 1.2, darker(metal, 0.25))


@draws("spade", "rake")
def long_tool(p: Pen) -> None:
    p.line([(50, 10), (50, 62)], 4, WOOD)
    if p.kind == "spade":
        p.ring(50, 10, 8, 5, 3, DARK)
        p.blob([(37, 58), (63, 58), (64, 80), (50, 96), (36, 80)], p.c)
        p.line([(50, 62), (50, 80)], 1.2, p.d)
    else:
        for x in range(-4, 5):
            p.line([(50, 60), (50 + x * 6, 86), (50 + x * 6.4, 92)], 1.8, p.c)
        p.line([(38, 74), (62, 74)], 2.4, p.d)
        p.rect(46, 54, 54, 64, p.d, r=2)


@draws("secateurs", "scissors", "pruning_saw", "multitool")
def cutter(p: Pen) -> None:
    if p.kind == "pruning_saw":
        p.poly([(34, 44), (94, 24), (96, 32), (40, 58)], STEEL)
        for x in range(42, 94, 5):
            p.poly(
                [(x, 56 - (x - 42) * 0.42), (x + 4, 54.5 - (x - 42) * 0.42), (x + 2, 61 - (x - 42) * 0.42)],
                STEEL,
                edge=False,
            )
        p.blob([(4, 60), (30, 44), (42, 46), (40, 58), (14, 72)], p.c)
        return
    if p.kind == "multitool":
        for angle, tip in ((-30, (20, 20)), (0, (50, 6)), (30, (80, 20))):
            p.line([(50 + angle * 0.3, 50), tip], 5, STEEL)
        p.rect(30, 46, 70, 92, p.c, r=7)
        p.ell(40, 56, 3, 3, DARK)
        p.ell(60, 56, 3, 3, DARK)
        return
    if p.kind == "scissors":
        p.poly([(48, 52), (56, 8), (60, 10), (56, 54)], STEEL)
        p.poly([(52, 52), (44, 8), (40, 10), (44, 54)], STEEL)
        p.ring(36, 76, 12, 15, 5.5, p.c)
        p.ring(64, 76, 12, 15, 5.5, p.c)
        p.line([(46, 52), (40, 62)], 5, p.c)
        p.line([(54, 52), (60, 62)], 5, p.c)
    else:
        p.blob([(48, 46), (38, 26), (44, 8), (54, 20), (56, 44)], STEEL)
        p.blob([(52, 46), (60, 32), (70, 22), (66, 36), (58, 48)], STEEL)
        p.line([(48, 46), (38, 66), (36, 92)], 7, p.c, curve=True)
        p.line([(54, 46), (64, 66), (62, 90)], 7, p.c, curve=True)
    p.ell(50, 50, 3, 3, DARK)


@draws("wheelbarrow")
def wheelbarrow(p: Pen) -> None:
    p.line([(30, 60), (60, 62), (94, 44)], 4, WOOD)
    p.line([(58, 60), (64, 86)], 4, DARK)
    p.poly([(10, 26), (80, 30), (64, 62), (30, 62)], p.c)
    p.line([(8, 26), (82, 30)], 3, p.d)
    p.ell(24, 74, 14, 14, DARK)
    p.ell(24, 74, 6, 6, STEEL)


@draws("watering_can")
def watering_can(p: Pen) -> None:
    p.ring(50, 34, 18, 18, 3.6, p.d, 185, 360)
    p.ring(78, 58, 12, 16, 3.6, p.d, -100, 100)
    p.poly([(36, 68), (12, 26), (6, 30), (32, 82)], p.c)
    p.poly([(2, 30), (14, 18), (17, 24), (6, 34)], p.d)
    p.poly([(32, 42), (72, 42), (78, 86), (28, 86)], p.c)
    p.ell(52, 42, 20, 4.5, p.l)


@draws("hose", "twine", "rope", "rope_toy")
def coil(p: Pen) -> None:
    if p.kind == "twine":
        p.rect(28, 24, 72, 82, p.c, r=9)
        for y in range(28, 82, 5):
            p.line([(29, y), (71, y + 3)], 1.2, p.d)
        p.ell(50, 24, 20, 5, p.l)
        p.line([(70, 76), (84, 84), (92, 78)], 1.8, p.c, curve=True)
        return
    if p.kind == "rope_toy":
        p.line([(14, 56), (36, 44), (64, 56), (88, 44)], 9, p.c, curve=True)
        p.line([(14, 56), (36, 44), (64, 56), (88, 44)], 2, WHITE, curve=True)
        for x, y in ((16, 55), (50, 50), (86, 45)):
            p.ell(x, y, 8, 9, p.l)
        return
    if p.kind == "rope":
        p.line([(18, 22), (10, 66), (50, 92), (90, 66), (82, 22)], 3, p.c, curve=True)
        for x in (18, 82):
            p.rect(x - 4.5, 6, x + 4.5, 34, WOOD if p.colour == "natural" else DARK, r=4)
        return
    for r in (36, 30, 24, 18):
        p.ring(48, 50, r, r * 0.92, 5, p.c)
    p.line([(84, 52), (92, 70), (86, 90)], 5, p.c, curve=True)
    p.rect(80, 84, 92, 96, DARK, r=2)


@draws("tub")
def tub(p: Pen) -> None:
    for x in (26, 40, 56, 72):
        p.blob([(x, 22), (x + 9, 34), (x, 42), (x - 9, 34)], (196, 140, 60))
    p.poly([(14, 36), (86, 36), (80, 90), (20, 90)], p.c)
    p.ring(14, 50, 6, 9, 3, p.d, 90, 270)
    p.ring(86, 50, 6, 9, 3, p.d, -90, 90)
    for y in (52, 70):
        p.line([(17, y), (83, y)], 1.2, p.d)


@draws("birdhouse", "hutch", "dolls_house")
def house(p: Pen) -> None:
    if p.kind == "hutch":
        p.rect(10, 30, 90, 86, p.c, r=1)
        p.poly([(4, 32), (14, 18), (86, 18), (96, 32)], p.d)
        for x, y in ((14, 38), (52, 38), (14, 64), (52, 64)):
            p.rect(x, y, x + 34, y + 18, lighter(p.c, 0.5))
            for step in range(5, 34, 6):
                p.line([(x + step, y + 1), (x + step, y + 17)], 0.8, DARK)
        return
    p.rect(24, 38, 76, 90, lighter(p.c, 0.15) if p.kind == "dolls_house" else p.c, r=1)
    p.poly([(16, 42), (50, 10), (84, 42), (78, 48), (50, 22), (22, 48)], p.d)
    if p.kind == "dolls_house":
        for x in (32, 56):
            for y in (44, 62):
                p.rect(x, y, x + 12, y + 12, GLASS)
        p.rect(45, 76, 56, 90, p.d)
    elif "oak" in p.colour:
        for y in range(48, 88, 8):
            for x in range(31, 72, 8):
                p.ell(x + (y // 8 % 2) * 2, y, 2.6, 2.6, darker(p.c, 0.6))
    else:
        p.ell(50, 58, 8, 8, (44, 34, 30))
        p.line([(50, 72), (50, 79)], 2.4, WOOD)


@draws("feeder", "lantern")
def hanging(p: Pen) -> None:
    p.ring(50, 10, 6, 6, 2, DARK)
    if p.kind == "lantern":
        p.poly([(30, 32), (50, 14), (70, 32)], p.c)
        p.rect(30, 32, 70, 84, lighter((250, 224, 150), 0.3))
        p.rect(44, 58, 56, 84, WHITE)
        p.blob([(50, 40), (55, 52), (50, 58), (45, 52)], (244, 160, 44))
        for x in (31, 50, 69):
            p.line([(x, 33), (x, 84)], 2 if x != 50 else 0.9, p.c)
        p.rect(26, 83, 74, 91, p.c, r=1)
        return
    p.poly([(30, 26), (50, 12), (70, 26)], p.c)
    p.rect(36, 26, 64, 78, GLASS, r=2)
    p.rect(37, 44, 63, 77, (204, 160, 92), edge=False)
    for y in (54, 68):
        p.line([(28, y), (72, y)], 2, DARK)
    p.rect(30, 77, 70, 84, p.c, r=2)


@draws("birdbath", "fountain")
def bath(p: Pen) -> None:
    if p.kind == "birdbath":
        p.poly([(42, 48), (58, 48), (62, 84), (38, 84)], p.c)
        p.ell(50, 88, 22, 6, p.d)
    else:
        p.rect(20, 50, 80, 88, p.c, r=8)
        p.line([(50, 44), (44, 28), (50, 18), (56, 28), (50, 44)], 2, (120, 184, 222), curve=True)
    p.ell(50, 46, 40 if p.kind == "birdbath" else 32, 11, p.c)
    p.ell(50, 44, 34 if p.kind == "birdbath" else 26, 7, (150, 200, 224))


@draws("mat_pad", "roll_mat", "yoga_mat", "towel", "roller")
def rolled(p: Pen) -> None:
    if p.kind == "mat_pad":
        p.rect(8, 36, 92, 72, p.c, r=10)
        p.rect(38, 24, 62, 46, p.c, r=8)
        p.rect(44, 30, 56, 40, p.l, r=4)
        return
    if p.kind == "roller":
        p.poly([(22, 34), (76, 34), (76, 70), (22, 70)], p.c)
        p.dots((28, 40, 68, 66), p.d, 2, 8)
    elif p.kind == "towel":
        for y, fill in ((30, p.l), (48, p.c), (66, p.d)):
            p.rect(12, y, 88, y + 18, fill, r=8)
        return
    else:
        p.poly([(22, 66), (90, 66), (97, 84), (14, 84)], p.l)
        p.rect(22, 38, 80, 72, p.c, r=3)
        p.line([(34, 38), (34, 72)], 2, p.d)
        p.line([(66, 38), (66, 72)], 2, p.d)
    p.ell(22, 53 if p.kind == "roller" else 55, 9, 18 if p.kind == "roller" else 17, p.d)
    p.ell(22, 53 if p.kind == "roller" else 55, 5, 10, p.l)


@draws("bistro", "hammock", "camp_chair")
def outdoor_seat(p: Pen) -> None:
    if p.kind == "hammock":
        p.line([(6, 14), (14, 40)], 2, WOOD)
        p.line([(94, 14), (86, 40)], 2, WOOD)
        p.blob([(12, 36), (30, 54), (50, 60), (70, 54), (88, 36), (78, 66), (50, 80), (22, 66)], p.c)
        for x in (30, 43, 57, 70):
            p.line([(x, 56), (50 + (x - 50) * 0.85, 72)], 2.4, WHITE, edge=False)
    elif p.kind == "camp_chair":
        for a, b in (((22, 50), (74, 92)), ((78, 50), (26, 92))):
            p.line([a, b], 3, DARK)
        p.poly([(24, 10), (76, 10), (74, 50), (26, 50)], p.c)
        p.poly([(26, 50), (74, 50), (82, 62), (18, 62)], p.d)
        p.line([(16, 40), (22, 62)], 3, DARK)
        p.line([(84, 40), (78, 62)], 3, DARK)
    else:
        p.ell(50, 42, 24, 6, p.c)
        for x in (40, 60):
            p.line([(x, 44), (100 - x, 86)], 2.6, p.d)
        for x, side in ((14, 1), (86, -1)):
            p.line([(x, 26), (x, 88)], 3, p.d)
            p.line([(x, 58), (x + side * 16, 58), (x + side * 16, 88)], 3, p.c)
            p.line([(x, 32), (x, 46)], 5, p.c)


@draws("string_lights")
def string_lights(p: Pen) -> None:
    p.line([(4, 26), (26, 44), (50, 50), (74, 44), (96, 26)], 1.8, DARK, curve=True)
    for x, y in ((14, 36), (32, 48), (50, 52), (68, 48), (86, 36)):
        p.rect(x - 3, y, x + 3, y + 8, DARK, r=1)
        p.ell(x, y + 16, 7, 9, (250, 216, 110))
