"""Asterisk loads what something of ours uses, and nothing else."""

import re

import pytest

from acd.asterisk import conf
from acd.asterisk.conf import TEMPLATES
from bench.stack import ROOT

PROVIDES = {
    "app_amd": ('"AMD"',),
    "app_dial": ("Dial(",),
    "app_exec": ("ExecIf(",),
    "app_mixmonitor": ('"MixMonitor"', "MixMonitorMute"),
    "app_queue": ("Queue(", "AddQueueMember", "QUEUE_MEMBER("),
    "app_stack": ("Gosub(",),
    "app_userevent": ("UserEvent(",),
    "func_callerid": ("CALLERID(",),
    "func_channel": ("CHANNEL(",),
    "func_cut": ("CUT(",),
    "func_devstate": ("DEVICE_STATE(",),
    "func_evalexten": ("EVAL_EXTEN(",),
    "func_global": ("GLOBAL(",),
    "func_groupcount": ("GROUP(", "GROUP_COUNT("),
    "func_logic": ("IF(",),
    "func_pjsip_aor": ("PJSIP_AOR(",),
    "func_pjsip_contact": ("PJSIP_CONTACT(",),
    "func_strings": ("FILTER(", "LEN(", "STRFTIME("),
    "func_talkdetect": ("TALK_DETECT(",),
}
"""What a dialplan, or we by AMI or AGI, get of each module."""


def loaded() -> list[str]:
    text = (TEMPLATES / "modules.conf").read_text("utf-8")
    return [name.removesuffix(".so") for name in re.findall(r"^load = (\S+)", text, re.MULTILINE)]


def used() -> str:
    """All that asks Asterisk for anything: the dialplan, and our own programs."""
    files = [*TEMPLATES.glob("*.conf"), *(ROOT / "acd").rglob("*.py")]
    return conf.CALLBACK + conf.DUTY + "".join(file.read_text("utf-8") for file in files)


@pytest.mark.parametrize("module", [name for name in loaded() if name.startswith(("app_", "func_"))])
def test_each_application_and_function_is_used(module: str) -> None:
    assert any(name in used() for name in PROVIDES.get(module, ())), f"nothing of ours uses {module}.so"


def test_no_module_is_named_twice() -> None:
    assert len(loaded()) == len(set(loaded()))
