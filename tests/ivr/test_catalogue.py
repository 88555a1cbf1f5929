"""Prompt texts and flows from files."""

from pathlib import Path

import pytest

from acd.lib.file_checks import BadFile
from ivr.catalogue import (
    AGENT_PROMPTS,
    DUTY_PROMPTS,
    LANGUAGES,
    MESSAGE_PROMPTS,
    OUTCOME_PROMPTS,
    PROMPTS_DIR,
    QUEUE_PROMPTS,
    STANDBY_PROMPTS,
    Voice,
    load_catalogues,
    load_flow,
    missing_sounds,
    parse_catalogue,
)
from ivr.speak import SOUNDS
from ivr.spoken import digit_prompt
from tests.ivr.flows import SERVICES, hotline
from tests.tickets.towns import TOWN


def test_a_prompt_takes_the_catalogues_voice_and_may_have_its_own() -> None:
    catalogue = parse_catalogue(
        """
        [voice]
        voice = "tr"
        speed = 160
        [prompts]
        hello = "Merhaba."
        other = { text = "For English, press eight.", voice = "en" }
        """,
        file="tr.toml",
    )
    assert catalogue["hello"].text == "Merhaba."
    assert catalogue["hello"].voice == Voice(voice="tr", speed=160)
    assert catalogue["other"].voice == Voice(voice="en", speed=160)


def test_all_problems_of_a_catalogue_come_in_one_list() -> None:
    with pytest.raises(BadFile) as caught:
        parse_catalogue(
            '[voice]\nvoice = "tr"\n[prompts]\nHello = "x"\nempty = ""\nfast = { text = "x", speed = 900 }\n'
            'odd = { text = "x", pich = 3 }\n[more]\n',
            file="tr.toml",
        )
    assert [problem.key for problem in caught.value.problems] == [
        "more",
        "prompts.Hello",
        "prompts.empty.text",
        "prompts.fast.speed",
        "prompts.odd.pich",
    ]


def test_every_prompt_is_there_and_none_is_idle() -> None:
    wanted = hotline(recording=True, monitoring=True).prompts() | {digit_prompt(one) for one in "0123456789"}
    wanted |= {*QUEUE_PROMPTS, *MESSAGE_PROMPTS, *OUTCOME_PROMPTS, *AGENT_PROMPTS, *DUTY_PROMPTS, *STANDBY_PROMPTS}
    wanted |= {f"duty_{service}" for unit in TOWN.units.values() for service in unit.services}
    wanted |= {f"topic_{group}" for group in TOWN.groups} | {f"place_{mahalle}" for mahalle in TOWN.mahalle}
    for language, catalogue in load_catalogues().items():
        assert set(catalogue) == wanted, language


def test_every_prompt_has_its_audio() -> None:
    assert missing_sounds(hotline(recording=True), SOUNDS) == []


def test_missing_audio_is_named(tmp_path: Path) -> None:
    missing = missing_sounds(hotline(), tmp_path)
    assert tmp_path / "tr" / "greeting.wav" in missing
    assert tmp_path / "en" / "agent_locked.wav" in missing


def test_a_file_that_is_not_there_is_a_problem_of_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot be read: No such file or directory"):
        load_flow(tmp_path / "none.toml", services=SERVICES)
    (tmp_path / "latin.toml").write_bytes("# şğ".encode("iso-8859-9"))
    with pytest.raises(BadFile, match="is not UTF-8"):
        load_flow(tmp_path / "latin.toml", services=SERVICES)


def test_problems_of_both_catalogues_come_in_one_list(tmp_path: Path) -> None:
    for language in LANGUAGES:
        (tmp_path / f"{language}.toml").write_text("[prompts]\n", encoding="utf-8")
    with pytest.raises(BadFile) as caught:
        load_catalogues(tmp_path)
    assert [(Path(problem.file).name, problem.key) for problem in caught.value.problems] == [
        ("tr.toml", "voice.voice"),
        ("en.toml", "voice.voice"),
    ]


def test_texts_that_a_town_does_not_change_are_the_shipped_ones(tmp_path: Path) -> None:
    assert load_catalogues(tmp_path) == load_catalogues()
    (tmp_path / "tr.toml").write_text('[voice]\nvoice = "tr"\n[prompts]\nhello = "Merhaba."\n', encoding="utf-8")
    own = load_catalogues(tmp_path)
    assert set(own["tr"]) == {"hello"}
    assert own["en"] == load_catalogues()["en"]


def test_a_town_may_have_its_own_flow_and_texts(tmp_path: Path) -> None:
    for language in LANGUAGES:
        text = (PROMPTS_DIR / f"{language}.toml").read_text(encoding="utf-8")
        (tmp_path / f"{language}.toml").write_text(f'{text}\nours = "Merhaba."\n', encoding="utf-8")
    (tmp_path / "ours.toml").write_text(
        'start = "agent"\nfallback = "agent"\n[steps.agent]\ntype = "choose"\nservice = "agent"\nprompts = ["ours"]\n',
        encoding="utf-8",
    )
    flow = load_flow(tmp_path / "ours.toml", services=SERVICES, prompts_dir=tmp_path)
    assert (flow.name, flow.prompts()) == ("ours", {"ours"})
