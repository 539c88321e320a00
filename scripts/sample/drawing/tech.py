"""Electronics."""

from drawing.colours import DARK, GLASS, GOLD, STEEL, WHITE, darker, lighter
from drawing.pen import Pen, draws

SCREEN = (70, 110, 160)


@draws("headphones")
def headphones(p: Pen) -> None:
    p.ring(50, 52, 33, 38, 7, p.c, 180, 360)
    p.ring(50, 50, 30, 33, 3, p.l, 205, 335)
    for side in (-1, 1):
        p.rect(50 + side * 33 - 8, 48, 50 + side * 33 + 8, 84, p.c, r=8)
        p.rect(50 + side * 25 - 4, 52, 50 + side * 25 + 4, 80, DARK, r=4)
    if p.rng.random() < 0.5:
        p.line([(17, 84), (20, 94), (34, 95)], 1.6, DARK, curve=True)


@draws("earbuds")
def earbuds(p: Pen) -> None:
    p.rect(22, 56, 78, 92, p.c, r=15)
    p.line([(23, 68), (77, 68)], 1.2, p.d)
    for x, side in ((32, -1), (68, 1)):
        p.line([(x, 28), (x + side * 2, 48)], 6, p.c)
        p.ell(x, 25, 11, 11, p.c)
        p.ell(x - side * 8, 27, 5, 6, DARK)


@draws("speaker", "shelf_speaker", "radio")
def speaker(p: Pen) -> None:
    if p.kind == "shelf_speaker":
        for x in (8, 54):
            p.rect(x, 10, x + 38, 90, p.c, r=2)
            p.ell(x + 19, 62, 15, 15, DARK)
            p.ell(x + 19, 62, 6, 6, STEEL)
            p.ell(x + 19, 28, 7, 7, DARK)
        return
    if p.kind == "radio":
        p.line([(78, 30), (94, 4)], 1.8, STEEL)
        p.ring(50, 32, 26, 14, 4, p.d, 180, 360)
        p.rect(6, 30, 94, 82, p.c, r=7)
        p.ell(32, 56, 18, 18, darker(p.c, 0.4))
        p.dots((22, 46, 42, 66), lighter(p.c, 0.3), 1.2, 5)
        p.rect(56, 38, 88, 54, (240, 222, 170), r=1)
        p.line([(66, 39), (66, 53)], 1.4, (200, 50, 50))
        for x in (62, 82):
            p.ell(x, 68, 6, 6, STEEL)
        return
    p.rect(10, 30, 90, 74, p.c, r=20)
    p.ell(32, 52, 14, 14, p.d)
    p.ell(68, 52, 14, 14, p.d)
    p.dots((24, 45, 76, 60), p.l, 0.9, 5)
    p.line([(12, 44), (4, 40), (4, 58), (12, 60)], 2.4, DARK, curve=True)


@draws("turntable")
def turntable(p: Pen) -> None:
    p.rect(6, 22, 94, 84, p.c, r=4)
    p.ell(42, 53, 28, 28, DARK)
    p.ell(42, 53, 20, 20, (64, 64, 70))
    p.ell(42, 53, 8, 8, (214, 84, 64))
    p.line([(82, 32), (82, 60), (62, 68)], 2.6, STEEL)
    p.ell(82, 32, 5, 5, STEEL)


