// Codes on this screen, drawn without a network by the writer that the program was built with.

const SVG = "http://www.w3.org/2000/svg";

/**
 * A code as a picture; refuses where the program was built without a writer.
 * @param {string} text
 * @param {string} name what it is called for those who do not see it
 * @param {string | undefined} encoder address of the writer
 */
export async function draw(text, name, encoder) {
  if (!encoder) throw new Error("nothing here writes codes");
  const { default: encode } = await import(encoder);
  /** @type {boolean[][]} */
  const modules = encode(text, "raw", { ecc: "low", border: 4 });
  const runs = modules.flatMap((row, y) => row.flatMap((isDark, x) => (isDark && !row[x - 1] ? [`M${x} ${y}h${lengthOf(row, x)}v1h-${lengthOf(row, x)}z`] : [])));
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ class: "qr", role: "img", "aria-label": name, viewBox: `0 0 ${modules.length} ${modules.length}`, "shape-rendering": "crispEdges" })) {
    svg.setAttribute(key, value);
  }
  svg.appendChild(document.createElementNS(SVG, "path")).setAttribute("d", runs.join(""));
  return svg;
}

/** How many dark modules stand side by side. @param {boolean[]} row @param {number} from */
function lengthOf(row, from) {
  const end = row.findIndex((isDark, x) => x > from && !isDark);
  return (end < 0 ? row.length : end) - from;
}
