// Builds dist/ from src/: one script, one style sheet, their integrity hashes. With --check it
// only says whether dist/ is what src/ gives, and small enough.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

const LIMITS = { "myoguide-chat.js": 30_000, "myoguide-chat.css": 6_000 }; // bytes, gzipped
const here = new URL(".", import.meta.url).pathname;
const integrityOf = (body) => `sha384-${createHash("sha384").update(body).digest("base64")}`;

async function bundle(entry, define = {}) {
  const { outputFiles } = await build({
    entryPoints: [here + entry], bundle: true, minify: true, write: false, define,
    format: "iife", target: ["es2022"], legalComments: "none", charset: "utf8",
  });
  return Buffer.from(outputFiles[0].contents);
}

const style = await bundle("src/myoguide-chat.css");
const script = await bundle("src/index.js", { __STYLE_INTEGRITY__: JSON.stringify(integrityOf(style)) });
const files = { "myoguide-chat.css": style, "myoguide-chat.js": script };
const integrity = Object.fromEntries(Object.entries(files).map(([name, body]) => [name, integrityOf(body)]));
files["integrity.json"] = Buffer.from(`${JSON.stringify(integrity, null, 2)}\n`);

let faults = 0;
for (const [name, body] of Object.entries(files)) {
  const path = `${here}dist/${name}`;
  if (process.argv.includes("--check")) {
    const built = await readFile(path).catch(() => Buffer.alloc(0));
    if (!built.equals(body)) {
      console.error(`widget/dist/${name} is not what widget/src gives: run 'npm run build' in widget/`);
      faults += 1;
    }
  } else await writeFile(path, body);
  const limit = LIMITS[name];
  if (!limit) continue;
  const size = gzipSync(body, { level: 9 }).length;
  console.log(`${name}: ${body.length} bytes, ${size} gzipped (at most ${limit})`);
  if (size > limit) faults += 1;
}
process.exit(faults ? 1 : 0);
