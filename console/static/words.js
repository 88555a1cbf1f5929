// What people read on the wall. Turkish first; a service or reason that is not here is shown by its own name.

export const WORDS = {
  tr: {
    locale: "tr-TR",
    figures: "Göstergeler", waiting: "Bekleyen", longest: "En uzun bekleme", asa: "Ortalama yanıt",
    level: "Hizmet düzeyi", answered: "Yanıtlanan", abandoned: "Vazgeçen",
    queue: "Sırada bekleyenler", agents: "Görevliler", calls: "Son çağrılar",
    nobodyWaits: "Bekleyen yok", nobodyIn: "Giriş yapmış görevli yok",
    noCalls: "Henüz çağrı yok", noRecords: "Kayıtlara şu anda ulaşılamıyor",
    urgent: "acil", second: "sn",
    urgentWaiting: (n) => `${n} acil`, noneUrgent: "acil yok",
    back: "geri aranacak", andBack: (n) => `${n} geri aranacak`,
    recent: (five, hour) => `bugün · 5 dk ${five} · 1 sa ${hour}`,
    within: (t) => `bugün · ${t} sn içinde`,
    ofOffered: (n, back) => `bugün · ${n} çağrıdan${back ? ` · ${back} geri arandı` : ""}`, share: (p) => `bugün · %${p}`,
    ringingAt: (a) => `çalıyor: ${a}`, rest: (n) => `ve ${n} kişi daha`, off: "Giriş yapmamış",
    live: "Canlı", connecting: "Bağlanıyor…", lost: (t) => `Bağlantı yok · son bilgi ${t}`,
    announceUrgent: "Acil arayan bekliyor", announceLost: "Bağlantı koptu",
    askTitle: "Canlı pano", askWhy: "Görmek için erişim anahtarını girin: sunucuda, veri klasöründeki token dosyasındadır (make run ile .cache/run/token). Sekme kapanınca unutulur.",
    token: "Erişim anahtarı", open: "Panoyu aç", wrong: "Bu anahtar geçerli değil.",
    states: {
      ready: "Hazır", talking: "Görüşmede", ringing: "Çalıyor", wrapup: "Görüşme sonrası", paused: "Ara verdi",
      busy: "Başka görüşmede", unavailable: "Telefonuna ulaşılamıyor", offline: "Giriş yapmamış",
    },
    outcomes: {
      answered: "Yanıtlandı", abandoned: "Vazgeçti", abandoned_in_menu: "Menüde kapattı", self_served: "Bilgi aldı",
      timed_out: "Süre doldu", rejected: "Alınamadı", closed: "Kapalı", no_agents: "Görevli yok",
      called_back: "Geri arandı", callback_failed: "Geri aranamadı", callback_cancelled: "Geri arama iptal",
    },
    services: {
      funeral: "Cenaze", doctor: "Doktor", patient_transfer: "Hasta nakil", ambulance: "Ambulans",
      injured_animal: "Yaralı hayvan", request: "İstek, şikâyet", information: "Bilgi",
      ticket_status: "Başvuru durumu", agent: "Görevli",
    },
    reasons: {
      break: "mola", meal: "yemek", prayer: "namaz", training: "eğitim", other: "diğer", missed_calls: "çağrı kaçırdı",
    },
    troubles: {
      asterisk: "Santrale ulaşılamıyor", journal: "Günlük yazılamıyor", database: "Kayıtlara ulaşılamıyor",
      live_store: "Diğer panolar güncel değil",
    },
    noService: "Seçim yok", goesOn: "Sürüyor",
  },
  en: {
    locale: "en-GB",
    figures: "Figures", waiting: "Waiting", longest: "Longest wait", asa: "Average answer",
    level: "Service level", answered: "Answered", abandoned: "Abandoned",
    queue: "Waiting callers", agents: "Agents", calls: "Last calls",
    nobodyWaits: "Nobody is waiting", nobodyIn: "No agent is signed in",
    noCalls: "No calls yet", noRecords: "Records cannot be reached now",
    urgent: "urgent", second: "s",
    urgentWaiting: (n) => `${n} urgent`, noneUrgent: "none urgent",
    back: "call back", andBack: (n) => `${n} to call back`,
    recent: (five, hour) => `today · 5 min ${five} · 1 h ${hour}`,
    within: (t) => `today · within ${t} s`,
    ofOffered: (n, back) => `today · of ${n} ${n === "1" ? "call" : "calls"}${back ? ` · ${back} called back` : ""}`, share: (p) => `today · ${p}%`,
    ringingAt: (a) => `ringing: ${a}`, rest: (n) => `and ${n} more`, off: "Signed out",
    live: "Live", connecting: "Connecting…", lost: (t) => `No connection · last seen ${t}`,
    announceUrgent: "An urgent caller is waiting", announceLost: "Connection lost",
    askTitle: "Live wall", askWhy: "Enter the access token: it is on the server, in the file token of the data folder (with make run, .cache/run/token). It is forgotten when this tab closes.",
    token: "Access token", open: "Open the wall", wrong: "This token is not valid.",
    states: {
      ready: "Ready", talking: "Talking", ringing: "Ringing", wrapup: "Wrap-up", paused: "Paused",
      busy: "On another call", unavailable: "Phone unreachable", offline: "Signed out",
    },
    outcomes: {
      answered: "Answered", abandoned: "Abandoned", abandoned_in_menu: "Left in the menu", self_served: "Self-served",
      timed_out: "Timed out", rejected: "Rejected", closed: "Closed", no_agents: "No agents",
      called_back: "Called back", callback_failed: "Not reached", callback_cancelled: "Call back cancelled",
    },
    services: {
      funeral: "Funeral", doctor: "Doctor", patient_transfer: "Patient transfer", ambulance: "Ambulance",
      injured_animal: "Injured animal", request: "Request, complaint", information: "Information",
      ticket_status: "Ticket status", agent: "Agent",
    },
    reasons: {
      break: "break", meal: "meal", prayer: "prayer", training: "training", other: "other", missed_calls: "missed calls",
    },
    troubles: {
      asterisk: "Asterisk cannot be reached", journal: "The journal cannot be written",
      database: "Records cannot be reached", live_store: "Other walls are out of date",
    },
    noService: "No choice", goesOn: "In progress",
  },
};

