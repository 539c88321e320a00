"""`kindred rules`: merchandising rules, their preview, and their history. A running bridge obeys within two seconds."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.markup import escape

from plugin_bridge.cli.output import console, out, print_json, table
from plugin_bridge.in_process import open_searcher
from plugin_bridge.rules.desk import RuleDesk
from plugin_bridge.rules.values import ACTIONS, FACTOR, FIELDS, Draft, read_draft, sentence
from plugin_bridge.searching.filters import parse_arguments
from plugin_bridge.settings import Settings
from plugin_bridge.storage import open_storage

Index = Annotated[str | None, typer.Option("--index", metavar="ALIAS", help="Alias; default: KINDRED_ALIAS.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who changes it; default: the user's name.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Action = Annotated[str, typer.Argument(metavar="|".join(ACTIONS), help="What to do.")]
Products = Annotated[list[str] | None, typer.Argument(metavar="ID", help="The products.")]
Where = Annotated[
    str | None, typer.Option("--where", metavar="FIELD=VALUE", help=f"All products of a {', '.join(FIELDS)}.")
]
ForQuery = Annotated[str | None, typer.Option("--query", help="For exactly these words.")]
Pattern = Annotated[str | None, typer.Option("--pattern", help="For words like these: `boot* winter`; `*` is all.")]
Category = Annotated[str | None, typer.Option("--category", help="Where this category is filtered by.")]
Place = Annotated[int, typer.Option("--place", help="Where a pin stands, counted from 1.")]
Factor = Annotated[float, typer.Option("--factor", help="Multiplies a boosted score, divides a buried one.")]
From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="Holds from this day, or moment, in UTC.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DAY", help="Holds until the end of this day.")]
Priority = Annotated[int, typer.Option("--priority", help="The higher goes first.")]
Owner = Annotated[str, typer.Option("--owner", help="Who answers for it; default: who adds it.")]
Note = Annotated[str, typer.Option("--note", help="Why it is there.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    rules = typer.Typer(help="Merchandising rules: pin, hide, boost and bury.", no_args_is_help=True)
    for command in (list_command, add, remove, preview, undo, audit):
        rules.command(command.__name__.removesuffix("_command"))(command)
    app.add_typer(rules, name="rules")


def list_command(index: Index = None, json: Json = False) -> None:
    """List the rules, those that go first first, and where two of them conflict."""
    with _desk(index) as desk:
        found = desk.listed()
    if json:
        print_json(found)
        return
    columns = ("id", "rule", "state", "from", "until", "priority", "owner", "note")
    names = ("id", "text", "state", "starts", "ends", "priority", "owner", "note")
    out.print(table(f"{len(found['rules'])} rules", columns, [[one[name] for name in names] for one in found["rules"]]))
    _warn(found["conflicts"])


def add(
    action: Action,
    products: Products = None,
    where: Where = None,
    query: ForQuery = None,
    pattern: Pattern = None,
    category: Category = None,
    place: Place = 1,
    factor: Factor = FACTOR,
    from_: From = None,
    until: Until = None,
    priority: Priority = 0,
    owner: Owner = "",
    note: Note = "",
    by: By = None,
    index: Index = None,
    json: Json = False,
) -> None:
    """Add a rule for a query, a pattern of words or a category."""
    draft = _draft(action, products, where, query, pattern, category, place, factor)
    draft = Draft(**vars(draft) | _when(from_, until, priority, owner, note))
    with _desk(index) as desk:
        _show(desk.add(draft, _name(by), uuid4().hex), json)


def remove(
    rule: Annotated[int, typer.Argument(metavar="ID", help="The rule, as `rules list` numbers it.")],
    by: By = None,
    index: Index = None,
    json: Json = False,
) -> None:
    """Remove a rule; `rules undo` brings it back."""
    with _desk(index) as desk:
        _show(desk.remove(rule, _name(by), uuid4().hex), json)


def preview(
    action: Annotated[str | None, typer.Argument(metavar="|".join(ACTIONS), help="What to do.")] = None,
    products: Products = None,
    rule: Annotated[int | None, typer.Option("--rule", metavar="ID", help="A saved rule instead.")] = None,
    where: Where = None,
    query: ForQuery = None,
    pattern: Pattern = None,
    category: Category = None,
    place: Place = 1,
    factor: Factor = FACTOR,
    words: Annotated[str | None, typer.Option("--words", help="Words to search for; default: the rule's own.")] = None,
    filter_: Annotated[
        list[str] | None, typer.Option("--filter", metavar="FIELD=VALUE", help="Only products with this value. Repeat.")
    ] = None,
    size: Annotated[int, typer.Option("--size", min=1, max=100, help="Products to show.")] = 10,
    index: Index = None,
    json: Json = False,
) -> None:
    """Show the first results without and with a rule; nothing is saved."""
    if (action is None) == (rule is None):
        raise typer.BadParameter("say what the rule does, or name a saved one by --rule")
    more: dict[str, Any] = {"query": words, "filters": parse_arguments(filter_ or []), "size": size}
    with _desk(index) as desk:
        if rule is not None:
            found = _without_and_with(desk, rule, more)
        else:
            draft = _draft(action or "", products, where, query, pattern, category, place, factor)
            found = desk.preview(draft, **more)
    if json:
        print_json(found)
        return
    ranks = {one["id"]: one["rank"] for one in found["before"]}
    cells = [
        (one["rank"], _moved(one, ranks), one["id"], one["product"].get("title"), "rule" if _ruled(one) else "")
        for one in found["after"]
    ]
    title = f"{found['text']} · {found['query']} · {found['total']['before']} → {found['total']['after']} products"
    out.print(table(title, ("#", "before", "id", "title", ""), cells))
    gone = [one for one in found["before"] if one["id"] not in {hit["id"] for hit in found["after"]}]
    for one in gone:
        out.print(escape(f"no longer among them: {one['rank']}. {one['id']} {one['product'].get('title') or ''}"))
    _warn(found["conflicts"])


def undo(
    event: Annotated[
        int | None, typer.Argument(help="The change, as `rules audit` numbers it; default: your last.")
    ] = None,
    by: By = None,
    index: Index = None,
    json: Json = False,
) -> None:
    """Take a change back."""
    with _desk(index) as desk:
        _show(desk.undo(event, _name(by), uuid4().hex), json)


def audit(
    rule: Annotated[int | None, typer.Option("--rule", metavar="ID", help="Only of this rule.")] = None,
    size: Annotated[int, typer.Option("--size", min=0, help="Changes to show.")] = 50,
    from_: Annotated[int, typer.Option("--from", min=0, help="Changes to skip.")] = 0,
    index: Index = None,
    json: Json = False,
) -> None:
    """Show who changed which rule, newest first."""
    with _desk(index) as desk:
        found = desk.audit(rule, size=size, offset=from_)
    if json:
        print_json(found)
        return
    cells = [
        (one["id"], one["at"][:19], one["by"], one["kind"], one["rule"], _said(one["before"]), _said(one["after"]))
        for one in found["events"]
    ]
    out.print(table("", ("change", "when", "who", "what", "rule", "before", "after"), cells))


@contextmanager
def _desk(index: str | None) -> Iterator[RuleDesk]:
    settings = Settings()
    storage = open_storage(settings)
    try:
        with open_searcher(settings) as searcher:
            yield RuleDesk(lambda: storage, searcher, index or settings.alias)
    finally:
        storage.close()


def _draft(
    action: str,
    products: list[str] | None,
    where: str | None,
    query: str | None,
    pattern: str | None,
    category: str | None,
    place: int,
    factor: float,
) -> Draft:
    if action not in ACTIONS:
        raise typer.BadParameter(f"{action!r} is none of {', '.join(ACTIONS)}")
    named = {"query": query, "pattern": pattern, "category": category}
    given = [(kind, value) for kind, value in named.items() if value is not None]
    if len(given) != 1:
        raise typer.BadParameter("say for what: one of --query, --pattern and --category")
    field, _, of = (where or "").partition("=")
    if where and not of:
        raise typer.BadParameter(f"{where!r} is not FIELD=VALUE", param_hint="--where")
    kind, value = given[0]
    return Draft(action, kind, value, tuple(products or ()), field, of, place, factor)


def _when(starts: str | None, ends: str | None, priority: int, owner: str, note: str) -> dict[str, Any]:
    return {"starts": starts, "ends": ends, "priority": priority, "owner": owner, "note": note}


def _without_and_with(desk: RuleDesk, number: int, more: dict[str, Any]) -> dict[str, Any]:
    """Preview a saved rule: what is found without it, and with it."""
    rule = desk.named(number)
    return desk.preview(rule.draft(), number=number, without=True, **more)


def _show(change: dict[str, Any], json: bool) -> None:
    if json:
        print_json(change)
        return
    rule = change["rule"]
    out.print(escape(f"rule {change['id']}: {rule['text'] if rule else 'there is none any more'}"))
    out.print(f"change {change['event']}; `kindred rules undo {change['event']}` takes it back")
    _warn(change["conflicts"])


def _warn(conflicts: list[dict[str, Any]]) -> None:
    for one in conflicts:
        console.print(f"[yellow]conflict:[/] {escape(one['text'])}", soft_wrap=True)


def _moved(hit: dict[str, Any], ranks: dict[str, int]) -> str:
    before = ranks.get(hit["id"])
    return "new" if before is None else "" if before == hit["rank"] else str(before)


def _ruled(hit: dict[str, Any]) -> bool:
    return bool(hit["explain"].get("rule"))


def _said(document: dict[str, Any] | None) -> str:
    return "" if document is None else sentence(read_draft(document))


def _name(by: str | None) -> str:
    return by or getpass.getuser()
