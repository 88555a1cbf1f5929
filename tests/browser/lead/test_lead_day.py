"""A shift lead's day at `/lead`, on the real line: its curve beside the plan and the days before, who gave up, what was
asked for, an outbreak and the message about it."""

import re
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Route, expect

from bench.stack import until
from phones import Phones
from tests.browser.conftest import Desk
from tests.browser.keyboard import choose, choose_radio, press, tab_to, write
from tests.browser.lead.lead_at_work import calls, lead, waiting
from tests.browser.requests import ask, move, opened, ticket
from tests.browser.test_accessibility import each_look


def test_the_plan_is_beside_the_days_curve_and_in_its_table(desk: Desk) -> None:
    page = lead(desk)
    legend = page.locator("ul li[data-day]")
    expect(page.get_by_role("heading", name="Günün eğrisi")).to_be_visible()
    expect(legend.filter(has_text="Plan")).to_have_count(0)
    asked = (
        "--calls-per-day",
        "240",
        "--asa",
        "6",
        "--service-level",
        "80",
        "--within",
        "6",
        "--no-simulate",
        "--json",
    )
    made = subprocess.run(
        [sys.executable, "-m", "acd.cli", "plan", *asked], capture_output=True, check=True, timeout=60
    )
    (desk.stack.folder / "plan.json").write_bytes(made.stdout)
    planned = {hour["hour"]: hour for hour in desk.stack.get("report/plan")["hours"]}
    page.reload()
    page.wait_for_selector("[data-link=live]")
    expect(legend).to_have_text(["Bugün", "Dün", "Geçen hafta", "Plan"])
    press(page, page.locator("summary", has_text="Tablo olarak"))
    curve = page.get_by_role("region", name="Günün eğrisi")
    table = curve.get_by_role("table", name="Günün eğrisi")
    last = table.locator("tr").filter(has_text="11:00").locator("td").last
    expect(last).to_have_text(str(round(planned[11]["calls"])))
    assert each_look(page) == []
    choose_radio(page, curve.get_by_role("radio", name="Görevli"))
    expect(last).to_have_text(str(planned[11]["agents"]))
    choose_radio(page, curve.get_by_role("radio", name="Hedefte, %"))
    expect(last).to_have_text(str(int(planned[11]["within_target"] * 100)))
    (desk.stack.folder / "plan.json").unlink()


def test_the_days_before_are_beside_the_days_curve_each_in_its_column(desk: Desk) -> None:
    page = lead(desk)
    press(page, page.locator("summary", has_text="Tablo olarak"))
    table = page.get_by_role("table", name="Günün eğrisi")
    expect(table.locator("thead th")).to_have_text(["Saat", "Bugün", "Dün", "Geçen hafta"])
    cells = table.locator("tr").filter(has_text="09:00").locator("td")
    expect(cells.nth(1)).to_have_text("3")
    expect(cells.nth(2)).to_have_text("5")
    week = (datetime.now(ZoneInfo(desk.stack.get("report")["timezone"])).date() - timedelta(days=7)).isoformat()
    page.route(
        f"**/api/v1/report?day={week}", lambda route: route.fulfill(status=503, json={"detail": "database away"})
    )
    page.reload()
    page.wait_for_selector("[data-link=live]")
    expect(page.locator(".day")).to_contain_text("Geçen hafta gösterilemiyor")
    expect(page.locator(".day")).not_to_contain_text("Dün gösterilemiyor")
    assert each_look(page) == []
    desk.wrong[:] = [one for one in desk.wrong if "503" not in one]


def test_the_lead_says_what_became_of_a_call_of_yesterday_that_its_agent_left_unsaid(desk: Desk) -> None:
    """Its agent has no page."""
    page = lead(desk)
    part = page.get_by_role("region", name="Görüşmelerden ne çıktı")
    choose(page, part.get_by_label("Gün"), "1")
    expect(part).to_contain_text("Sonucu söylenmeyen: 3")
    press(page, part.get_by_role("button", name="Sonucunu söyle").first)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("görüşmesinden ne çıktı?")
    assert each_look(page) == []
    page.keyboard.press("4")
    expect(dialog).to_have_count(0)
    expect(part).to_contain_text("Sonucu söylenmeyen: 2")
    said = desk.stack.rows("SELECT disposition, who FROM dispositions WHERE role = 'lead'")
    assert said == [("wrong_number", "lead")]


