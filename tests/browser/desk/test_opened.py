"""Requests that an agent has open at `/desk`: the ways from one to another, and what others do to them meanwhile."""

import re

from playwright.sync_api import Locator, Page, expect

from bench.stack import until
from tests.browser.agent_at_work import AgentAtWork, first_held
from tests.browser.conftest import Desk
from tests.browser.keyboard import press, write
from tests.browser.requests import ANY, ask, move, opened, steps, ticket
from tests.browser.test_accessibility import each_look


def look_up(page: Page, number: str) -> Locator:
    """Open a request by its number, as an agent does; its panel, once it has the focus."""
    page.keyboard.press("Alt+a")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    return at(page, number)


def at(page: Page, number: str) -> Locator:
    """The panel of the open request, once its heading has the focus."""
    theirs = page.get_by_role("region", name=f"Açılan başvuru: {number}")
    expect(theirs.locator(".number")).to_have_text(number)
    expect(page.locator("#request-title")).to_be_focused()
    return theirs


def link(within: Locator, number: str) -> Locator:
    """The way to another request."""
    return within.locator(f"a[data-request='{number}']")


def put_right(page: Page) -> Locator:
    """The form that puts right, opened by its key."""
    page.locator("[data-action=amend]").wait_for(state="attached")
    page.keyboard.press("F7")
    form = page.get_by_role("form", name="Düzelt")
    form.wait_for()
    return form


def test_links_lead_from_request_to_request_by_keyboard_alone(desk: Desk) -> None:
    parent, child, other = opened(desk), opened(desk), opened(desk)
    for number in (child, other):
        ask(desk, "POST", f"/tickets/{number}/duplicate-of", number=parent)
    before = opened(desk, text="Asfalt söküldü")
    move(desk, before, "resolved", result="Asfalt döküldü.")
    move(desk, before, "told")
    after = opened(desk, follows=before, text="Yine söküldü")
    page = AgentAtWork(desk, "1001").page
    theirs = look_up(page, child)
    address = page.url
    press(page, link(theirs.locator(".joined"), parent))
    theirs = at(page, parent)
    expect(theirs.locator(".related a")).to_have_text([child, other])
    assert each_look(page) == []
    press(page, link(theirs.locator(".related"), other))
    theirs = at(page, other)
    press(page, link(theirs.locator(".joined"), parent))
    press(page, link(at(page, parent).locator(".related"), child))  # it was read before
    at(page, child)
    theirs = look_up(page, after)
    press(page, link(theirs.locator(".related"), before))
    theirs = at(page, before)
    press(page, link(theirs.locator(".related"), after))
    theirs = at(page, after)
    assert page.url == address, "no address leads away from the calls"
    page.keyboard.press("Escape")
    expect(theirs).to_have_count(0)
    assert page.evaluate("document.activeElement !== document.body")
    read = desk.stack.rows("SELECT about FROM audit WHERE who = '1001' AND action = 'ticket_seen' ORDER BY id")
    seen = dict.fromkeys(about for (about,) in read)  # the parent also when the page was looked at in English, and back
    assert list(seen)[:3] == [child, parent, other]


def test_what_is_half_written_is_kept_when_a_link_leads_away_from_it(desk: Desk) -> None:
    parent, child = opened(desk, address="Işık Sokağı"), opened(desk, address="Işık Sokağı")
    ask(desk, "POST", f"/tickets/{child}/duplicate-of", number=parent)
    page = AgentAtWork(desk, "1001").page
    theirs = look_up(page, child)
    form = put_right(page)
    write(page, form.get_by_label("Adres"), "Işık Sokağı 7")
    press(page, link(theirs.locator(".joined"), parent))
    theirs = at(page, parent)
    expect(page.get_by_role("form", name="Düzelt")).to_have_count(0)
    expect(put_right(page).get_by_label("Adres")).to_have_value("Işık Sokağı")
    page.keyboard.press("Escape")
    press(page, link(theirs.locator(".related"), child))
    at(page, child)
    expect(put_right(page).get_by_label("Adres")).to_have_value("Işık Sokağı 7")
    page.keyboard.press("Control+Enter")
    expect(page.locator("article .place")).to_contain_text("Işık Sokağı 7")
    assert (ticket(desk, child)["address"], ticket(desk, parent)["address"]) == ("Işık Sokağı 7", "Işık Sokağı")


def test_the_key_of_putting_right_is_never_the_browsers_at_the_desk(desk: Desk) -> None:
    """At F7 browsers ask whether a text cursor is wanted: before a request is open, while it is fetched, and after."""
    number = opened(desk)
    page = AgentAtWork(desk, "1001").page
    page.evaluate("addEventListener('keydown', (event) => { window.kept = [event.key, event.defaultPrevented] })")

    def kept(key: str) -> list[object]:
        page.keyboard.press(key)
        return list(page.evaluate("window.kept"))

    assert kept("F7") == ["F7", True]
    page.keyboard.down("F7")
    page.keyboard.down("F7")  # held
    assert page.evaluate("window.kept") == ["F7", True]
    page.keyboard.up("F7")
    assert kept("Shift+F7") == ["F7", False]
    late = first_held(page, f"**/api/v1/tickets/{number}")
    page.keyboard.press("Alt+a")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name=f"Açılan başvuru: {number}")).to_be_visible()
    assert kept("F7") == ["F7", True]
    expect(page.get_by_role("form", name="Düzelt")).to_have_count(0)
    until("it is asked for", lambda: page.evaluate("1") and late, 60)
    late[0].continue_()
    at(page, number)
    form = put_right(page)
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    page.keyboard.press("Alt+z")
    assert kept("F7") == ["F7", True]
    expect(form).to_have_count(0)


