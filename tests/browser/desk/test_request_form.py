"""The form at `/desk`: what an agent takes down by keyboard, and what follows an outcome."""

from typing import Any

import pytest
from playwright.sync_api import Dialog, expect

from bench.stack import until
from phones import Caller, Press, Wait
from tests.browser.agent_at_work import AgentAtWork, await_level, citizen, first_held, ticket_of
from tests.browser.agent_page import await_bridge
from tests.browser.conftest import Desk
from tests.browser.desk.test_articles import article
from tests.browser.keyboard import choose, press, tab_to, write
from tests.browser.requests import ANY, at_work, move, opened
from tests.browser.test_accessibility import each_look

CITIZEN = "article dt:text-is('Vatandaş') + dd > span"
"""Name and number of whoever made a request."""


def test_topic_and_place_are_found_by_their_words_and_enter(desk: Desk, agent: AgentAtWork) -> None:
    """Enter takes what was typed, though it comes before the answer; a topic's own question is in the form then."""
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    topic, mahalle = page.get_by_label("Konu", exact=True), page.get_by_label("Mahalle", exact=True)
    expect(page.get_by_role("combobox", name="Konu ara")).to_be_visible()  # the form is begun
    page.keyboard.press("Alt+r")
    expect(page.get_by_role("combobox", name="Konu ara")).to_be_focused()
    page.keyboard.type("sokak lambasi yanmiyor")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # on to the next, before the answer is there
    expect(topic).to_have_value("sokak_lambasi")
    place = page.get_by_role("combobox", name="Mahalle ya da sokak ara")
    found = page.get_by_role("listbox", name="Mahalle ya da sokak ara").get_by_role("option", name="Aşık Veysel")
    place.focus()
    page.keyboard.type("ASIK VEY")
    expect(found).to_be_visible()
    place.press("Escape")
    expect(found).to_have_count(0)
    page.keyboard.type("sel")
    expect(found).to_be_visible()
    place.press("Enter")
    expect(mahalle.locator("option:checked")).to_have_text("Aşık Veysel")
    place.fill("zzzz")
    expect(page.get_by_text("Bulunamadı")).to_be_visible()
    place.press("Enter")
    expect(mahalle.locator("option:checked")).to_have_text("Aşık Veysel")
    tab_to(page, page.get_by_role("textbox", name="Anlattığı"))
    page.keyboard.type("Lamba üç gündür yanmıyor")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".saved")).to_be_focused()
    (saved,) = desk.stack.request("GET", "/api/v1/tickets", topic="sokak_lambasi").json()
    assert (saved["district"], saved["text"]) == ("asik_veysel", "Lamba üç gündür yanmıyor")


@pytest.mark.parametrize(
    ("address", "line", "words"),
    [("**/town/found?*", "Mahalle ya da sokak ara", "ASIK VEY"), ("**/articles?q=*", "Bilgi ara", "isik nergis")],
)
def test_a_search_that_has_no_answer_is_not_told_as_finding_nothing(
    desk: Desk, agent: AgentAtWork, address: str, line: str, words: str
) -> None:
    """The desk is away in a talk: the citizen must not hear that there is no such street, or nothing known of it."""
    article(desk, title="Nergis sokakta ışık arızası", topic="sokak_lambasi", text="BEDAŞ 186")
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    page.route(address, lambda route: route.fulfill(status=503, json={"detail": "the database does not answer"}))
    search = page.get_by_role("combobox", name=line)
    search.press_sequentially(words)
    told = page.get_by_text("Sunucu yanıt vermedi: aranamadı. Enter ile yeniden deneyin.")
    expect(told).to_be_visible()
    expect(page.get_by_text("Bulunamadı", exact=True)).to_have_count(0)
    assert each_look(page) == []
    page.unroute(address)
    again = first_held(page, address)
    search.press("Enter")
    until("it is asked again", lambda: page.evaluate("1") and again, 60)
    expect(told).to_have_count(0)  # or a screen reader would say nothing of the second failure
    again[0].fulfill(status=503, json={"detail": "the database does not answer"})
    expect(told).to_be_visible()
    search.press("Enter")
    expect(page.get_by_role("listbox", name=line).get_by_role("option").first).to_be_visible()
    expect(told).to_have_count(0)
    desk.wrong[:] = [one for one in desk.wrong if "503" not in one]


