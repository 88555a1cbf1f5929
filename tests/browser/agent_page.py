"""An agent's telephone in a page, and the citizens who call it.

The page is the demo's caller's, which may use a microphone. The module that the agent's desk is made with is loaded
into it as that page loads its own.
"""

from typing import Any

from playwright.sync_api import Page

from bench.stack import until
from tests.browser.conftest import Desk

SOUND = """() => {
  const call = phone.calls[0];
  return call && {
    state: call.state, keys: call.keys, sent: call.quality?.sent ?? 0, received: call.quality?.received ?? 0,
    name: call.name, number: call.number,
  };
}"""
OPEN = """async ([source, extension, token]) => {
  const { Telephone } = await import(source);
  const account = async (renews) => {
    const body = JSON.stringify(renews ? { renews } : {});
    const answer = await fetch(`/api/v1/agents/${extension}/phone`, {
      method: "POST", body, headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return await answer.json();
  };
  globalThis.phone = new Telephone({ account, registers: true });
  await phone.start();
}"""


class AgentPage:
    """A page that is an agent's telephone."""

    def __init__(self, desk: Desk, extension: str, *, expect: str = "WebSocket", wait: bool = True) -> None:
        self.desk = desk
        self.extension = extension
        self.page: Page = desk.visit("/phone", bypass_csp=True, expect=expect)
        self.page.get_by_role("button", name="Ara", exact=True).hover()  # the page is there, and has its own module
        self.page.wait_for_selector("[data-state=ready]")
        source = self.page.evaluate(
            "performance.getEntriesByType('resource').map((one) => one.name)"
            ".find((name) => /telephone\\.svelte/.test(name))"
        )
        self.page.evaluate(OPEN, [source, extension, desk.token])
        if wait:
            self.await_state("ready")

    @property
    def state(self) -> str:
        """The state of the telephone."""
        return str(self.page.evaluate("phone.state"))

    def await_state(self, state: str, within_s: float = 60.0) -> None:
        """Wait for one."""
        until(f"the telephone of {self.extension} is {state}", lambda: self.state == state, within_s)

    @property
    def call(self) -> dict[str, Any]:
        """What its newest call is; empty without one."""
        return dict(self.page.evaluate(SOUND) or {})

    def await_call(self, state: str, within_s: float = 60.0) -> dict[str, Any]:
        """Wait until the newest call is in a state."""
        until(f"the call at {self.extension} is {state}", lambda: self.call.get("state") == state, within_s)
        return self.call

    def await_that(self, condition: str) -> None:
        """Wait until this is so of the newest call, `call`, however shortly: the page looks itself."""
        self.page.wait_for_function(f"() => {{ const call = phone.calls[0]; return call && {condition}; }}", polling=20)

    def do(self, what: str) -> object:
        """Have the newest call do something; what it answers."""
        return self.page.evaluate(f"async () => await phone.calls[0].{what}")


def citizen(desk: Desk, *keys: str, expect: str = "", number: str = "") -> Page:
    """A citizen's page that has called, by this number if any, and pressed these keys."""
    page = desk.visit("/phone", expect=expect)
    if number:
        page.get_by_label("Arayan numara").fill(number)
    page.get_by_role("button", name="Ara", exact=True).click()
    page.wait_for_selector(".state[data-state=talking]")
    for key in keys:
        page.keyboard.press(key)
    return page


def await_bridge(desk: Desk, extension: str) -> None:
    """Wait until Asterisk has connected an agent's answered call: it transfers none before, and no page can tell."""

    def bridged() -> bool:
        channels = desk.stack.asterisk_cli("core show channels concise").splitlines()
        return any(one.startswith(f"PJSIP/{extension}-") and one.split("!")[12] for one in channels)

    until(f"{extension} is connected", bridged, 60)
