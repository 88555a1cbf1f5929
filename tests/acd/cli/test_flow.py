"""The ways through the flow and their seconds, without a running system."""

import json
import shutil
from pathlib import Path

import pytest

from acd.config.notices import KeptNotices, version_of
from ivr.catalogue import load_catalogues
from ivr.speak import SOUNDS, take_recording
from tests.acd.cli.conftest import Cozum
from tests.ivr.test_sound import tone
from tests.services import missing


def test_each_way_is_told_with_its_seconds(cozum: Cozum) -> None:
    said = cozum("flow", "time")
    assert said.code == 0, said.err
    urgent, heads, first, *_ = said.out.splitlines()
    assert urgent.startswith("tr: the urgent key, 1, has been said after 1.")
    assert urgent.endswith("s; target 1.8 s, met")
    assert heads.split()[:5] == ["seconds", "pressed", "step", "service", "phone"]
    assert first.split()[1:] == ["1", "urgent", "ambulance", "rings"], "the urgent caller is first"
    assert "\nen: the urgent key, 1, has been said after 1." in said.out
    turkish, english = json.loads(cozum("flow", "time", "--json").out)
    assert turkish["ways"][0] == {
        "did": ["1"],
        "end": "urgent",
        "service": "ambulance",
        "seconds": turkish["ways"][0]["seconds"],
        "rings": True,
        "longer_s": 0.0,
    }
    assert (turkish["language"], english["language"]) == ("tr", "en")
    assert english["ways"][1]["seconds"] != turkish["ways"][1]["seconds"]
    assert {one["urgent_key"]["met"] for one in (turkish, english)} == {True}
    [late] = json.loads(cozum("flow", "time", "--json", "--menu-first", "--language", "tr").out)
    assert not any(way["rings"] for way in late["ways"])


def test_a_longer_recording_is_told_by_what_it_costs_whom(
    cozum: Cozum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("sox"):
        missing("sox")
    folder = tmp_path / "prompts"
    shutil.copytree(SOUNDS, folder)
    for prompt, tone_s in (("tr/option_urgent", 2.5), ("tr/option_request", 0.2), ("tr/option_information", 3.0)):
        recording = tone(tmp_path / "raw.wav", before_s=0.1, tone_s=tone_s, after_s=0.1, level_db=-20, rate=8000)
        take_recording(load_catalogues(folder), folder, prompt, recording)
    monkeypatch.setenv("COZUM_PROMPTS_DIR", str(folder))
    [found] = json.loads(cozum("flow", "time", "--language", "tr", "--json").out)
    information, urgent = found["recordings"]
    assert (information["prompt"], urgent["prompt"]) == ("tr/option_information", "tr/option_urgent")
    assert set(urgent["costs_s"]) == {"0", "1", "2", "3", "4", "silence"}, "everybody hears it"
    assert urgent["costs_s"]["1"] == pytest.approx(urgent["longer_s"], abs=0.02)
    assert set(information["costs_s"]) == {"0", "3", "4", "silence"}, "it is said after the keys 1 and 2"
    assert found["urgent_key"]["met"] is False
    ways = {tuple(way["did"]): way["longer_s"] for way in found["ways"]}
    assert ways["1",] == urgent["costs_s"]["1"]
    assert ways["0",] < urgent["longer_s"] + information["longer_s"], "the shorter one gives some of it back"
    said = cozum("flow", "time", "--language", "tr")
    told = " ".join(said.out.split())
    assert "has been said after 2." in told
    assert "target 1.8 s, missed by 0." in told
    assert f"tr/option_urgent: a recording {urgent['longer_s']:.2f} s longer than it was spoken; it costs who" in told
    assert "who presses 1 (ambulance, funeral, doctor," in told


def test_a_language_that_the_flow_does_not_speak_is_refused(cozum: Cozum) -> None:
    said = cozum("flow", "time", "--language", "de")
    assert said.code == 2
    assert "tr, en" in said.err


def test_the_menus_of_an_asterisk_of_ones_own_are_made_and_named(cozum: Cozum, tmp_path: Path) -> None:
    said = cozum("flow", "menus", tmp_path / "menus")
    assert said.code == 0, said.err
    assert f"[urgent-tr]\nmode = files\ndirectory = {tmp_path}/menus/urgent-tr\n" in said.out
    assert "[urgent-en]" in said.out
    assert "musiconhold.conf" in said.err
    assert {str(one.relative_to(tmp_path)) for one in tmp_path.glob("menus/*/*")} == {
        "menus/urgent-tr/menu.wav", "menus/urgent-en/menu.wav",
    }  # fmt: skip
    (tmp_path / "file").write_bytes(b"")
    refused = cozum("flow", "menus", tmp_path / "file")
    assert refused.code == 1
    assert "choose a folder of yours" in refused.err


def test_a_version_of_a_notice_is_read_as_it_was(cozum: Cozum, data_dir: Path, tmp_path: Path) -> None:
    said = cozum("flow", "notices")
    assert (said.code, said.out) == (0, "")
    assert "no version is kept" in said.err
    notices = KeptNotices(data_dir / "notices")
    notices.keep("privacy", SOUNDS / "tr" / "privacy.wav", None, 1_700_000_000.0)
    own = tmp_path / "own" / "tr" / "privacy.wav"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"another")
    notices.keep("privacy", own, None, 1_800_000_000.0)
    first, second = json.loads(cozum("flow", "notices", "--json").out)
    assert first == {
        "version": version_of("tr", (SOUNDS / "tr" / "privacy.wav").read_bytes()),
        "prompt": "privacy",
        "language": "tr",
        "since": "2023-11-15T01:13:20+03:00",
        "until": "2027-01-15T11:00:00+03:00",
        "text": load_catalogues()["tr"]["privacy"].text,
        "of_text": True,
        "sound": str(data_dir / "notices" / f"{first['version']}.wav"),
    }
    assert (second["version"], second["until"], second["of_text"]) == (version_of("tr", b"another"), None, False)
    shown = cozum("flow", "notices", first["version"]).out
    assert first["text"] in shown
    assert second["version"] not in shown
    assert "listen to it" in cozum("flow", "notices", second["version"]).out
    unknown = cozum("flow", "notices", "tr-0000000000000000")
    assert (unknown.code, unknown.out) == (1, "")
    assert "VERSION = 'tr-0000000000000000': is not kept" in unknown.err
