"""`kindred search`, `similar`, `product`, `serve` and `tokens`."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from plugin_bridge.cli.jobs import known_commands
from plugin_bridge.cli.output import console, out, print_json, table
from plugin_bridge.errors import BridgeError
from plugin_bridge.in_process import open_searcher
from plugin_bridge.searching import filters as filtering
from plugin_bridge.searching.answers import SearchAnswer
from plugin_bridge.searching.planning import MODES, SearchRequest
from plugin_bridge.settings import Settings
from plugin_bridge.tokens import ROLES, TokenStore

Index = Annotated[str | None, typer.Option("--index", metavar="ALIAS", help="Alias to search; default: KINDRED_ALIAS.")]
Of = Annotated[str | None, typer.Option("--generation", help="A generation other than the live one, as g007.")]
Filters = Annotated[
    list[str] | None,
    typer.Option("--filter", metavar="FIELD=VALUE", help="Only products with this value; also FIELD>=NUMBER. Repeat."),
]
Size = Annotated[int, typer.Option("--size", min=0, help="Products to show.")]
From = Annotated[int, typer.Option("--from", min=0, help="Products to skip.")]
Explain = Annotated[bool, typer.Option("--explain", help="Show what made each product's score.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Rules = Annotated[bool, typer.Option("--rules/--no-rules", help="Obey merchandising rules, or measure without them.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands to `app`."""
    app.command("search")(search)
    app.command("similar")(similar)
    app.command("product")(product)
    app.command("serve")(serve)
    tokens = typer.Typer(help="Bearer tokens of the bridge.", no_args_is_help=True)
    tokens.command("list")(list_tokens)
    tokens.command("show")(show_token)
    tokens.command("add")(add_token)
    tokens.command("remove")(remove_token)
    app.add_typer(tokens, name="tokens")


def search(
    text: Annotated[str, typer.Argument(help="What to search for.")] = "",
    image: Annotated[Path | None, typer.Option("--image", help="A picture to search by.")] = None,
    like: Annotated[
        str | None, typer.Option("--like", metavar="ID", help="A product to be like; TEXT says what to change.")
    ] = None,
    filter_: Filters = None,
    mode: Annotated[str, typer.Option("--mode", metavar="|".join(MODES), help="How to rank.")] = "hybrid",
    size: Size = 10,
    from_: From = 0,
    explain: Explain = False,
    index: Index = None,
    generation: Of = None,
    rules: Rules = True,
    json: Json = False,
) -> None:
    """Search for products by words, by a picture or like a product, and by words with either of these."""
    if mode not in MODES:
        raise typer.BadParameter(f"{mode!r} is no mode; modes are {', '.join(MODES)}", param_hint="--mode")
    request = SearchRequest(
        text=text,
        picture=_read(image),
        like=like,
        filters=filtering.parse_arguments(filter_ or []),
        size=size,
        offset=from_,
        mode=mode,
        explain=explain,
        generation=generation,
        alias=index,
        rules=rules,
    )
    with open_searcher() as searcher:
        _show(searcher.search(request), explain=explain, json=json)


def similar(
    product_id: Annotated[str, typer.Argument(metavar="ID", help="The product's id.")],
    filter_: Filters = None,
    size: Size = 10,
    from_: From = 0,
    explain: Explain = False,
    index: Index = None,
    generation: Of = None,
    rules: Rules = True,
    json: Json = False,
) -> None:
    """Show the items most like a product."""
    with open_searcher() as searcher:
        answer = searcher.similar(
            product_id,
            size=size,
            offset=from_,
            filters=filtering.parse_arguments(filter_ or []),
            explain=explain,
            generation=generation,
            alias=index,
            rules=rules,
        )
    _show(answer, explain=explain, json=json)


