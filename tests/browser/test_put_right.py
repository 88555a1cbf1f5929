"""A request is put right after its form is closed, joined to another one and parted from it: at a unit's desk, in the
inbox and by an agent whose caller rings again."""

import re

import httpx
from playwright.sync_api import Locator, Page, Route, expect

from bench.stack import until
from tests.browser.agent_at_work import AgentAtWork, first_held
from tests.browser.conftest import Desk
from tests.browser.keyboard import choose, choose_radio, press, tab_to, write
from tests.browser.requests import TELEPHONE, ask, at_work, move, opened, steps, ticket
from tests.browser.test_accessibility import each_look


def form_of(page: Page) -> Locator:
    """The form in which a request is put right."""
    return page.get_by_role("form", name="Düzelt")


def put_right(page: Page) -> Locator:
    """That form, opened by its key."""
    page.locator("[data-action=amend]").wait_for(state="attached")  # once the town's topics are there
    page.keyboard.press("F7")
    form_of(page).get_by_role("button", name="Düzeltmeyi gönder").wait_for()
    return form_of(page)


def show(page: Page, number: str) -> None:
    """Go to another request of the same desk."""
    page.evaluate("number => { location.hash = number }", number)
    expect(page.locator("article .number")).to_have_text(number)


def last_step(desk: Desk, number: str, who: str) -> list[str]:
    """The fields that somebody has put right, as the history of the API names them."""
    (step,) = (one for one in ticket(desk, number)["history"] if (one["what"], one["who"]) == ("amend", who))
    return list(step["detail"]["fields"])


def test_an_agent_whose_caller_rings_again_says_the_street_by_keyboard_alone(desk: Desk) -> None:
    number = opened(desk, topic="kaldirim_bozuk", text="Kaldırım kırık")
    page = AgentAtWork(desk, "1001").page
    page.keyboard.press("Alt+a")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    theirs = page.get_by_role("region", name=f"Açılan başvuru: {number}")
    expect(theirs).to_contain_text("Daha sorulacak: Hangi binanın önünde?")
    form = put_right(page)
    question = form.get_by_label("Hangi binanın önünde?")
    expect(question).to_be_focused()  # what is still to be asked
    page.keyboard.type("Fırının önünde")
    search = form.get_by_role("combobox", name="Mahalle ya da sokak ara")
    proposed = form.get_by_role("listbox", name="Mahalle ya da sokak ara").get_by_role("option", name="Aşık Veysel")
    tab_to(page, search)
    page.keyboard.type("ASIK VEY")
    expect(proposed).to_be_visible()
    page.keyboard.press("Escape")  # closes the list alone
    expect(proposed).to_have_count(0)
    page.keyboard.type("sel")
    page.keyboard.press("Enter")
    expect(form.get_by_label("Mahalle", exact=True)).to_have_value("asik_veysel")
    write(page, form.get_by_label("Adres"), "Işık Sokağı")
    write(page, form.get_by_label("Anlattığı"), "Kaldırım kırık, düşen oldu")
    assert each_look(page) == []
    page.keyboard.press("Control+Enter")
    expect(form).to_have_count(0)
    expect(page.locator("#request-title")).to_be_focused()
    expect(theirs).to_contain_text("Fırının önünde")
    expect(theirs).not_to_contain_text("Daha sorulacak")
    expect(theirs.locator(".history")).to_contain_text("Düzeltildi")
    found = ticket(desk, number)
    assert (found["fields"], found["address"], found["text"], found["missing"]) == (
        {"yeri": "Fırının önünde"}, "Işık Sokağı", "Kaldırım kırık, düşen oldu", [],
    )  # fmt: skip
    assert last_step(desk, number, "1001") == ["address", "district", "fields", "text"]


