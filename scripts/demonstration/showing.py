"""What the demo shows: searches side by side, similar items, search by a picture, a storefront's own request."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.columns import Columns
from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demonstration.preparing import ROOT, SAMPLE, Shop
from demonstration.thumbnails import thumbnail
from plugin_bridge.cli import app
from plugin_bridge.searching.answers import Hit

QUERIES = ("synonym-couch", "phrase-desk", "synonym-stuffed", "gift-baker", "phrase-coffee", "spelling-hedphones")
FAVOURITE = "elmhurst-two-seat-sofa"
PICTURE = SAMPLE / "shoppers" / "lilac-sports-shoe.webp"
SHOP_TEXT = "something to keep my coffee hot on the train"
TAGGED = ("first-microscope", "canvas-plimsolls", "all-butter-shortbread-fingers")
ROWS = 5
ALL = 500


def everything(console: Console, shop: Shop) -> None:
    """Show it all, one thing after the other."""
    console.rule("[bold]1  Keyword search beside hybrid search")
    console.print("[green]✓[/] what a person would expect   [bold cyan]new[/] not found by the keywords at all\n")
    for query in _queries(QUERIES):
        console.print(side_by_side(shop, query), "")
    console.rule("[bold]2  Similar items on a product page")
    console.print(similar(shop, FAVOURITE), "")
    console.rule("[bold]3  Search by a picture")
    console.print(by_picture(console, shop), "")
    console.rule("[bold]4  A storefront's own request, unchanged")
    storefront(console, shop)
    if _has_command("tag"):
        console.rule("[bold]5  Suggested tags")
        _tags(console, shop)
    console.rule("[bold]What to try next")
    console.print(next_steps(shop))


def highlights(console: Console, shop: Shop) -> None:
    """Show what a screenshot has room for."""
    for query in _queries(QUERIES[:2]):
        console.print(side_by_side(shop, query), "")
    console.print(by_picture(console, shop))


def side_by_side(shop: Shop, query: dict[str, Any]) -> Table:
    """Return keyword results beside hybrid results, new ones marked."""
    text, expected = query["query"], set(query["expected"])
    keyword = shop.bridge.search(text, mode="keyword", size=ALL, alias=shop.alias)
    hybrid = shop.bridge.search(text, size=ROWS, alias=shop.alias)
    known = {hit.id for hit in keyword.hits}
    table = Table(title=f"“{escape(text)}”", title_style="bold", caption=escape(query["why"]), expand=True)
    table.title_justify = "left"
    table.caption_justify = "left"
    table.add_column(f"keywords: {_products(keyword.total)}", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(f"hybrid: {_products(hybrid.total)}", ratio=1, no_wrap=True, overflow="ellipsis")
    for row in range(ROWS):
        left = _cell(keyword.hits, row, expected, known)
        right = _cell(hybrid.hits, row, expected, known)
        if left or right:
            table.add_row(left or Text("nothing" if row == 0 else "", style="dim italic"), right)
    if hybrid.degraded:
        table.caption = escape(f"answered by keywords only: {hybrid.reason}")
    return table


def similar(shop: Shop, product_id: str) -> Table:
    """Return the items most like a product."""
    product = shop.bridge.product(product_id)
    answer = shop.bridge.similar(product_id, size=ROWS, alias=shop.alias)
    table = Table(title=f"like {escape(product['title'])}", title_style="bold", title_justify="left")
    for column in ("title", "colour", "price", "id"):
        table.add_column(column, overflow="fold")
    for hit in answer.hits:
        cells = (hit.product.get("title"), hit.product.get("colour"), _price(hit.product), hit.id)
        table.add_row(*(escape(str(cell)) for cell in cells))
    return table


def by_picture(console: Console, shop: Shop) -> Panel:
    """Return a picture and the products whose photos look like it; pictures are drawn where there are colours."""
    answer = shop.bridge.search(image=PICTURE, size=4, alias=shop.alias)
    name = PICTURE.relative_to(ROOT)
    if answer.degraded:
        return Panel(escape(str(answer.reason)), title="search by a picture")
    titles = [str(hit.product.get("title")) for hit in answer.hits]
    body: Any = Group(*(f"{place}. {escape(title)}" for place, title in enumerate(titles, start=1)))
    if console.color_system in ("truecolor", "256") or console.record:
        width = 18 if console.width >= 100 else 12
        shown = [_captioned(thumbnail(PICTURE, width), "a shopper's photo", "bold cyan", width)]
        for hit, title in zip(answer.hits, titles, strict=True):
            path = SAMPLE / str(hit.product.get("image"))
            shown.append(_captioned(thumbnail(path, width), title, "", width))
        body = Columns(shown, padding=(0, 2))
    return Panel(body, title=f"kindred search --image {name}", title_align="left")


def storefront(console: Console, shop: Shop) -> None:
    """Show a shop's request, as it would send it, and its answers with and without the rewrite."""
    match = {"query": SHOP_TEXT, "fields": ["title^3", "description"]}
    body = {"query": {"multi_match": match}, "size": ROWS, "_source": ["title"]}
    path = f"/{shop.alias}/_search"
    content = shlex.quote(json.dumps(body))
    command = f"curl -s '{shop.cluster.url}{path}' -H 'content-type: application/json' -d {content}"
    console.print(Text(command, style="green"), soft_wrap=True)
    answers = [
        shop.cluster.request("POST", path, body, params=params) for params in ({"search_pipeline": "_none"}, None)
    ]
    before, after = ([Hit(h["_id"], h["_score"], 0, h["_source"], {}) for h in a["hits"]["hits"]] for a in answers)
    table = Table(expand=True)
    table.add_column("before: with ?search_pipeline=_none", ratio=1, no_wrap=True)
    table.add_column(f"now, in {answers[1]['took']} ms", ratio=1, no_wrap=True)
    for row in range(ROWS):
        table.add_row(_cell(before, row, set(), None), _cell(after, row, set(), None))
    console.print(table, "")


