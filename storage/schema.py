"""All tables together, for the migrations and whoever looks at every table."""

import storage.people.tables
import storage.requests.tables
import storage.tables  # noqa: F401  (each puts its tables into the metadata)
from storage.columns import metadata as metadata
