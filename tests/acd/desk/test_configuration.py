"""The administrator's changes of files: checked as at the start, shown, kept, undone, and read by the line."""

import asyncio
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from acd.config.load_settings import load_settings
from acd.config.services import parse_services
from acd.desk.config_files import NAMES, config_files
from acd.desk.configuration import Configuration, ConfigurationElsewhere
from acd.desk.heard import Heard
from acd.desk.knowledge import articles_text
from acd.link.messages import Reloaded
from agents.demo import demo_agents_toml
from agents.pins import hash_pin, verify_pin
from console.admin_ports import Author, Change, FaultyChange, FileName, StaleFile, UnknownItem
from console.config import FileLine
from console.ports import OnlyAtTheLine, Unavailable

AGENTS = demo_agents_toml(lambda pin: hash_pin(pin, b"0123456789abcdef"))


class Line:
    """A line that reads its files at once."""

    def __init__(self) -> None:
        self.reloads = 0
        self.told: Reloaded | None = Reloaded()
        self.refuses: tuple[str, ...] = ()
        self.away = False
        self.town_read = 0

    async def reload(self) -> None:
        """Take a reload."""
        if self.away:
            raise Unavailable("the line is away")
        self.reloads += 1
        self.told = Reloaded(began=time.monotonic(), refused=self.refuses)

    def read_town(self) -> list[str]:
        """The desk's part of it."""
        self.town_read += 1
        return []


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    (data / "agents.toml").write_text(AGENTS)
    (tmp_path / "cozum.toml").write_text(f'# here\ndata_dir = "{data}"\nwrapup_s = 12.0   # seconds\n')
    return tmp_path


@pytest.fixture
def desk(folder: Path, line: Line) -> Configuration:
    settings = load_settings(folder / "cozum.toml")
    return Configuration(settings, reload=line.reload, reloaded=lambda: line.told, read_town=line.read_town)


def edits(*path: str, value: Any) -> Change:
    return Change(edits=[(path, value)])


async def save(
    desk: Configuration, name: FileName, change: Change, *, why: str = "", etag: str = ""
) -> Mapping[str, Any]:
    etag = etag or (await desk.file(name))["etag"]
    return await desk.save(name, change, Author(who="admin", why=why, etag=etag))


async def test_every_file_is_listed_with_its_place(desk: Configuration, folder: Path) -> None:
    found = {one["name"]: one for one in (await desk.overview())["files"]}
    assert tuple(found) == NAMES
    for one in found.values():
        FileLine.model_validate(one)
    assert found["settings"]["own"]
    assert not found["services"]["own"]
    assert found["services"]["path"] == str(folder / "data" / "services.toml")
    assert [name for name, one in found.items() if not one["has_text"]] == ["settings", "agents"]


async def test_a_change_is_written_kept_and_read_by_the_line(desk: Configuration, line: Line, folder: Path) -> None:
    change = edits("hours", "office", "week", value={"mon-fri": "09:00-12:00"})
    proposal = await desk.check("services", change, (await desk.file("services"))["etag"])
    assert "+[hours.office]" in proposal["difference"]
    assert proposal["faults"] == []
    assert line.reloads == 0
    assert not (folder / "data" / "services.toml").exists(), "a check writes nothing"
    saved = await save(desk, "services", change, why="yaz saati")
    assert saved["difference"] == proposal["difference"]
    assert saved["reload"] == {"state": "taken", "refused": [], "waiting": []}
    assert (line.reloads, saved["version"]) == (1, 2)
    path = folder / "data" / "services.toml"
    assert [one.id for one in parse_services(path.read_text(), "x").hours] == ["office"]
    assert load_settings(folder / "cozum.toml").services_path == path, "from now on it is this file that is read"
    versions = await desk.versions("services")
    assert [(one["number"], one["who"], one["why"], one["holds"]) for one in versions] == [
        (2, "admin", "yaz saati", True),
        (1, "", "", False),
    ]
    assert versions[0]["difference"] == saved["difference"]


