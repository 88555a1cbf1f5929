"""The report of requests as a table for spreadsheets (RFC 4180)."""

import csv
import io
from collections.abc import Mapping
from typing import Any, Final, Literal

from fastapi import Response

CSV: Final = "text/csv"
FIGURES: Final = (
    "opened", "resolved", "resolved_in_time", "in_time", "median_days", "overdue", "told", "scored", "score",
)  # fmt: skip
SCORES: Final = FIGURES[-2:]
"""What is told by the agents who passed it on."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""


class CsvResponse(Response):
    """A table. The mark at its beginning tells spreadsheets that it is UTF-8."""

    media_type = CSV


def requests_csv(report: Mapping[str, Any], by: Literal["unit", "topic", "district", "agent"]) -> bytes:
    """A row for each unit, topic or mahalle, or with the scores of each agent, and one for all requests, whose id is
    empty and whose name is `all`."""
    text, figures = io.StringIO(), SCORES if by == "agent" else FIGURES
    table = csv.writer(text)
    table.writerow((by, "name", *figures))
    for row in report[f"{by}s"]:
        table.writerow((row[by] or "", _plain(row["name"] or ""), *(row[name] for name in figures)))
    table.writerow(("", "all", *(report["all"][name] for name in figures)))
    return text.getvalue().encode("utf-8-sig")


def _plain(name: str) -> str:
    return f"'{name}" if name.startswith(_FORMULA) else name
