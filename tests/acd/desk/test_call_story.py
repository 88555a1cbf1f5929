"""A call's story as a lead reads it: in words, with the town's own names."""

from pathlib import Path
from typing import Any, Literal

import pytest

from acd.config.load_settings import load_settings
from acd.desk.call_story import call_story
from acd.engine.machine import Engine
from acd.engine.model.ids import CallId
from tests.acd.engine import handing_over as handovers
from tests.acd.engine.handing_on import talking
from tests.acd.explain.telling import entry_of
from tests.acd.explain.test_stored import steps_of
from tests.tickets.towns import TOWN


def handed_to(key: str) -> dict[str, Any]:
    """A stored call that was handed over and answered."""
    line = talking("1001 1002", **handovers.TRUNK)
    handovers.rung(line, to=key, number="185", callable="185")
    line.passes(2)
    handovers.answered(line)
    line.passes(60)
    line.caller_gone("c1")
    engine = Engine()
    facts = [fact for seq, event in enumerate(line.events, 1) for fact in entry_of(engine, event, seq).facts]
    own = [fact for fact in facts if getattr(fact, "call", None) == CallId("c1")]
    return {"id": "c1", "history": steps_of(own), "waits": [], "wait_s": None}


@pytest.mark.parametrize(
    ("key", "language", "name"),
    [
        ("iski", "tr", TOWN.bodies["iski"].tr),
        ("iski", "en", TOWN.bodies["iski"].en),
        ("fen_isleri.1", "tr", TOWN.units["fen_isleri"].tr),
        ("fen_isleri.1", "en", TOWN.units["fen_isleri"].en),
        ("no_such_body", "tr", "no such body"),
    ],
)
def test_a_caller_is_handed_over_to_a_name(key: str, language: Literal["tr", "en"], name: str, tmp_path: Path) -> None:
    told = call_story(load_settings(data_dir=tmp_path), TOWN, handed_to(key), language, {})
    of = [str(one["text"]) for one in told]
    assert any(name in text for text in of), of
    assert not [text for text in of if "_" in text]