async def test_a_fault_changes_nothing_and_is_said_as_at_the_start(
    desk: Configuration, line: Line, folder: Path
) -> None:
    change = edits("hours", "office", "week", value={"mon-fri": "9-5"})
    told = (await desk.check("services", change, (await desk.file("services"))["etag"]))["faults"]
    with pytest.raises(FaultyChange) as refused:
        await save(desk, "services", change)
    assert list(refused.value.faults) == told
    (fault,) = told  # once, though it is about five days
    assert fault["key"] == "hours.office.week.mon-fri"
    assert fault["value"] == '"9-5"'
    assert 'times such as "08:30-17:30"' in fault["allowed"]
    assert fault["text"].startswith(str(folder / "data" / "services.toml"))
    assert line.reloads == 0
    assert await desk.versions("services") == []
    assert sorted(path.name for path in (folder / "data").iterdir()) == ["agents.toml", "versions"]


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("services", edits("service", "agent", value=None), 'default_service = "agent"'),
        ("services", Change(text="default_service = "), "not valid TOML"),
        ("services", Change(text=f"default_service = {'9' * 5000}"), "not valid TOML"),
        ("agents", edits("agent", "1001", "services", value=["nothing"]), "no such service"),
        ("agents", edits("agent", "1001", "endpoint", value="PJSIP/1002"), "each agent needs their own"),
        ("flow", Change(text='start = "none"\n'), "start"),
        ("numbers", Change(text='blocked = ["1"]\n'), "3 digits or more"),
        ("settings", edits("wrapup_s", value="long"), "wrapup_s = 'long'"),
        ("settings", edits("wrapup", value=3), "no such setting"),
        ("settings", edits("outcome_hours", value=""), "outcome_hours"),
        ("settings", edits("services_file", value="/nowhere.toml"), "services_file"),
        ("settings", edits("https_cert", value="/nowhere.pem"), "https_key"),
        ("settings", edits("run_as", value="nobody-here"), "run_as = 'nobody-here': there is no such user"),
        (
            "settings",
            Change(edits=[(("smtp_server",), "mail.example:587"), (("smtp_password_file",), "/nowhere")]),
            "smtp_password_file = '/nowhere': No such file",
        ),
        (
            "settings",
            Change(
                edits=[
                    (("text_gateway",), "http"),
                    (("text_url",), "https://gw.example/"),
                    (("text_token_file",), "/nowhere"),
                ]
            ),
            "text_token_file = '/nowhere': No such file",
        ),
        (
            "settings",
            Change(
                edits=[
                    (("follow",), "redis"),
                    (("redis_url",), "redis://127.0.0.1:1/0"),
                    (("database_url",), "postgresql+asyncpg://cozum@127.0.0.1:1/cozum"),
                ]
            ),
            "follow = 'redis': the line is on another machine",
        ),
        ("units", Change(text=""), "units.toml"),
        ("topics", edits("topic", value="x"), "topic"),
        ("agents", Change(text=AGENTS), "key by key"),
        ("agents", edits("agent", "1999", "name", value="x"), "no such entry"),
    ],
)
async def test_what_the_start_would_refuse_is_refused(
    desk: Configuration, line: Line, name: FileName, change: Change, told: str
) -> None:
    before = await desk.file(name)
    with pytest.raises(FaultyChange) as refused:
        await save(desk, name, change)
    assert told in str(refused.value)
    assert "check-" not in str(refused.value), "the file is named, not the copy"
    assert await desk.file(name) == before
    assert line.reloads == line.town_read == 0


