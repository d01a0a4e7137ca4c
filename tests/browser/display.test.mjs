// How every kind of message is shown, and that each state can be used by everyone. The server's
// part is played by the stand-in, so that each message is there whatever the content says today.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Assistant, Chat, SIZES, checkAccessibility, openBrowser, standIn } from "./harness.mjs";
import { MESSAGES, conversation } from "./messages.mjs";

let assistant;
let browser;

before(async () => {
  assistant = await Assistant.start();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await assistant?.stop();
});

/** A chat that shows `replies`; what is sent is kept in `chat.sent`. */
async function show(replies, options = SIZES.desk, answer = () => [], prepare = async () => {}) {
  const sent = [];
  const chat = await Chat.open(browser, assistant.address, options, async (page) => {
    await prepare(page);
    await standIn(page, conversation(...replies), (text) => {
      sent.push(text);
      return answer(text);
    });
  });
  chat.sent = sent;
  return chat.begin();
}

const all = Object.values(MESSAGES);

for (const [size, options] of Object.entries(SIZES)) {
  for (const scheme of ["light", "dark"]) {
    test(`No barrier is found, ${size}, ${scheme}: closed, open, every message, menu, question`, async () => {
      const chat = await Chat.open(browser, assistant.address, { ...options, colorScheme: scheme }, (page) =>
        standIn(page, conversation(...all)));
      if (await chat.panel.isVisible()) await chat.page.keyboard.press("Escape");
      await checkAccessibility(chat, "closed");
      await chat.begin();
      await checkAccessibility(chat, "every message");
      await chat.replies.first().locator("summary").click();
      await chat.replies.first().locator(".choice").first().click();
      await checkAccessibility(chat, "source open, button used");
      await chat.field.fill("x".repeat(2003));
      await checkAccessibility(chat, "text too long");
      await chat.inside("button[aria-controls=menu]").click();
      await checkAccessibility(chat, "menu open");
      await chat.inside(".menu button").nth(1).click();
      await checkAccessibility(chat, "asked before deleting");
      await chat.inside("dialog .plain").click();
      await chat.page.context().setOffline(true);
      await chat.inside(".state.offline").waitFor();
      await checkAccessibility(chat, "offline");
      await chat.end();
    });
  }
}

test("Cards say their level in words and begin with what to do", async () => {
  const { emergency, crisis, urgent, routine } = MESSAGES;
  const chat = await show([emergency, crisis, urgent, routine]);
  const heads = await chat.inside(".card").evaluateAll((cards) =>
    cards.map((card) => [card.querySelector(".level").innerText, card.querySelector("h3").innerText]));
  assert.deepEqual(heads, [
    ["Emergency", "Call 112 or 911 now."],
    ["Emergency", "If you might act on it, call 999 now."],
    ["Urgent advice", "Ring a doctor or children's ward today."],
    ["See a doctor", "Book an appointment with a doctor."],
  ]);
  await chat.end();
});

