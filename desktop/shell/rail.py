"""The pages of the rail after search and compare, in their order."""

from desktop.desk import Desk
from desktop.map.page import map_page
from desktop.rules.page import rules_page
from desktop.shell.page import Page
from desktop.tags.page import tags_page
from desktop.train.page import train_page


def further_pages(desk: Desk) -> tuple[Page, ...]:
    """Return the pages: each folder's `page.py` has a function that makes its own."""
    return (tags_page(desk)[0], rules_page(desk)[0], train_page(desk)[0], map_page(desk)[0])
