"""A system for the tests of an agent's desk, and an agent at work there."""

from collections.abc import Iterator

import pytest

from bench.stack import Stack
from tests.browser.agent_at_work import AgentAtWork, desk_stack
from tests.browser.conftest import NONE_REQUIRED, Desk


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with desk_stack(tmp_path_factory.mktemp("stack"), **NONE_REQUIRED) as stack:
        yield stack


@pytest.fixture
def agent(desk: Desk) -> AgentAtWork:
    """1001 at work, ready."""
    agent = AgentAtWork(desk, "1001")
    agent.ready()
    return agent
