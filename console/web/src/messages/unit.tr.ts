// The words of a unit's page alone, in Turkish: where on the map a request is.
export const unit = {
  point: "Haritadaki yeri",
  openMap: "Telefonun haritasında aç",
  pointIn: (mahalle: string) => `Başvurunun haritadaki yeri: ${mahalle}`,
  outside: "Bu nokta şehrin haritasının dışında kalıyor.",
};
