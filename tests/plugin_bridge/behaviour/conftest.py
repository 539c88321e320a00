"""The shop with habits, whose fixtures the desktop's tests use, too."""

from tests.fixtures.habits import ALIAS, MODEL, Served, Shop, Silent

__all__ = ["ALIAS", "MODEL", "Served", "Shop", "Silent"]
