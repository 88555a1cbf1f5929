// What a refused action is told as. By the kind of refusal, which the API's own description lists: a new one without words fails the
// build. Other answers by their status.
import type { RefusalCode } from "../api/refusal";

const codes: Record<RefusalCode, string> = {
  no_such_move: "Başvuru bu durumdayken bu işlem yapılamaz.",
  not_your_role: "Bunu yapmaya yetkiniz yok.",
  not_your_unit: "Başvuru sizin biriminizde değil.",
  missing: "Gerekli bir bilgi eksik.",
  unknown: "Böyle bir seçenek yok.",
  not_allowed: "Girilen bilgi kabul edilmiyor.",
  too_late: "Bunun için artık geç.",
  too_many: "Daha fazlası kabul edilmiyor.",
  already_done: "Bu zaten yapılmış.",
  follows_parent: "Başvuru bir ana başvuruya bağlı; işlem ana başvuruda yapılır.",
  other_place: "İki başvuru farklı yerlerle ilgili.",
  stale: "Bilgi eskidi: başvuru bu arada değişti.",
};

export const refusals = {
  codes,
  statuses: {
    0: "Sunucuya ulaşılamıyor.",
    403: "Bunu yapmaya yetkiniz yok.",
    404: "Aranan bulunamadı; bu arada kaldırılmış olabilir.",
    409: "Şu anda yapılamıyor: bununla çelişen bir durum var.",
    412: "Bu arada değişti. Yenileyip yeniden deneyin.",
    413: "Gönderilen çok büyük.",
    415: "Bu türden bir dosya kabul edilmiyor.",
    422: "Gönderilen bilgi kabul edilmedi.",
    428: "Sayfayı yenileyip yeniden deneyin.",
    429: "Çok fazla deneme oldu. Biraz sonra yeniden deneyin.",
    503: "Sunucu bunu şu anda yapamıyor. Biraz sonra yeniden deneyin.",
  } as Record<number, string>,
  other: "Yapılamadı.",
};
