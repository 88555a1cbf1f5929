"""The line's menu, changed at `/admin`: the next caller has it, whoever is in the menu goes on in theirs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from acd.engine.model.facts import CallEntered
from bench.stack import ROOT, Stack, until
from phones import Caller, OnWord, Phones, Press, Wait
from tests.browser.conftest import Desk
from tests.browser.keyboard import press
from tests.browser.test_admin import admin, review, save
from tests.integration.witnesses import journal_facts

SHIPPED = (ROOT / "ivr" / "flows" / "hotline.toml").read_text("utf-8")
KEYS = '2 = "request"\n3 = "information"\n'
SWAPPED = '2 = "information"\n3 = "request"\n'
STAYS_S = 150.0
_NUMBER = 5_325_550_800


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack"), agents=2, qualify_s=1.0, max_calls_per_number=100) as stack:
        yield stack


def waiting(desk: Desk) -> list[str]:
    """The services for which somebody waits."""
    return sorted(str(one["service"]) for one in desk.stack.queue())


def test_a_key_that_is_saved_is_the_next_callers_until_one_goes_back(desk: Desk, phones: Phones) -> None:
    assert SHIPPED.count(KEYS) == 1
    page = admin(desk, "files/flow")
    text = page.get_by_label("Metin: Sesli menü akışı")
    expect(text).to_have_value(SHIPPED)
    text.fill(SHIPPED.replace(KEYS, SWAPPED.replace("request", "nowhere")))
    review(page)
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".faults")).to_contain_text("nowhere")
    expect(dialog.get_by_role("button", name="Kaydet")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Escape")
    text.fill(SHIPPED.replace(KEYS, SWAPPED))
    review(page)
    expect(dialog).to_contain_text('-2 = "request"')
    expect(dialog).to_contain_text('+2 = "information"')
    # The menu lets nobody wait in it for long: at the last moment, and English begins it anew.
    in_menu = phones.call(
        Caller(steps=(Wait(0.2), OnWord(("8", "2"))), limit_s=STAYS_S), count=1, rate=10, first_number=_NUMBER
    )
    until("somebody is in the menu", lambda: journal_facts(desk.stack, CallEntered), 60)
    save(page)
    in_menu.press(1)
    assert (desk.stack.data_dir / "hotline.toml").read_text("utf-8") == SHIPPED.replace(KEYS, SWAPPED)
    presses = Caller(steps=(Wait(0.4), Press("2")), limit_s=STAYS_S)
    phones.call(presses, count=1, rate=10, first_number=_NUMBER + 1)
    until("the next caller has the new key", lambda: waiting(desk) == ["information"], 60)
    in_menu.press(2)
    until("the one before has the old", lambda: waiting(desk) == ["information", "request"], 60)
    press(page, page.locator("summary", has_text="Sürümler (2)"))
    press(page, page.get_by_role("button", name="Sürüm 1 için: bu sürüme dön"))
    expect(dialog).to_contain_text('+2 = "request"')
    save(page)
    phones.call(presses, count=1, rate=10, first_number=_NUMBER + 2)
    until("it is as it was", lambda: waiting(desk) == ["information", "request", "request"], 60)
