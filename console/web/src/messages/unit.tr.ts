// The words of a unit's page alone, in Turkish: where on the map a request is.
export const unit = {
  point: "Haritadaki yeri",
  openMap: "Telefonun haritasında aç",
  pointIn: (mahalle: string) => `Başvurunun haritadaki yeri: ${mahalle}`,
  aMomentAgo: "az önce",
  oldList: (age: string) => `Liste ${age} alındı; bağlantı gelince yenilenir.`,
  newRelease: "Bu sayfanın yeni sürümü var: sayfa yenileniyor. Bekleyenler yenilenen sayfadan gönderilir.",
  newReleaseWaits:
    "Bu sayfanın yeni sürümü var. Yazmayı bitirince sayfayı yenileyin: bekleyenler yenilenen sayfadan gönderilir.",
  newReleaseSends:
    "Bu sayfanın yeni sürümü var. Bekleyenler bu cihazda saklanamadı: önce bu sayfadan gönderilir, sonra sayfa yenilenir.",
  loadNew: "Sayfayı yenile",
  outside: "Bu nokta şehrin haritasının dışında kalıyor.",
};