def test_forms_are_gone_round_and_given_up_by_their_keys(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    first = citizen(desk, "2")
    agent.answer()
    words = page.get_by_label("Anlattığı")
    words.fill("Çöp alınmadı")
    page.keyboard.press("F4")
    first.wait_for_selector(".state[data-state=ended]")
    second = citizen(desk, "1", "1", number="05325550112")
    agent.answer()
    expect(words).to_have_value("")
    words.fill("Vefat var")
    page.keyboard.press("Alt+l")
    expect(words).to_have_value("Çöp alınmadı")
    expect(page.get_by_role("combobox", name="Konu ara")).to_be_focused()
    page.keyboard.press("Alt+x")
    expect(words).to_have_value("Çöp alınmadı")  # it is asked whether they are sure
    page.keyboard.press("Alt+x")
    expect(words).to_have_value("Vefat var")
    expect(page.get_by_role("group", name="Kaydedilmemiş")).to_have_count(0)
    page.keyboard.press("F4")
    second.wait_for_selector(".state[data-state=ended]")


def test_a_caller_who_comes_back_is_with_their_own_form_again(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    await_bridge(desk, "1001")
    words = page.get_by_label("Anlattığı")
    words.fill("Çöp alınmadı")
    desk.stack.set_state("1001", "paused")  # from the end of this call on
    page.keyboard.press("Alt+t")
    press(page, page.get_by_role("button", name="Bilgi hizmetine aktar"))
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("Arayan aktarıldı: Bilgi")
    second = citizen(desk, "1", "1", number="05325550112")
    until("both wait", lambda: len(desk.stack.queue()) == 2, 60)
    desk.stack.set_state("1001", "ready")
    agent.answer()  # the urgent caller comes first
    expect(words).to_have_value("")
    words.fill("Vefat var")
    page.keyboard.press("F4")
    second.wait_for_selector(".state[data-state=ended]")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    desk.stack.set_state("1001", "ready")
    agent.answer()
    expect(agent.told("Hizmet")).to_contain_text("Bilgi")
    expect(words).to_have_value("Çöp alınmadı")
    expect(page.locator(".whose")).to_have_count(0)
    page.keyboard.press("Alt+l")  # the agent may go to another form in the talk, and stays there
    expect(words).to_have_value("Vefat var")


def test_what_was_typed_is_there_at_another_computer_and_is_kept_no_longer_once_it_is_saved(
    desk: Desk, agent: AgentAtWork
) -> None:
    citizen(desk, "2")
    agent.answer()
    agent.page.get_by_label("Anlattığı").fill("Çukur çok derin")

    def kept() -> list[Any]:
        return [row[0] for row in desk.stack.rows("SELECT draft FROM drafts")]

    until("the desk has it", lambda: any("derin" in str(draft) for draft in kept()), 60)
    other = AgentAtWork(desk, "1001")  # the first computer is broken
    expect(other.page.get_by_label("Anlattığı")).to_have_value("Çukur çok derin")
    other.page.get_by_label("Anlattığı").press("Control+Enter")
    until("nothing is kept", lambda: not kept(), 60)
    expect(other.page.get_by_label("Anlattığı")).to_have_count(0)


def test_who_is_not_content_with_an_outcome_has_a_request_that_follows_it(desk: Desk, agent: AgentAtWork) -> None:
    """By keyboard alone: opened by its number, left, opened again, followed."""
    page = agent.page
    number = opened(desk, caller="+905325550199", contact="none")
    move(desk, number, "accepted")
    move(desk, number, "resolved", result="Asfalt döküldü.")
    until("it is told or closed", lambda: ticket_of(desk, number)["state"] in ("told", "closed"), 60)
    citizen(desk, "2", number="05325550199")
    agent.answer()
    words, theirs = page.get_by_label("Anlattığı"), page.get_by_role("region", name=f"Açılan başvuru: {number}")

    def looks_it_up() -> None:
        page.keyboard.press("Alt+a")
        page.keyboard.type(number)
        page.keyboard.press("Enter")
        expect(theirs).to_contain_text("Asfalt döküldü.")

    words.focus()
    looks_it_up()
    page.keyboard.press("Alt+z")
    expect(theirs).to_have_count(0)
    expect(words).to_be_focused()
    looks_it_up()
    page.keyboard.press("Alt+w")
    expect(page.locator(".follows")).to_contain_text(number)
    second = agent.save(topic="asfalt_talebi", district="esenkent", text="Yine çukur")
    assert ticket_of(desk, second)["follows"] == number


def test_an_urgent_call_whose_request_the_line_has_opened_follows_an_outcome_too(
    desk: Desk, agent: AgentAtWork
) -> None:
    page = agent.page
    number = opened(desk, caller="+905325550198", contact="none")
    move(desk, number, "accepted")
    move(desk, number, "resolved", result="Asfalt döküldü.")
    until("it is told or closed", lambda: ticket_of(desk, number)["state"] in ("told", "closed"), 60)
    citizen(desk, "1", "1", number="05325550198")
    agent.answer()
    page.keyboard.press("Alt+a")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name=f"Açılan başvuru: {number}")).to_contain_text("Asfalt döküldü.")
    page.keyboard.press("Alt+w")
    expect(page.locator(".follows")).to_contain_text(number)
    second = ticket_of(desk, agent.save(text="Yine çöktü"))
    assert (second["service"], second["follows"]) == ("funeral", number)