def test_a_message_that_is_being_written_is_not_replaced_by_that_of_an_outbreak(desk: Desk) -> None:
    found = {
        "topic": "su_kesintisi", "topic_name": {"tr": "Su kesintisi", "en": "Water cut"}, "district": "esenkent",
        "district_name": "Esenkent", "since": "2026-11-27T09:00:00.000Z", "tickets": 5, "loose": 0, "callers": 9,
        "expected": 1.0, "p": 0.001, "why": None, "message": None, "parent": None,
    }  # fmt: skip
    accepted = found | {"parent": "26-000001-1", "message": {"tr": "Esenkent'te su kesintisi var.", "en": ""}}
    held: list[Route] = []
    page = lead(desk)
    page.route(
        "**/api/v1/outbreaks",
        lambda route: held.append(route) if route.request.method == "POST" else route.fulfill(json=[found]),
    )
    press(page, page.get_by_role("button", name="Ana başvuru aç: Su kesintisi, Esenkent"))
    until("it is accepted", lambda: page.evaluate("1") and held, 60)
    press(page, page.get_by_role("button", name="Mesaj ver"))
    words = page.get_by_label("Türkçe metin")
    write(page, words, "Bayramda kapalıyız.")
    held[0].fulfill(json=accepted)
    expect(page.get_by_role("dialog")).to_contain_text("26-000001-1")  # it is said that it is open
    expect(words).to_have_value("Bayramda kapalıyız.")


def test_a_surge_message_is_set_and_withdrawn(desk: Desk) -> None:
    page = lead(desk)
    press(page, page.get_by_role("button", name="Mesaj ver"))
    press(page, page.get_by_role("button", name="Yayınla"))
    expect(page.get_by_role("alert").filter(has_text="En az bir dilde metin yazın.")).to_be_visible()
    write(page, page.get_by_label("Türkçe metin"), "Esenkent'te su kesintisi var. Ekipler çalışıyor.")
    press(page, page.get_by_role("checkbox", name="Görevli"), "Space")
    page.route("**/api/v1/surge", lambda route: route.fulfill(status=503, json={"detail": "speech: not ready"}))
    press(page, page.get_by_role("button", name="Yayınla"))
    refused = page.get_by_role("dialog").get_by_text("speech: not ready")
    expect(refused).to_be_visible()  # in the dialog, where it is read out: all else is inert
    page.unroute("**/api/v1/surge")
    press(page, page.get_by_role("button", name="Yayınla"))
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=90_000)
    expect(page.get_by_text("speech: not ready")).to_have_count(0)
    desk.wrong[:] = [one for one in desk.wrong if "503" not in one]
    surge = desk.stack.get("surge")
    assert "agent" not in surge["services"]
    assert surge["until"] is not None
    expect(page.locator(".rest")).to_contain_text("Arayanlar sıraya girmeden duyuyor")
    heading = page.get_by_role("heading", name="Yoğunluk mesajı")
    expect(heading).to_be_focused()  # what opened the dialog is gone
    press(page, page.get_by_role("button", name="Kaldır"))
    expect(page.locator(".rest")).to_contain_text("Mesaj yok")
    expect(heading).to_be_focused()
    assert desk.stack.get("surge") is None


