"""Reads behaviour from files: orders as CSV, and events as OpenSearch's User Behavior Insights writes them.

A row that is broken is left out, counted, and told with its line; a file without the needed columns is refused.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

import orjson

from plugin_bridge.behaviour.cleaning import Cleaning, Row, is_cancelled, is_service, seconds_of
from plugin_bridge.behaviour.interactions import Interactions, gather
from plugin_bridge.errors import BehaviourError

ORDER_FILES = ("orders.csv.gz", "orders.csv")
EVENT_FILES = ("ubi_events.jsonl.gz", "ubi_events.jsonl", "events.jsonl.gz", "events.jsonl")
NEEDED = ("order", "time", "customer", "item", "quantity")
# What a visitor did, by the names that User Behavior Insights suggests; anything else tells no taste.
PURCHASES = frozenset({"purchase", "checkout", "buy", "order"})
LOOKS = frozenset({"item_click", "click_through", "click", "product_view", "view", "add_to_cart", "product_hover"})
_ROBOT_WORDS = ("bot", "crawler", "spider", "slurp", "headless")


@dataclass(frozen=True)
class Behaviour:
    """What a file or folder told: the interactions, and what was cleaned."""

    source: Path
    interactions: Interactions
    cleaning: Cleaning


def read_behaviour(data: Path, pseudonym: Callable[[str], str], zone: tzinfo = UTC) -> Behaviour:
    """Read the orders or events of a folder, or of one file.

    Args:
        pseudonym: gives the hash of a customer's id.
        zone: where times without an offset were written down.

    Raises:
        BehaviourError: no such file, a column is missing, or no usable row; the message names the file.
    """
    path = data if data.is_file() else behaviour_file(data)
    cleaning = Cleaning()
    try:
        return Behaviour(path, gather(read_rows(path, cleaning, zone), cleaning, pseudonym), cleaning)
    except BehaviourError as error:
        raise error if str(path) in str(error) else BehaviourError(f"{path}: {error}") from error


def behaviour_file(folder: Path) -> Path:
    """Return the file of a folder that holds behaviour; BehaviourError names what was looked for."""
    for name in (*ORDER_FILES, *EVENT_FILES):
        if (folder / name).is_file():
            return folder / name
    raise BehaviourError(f"{folder}: has none of {', '.join((*ORDER_FILES, *EVENT_FILES))}")


def read_rows(path: Path, cleaning: Cleaning, zone: tzinfo = UTC) -> Iterator[Row]:
    """Yield the usable rows of a file in the order in which they stand there, and count the others."""
    reader = _events if ".jsonl" in path.name or path.suffix == ".json" else _orders
    try:
        with _opened(path) as stream:
            yield from reader(path, stream, cleaning, zone)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise BehaviourError(f"{path}: cannot be read: {error}") from error


def _opened(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _orders(path: Path, stream: io.TextIOBase, cleaning: Cleaning, zone: tzinfo) -> Iterator[Row]:
    table = csv.DictReader(stream)
    missing = [name for name in NEEDED if name not in (table.fieldnames or ())]
    if missing:
        raise BehaviourError(f"{path}, line 1: has no column {', '.join(missing)}; needed are {', '.join(NEEDED)}")
    times: dict[str, float] = {}
    currencies: set[str] = set()
    for record in table:
        cleaning.rows += 1
        where = f"{path}, line {table.line_num}"
        if any(record.get(name) is None for name in NEEDED):
            cleaning.leave_out("broken", f"{where}: has fewer fields than the header")
            continue
        row = _order(record, where, cleaning, times, zone)
        currency = (record.get("currency") or "").strip().upper()
        if row is not None:
            if currency and currency not in currencies:
                currencies.add(currency)
                cleaning.noted["currencies"] = len(currencies)
            yield row


def _order(
    record: Mapping[str, str], where: str, cleaning: Cleaning, times: dict[str, float], zone: tzinfo
) -> Row | None:
    item, title, order = record["item"].strip(), (record.get("title") or "").strip(), record["order"].strip()
    customer = record["customer"].strip()
    try:
        quantity = float(record["quantity"])
        if not -1e9 < quantity < 1e9:
            raise ValueError
    except ValueError:
        cleaning.leave_out("broken", f"{where}: quantity {record['quantity']!r} is no number")
        return None
    if is_cancelled(order, quantity):
        cleaning.leave_out("cancelled")
        return None
    if not customer:
        cleaning.leave_out("without_customer")
        return None
    if not item:
        cleaning.leave_out("broken", f"{where}: item is empty")
        return None
    if is_service(item, title):
        cleaning.leave_out("postage_or_adjustment")
        return None
    stated = record["time"]
    if stated not in times:
        try:
            times[stated] = seconds_of(stated, zone)
        except (ValueError, OverflowError):
            cleaning.leave_out("broken", f"{where}: time {stated!r} is none; write it as 2011-09-29 14:05:00")
            return None
    price = record.get("price") or ""
    return Row(
        order,
        times[stated],
        customer,
        item,
        title,
        quantity,
        float(price) if price.replace(".", "", 1).isdecimal() else 0.0,
        (record.get("country") or "").strip(),
    )


def _events(path: Path, stream: io.TextIOBase, cleaning: Cleaning, zone: tzinfo) -> Iterator[Row]:
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        cleaning.rows += 1
        where = f"{path}, line {number}"
        try:
            event = orjson.loads(line)
            event = event.get("_source", event)
            row = _event(event, cleaning, zone)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            cleaning.leave_out("broken", f"{where}: {error}")
            continue
        if row is not None:
            yield row


def _event(event: Mapping[str, Any], cleaning: Cleaning, zone: tzinfo) -> Row | None:
    """Return what one UBI event tells (ubi_events 1.2 and newer); None, counted, where it tells no taste."""
    action = str(event.get("action_name", "")).lower()
    attributes = event.get("event_attributes") or {}
    thing = attributes.get("object") or {}
    if action not in PURCHASES and action not in LOOKS:
        cleaning.leave_out("other_action")
        return None
    agent = str(attributes.get("user_agent") or event.get("user_agent") or "").lower()
    if any(word in agent for word in _ROBOT_WORDS):
        cleaning.leave_out("robot")
        return None
    item = str(thing.get("object_id") or thing.get("internal_id") or "").strip()
    customer = str(event.get("user_id") or event.get("client_id") or "").strip()
    if not customer:
        cleaning.leave_out("without_customer")
        return None
    if not item:
        raise ValueError("event_attributes.object.object_id is missing")
    title = str(thing.get("description") or thing.get("name") or "")
    if is_service(item, title):
        cleaning.leave_out("postage_or_adjustment")
        return None
    quantity = float(attributes.get("quantity", 1))
    if not quantity > -1e9:
        raise ValueError(f"quantity {attributes['quantity']!r} is no number")
    if quantity <= 0:
        cleaning.leave_out("cancelled")
        return None
    if "timestamp" not in event:
        raise ValueError("timestamp is missing")
    session = str(event.get("session_id") or event.get("query_id") or customer)
    kind = "purchase" if action in PURCHASES else "look"
    country = str(attributes.get("country") or "")
    return Row(session, seconds_of(str(event["timestamp"]), zone), customer, item, title, quantity, 0.0, country, kind)