test("On a telephone an emergency card dials its numbers and leads nowhere else", async () => {
  const chat = await show([MESSAGES.emergency, MESSAGES.crisis], SIZES.phone);
  const links = await chat.inside(".card a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  assert.deepEqual(links, ["tel:112", "tel:911", "tel:999", "tel:116123"]);
  assert.ok(await chat.inside(".card a").first().isVisible());
  await chat.end();
});

test("On a computer an emergency card has no link at all to be seen", async () => {
  const chat = await show([MESSAGES.emergency]);
  assert.equal(await chat.inside(".card a").first().isVisible(), false);
  await chat.end();
});

test("No character of a reply is lost but the marks of lists and strong words", async () => {
  const { answer, hostile, crisis } = MESSAGES;
  const chat = await show([answer, hostile, crisis]);
  const letters = (text) => text.replace(/\s/g, "");
  const shown = await chat.replies.evaluateAll((items) => items.map((item) => {
    const box = item.querySelector(".bubble, .card").cloneNode(true);
    box.querySelectorAll("details, .tools, .calls, .level").forEach((extra) => extra.remove());
    return box.textContent;
  }));
  assert.equal(letters(shown[0]), letters(answer.text.replace(/^- |\*\*/gm, "")));
  assert.equal(letters(shown[1]), letters(hostile.text));
  const sorted = (text) => [...letters(text)].sort().join("");
  assert.equal(sorted(shown[2]), sorted(crisis.text.replace(/^- /gm, "")));
  assert.equal(await chat.replies.nth(1).locator("img, a").count(), 0);
  assert.deepEqual(await chat.replies.first().locator(".bubble > ul li").allInnerTexts(), ["go easy on coffee", "keep the same bedtime"]);
  await chat.end();
});

test("A choice is made once; the other buttons stay readable", async () => {
  const chat = await show([MESSAGES.choice], SIZES.desk, () => [{ text: "Thank you." }]);
  await chat.inside(".choice").nth(1).click();
  await chat.replies.nth(1).waitFor();
  assert.deepEqual(chat.sent, ['/answer{"value":"months"}']);
  assert.equal(await chat.mine.last().locator(".bubble").innerText(), "Months");
  const states = await chat.inside(".choice").evaluateAll((all) => all.map((b) => b.getAttribute("aria-disabled")));
  assert.deepEqual(states, ["true", "true"]);
  assert.match(await chat.inside(".choice").nth(1).innerText(), /Months/);
  await chat.end();
});

test("Helpful or not is sent once, names the answer, and shows no message of one's own", async () => {
  const chat = await show([MESSAGES.answer], SIZES.desk, () => [{ text: "Thank you." }]);
  const rate = chat.inside(".pair button");
  await rate.first().click();
  await chat.replies.nth(1).waitFor();
  await rate.nth(1).click({ force: true });
  assert.deepEqual(chat.sent, ['/feedback{"answer":"sleep.cause","helpful":"yes"}']);
  assert.equal(await rate.first().getAttribute("aria-pressed"), "true");
  assert.equal(await chat.mine.count(), 1);
  await chat.end();
});

test("Copy takes the answer with its source line", async () => {
  const chat = await show([MESSAGES.answer], { ...SIZES.desk, permissions: ["clipboard-read", "clipboard-write"] });
  await chat.inside(".tool").first().click();
  const copied = await chat.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, `${MESSAGES.answer.text}\n\nSource: NHS, the article`);
  await chat.end();
});

test("The summary for the doctor can be saved and printed, alone on its page", async () => {
  const chat = await show([MESSAGES.summary], SIZES.desk, () => [], (page) => page.addInitScript(() => {
    window.print = () => { top.printed = document.body.innerText; };
  }));
  const [download] = await Promise.all([
    chat.page.waitForEvent("download"), chat.inside(".tool", { hasText: "Download" }).nth(1).click(),
  ]);
  assert.equal(download.suggestedFilename(), "for-the-doctor.txt");
  await chat.inside(".tool").first().click();
  const printed = await chat.page.waitForFunction(() => window.printed);
  assert.match(await printed.jsonValue(), /^For the doctor\s+Jerks of the left arm\s+Since three weeks$/);
  await chat.end();
});

test("A long conversation on a small screen never scrolls sideways, down to 320 px and at 400%", async () => {
  for (const size of ["phone", "narrow", "zoomed"]) {
    const long = { text: `A ${"veryverylongword".repeat(20)} in a reply` };
    const chat = await show([...all, long], SIZES[size]);
    const wider = await chat.page.evaluate(() => {
      const root = document.querySelector("myoguide-chat").shadowRoot;
      const wide = [...root.querySelectorAll(".panel, .scroll, .message *")]
        .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".hidden"));
      return [document.documentElement.scrollWidth - innerWidth, ...wide.map((e) => e.className)];
    });
    assert.deepEqual(wider, [0], size);
    await chat.field.fill("still here");
    assert.ok(await chat.field.isVisible());
    const box = await chat.field.boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= SIZES[size].viewport.height, `${size}: the field is on the screen`);
    await chat.end();
  }
});

