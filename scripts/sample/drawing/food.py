"""Packets, jars, boxes and bottles."""

from drawing.colours import BRIGHT, DARK, GOLD, LEAF, PAPER, STEEL, WHITE, WOOD, darker, lighter
from drawing.pen import Pen, draws


@draws("jam_jar")
def jam_jar(p: Pen) -> None:
    p.rect(28, 12, 72, 27, p.rng.choice((GOLD, WHITE, (60, 62, 66))), r=3)
    p.blob([(30, 27), (70, 27), (77, 36), (77, 84), (70, 90), (30, 90), (23, 84), (23, 36)], p.c)
    if p.colour.startswith("mixed"):
        p.dots((28, 36, 73, 86), p.rng.choice(BRIGHT), 3.2, 8)
    p.line([(28, 36), (28, 82)], 2.2, lighter(p.c, 0.6), edge=False)
    p.label(31, 44, 69, 74)


@draws("pouch", "sack", "seed_packet")
def pouch(p: Pen) -> None:
    if p.kind == "seed_packet":
        p.rect(24, 8, 76, 92, PAPER, r=1)
        p.rect(24, 8, 76, 24, p.c, r=1)
        for x, y in ((38, 52), (60, 46), (52, 66)):
            p.line([(x, y), (x + 1, 84)], 1.6, LEAF)
            for dx, dy in ((-5, 0), (5, 0), (0, -5), (0, 5)):
                p.ell(x + dx, y + dy, 4.2, 4.2, p.c if not p.colour.startswith("mixed") else p.rng.choice(BRIGHT))
            p.ell(x, y, 3, 3, (244, 206, 62))
        return
    top = 10 if p.kind == "pouch" else 14
    p.blob(
        [(27, top), (50, top + 1), (73, top), (75, 30), (79, 60), (80, 88), (50, 92), (20, 88), (21, 60), (25, 30)], p.c
    )
    p.rect(26, top - 2, 74, top + 7, p.d, r=1)
    if p.kind == "sack":
        for x in range(29, 74, 5):
            p.line([(x, top + 2.5), (x + 2, top + 2.5)], 1, PAPER)
        p.ell(50, 56, 21, 21, lighter(p.c, 0.75))
        p.label(37, 46, 63, 66)
    else:
        p.label(31, 36, 69, 68)
        p.ell(50, 79, 4, 4, p.l)


@draws("tea_box", "cereal_box", "biscuits", "carton")
def box(p: Pen) -> None:
    if p.kind == "carton":
        p.poly([(28, 34), (40, 16), (70, 16), (66, 34)], p.l)
        p.rect(38, 8, 72, 17, p.c, r=1)
        p.rect(28, 34, 66, 92, p.c)
        p.poly([(66, 34), (70, 16), (80, 32), (80, 88), (66, 92)], p.d)
        p.ell(47, 58, 13, 13, PAPER)
        p.ell(47, 58, 7, 7, p.c)
        p.ell(36, 24, 4, 4, WHITE)
        return
    tall = {"tea_box": 30, "cereal_box": 10, "biscuits": 34}[p.kind]
    low = {"tea_box": 80, "cereal_box": 92, "biscuits": 72}[p.kind]
    left, right = (24, 72) if p.kind == "cereal_box" else (10, 82)
    p.poly([(left, tall), (left + 8, tall - 7), (right + 8, tall - 7), (right, tall)], p.l)
    p.poly([(right, tall), (right + 8, tall - 7), (right + 8, low - 7), (right, low)], p.d)
    p.rect(left, tall, right, low, p.c)
    if p.kind == "biscuits":
        for x in (28, 46, 64):
            p.ell(x, 53, 10, 10, (206, 156, 92))
            p.dots((x - 4, 50, x + 4, 57), (140, 92, 50), 0.9, 4)
    elif p.kind == "tea_box":
        p.label(22, 38, 70, 56)
        p.blob([(46, 74), (38, 66), (46, 60), (56, 66)], LEAF)
    else:
        p.label(30, 20, 66, 40)
        p.blob([(30, 64), (48, 68), (66, 64), (60, 84), (36, 84)], WHITE)
        p.ell(48, 64, 18, 5, (214, 160, 90))


