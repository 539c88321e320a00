"""The category tree of a running bridge."""

from tests.fixtures.bridge import Bridge


def test_every_path_is_counted_with_what_is_below_it(bridge: Bridge) -> None:
    with bridge.http("merchandiser") as http:
        found = http.get("/v1/categories").json()
    assert found["generation"] == "g001"
    counts = {tuple(one["path"]): one["count"] for one in found["categories"]}
    assert counts == {
        ("garden",): 1, ("home",): 6, ("home", "bedroom"): 2, ("home", "kitchen"): 2, ("home", "living room"): 2,
        ("outdoor",): 2, ("outdoor", "shoes"): 1, ("tools",): 1,
    }  # fmt: skip
    paths = [tuple(one["path"]) for one in found["categories"]]
    assert paths.index(("home",)) < paths.index(("home", "bedroom"))


def test_shoppers_do_not_see_it(bridge: Bridge) -> None:
    with bridge.http("storefront") as http:
        assert http.get("/v1/categories").status_code == 403
