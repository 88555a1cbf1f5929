"""Changes at `/admin` by keyboard: what holds without a restart, what is not lost, and where the focus goes on."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

import pytest
from playwright.sync_api import Dialog, Locator, Page, Route, expect

from bench.stack import ROOT, Stack, until
from phones import Agent, Caller, Phones, Press, Wait
from phones.ports import free_tcp_port
from tests.browser.agent_at_work import first_held
from tests.browser.conftest import Desk
from tests.browser.keyboard import choose, press, write
from tests.browser.test_accessibility import each_look
from tests.browser.test_admin import admin, review, save

USUAL_WRAPUP_S = 10.0


class OwnFile(Stack):
    """A system whose `cozum.toml` is its own, with what the page is to change."""

    IN_FILE = ("http_port",)

    def write_file(self) -> None:
        """Its file, which only its user may read."""
        self.cwd = self.folder
        cache = self.folder / ".cache"
        cache.mkdir(parents=True)
        (cache / "asterisk").symlink_to(ROOT / ".cache" / "asterisk")  # it is not fetched once more
        file = self.folder / "cozum.toml"
        file.touch(mode=0o600)
        file.write_text("".join(f"{name} = {self.settings[name]}\n" for name in self.IN_FILE), "utf-8")

    @staticmethod
    def environment(settings: Mapping[str, object]) -> dict[str, str]:
        """The same without what is in the file: the environment would win."""
        others = {name: value for name, value in settings.items() if name not in OwnFile.IN_FILE}
        return Stack.environment(others)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = OwnFile(tmp_path_factory.mktemp("stack"), agents=4, ring_s=6.0, qualify_s=1.0, max_calls_per_number=100)
    stack.write_file()
    with stack:
        yield stack


def part(page: Page, name: str) -> None:
    """Go to a part by its link."""
    press(page, page.get_by_role("navigation", name="Bölümler").get_by_role("link", name=name, exact=True))


def bar(page: Page) -> Locator:
    """What says that something is not saved."""
    return page.get_by_text(re.compile("değişiklik kaydedilmedi$"))


def after_call_work(desk: Desk, phones: Phones) -> float:
    """Have 1001 take a call; the seconds of after-call work that follow it."""
    desk.stack.set_state("1001", "ready")
    phones.call(Caller(steps=(Wait(0.4), Press("3"))), count=1, rate=10, first_number=5_325_550_900)
    desk.await_state("1001", "wrapup")
    agent = desk.stack.agents()["1001"]
    began, ends = (datetime.fromisoformat(agent[key]) for key in ("since", "until"))
    desk.stack.set_state("1001", "offline")
    desk.await_state("1001", "offline")
    return (ends - began).total_seconds()


def find(page: Page, setting: str) -> Locator:
    """A setting, looked for by its name."""
    write(page, page.get_by_label("Ara", exact=True), setting)
    return page.locator(f"[data-setting={setting}]")


def test_a_setting_holds_for_the_next_call_without_a_restart_and_is_put_back(desk: Desk, phones: Phones) -> None:
    desk.sip("1001", phone=Agent(answer_after_s=0.3, talk_s=1.0))
    page = admin(desk, "settings")
    wrapup = find(page, "wrapup_s")
    expect(wrapup).to_contain_text("hemen geçerli olur")
    write(page, wrapup.get_by_label("wrapup_s"), "47")
    review(page)
    expect(page.get_by_role("dialog")).to_contain_text("+wrapup_s = 47")
    save(page)
    assert after_call_work(desk, phones) == pytest.approx(47, abs=0.1)
    press(page, wrapup.get_by_role("button", name="Varsayılana dön"))
    expect(wrapup.get_by_label("wrapup_s")).to_be_focused()
    review(page)
    expect(page.get_by_role("dialog")).to_contain_text("-wrapup_s = 47")
    save(page)
    assert after_call_work(desk, phones) == pytest.approx(USUAL_WRAPUP_S, abs=0.1)


def test_a_setting_that_needs_a_restart_says_so_until_it_is_as_before(desk: Desk) -> None:
    waits = "Yeniden başlatma bekleyen ayarlar: http_port"
    page = admin(desk, "settings")
    port = find(page, "http_port")
    expect(port).to_contain_text("yeniden başlatma ister")
    write(page, port.get_by_label("http_port"), str(free_tcp_port()))
    review(page)
    expect(page.get_by_role("dialog")).to_contain_text(waits)
    save(page)
    part(page, "Birimler")
    expect(page.get_by_role("main")).to_contain_text(waits)
    assert desk.stack.ready(), "it serves where it did"
    part(page, "Ayarlar")
    write(page, find(page, "http_port").get_by_label("http_port"), str(desk.stack.settings["http_port"]))
    review(page)
    save(page)
    part(page, "Birimler")
    expect(page.get_by_role("button", name="Birim ekle")).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text(waits)


def test_a_files_form_and_its_text_keep_each_other_out_until_one_is_saved(desk: Desk) -> None:
    file = desk.stack.data_dir / "services.toml"
    page = admin(desk, "files/services")
    text = page.get_by_label("Metin: Hizmetler ve çalışma saatleri")
    press(page, text, "End")
    page.keyboard.type("x")
    expect(bar(page)).to_be_visible()
    page.keyboard.press("Backspace")
    expect(bar(page)).to_have_count(0)
    part(page, "Hizmetler ve saatler")
    label = page.get_by_label("Görevlinin telefonunda görünen ad")
    before = label.input_value()
    write(page, label, "Bir ad")
    part(page, "Dosyalar")
    choose(page, page.get_by_label("Dosya", exact=True), "services")
    expect(page.get_by_role("main")).to_contain_text("Formda kaydedilmemiş 1 değişiklik var")
    expect(text).to_have_attribute("readonly", "")
    press(page, text, "End")
    page.keyboard.type("x")
    assert each_look(page) == []
    review(page)
    expect(page.get_by_role("dialog")).to_contain_text('+label = "Bir ad"')
    save(page)
    assert 'label = "Bir ad"' in file.read_text("utf-8")

    press(page, text, "ControlOrMeta+End")
    page.keyboard.type("# bir not\n")
    part(page, "Hizmetler ve saatler")
    expect(page.get_by_role("main")).to_contain_text("Bu dosyanın metninde kaydedilmemiş bir değişiklik var")
    expect(label).to_be_disabled()
    assert each_look(page) == []
    press(page, page.get_by_role("button", name="Vazgeç"))
    expect(page.locator("summary", has_text="Sürümler")).to_be_focused()
    expect(label).to_be_enabled()
    expect(label).to_have_value("Bir ad")

    write(page, label, "Başka bir ad")
    press(page, page.locator("summary", has_text="Sürümler (2)"))
    back = page.get_by_role("button", name="Sürüm 1 için: bu sürüme dön")
    press(page, back)
    asked = page.get_by_role("dialog", name="Bu sürüme dön")
    expect(asked).to_contain_text("1 değişiklik kaydedilmedi")
    assert each_look(page) == []
    press(page, asked.get_by_role("button", name="Kal"))
    expect(back).to_be_focused()
    expect(label).to_have_value("Başka bir ad")
    press(page, back)
    press(page, asked.get_by_role("button", name="Sürüme bak"))
    expect(page.get_by_role("dialog", name="Değişiklik")).to_contain_text('-label = "Bir ad"')
    save(page)
    expect(page.locator("summary", has_text="Sürümler")).to_be_focused()
    expect(label).to_have_value(before)


def test_who_signs_out_is_asked_before_what_they_changed_is_lost(desk: Desk) -> None:
    asked_by_browser: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked_by_browser.append(dialog.type)
        dialog.accept()

    page = admin(desk, "units")
    page.on("dialog", accept)
    press(page, page.get_by_role("button", name=re.compile("^Fen İşleri")))
    name = page.get_by_role("textbox", name="Ad (Türkçe)")
    write(page, name, "Fen")
    leave = page.get_by_role("button", name="Çıkış yap")
    press(page, leave)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_accessible_name("Kaydedilmemiş değişiklikler")
    expect(dialog).to_contain_text("Kaydetmediğiniz değişiklikler var: Birimler.")
    assert each_look(page) == []
    press(page, dialog.get_by_role("button", name="Kal"))
    expect(name).to_have_value("Fen")
    assert page.evaluate("fetch('/api/v1/people').then((answer) => answer.status)") == 200
    press(page, leave)
    press(page, dialog.get_by_role("button", name="Çık ve sil"))
    page.wait_for_url(f"{desk.url}/")
    assert asked_by_browser == []


def test_a_person_is_changed_unlocked_and_given_a_new_password(desk: Desk) -> None:
    def signs_in(body: Mapping[str, str]) -> bool:
        return desk.stack.request("POST", "/api/v1/session", body=body).status_code == 200

    page = admin(desk, "people")
    row = page.locator("tr[data-key=zehra]")
    change, dialog = page.get_by_role("button", name="Değiştir: zehra"), page.get_by_role("dialog")
    toasts = page.get_by_role("region", name="Bildirimler")
    told = page.get_by_role("dialog", name="zehra için parola")
    press(page, page.get_by_role("button", name="Kişi ekle"))
    write(page, dialog.get_by_label("Kullanıcı"), "zehra")
    choose(page, dialog.get_by_label("Rol"), "lead")
    press(page, dialog.get_by_role("button", name="Ekle"))
    old = {"user": "zehra", "password": told.locator("code").inner_text()}
    press(page, told.get_by_role("button", name="Kapat", exact=True))
    press(page, change)
    choose(page, dialog.get_by_label("Rol"), "unit")
    choose(page, dialog.get_by_label("Birim"), "fen_isleri")
    press(page, dialog.get_by_role("button", name="Kaydet"))
    expect(row).to_contain_text("Fen İşleri")
    expect(row).to_contain_text("Birim")
    expect(change).to_be_focused()
    assert signs_in(old)
    press(page, change)
    press(page, dialog.get_by_role("button", name="Oturumları kapat"))
    expect(toasts).to_contain_text("zehra: 1 oturum kapandı.")
    press(page, dialog.get_by_role("button", name="Yeni parola ver"))
    new = {"user": "zehra", "password": told.locator("code").inner_text()}
    press(page, told.get_by_role("button", name="Kapat", exact=True))
    assert not signs_in(old)
    assert signs_in(new)
    press(page, change)
    press(page, dialog.get_by_role("button", name="Kilitle"))
    expect(row).to_contain_text("kilitli")
    assert not signs_in(new)
    press(page, dialog.get_by_role("button", name="Kilidi aç"))
    expect(row).not_to_contain_text("kilitli")
    assert signs_in(new)


def test_an_agent_is_given_a_new_sheet_and_taken_out(desk: Desk) -> None:
    file = desk.stack.settings["agents_file"]
    page = admin(desk, "agents")
    press(page, page.get_by_role("button", name=re.compile(r"1003 ·")))
    press(page, page.get_by_role("button", name="Telefon sayfası bas"))
    press(page, page.get_by_role("dialog").get_by_role("button", name="Yeni parola ve PIN ver"))
    password = page.locator("dt:has-text('Telefon parolası') + dd").inner_text()
    text = file.read_text("utf-8")
    assert f'sip_password = "{password}"' in text
    assert desk.stack.login("1003").password not in text
    press(page, page.get_by_role("main").get_by_role("button", name="Kapat", exact=True))
    press(page, page.get_by_role("button", name=re.compile(r"1004 ·")))
    press(page, page.get_by_role("button", name="Listeden çıkar"))
    expect(page.get_by_role("heading", name="Görevliler", exact=True)).to_be_focused()
    expect(page.get_by_role("button", name=re.compile(r"1004 ·"))).to_have_count(0)
    review(page)
    save(page)
    until("the line has no such agent", lambda: "1004" not in desk.stack.agents(), 60)


def test_a_topic_is_added_and_taken_out(desk: Desk) -> None:
    def known() -> bool:
        return "bisiklet_yolu" in [one["id"] for one in desk.stack.get("town")["topics"]]

    page = admin(desk, "topics")
    press(page, page.get_by_role("button", name="Konu ekle"))
    dialog = page.get_by_role("dialog", name="Konu ekle")
    write(page, dialog.get_by_label("Kimlik"), "bisiklet_yolu")
    write(page, dialog.get_by_label("Ad (Türkçe)"), "Bisiklet yolu")
    write(page, dialog.get_by_label("Ad (İngilizce)"), "Cycle lane")
    page.keyboard.press("Enter")
    choose(page, page.get_by_label("Kim yapar"), "unit:fen_isleri")
    review(page)
    expect(page.get_by_role("dialog")).to_contain_text('+id = "bisiklet_yolu"')
    save(page)
    until("the desk knows the topic", known, 60)
    press(page, page.get_by_role("button", name="Listeden çıkar"))
    expect(page.get_by_role("heading", name="Konular", exact=True).first).to_be_focused()
    review(page)
    save(page)
    until("the desk has no such topic", lambda: not known(), 60)


def test_what_is_taken_out_of_a_form_leaves_the_focus_where_it_was(desk: Desk) -> None:
    page = admin(desk, "units")
    press(page, page.get_by_role("button", name=re.compile("^Fen İşleri")))
    press(page, page.get_by_role("button", name="Kişi ekle"))
    write(page, page.get_by_role("textbox", name="Kullanıcı").last, "zeynep")
    page.keyboard.press("Tab")
    press(page, page.get_by_role("button", name="Kaldır: zeynep"))
    expect(page.get_by_role("main").locator("legend", has_text="Kişiler")).to_be_focused()
    part(page, "Hizmetler ve saatler")
    write(page, page.get_by_label("Düzenin adı"), "yaz")
    page.keyboard.press("Enter")
    plan = page.locator("[data-plan=yaz]")
    row = plan.get_by_role("button", name="Kaldır: Pazartesi – Cuma")
    press(page, row)
    expect(plan.locator("legend", has_text="Haftalık saatler")).to_be_focused()
    expect(row).to_have_count(0)
    plan.get_by_label("Tarih", exact=True).fill("2026-12-31")
    press(page, plan.get_by_role("button", name="Özel gün ekle"))
    day = plan.get_by_role("button", name=re.compile("^Kaldır: 31"))
    press(page, day)
    expect(plan.locator("legend", has_text="Özel günler")).to_be_focused()
    expect(day).to_have_count(0)


def test_a_service_and_hours_are_added_and_taken_out(desk: Desk) -> None:
    file = desk.stack.data_dir / "services.toml"
    page = admin(desk, "services")
    write(page, page.get_by_role("region", name="Yeni hizmet").get_by_label("Kimlik"), "su_arizasi")
    page.keyboard.press("Enter")
    service = page.get_by_label("Hizmet", exact=True)
    expect(service).to_have_value("su_arizasi")
    write(page, page.get_by_label("Görevlinin telefonunda görünen ad"), "Su arızası")
    choose(page, page.get_by_label("Öncelik sınıfı"), "urgent")
    choose(page, page.get_by_label("Görevlide gereken en düşük düzey"), "3")
    assert each_look(page) == []
    review(page)
    for line in ("+[service.su_arizasi]", '+class = "urgent"', '+label = "Su arızası"', "+min_level = 3"):
        expect(page.get_by_role("dialog")).to_contain_text(line)
    save(page)
    choose(page, service, "su_arizasi")
    press(page, page.get_by_role("button", name="Hizmeti kaldır: su arizasi"))
    expect(page.get_by_role("heading", name="Hizmetler ve saatler")).to_be_focused()
    review(page)
    save(page)
    assert "su_arizasi" not in file.read_text("utf-8")

    write(page, page.get_by_label("Düzenin adı"), "kis")
    page.keyboard.press("Enter")
    hours = page.get_by_label("Çalışma saatleri", exact=True)
    choose(page, service, "information")
    choose(page, hours, "kis")
    remove = page.get_by_role("button", name="Saatleri kaldır: kis")
    expect(remove).to_have_count(0)
    expect(page.get_by_role("region", name="Saatler: kis")).to_contain_text("Bu saatlerle çalışan: Bilgi")
    plan = page.locator("[data-plan=kis]")
    press(page, plan.get_by_role("checkbox", name="Resmî tatillerde kapalı"), "Space")
    press(page, plan.locator("summary", has_text="Gelecek bir yılın resmî tatilleri"))
    expect(plan.get_by_role("listitem").filter(has_text="Cumhuriyet Bayramı").last).to_contain_text("29 Ekim")
    assert each_look(page) == []
    choose(page, hours, "")
    press(page, remove)
    expect(page.get_by_role("heading", name="Hizmetler ve saatler")).to_be_focused()
    expect(bar(page)).to_have_count(0)


def test_a_service_that_was_urgent_for_a_moment_closes_as_before(desk: Desk) -> None:
    page = admin(desk, "services")
    write(page, page.get_by_label("Düzenin adı"), "guz")
    page.keyboard.press("Enter")
    service = page.get_by_label("Hizmet", exact=True)
    kind, hours = page.get_by_label("Öncelik sınıfı"), page.get_by_label("Çalışma saatleri", exact=True)
    choose(page, service, "information")
    choose(page, hours, "guz")
    choose(page, kind, "urgent")
    expect(hours).to_have_count(0)
    choose(page, kind, "routine")
    expect(hours).to_have_value("guz")
    review(page)
    save(page)
    choose(page, service, "information")
    choose(page, kind, "urgent")
    part(page, "Konular")
    part(page, "Hizmetler ve saatler")
    choose(page, service, "information")
    choose(page, kind, "routine")
    expect(hours).to_have_value("guz")
    expect(bar(page)).to_have_count(0)


def test_a_difference_that_comes_when_another_file_is_shown_is_not_looked_at_as_that_ones(desk: Desk) -> None:
    page = admin(desk, "files/topics")
    file, text = page.get_by_label("Dosya", exact=True), page.locator("textarea")
    expect(text).not_to_have_value("")
    choose(page, file, "services")
    services = page.get_by_label("Metin: Hizmetler ve çalışma saatleri")
    press(page, services, "End")
    page.keyboard.type(" # Hizmet")
    expect(bar(page)).to_be_visible()
    held = first_held(page, "**/api/v1/config/services/check")
    press(page, page.get_by_role("button", name="Değişikliği gör"))
    until("the difference is asked for", lambda: page.evaluate("1") and held, 60)
    file.select_option("topics")  # at once: by arrows the files between are shown, too
    expect(services).to_have_count(0)
    with page.expect_event("requestfinished", lambda one: one.url == held[0].request.url):
        held[0].continue_()
    press(page, text, "End")
    page.keyboard.type(" # Konu")
    review(page)
    expect(page.get_by_role("dialog")).to_contain_text("# Konu")


def test_the_form_of_a_person_is_not_taken_away_by_what_became_of_another(desk: Desk) -> None:
    page = admin(desk, "people")
    (analyst,) = (one for one in desk.stack.get("people") if one["user"] == "analyst")
    held: list[Route] = []
    page.route("**/api/v1/people/analyst", lambda route: held.append(route))
    dialog = page.get_by_role("dialog")
    press(page, page.get_by_role("button", name="Değiştir: analyst"))
    press(page, dialog.get_by_role("button", name="Kilitle"))
    until("it is sent", lambda: page.evaluate("1") and held, 60)
    page.keyboard.press("Escape")
    press(page, page.get_by_role("button", name="Değiştir: inbox"))
    name = page.get_by_role("dialog", name="Değiştir: inbox").get_by_label("Ad", exact=True)
    write(page, name, "Yeni ad")
    held[0].fulfill(json={**analyst, "enabled": False})
    expect(page.get_by_role("region", name="Bildirimler")).to_contain_text("analyst")
    expect(name).to_have_value("Yeni ad")