@draws("tea_tin", "can", "storage_tin", "fish_tin")
def tin(p: Pen) -> None:
    if p.kind == "fish_tin":
        p.rect(8, 30, 92, 74, p.c, r=14)
        p.rect(14, 35, 86, 69, p.l, r=10)
        p.blob([(24, 52), (44, 43), (62, 51), (74, 43), (74, 61), (62, 53), (44, 61)], STEEL)
        p.ell(34, 50, 1.6, 1.6, DARK)
        return
    top = 18 if p.kind == "can" else 24
    p.rect(26, top, 74, 88, p.c, r=3)
    p.ell(50, 88, 24, 5, p.d)
    p.rect(26, top + 6, 74, 86, p.c, edge=False)
    p.ell(50, top, 24, 6, STEEL)
    if p.kind == "can":
        p.rect(26, top + 4, 74, top + 8, STEEL, edge=False)
        p.rect(26, 82, 74, 86, STEEL, edge=False)
    else:
        p.rect(24, top - 4, 76, top + 9, p.d, r=3)
        p.ell(50, top - 5, 5, 3, p.d)
    p.label(34, 40, 66, 68)


@draws("chocolate")
def chocolate(p: Pen) -> None:
    p.rect(30, 6, 70, 40, (92, 56, 36), r=2)
    for x in (43, 57):
        p.line([(x, 7), (x, 38)], 1.4, (64, 38, 24))
    for y in (17, 28):
        p.line([(31, y), (69, y)], 1.4, (64, 38, 24))
    p.poly([(28, 36), (38, 40), (48, 35), (58, 40), (72, 35), (72, 94), (28, 94)], p.c)
    p.line([(30, 39), (48, 38), (70, 39)], 3, STEEL, edge=False)
    p.label(34, 52, 66, 80)


@draws("chocolate_box", "paint_tin", "play_food")
def assortment(p: Pen) -> None:
    p.rect(10, 22, 90, 84, p.c if p.kind != "paint_tin" else (60, 60, 66), r=4)
    p.rect(14, 26, 86, 80, PAPER, r=2)
    shades = BRIGHT if p.kind != "chocolate_box" else ((92, 56, 36), (64, 40, 28), (160, 104, 64), (240, 226, 204))
    for row, y in enumerate((37, 53, 69)):
        for column, x in enumerate((25, 42, 58, 75)):
            fill = shades[(row * 3 + column * 2) % len(shades)]
            if p.kind == "paint_tin":
                p.rect(x - 7, y - 6, x + 7, y + 6, fill, r=1)
            elif (row + column) % 2:
                p.ell(x, y, 6.5, 6, fill)
            else:
                p.rect(x - 6, y - 6, x + 6, y + 6, fill, r=2)


@draws("oil_bottle", "sauce_bottle")
def bottle(p: Pen) -> None:
    wide = 15 if p.kind == "oil_bottle" else 12
    p.rect(44, 4, 56, 14, DARK if p.kind == "oil_bottle" else p.d, r=2)
    p.blob(
        [
            (45, 13),
            (55, 13),
            (56, 26),
            (50 + wide, 40),
            (50 + wide, 88),
            (50, 94),
            (50 - wide, 88),
            (50 - wide, 40),
            (44, 26),
        ],
        p.c,
    )
    p.line([(50 - wide + 4, 42), (50 - wide + 4, 84)], 2, lighter(p.c, 0.6), edge=False)
    p.label(50 - wide + 2, 52, 50 + wide - 2, 78)


