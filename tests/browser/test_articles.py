"""The knowledge base at `/articles`: what a shift lead writes there."""

import re

from playwright.sync_api import Page, Route, expect

from bench.stack import until
from tests.browser.agent_at_work import first_held
from tests.browser.conftest import Desk
from tests.browser.keyboard import choose, press, tab_to, write
from tests.browser.requests import ask, at_work
from tests.browser.test_accessibility import each_look


def test_a_lead_writes_an_article_and_of_two_authors_the_second_is_told(desk: Desk) -> None:
    page = desk.visit("/articles", expect="Failed to load resource")
    page.locator("[name=user]").fill("lead")
    page.locator("[name=password]").fill("demo-lead")
    page.keyboard.press("Enter")
    expect(page.locator("main[data-open=true]")).to_be_visible()
    assert each_look(page) == []
    title, words = page.get_by_label("Başlık", exact=True), page.get_by_label("Metin", exact=True)
    write(page, title, "Işık denemesi")
    choose(page, page.get_by_label("Konu", exact=True), "sokak_lambasi")
    write(page, words, "**Bir** <b>iki</b>\n\n- üç")
    preview = page.get_by_role("region", name="Görevlinin gördüğü")
    expect(preview.locator("strong")).to_have_text("Bir")
    expect(preview.locator("p")).to_have_text("Bir <b>iki</b>")
    press(page, title)
    expect(page.get_by_role("heading", name="Bilgiyi düzenleyin")).to_be_visible()
    (made,) = desk.stack.get("articles", q="isik denemesi")
    assert (made["topic"], made["version"], made["who"]) == ("sokak_lambasi", 1, "lead")

    ask(desk, "PUT", f"/articles/{made['id']}", title="Işık denemesi", text="Başkasının sözü")
    write(page, words, "Benim sözüm")
    press(page, page.get_by_role("button", name="Kaydet", exact=True))
    expect(page.get_by_role("alert").filter(has_text="Siz yazarken token kaydetti (2. sürüm")).to_be_visible()
    expect(words).to_have_value("Benim sözüm")
    expect(page.locator("summary")).to_have_count(2)
    press(page, page.locator("summary").last)
    assert each_look(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert each_look(page) == []
    press(page, page.get_by_role("button", name="Yine de kaydet"))
    expect(page.locator("summary")).to_have_count(3)
    assert desk.stack.get(f"articles/{made['id']}")["text"] == "Benim sözüm"

    press(page, page.get_by_role("button", name="Kullanımdan kaldır"))
    expect(page.locator(f"main [data-article='{made['id']}']")).to_have_count(0)
    expect(page.get_by_role("button", name="Yeniden kullanıma al")).to_be_visible()
    assert desk.stack.get("articles", q="isik denemesi") == []
    finds_it_again_by_keyboard_alone(page, made["id"])


def test_an_article_that_is_half_written_is_kept_until_it_is_saved(desk: Desk) -> None:
    other = ask(desk, "POST", "/articles", title="Öteki bilgi", text="Sözler")["id"]
    page = at_work(desk, "/articles", "lead")
    title, words = page.get_by_label("Başlık", exact=True), page.get_by_label("Metin", exact=True)
    title.fill("Yarım bilgi")
    words.fill("Bir")
    page.locator(f"[data-article='{other}']").click()
    expect(title).to_have_value("Öteki bilgi")
    page.get_by_role("button", name="Yeni bilgi (yarım)").click()
    expect(title).to_have_value("Yarım bilgi")
    page.get_by_role("button", name="Çıkış yap").click()
    asked = page.get_by_role("dialog", name="Kaydedilmemiş yazılar")
    expect(asked).to_contain_text("1 bilgi. Çıkarsanız silinir")
    page.get_by_role("button", name="Kal", exact=True).click()

    held: list[Route] = []
    page.route(re.compile("/api/v1/articles$"), lambda route: held.append(route))
    with page.expect_request(re.compile("/api/v1/articles$")):
        page.get_by_role("button", name="Kaydet", exact=True).click()
    words.press("End")
    words.press_sequentially(" iki")  # while it is saved
    until("the save is held", lambda: page.evaluate("true") and held, 60)
    (save,) = held
    save.continue_()
    expect(page.get_by_role("heading", name="Bilgiyi düzenleyin")).to_be_visible()
    expect(words).to_have_value("Bir iki")
    expect(words).to_be_focused()
    page.get_by_role("button", name="Kaydet", exact=True).click()
    expect(page.locator("summary")).to_have_count(2)
    (made,) = desk.stack.get("articles", q="yarim bilgi")
    assert (made["text"], made["version"]) == ("Bir iki", 2)
    page.get_by_role("button", name="Çıkış yap").click()
    page.wait_for_url(f"{desk.url}/")


def test_of_two_searches_the_later_one_is_shown_whichever_is_answered_last(desk: Desk) -> None:
    for title in ("Kuyu suyu", "Kuyu kapağı"):
        ask(desk, "POST", "/articles", title=title, text="Sözler")
    page = at_work(desk, "/articles", "lead")
    search, rows = page.get_by_label("Bilgi ara"), page.locator("main [data-article]")
    held = first_held(page, "**/api/v1/articles?q=kuyu&*")
    search.fill("kuyu")
    until("the first is asked", lambda: page.evaluate("1") and held, 60)
    search.fill("kuyu kapağı")
    expect(rows).to_have_count(1)
    with page.expect_event("requestfinished", lambda one: one.url == held[0].request.url):
        held[0].continue_()
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert rows.all_inner_texts()[0].startswith("Kuyu kapağı")
    expect(rows).to_have_count(1)


def test_an_author_who_goes_on_to_another_article_writes_over_nobody(desk: Desk) -> None:
    """The save is refused when its article is not shown any more. The other article has as many versions."""
    titles = ("Kuşlar", "Balıklar")
    mine, other = (ask(desk, "POST", "/articles", title=one, text="Sözler")["id"] for one in titles)
    page = at_work(desk, "/articles", "lead")
    title, words = page.get_by_label("Başlık", exact=True), page.get_by_label("Metin", exact=True)
    save = page.get_by_role("button", name="Kaydet", exact=True)
    page.locator(f"[data-article='{mine}']").click()
    expect(title).to_have_value("Kuşlar")
    words.fill("Benim sözüm")
    for one, name in ((mine, "Kuşlar"), (other, "Balıklar")):
        ask(desk, "PUT", f"/articles/{one}", title=name, text="Başkasının sözü")
    held = first_held(page, f"**/api/v1/articles/{mine}")
    save.click()
    until("the save is sent", lambda: page.evaluate("1") and held, 60)
    page.locator(f"[data-article='{other}']").click()
    expect(title).to_have_value("Balıklar")
    with page.expect_event("requestfinished", lambda one: one.url == held[0].request.url):
        held[0].continue_()
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    page.wait_for_load_state("networkidle")
    page.locator(f"[data-article='{mine}']").click()
    expect(words).to_have_value("Benim sözüm")
    save.click()
    expect(page.get_by_role("alert").filter(has_text="Siz yazarken token kaydetti (2. sürüm")).to_be_visible()
    assert desk.stack.get(f"articles/{mine}")["text"] == "Başkasının sözü"


def finds_it_again_by_keyboard_alone(page: Page, article: int) -> None:
    """The withdrawn article, by its words among those like it; it is brought back."""
    page.reload()
    tab_to(page, page.get_by_label("Bilgi ara"))
    page.keyboard.type("isik denemesi")
    expect(page.get_by_text("Bu aramaya uyan bilgi yok.")).to_be_visible()
    tab_to(page, page.get_by_label("Hangileri"))
    page.keyboard.press("End")
    press(page, page.locator(f"main [data-article='{article}']"))
    press(page, page.get_by_role("button", name="Yeniden kullanıma al"))
    expect(page.get_by_role("button", name="Kullanımdan kaldır")).to_be_visible()
