"""Articles of the knowledge base at `/desk`: found, offered for a topic, and said to have answered a call."""

from typing import Any

from playwright.sync_api import expect

from bench.stack import until
from tests.browser.agent_at_work import AgentAtWork, citizen, first_held, ticket_of
from tests.browser.conftest import Desk
from tests.browser.keyboard import choose, press
from tests.browser.requests import ask
from tests.browser.test_accessibility import each_look

EVIL = '<img src=x onerror="window.pwned=1"> <script>window.pwned=1</script>'


def article(desk: Desk, **values: Any) -> int:
    """The id of an article that a lead has written."""
    until("the database serves", lambda: desk.stack.request("GET", "/api/v1/articles").status_code == 200, 60)
    return int(ask(desk, "POST", "/articles", **values)["id"])


def answered_by(desk: Desk, article: int) -> list[tuple[Any, ...]]:
    """What the database has of calls that an article answered."""
    return desk.stack.rows("SELECT disposition, topic, who FROM dispositions WHERE article = ?", article)


def test_an_agent_finds_an_article_by_its_words_and_answers_by_it(desk: Desk, agent: AgentAtWork) -> None:
    lamp = article(
        desk, title="Zürafa sokakta ışık arızası", topic="sokak_lambasi", valid_until="2020-05-31",
        text=f"**BEDAŞ 186** aranır. {EVIL}\n\n- direk numarası\n- adres",
    )  # fmt: skip
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    search = page.get_by_role("combobox", name="Bilgi ara")
    expect(search).to_be_visible()
    page.keyboard.press("Alt+B")
    expect(search).to_be_focused()
    page.keyboard.type("isik zurafa")
    expect(page.get_by_role("option", name="Zürafa sokakta ışık arızası")).to_be_visible()
    page.keyboard.press("Enter")
    shown = page.locator(f"[data-article='{lamp}']")
    expect(shown.locator("strong")).to_have_text("BEDAŞ 186")
    expect(shown.locator("li")).to_have_text(["direk numarası", "adres"])
    expect(shown).to_contain_text("31 Mayıs 2020 günü doldu")
    expect(shown).to_contain_text(EVIL)
    assert shown.locator("img, script").count() == 0
    assert each_look(page) == []
    assert page.evaluate("window.pwned") is None
    page.keyboard.press("Alt+Y")
    expect(page.get_by_text("Görüşme bu bilgiyle yanıtlandı: Zürafa")).to_be_visible()
    expect(search).to_be_hidden()
    until("it is the call's", lambda: answered_by(desk, lamp), 60)
    assert answered_by(desk, lamp) == [("answered", "sokak_lambasi", "1001")]


def test_an_article_that_answers_takes_no_written_form_with_it(desk: Desk, agent: AgentAtWork) -> None:
    lamp = article(desk, title="Papatya parkında ışık arızası", topic="sokak_lambasi", text="BEDAŞ 186")
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    words = page.get_by_role("textbox", name="Anlattığı")
    words.fill("Bir de çukur var")
    page.keyboard.press("Alt+B")
    page.keyboard.type("isik papatya")
    expect(page.get_by_role("option", name="Papatya parkında ışık arızası")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-article='{lamp}']")).to_be_visible()
    page.keyboard.press("Alt+Y")
    expect(page.get_by_text("Görüşme bu bilgiyle yanıtlandı: Papatya")).to_be_visible()
    until("it is the call's", lambda: answered_by(desk, lamp), 60)
    expect(words).to_have_value("Bir de çukur var")
    number = agent.save(text="Bir de çukur var, derin")
    assert ticket_of(desk, number)["text"] == "Bir de çukur var, derin"


def test_an_article_is_opened_though_an_older_search_is_answered_after_its_own(desk: Desk, agent: AgentAtWork) -> None:
    wanted = article(desk, title="Zambak sokakta su kesintisi", topic="su_kesintisi", text="İSKİ **185** aranır.")
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    search = page.get_by_role("combobox", name="Bilgi ara")
    held = first_held(page, "**/api/v1/articles?q=zzzz&*")
    search.press_sequentially("zzzz")
    until("the first is asked", lambda: page.evaluate("1") and held, 60)
    search.fill("zambak")
    expect(page.get_by_role("option", name="Zambak sokakta su kesintisi")).to_be_visible()
    with page.expect_event("requestfinished", lambda one: one.url == held[0].request.url):
        held[0].continue_()
    search.press("Enter")
    expect(page.locator(f"[data-article='{wanted}'] strong")).to_have_text("185")


def test_the_articles_of_the_chosen_topic_are_offered(desk: Desk, agent: AgentAtWork) -> None:
    tax = article(desk, title="Vergi ne zaman ödenir?", topic="vergi", text="Mayıs ve kasım")
    citizen(desk, "2")
    agent.answer()
    page = agent.page
    choose(page, page.get_by_label("Konu", exact=True), "vergi")
    page.set_viewport_size({"width": 390, "height": 844})  # a telephone's
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    form = page.get_by_role("form", name="Başvuru", exact=True).bounding_box()
    devices = page.get_by_label("Mikrofon", exact=True).bounding_box()
    assert form
    assert devices
    assert form["y"] < devices["y"]
    offered = page.get_by_role("group", name="Bu konunun bilgileri")
    press(page, offered.get_by_role("button", name="Vergi ne zaman ödenir?"))
    expect(page.locator(f"[data-article='{tax}']")).to_contain_text("Mayıs ve kasım")
    press(page, page.get_by_role("button", name="Bununla yanıtlandı"))
    expect(page.get_by_text("Görüşme bu bilgiyle yanıtlandı: Vergi")).to_be_visible()
    until("it is the call's", lambda: answered_by(desk, tax), 60)
    assert answered_by(desk, tax) == [("answered", "vergi", "1001")]


def test_articles_that_come_when_the_form_is_gone_are_nobodys(desk: Desk, agent: AgentAtWork) -> None:
    """The request is saved before the desk has said what is known of its topic: nothing breaks in the page."""
    page = agent.page
    citizen(desk, "2")
    agent.answer()
    held = first_held(page, "**/api/v1/articles?topic=*")
    agent.save(topic="sokak_lambasi", text="Lamba yanmıyor")
    until("the articles are asked for", lambda: page.evaluate("1") and held, 60)
    with page.expect_event("requestfinished", lambda one: one.url == held[0].request.url):
        held[0].continue_()
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
