"""The scripts before the random runs, so that a fault is told by the test that says most about it."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: "test_properties.py" in item.nodeid)