def test_a_caller_is_put_first_while_a_message_is_being_spoken(desk: Desk, phones: Phones) -> None:
    """That takes up to forty seconds. An old message is told as old when the desk does not answer."""
    held: list[Route] = []
    page = lead(desk)
    for place, key in enumerate("23"):
        calls(phones, key, 50 + place)
        waiting(desk, place + 1)
    page.route(
        "**/api/v1/surge",
        lambda route: held.append(route) if route.request.method == "PUT" else route.continue_(),
    )
    press(page, page.get_by_role("button", name="Mesaj ver"))
    write(page, page.get_by_label("Türkçe metin"), "Esenkent'te su kesintisi var.")
    press(page, page.get_by_role("button", name="Yayınla"))
    expect(page.get_by_role("button", name="Seslendiriliyor…")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Escape")
    press(page, page.get_by_role("button", name="Öne al: Bilgi"))
    press(page, page.get_by_role("button", name="Çocuk, yaşlı ya da engelli"))
    expect(page.locator(".queue tbody tr").first).to_contain_text("öne alındı")
    assert len(held) == 1, "it is still being spoken"
    held[0].fulfill(json={})
    expect(page.get_by_label("Bildirimler")).to_contain_text("Mesaj duyuluyor.")
    page.unroute("**/api/v1/surge")

    surge = page.get_by_role("region", name="Yoğunluk mesajı")
    expect(surge).to_contain_text("Mesaj yok")
    page.route("**/api/v1/surge", lambda route: route.fulfill(status=503, json={"detail": "away"}))
    expect(surge).to_contain_text(re.compile(r"Son bilgi: \d\d:\d\d(:\d\d)?"), timeout=90_000)
    expect(surge).to_contain_text("Mesaj yok")
    desk.wrong[:] = [one for one in desk.wrong if "503" not in one]


def test_a_surge_message_that_is_written_stays_when_the_one_before_is_spoken(desk: Desk) -> None:
    held: list[Route] = []
    message: dict[str, Any] = {
        "id": "1", "services": ["info"], "prompts": {}, "ticket": None, "since": "2026-01-05T09:00:00Z", "until": None,
        "played": 0, "answered": 0,
    }  # fmt: skip
    page = lead(desk)
    spoken = False

    def answer(route: Route) -> None:
        if route.request.method == "PUT":
            held.append(route)
        elif spoken:
            route.fulfill(json=message)
        else:
            route.continue_()

    page.route("**/api/v1/surge", answer)
    press(page, page.get_by_role("button", name="Mesaj ver"))
    write(page, page.get_by_label("Türkçe metin"), "Esenkent'te su kesintisi var.")
    press(page, page.get_by_role("button", name="Yayınla"))
    expect(page.get_by_role("button", name="Seslendiriliyor…")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    press(page, page.get_by_role("button", name="Mesaj ver"))
    write(page, page.get_by_label("Türkçe metin"), "Kaynarca'da elektrik")
    spoken = True
    held[0].fulfill(json=message)
    expect(page.locator(".rest .on")).to_be_visible()  # the page is done with the first one
    expect(page.get_by_role("button", name="Yayınla")).to_be_visible()
    expect(page.get_by_label("Türkçe metin")).to_have_value("Kaynarca'da elektrik")


def test_a_surge_message_that_is_written_stays_while_the_page_asks_the_desk_again(desk: Desk) -> None:
    page = lead(desk, before=lambda page: page.clock.install())
    press(page, page.get_by_role("button", name="Mesaj ver"))
    write(page, page.get_by_label("Türkçe metin"), "Esenkent'te su")
    press(page, page.get_by_role("checkbox", name="Görevli"), "Space")
    with page.expect_response("**/api/v1/town"):
        page.clock.fast_forward(310_000)
    tab_to(page, page.get_by_label("İngilizce metin"), key="Shift+Tab")
    page.keyboard.type("No water")
    expect(page.get_by_label("Türkçe metin")).to_have_value("Esenkent'te su")
    expect(page.get_by_label("İngilizce metin")).to_have_value("No water")
    expect(page.get_by_role("checkbox", name="Görevli")).not_to_be_checked()
    expect(page.get_by_role("checkbox", name="Bilgi")).to_be_checked()


def test_an_outbreak_is_proposed_and_accepted_once(desk: Desk) -> None:
    for n in range(8):
        asked = {
            "service": "request", "topic": "su_kesintisi", "district": "esenkent", "text": "Su yok",
            "caller": f"+9053255502{n:02d}",
        }  # fmt: skip
        answer = desk.stack.request("POST", "/api/v1/tickets", body=asked)
        assert answer.status_code == 201, answer.text
    page = lead(desk)
    proposal = page.locator("[data-outbreak=proposed]")
    expect(proposal).to_contain_text("Esenkent")
    expect(proposal).to_contain_text("8 kişi aradı; bu saatte olağan 0–1 kişi")
    press(page, proposal.get_by_role("button"))
    dialog = page.get_by_role("dialog", name="Yoğunluk mesajı")
    expect(dialog.get_by_label("Türkçe metin")).to_have_value(re.compile("Esenkent Mahallesi'nden .* bildirim aldık"))
    (parent,) = [one for one in desk.stack.get("outbreaks") if one["parent"]]
    assert (parent["tickets"], parent["loose"]) == (8, 0)
    expect(dialog).to_contain_text(parent["parent"])
    assert each_look(page) == []
    press(page, page.get_by_role("button", name="Yayınla"))
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=90_000)
    assert desk.stack.get("surge")["ticket"] == parent["parent"]
    expect(page.locator("[data-outbreak=open]")).to_contain_text(f"Ana başvuru {parent['parent']}: 8 başvuru bağlı")
    expect(page.locator("[data-outbreak=proposed]")).to_have_count(0)
    desk.stack.request("DELETE", "/api/v1/surge")


def test_who_gave_up_is_listed_with_what_became_of_them(desk: Desk, phones: Phones) -> None:
    callers = [calls(phones, "2", number) for number in (40, 41)]
    waiting(desk, 2)
    for one in callers:
        one.hang_up()

    def gone() -> set[str]:
        return {one["caller"][-2:] for one in desk.stack.get("abandoned")}

    until("both gave up", lambda: gone() >= {"40", "41"}, 60)
    page = lead(desk)
    panel = page.locator(".abandoned")
    expect(panel.locator("[data-became=nothing]").first).to_be_visible()
    expect(panel).to_contain_text("••• 40")
    page.set_viewport_size({"width": 320, "height": 800})
    assert each_look(page) == []
    tab_to(page, panel.get_by_role("region", name="Vazgeçenlerin tablosu"))  # it is scrolled by keyboard
    one = desk.stack.get("abandoned")[0]
    many = [{**one, "id": f"{one['id']}-{place}", "became": "nothing"} for place in range(15)]
    page.route("**/api/v1/abandoned*", lambda route: route.fulfill(json=many))
    page.reload()
    expect(panel).to_contain_text("ve 3 kişi daha")
    press(page, panel.get_by_role("button", name="Hepsini göster"))
    expect(panel.locator("tbody tr")).to_have_count(15)
    press(page, panel.get_by_role("button", name="İlklerini göster"))
    expect(panel.locator("tbody tr")).to_have_count(12)


def test_requests_are_counted_by_unit_topic_and_mahalle_for_days_that_the_lead_chooses(desk: Desk) -> None:
    number = opened(desk)
    move(desk, number, "accepted")
    move(desk, number, "resolved", result="Asfalt döküldü.")
    # Nobody is called here (`outcome_call`), so the desk says by itself that the citizen can read it.
    until("it counts as told", lambda: ticket(desk, number)["state"] == "told", 60)
    ask(desk, "POST", f"/tickets/{number}/score", score=4)
    opened(desk, topic="agac_budama", text="Ağaç")

    def counted() -> dict[str, Any] | None:
        """The unit's figures; the desk keeps them for some seconds."""
        found = ask(desk, "GET", "/report/requests?days=7")
        topics = [one["topic"] for one in found["topics"]]
        units = [one for one in found["units"] if one["unit"] == "fen_isleri" and one["resolved"]]
        return units[0] if units and "agac_budama" in topics else None

    unit = until("both are counted", counted, 60, every_s=0.5)
    assert unit is not None
    page = lead(desk, viewport={"width": 1440, "height": 1000})
    part = page.locator(".requests")
    roads = part.locator("tbody tr[data-key=fen_isleri]")
    expect(roads).to_contain_text("Fen İşleri")
    cells = {key: roads.locator(f"[data-column={key}] .cell") for key in ("opened", "resolved", "in_time")}
    expect(cells["opened"]).to_have_text(str(unit["opened"]))
    expect(cells["resolved"]).to_have_text(str(unit["resolved"]))
    expect(cells["in_time"]).to_have_text("%100")
    expect(part.locator("tbody tr").last).to_contain_text("Tümü")
    english = str(next(one["en"] for one in ask(desk, "GET", "/town")["units"] if one["id"] == "fen_isleri"))
    choose_radio(page, page.get_by_role("radio", name="English"))
    expect(roads).to_contain_text(english)
    expect(roads).not_to_contain_text("Fen İşleri")
    choose_radio(page, page.get_by_role("radio", name="Türkçe"))
    expect(roads).to_contain_text("Fen İşleri")
    tab_to(page, part.get_by_role("radio", name="Birim"))
    page.keyboard.press("ArrowRight")
    expect(part.locator("tbody tr[data-key=agac_budama]")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(part.locator("tbody tr[data-key=esenkent]")).to_contain_text("Esenkent")
    with page.expect_download() as download:
        press(page, part.get_by_role("link", name="CSV indir"))
    text = download.value.path().read_text("utf-8-sig")
    assert text.startswith("district,name,opened,resolved,")
    assert "\nesenkent,Esenkent," in text
    tab_to(page, part.get_by_role("radio", name="Mahalle"))
    page.keyboard.press("ArrowRight")
    scored = part.locator("tbody tr[data-key=token]")
    expect(scored.locator("[data-column=score]")).to_contain_text("4,0")
    expect(part.locator("th")).to_have_text(["Görevli", "Puan"])
    with page.expect_download() as download:
        press(page, part.get_by_role("link", name="CSV indir"))
    assert "\ntoken,token,1,4.0" in download.value.path().read_text("utf-8-sig")
    assert each_look(page) == []
    tab_to(page, part.get_by_role("radio", name="Görevli"))
    page.keyboard.press("ArrowLeft")
    part.get_by_label("Süre", exact=True).select_option("1")
    part.get_by_label("Son gün").fill("2025-01-02")
    part.get_by_label("Son gün").press("Tab")
    expect(part).to_contain_text("Bu günlerde başvuru hareketi yok")
    expect(part).to_contain_text("2 Ocak 2025")
    link = part.get_by_role("link", name="CSV indir").get_attribute("href")
    assert link == "/api/v1/report/requests.csv?by=district&days=1&day=2025-01-02"
    part.get_by_label("Son gün").fill("")
    part.get_by_label("Son gün").press("Tab")
    expect(part.locator("tbody tr[data-key=esenkent]")).to_be_visible()
    assert each_look(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    expect(part.locator("tbody .heading", has_text="Açılan").first).to_be_visible()  # each row is a card
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert each_look(page) == []
