// A provider of OpenID Connect for the tests: the package oidc-provider as it is, with its own pages to sign in, on a free port.
//
// provider.mjs REDIRECT_URL   prints its issuer once it listens, and goes when its standard input ends
//
// Whoever signs in by one of the names under FORGED gets an ID token that is not what it must be; everybody else the provider's own.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { SignJWT, UnsecuredJWT, decodeJwt, exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

const CLIENT = "liandan";
const SECRET = "a secret that this ledger and the provider of its tests share";
const [redirect] = process.argv.slice(2);

const own = await generateKeyPair("RS256", { extractable: true });
const stranger = await generateKeyPair("RS256", { extractable: true });
const jwk = { ...(await exportJWK(own.privateKey)), kid: "own", use: "sig", alg: "RS256" };

const sign = (claims, key, alg = "RS256") => new SignJWT(claims).setProtectedHeader({ alg, kid: "own" }).sign(key);

/** What is made of the claims of a good token. */
const FORGED = {
  "other-issuer": (claims) => sign({ ...claims, iss: "https://other.example" }, own.privateKey),
  "other-audience": (claims) => sign({ ...claims, aud: "another-client" }, own.privateKey),
  "more-audiences": (claims) => sign({ ...claims, aud: [CLIENT, "another-client"] }, own.privateKey),
  "other-nonce": (claims) => sign({ ...claims, nonce: randomUUID() }, own.privateKey),
  "no-nonce": ({ nonce, ...claims }) => sign(claims, own.privateKey),
  "expired": (claims) => sign({ ...claims, exp: claims.iat - 3600 }, own.privateKey),
  "other-key": (claims) => sign(claims, stranger.privateKey),
  "shared-secret": (claims) => sign(claims, new TextEncoder().encode(SECRET), "HS256"),
  "unsigned": (claims) => new UnsecuredJWT(claims).encode(),
};

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: CLIENT, client_secret: SECRET, redirect_uris: [redirect] }],
  jwks: { keys: [jwk] },
  cookies: { keys: [randomUUID()] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
provider.use(async (context, next) => {
  await next();
  if (context.path !== "/token" || !context.body?.id_token) return;
  const claims = decodeJwt(context.body.id_token);
  const forge = FORGED[claims.sub];
  // What is forged is forged for a person who would be let in.
  if (forge) context.body.id_token = await forge({ ...claims, sub: "officer" });
});
server.on("request", provider.callback());
process.stdout.write(`${issuer}\n`);
process.stdin.on("end", () => process.exit()).resume();
