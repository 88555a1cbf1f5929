import { follow } from "/static/stream.js";
import { clock, count, duration, language, reason, seconds, service, tellTimeIn, time, trouble, words } from "/static/words.js";

const KEY = "cozum.token";
const MOST_ROWS = 40;
const COUNTED = ["ready", "talking", "paused"];
const CROWDS = ["handful", "few", "some", "many", "crowd"];
const LARGE = ["handful", "few"]; // cards that are not worth a name cut short
const GRAVE = ["asterisk", "journal"]; // of what may be wrong, what callers or their records depend on
const ORDER = ["ringing", "talking", "wrapup", "ready", "busy", "unavailable", "paused"];
const SIGNS = {
  ready: "M5 12.5l4.5 4.5L19 7.500",
  talking: "M4 5.500h16v10.500H11l-4.500 4v-4H4z",
  ringing: "M6 17h12l-1.500-2.500V10.500a4.500 4.500 0 0 0-9 0v4zM10.500 20h3",
  wrapup: "M5 19l1-4L16 5l3 3L9 18zM13.500 7.500l3 3",
  paused: "M9 6v12M15 6v12",
  busy: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16M8 12h8",
  unavailable: "M12 4L21 19.500H3zM12 10v4M12 16.800v.2",
};
const $ = (id) => document.getElementById(id);

let state = null;
let offset = 0; // server's clock minus ours, ms
let urgentBefore = 0;
let announced = "";
const serverNow = () => Date.now() + offset;

const scrolls = () => matchMedia("(max-width: 1100px)").matches;
const holding = () => state.queue.filter((caller) => !caller.callback); // who is to be called back does not hold the line
const named = (extension) => state.agents.find((agent) => agent.extension === extension)?.name || extension;

// --- drawing

function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