test("Everything one can press is at least 24 by 24 pixels", async () => {
  const chat = await show(all, SIZES.phone);
  const small = await chat.inside("button, a, summary, textarea").evaluateAll((targets) => targets
    .map((target) => [target.className || target.tagName, target.getBoundingClientRect()])
    .filter(([name, box]) => box.width > 2 && (box.width < 24 || box.height < 24) && name !== "A")
    .map(([name, box]) => `${name} ${box.width}x${box.height}`));
  assert.deepEqual(small, []);
  await chat.end();
});

test("On a small screen the page behind the open chat is out of reach, and back after closing", async () => {
  const chat = await show([MESSAGES.answer], SIZES.phone);
  const inert = () => chat.page.evaluate(() => document.querySelector("main").inert);
  assert.equal(await inert(), true);
  assert.equal(await chat.panel.getAttribute("aria-modal"), "true");
  await chat.page.keyboard.press("Escape");
  assert.equal(await inert(), false);
  await chat.end();
});

test("With less motion wished for, nothing moves", async () => {
  const chat = await show(all, { ...SIZES.desk, reducedMotion: "reduce" });
  const moving = await chat.page.evaluate(() => document.querySelector("myoguide-chat").shadowRoot.getAnimations().length);
  assert.equal(moving, 0);
  await chat.end();
});

test("On a page that reads from right to left the chat does too, and nothing overlaps", async () => {
  const chat = await show(all, SIZES.desk, () => [], (page) => page.addInitScript(() => {
    document.addEventListener("DOMContentLoaded", () => { document.documentElement.dir = "rtl"; });
  }));
  const panel = await chat.panel.boundingBox();
  assert.ok(panel.x < 100, "the chat is on the left");
  await checkAccessibility(chat, "right to left");
  await chat.end();
});

test("Arrow keys walk through the messages and the time shows on the one in focus", async () => {
  const chat = await show([MESSAGES.answer, MESSAGES.urgent]);
  await chat.inside(".scroll").focus();
  await chat.page.keyboard.press("ArrowUp");
  await chat.page.keyboard.press("ArrowUp");
  const message = chat.items.nth(1);
  assert.ok(await message.evaluate((item) => item.matches(":focus")));
  await chat.page.waitForFunction(() => getComputedStyle(document.querySelector("myoguide-chat").shadowRoot.querySelectorAll("time")[1]).opacity === "1");
  await chat.end();
});

test("The interface speaks the language that the site sets, and takes its colour", async () => {
  const chat = await show([MESSAGES.answer], SIZES.desk, () => [], (page) => page.addInitScript(() => {
    new MutationObserver(() => {
      const element = document.querySelector("myoguide-chat:not([language])");
      element?.setAttribute("language", "de");
      element?.setAttribute("accent", "#ffd166");
      element?.setAttribute("heading", "Frag nach");
      element?.setAttribute("contact", "tel:+431234567");
    }).observe(document, { childList: true, subtree: true });
  }));
  assert.equal(await chat.inside("h2").innerText(), "Frag nach");
  assert.equal(await chat.field.getAttribute("placeholder"), "Frage zu einer Zuckung");
  await chat.inside("button[aria-controls=menu]").click();
  assert.equal(await chat.inside(".menu a").getAttribute("href"), "tel:+431234567");
  assert.equal(await chat.inside("header").evaluate((header) => getComputedStyle(header).color), "rgb(17, 17, 17)");
  await checkAccessibility(chat, "a light accent");
  await chat.end();
});

test("At 400% a reply is brought to the top of what can be seen", async () => {
  const chat = await show([MESSAGES.routine], SIZES.zoomed, () => [{ text: "The newest reply.\n\n".repeat(12) }]);
  await chat.ask("and then?");
  const box = await chat.replies.last().boundingBox();
  assert.ok(box.y >= -1 && box.y < 120, `the reply begins at ${box.y}`);
  await chat.end();
});