export const language = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "tr";
export const words = WORDS[language];

const plain = (id) => id.replaceAll("_", " ");
export const service = (id) => (id ? words.services[id] ?? plain(id) : words.noService);
export const trouble = (id) => words.troubles[id] ?? plain(id);
export const reason = (id) => (id ? words.reasons[id] ?? plain(id) : "");

const numbers = new Intl.NumberFormat(words.locale);
const tenths = new Intl.NumberFormat(words.locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
export const count = (n) => numbers.format(n);
export const seconds = (s) => (s == null ? "–" : s < 100 ? tenths.format(s) : numbers.format(Math.round(s)));

// Times are told in the line's zone, wherever the screen hangs; before that is known, in the screen's own.
const hourMinute = { hour: "2-digit", minute: "2-digit", hour12: false };
const withSeconds = { ...hourMinute, second: "2-digit" };
let zone;
let formats = {};
export function tellTimeIn(timeZone) {
  if (formats.minute && zone === timeZone) return;
  zone = timeZone;
  formats = {
    minute: new Intl.DateTimeFormat(words.locale, { ...hourMinute, timeZone }),
    second: new Intl.DateTimeFormat(words.locale, { ...withSeconds, timeZone }),
  };
}
tellTimeIn(undefined);
export const clock = (ms) => formats.second.format(ms);
export const time = (text) => (text ? formats.minute.format(Date.parse(text)) : "");

// m:ss, or h:mm:ss from an hour on
export function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  return h ? `${h}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}
