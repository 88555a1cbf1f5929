"""Runs the scripts before the random runs, so that the most specific test reports a fault."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: "test_properties.py" in item.nodeid)
