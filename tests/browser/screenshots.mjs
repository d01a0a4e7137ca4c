// Takes the pictures in docs/screenshots/: npm run screenshots, or some: npm run screenshots -- phone dark

import { mkdir } from "node:fs/promises";
import { Assistant, Chat, SIZES, openBrowser } from "./harness.mjs";

const FOLDER = new URL("../../docs/screenshots/", import.meta.url).pathname;
const QUESTION = "why do i twitch falling asleep";
const EMERGENCY = "she's been fitting for ten minutes";
const dark = { colorScheme: "dark" };
// A self-check in own words that ends with "book an appointment".
const CHECK = [
  "check my symptoms", "none of these", "me, 45", "at rest", "left hand", "every day", "six weeks",
  "the muscle is weaker", "none", "none", "magnesium, no help",
];

async function check(chat) {
  await chat.begin();
  for (const answer of CHECK) {
    await chat.ask(answer);
    await chat.answered();
  }
}

const SHOTS = {
  // The one in README.md.
  "conversation": [{ viewport: { width: 1100, height: 760 } }, async (chat) => { await chat.begin(); await chat.ask(QUESTION); }],
  "answer": [SIZES.desk, async (chat) => { await chat.begin(); await chat.ask(QUESTION); }],
  "self-check": [SIZES.phone, async (chat) => {
    await chat.begin();
    await chat.ask("check my symptoms");
    await chat.answered();
  }],
  "outcome": [SIZES.phone, check],
  "summary": [SIZES.phone, async (chat) => { await check(chat); await chat.ask("my summary"); }],
  "self-check-dark": [{ ...SIZES.desk, ...dark }, async (chat) => {
    await chat.begin();
    for (const answer of CHECK.slice(0, 4)) await chat.ask(answer);
    await chat.answered();
  }],
  "closed": [SIZES.desk, async (chat) => { await chat.begin(); await chat.inside("header .round").last().click(); }],
  "emergency": [SIZES.desk, async (chat) => { await chat.begin(); await chat.ask(EMERGENCY); }],
  "offline": [SIZES.desk, async (chat) => {
    await chat.begin();
    await chat.page.context().setOffline(true);
    await chat.inside(".state.offline").waitFor();
    await chat.field.fill("how do i stop hiccups");
    await chat.field.press("Enter");
  }],
  "phone": [SIZES.phone, async (chat) => { await chat.begin(); await chat.ask(QUESTION); }],
  "phone-page": [SIZES.phone, async () => {}],
  "phone-next": [SIZES.phone, async (chat) => {
    await chat.begin();
    await chat.ask(QUESTION);
    await chat.inside(".choices").last().scrollIntoViewIfNeeded();
  }],
  "phone-emergency-dark": [{ ...SIZES.phone, ...dark }, async (chat) => { await chat.begin(); await chat.ask(EMERGENCY); }],
  "dark": [{ ...SIZES.desk, ...dark }, async (chat) => { await chat.begin(); await chat.ask(QUESTION); }],
  "zoom-400": [SIZES.zoomed, async (chat) => { await chat.begin(); await chat.ask("what is myoclonus"); }],
  "urgent": [SIZES.phone, async (chat) => { await chat.begin(); await chat.ask("my 6 month old folds forward again and again after his nap"); }],
  "delete": [SIZES.phone, async (chat) => {
    await chat.begin();
    await chat.inside("button[aria-controls=menu]").click();
    await chat.inside(".menu button").nth(1).click();
  }],
};

await mkdir(FOLDER, { recursive: true });
const assistant = await Assistant.start();
const browser = await openBrowser();
try {
  const wanted = process.argv.slice(2);
  for (const [name, [options, play]] of Object.entries(SHOTS)) {
    if (wanted.length && !wanted.includes(name)) continue;
    const chat = await Chat.open(browser, assistant.address, options);
    await play(chat);
    await chat.answered().catch(() => {});
    await chat.page.mouse.move(0, 0);
    await chat.page.screenshot({ path: `${FOLDER}${name}.png` });
    await chat.page.context().close();
    console.log(`docs/screenshots/${name}.png`);
  }
} finally {
  await browser.close();
  await assistant.stop();
}
