"""What tests of requests in the database are given."""

import pytest

from storage.database import Database
from tests.storage.requests.desk import Desk


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk with requests, on a database of each kind."""
    return Desk(database)
