"""The administrator's page at `/admin`, beside a real line: a save counts for the next call, without a restart."""

import contextlib
import itertools
import re
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from bench.browser import BrowserMissing, launch, program
from bench.stack import Stack, until
from ivr.sound import measure
from ivr.speak import LEVEL_DB
from phones import Caller, Phones, Press, Wait
from tests.browser.conftest import Desk
from tests.browser.keyboard import choose, press, tab_to, write
from tests.browser.test_accessibility import LANGUAGES, each_look
from tests.ivr.test_studio import recorded
from tests.services import missing

Place = tuple[str, float, float, float, float]
"""A text, and its left, top, right and bottom edge in the picture."""
PLACES = """() => Object.fromEntries(["text", ".key", "rect"].map((what) => [
  what,
  [...document.querySelectorAll(`.picture svg ${what}`)].map((one) => {
    const { x, y, width, height } = one.getBBox();
    return [one.textContent, x, y, x + width, y + height];
  }),
]))"""


def meet(one: Place, other: Place) -> bool:
    """Whether two of them overlap."""
    return one[1] < other[3] and other[1] < one[3] and one[2] < other[4] and other[2] < one[4]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One whose microphone hears words, not beeps."""
    try:
        program()
    except BrowserMissing:
        missing("chromium")
    voice = tmp_path_factory.mktemp("voice") / "voice.wav"
    voice.write_bytes(recorded(before_s=0.2, words_s=3.0, after_s=0.2))
    with launch(voice=voice) as browser:
        yield browser


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One for the whole file: with the shipped services, which the page makes its own."""
    with Stack(
        tmp_path_factory.mktemp("stack"), agents=3, wrapup_s=1.0, ring_s=6.0, qualify_s=1.0, max_calls_per_number=100
    ) as stack:
        yield stack


def admin(desk: Desk, part: str, user: str = "admin", language: str = "tr", **options: Any) -> Page:
    """A part of the page, signed in by it."""
    page = desk.visit(f"/admin?lang={language}#{part}", **{"expect": "401", **options})
    page.locator("[name=user]").fill(user)
    page.locator("[name=password]").fill(f"demo-{user}")
    page.keyboard.press("Enter")
    return page


def calls_for_information(phones: Phones, number: int) -> None:
    """A caller who presses 3 and stays until the line hangs up."""
    steps = (Wait(0.4), Press("3"))
    phones.call(Caller(steps=steps), count=1, rate=10, first_number=5_325_550_700 + number)


def outcomes(desk: Desk) -> list[str]:
    """Those of the calls so far, newest first."""
    return [str(one["outcome"]) for one in desk.stack.get("calls")]


