// Refusals of the configuration in the administrator's language. The backend says them in English, as the log has them; what is common
// is said in Turkish here, and the rest by its key and value with the English beside it. Pure.
import type { Language } from "../text/format";

/** What was refused. `allowed` is what the backend says of it, empty: all of it is in `text`. */
export interface Fault {
  text: string;
  key: string;
  value: string;
  allowed: string;
}

export interface Told {
  words: string;
  /** The backend's own words, without paths of the server; empty: they are what `words` says already. */
  detail: string;
}

const COMMON: [RegExp, (...parts: string[]) => string][] = [
  [/^is missing and has no default/, () => "eksik, yazılması gerekir"],
  [/^must be times such as/, () => "08:30-17:30 gibi saatler olmalı; kapalı gün boş bırakılır"],
  [/^is no date/, () => "bir tarih değil; 2026-12-31 biçiminde yazın"],
  [/^is no day/, () => "bir gün değil; mon, tue … ya da mon-fri gibi yazın"],
  [/^(.+) begins before the one before it ends/, (part) => `${part}, kendinden önceki aralık bitmeden başlıyor`],
  [/^(?:must be )?at least ([\d.]+)(?: or more| is allowed)?/, (least) => `en az ${least} olmalı`],
  [/^(?:must be )?at most ([\d.]+)/, (most) => `en çok ${most} olabilir`],
  [/^(?:must be )?`?int`? >= ([\d.]+)/, (least) => `en az ${least} olan bir tam sayı olmalı`],
  [/^(?:a whole number |must be a whole number |must be a number )?from ([\d.]+) to ([\d.]+)/, between],
  [/^(?:must be )?(?:a whole number )?([\d.]+) to ([\d.]+)(?: is allowed| characters|$)/, between],
  [/^more than 0 is allowed/, () => "0'dan büyük olmalı"],
  [/^must be `?(?:int|float)`?|^must be a (?:whole )?number/, () => "bir sayı olmalı"],
  [/^must be `?bool`?|^must be true or false/, () => "açık ya da kapalı (true, false) olmalı"],
  [/^must be `?str`?/, () => "bir metin olmalı"],
  [/^must be (?:a )?tables?\b/, () => "bir tablo olmalı"],
  [/^must be (?:a list|`?array`?)/, () => "bir liste olmalı"],
  [/^must be unique|stands already|stands twice|has it too$/, () => "zaten var; her biri bir kez bulunabilir"],
  [/^no such [\w ]+?(?:; did you mean [^;]+)?; allowed: (.+)$/, (list) => `böyle bir şey yok; olabilecekler: ${list}`],
  [/^no such /, () => "böyle bir şey yok"],
  [/^not valid TOML/, () => "dosya TOML olarak okunamıyor"],
  [/^needs a restart/, () => "yeniden başlatınca geçerli olur"],
];

function between(low: string, high: string): string {
  return `${low} ile ${high} arasında olmalı`;
}

/** A text of the backend without the folders of files: where they lie is the server's affair. */
export function withoutPaths(text: string): string {
  return text.replace(/(?<![\w.])\/(?:[\w.@+-]+\/)*([\w.@+-]+)/g, "$1");
}

/** A refusal in words. */
export function told(fault: Fault, language: Language): Told {
  const detail = withoutPaths(fault.text);
  if (language !== "tr") return { words: detail, detail: "" };
  const said = (fault.allowed || detail).trim();
  const found = COMMON.map(([pattern, words]) => {
    const match = pattern.exec(said);
    return match && words(...match.slice(1).map((part) => part ?? ""));
  }).find((words) => words);
  const what = [fault.key, fault.value && `“${fault.value.replace(/^"(.*)"$/s, "$1")}”`].filter(Boolean).join(" = ");
  return { words: [what, found ?? "kabul edilmedi"].filter(Boolean).join(": "), detail };
}

/** A refusal that is one text, as the line's own: `services.toml: hours.office = 9-5: must be …`. */
export function faultIn(text: string): Fault {
  const match = /^(?:\S+:\s+)?([\w.[\]-]+) = (.*?): (.+)$/s.exec(text);
  if (match) return { text, key: match[1] ?? "", value: match[2] ?? "", allowed: match[3] ?? "" };
  const missing = /^(?:\S+:\s+)?([\w.[\]-]+):? (is missing.*|no such .*|not valid .*)$/s.exec(text);
  return { text, key: missing?.[1] ?? "", value: "", allowed: missing?.[2] ?? "" };
}

/** Why a request was refused as a whole, by the answer's status; empty: the reason that the answer names. */
const BY_STATUS: Record<number, string> = {
  403: "Bunu yapmaya yetkiniz yok.",
  404: "Böyle bir kayıt yok; bu sırada silinmiş olabilir.",
  409: "Şu anda yapılamıyor: bununla çelişen bir durum var.",
  413: "Gönderilen çok büyük.",
  415: "Bu türden bir dosya kabul edilmiyor.",
  422: "Kabul edilmedi.",
  428: "Sayfayı yenileyip yeniden deneyin.",
  429: "Çok fazla deneme. Biraz sonra yeniden deneyin.",
  503: "Sunucu bunu şu anda yapamıyor. Biraz sonra yeniden deneyin.",
};

export interface Answered {
  status: number;
  detail: string;
  key: string;
  value: unknown;
}

/** What an answer that is no success says, in one line. */
export function answered(refused: Answered, language: Language): string {
  const detail = withoutPaths(refused.detail);
  const words = BY_STATUS[refused.status];
  if (language !== "tr" || !words) return detail;
  const named = faultIn(refused.detail);
  if (refused.status === 422 && (named.key || refused.key)) {
    return told({ ...named, key: named.key || refused.key }, language).words;
  }
  return `${words} (${detail})`;
}