@draws("phone", "phone_button", "tablet", "power_bank", "calculator")
def slab(p: Pen) -> None:
    x0, y0, x1, y1 = {"tablet": (16, 10, 84, 92), "power_bank": (30, 16, 70, 88), "calculator": (24, 8, 76, 92)}.get(
        p.kind, (29, 5, 71, 95)
    )
    p.rect(x0, y0, x1, y1, p.c, r=6)
    if p.kind == "power_bank":
        p.line([(x0 + 7, y0 + 10), (x0 + 7, y1 - 10)], 2, p.l, edge=False)
        for i in range(4):
            p.ell(42 + i * 6, 78, 1.6, 1.6, (160, 226, 140))
        p.poly([(53, 30), (42, 52), (50, 52), (46, 68), (60, 46), (51, 46)], (250, 214, 70))
        return
    if p.kind in ("phone_button", "calculator"):
        low = 42 if p.kind == "phone_button" else 30
        p.rect(x0 + 6, y0 + 8, x1 - 6, low, (186, 206, 180), r=2)
        for row in range(4):
            for column in range(3):
                x = x0 + 10 + column * (x1 - x0 - 20) / 2
                p.rect(x - 4.5, low + 7 + row * 12, x + 4.5, low + 14 + row * 12, WHITE if row < 3 else p.accent, r=2)
        return
    p.rect(x0 + 4, y0 + 5, x1 - 4, y1 - 7, lighter((236, 234, 226), 0.3) if p.colour == "grey" else SCREEN, r=3)
    if p.kind == "tablet" and p.colour == "grey":
        for y in range(24, 78, 6):
            p.line([(27, y), (73, y)], 1.2, (120, 120, 120))
    else:
        p.blob(
            [(x0 + 5, y1 - 10), (x0 + 8, 66), (46, 56), (58, 68), (x1 - 5, 60), (x1 - 5, y1 - 10)],
            (100, 170, 140),
            edge=False,
        )
        p.ell(x1 - 14, y0 + 20, 5, 5, (250, 214, 110), edge=False)


@draws("laptop", "monitor")
def screen(p: Pen) -> None:
    x0, x1 = (17, 83) if p.kind == "laptop" else (6, 94)
    p.rect(x0, 16, x1, 64, p.c if p.kind == "laptop" else DARK, r=3)
    p.rect(x0 + 3, 19, x1 - 3, 60, SCREEN, r=1)
    p.blob([(x0 + 4, 59), (x0 + 8, 46), (42, 40), (60, 50), (x1 - 4, 42), (x1 - 4, 59)], (96, 166, 150), edge=False)
    if p.kind == "laptop":
        p.poly([(17, 64), (83, 64), (97, 82), (3, 82)], p.l)
        p.poly([(21, 67), (79, 67), (84, 74), (16, 74)], DARK)
        p.rect(3, 81, 97, 85, p.d, r=2)
    else:
        p.poly([(44, 64), (56, 64), (58, 82), (42, 82)], p.c)
        p.ell(50, 84, 20, 4, p.d)


@draws("keyboard")
def keyboard(p: Pen) -> None:
    p.poly([(10, 34), (90, 34), (97, 74), (3, 74)], p.c)
    for row in range(4):
        for column in range(11):
            x = 11 - row * 1.6 + column * (7.1 + row * 0.32)
            y = 38 + row * 8.2
            accent = row == 1 and column == 10
            p.rect(
                x,
                y,
                x + 5.6,
                y + 6.2,
                p.accent if accent else lighter(p.c, 0.6) if p.colour != "black" else (96, 96, 102),
                r=1,
            )


@draws("mouse")
def computer_mouse(p: Pen) -> None:
    p.blob([(50, 12), (72, 24), (76, 56), (66, 84), (50, 90), (34, 84), (24, 56), (28, 24)], p.c)
    p.line([(50, 13), (50, 44)], 1.2, p.d)
    p.line([(26, 46), (50, 50), (74, 46)], 1.2, p.d, curve=True)
    p.rect(46, 24, 54, 38, DARK, r=3)