@draws("pasta")
def pasta(p: Pen) -> None:
    p.rect(26, 8, 74, 92, p.c, r=4)
    p.rect(32, 46, 68, 88, (240, 222, 170), r=3)
    for x in range(35, 67, 4):
        p.line([(x, 48), (x, 86)], 1.2, (214, 178, 100))
    p.label(32, 18, 68, 38)


@draws("gift_box", "game_box", "tool_box", "herb_kit", "bread_kit", "shoe_kit")
def flat_box(p: Pen) -> None:
    """A lidded box: with a bow for gifts, a picture for games, its contents showing for kits."""
    wooden = p.kind in ("tool_box", "herb_kit")
    fill = WOOD if wooden else p.c
    if p.kind == "herb_kit":
        for x in (28, 50, 72):
            p.line([(x, 50), (x, 34)], 2, LEAF)
            for dx, dy in ((-6, 30), (6, 28), (0, 22), (-4, 38), (5, 38)):
                p.ell(x + dx, dy, 4.5, 3.6, LEAF)
    elif p.kind == "tool_box":
        for x, shade in ((28, STEEL), (50, STEEL), (72, STEEL)):
            p.rect(x - 2, 26, x + 2, 50, WOOD)
            p.blob([(x, 6), (x + 6, 18), (x, 30), (x - 6, 18)], shade)
    elif p.kind in ("bread_kit", "shoe_kit"):
        p.ell(34, 40, 20, 12, p.l)
        p.rect(58, 16, 68, 48, WOOD, r=3)
        p.rect(74, 22, 84, 48, STEEL, r=2)
    if p.kind in ("gift_box", "game_box"):
        p.rect(12, 42, 88, 88, fill, r=2)
        p.rect(9, 28, 91, 46, lighter(fill, 0.18), r=2)
        if p.kind == "gift_box":
            p.rect(45, 28, 55, 88, p.accent, edge=False)
            p.ring(39, 21, 10, 7, 4, p.accent)
            p.ring(61, 21, 10, 7, 4, p.accent)
        else:
            p.label(20, 54, 56, 80)
            p.rect(64, 56, 80, 72, WHITE, r=3)
            for x, y in ((68, 60), (76, 68), (72, 64)):
                p.ell(x, y, 1.6, 1.6, DARK)
        return
    p.rect(10, 46, 90, 88, fill, r=3)
    p.line([(12, 60), (88, 60)], 1.2, darker(fill, 0.25))
    p.label(36, 64, 64, 80)


@draws("hamper", "basket", "cat_cave")
def wicker(p: Pen) -> None:
    if p.kind == "cat_cave":
        p.blob([(12, 80), (14, 46), (34, 24), (66, 24), (86, 46), (88, 80), (50, 86)], p.c)
        p.ell(46, 60, 18, 17, darker(p.c, 0.5))
        p.ell(40, 57, 2.4, 2.8, (226, 200, 90))
        p.ell(52, 57, 2.4, 2.8, (226, 200, 90))
        return
    if p.kind == "hamper":
        p.ring(50, 38, 26, 28, 4, p.d, 180, 360)
        p.rect(24, 22, 36, 48, (120, 30, 50), r=3)
        p.ell(52, 36, 11, 10, (222, 150, 70))
        p.rect(64, 26, 78, 48, (236, 196, 70), r=3)
    else:
        p.ring(50, 26, 12, 9, 4, p.d, 180, 360)
    p.poly([(14, 44 if p.kind == "hamper" else 26), (86, 44 if p.kind == "hamper" else 26), (78, 88), (22, 88)], p.c)
    top = 50 if p.kind == "hamper" else 34
    for row, y in enumerate(range(top, 88, 7)):
        for x in range(22 + (row % 2) * 5, 78, 10):
            p.line([(x, y), (x + 5, y)], 1.8, p.d, edge=False)
    p.rect(11, top - 9, 89, top - 3, lighter(p.c, 0.2), r=3)
