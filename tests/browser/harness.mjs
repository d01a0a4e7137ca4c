// A running assistant and Chromium, and the few gestures that the tests are made of.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const ROOT = new URL("../../", import.meta.url).pathname;
export const FLAGS = [
  "--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const READY = "serving for browser tests"; // what serve.py says
export const WAIT = 15_000; // milliseconds for an answer, on a machine that is busy

/** The assistant on ports of its own; `stop` and `start` again keep its address. */
export class Assistant {
  #process = null;

  /** `lacks`: what is not there though it should be ("actions": the action server). */
  static async start({ lacks = "" } = {}) {
    const assistant = new Assistant();
    assistant.lacks = lacks;
    assistant.port = await freePort();
    // Where another site may be served that embeds the chat.
    assistant.sitePort = await freePort();
    assistant.logs = await mkdtemp(join(tmpdir(), "myoguide-browser-"));
    assistant.address = `http://localhost:${assistant.port}`;
    await assistant.start();
    return assistant;
  }

  async start() {
    const environment = {
      ...process.env, PYTHONWARNINGS: "ignore",
      MYOGUIDE_PORT: String(this.port),
      MYOGUIDE_ALLOWED_ORIGINS: `http://localhost:${this.sitePort}`,
    };
    this.#process = spawn(`${ROOT}.venv/bin/python`, ["tests/browser/serve.py", this.logs, this.lacks], {
      cwd: ROOT, env: environment, stdio: ["pipe", "pipe", "inherit"],
    });
    // Read to its end: a closed pipe would stop the server at its next word.
    const ready = await new Promise((resolve) => {
      let said = "";
      this.#process.stdout.on("data", (chunk) => {
        said += chunk;
        if (said.split("\n").includes(READY)) resolve(true);
      }).on("end", () => resolve(false));
    });
    if (ready) return;
    throw new Error(`the assistant did not start; its logs are in ${this.logs}`);
  }

  async stop() {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.stdin.end();
    await ended;
  }
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS });
}

export const SIZES = {
  desk: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  narrow: { viewport: { width: 320, height: 640 } },
  // A window of 1280 x 1024 at 400%.
  zoomed: { viewport: { width: 320, height: 256 } },
};

/** One person's chat in a browser of their own. */
export class Chat {
  constructor(page, faults) {
    this.page = page;
    this.faults = faults;
    const inside = (selector) => page.locator(`myoguide-chat ${selector}`);
    this.inside = inside;
    this.field = inside("textarea");
    this.launcher = inside(".launcher");
    this.panel = inside(".panel");
    this.items = inside(".message");
    this.replies = inside(".message.bot");
    this.mine = inside(".message.you");
  }

  static async open(browser, address, options = SIZES.desk, prepare = async () => {}) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT);
    const faults = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (line) => {
      if (line.type() === "error" && !/ws:|WebSocket|ERR_|Failed to load resource/.test(line.text())) faults.push(line.text());
    });
    await prepare(page);
    await page.goto(`${address}/chat`);
    const chat = new Chat(page, faults);
    // The launcher or the panel: one of them shows as soon as the style is there.
    await chat.inside(".launcher:visible, .panel:visible").first().waitFor({ timeout: WAIT });
    return chat;
  }

  /** Opens the chat if it is closed and waits for the greeting. */
  async begin() {
    if (await this.launcher.isVisible()) await this.launcher.click();
    await this.replies.first().waitFor({ timeout: WAIT });
    return this;
  }

  /** What this tab keeps, once the server has said which conversation this is: that comes after the greeting. */
  async kept() {
    const kept = await this.page.waitForFunction(() => {
      const value = JSON.parse(sessionStorage.getItem("myoguide ") || "{}");
      return value.token && value;
    }, null, { timeout: WAIT });
    return kept.jsonValue();
  }

  /** Types and sends; returns the first reply. */
  async ask(text) {
    const before = await this.replies.count();
    await this.field.fill(text);
    await this.field.press("Enter");
    const reply = this.replies.nth(before);
    await reply.waitFor({ timeout: WAIT });
    return reply;
  }

  /** Waits until the last message has been answered whole: a reply may be several messages. */
  async answered() {
    await this.inside(".typing").waitFor({ state: "hidden", timeout: WAIT });
  }

  texts() {
    return this.items.evaluateAll((items) => items.map((item) => item.querySelector(".bubble, .card").innerText));
  }

  /** What has the focus, inside the chat or on the page. */
  focused() {
    return this.page.evaluate(() => {
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      return at.id || at.className || at.tagName;
    });
  }

  /** Remembers everything that is told to assistive technology from now on. */
  async listen() {
    await this.page.evaluate(() => {
      window.heard = [];
      for (const region of document.querySelector("myoguide-chat").shadowRoot.querySelectorAll("[aria-live]")) {
        new MutationObserver((changes) => {
          for (const change of changes) {
            for (const node of change.addedNodes) {
              window.heard.push({ how: region.getAttribute("aria-live"), what: node.textContent });
            }
          }
        }).observe(region, { childList: true });
      }
    });
  }

  heard() {
    return this.page.evaluate(() => window.heard);
  }

  async end() {
    await this.page.context().close();
    assert.deepEqual(this.faults, [], "errors in the browser's console");
  }
}

/**
 * Plays the server's part in the browser, so that any message can be shown: `messages` are the
 * conversation, `answer(text)` gives the replies to what is sent.
 */
export async function standIn(page, messages, answer = () => []) {
  await page.routeWebSocket(/socket\.io/, (socket) => {
    const say = (event, data) => socket.send(`42${JSON.stringify([event, data])}`);
    socket.send(`0${JSON.stringify({ sid: "s", upgrades: [], pingInterval: 60_000, pingTimeout: 60_000, maxPayload: 65_536 })}`);
    socket.onMessage((packet) => {
      if (packet === "40") socket.send('40{"sid":"c"}');
      const [, id, body] = String(packet).match(/^42(\d+)(\[.*)$/s) || [];
      if (!body) return;
      const [event, data] = JSON.parse(body);
      if (event === "session_request") socket.send(`43${id}${JSON.stringify([{ session_id: "t", messages }])}`);
      else if (event === "user_uttered") {
        answer(data.message).forEach((reply, n) => say("bot_uttered", { id: `${data.id}.${n + 1}`, from: "myoguide", ...reply }));
        socket.send(`43${id}${JSON.stringify([{ id: data.id }])}`);
      } else socket.send(`43${id}[{}]`);
    });
  });
}

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

/** Fails on any violation that axe finds on the page as it stands. */
export async function checkAccessibility(chat, state) {
  if (!(await chat.page.evaluate(() => "axe" in window))) await chat.page.evaluate(await source(axePath));
  const { length } = chat.faults;
  const violations = await chat.page.evaluate(async (tags) => {
    const found = await window.axe.run(document, { runOnly: { type: "tag", values: tags }, rules: { "target-size": { enabled: true } } });
    return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target.flat().join(" ")} (${n.any.concat(n.all, n.none).map((c) => c.message).join("; ")})`).join(" | ")}`);
  }, TAGS);
  // axe tries out styles of its own, which the page's policy forbids.
  chat.faults.length = length;
  assert.deepEqual(violations, [], `axe, ${state}`);
}

async function source(path) {
  const { readFile } = await import("node:fs/promises");
  return readFile(path, "utf8");
}
