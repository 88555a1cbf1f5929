"""Which modules an Asterisk of ours may and must load (modules.conf)."""

from collections.abc import Iterator, Sequence
from typing import Final

from acd.asterisk.confread import Option, Place, Section
from acd.asterisk.manager_user import NEEDED_MODULES

DANGEROUS_MODULES: Final = frozenset(
    {
        "app_system.so", "app_externalivr.so", "app_originate.so", "app_disa.so", "func_shell.so", "res_config_curl.so",
        "pbx_spool.so", "res_clialiases.so", "pbx_dundi.so", "pbx_lua.so", "res_ari.so", "app_jack.so",
    }
)  # fmt: skip
"""Modules that start calls or programs, or open another way in."""
MONITOR_MODULE: Final = "app_chanspy.so"
"""By it a shift lead monitors talks."""
ALWAYS: Final = ("chan_pjsip.so", "pbx_config.so", "res_agi.so", "app_dial.so", "app_exec.so", *NEEDED_MODULES)


def module_faults(sections: Sequence[Section], *, monitoring: bool) -> Iterator[tuple[str, str]]:
    """The place and the text of each fault of what is loaded."""
    modules = next((one for one in sections if one.name == "modules"), Section("modules", Place("modules.conf", 1)))
    loaded: dict[str, Option] = {
        option.value: option for option in modules.all("load", "require", "preload", "preload-require")
    }
    for name in sorted(DANGEROUS_MODULES & set(loaded)):
        yield str(loaded[name].at), f"load = {name}: it can start calls or programs; remove the line"
    if MONITOR_MODULE in loaded and not monitoring:
        yield (
            str(loaded[MONITOR_MODULE].at),
            f"load = {MONITOR_MODULE}: it listens to talks, and monitoring is off; remove the line",
        )
    for name in (*ALWAYS, MONITOR_MODULE) if monitoring else ALWAYS:
        if name not in loaded:
            yield f"{modules.at} [modules]", f"{name} is not loaded: the engine needs it"
