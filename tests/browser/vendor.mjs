// Copies the libraries of the dashboard from their npm packages into web/vendor, or (--check) proves that what lies
// there is what the packages hold. The only change is that bare imports become relative ones, because the page's
// content security policy forbids an inline import map.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, "../../web/vendor");
const modules = join(here, "node_modules");

/** What comes from where: [package, file in it, name in web/vendor]. */
const FILES = [
  ["preact", "dist/preact.mjs", "preact.js"],
  ["preact", "hooks/dist/hooks.mjs", "hooks.js"],
  ["@preact/signals-core", "dist/signals-core.mjs", "signals-core.js"],
  ["@preact/signals", "dist/signals.mjs", "signals.js"],
  ["htm", "dist/htm.mjs", "htm.js"],
  ["uplot", "dist/uPlot.esm.js", "uplot.js"],
  ["uplot", "dist/uPlot.min.css", "uplot.css"],
  ["uplot", "dist/uPlot.d.ts", "uplot.d.ts"],
  ["preact", "LICENSE", "licences/preact.txt"],
  ["@preact/signals", "LICENSE", "licences/signals.txt"],
  ["htm", "LICENSE", "licences/htm.txt"],
  ["uplot", "LICENSE", "licences/uplot.txt"],
];

/** The patch: every bare import and its relative form. Source map comments go too, since the maps are not served. */
const IMPORTS = [
  ['"@preact/signals-core"', '"./signals-core.js"'],
  ['"preact/hooks"', '"./hooks.js"'],
  ['"preact"', '"./preact.js"'],
];

/** @param {string} text */
function patched(text) {
  for (const [bare, relative] of IMPORTS) {
    text = text.replaceAll(`from${bare}`, `from${relative}`);
  }
  return text.replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "\n");
}

/** @param {string} text */
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** @param {string} name */
const version = (name) => JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")).version;

const rows = FILES.map(([name, file, target]) => {
  const original = readFileSync(join(modules, name, file), "utf8");
  const text = target.endsWith(".js") ? patched(original) : original;
  return { name, file, target, original, text };
});

const manifest = `# Vendored libraries

Taken unchanged from the npm packages below, but for one patch: bare imports (\`from"preact"\`) are relative
(\`from"./preact.js"\`), because the page's content security policy forbids an inline import map, and the comments that
name source maps are dropped. \`tests/browser/vendor.mjs\` makes these files; \`npm run vendor -- --check\` there proves
that they are what the packages hold. The small \`.d.ts\` files beside them (all but \`uplot.d.ts\`) are our own.

| file | package | version | file in the package | SHA-256 in the package | SHA-256 here |
|---|---|---|---|---|---|
${rows.map((row) => `| \`${row.target}\` | ${row.name} | ${version(row.name)} | \`${row.file}\` | \`${sha256(row.original)}\` | \`${sha256(row.text)}\` |`).join("\n")}

All are under the MIT licence; the texts are in \`licences/\`.
`;

const outputs = [...rows.map(({ target, text }) => [target, text]), ["VENDORED.md", manifest]];
const check = process.argv.includes("--check");
let wrong = 0;
for (const [target, text] of outputs) {
  const path = join(vendor, target);
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } else if (readFileSync(path, "utf8") !== text) {
    console.error(`web/vendor/${target} is not what its package holds; run: npm run vendor`);
    wrong += 1;
  }
}
process.exit(wrong ? 1 : 0);
