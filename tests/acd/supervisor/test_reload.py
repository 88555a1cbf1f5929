"""What a reload makes of files that cannot be used: nothing, and everything goes on."""

import shutil
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from acd.config.load_settings import load_settings
from acd.config.rules import load_rules
from acd.config.settings import Settings
from acd.engine.model.errors import BadConfig
from acd.line.reloading import read_anew, rules_to_start
from acd.supervisor import supervise
from acd.supervisor.last_good import LastGood
from acd.supervisor.prepare import CannotRun, prepare
from acd.supervisor.supervise import Supervisor
from ivr.speak import SOUNDS

BAD = "option_ambulance.wav"


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut_short(path: Path) -> None:
    path.write_bytes((SOUNDS / "tr" / BAD).read_bytes()[:2000])


def no_sound(path: Path) -> None:
    path.write_bytes(b"ID3" + bytes(500))


def of_another_rate(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(32000))


SPOILT = [
    (empty, "it is empty or cut short"),
    (cut_short, "it is cut short, after"),
    (no_sound, "RIFF"),
    (of_another_rate, "it has 16000 Hz, 1 channels, 16 bits"),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a file, with prompts of their own and agents."""
    prompts = tmp_path / "prompts"
    shutil.copytree(SOUNDS, prompts)
    file = tmp_path / "cozum.toml"
    file.write_text(f'data_dir = "{tmp_path / "data"}"\nprompts_dir = "{prompts}"\n', encoding="utf-8")
    settings = load_settings(file)
    prepare(settings)
    return settings


def bad_prompt(settings: Settings) -> Path:
    assert settings.prompts_path is not None
    return settings.prompts_path / "tr" / BAD


@pytest.mark.parametrize(("spoil", "wrong"), SPOILT)
def test_a_prompt_that_cannot_be_used_is_named_with_what_is_allowed(
    settings: Settings, spoil: Callable[[Path], None], wrong: str
) -> None:
    spoil(bad_prompt(settings))
    with pytest.raises(BadConfig) as found:
        load_rules(settings)
    told = str(found.value)
    assert told.startswith(f"{bad_prompt(settings)}: ")
    assert wrong in told
    assert "8000 Hz, one channel, 16 bits is allowed" in told
    with pytest.raises(CannotRun, match=BAD):
        prepare(settings)


@pytest.mark.parametrize("spoil", [empty, cut_short, of_another_rate])
def test_a_line_keeps_its_rules_and_says_which_prompt(settings: Settings, spoil: Callable[[Path], None]) -> None:
    spoil(bad_prompt(settings))
    kept, rules, told = read_anew(settings)
    assert (kept, rules) == (settings, None)
    assert BAD in "".join(told.refused)


def test_a_line_that_comes_back_serves_without_the_menu_of_a_bad_prompt(settings: Settings) -> None:
    """A line that died must not stay away for a sound file; whoever mends it and reloads has the menu again."""
    assert rules_to_start(settings)[0].menus
    whole = bad_prompt(settings).read_bytes()
    empty(bad_prompt(settings))
    rules, told = rules_to_start(settings)
    assert (rules.menus, rules.config.early_ring, told.refused) == ((), False, ())
    bad_prompt(settings).write_bytes(whole)
    assert read_anew(settings)[1] is not None


def test_a_line_that_comes_back_to_a_bad_file_serves_by_the_rules_read_last(settings: Settings) -> None:
    last = load_rules(settings)
    whole = settings.agents_path.read_text("utf-8")
    settings.agents_path.write_text("[[agent]]\nextension = 5\n", "utf-8")
    rules, told = rules_to_start(settings, last)
    assert (rules.agents, rules.flow) == (last.agents, last.flow)
    assert "extension" in "".join(told.refused), "desks are told"
    with pytest.raises(BadConfig, match="extension"):
        rules_to_start(settings)  # of the first start somebody reads what is wrong
    settings.agents_path.write_text(whole, "utf-8")
    assert rules_to_start(settings, last)[1].refused == ()


def test_what_a_reload_takes_is_what_the_next_process_falls_back_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = Told(settings, monkeypatch).supervisor
    whole = settings.agents_path.read_text("utf-8")
    settings.agents_path.write_text(whole.replace('"1010"', '"1011"'), "utf-8")
    supervisor._reload()
    assert supervisor.last.rules.agents[-1].extension == "1011"
    town = supervisor.last.town
    settings.agents_path.write_text("half [edited", "utf-8")
    monkeypatch.setattr("acd.desk.town_files.read_town", _spoilt)
    supervisor._reload()
    assert supervisor.last.rules.agents[-1].extension == "1011"
    assert supervisor.last.town is town


def _spoilt(_: Settings) -> dict[str, str]:
    raise BadConfig("units.toml: half edited")


def test_a_town_with_a_fault_stops_a_first_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = load_rules(settings)
    monkeypatch.setattr("acd.desk.town_files.read_town", _spoilt)
    with pytest.raises(CannotRun, match="half edited"):
        LastGood(settings, rules)


def test_a_system_that_is_not_ready_for_long_is_asked_once_a_second(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its database may be away for days."""
    supervisor = Told(settings, monkeypatch).supervisor
    monkeypatch.setattr(supervise, "_readiness", lambda _: "database: away")
    supervisor._look_whether_ready()
    assert supervisor._wait_s() <= supervise.LOOK_S
    supervisor._first -= supervise.READY_HINT_S
    supervisor._look_whether_ready()
    assert 0.8 < supervisor._wait_s() <= 1.0


class Told:
    """A supervisor that has started nothing, and what it says."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []
        monkeypatch.setattr(supervise, "say", self.said.append)
        last = LastGood(settings, load_rules(settings))
        self.supervisor = Supervisor(settings, _serves, _serves, _serves, None, last)


def _serves(settings: Settings, sign: int, last: object = None) -> int:
    raise AssertionError("nothing is started here")


NESTED = "x = " + "[" * 50_000


@pytest.mark.parametrize("file", ["cozum.toml", "data/agents.toml"])
def test_a_reload_survives_toml_that_is_nested_too_deep(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    told = Told(settings, monkeypatch)
    (tmp_path / file).write_text(NESTED, encoding="utf-8")
    told.supervisor._reload()
    assert "not reloaded, the old rules stay" in told.said[0]
    assert f"{file}: not valid TOML: its lists or tables are nested too deep" in told.said[0]
    assert f"{file}: not valid TOML" in "".join(read_anew(settings)[2].refused)


def test_a_reload_survives_a_bad_prompt(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(settings, monkeypatch)
    empty(bad_prompt(settings))
    told.supervisor._reload()
    assert BAD in told.said[0]


def test_a_reload_survives_what_nobody_thought_of(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: Settings) -> None:
        raise ZeroDivisionError("of a rule")

    monkeypatch.setattr(supervise, "load_rules", fails)
    monkeypatch.setattr("acd.line.reloading.load_rules", fails)
    told = Told(settings, monkeypatch)
    told.supervisor._reload()
    assert told.said == ["not reloaded, the old rules stay: our fault: ZeroDivisionError: of a rule"]
    assert "Traceback" in capsys.readouterr().err, "it is found again"
    assert told.supervisor.settings is settings
    assert "ZeroDivisionError" in "".join(read_anew(settings)[2].refused)
