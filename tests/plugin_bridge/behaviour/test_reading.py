"""Reading and cleaning: what is left out, counted, and told with its line."""

import gzip
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from plugin_bridge.behaviour.cleaning import Cleaning, is_cancelled, is_service, seconds_of
from plugin_bridge.behaviour.interactions import ROBOT_EVENTS, gather
from plugin_bridge.behaviour.reading import Behaviour, read_behaviour, read_rows
from plugin_bridge.errors import BehaviourError

HEADER = "order,time,customer,item,title,quantity,price,country\n"


def orders(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "orders.csv"
    path.write_text(header + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def read(path: Path) -> Behaviour:
    return read_behaviour(path, lambda customer: f"#{customer}")


def test_lines_that_are_no_purchase_are_left_out_and_counted(tmp_path: Path) -> None:
    path = orders(
        tmp_path,
        "1,2011-01-05 10:00:00,17,A1,Mug,2,1.5,France",
        "1,2011-01-05 10:00:00,17,A1,Mug,2,1.5,France",
        "C2,2011-01-06 10:00:00,17,A1,Mug,1,1.5,France",
        "3,2011-01-06 10:00:00,17,A2,Cup,-4,1.5,France",
        "3,2011-01-06 10:00:00,17,A2,Cup,0,1.5,France",
        "3,2011-01-06 10:00:00,17,POST,POSTAGE,1,9,France",
        "3,2011-01-06 10:00:00,17,X9,Bank Charges,1,9,France",
        "3,2011-01-06 10:00:00,,A2,Cup,1,1.5,France",
        "4,2011-01-07 10:00:00,18,A2,Cup,1,1.5,Spain",
    )
    found = read(path)
    assert found.cleaning.rows == 9
    assert found.cleaning.kept == 2
    assert found.cleaning.left_out == {
        "duplicate": 1,
        "cancelled": 3,
        "postage_or_adjustment": 2,
        "without_customer": 1,
    }
    assert found.interactions.customers == ("#17", "#18")
    assert found.interactions.items == ("A1", "A2")


def test_a_broken_line_is_told_with_its_place_and_the_others_are_read(tmp_path: Path) -> None:
    path = orders(
        tmp_path,
        "1,yesterday,17,A1,Mug,2,1.5,France",
        "1,2011-01-05 10:00:00,17,A1,Mug,many,1.5,France",
        "1,2011-01-05 10:00:00,17,A1,Mug,nan,1.5,France",
        "1,2011-01-05 10:00:00",
        "1,2011-01-05 10:00:00,17,A1,Mug,2,1.5,France",
    )
    found = read(path)
    assert found.cleaning.left_out == {"broken": 4}
    assert found.cleaning.problems[0] == f"{path}, line 2: time 'yesterday' is none; write it as 2011-09-29 14:05:00"
    assert "line 3: quantity 'many' is no number" in found.cleaning.problems[1]
    assert "line 5: has fewer fields than the header" in found.cleaning.problems[3]
    assert len(found.interactions) == 1


def test_times_of_several_zones_are_one_clock() -> None:
    noon_utc = 1_317_297_600.0  # 2011-09-29T12:00:00Z by the calendar
    assert seconds_of("2011-09-29T12:00:00Z") == noon_utc
    assert seconds_of("2011-09-29T14:00:00+02:00") == noon_utc
    assert seconds_of("2011-09-29 12:00:00") == noon_utc
    assert seconds_of("2011-09-29 13:00:00", ZoneInfo("Europe/London")) == noon_utc
    assert seconds_of("1317297600000") == noon_utc


def test_rows_out_of_order_are_sorted_by_customer_and_time(tmp_path: Path) -> None:
    path = orders(
        tmp_path,
        "2,2011-03-01 10:00:00,17,B,Bowl,1,1,France",
        "1,2011-01-01 10:00:00,17,A,Mug,1,1,France",
        "3,2011-02-01 10:00:00,17,C,Cup,1,1,France",
    )
    found = read(path)
    assert [found.interactions.items[one] for one in found.interactions.item] == ["A", "C", "B"]
    assert (np.diff(found.interactions.time) > 0).all()
    assert found.cleaning.noted["out_of_order"] == 2


def test_mixed_currencies_are_noted_and_change_nothing(tmp_path: Path) -> None:
    header = "order,time,customer,item,title,quantity,price,country,currency\n"
    path = orders(
        tmp_path,
        "1,2011-01-01 10:00:00,17,A,Mug,1,1,France,EUR",
        "2,2011-02-01 10:00:00,17,B,Bowl,1,9,UK,GBP",
        header=header,
    )
    found = read(path)
    assert found.cleaning.noted["currencies"] == 2
    assert len(found.interactions) == 2


def test_of_a_customer_with_very_many_lines_the_latest_are_kept() -> None:
    from plugin_bridge.behaviour.cleaning import Row

    rows = [Row(f"o{n}", float(n) * 60, "till", f"item{n % 500}") for n in range(100_000)]
    cleaning = Cleaning(rows=len(rows))
    found = gather(rows, cleaning, lambda customer: customer, most=20_000)
    assert len(found) == 20_000
    assert cleaning.left_out == {"beyond_the_most_of_one_customer": 80_000}
    assert found.time.min() * 86_400 == pytest.approx(80_000 * 60)


def test_events_are_read_and_robots_are_left_out(tmp_path: Path) -> None:
    def event(number: int, client: str, action: str, **more: object) -> str:
        body = {
            "action_name": action,
            "client_id": client,
            "session_id": f"{client}-1",
            "timestamp": f"2024-05-01T10:{number // 60 % 60:02}:{number % 60:02}.000Z",
            "event_attributes": {"object": {"object_id": f"p{number}", "object_id_field": "id"}, **more},
        }
        return json.dumps(body)

    lines = [event(n, "robot", "product_view") for n in range(ROBOT_EVENTS)]
    lines += [event(1, "ann", "item_click"), event(2, "ann", "purchase", quantity=2), event(3, "ann", "scroll")]
    lines += [event(4, "spy", "item_click", user_agent="Googlebot/2.1"), "{broken", '{"action_name": "click"}']
    path = tmp_path / "ubi_events.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
    found = read_behaviour(tmp_path, lambda customer: customer)
    assert found.interactions.customers == ("ann",)
    assert len(found.interactions) == 2
    assert found.cleaning.left_out == {
        "robot": ROBOT_EVENTS + 1,
        "other_action": 1,
        "broken": 1,
        "without_customer": 1,
    }
    assert f"line {ROBOT_EVENTS + 5}" in found.cleaning.problems[0]


def test_an_event_without_a_time_or_a_quantity_that_is_a_number_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    whole = {
        "action_name": "purchase",
        "client_id": "ann",
        "timestamp": "2024-05-01T10:00:00Z",
        "event_attributes": {"object": {"object_id": "p1"}},
    }
    timeless = {name: value for name, value in whole.items() if name != "timestamp"}
    countless = {**whole, "event_attributes": {"object": {"object_id": "p1"}, "quantity": "nan"}}
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, (timeless, countless, whole))))
    found = read_behaviour(tmp_path, lambda customer: customer)
    assert len(found.interactions) == 1
    assert found.cleaning.left_out == {"broken": 2}
    assert "line 1: timestamp is missing" in found.cleaning.problems[0]
    assert "line 2: quantity 'nan' is no number" in found.cleaning.problems[1]


