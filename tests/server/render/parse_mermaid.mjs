// Parse charts with the real Mermaid: node parse_mermaid.mjs CHARTS.json FOLDER_WITH_NODE_MODULES
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [charts, folder] = process.argv.slice(2);
const load = createRequire(join(folder, "package.json"));
const { JSDOM } = load("jsdom");
const { window } = new JSDOM("<!DOCTYPE html><body></body>");
globalThis.window = window;
globalThis.document = window.document;
const mermaid = (await import(pathToFileURL(join(folder, "node_modules/mermaid/dist/mermaid.core.mjs")))).default;
mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });

const answers = {};
for (const [name, chart] of Object.entries(JSON.parse(readFileSync(charts, "utf-8")))) {
  try {
    const diagram = await mermaid.mermaidAPI.getDiagramFromText(chart);
    const vertices = [...diagram.db.getVertices().values()];
    answers[name] = {
      type: diagram.type,
      vertices: vertices.length,
      edges: diagram.db.getEdges().length,
      labels: vertices.map((vertex) =>
        vertex.text.replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code)))),
    };
  } catch (error) {
    console.error(`${name}: ${error.message}\n${chart}`);
    process.exit(1);
  }
}
process.stdout.write(JSON.stringify(answers));
