"""The ways through the flow and their seconds, without a running system."""

import json

from tests.acd.cli.conftest import Cozum


def test_each_way_is_told_with_its_seconds(cozum: Cozum) -> None:
    said = cozum("flow", "time")
    assert said.code == 0, said.err
    heads, first, *_ = said.out.splitlines()
    assert heads.split() == ["seconds", "pressed", "step", "service", "phone"]
    assert first.split()[1:] == ["1", "urgent", "ambulance", "rings"], "the urgent caller is first"
    ways = json.loads(cozum("flow", "time", "--json").out)
    assert ways[0] == {
        "did": ["1"],
        "end": "urgent",
        "service": "ambulance",
        "seconds": ways[0]["seconds"],
        "rings": True,
    }
    english = json.loads(cozum("flow", "time", "--json", "--language", "en").out)
    assert english[0]["seconds"] != ways[0]["seconds"]
    late = json.loads(cozum("flow", "time", "--json", "--menu-first").out)
    assert not any(way["rings"] for way in late)


def test_a_language_that_the_flow_does_not_speak_is_refused(cozum: Cozum) -> None:
    said = cozum("flow", "time", "--language", "de")
    assert said.code == 2
    assert "tr, en" in said.err