async def test_a_file_that_was_changed_by_hand_is_not_overwritten(desk: Configuration, folder: Path) -> None:
    read = await desk.file("agents")
    by_hand = AGENTS.replace("Ayşe Yılmaz", "Ayşe Kaya")
    (folder / "data" / "agents.toml").write_text(by_hand)
    change = edits("agent", "1002", "backup", value=True)
    with pytest.raises(StaleFile) as stale:
        await save(desk, "agents", change, etag=read["etag"])
    assert (folder / "data" / "agents.toml").read_text() == by_hand
    assert stale.value.etag == (await desk.file("agents"))["etag"]
    with pytest.raises(StaleFile):
        await desk.check("agents", change, read["etag"])
    await save(desk, "agents", change)
    kept = await desk.versions("agents")
    assert [(one["number"], one["who"]) for one in kept] == [(2, "admin"), (1, "")]
    (folder / "data" / "agents.toml").write_text(AGENTS)  # such as git does
    await save(desk, "agents", change)
    assert [one["who"] for one in await desk.versions("agents")] == ["admin", "", "admin", ""]


async def test_one_goes_back_to_an_earlier_version(desk: Configuration, folder: Path) -> None:
    await save(desk, "agents", edits("agent", "1002", "backup", value=True))
    await save(desk, "agents", edits("agent", "1003", value=None))
    assert len(tomllib.loads((folder / "data" / "agents.toml").read_text())["agent"]) == 9
    back = await save(desk, "agents", Change(version=1), why="yanlış")
    assert (folder / "data" / "agents.toml").read_text() == AGENTS
    assert back["version"] == 4
    versions = await desk.versions("agents")
    assert [one["number"] for one in versions if one["holds"]] == [4, 1]
    with pytest.raises(UnknownItem):
        await save(desk, "agents", Change(version=9))


async def test_an_earlier_version_that_would_be_refused_today_is_refused(desk: Configuration) -> None:
    shipped = (await desk.file("services"))["text"]
    await save(desk, "services", Change(text=shipped + "\n[service.extra]\n"))
    await save(desk, "agents", edits("agent", "1001", "services", value=["extra"]))
    with pytest.raises(FaultyChange, match="no such service"):
        await save(desk, "services", Change(version=1))


async def test_nothing_changed_is_no_version(desk: Configuration) -> None:
    saved = await save(desk, "agents", edits("agent", "1001", "name", value="Ayşe Yılmaz"))
    assert (saved["version"], saved["difference"]) == (0, "")
    assert await desk.versions("agents") == []