def destroyed(desk: Desk, nights: int) -> None:
    """So many records of destructions and no others, one for each night; the newest is of a person's erasure."""
    now, day = int(time.time() * 1000), 86_400_000
    rows: list[tuple[object, ...]] = [
        (now - n * day, "ticket_person", "urgent", 1234, now - (n + 365) * day, "Acil başvurular için bir yıl", None)
        for n in range(1, nights)
    ]
    rows += [(now, "recording", "", 2, None, "Kanun 6698 m. 7: ilgili kişinin talebi", 3)] * (nights > 0)
    with contextlib.closing(sqlite3.connect(desk.stack.data_dir / "cozum.db", timeout=10)) as database, database:
        database.execute("DELETE FROM destructions")
        database.executemany(
            "INSERT INTO destructions (at, what, kind, count, older_than, basis, erasure) VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def review(page: Page) -> None:
    """Look at the change, by keyboard."""
    look = page.get_by_role("button", name="Değişikliği gör")
    expect(look).to_be_enabled()
    press(page, look)
    expect(page.get_by_role("dialog", name="Değişiklik")).to_be_visible()


def save(page: Page) -> None:
    """Save what is looked at, by keyboard."""
    press(page, page.get_by_role("dialog").get_by_role("button", name="Kaydet"))
    # Looked for from the first moment on: it goes by itself after six seconds.
    toasts = page.get_by_role("region", name="Bildirimler")
    expect(toasts).to_contain_text("hat yeni kurallarla çalışıyor")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_hours_that_are_saved_count_for_the_next_call_until_one_goes_back(desk: Desk, phones: Phones) -> None:
    page = admin(desk, "services")
    write(page, page.get_by_label("Düzenin adı"), "kapali")
    page.keyboard.press("Enter")
    times = page.locator("[data-plan=kapali]").get_by_role("textbox", name="Pazartesi – Cuma")
    write(page, times, "9-5")
    review(page)
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".faults")).to_contain_text("“9-5”: 08:30-17:30 gibi saatler olmalı")
    expect(dialog.locator(".faults")).not_to_contain_text("/")
    expect(dialog.locator(".faults")).to_contain_text('hours.kapali.week.mon-fri = "9-5": must be times such as')
    expect(dialog.get_by_role("button", name="Kaydet")).to_have_attribute("aria-disabled", "true")
    assert each_look(page) == []
    page.keyboard.press("Escape")
    assert not (desk.stack.data_dir / "services.toml").exists(), "a fault changes nothing"
    write(page, times, "")
    choose(page, page.get_by_label("Hizmet", exact=True), "information")
    choose(page, page.get_by_label("Çalışma saatleri", exact=True), "kapali")
    review(page)
    expect(dialog).to_contain_text("+[hours.kapali]")
    expect(dialog).to_contain_text('+hours = "kapali"')
    write(page, dialog.get_by_label("Neden"), "yaz tatili")
    save(page)
    calls_for_information(phones, 1)
    until("the caller heard that it is closed", lambda: outcomes(desk) == ["closed"], 60)
    press(page, page.locator("summary", has_text="Sürümler (2)"))
    expect(page.locator("details ol > li").first).to_contain_text("yaz tatili")
    assert each_look(page) == []
    press(page, page.get_by_role("button", name="Sürüm 1 için: bu sürüme dön"))
    expect(dialog).to_contain_text("-[hours.kapali]")
    save(page)
    expect(page.get_by_text("Sürümler (3)")).to_be_visible()
    calls_for_information(phones, 2)
    until("the caller waits", lambda: [one["service"] for one in desk.stack.queue()] == ["information"], 60)
    assert outcomes(desk) == ["closed"]


def test_what_was_typed_survives_a_change_of_the_file_by_hand(desk: Desk) -> None:
    page = admin(desk, "files", expect="status of 4")
    choose(page, page.get_by_label("Dosya", exact=True), "numbers")
    text = page.get_by_label("Metin: Numara listeleri")
    write(page, text, 'blocked = ["0532 123 45 67"]\n')
    file = desk.stack.data_dir / "numbers.toml"
    file.touch(mode=0o600)
    file.write_text('switchboards = ["0212 555 00 00"]\n')
    press(page, page.get_by_role("button", name="Değişikliği gör"))
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("Dosya bu arada değişti")
    assert file.read_text() == 'switchboards = ["0212 555 00 00"]\n'
    expect(text).to_have_value('blocked = ["0532 123 45 67"]\n')
    review(page)
    expect(page.get_by_role("dialog")).to_contain_text("-switchboards")
    save(page)
    assert file.read_text() == 'blocked = ["0532 123 45 67"]\n'


def test_a_new_agent_has_a_telephone_whose_secrets_are_seen_once(desk: Desk) -> None:
    page = admin(desk, "agents")
    press(page, page.get_by_role("button", name="Görevli ekle"))
    dialog = page.get_by_role("dialog", name="Görevli ekle")
    assert each_look(page) == []
    write(page, dialog.get_by_label("Ad"), "Nermin Işık")
    write(page, dialog.get_by_label("Dahili"), "1050")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Telefon bilgileri: Nermin Işık")).to_be_visible()
    password = page.locator("dt:has-text('Telefon parolası') + dd").inner_text()
    assert f'sip_password = "{password}"' in desk.stack.settings["agents_file"].read_text()
    until("the line knows the agent", lambda: "1050" in desk.stack.agents(), 60)
    assert each_look(page) == []
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Yazdır")).to_be_hidden()
    expect(page.get_by_role("heading", name="Telefon bilgileri: Nermin Işık")).to_be_visible()
    assert each_look(page) == []
    page.emulate_media(media="screen")
    sheet = page.get_by_role("region", name="Telefon bilgileri: Nermin Işık")
    press(page, sheet.get_by_role("button", name="Kapat", exact=True))
    press(page, page.get_by_role("button", name=re.compile("Nermin Işık")))
    every = page.get_by_role("checkbox", name="Tüm hizmetler")
    expect(every).to_be_checked()
    expect(page.get_by_label("Cenaze")).to_have_count(0)
    press(page, every, "Space")
    choose(page, page.get_by_label("Cenaze"), "3")
    expect(page.get_by_label("Doktor")).to_have_value("1")  # what was not touched stays
    choose(page, page.get_by_label("Doktor"), "0")
    assert each_look(page) == []
    review(page)
    assert each_look(page) == []
    expect(page.get_by_role("dialog")).to_contain_text("+skills = {funeral = 3}")
    assert password not in page.content()
    save(page)
    taken = desk.stack.get("agents/1050/services")["services"]
    assert {"funeral", "request"} <= set(taken)
    assert "doctor" not in taken


