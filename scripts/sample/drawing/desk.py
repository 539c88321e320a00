"""Paper, books and what lies on a desk."""

from drawing.colours import BRIGHT, DARK, GOLD, PAPER, STEEL, WHITE, WOOD, lighter
from drawing.pen import Pen, draws


@draws("notebook", "sketchbook")
def notebook(p: Pen) -> None:
    p.rect(26, 12, 82, 90, PAPER, r=3)
    p.rect(22, 9, 78, 88, p.c, r=3)
    if p.kind == "sketchbook":
        for y in range(14, 86, 7):
            p.ring(22, y, 5, 2.4, 1.6, STEEL)
        p.label(36, 26, 68, 44)
        return
    p.rect(22, 9, 30, 88, p.d, r=2)
    p.rect(68, 9, 72, 88, p.d, edge=False)
    p.poly([(48, 86), (54, 86), (54, 97), (51, 94), (48, 97)], p.accent)
    p.label(38, 24, 62, 38)


@draws("book")
def book(p: Pen) -> None:
    p.poly([(20, 14), (70, 8), (70, 86), (20, 92)], p.c)
    p.poly([(70, 8), (84, 14), (84, 88), (70, 86)], PAPER)
    for x in (74, 77, 80):
        p.line([(x, 12), (x, 86)], 0.7, (200, 190, 170))
    p.line([(25, 14), (25, 91)], 1.6, p.d)
    p.poly([(32, 22), (64, 18), (64, 32), (32, 36)], PAPER)
    p.blob([(38, 62), (48, 46), (60, 58), (52, 76), (42, 76)], p.accent)


@draws("calendar", "folder", "sticky_notes", "card", "paper_roll", "ribbon")
def paper(p: Pen) -> None:
    if p.kind == "calendar":
        p.rect(14, 14, 86, 90, WHITE, r=2)
        p.rect(14, 14, 86, 34, p.c, r=2)
        for x in range(22, 86, 10):
            p.ring(x, 14, 2, 4, 1.4, STEEL)
        for y in range(42, 86, 11):
            for x in range(20, 82, 11):
                p.rect(x, y, x + 8, y + 7, lighter(p.c, 0.75 if (x + y) % 3 else 0.3), edge=False)
    elif p.kind == "folder":
        for i, fill in enumerate((p.l, p.c, p.d)):
            p.poly([(10 + i * 4, 34 - i * 8), (90 - i * 4, 34 - i * 8), (90, 86), (10, 86)], fill)
        p.rect(8, 46, 92, 88, p.c, r=3)
        p.rect(44, 42, 56, 54, p.d, r=2)
    elif p.kind == "sticky_notes":
        p.rect(18, 30, 78, 88, p.d)
        p.poly([(18, 24), (78, 24), (82, 84), (18, 82)], p.c)
        for y in (40, 52, 64):
            p.line([(28, y), (66, y)], 1.6, p.d)
    elif p.kind == "card":
        p.rect(28, 34, 92, 84, WHITE, r=1)
        p.line([(28, 35), (60, 62), (92, 35)], 1.4, (190, 186, 180))
        p.rect(8, 12, 62, 78, p.c if p.colour != "mixed" else lighter(p.c, 0.4), r=1)
        for x, y in ((28, 36), (42, 30), (36, 48)):
            p.ell(x, y, 6, 6, p.rng.choice(BRIGHT))
        p.line([(35, 50), (35, 66)], 1.6, (84, 146, 78))
    elif p.kind == "paper_roll":
        for i, x in enumerate((16, 42, 68)):
            fill = (p.c, p.l, p.d)[i]
            p.rect(x, 16, x + 18, 90, fill, r=2)
            p.ell(x + 9, 16, 9, 3.6, PAPER)
            p.dots((x + 4, 28, x + 14, 84), lighter(fill, 0.5), 1.6, 9)
    else:
        for i, (x, y) in enumerate(((26, 32), (60, 28), (40, 62), (74, 60))):
            fill = BRIGHT[i]
            p.ell(x, y, 17, 17, fill)
            p.ell(x, y, 6, 6, PAPER)
        p.line([(40, 78), (54, 90), (86, 84)], 4, BRIGHT[2], curve=True)


@draws("tape", "stapler", "sharpener", "ruler", "wax_seal", "shoe_tree")
def tool(p: Pen) -> None:
    if p.kind == "tape":
        p.blob([(8, 78), (12, 50), (30, 42), (60, 46), (92, 62), (92, 80)], p.c)
        p.ring(38, 44, 20, 20, 9, (246, 226, 170))
        p.line([(58, 46), (88, 60)], 2, (246, 226, 170))
        p.poly([(84, 56), (94, 56), (94, 66), (88, 66)], STEEL)
    elif p.kind == "stapler":
        p.rect(8, 76, 92, 84, p.d, r=3)
        p.poly([(10, 76), (14, 62), (90, 62), (90, 69), (30, 76)], STEEL)
        p.blob([(8, 62), (14, 44), (60, 38), (90, 46), (94, 60)], p.c)
    elif p.kind == "sharpener":
        p.rect(26, 28, 74, 80, p.c, r=6)
        p.ell(50, 50, 13, 13, STEEL)
        p.ell(50, 50, 5, 5, DARK)
        p.line([(74, 54), (90, 54), (90, 36)], 3, STEEL)
        p.ell(90, 32, 5, 6, DARK)
        p.rect(32, 80, 68, 90, DARK, r=2)
    elif p.kind == "ruler":
        p.poly([(4, 70), (84, 16), (95, 32), (15, 86)], p.c)
        for i in range(14):
            x, y = 6 + i * 5.7, 69 - i * 3.85
            size = 8 if i % 5 == 0 else 4.5
            p.line([(x + 2, y + 2), (x + 2 + size * 0.56, y + 2 + size * 0.82)], 1, DARK)
    elif p.kind == "wax_seal":
        p.rect(44, 6, 56, 44, WOOD, r=5)
        p.rect(38, 42, 62, 54, GOLD, r=2)
        p.blob([(22, 76), (34, 62), (54, 60), (74, 66), (82, 80), (64, 92), (36, 92)], p.c)
        p.ell(51, 77, 14, 10, p.d)
    else:
        for dy in (0, 34):
            p.blob(
                [
                    (10, 24 + dy),
                    (24, 18 + dy),
                    (40, 28 + dy),
                    (76, 26 + dy),
                    (90, 36 + dy),
                    (84, 44 + dy),
                    (44, 42 + dy),
                    (14, 42 + dy),
                ],
                p.c,
            )
            p.line([(24, 30 + dy), (70, 34 + dy)], 1.4, p.d)
