"""Configurations of Asterisk as we render them, and changes of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from acd.asterisk.conf import TEMPLATES, Paths, render
from acd.asterisk.confcheck import Fault, Wanted, check_files
from acd.asterisk.instance_spec import PROMPTS, AgentPhone, AmiUser, InstanceSpec
from acd.asterisk.manager_user import write_classes
from acd.asterisk.provision import Installation
from ivr.menu_file import SpokenMenu, write_menu

WANTED = Wanted(
    node="ast1",
    bind_host="127.0.0.1",
    sip_port=15060,
    ws_port=18088,
    ami_port=15038,
    ami_user="cozum",
    fastagi_port=14573,
    agi_secret="the-secret-of-the-dialplan",
    rtp_start=20000,
    rtp_end=20100,
)
Change = Callable[..., list[Fault]]


MENU = SpokenMenu(name="urgent-tr", language="tr", prompts=("option_ambulance",), pause_s=2.0, lasts_s=3.0)


def write(
    folder: Path,
    version: tuple[int, ...] = (22, 1),
    *,
    callbacks: bool = False,
    menus: tuple[SpokenMenu, ...] = (),
    monitoring: bool = False,
) -> Path:
    """The files as an instance writes them, with modules of every name there is in modules.conf."""
    modules = folder / "modules"
    modules.mkdir(parents=True)
    for line in (TEMPLATES / "modules.conf").read_text("utf-8").splitlines():
        if line.startswith("load = "):
            (modules / line.split()[2]).touch()
    (modules / "app_chanspy.so").touch()
    spec = InstanceSpec(
        folder=folder,
        node=WANTED.node,
        sip_port=WANTED.sip_port,
        ws_port=WANTED.ws_port,
        ami_port=WANTED.ami_port,
        rtp_start=WANTED.rtp_start,
        rtp_end=WANTED.rtp_end,
        fastagi=f"127.0.0.1:{WANTED.fastagi_port}",
        agi_secret=WANTED.agi_secret,
        ami_users=(AmiUser(name="cozum", secret="x" * 43, write=write_classes(callbacks)),),
        callback_trunk="127.0.0.1:5099" if callbacks else "",
        monitoring=monitoring,
        agents=tuple(AgentPhone(extension=str(n), sip_password=f"demo{n}") for n in (1001, 1002)),
        menus=menus,
    )
    for menu in menus:
        write_menu(Paths(folder, folder / "run").menus, menu, PROMPTS)
    etc = folder / "etc"
    etc.mkdir(mode=0o700)
    installed = Installation(("asterisk",), version, modules, folder / "share")
    for name, text in render(spec, Paths(folder, folder / "run"), installed).items():
        (etc / name).touch(mode=0o600)
        (etc / name).write_text(text, "utf-8")
    return etc


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    return write(tmp_path / "asterisk")


@pytest.fixture
def after(etc: Path) -> Change:
    """The faults after a change: `after("file", "text", "other text")`, or `after("file", "text")` for an addition."""

    def change(name: str, old: str, new: str | None = None) -> list[Fault]:
        text = (etc / name).read_text("utf-8")
        assert new is None or old in text, f"{name} has no {old!r}"
        (etc / name).write_text(text + "\n" + old + "\n" if new is None else text.replace(old, new, 1), "utf-8")
        return check_files(etc, WANTED)

    return change


def told(faults: list[Fault]) -> str:
    return "\n".join(str(fault) for fault in faults)
