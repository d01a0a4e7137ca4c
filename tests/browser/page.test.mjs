// The page and its delivery: Lighthouse on the demo page.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Assistant, FLAGS } from "./harness.mjs";

const LEAST = 0.95;
const CLI = join(dirname(createRequire(import.meta.url).resolve("lighthouse/package.json")), "cli/index.js");

test("Lighthouse gives at least 95 for performance, accessibility and best practices", async () => {
  const assistant = await Assistant.start();
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [
      CLI, `${assistant.address}/chat`, "--quiet", "--output=json", `--chrome-flags=${FLAGS.join(" ")}`,
      "--only-categories=performance,accessibility,best-practices",
    ], {
      env: { ...process.env, CHROME_PATH: process.env.CHROMIUM || "/usr/bin/chromium" },
      maxBuffer: 50_000_000,
    });
    const scores = Object.entries(JSON.parse(stdout).categories).map(([name, { score }]) => [name, score]);
    console.log(scores.map(([name, score]) => `${name} ${score * 100}`).join(", "));
    assert.deepEqual(scores.filter(([, score]) => !(score >= LEAST)), []);
  } finally {
    await assistant.stop();
  }
});
