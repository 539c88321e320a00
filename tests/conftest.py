"""Fixtures of every room, each in its own file."""

pytest_plugins = [
    "tests.fixtures.data",
    "tests.fixtures.required",
    "tests.fixtures.node",
    "tests.fixtures.models",
    "tests.fixtures.tiny_models",
    "tests.fixtures.photos",
    "tests.fixtures.bridge",
    "tests.fixtures.habits",
]