async def test_settings_say_what_needs_a_restart(desk: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    both = Change(edits=[(["wrapup_s"], 7), (["http_port"], 8099)])
    saved = await save(desk, "settings", both)
    assert saved["waiting"] == ["http_port"]
    assert "-wrapup_s = 12.0   # seconds" in saved["difference"]
    monkeypatch.setenv("COZUM_RING_S", "9")
    told = {one["name"]: one for one in await desk.settings()}
    assert (told["wrapup_s"]["value"], told["wrapup_s"]["source"], told["wrapup_s"]["live"]) == (7, "file", True)
    assert (told["http_port"]["live"], told["ring_s"]["source"]) == (False, "environment")
    assert told["strategy"]["choices"] == ["longest_idle", "least_calls", "linear", "quickest"]
    assert told["recording"]["choices"] == ["none", "urgent", "all"]
    assert (told["monitoring"]["kind"], told["trunk_hosts"]["value"]) == ("switch", ["127.0.0.1"])
    assert "value" not in told["ami_secret"]


async def test_the_line_says_what_it_refused_and_may_be_away(desk: Configuration, line: Line) -> None:
    line.refuses = ("agents.toml: phones are not there",)
    saved = await save(desk, "agents", edits("agent", "1001", "backup", value=True))
    assert saved["reload"] == {"state": "refused", "refused": ["agents.toml: phones are not there"], "waiting": []}
    assert (await desk.overview())["reload"]["state"] == "refused"
    line.away, line.told = True, None
    saved = await save(desk, "agents", edits("agent", "1001", "backup", value=False))
    assert saved["reload"]["state"] == "pending"


async def test_the_towns_first_change_takes_all_its_files_over(desk: Configuration, line: Line, folder: Path) -> None:
    file = await desk.file("units")
    assert file["text"]
    text = file["text"].replace("Fen İşleri", "Fen İşleri Müdürlüğü", 1)
    await save(desk, "units", Change(text=text))
    town = folder / "data" / "town"
    assert (town / "units.toml").read_text() == text
    assert (town / "topics.toml").exists()
    assert articles_text(load_settings(folder / "cozum.toml"))[1] == (town / "articles.toml").read_text()
    assert line.town_read == 1
    assert [
        one.name
        for one in config_files(load_settings(folder / "cozum.toml")).values()
        if one.path.parent == town and not one.exists
    ] == ["streets"]
    assert sorted(path.name for path in (folder / "data").iterdir()) == ["agents.toml", "town", "versions"]


async def test_a_telephones_secrets_are_new_and_told_once(desk: Configuration, folder: Path) -> None:
    async def renew(extension: str, name: str) -> Mapping[str, Any]:
        etag = (await desk.file("agents"))["etag"]
        return await desk.telephone(extension, name, Author(who="admin", why="", etag=etag))

    sheet = await renew("1011", "Nermin Işık")
    (agent,) = [
        one
        for one in tomllib.loads((folder / "data" / "agents.toml").read_text())["agent"]
        if one["extension"] == "1011"
    ]
    assert agent["sip_password"] == sheet["password"]
    assert verify_pin(sheet["pin"], agent["pin_hash"])
    assert (sheet["name"], sheet["account"], sheet["server"], sheet["port"]) == (
        "Nermin Işık",
        "1011",
        "127.0.0.1",
        5060,
    )
    again = await renew("1011", "")
    assert (again["name"], again["password"] != sheet["password"]) == ("Nermin Işık", True)
    with pytest.raises(UnknownItem):
        await renew("1012", "")
    for version in await desk.versions("agents"):
        assert sheet["password"] not in str(version)
    assert sheet["password"] not in str(await desk.file("agents"))


async def test_two_who_save_at_once_do_not_undo_each_other(desk: Configuration, folder: Path) -> None:
    etag = (await desk.file("agents"))["etag"]
    wishes = [save(desk, "agents", edits("agent", f"100{n}", "backup", value=True), etag=etag) for n in range(1, 6)]
    done = await asyncio.gather(*wishes, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["StaleFile"] * 4 + ["dict"]
    assert (folder / "data" / "agents.toml").read_text().count("backup") == 1


async def test_a_file_that_cannot_be_written_is_told(
    desk: Configuration, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "agents.toml")

    monkeypatch.setattr("acd.desk.configuration.replace_file", full)
    with pytest.raises(Unavailable, match="No space left on device; nothing was written"):
        await save(desk, "agents", edits("agent", "1001", "backup", value=True))
    assert (folder / "data" / "agents.toml").read_text() == AGENTS


async def test_the_desk_of_another_machine_has_no_files() -> None:
    with pytest.raises(OnlyAtTheLine, match="line's own desk"):
        await ConfigurationElsewhere().overview()


async def test_what_callers_hear_is_drawn_and_played(folder: Path) -> None:
    heard = Heard(load_settings(folder / "cozum.toml"))
    flow = await heard.flow()
    assert {"main", "urgent"} <= {box["step"] for box in flow["boxes"]}
    assert any("enaze" in box["says"]["tr"] for box in flow["boxes"])
    prompts = {one["name"]: one["spoken"] for one in await heard.prompts()}
    assert all(one["seconds"] for one in prompts["queue_all_busy"])
    assert (await heard.sound("tr", "queue_all_busy")).startswith(b"RIFF")
    with pytest.raises(UnknownItem):
        await heard.sound("tr", "nothing")


async def test_a_catalogue_with_a_fault_is_named_and_nothing_of_it_is_played(folder: Path) -> None:
    (folder / "tr.toml").write_text("menu = = 1")
    heard = Heard(load_settings(folder / "cozum.toml", prompts_dir=folder))
    for asked in (heard.flow(), heard.prompts(), heard.sound("tr", "menu")):
        with pytest.raises(Unavailable, match=r"tr\.toml"):
            await asked
