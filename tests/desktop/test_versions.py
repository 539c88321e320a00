"""A bridge of another version than the desktop."""

import pytest

from desktop.bridge import Standing
from desktop.shell.about import own_version, versions
from desktop.shell.health import HealthPresenter, HealthView, other_version
from tests.desktop.doubles import AtOnce

STATUS = {
    "node": {"running": True, "version": "3.6.0"},
    "bridge": {"running": True, "version": "0.3.7", "problem": None},
    "alias": "products",
    "generation": "g001",
}


@pytest.mark.parametrize(
    ("bridge", "desktop", "said"),
    [
        ("0.1.0", "0.1.9", ""),
        ("0.2.0", "0.1.0", "The bridge is version 0.2.0, this desktop 0.1.0"),
        ("0.1.0", "0.2.0", "update the older one"),
        ("1.0.0", "0.1.0", "version 1.0.0"),
        ("", "0.1.0", "older than this desktop"),
        ("0.1.0", "", ""),
        ("nonsense", "0.1.0", "version nonsense"),
    ],
)
def test_another_version_is_said_in_a_sentence(bridge: str, desktop: str, said: str) -> None:
    found = other_version(bridge, desktop)
    assert said in found and bool(found) == bool(said)


class _Bridge:
    url = "http://shop"

    def __init__(self, status: dict) -> None:
        self._status = status

    def standing(self) -> Standing:
        return Standing.read(self._status)


def test_the_strip_says_so_and_all_goes_on() -> None:
    seen: list[HealthView] = []
    HealthPresenter(_Bridge(STATUS), AtOnce(), seen.append, "0.1.0").ask()  # type: ignore[arg-type]
    assert seen[-1].state == "well" and "0.3.7" in seen[-1].strip
    same = STATUS | {"bridge": STATUS["bridge"] | {"version": "0.1.3"}}  # type: ignore[operator]
    HealthPresenter(_Bridge(same), AtOnce(), seen.append, "0.1.0").ask()  # type: ignore[arg-type]
    assert seen[-1].strip == ""
    problem = STATUS | {"problem": "nothing is loaded"}
    HealthPresenter(_Bridge(problem), AtOnce(), seen.append, "0.1.0").ask()  # type: ignore[arg-type]
    assert seen[-1].strip == "nothing is loaded", "what is worse comes first"


def test_the_about_page_names_both() -> None:
    rows = dict(versions("http://shop", Standing.read(STATUS)))
    assert rows["Bridge's version"] == "0.3.7" and rows["Kindred"] == own_version() != ""
    old = STATUS | {"bridge": {"running": True}}
    assert dict(versions("http://shop", Standing.read(old)))["Bridge's version"] == "unknown"