function set(element, name, value) {
  if (value == null || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

function make(tag, className) {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}

// Keeps an element for each item, so that nothing flickers and a screen reader keeps its place.
function list(parent, items, key, create, update) {
  const kept = new Map([...parent.children].map((element) => [element.dataset.key, element]));
  let before = null;
  for (const item of items) {
    const name = key(item);
    let element = kept.get(name);
    if (element) kept.delete(name);
    else {
      element = create(item);
      element.dataset.key = name;
    }
    update(element, item);
    const place = before ? before.nextSibling : parent.firstChild;
    if (element !== place) parent.insertBefore(element, place);
    before = element;
  }
  for (const element of kept.values()) element.remove();
}

function figure(id, value, unit, more) {
  const [big, ...others] = $(id).querySelectorAll("dd");
  const shown = unit ? `${value}\u0000${unit}` : value;
  if (big.dataset.shown !== shown) {
    big.dataset.shown = shown;
    big.replaceChildren(value);
    if (unit) big.append(Object.assign(document.createElement("small"), { textContent: unit }));
  }
  text(others.at(-1), more);
}

function drawFigures() {
  const { windows, service_level_s: limit } = state.figures;
  const day = windows.day.all;
  const urgent = state.queue.filter((caller) => caller.class === "urgent").length;
  const back = state.queue.length - holding().length;
  const more = [urgent ? words.urgentWaiting(count(urgent)) : words.noneUrgent, back && words.andBack(count(back))];
  figure("f-waiting", count(holding().length), "", more.filter(Boolean).join(" · "));
  set($("f-waiting"), "data-urgent", urgent ? "" : null);
  figure("f-asa", seconds(day.asa_s), day.asa_s == null ? "" : words.second,
    words.recent(seconds(windows["5m"].all.asa_s), seconds(windows["1h"].all.asa_s)));
  const level = day.service_level.offered;
  const percent = level == null ? null : count(Math.floor(level * 100));
  figure("f-level", percent == null ? "–" : language === "tr" ? `%${percent}` : `${percent}%`, "", words.within(count(limit)));
  const meter = $("f-level").querySelector(".meter");
  meter.style.setProperty("--share", level ?? 0);
  set(meter, "data-level", level == null || level >= 0.8 ? "good" : level >= 0.6 ? "low" : "bad");
  figure("f-answered", count(day.answered), "", words.ofOffered(count(day.offered), day.called_back && count(day.called_back)));
  const share = day.offered ? Math.round((1000 * day.abandoned) / day.offered) / 10 : 0;
  figure("f-abandoned", count(day.abandoned), "", words.share(share.toLocaleString(words.locale)));
  if (urgent > 0 && urgentBefore === 0) announce(words.announceUrgent);
  if (urgent === 0) silence(words.announceUrgent);
  urgentBefore = urgent;
  document.title = state.queue.length ? `(${count(state.queue.length)}) Çözüm` : "Çözüm";
}

function newCaller(caller) {
  const element = document.createElement("li");
  const who = make("span", "who");
  who.append(make("span", "mark"), make("span", "back"), make("span", "number"), make("span", "rings"));
  element.append(make("span", "what"), who, make("span", "wait"));
  element.querySelector(".wait").dataset.since = Date.parse(caller.queued_at);
  return element;
}

function drawQueue() {
  list($("queue"), state.queue.slice(0, MOST_ROWS), (caller) => caller.id, newCaller, (element, caller) => {
    set(element, "data-class", caller.class);
    text(element.querySelector(".what"), service(caller.service));
    text(element.querySelector(".number"), caller.caller);
    const mark = element.querySelector(".mark");
    mark.hidden = caller.class !== "urgent";
    text(mark, words.urgent);
    element.querySelector(".back").hidden = !caller.callback;
    text(element.querySelector(".back"), words.back);
    text(element.querySelector(".rings"), caller.state === "ringing" && caller.agent ? words.ringingAt(named(caller.agent)) : "");
    element.querySelector(".wait").dataset.since = Date.parse(caller.queued_at);
  });
  $("queue-empty").hidden = state.queue.length > 0;
  $("queue-rest").hidden = true;
  for (const row of $("queue").children) row.hidden = false;
  fitQueue();
  const rest = state.queue.length - showWhole($("queue"), $("queue-rest"));
  $("queue-rest").hidden = rest === 0;
  if (rest) text($("queue-rest"), words.rest(count(rest)));
}

// For those who hear the page: once when it begins, and gone when it is over.
function announce(what) {
  if (announced === what) return;
  announced = what;
  text($("announce"), what);
}

function silence(what) {
  if (announced === what) announce("");
}

// Large rows while all of them can be seen, smaller ones when more wait.
function fitQueue() {
  const rows = $("queue");
  rows.dataset.crowd = "few";
  if (scrolls()) return;
  const bottom = rows.parentElement.getBoundingClientRect().bottom;
  const last = rows.lastElementChild?.getBoundingClientRect().bottom ?? 0;
  if (last > bottom || state.queue.length > MOST_ROWS) rows.dataset.crowd = "many";
}

// Hides the rows that cannot be seen whole, leaves room to say how many they are, and gives the number shown.
function showWhole(rows, rest) {
  const all = [...rows.children];
  if (scrolls() || !all.length) return all.length;
  const panel = rows.parentElement;
  const bottom = panel.getBoundingClientRect().bottom - parseFloat(getComputedStyle(panel).paddingBottom);
  const ends = all.map((row) => row.getBoundingClientRect().bottom);
  if (ends.at(-1) <= bottom && state.queue.length === all.length) return all.length;
  rest.hidden = false;
  text(rest, words.rest(0));
  const shown = ends.filter((end) => end <= bottom - rest.offsetHeight).length;
  for (const row of all.slice(shown)) row.hidden = true;
  return shown;
}

function newAgent() {
  const element = document.createElement("li");
  const sign = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  sign.setAttribute("viewBox", "0 0 24 24");
  sign.setAttribute("class", "sign");
  sign.setAttribute("aria-hidden", "true");
  sign.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  element.append(sign, make("span", "name"), make("span", "doing"), make("span", "for"));
  return element;
}

function drawAgents() {
  const on = state.agents.filter((agent) => agent.state !== "offline");
  on.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || Date.parse(a.since) - Date.parse(b.since));
  const off = state.agents.filter((agent) => agent.state === "offline");
  list($("agents"), on, (agent) => agent.extension, newAgent, (element, agent) => {
    set(element, "data-state", agent.state);
    set(element, "data-class", agent.class);
    set(element.querySelector("path"), "d", SIGNS[agent.state]);
    text(element.querySelector(".name"), agent.name || agent.extension);
    set(element, "title", `${agent.extension} · ${words.states[agent.state]}`);
    const about = agent.state === "paused" ? reason(agent.reason) : agent.service ? service(agent.service) : "";
    text(element.querySelector(".doing"), about ? `${words.states[agent.state]} · ${about}` : words.states[agent.state]);
    element.querySelector(".for").dataset.since = agent.since ? Date.parse(agent.since) : "";
  });
  text($("agents-off"), `${words.off} (${count(off.length)}): ${off.map((agent) => agent.name || agent.extension).join(", ")}`);
  $("agents-off").hidden = off.length === 0;
  $("agents-empty").hidden = on.length > 0;
  $("agents").hidden = on.length === 0;
  const counts = COUNTED.map((name) => [name, on.filter((agent) => agent.state === name).length]);
  list($("agents-tally"), on.length ? counts : [], ([name]) => name, () => make("span", ""), (element, [name, n]) => {
    set(element, "data-state", name);
    text(element, `${count(n)} ${words.states[name].toLocaleLowerCase(words.locale)}`);
  });
}

// The largest cards with which all are seen; measured only when something changed that it hangs on.
function fitAgents() {
  const agents = $("agents");
  const keys = [...agents.children].map((element) => element.dataset.key).sort();
  const now = `${keys} ${$("agents-off").hidden} ${innerWidth} ${innerHeight}`;
  if (agents.dataset.fitted === now) return;
  agents.dataset.fitted = now;
  for (const crowd of CROWDS) {
    agents.dataset.crowd = crowd;
    const cut = [...agents.querySelectorAll(".name")].some((name) => name.scrollWidth > name.clientWidth);
    if (agents.scrollHeight <= agents.clientHeight + 1 && !(cut && LARGE.includes(crowd))) return;
  }
}

function newCall() {
  const element = document.createElement("li");
  element.append(document.createElement("time"), make("span", "what"), make("span", "ended"), make("span", "took"));
  return element;
}

function drawCalls() {
  const calls = (state.calls ?? []).slice(0, scrolls() ? 8 : innerHeight > 850 ? 5 : 3);
  list($("calls"), calls, (call) => call.id, newCall, (element, call) => {
    set(element.querySelector("time"), "datetime", call.entered_at);
    text(element.querySelector("time"), time(call.entered_at));
    text(element.querySelector(".what"), service(call.service));
    const ended = element.querySelector(".ended");
    set(ended, "data-outcome", call.outcome);
    text(ended, [call.outcome ? words.outcomes[call.outcome] ?? call.outcome : words.goesOn, call.agent && named(call.agent)].filter(Boolean).join(" · "));
    text(element.querySelector(".took"), call.wait_s == null ? "" : `${seconds(call.wait_s)} ${words.second}`);
  });
  $("calls-empty").hidden = calls.length > 0;
  text($("calls-empty").firstElementChild, state.calls ? words.noCalls : words.noRecords);
}

function draw() {
  drawFigures();
  drawCalls();
  drawAgents();
  drawQueue();
  tick();
  fitAgents(); // last: the times are in
}

// --- what moves by itself

function tick() {
  text($("clock"), clock(serverNow()));
  if (!state) return;
  const now = serverNow();
  for (const element of document.querySelectorAll("[data-since]")) {
    text(element, element.dataset.since ? duration(now - Number(element.dataset.since)) : "");
  }
  const longest = Math.min(...holding().map((caller) => Date.parse(caller.queued_at)));
  const first = holding().find((caller) => Date.parse(caller.queued_at) === longest);
  figure("f-longest", first ? duration(now - longest) : "–", "", first ? service(first.service) : words.nobodyWaits);
}

function link(name, value) {
  if (name === "lost") announce(words.announceLost);
  set($("link"), "data-link", name);
  text($("link").lastElementChild, value);
  set($("wall"), "data-stale", ["connecting", "lost", "away"].includes(name));
}

// What is wrong with the line, in place of "live": the gravest first. Without Asterisk nothing that is shown is sure.
function drawTroubles() {
  const troubles = [...state.troubles].sort((a, b) => GRAVE.includes(b) - GRAVE.includes(a));
  const told = troubles.map(trouble).join(" · ");
  if (!troubles.length) link("live", words.live);
  else link(troubles.includes("asterisk") ? "away" : GRAVE.includes(troubles[0]) ? "down" : "warn", told);
  if (troubles.length && GRAVE.includes(troubles[0])) announce(told);
  else for (const name of GRAVE) if (announced.includes(trouble(name))) announce("");
}

// --- the token

function ask(wrong) {
  text($("ask-wrong"), wrong ? words.wrong : "");
  if (!$("ask").open) $("ask").showModal();
  $("token").value = "";
  $("token").focus();
}

function start(token) {
  link("connecting", words.connecting);
  follow(token, {
    state(next) {
      state = next;
      offset = Date.parse(next.at) - Date.now();
      sessionStorage.setItem(KEY, token);
      tellTimeIn(next.timezone);
      silence(words.announceLost);
      drawTroubles();
      draw();
    },
    lost() {
      if (state) link("lost", words.lost(clock(Date.parse(state.at))));
      else link("connecting", words.connecting);
    },
    refused() {
      sessionStorage.removeItem(KEY);
      ask(true);
    },
  });
}

document.documentElement.lang = language;
for (const element of document.querySelectorAll("[data-t]")) element.textContent = words[element.dataset.t];
for (const element of $("languages").children) set(element, "aria-current", element.lang === language ? "true" : null);
$("ask").addEventListener("cancel", (event) => event.preventDefault());
$("ask-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = $("token").value.trim();
  if (!token) return;
  $("ask").close();
  start(token);
});
addEventListener("resize", () => state && draw());
setInterval(tick, 1000);
tick();
const known = sessionStorage.getItem(KEY);
if (known) start(known);
else {
  link("connecting", "");
  ask(false);
}