@draws("stand", "charging_pad", "webcam")
def desk_device(p: Pen) -> None:
    if p.kind == "stand":
        p.poly([(20, 30), (80, 22), (86, 30), (26, 40)], p.c)
        p.line([(30, 38), (58, 66), (30, 84)], 5, p.d)
        p.rect(18, 80, 82, 88, p.c, r=3)
    elif p.kind == "charging_pad":
        p.ell(50, 60, 42, 22, p.d)
        p.ell(50, 54, 42, 22, p.c)
        p.ring(50, 54, 18, 9, 1.6, (130, 200, 150))
    else:
        p.rect(12, 28, 88, 60, p.c, r=14)
        p.ell(50, 44, 12, 12, (40, 60, 90))
        p.ell(46, 40, 3, 3, WHITE, edge=False)
        p.poly([(42, 60), (58, 60), (64, 84), (36, 84)], p.d)


@draws("printer")
def printer(p: Pen) -> None:
    p.rect(28, 12, 72, 44, WHITE, r=1)
    p.rect(8, 38, 92, 78, p.c, r=5)
    p.rect(24, 64, 76, 72, DARK, r=1)
    p.rect(30, 66, 70, 92, WHITE, r=1)
    for y in (76, 82):
        p.line([(36, y), (64, y)], 1.4, (150, 150, 150))
    p.ell(82, 48, 3, 3, (110, 190, 130))


@draws("cable")
def cable(p: Pen) -> None:
    p.line([(16, 22), (30, 60), (54, 30), (66, 66), (40, 84), (84, 80)], 4, p.c, curve=True)
    p.rect(9, 8, 23, 26, DARK, r=3)
    p.rect(12, 3, 20, 9, STEEL)
    p.rect(80, 73, 96, 87, DARK, r=3)


@draws("adaptor")
def adaptor(p: Pen) -> None:
    for x in (38, 62):
        p.rect(x - 3, 8, x + 3, 30, GOLD, r=1)
    p.rect(20, 26, 80, 88, p.c, r=9)
    p.ell(50, 58, 18, 18, p.d)
    for x in (43, 57):
        p.ell(x, 58, 3, 3, DARK)


@draws("camera")
def camera(p: Pen) -> None:
    p.rect(34, 20, 60, 34, p.d, r=3)
    p.rect(8, 30, 92, 82, p.c, r=8)
    p.rect(8, 42, 92, 56, darker(p.c, 0.16), edge=False)
    p.ell(50, 56, 22, 22, DARK)
    p.ell(50, 56, 15, 15, (60, 84, 124))
    p.ell(45, 50, 4, 4, WHITE, edge=False)
    p.rect(72, 35, 86, 42, GLASS, r=1)
    p.ell(19, 30, 5, 3, (200, 60, 60))


@draws("torch", "head_torch", "bike_light")
def torch(p: Pen) -> None:
    if p.kind == "head_torch":
        p.ring(50, 46, 38, 24, 7, p.c)
        p.rect(34, 52, 66, 86, DARK, r=6)
        p.ell(50, 69, 11, 11, (252, 236, 160))
        return
    if p.kind == "bike_light":
        for x, fill in ((10, (252, 240, 190)), (54, (220, 60, 60))):
            p.rect(x, 26, x + 36, 76, p.c, r=8)
            p.ell(x + 18, 48, 13, 13, fill)
        return
    p.poly([(64, 22), (96, 4), (98, 58), (66, 48)], (252, 240, 180), edge=False)
    p.rect(6, 36, 52, 56, p.c, r=4)
    p.poly([(50, 34), (66, 22), (66, 70), (50, 58)], p.d)
    p.rect(24, 32, 36, 38, p.accent, r=2)
    for x in (12, 18, 42):
        p.line([(x, 38), (x, 54)], 1.2, p.l)


@draws("watch")
def watch(p: Pen) -> None:
    p.poly([(38, 4), (62, 4), (66, 34), (34, 34)], p.c)
    p.poly([(34, 66), (66, 66), (62, 96), (38, 96)], p.c)
    p.rect(27, 28, 73, 72, DARK, r=11)
    p.rect(32, 33, 68, 67, (34, 44, 60), r=7)
    p.ring(50, 50, 11, 11, 3.4, (120, 210, 140), -90, 170)
    p.rect(73, 46, 77, 54, STEEL, r=1)