def test_who_follows_a_link_to_what_is_not_shown_hears_why_and_comes_back(desk: Desk) -> None:
    parent, number = opened(desk), opened(desk)
    ask(desk, "POST", f"/tickets/{number}/duplicate-of", number=parent)
    page = AgentAtWork(desk, "1001", expect=ANY).page

    def answer(status: int, **problem: str) -> None:
        page.unroute_all()
        page.route(re.compile(rf"/tickets/{parent}$"), lambda route: route.fulfill(status=status, json=problem))

    for status, said in (
        (403, "Bu başvuru sizin biriminizde değil."),
        (404, "Bu numarayla başvuru yok"),
        (503, "Bağlantı yok."),
    ):
        answer(status, detail="no", code="not_your_unit" if status == 403 else "")
        theirs = look_up(page, number)
        press(page, link(theirs.locator(".joined"), parent))
        why = page.locator(".opened .why")
        expect(why).to_contain_text(said)
        expect(why).to_be_focused()
        assert each_look(page) == []
        page.keyboard.press("Escape")
        expect(page.locator(".opened")).to_have_count(0)
        assert page.evaluate("document.activeElement !== document.body")
    theirs = look_up(page, number)
    press(page, link(theirs.locator(".joined"), parent))
    expect(why).to_be_focused()
    page.unroute_all()
    page.evaluate("dispatchEvent(new Event('online'))")  # the desk answers again
    at(page, parent)


def test_a_number_that_is_nobodys_leaves_the_focus_where_it_is_typed_again(desk: Desk) -> None:
    page = AgentAtWork(desk, "1001", expect=ANY).page
    number = opened(desk)
    page.route(re.compile(rf"/tickets/{number}$"), lambda route: route.fulfill(status=404, json={"detail": "none"}))
    page.keyboard.press("Alt+a")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.locator(".opened .why")).to_be_visible()
    expect(page.get_by_label("Başvuru numarası")).to_be_focused()


def test_what_others_have_done_to_the_open_request_is_shown_before_a_correction_is_sent(desk: Desk) -> None:
    number, parent = opened(desk, address="Işık Sokağı"), opened(desk, address="Işık Sokağı")
    page = AgentAtWork(desk, "1001", expect=ANY).page
    theirs = look_up(page, number)
    expect(theirs).to_contain_text("birime verildi")
    form = put_right(page)
    write(page, form.get_by_label("Adres"), "Işık Sokağı 7")
    move(desk, number, "accepted", note="Ekip yarın gidecek")
    ask(desk, "POST", f"/tickets/{number}/duplicate-of", number=parent)
    page.keyboard.press("Control+Enter")
    changed = form.get_by_role("alert").filter(has_text="Siz yazarken bu başvuru değişti")
    expect(changed).to_contain_text("Ekip yarın gidecek")
    expect(changed).to_contain_text("Başka bir başvuruya bağlandı")
    expect(theirs.locator(".joined")).to_contain_text(parent)
    expect(form.get_by_label("Adres")).to_have_value("Işık Sokağı 7")
    assert each_look(page) == []
    assert ticket(desk, number)["address"] == "Işık Sokağı"
    press(page, form.get_by_role("button", name="Yine de gönder"))
    expect(page.locator("article .place")).to_contain_text("Işık Sokağı 7")
    found = ticket(desk, number)
    assert (found["address"], found["state"], found["parent"]) == ("Işık Sokağı 7", "accepted", parent)
    assert steps(desk, number, "1001") == ["amend"]


def test_an_open_request_that_others_have_closed_or_joined_says_so_when_something_is_done_to_it(desk: Desk) -> None:
    """An agent who writes is told what has changed, and may go on; joining to another one is not done twice."""
    number, parent, another = (opened(desk, topic="rogar_kapagi", district="zafer") for _ in range(3))
    page = AgentAtWork(desk, "1001", expect=ANY).page
    theirs = look_up(page, number)
    join = page.locator("[data-action=join]")
    expect(join).to_have_attribute("aria-keyshortcuts", re.compile("Alt"))  # the town's rules are there
    ask(desk, "POST", f"/tickets/{number}/duplicate-of", number=parent)
    page.keyboard.press(join.get_attribute("aria-keyshortcuts") or "")
    form = page.locator("article form")
    form.wait_for()
    form.locator("input[type=radio]").first.wait_for()
    chosen = form.locator(f"input[type=radio][value='{another}']")
    chosen.check()
    page.keyboard.press("Control+Enter")
    changed = form.get_by_role("alert").filter(has_text="Siz yazarken bu başvuru değişti")
    expect(changed).to_contain_text("Başka bir başvuruya bağlandı")
    expect(theirs.locator(".joined")).to_contain_text(parent)
    assert each_look(page) == []
    page.keyboard.press("Escape")
    expect(join).to_have_count(0)  # it hangs together with the other one
    move(desk, parent, "closed", note="Yinelenen")
    until("it stands alone", lambda: ticket(desk, number)["parent"] is None, 60)
    page.keyboard.press("Alt+n")
    page.keyboard.type("Arayana söylendi")
    page.keyboard.press("Control+Enter")
    expect(changed).to_contain_text("Ayrı bir başvuru oldu")
    page.keyboard.press("Control+Enter")  # and is added to it as it is now
    expect(theirs.locator(".history")).to_contain_text("Arayana söylendi")
    assert steps(desk, number, "1001") == ["note"]