def test_a_person_is_let_in_locked_and_shut_out(desk: Desk) -> None:
    """The first while the page still reads what it shows."""
    slow: dict[str, Route] = {}  # the first reading of each, whenever it comes
    goes_on: list[bool] = []

    def wait(route: Route) -> None:
        if goes_on or route.request.method != "GET" or route.request.url in slow:
            route.continue_()
        else:
            slow[route.request.url] = route

    page = admin(desk, "people", before=lambda page: page.route(re.compile("/api/v1/(people|town)$"), wait))
    press(page, page.get_by_role("button", name="Kişi ekle"))
    dialog = page.get_by_role("dialog", name="Kişi ekle")
    assert each_look(page) == []
    tab_to(page, dialog.get_by_label("Kullanıcı"))
    page.keyboard.type("nermin")
    tab_to(page, dialog.get_by_label("Rol"))
    page.keyboard.type("V")  # no other role begins like that
    expect(dialog.get_by_label("Rol")).to_have_value("lead")
    press(page, dialog.get_by_role("button", name="Ekle"))
    told = page.get_by_role("dialog", name="nermin için parola")
    password = told.locator("code").inner_text()
    assert slow
    goes_on.append(True)
    for route in slow.values():
        route.continue_()
    assert each_look(page) == []
    press(page, told.get_by_role("button", name="Kapat", exact=True))
    body = {"user": "nermin", "password": password}
    assert desk.stack.request("POST", "/api/v1/session", body=body).status_code == 200
    press(page, page.get_by_role("button", name="Değiştir: nermin"))
    assert each_look(page) == []
    press(page, page.get_by_role("button", name="Kilitle"))
    expect(page.locator("tr[data-key=nermin]")).to_contain_text("kilitli")
    assert desk.stack.request("POST", "/api/v1/session", body=body).status_code == 401


def test_the_flow_is_seen_and_a_prompt_is_heard(desk: Desk) -> None:
    page = admin(desk, "flow")
    expect(page.locator("svg g").filter(has_text="urgent").first).to_be_visible()
    press(page, page.locator("summary", has_text="Adımlar tablosu"))
    expect(page.get_by_role("row", name=re.compile("^main"))).to_contain_text("1 → urgent")
    assert each_look(page) == []
    press(page, page.get_by_role("link", name="Anonslar"))
    write(page, page.get_by_label("Ara", exact=True), "queue_all_busy")
    with page.expect_response("**/prompts/tr/queue_all_busy") as answer:
        press(page, page.get_by_role("button", name="Dinle: queue_all_busy, Türkçe"))
    assert answer.value.ok


def test_on_a_telephone_the_steps_of_the_flow_are_read_whole(desk: Desk) -> None:
    page = admin(desk, "flow", viewport={"width": 390, "height": 844})
    row = page.get_by_role("row", name=re.compile("main")).first
    expect(row).to_contain_text("1 → urgent")
    for cell in row.get_by_role("cell").all():
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert each_look(page) == []
    legend = page.get_by_role("listitem").filter(has_text=re.compile("^görevliye$"))
    expect(legend).to_be_hidden()
    press(page, page.locator("summary", has_text="Akışın çizimi"))
    expect(legend).to_be_in_viewport()
    expect(page.locator("svg [data-kind=menu]").first).to_be_visible()
    assert each_look(page) == []


def test_nothing_in_the_picture_of_the_flow_is_written_over_anything(desk: Desk) -> None:
    page = admin(desk, "flow")
    page.locator("svg [data-kind=menu]").first.wait_for()
    for language in LANGUAGES:
        page.goto(f"{desk.url}/admin?lang={language}#flow")
        page.locator("svg [data-kind=menu]").first.wait_for()
        places: dict[str, list[Place]] = page.evaluate(PLACES)
        labels, boxes = places["text"], places["rect"]
        assert len(boxes) > 20
        assert len(labels) > 2 * len(boxes)
        over = [(one[0], other[0]) for one, other in itertools.combinations(labels, 2) if meet(one, other)]
        assert over == []
        keys = places[".key"]
        assert len(keys) > 20
        assert [(key[0], box[1:]) for key in keys for box in boxes if meet(key, box)] == []
        inside = [text for text in labels if any(meet(text, box) for box in boxes)]
        for text in inside:
            assert any(box[1] <= text[1] and text[3] <= box[3] and text[4] <= box[4] for box in boxes), text