def test_a_unit_puts_the_address_right_of_what_somebody_else_has_changed_meanwhile(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    form = put_right(page)
    write(page, form.get_by_label("Adres"), "Işık Sokağı 7")
    ask(desk, "PATCH", f"/tickets/{number}", text="Asfalt yok, okul yolu")
    move(desk, number, "accepted", note="Ekip yarın gidecek")
    page.keyboard.press("Control+Enter")
    changed = form.get_by_role("alert").filter(has_text="Siz yazarken bu başvuru değişti")
    expect(changed).to_contain_text("Ekip yarın gidecek")
    expect(changed.locator("li").filter(has_text="Düzeltildi")).to_contain_text("Anlattığı")
    page.keyboard.press("F7")  # the form is not opened anew
    expect(changed).to_be_visible()
    expect(form.get_by_label("Adres")).to_have_value("Işık Sokağı 7")
    assert ticket(desk, number)["address"] == ""
    assert each_look(page) == []
    press(page, form.get_by_role("button", name="Yine de gönder"))
    expect(page.locator("article .place")).to_contain_text("Işık Sokağı 7")
    found = ticket(desk, number)
    assert (found["address"], found["text"], found["state"]) == ("Işık Sokağı 7", "Asfalt yok, okul yolu", "accepted")
    assert last_step(desk, number, "fen") == ["address"]


def test_what_others_have_put_right_stays_when_a_form_that_was_left_is_taken_up_again(desk: Desk) -> None:
    number, other = opened(desk, address="Işık Sokağı"), opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    form = put_right(page)
    write(page, form.get_by_label("Adres"), "Işık Sokağı 7")
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    ask(desk, "PATCH", f"/tickets/{number}", text="Asfalt yok, okul yolu")
    show(page, other)
    show(page, number)
    expect(page.locator("section[aria-labelledby=request-told] blockquote")).to_have_text("Asfalt yok, okul yolu")
    put_right(page)
    expect(form.get_by_label("Adres")).to_have_value("Işık Sokağı 7")
    expect(form.get_by_label("Anlattığı")).to_have_value("Asfalt yok, okul yolu")
    page.keyboard.press("Control+Enter")
    expect(page.locator("article .place")).to_contain_text("Işık Sokağı 7")
    found = ticket(desk, number)
    assert (found["address"], found["text"]) == ("Işık Sokağı 7", "Asfalt yok, okul yolu")
    assert last_step(desk, number, "fen") == ["address"]


def test_where_two_have_changed_the_same_each_reads_what_the_other_wrote(desk: Desk) -> None:
    number = opened(desk, address="Işık Sokağı")
    page = at_work(desk, f"/unit#{number}", "fen")
    form = put_right(page)
    address = form.get_by_label("Adres")
    write(page, address, "Işık Sokağı 7")
    ask(desk, "PATCH", f"/tickets/{number}", address="Işık Sokağı 9", text="Asfalt yok, okul yolu")
    page.keyboard.press("Control+Enter")
    changed = form.get_by_role("alert").filter(has_text="Siz yazarken bu başvuru değişti")
    expect(changed).to_contain_text("Adres, Anlattığı")
    expect(form).to_contain_text("Bu arada değişti. Şimdiki: Işık Sokağı 9")
    expect(address).to_have_value("Işık Sokağı 7")
    assert each_look(page) == []
    page.keyboard.press("Escape")
    put_right(page)  # what was kept of the form still tells it
    expect(form).to_contain_text("Bu arada değişti. Şimdiki: Işık Sokağı 9")
    page.keyboard.press("Control+Enter")
    expect(page.locator("article .place")).to_contain_text("Işık Sokağı 7")
    assert last_step(desk, number, "fen") == ["address"]


def test_a_correction_that_was_stopped_shows_what_it_says_and_goes_back_into_its_form(desk: Desk) -> None:
    number = opened(desk, address="Işık Sokağı")
    page = at_work(desk, f"/unit#{number}", "fen")
    form = put_right(page)
    page.route("**/api/v1/tickets/*", lambda route: route.abort()
               if route.request.method == "PATCH" else route.continue_())  # fmt: skip
    write(page, form.get_by_label("Adres"), "Işık Sokağı 7")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-standing=waiting]")).to_contain_text("Adres: Işık Sokağı 7")
    expect(form).to_have_count(0)  # the first try has failed: it would be sent where it comes after the other's change
    ask(desk, "PATCH", f"/tickets/{number}", text="Asfalt yok, okul yolu")
    page.unroute("**/api/v1/tickets/*")
    page.get_by_role("button", name="Yenile").click()
    stopped = page.locator("[data-standing=conflict]")
    expect(stopped).to_contain_text("Adres: Işık Sokağı 7")
    expect(stopped.locator("li").filter(has_text="Düzeltildi")).to_contain_text("Anlattığı")
    assert each_look(page) == []
    press(page, stopped.get_by_role("button", name="Düzenle"))
    expect(form.get_by_label("Adres")).to_have_value("Işık Sokağı 7")
    expect(form.get_by_label("Anlattığı")).to_have_value("Asfalt yok, okul yolu")
    page.keyboard.press("Control+Enter")
    expect(page.locator("article .place")).to_contain_text("Işık Sokağı 7")
    assert last_step(desk, number, "fen") == ["address"]