def next_steps(shop: Shop) -> Group:
    """Return commands worth typing."""
    index = "" if shop.alias == "products" else f" --index {shop.alias}"
    rows = [
        ("source .venv/bin/activate", "then `kindred` is a command"),
        (f"kindred search 'rain gear for cycling' --explain{index}", "what made each score"),
        (f"kindred search 'warm' --filter category=Shoes --filter 'price<=60'{index}", "filters bind vectors too"),
        (f"kindred similar first-microscope{index}", "items like this one"),
        (f"kindred search --image sample/shoppers/teal-mug.webp{index}", "by a picture"),
        ("kindred load your-products.jsonl", "your own catalogue: JSON Lines, CSV or Parquet"),
        ("kindred status", "node, bridge, generations, encoders"),
        ("kindred down", "stop the node and the bridge"),
    ]
    table = Table.grid(padding=(0, 3))
    for command, meaning in rows:
        table.add_row(Text(command, style="green"), Text(meaning, style="dim"))
    return Group(table, Text("README.md, “Plug it into your shop”: what a storefront has to change (nothing).\n"))


def _queries(names: Iterable[str]) -> list[dict[str, Any]]:
    lines = (SAMPLE / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    by_name = {query["qid"]: query for query in map(json.loads, lines)}
    return [by_name[name] for name in names]


def _cell(hits: Sequence[Hit], row: int, expected: set[str], known: set[str] | None) -> Text:
    if row >= len(hits):
        return Text()
    hit = hits[row]
    text = Text()
    if known is not None:
        text.append("✓ " if hit.id in expected else "  ", style="bold green")
    text.append(str(hit.product.get("title")))
    if known is not None and hit.id not in known:
        text.append("  new", style="bold cyan")
    return text


def _captioned(picture: Text, caption: str, style: str, width: int) -> Table:
    drawn = Table.grid()
    drawn.add_column(width=width)
    drawn.add_row(picture)
    drawn.add_row(Text(caption, style=style))
    return drawn


def _products(count: int) -> str:
    return "1 product" if count == 1 else f"{count} products"


def _price(product: Any) -> str:
    price = product.get("price")
    return "" if price is None else f"£{price:,.2f}"


def _has_command(name: str) -> bool:
    return any(name in (command.name, getattr(command.callback, "__name__", "")) for command in app.registered_commands)


def _tags(console: Console, shop: Shop) -> None:
    """Show what labelled neighbours suggest for a few products; their own labels are hidden from the tagger."""
    arguments = [
        "tag",
        *TAGGED,
        "--fields",
        "category,tags",
        *([] if shop.alias == "products" else ["--index", shop.alias]),
    ]
    console.print(f"[dim]$ kindred {' '.join(arguments)}[/]   (a product's own labels are not looked at)")
    command = [sys.executable, "-m", "plugin_bridge", *arguments]
    subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
