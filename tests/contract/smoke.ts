// One read by a client that openapi-typescript and openapi-fetch make of the description.
import createClient from "openapi-fetch";
import type { components, paths } from "./v1.js";

declare const process: { env: Record<string, string> };

const { LIANDAN_URL: baseUrl, LIANDAN_TOKEN: token } = process.env;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const { data, error } = await client.GET("/api/v1/lots", { params: { query: { limit: 2 } } });
if (!data) throw new Error(JSON.stringify(error));
const items: components["schemas"]["LotItemView"][] = data.items;
console.log(items.map((lot) => `${lot.id} ${lot.waste_code}`).join("\n"));