def test_the_key_of_putting_right_is_never_the_browsers(desk: Desk) -> None:
    """At F7 browsers ask whether a text cursor is wanted."""
    number = opened(desk)
    page = at_work(desk, "/unit", "fen")
    page.evaluate("addEventListener('keydown', (event) => { window.kept = [event.key, event.defaultPrevented] })")
    page.keyboard.press("F7")
    assert page.evaluate("window.kept") == ["F7", True]
    page.keyboard.press("Shift+F7")
    assert page.evaluate("window.kept") == ["F7", False]
    move(desk, number, "closed", note="Yinelenen")
    show(page, number)
    page.keyboard.press("F7")
    assert page.evaluate("window.kept") == ["F7", True]
    expect(form_of(page)).to_have_count(0)


def test_whoever_gives_up_an_answer_on_a_telephone_is_back_at_the_request(desk: Desk) -> None:
    number = opened(desk, topic="kaldirim_bozuk", text="Kaldırım kırık")
    page = at_work(desk, f"/inbox#{number}", "inbox", **TELEPHONE)
    page.get_by_role("button", name="Yanıtını yaz").tap()
    form_of(page).get_by_role("button", name="Vazgeç").tap()
    expect(form_of(page)).to_have_count(0)
    expect(page.locator("[data-action=amend]")).to_be_hidden()
    expect(page.locator("#request-title")).to_be_focused()


def test_what_is_refused_is_said_at_its_field_and_half_of_it_is_kept(desk: Desk) -> None:
    number, other = opened(desk, topic="gida_yardimi"), opened(desk)
    page = at_work(desk, f"/inbox#{number}", "inbox")
    form = put_right(page)
    people = form.get_by_label("Evde kaç kişi yaşıyor?")
    write(page, people, "çok")
    page.keyboard.press("Control+Enter")
    expect(people).to_be_focused()
    expect(people).to_have_attribute("aria-invalid", "true")
    expect(form).to_contain_text("1 ile 30 arasında bir tam sayı yazın.")
    write(page, people, "4")
    mahalle = form.get_by_label("Mahalle", exact=True)
    choose(page, mahalle, "zafer")
    page.route("**/api/v1/tickets/*", lambda route: route.fulfill(
        status=422, json={"key": "district", "detail": "district: no such mahalle", "code": "unknown"},
    ) if route.request.method == "PATCH" else route.continue_())  # fmt: skip
    page.keyboard.press("Control+Enter")
    expect(mahalle).to_have_attribute("aria-invalid", "true")
    expect(mahalle).to_be_focused()
    expect(form).to_contain_text("Böyle bir seçenek yok.")
    assert each_look(page) == []
    page.unroute("**/api/v1/tickets/*")
    page.keyboard.press("Escape")
    expect(page.locator("[data-action=amend]")).to_be_focused()
    expect(page.locator("[data-action=amend]")).to_contain_text("yarım")
    show(page, other)
    show(page, number)
    expect(put_right(page).get_by_label("Evde kaç kişi yaşıyor?")).to_have_value("4")
    page.keyboard.press("Control+Enter")
    expect(page.locator("article .place")).to_contain_text("Zafer")
    found = ticket(desk, number)
    assert (found["district"], found["fields"]) == ("zafer", {"kisi": 4})
    assert last_step(desk, number, "inbox") == ["district", "fields"]


