// parquet.mjs FILE: the rows of a Parquet file as JSON, read by hyparquet.
import { readFileSync } from "node:fs";
import { parquetReadObjects } from "hyparquet";

const { buffer } = new Uint8Array(readFileSync(process.argv[2]));
const rows = await parquetReadObjects({ file: buffer });
process.stdout.write(JSON.stringify(rows, (_, value) => (typeof value === "bigint" ? Number(value) : value)));
