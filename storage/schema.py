"""Imports all tables, for the migrations and for code that reads every table."""

import storage.people.tables
import storage.recordings
import storage.requests.article_tables
import storage.requests.draft_tables
import storage.requests.tables
import storage.tables  # noqa: F401  (each puts its tables into the metadata)
from storage.columns import metadata as metadata