def test_the_microphone_that_is_chosen_by_keyboard_alone_is_used_and_remembered(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    microphone = page.get_by_label("Mikrofon", exact=True)
    other = microphone.locator("option:not([value=default])").last
    name = other.inner_text()
    choose(page, microphone, other.get_attribute("value") or "")
    expect(microphone.locator("option:checked")).to_have_text(name)
    page.reload()
    expect(agent.now).to_have_attribute("data-state", "ready")
    expect(microphone.locator("option:checked")).to_have_text(name)
    caller = citizen(desk, "2")
    agent.answer()
    choose(page, microphone, "default")  # in mid-talk
    await_level(caller, "> 20")  # the caller hears the agent
    loudspeaker = page.get_by_label("Hoparlör", exact=True)
    choose(page, loudspeaker, loudspeaker.locator("option").nth(1).get_attribute("value") or "")
    await_level(page, "> 20")  # the agent hears the caller


def test_a_callers_name_and_number_are_text_from_the_telephone_to_the_units_desk(
    desk: Desk, agent: AgentAtWork
) -> None:
    """A real call with markup in both. No page shows what a telephone calls itself, and that number is none; what the
    agent writes down of them is seen as it was typed."""
    evil = "<img src=x onerror='window.pwned=1;alert(1)'><script>window.pwned=1;alert(2)</script>"
    number = "%3Cimg%20src=x%20onerror=alert(3)%3E"
    said: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    pages = {
        "/desk": agent.page,
        "/wall": desk.wall(),
        "/lead": desk.visit("/lead", expect=ANY),
        "/unit": at_work(desk, "/unit", "fen"),
        "/inbox": at_work(desk, "/inbox", "inbox"),
    }
    for page in pages.values():
        page.on("dialog", dismiss)
    write(pages["/lead"], pages["/lead"].locator("[name=user]"), "lead")
    write(pages["/lead"], pages["/lead"].locator("[name=password]"), "demo-lead")
    pages["/lead"].keyboard.press("Enter")
    expect(pages["/lead"].locator("[data-link=live]")).to_be_visible()

    desk.phones.append(desk.stack.phones(desk.folder / "evil"))
    script = Caller(steps=(Wait(0.4), Press("2")), from_header=f'"{evil}" <sip:{number}@127.0.0.1>')
    desk.phones[-1].call(script)
    agent.await_ring()
    expect(pages["/wall"].locator("li[data-class=routine]").first).to_contain_text("•••")
    expect(pages["/lead"].locator(".queue tbody tr")).to_contain_text("İstek, şikâyet")
    agent.answer()
    write(agent.page, agent.page.get_by_label("Adı soyadı", exact=True), evil)
    ticket = agent.save(topic="asfalt_talebi", district="esenkent", text=f"{evil} {number}")
    for path in ("/unit", "/inbox"):
        pages[path].goto(f"{desk.url}{path}#{ticket}")
        expect(pages[path].locator(CITIZEN)).to_have_text([evil, "gizli numara"])
        expect(pages[path].locator("article blockquote").first).to_have_text(f"{evil} {number}")
    agent.page.keyboard.press("F4")
    expect(agent.now).to_have_attribute("data-state", "wrapup")

    named = "SELECT name, caller FROM calls WHERE name != ''"
    assert until("the call is recorded", lambda: desk.stack.rows(named), 60) == [(evil, "")], (
        "the line has what the telephone said"
    )
    assert said == []
    for path, page in pages.items():
        assert page.evaluate("window.pwned ?? 0") == 0, path
        assert page.locator("img[src=x], [onerror], main script").count() == 0, path


def test_signing_out_asks_about_forms_that_are_not_saved(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    caller = citizen(desk, "2")
    agent.answer()
    words = page.get_by_label("Anlattığı")
    words.fill("Çöp alınmadı")
    page.keyboard.press("F4")
    caller.wait_for_selector(".state[data-state=ended]")
    expect(agent.now).to_have_attribute("data-state", "wrapup")
    asked = page.get_by_role("dialog", name="Çıkış yap")
    page.get_by_role("button", name="Çıkış yap").click()
    expect(asked).to_contain_text("1 kaydedilmemiş formunuz var.")
    expect(asked.get_by_role("button", name="Kal")).to_be_focused()
    assert each_look(page) == []
    asked.get_by_role("button", name="Kal").click()
    expect(words).to_have_value("Çöp alınmadı")
    page.get_by_role("button", name="Çıkış yap").click()
    asked.get_by_role("button", name="Çık ve sil").click()
    page.wait_for_url(f"{desk.url}/")
    assert page.evaluate("sessionStorage.getItem('cozum.drafts.1001')") is None


def test_a_number_that_is_none_is_refused_at_its_question_and_nothing_is_lost(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    page.get_by_label("Konu", exact=True).select_option("eski_esya")
    pieces = page.get_by_label("Kaç parça?")
    pieces.fill("10 parça")
    page.get_by_role("textbox", name="Anlattığı").fill("Kapının önünde")
    page.keyboard.press("Control+Enter")
    expect(pieces).to_have_attribute("aria-invalid", "true")
    expect(page.locator("form").get_by_text("1 ile 50 arasında bir tam sayı yazın.")).to_be_visible()
    expect(pieces).to_have_value("10 parça")
    expect(page.locator(".saved")).to_have_count(0)
    pieces.fill("10")
    expect(pieces).not_to_have_attribute("aria-invalid", "true")
    number = agent.save(text="Kapının önünde")
    assert ticket_of(desk, number)["fields"] == {"parca": 10}


def test_a_duplicate_that_is_not_offered_any_more_is_chosen_no_more(desk: Desk, agent: AgentAtWork) -> None:
    page = agent.page
    number = opened(desk, topic="asfalt_talebi", district="esenkent", caller="+905325550197")
    citizen(desk, "2")
    agent.answer()
    topic, offered = page.get_by_label("Konu", exact=True), page.get_by_role("radio", name=number)
    topic.select_option("asfalt_talebi")
    page.get_by_label("Mahalle", exact=True).select_option("esenkent")
    offered.check()
    page.reload()
    expect(offered).to_be_checked()  # a form outlives a reload, and so does this
    topic.select_option("sokak_lambasi")
    expect(offered).to_have_count(0)
    topic.select_option("asfalt_talebi")
    expect(offered).to_be_visible()
    expect(offered).not_to_be_checked()
    expect(page.get_by_role("radio", name="Ayrı bir başvuru")).to_be_checked()
