"""The migrations are one chain. Two of them that follow the same one would leave a database without a newest revision,
and neither of the two branches that brought them would notice."""

import re
from pathlib import Path

VERSIONS = Path(__file__).parents[2] / "storage" / "migrations" / "versions"


def test_each_migration_follows_the_one_before_it() -> None:
    found = {}
    for file in sorted(VERSIONS.glob("[0-9]*.py")):
        text = file.read_text("utf-8")
        revision, before = (
            re.search(rf'^{name} = (?:"([0-9]+)"|None)$', text, re.MULTILINE) for name in ("revision", "down_revision")
        )
        assert revision is not None, file.name
        assert before is not None, file.name
        assert revision[1] not in found, f"{file.name}: there is another {revision[1]}"
        found[revision[1]] = before[1]
    assert len(found) > 10
    order = sorted(found)
    assert [found[one] for one in order] == [None, *order[:-1]]
