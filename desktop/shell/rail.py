"""The pages of the rail after search and compare, in their order."""

from collections.abc import Callable

from desktop.desk import Desk
from desktop.map.page import map_page
from desktop.recommend.page import recommend_page
from desktop.rules.page import rules_page
from desktop.shell.page import Page
from desktop.tags.page import tags_page
from desktop.train.page import train_page


def further_pages(desk: Desk, similar: Callable[[str, str], None]) -> tuple[Page, ...]:
    """Return the pages: each folder's `page.py` has a function that makes its own."""
    made = (tags_page(desk), rules_page(desk), train_page(desk), map_page(desk), recommend_page(desk, similar))
    return tuple(one[0] for one in made)
