// Sign an event, upload it, and read its receipt. Node 20 or newer, nothing to install.
// LIANDAN_URL=http://127.0.0.1:8371 LIANDAN_LOG=liandan.example/demo-linyi LIANDAN_KEY=acme.pem npx tsx liandan.ts < event.json
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign as ed25519 } from "node:crypto";
import { readFileSync } from "node:fs";

const { LIANDAN_URL: url, LIANDAN_LOG: log, LIANDAN_KEY: file } = process.env;
const key = createPrivateKey(readFileSync(file ?? "key.pem"));
const { x } = createPublicKey(key).export({ format: "jwk" });
const kid = createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest("base64url");

const sign = (typ = "", payload = Buffer.alloc(0)) => {
  const header = Buffer.from(JSON.stringify({ alg: "EdDSA", kid, typ }));
  const signed = `${header.toString("base64url")}.${payload.toString("base64url")}`;
  return `${signed}.${ed25519(null, Buffer.from(signed), key).toString("base64url")}`;
};

const call = async (path = "", request = {}) => {
  const answer = await fetch(url + path, request);
  if (!answer.ok) throw new Error(await answer.text()); // A problem: errors with pointer, zh and en.
  return answer.json();
};

const body = sign("waste-event+jws", readFileSync(0));
const receipt = await call("/api/v1/events", { method: "POST", body });
const now = Math.floor(Date.now() / 1000);
const claims = { aud: log, iat: now, exp: now + 60, jti: randomUUID() };
const token = sign("waste-token+jws", Buffer.from(JSON.stringify(claims)));
const headers = { Authorization: `Bearer ${token}` };
const again = await call(`/api/v1/events/${receipt.event_id}/receipt`, { headers });
console.log(`${again.event_id} is entry ${again.index}`);
