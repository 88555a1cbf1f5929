"""What tests of requests in the database are given."""

import pytest

from storage.database import Database
from tests.storage.requests.desk import Desk
from tests.storage.requests.outcome_desk import Line


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk with requests, on a database of each kind."""
    return Desk(database)


@pytest.fixture
def line(database: Database) -> Line:
    """A desk that tells citizens outcomes, and a line, on a database of each kind."""
    return Line(database)
