"""A small shop whose customers have habits: groups buy within their own aisle, again and in a known order."""

import csv
from pathlib import Path

import numpy as np

AISLES = 4
ITEMS = 48  # of all aisles together
START = np.datetime64("2024-01-01T09:00:00")


def write_orders(path: Path, customers: int = 160, days: int = 200, seed: int = 3) -> Path:
    """Write orders: customer n buys in aisle n % 4, next to what it bought before, and some of it again."""
    chance = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        aisle = customer % AISLES
        place = int(chance.integers(0, ITEMS // AISLES))
        for visit, day in enumerate(sorted(chance.choice(days, 8, replace=False))):
            place = (place + 1) % (ITEMS // AISLES)
            for step in (0, 1, 2):
                item = aisle + AISLES * ((place + step) % (ITEMS // AISLES))
                rows.append(
                    (START + np.timedelta64(int(day) * 1440 + customer, "m"), f"o{customer}-{visit}", customer, item)
                )
    rows.sort(key=lambda row: row[0])
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["order", "time", "customer", "item", "title", "quantity", "price", "country"])
        for time, order, customer, item in rows:
            title = f"Aisle {item % AISLES} thing {item}"
            writer.writerow(
                [order, str(time).replace("T", " "), f"C{customer}", f"item-{item}", title, 2, 4.5, "Malta"]
            )
    return path
