// A certified OpenID Connect provider (npm `oidc-provider`) for tests, on loopback: any login and password, and whatever
// the file of accounts says of the login. Arguments: its module, port, the folder of `accounts.json` and `clients.json`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [module, port, folder] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(module).href);
const read = (name) => JSON.parse(readFileSync(join(folder, name), "utf-8"));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: read("clients.json"),
  claims: { openid: ["sub"], profile: ["preferred_username"], email: ["email", "email_verified"] },
  cookies: { keys: ["of tests only"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...read("accounts.json")[id] }) }),
});
// Its forms fetch a font from elsewhere, and tests reach this machine alone.
provider.use(async (context, next) => {
  await next();
  if (context.path === "/favicon.ico") context.status = 204; // a browser would complain that there is none
  if (typeof context.body === "string") context.body = context.body.replace(/@import url\([^)]*\);?/g, "");
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
