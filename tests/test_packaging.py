"""Our top-level packages are ours alone: opensearch-py 3.1 brought a package `opensearch` that hid it."""

from importlib.metadata import distributions, packages_distributions

import pytest

import encoders
import opensearch
import plugin_bridge
from tests.test_sample import ROOT

NAMES = ("opensearch", "encoders", "desktop", "plugin_bridge")


@pytest.mark.parametrize("name", NAMES)
def test_no_other_distribution_provides(name: str) -> None:
    providers = set(packages_distributions().get(name, ()))
    assert providers <= {"kindred"}
    installed = {
        distribution.metadata["Name"]
        for distribution in distributions()
        for path in distribution.files or ()
        if path.parts[:1] == (name,)
    }
    assert installed <= {"kindred"}


@pytest.mark.parametrize("package", [opensearch, encoders, plugin_bridge])
def test_the_package_imported_is_that_of_this_checkout(package: object) -> None:
    assert str(getattr(package, "__file__", "")).startswith(str(ROOT))
