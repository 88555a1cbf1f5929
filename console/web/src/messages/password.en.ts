import type { password as tr } from "./password.tr";

export const password: typeof tr = {
  present: "Present password",
  fresh: "New password",
  again: "New password (again)",
  rule: "At least 10 characters. A long phrase is better than a short and tangled password. Your other sessions end.",
  differ: "The two new passwords are not the same.",
  wrongPresent: "The present password is wrong.",
  rules: {
    length: (shortest, longest) => `A password has ${shortest} to ${longest} characters.`,
    variety: () => "A password has at least five different characters.",
    demo: () => "This is a password of the demo: everybody knows it.",
    name: () => "A password is more than the user's name with digits and signs.",
    same: () => "The new password is the present one; choose another.",
  },
  notAllowed: "This password is not allowed.",
  byProvider: "You signed in by your institution's account: its password is changed there, and here you have none.",
  over: "Your session is over. Sign in again.",
  later: "Later",
  changed: "Your password has changed. Your other sessions have ended.",
};
