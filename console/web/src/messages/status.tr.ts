// The words of the citizen's page, in Turkish. A citizen reads them once, often on a telephone and in a hurry.
import type { components } from "../api/schema";

type TicketState = components["schemas"]["Ticket"]["state"];

const states: Record<TicketState, string> = {
  new: "Başvurunuz alındı. İlgili birime iletilecek.",
  assigned: "Başvurunuz ilgili birime iletildi.",
  accepted: "İlgili birim başvurunuzu kabul etti, çalışma sırada.",
  in_progress: "İlgili birim başvurunuz üzerinde çalışıyor.",
  waiting_citizen: "Sizden bir yanıt bekliyoruz.",
  waiting_outside: "Başka bir kurumun yapacağı iş bekleniyor.",
  resolved: "Başvurunuz sonuçlandı.",
  refused: "Başvurunuz ne yazık ki yerine getirilemedi.",
  not_ours: "Başvurunuz belediyemizin görev alanında değil.",
  told: "Başvurunuz sonuçlandı.",
  closed: "Başvurunuz kapandı.",
};

export const status = {
  title: "Başvurum ne durumda?",
  intro: "Başvurunuzu numarası ya da size verilen kodla sorgulayabilirsiniz. Üyelik gerekmez.",
  way: "Neyle bakmak istersiniz?",
  ways: { number: "Başvuru numarası", code: "Kod" },
  number: "Başvuru numarası",
  numberHint: "Örneğin 26-000123-3",
  digits: "Telefonunuzun son dört rakamı",
  digitsHint: "Başvuruyu yaparken kullandığınız numara",
  code: "Kod",
  codeHint: "15 rakam; örneğin 482-109-375-516-384",
  look: "Göster",
  another: "Başka bir başvuruya bak",
  numberMissing: "Başvuru numaranızı yazın.",
  codeMissing: "Kodu yazın.",
  digitsWrong: "Dört rakam yazın.",
  troubles: {
    unknown: () => "Bu bilgilerle bir başvuru bulunamadı. Rakamları kontrol edin.",
    too_many: (line: string) =>
      `Çok fazla yanlış deneme oldu. Bir süre sonra yeniden deneyin${line && ` ya da ${line} numarasını arayın`}.`,
    away: (line: string) =>
      `Şu anda bakılamıyor. Biraz sonra yeniden deneyin${line && ` ya da ${line} numarasını arayın`}.`,
  },
  request: (number: string) => `${number} numaralı başvuru`,
  stages: ["Alındı", "Birimde", "Çalışılıyor", "Sonuçlandı"],
  progress: "Başvurunun ilerleyişi",
  states,
  topic: "Konu",
  opened: "Başvuru tarihi",
  due: "En geç",
  decided: "Sonuç tarihi",
  words: "Birimin açıklaması",
  question: "Sizden istenen",
  responsible: "Görevli kurum",
  call: (line: string) => `Sorularınız için gece gündüz: ${line}`,
};
