// promql.mjs FILE: reads a JSON array of PromQL queries with the grammar of Prometheus and writes the names of the metrics of each; ends with the
// first query that cannot be read.
import { readFileSync } from "node:fs";
import { parser } from "@prometheus-io/lezer-promql";

const queries = JSON.parse(readFileSync(process.argv[2], "utf8"));
const names = queries.map((query) => {
  const found = [];
  parser.parse(query).iterate({
    enter(node) {
      if (node.type.isError) {
        throw new Error(`cannot be read at ${node.from}: ${query}`);
      }
      if (node.name === "VectorSelector") {
        const name = node.node.getChild("Identifier");
        found.push(query.slice(name.from, name.to));
      }
    },
  });
  return found;
});
process.stdout.write(JSON.stringify(names));