def product(
    product_id: Annotated[str, typer.Argument(metavar="ID", help="The product's id.")],
    index: Index = None,
    generation: Of = None,
    json: Json = False,
) -> None:
    """Show one product."""
    with open_searcher() as searcher:
        found = searcher.product(product_id, alias=index, generation=generation)
    if json:
        print_json({"id": product_id, "product": found})
    else:
        out.print(table(product_id, ("field", "value"), found.items()))


def serve(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document when it is up.")] = False,
) -> None:
    """Run the bridge in the foreground."""
    from plugin_bridge.service import server

    settings = Settings()
    made = TokenStore(settings.home).ensure()
    if made:
        console.print(f"tokens were made for {', '.join(made)}; their secrets are in {settings.home / 'secrets.json'}")
    console.print(f"bridge on {settings.local_url}", markup=False)
    document = {"url": settings.local_url, "pid": os.getpid(), "home": settings.home, "alias": settings.alias}
    server.serve(settings, known_commands(context), (lambda: print_json(document)) if json else (lambda: None))


def list_tokens(json: Json = False) -> None:
    """List names and roles; the secrets are not shown."""
    tokens = TokenStore(Settings().home).tokens()
    if json:
        print_json({"tokens": [{"name": one.name, "role": one.role, "created": one.created} for one in tokens]})
    else:
        out.print(table("", ("name", "role", "created"), [(one.name, one.role, one.created) for one in tokens]))


def show_token(name: Annotated[str, typer.Argument(help="Its name.")], json: Json = False) -> None:
    """Print the secret of a token that this machine made by itself, as `storefront` or `admin`."""
    store = TokenStore(Settings().home)
    store.ensure()
    secret = store.secret(name)
    if json:
        print_json({"name": name, "secret": secret})
    else:
        out.print(secret, markup=False, soft_wrap=True)


def add_token(
    name: Annotated[str, typer.Argument(help="Who it is for.")],
    role: Annotated[str, typer.Option("--role", metavar="|".join(ROLES), help="What it may do.")] = "storefront",
    json: Json = False,
) -> None:
    """Add a token and print its secret, once."""
    if role not in ROLES:
        raise typer.BadParameter(f"{role!r} is no role; roles are {', '.join(ROLES)}", param_hint="--role")
    store = TokenStore(Settings().home)
    store.ensure()
    secret = store.add(name, role)
    if json:
        print_json({"name": name, "role": role, "secret": secret})
    else:
        console.print(f"the secret of {escape(name)} ({role}), shown only now:")
        out.print(secret, markup=False, soft_wrap=True)


def remove_token(name: Annotated[str, typer.Argument(help="Its name.")], json: Json = False) -> None:
    """Remove a token; a running bridge refuses it from then on."""
    TokenStore(Settings().home).remove(name)
    if json:
        print_json({"removed": name})


def _read(image: Path | None) -> bytes | None:
    if image is None:
        return None
    try:
        return image.read_bytes()
    except OSError as error:
        raise BridgeError(f"the picture {image} cannot be read: {error.strerror}") from error


def _show(answer: SearchAnswer, *, explain: bool, json: bool) -> None:
    if json:
        print_json(answer.to_json())
        return
    if answer.degraded:
        console.print(f"[yellow]by keywords only:[/] {escape(answer.reason or '')}")
    columns = ["#", "id", "title", "price", "score", *(["why"] if explain else [])]
    rows = []
    for hit in answer.hits:
        row: list[Any] = [hit.rank, hit.id, hit.product.get("title"), hit.product.get("price"), f"{hit.score:.4f}"]
        rows.append([*row, _why(hit.explain)] if explain else row)
    title = f"{answer.query or 'picture'} · {answer.mode} · {answer.total} products · {answer.took_ms:.0f} ms"
    out.print(table(title, columns, rows))


def _why(explained: Any) -> str:
    parts = [
        f"{name} {explained[name]['share']:.0%}"
        for name in ("keyword", "all_words", "phrase", "text", "photo", "rule")
        if "share" in explained.get(name, {})
    ]
    words = ", ".join(explained.get("words", ()))
    return " · ".join([*parts, *([words] if words else [])])
