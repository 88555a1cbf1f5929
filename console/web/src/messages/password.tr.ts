// Somebody changes their own password.
import type { PasswordRule } from "../session/password";

export const password = {
  present: "Şimdiki parola",
  fresh: "Yeni parola",
  again: "Yeni parola (yeniden)",
  rule: "En az 10 karakter. Uzun bir söz dizisi, kısa ve karışık bir paroladan iyidir. Diğer oturumlarınız kapanır.",
  differ: "İki yeni parola aynı değil.",
  wrongPresent: "Şimdiki parola yanlış.",
  rules: {
    length: (shortest, longest) => `Parola ${shortest} ile ${longest} karakter arasında olmalı.`,
    variety: () => "Parolada en az beş farklı karakter olmalı.",
    demo: () => "Bu, denemenin parolası: herkes biliyor.",
    name: () => "Parola yalnızca kullanıcı adı, rakam ve işaretlerden oluşamaz.",
    same: () => "Yeni parola şimdikiyle aynı; başka bir parola seçin.",
  } as Record<PasswordRule, (shortest: number, longest: number) => string>,
  notAllowed: "Bu parola kabul edilmiyor.",
  byProvider: "Kurum hesabınızla girdiniz: parolanız orada değişir, burada parolanız yok.",
  over: "Oturumunuz kapandı. Yeniden giriş yapın.",
  later: "Sonra",
  changed: "Parolanız değişti. Diğer oturumlarınız kapatıldı.",
};
