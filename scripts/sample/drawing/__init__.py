"""Small drawings of products: one function for each kind of thing, in the product's own colour.

`picture(kind, colour, seed)` gives one picture; `KINDS` names every kind that can be drawn.
"""

from drawing import desk, food, garden, garments, home, kitchen, pets, shoes, sports, tech, toys
from drawing.pen import KINDS, picture

__all__ = ["KINDS", "picture"]

# Importing a module registers its drawings; the tuple says that this is what the imports are for.
MODULES = (desk, food, garden, garments, home, kitchen, pets, shoes, sports, tech, toys)