def test_a_prompt_is_recorded_heard_used_and_put_back(desk: Desk) -> None:
    page = admin(desk, "prompts")
    write(page, page.get_by_label("Ara", exact=True), "queue_all_busy")
    press(page, page.get_by_role("button", name="Ses kaydı al: queue_all_busy, Türkçe"))
    dialog = page.get_by_role("dialog", name="Ses kaydı: queue_all_busy, Türkçe")
    press(page, dialog.get_by_role("button", name="Kayda başla"))
    expect(dialog.get_by_text(re.compile("^[2-9],[0-9]"))).to_be_visible()  # seconds
    press(page, dialog.get_by_role("button", name="Kaydı bitir"))
    press(page, dialog.get_by_role("button", name="Arayanın duyacağı gibi dinle"))
    own = desk.stack.data_dir / "prompts" / "tr" / "queue_all_busy.wav"
    assert not own.exists(), "what is only heard is not kept"
    press(page, dialog.get_by_role("button", name="Bu kaydı kullan"))
    toasts = page.get_by_role("region", name="Bildirimler")
    expect(toasts).to_contain_text("hat yeni kurallarla çalışıyor")
    measured = measure(own)
    assert measured.level_db == pytest.approx(LEVEL_DB, abs=0.5)
    assert 1.0 < measured.duration_s < 10.0
    expect(dialog.locator("ol > li").first).to_contain_text("admin")
    expect(dialog.locator("ol > li").first).to_contain_text("geçerli")
    press(page, dialog.get_by_role("button", name="Sürüm 1 için: bu sürüme dön"))
    expect(dialog.locator("ol > li")).to_have_count(3)
    assert own.is_symlink()
    assert each_look(page) == []
    press(page, dialog.get_by_role("button", name="Kapat", exact=True))
    expect(dialog).to_have_count(0)


def test_topics_and_units_are_changed_by_forms_and_the_desk_works_by_them(desk: Desk) -> None:
    page = admin(desk, "units")
    press(page, page.get_by_role("button", name="Birim ekle"))
    dialog = page.get_by_role("dialog", name="Birim ekle")
    write(page, dialog.get_by_label("Kimlik"), "kentsel_tasarim")
    write(page, dialog.get_by_label("Ad (Türkçe)"), "Kentsel Tasarım")
    write(page, dialog.get_by_label("Ad (İngilizce)"), "Urban Design")
    assert each_look(page) == []
    page.keyboard.press("Enter")
    press(page, page.get_by_role("button", name="Kişi ekle"))
    write(page, page.get_by_role("textbox", name="Kullanıcı"), "fen")
    write(page, page.get_by_role("textbox", name="E-posta"), "kentsel@esenkent.example")
    choose(page, page.get_by_label("Geciken işlerin bildirildiği kişi"), "fen")
    assert each_look(page) == []
    review(page)
    expect(page.get_by_role("dialog")).to_contain_text('+id = "kentsel_tasarim"')
    save(page)
    press(page, page.get_by_role("link", name="Konular"))
    write(page, page.get_by_label("Ara", exact=True), "Yolda çukur")
    press(page, page.get_by_role("button", name=re.compile("^Yolda çukur")))
    choose(page, page.get_by_label("Kim yapar"), "unit:kentsel_tasarim")
    write(page, page.get_by_label("Vatandaşın kullandığı başka sözler"), "kasis, hendek")
    assert each_look(page) == []
    page.keyboard.press("Tab")
    review(page)
    expect(page.get_by_role("dialog")).to_contain_text('+unit = "kentsel_tasarim"')
    save(page)
    town = desk.stack.get("town")
    assert "kentsel_tasarim" in [one["id"] for one in town["units"]]
    found = desk.stack.request("GET", "/api/v1/town/found", q="hendek", what="topics").json()
    assert found["topics"][0] == "yol_cukuru"
    text = (desk.stack.data_dir / "town" / "topics.toml").read_text("utf-8")
    assert "# What requests are about" in text, "comments stay"