def test_a_price_that_is_no_number_costs_no_row(tmp_path: Path) -> None:
    found = read(orders(tmp_path, "1,2011-01-05 10:00:00,17,A1,Mug,2,²,France"))
    assert len(found.interactions) == 1


@pytest.mark.parametrize(
    ("item", "title", "service"),
    [
        ("POST", "POSTAGE", True),
        ("C2", "CARRIAGE", True),
        ("85123A", "WHITE HANGING HEART", False),
        ("22423", "POSTAGE STAMP TIN", False),
        ("99", "Adjust bad debt", True),
        ("TEST001", "", True),
    ],
)
def test_services_are_told_from_products(item: str, title: str, service: bool) -> None:
    assert is_service(item, title) is service


def test_a_cancellation_is_known_by_its_order_or_its_quantity() -> None:
    assert is_cancelled("C536379", 1)
    assert is_cancelled("536379", -1)
    assert not is_cancelled("Café-1", 1)


def test_what_cannot_be_used_at_all_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BehaviourError, match=r"has none of orders\.csv\.gz"):
        read(tmp_path)
    path = orders(tmp_path, "1,2", header="order,time\n")
    with pytest.raises(BehaviourError, match=r"line 1: has no column customer, item, quantity"):
        read(path)
    with pytest.raises(BehaviourError, match="no row is left"):
        read(orders(tmp_path, "C1,2011-01-05 10:00:00,17,A1,Mug,2,1.5,France"))
    damaged = tmp_path / "orders.csv.gz"
    broken = bytearray(gzip.compress(bytes(range(256)) * 40))
    broken[12:40] = b"x" * 28
    for bytes_of in (b"\x1f\x8b\x08 no gzip", bytes(broken), gzip.compress((HEADER + '1,"' + "x" * 200_000).encode())):
        damaged.write_bytes(bytes_of)
        with pytest.raises(BehaviourError, match="cannot be read"):
            list(read_rows(damaged, Cleaning()))
