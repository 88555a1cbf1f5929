"""Articles of a file, `articles.toml`: `[[article]]` tables with an id and the fields of a wording."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from acd.lib.file_checks import Checker
from tickets.articles import Wording, written
from tickets.refusals import Refusal
from tickets.town.model import Town

NAME = "articles.toml"

_HINTS = {"id": "a to z, 0 to 9 and _", "language": '"tr" or "en"', "valid_until": "a date, such as 2027-01-31"}


class _Named(msgspec.Struct, frozen=True, kw_only=True):
    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,64}$")]


def read_articles(text: str, town: Town, file: str = NAME) -> Mapping[str, Wording]:
    """The wordings of a file by the article's id in it, in the file's order.

    Raises `acd.lib.file_checks.BadFile` with every fault."""
    check = Checker(file)
    table = check.toml(text)
    found: dict[str, Wording] = {}
    for name, value in table.items():
        if name != "article":
            check.unknown(name, value, "key", ["article"])
    rows = table.get("article", [])
    if not isinstance(rows, list):
        check.add("article", rows, "must be [[article]] tables")
        rows = []
    for place, row in enumerate(rows):
        key = f"article.{place}"
        named = check.struct(_Named, row, key, skip=Wording.__struct_fields__, hints=_HINTS)
        wording = check.struct(Wording, row, key, skip=("id",), hints=_HINTS)
        if named is None or wording is None:
            continue
        kept = written(wording, town)
        if isinstance(kept, Refusal):
            check.add(f"{key}.{kept.key}", kept.value or None, kept.allowed)
        elif named.id in found:
            check.add(f"{key}.id", named.id, "another article of this file has it already")
        else:
            found[named.id] = kept
    check.finish()
    return found