def test_another_topic_brings_it_to_another_unit_and_takes_the_answers_of_the_first_away(desk: Desk) -> None:
    number = opened(desk, topic="kaldirim_bozuk", fields={"yeri": "Fırının önünde"})
    page = at_work(desk, f"/inbox#{number}", "inbox")
    form = put_right(page)
    search = form.get_by_role("combobox", name="Konu ara")
    tab_to(page, search, key="Shift+Tab")
    page.keyboard.type("gürültü")
    page.keyboard.press("Enter")
    expect(form.get_by_label("Gürültü hangi saatlerde oluyor?")).to_be_visible()
    write(page, form.get_by_label("Gürültü hangi saatlerde oluyor?"), "Gece")
    press(page, form.get_by_label("Adının birime verilmesini kabul ediyor"), "Space")
    page.keyboard.press("Control+Enter")
    expect(form).to_have_count(0)
    found = ticket(desk, number)
    assert (found["topic"], found["unit"], found["fields"], found["agrees"]) == (
        "gurultu", "cevre_koruma", {"saat": "Gece"}, True,
    )  # fmt: skip


def test_the_wrong_point_of_a_topic_without_a_place_stops_nothing(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/inbox#{number}", "inbox")
    form = put_right(page)
    point = form.get_by_label("Haritadaki yeri")
    write(page, point, "yan sokak")
    page.keyboard.press("Control+Enter")
    expect(point).to_be_focused()
    tab_to(page, form.get_by_role("combobox", name="Konu ara"), key="Shift+Tab")
    page.keyboard.type("emlak vergisi")
    page.keyboard.press("Enter")
    expect(point).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(form).to_have_count(0)
    assert last_step(desk, number, "inbox") == ["topic"]


def test_a_form_is_sent_from_a_search_that_had_no_answer(desk: Desk) -> None:
    number = opened(desk)
    page = at_work(desk, f"/unit#{number}", "fen")
    form = put_right(page)
    write(page, form.get_by_label("Adres"), "Işık Sokağı 7")
    page.route("**/town/found?*", lambda route: route.fulfill(status=503, json={"detail": "no answer"}))
    tab_to(page, form.get_by_role("combobox", name="Konu ara"), key="Shift+Tab")
    page.keyboard.type("çukur")
    expect(form.get_by_text("Sunucu yanıt vermedi: aranamadı.")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(form).to_have_count(0)
    assert last_step(desk, number, "fen") == ["address"]


def test_what_may_not_be_put_right_is_not_offered(desk: Desk) -> None:
    """To a unit from which the complainant is hidden, and of a request that has its outcome."""
    number = opened(desk, topic="gurultu", text="Gece gürültü")
    move(desk, number, "assigned", unit="fen_isleri", note="Yol çalışmasının gürültüsü")
    page = at_work(desk, f"/unit#{number}", "fen", **TELEPHONE)
    page.get_by_role("button", name="Diğer işlemler").tap()
    page.locator("[data-action=amend]").tap()
    form = form_of(page)
    expect(form.get_by_label("Adres")).to_be_visible()
    expect(form.get_by_label("Adı soyadı")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert each_look(page) == []
    move(desk, number, "resolved", result="Uyarıldı")
    page.reload()
    put_right(page)
    expect(form).to_contain_text("Sonucu belli olan başvurunun konusu değişmez.")
    expect(form.get_by_label("Konu", exact=True)).to_have_count(0)
    refused = httpx.patch(
        f"{desk.url}/api/v1/tickets/{number}", json={"topic": "yol_cukuru"},
        headers={"authorization": f"Bearer {desk.token}", "if-match": "*"}, timeout=60,
    )  # fmt: skip
    assert (refused.status_code, refused.json()["key"]) == (409, "topic"), "the page spares them what the API refuses"
    assert steps(desk, number, "fen") == []


def begin(page: Page, action: str) -> Locator:
    """The form of an action, opened by its key."""
    button = page.locator(f"[data-action={action}][aria-keyshortcuts]")  # which it has once the town's rules are there
    page.keyboard.press(button.get_attribute("aria-keyshortcuts") or "")
    form = page.locator("article form")
    form.wait_for()
    return form


def test_a_digit_chooses_nothing_before_it_is_known_what_can_be_done(desk: Desk) -> None:
    """What can be done comes in two answers: the town's rules, of which the first digits are, may be the later one."""
    number = opened(desk)
    held: list[list[Route]] = []
    page = at_work(desk, f"/unit#{number}", "fen", before=lambda page: held.append(first_held(page, "**/api/v1/town")))
    expect(page.locator("[data-action=extension]")).to_be_visible()
    page.keyboard.press("Alt+1")
    expect(page.locator("article form")).to_have_count(0)
    until("the town is asked for", lambda: page.evaluate("1") and held[0], 60)
    held[0][0].continue_()
    expect(page.locator("[data-action=accept]")).to_have_attribute("aria-keyshortcuts", "Alt+1")
    page.keyboard.press("Alt+1")
    expect(page.locator("article [data-state=accepted]")).to_be_visible()


def test_two_requests_are_joined_and_parted_by_keyboard_alone(desk: Desk) -> None:
    parent = opened(desk, topic="yol_cukuru", address="Işık Sokağı", text="Işık Sokağı'nda çukur")
    number = opened(desk, topic="yol_cukuru", address="Işık Sokağı", text="Işık Sokağı'nda derin çukur")
    page = at_work(desk, f"/inbox#{number}", "inbox")
    form = begin(page, "join")
    expect(form).to_contain_text("aynı mahalle")
    expect(form).to_contain_text("0 saat arayla")  # counted from this request
    assert each_look(page) == []
    expect(form.locator("input[type=radio]").first).to_be_visible()
    tab_to(page, form.locator("input[type=radio]:checked"), key="Shift+Tab")
    choose_radio(page, form.locator(f"input[type=radio][value='{parent}']"))
    expect(form.get_by_label("Bağlanacağı başvurunun numarası")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(page.locator("article .joined")).to_contain_text(parent)
    expect(page.locator("#request-title")).to_be_focused()
    expect(page.locator("[data-action=join]")).to_have_count(0)
    assert (ticket(desk, number)["parent"], ticket(desk, parent)["children"]) == (parent, [number])
    form = begin(page, "leave")
    page.keyboard.press("Control+Enter")
    expect(form.get_by_label("Neden")).to_have_attribute("aria-invalid", "true")  # without a reason nothing is parted
    page.keyboard.type("İki ayrı çukur")
    assert each_look(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.locator("article .joined")).to_have_count(0)
    found = ticket(desk, number)
    assert (found["parent"], steps(desk, number, "inbox")) == (None, ["join", "leave"])
    assert found["history"][-1]["note"] == "İki ayrı çukur"


def test_requests_of_two_places_are_not_joined_and_it_is_said_why(desk: Desk) -> None:
    elsewhere = opened(desk, topic="yol_cukuru", district="zafer")
    number = opened(desk, topic="yol_cukuru", district="esenkent")
    page = at_work(desk, f"/inbox#{number}", "inbox")
    form = begin(page, "join")
    typed = form.get_by_label("Bağlanacağı başvurunun numarası")
    write(page, typed, "yan sokak")
    page.keyboard.press("Control+Enter")
    expect(form).to_contain_text("Başvurunun numarasını yazın")
    write(page, typed, elsewhere.replace("-", " "))
    page.keyboard.press("Control+Enter")
    expect(form).to_contain_text("İki başvuru farklı yerlerle ilgili.")
    expect(form.locator("small[lang=en]")).to_contain_text("never joined across places")
    expect(typed).to_have_attribute("aria-invalid", "true")
    expect(typed).to_be_focused()
    assert each_look(page) == []
    assert ticket(desk, number)["parent"] is None


def test_a_unit_joins_two_of_its_own_requests(desk: Desk) -> None:
    """The API's proposals are not for units; those of its own are shown that have the same topic and mahalle."""
    parent = opened(desk, topic="rogar_kapagi", district="fatih")
    number = opened(desk, topic="rogar_kapagi", district="fatih")
    page = at_work(desk, f"/unit#{number}", "fen", **TELEPHONE)
    page.get_by_role("button", name="Diğer işlemler").tap()
    page.locator("[data-action=join]").tap()
    form = page.locator("article form")
    form.locator(f"input[type=radio][value='{parent}']").tap()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert each_look(page) == []
    form.get_by_role("button", name="Birleştirmeyi gönder").tap()
    expect(page.locator("article .joined")).to_contain_text(parent)
    assert ticket(desk, number)["parent"] == parent


def test_what_was_wrong_with_one_proposal_is_not_said_of_another_choice(desk: Desk) -> None:
    parent = opened(desk, topic="rogar_kapagi", district="zafer", address="Işık Sokağı")
    number = opened(desk, topic="rogar_kapagi", district="zafer", address="Işık Sokağı")
    page = at_work(desk, f"/inbox#{number}", "inbox")
    form = begin(page, "join")
    group, other = form.get_by_role("radiogroup"), form.locator("input[type=radio][value='']")
    group.wait_for()
    tab_to(page, other, key="Shift+Tab")
    choose_radio(page, form.locator(f"input[type=radio][value='{parent}']"))
    page.route("**/duplicate-of", lambda route: route.fulfill(
        status=422, json={"key": "number", "detail": "number: no such ticket", "code": "unknown"},
    ))  # fmt: skip
    page.keyboard.press("Control+Enter")
    expect(group).to_have_attribute("aria-invalid", "true")
    expect(group).to_be_focused()
    expect(group).to_contain_text("Böyle bir seçenek yok.")
    assert each_look(page) == []
    choose_radio(page, other)
    expect(group).not_to_have_attribute("aria-invalid", "true")
    expect(group).not_to_contain_text("Böyle bir seçenek yok.")
    expect(form.get_by_label("Bağlanacağı başvurunun numarası")).not_to_have_attribute("aria-invalid", "true")


def test_without_proposals_the_number_is_typed_and_what_was_chosen_stands_there(desk: Desk) -> None:
    parent = opened(desk, topic="rogar_kapagi", district="asik_veysel")
    number = opened(desk, topic="rogar_kapagi", district="asik_veysel")
    page = at_work(desk, f"/inbox#{number}", "inbox")
    form = begin(page, "join")
    chosen = form.locator(f"input[type=radio][value='{parent}']")
    chosen.wait_for()
    tab_to(page, form.locator("input[type=radio]:checked"), key="Shift+Tab")
    choose_radio(page, chosen)
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    page.route(re.compile("/tickets/duplicates"), lambda route: route.fulfill(status=503, json={"detail": "busy"}))
    begin(page, "join")
    expect(form).to_contain_text("getirilemedi")
    typed = form.get_by_label("Bağlanacağı başvurunun numarası")
    expect(typed).to_have_value(parent)
    expect(typed).to_be_focused()
    assert each_look(page) == []
    page.keyboard.press("Control+Enter")
    expect(page.locator("article .joined")).to_contain_text(parent)
    assert ticket(desk, number)["parent"] == parent


def test_who_follows_a_way_to_what_they_may_not_read_hears_why(desk: Desk) -> None:
    parent, number = opened(desk), opened(desk)
    ask(desk, "POST", f"/tickets/{number}/duplicate-of", number=parent)
    page = at_work(desk, f"/unit#{number}", "fen")
    page.route(re.compile(rf"/tickets/{parent}$"), lambda route: route.fulfill(
        status=403, json={"detail": "the ticket is with zabita", "code": "not_your_unit"},
    ))  # fmt: skip
    press(page, page.locator(f"article .joined [data-request='{parent}']"))
    expect(page.locator(".why")).to_have_text("Bu başvuru sizin biriminizde değil.")
    expect(page.locator(".why")).to_be_focused()
    assert each_look(page) == []
