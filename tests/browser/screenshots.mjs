// Takes the pictures in docs/screenshots/: npm run screenshots.

import { mkdir } from "node:fs/promises";
import { Assistant, Chat, SIZES, openBrowser } from "./harness.mjs";

const FOLDER = new URL("../../docs/screenshots/", import.meta.url).pathname;
const QUESTION = "why do i twitch falling asleep";
const EMERGENCY = "she's been fitting for ten minutes";
const dark = { colorScheme: "dark" };

const SHOTS = {
  "answer": [SIZES.desk, async (chat) => { await chat.begin(); await chat.ask(QUESTION); }],
  "self-check": [SIZES.phone, async (chat) => {
    await chat.begin();
    await chat.ask("check my symptoms");
    await chat.inside(".choices.once").last().waitFor();
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
  for (const [name, [options, play]] of Object.entries(SHOTS)) {
    const chat = await Chat.open(browser, assistant.address, options);
    await play(chat);
    await chat.inside(".typing").waitFor({ state: "hidden" }).catch(() => {});
    await chat.page.mouse.move(0, 0);
    await chat.page.screenshot({ path: `${FOLDER}${name}.png` });
    await chat.page.context().close();
    console.log(`docs/screenshots/${name}.png`);
  }
} finally {
  await browser.close();
  await assistant.stop();
}