def test_what_was_destroyed_is_read_page_by_page_and_printed(desk: Desk) -> None:
    destroyed(desk, 0)
    page = admin(desk, "destructions", expect="status of")
    panel = page.get_by_role("region", name="İmha kayıtları")
    expect(panel).to_contain_text("Henüz hiçbir veri imha edilmedi.")
    assert each_look(page) == []
    destroyed(desk, 101)
    page.route("**/api/v1/destructions?*", lambda route: route.fulfill(status=503, json={"detail": "veritabanı yok"}))
    page.reload()
    expect(panel.locator(".notice[role=alert]")).to_contain_text("veritabanı yok")
    assert each_look(page) == []
    page.unroute("**/api/v1/destructions?*")
    press(page, page.get_by_role("button", name="Yeniden dene"))
    rows = panel.locator("tbody tr")
    expect(rows).to_have_count(100)
    expect(panel.locator(".notice[role=alert]")).to_have_count(0)
    expect(rows.first).to_contain_text("Görüşme kayıtları")
    expect(rows.first).to_contain_text("3 numaralı silme isteği: Kanun 6698 m. 7")
    expect(rows.nth(1)).to_contain_text("Başvuru sahibinin kimliği · acil")
    expect(rows.nth(1)).to_contain_text("1.234")
    expect(rows.nth(1)).to_contain_text("365 günlük saklama kuralı: Acil başvurular için bir yıl")
    press(page, page.get_by_role("button", name="Daha eski kayıtlar"))
    expect(rows).to_have_count(101)
    expect(page.get_by_role("button", name="Daha eski kayıtlar")).to_have_count(0)
    page.get_by_label("İlk gün").fill("2031-01-01")
    press(page, page.get_by_role("button", name="Göster"))
    expect(panel).to_contain_text("Bu günler arasında imha edilen bir şey yok.")
    press(page, page.get_by_role("button", name="Süzgeci kaldır"))
    expect(rows).to_have_count(100)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Yazdır")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Bölümler")).to_be_hidden()
    expect(rows.last).to_be_visible()


@pytest.mark.parametrize(
    ("part", "path", "there"),
    [
        ("people", "people", "[data-key=inbox]"),
        ("services", "config/services", ".form"),
        ("settings", "settings", "[data-setting]"),
        ("settings", "config/settings", "[data-setting]"),
        ("files", "config", "textarea.code"),
    ],
)
def test_a_part_that_cannot_be_read_says_so_and_is_read_again(desk: Desk, part: str, path: str, there: str) -> None:
    def away(page: Page) -> None:
        page.route(f"**/api/v1/{path}", lambda route: route.fulfill(status=503, json={"detail": "away"}))

    page = admin(desk, part, before=away, expect="Failed to load resource")
    main = page.get_by_role("main")
    expect(main).to_contain_text("Sunucu bunu şu anda yapamıyor")
    page.unroute(f"**/api/v1/{path}")
    retry = main.get_by_role("button", name="Yeniden dene")
    expect(retry).to_be_enabled()  # another answer may still be on its way
    press(page, retry)
    expect(main.locator(there).first).to_be_visible()


def test_nobody_else_administers(desk: Desk) -> None:
    page = admin(desk, "people", user="lead", expect="40")
    expect(page.locator("main")).to_contain_text("bu sayfa sizin rolünüz (Vardiya sorumlusu) için değil")
    assert each_look(page) == []
    assert page.evaluate("fetch('/api/v1/config').then((answer) => answer.status)") == 403
    assert page.evaluate("fetch('/api/v1/people').then((answer) => answer.status)") == 403
    assert page.evaluate("fetch('/api/v1/destructions').then((answer) => answer.status)") == 403


def test_every_part_is_accessible_in_both_themes_and_languages(desk: Desk) -> None:
    destroyed(desk, 3)
    page = admin(desk, "people")
    for part, there in {
        "people": "tr[data-key=admin]", "agents": "li button", "services": ".form", "topics": "li button",
        "units": "li button", "settings": "[data-setting]",
        "files": "textarea", "flow": "svg g", "prompts": "[data-prompt]",
        "destructions": "tbody tr",
    }.items():  # fmt: skip
        page.evaluate("part => { location.hash = part; }", part)
        page.locator(there).first.wait_for()
        assert each_look(page) == [], part
        page.set_viewport_size({"width": 390, "height": 844})
        assert each_look(page) == [], part
        page.set_viewport_size({"width": 1280, "height": 720})
