// The chat against the running assistant: what a person does from opening it to leaving.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Assistant, Chat, SIZES, WAIT, openBrowser } from "./harness.mjs";

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

const open = (options, prepare) => Chat.open(browser, assistant.address, options, prepare);

test("A first question gets its answer, with the source in a disclosure and next questions", async () => {
  const chat = await (await open()).begin();
  const reply = await chat.ask("why do i twitch falling asleep");
  assert.match(await reply.innerText(), /sleep/i);
  assert.match(await reply.locator("summary").innerText(), /^Source: /);
  assert.equal(await reply.locator(".source li").first().isVisible(), false);
  await reply.locator("summary").click();
  assert.equal(await reply.locator(".source li").first().isVisible(), true);
  assert.ok(await reply.locator(".choice").count() >= 1);
  await chat.answered();
  await chat.end();
});

test("A reply is told once, politely, and does not move the focus", async () => {
  const chat = await (await open()).begin();
  await chat.listen();
  await chat.ask("what is myoclonus");
  assert.equal(await chat.focused(), "field");
  const heard = (await chat.heard()).filter(({ what }) => what.startsWith("Myoguide said"));
  assert.equal(heard.length, 1);
  assert.equal(heard[0].how, "polite");
  await chat.end();
});

test("A button asks its question, stays readable, and leaves the focus in the text field", async () => {
  const chat = await (await open()).begin();
  const reply = await chat.ask("why do i twitch falling asleep");
  const button = reply.locator(".choice").first();
  const title = await button.innerText();
  const count = await chat.replies.count();
  await button.click();
  await chat.replies.nth(count).waitFor({ timeout: WAIT });
  assert.equal(await chat.mine.last().locator(".bubble").innerText(), title);
  assert.equal(await button.getAttribute("aria-disabled"), "true");
  assert.match(await button.innerText(), new RegExp(title.replace(/[?.]/g, "\\$&")));
  assert.equal(await chat.focused(), "field");
  await button.click({ force: true });
  assert.equal(await chat.mine.count(), 2, "a used button does nothing");
  await chat.end();
});

test("An emergency is a card with one call to action, told at once, with no link away", async () => {
  const chat = await (await open(SIZES.phone)).begin();
  await chat.listen();
  const reply = await chat.ask("my dad is on the floor and wont wake up");
  const card = reply.locator(".card.emergency");
  assert.match(await card.locator("h3").innerText(), /^Call .*now/);
  assert.equal(await card.locator(".level").innerText(), "Emergency");
  const links = await card.locator("a").evaluateAll((all) => all.map((a) => a.protocol));
  assert.ok(links.length >= 1 && links.every((protocol) => protocol === "tel:"), links.join());
  assert.equal((await chat.heard()).filter(({ how }) => how === "assertive").length, 1);
  await chat.end();
});

test("The self-check is answered by buttons to its end, and gives a summary for the doctor", async () => {
  const chat = await (await open()).begin();
  await chat.ask("check my symptoms");
  await chat.answered();
  for (let step = 0; step < 12; step += 1) {
    const choices = chat.replies.last().locator(".choices.once button:not([aria-disabled])");
    if (!(await choices.count()) || (await chat.inside(".card").count())) break;
    const calm = choices.filter({ hasText: /^(None|No\b|Never)/ });
    const replies = await chat.replies.count();
    await (await calm.count() ? calm : choices).first().click();
    await chat.replies.nth(replies).waitFor({ timeout: WAIT });
    await chat.answered();
  }
  await chat.ask("summary for the doctor");
  await chat.inside(".tool", { hasText: "Print" }).last().waitFor({ timeout: WAIT });
  await chat.end();
});

test("After a reload the same conversation goes on, nothing lost or doubled", async () => {
  const chat = await (await open()).begin();
  const first = await chat.ask("why do i twitch falling asleep");
  const count = await chat.replies.count();
  await first.locator(".choice").first().click();
  await chat.replies.nth(count).waitFor({ timeout: WAIT });
  const said = await chat.texts();
  await chat.page.reload();
  await chat.items.nth(said.length - 1).waitFor({ timeout: WAIT });
  assert.deepEqual(await chat.texts(), said);
  await chat.ask("and in babies?");
  assert.match((await chat.texts()).at(-1), /bab|newborn/i);
  await chat.end();
});

test("A server that restarts in mid-conversation is waited for, and the next message answered", async () => {
  const chat = await (await open()).begin();
  await chat.ask("why do i twitch falling asleep");
  const said = await chat.texts();
  await assistant.stop();
  await chat.inside(".state").waitFor({ timeout: WAIT });
  await chat.field.fill("how do i stop hiccups");
  await chat.field.press("Enter");
  assert.match(await chat.mine.last().innerText(), /Waiting to be sent/);
  await assistant.start();
  await chat.replies.filter({ hasText: /hiccup/i }).last().waitFor({ timeout: 3 * WAIT });
  const now = await chat.texts();
  assert.deepEqual(now.slice(0, said.length), said);
  assert.equal(now.filter((text) => text === "how do i stop hiccups").length, 1);
  await chat.end();
});

test("A self-check goes on after a restart of the server and a reload of the page", async () => {
  const chat = await (await open()).begin();
  for (const answer of ["check my symptoms", "none of these", "me, 45"]) {
    await chat.ask(answer);
    await chat.answered();
  }
  const said = await chat.texts();
  assert.match(said.at(-1), /^3 of 10/);
  await assistant.stop();
  await assistant.start();
  await chat.page.reload();
  await chat.items.nth(said.length - 1).waitFor({ timeout: 2 * WAIT });
  assert.deepEqual(await chat.texts(), said);
  assert.match(await (await chat.ask("at rest")).innerText(), /4 of 10/);
  await chat.end();
});

test("Without the action server: a card, a self-check to its end, and a plain word where nothing comes", async () => {
  const alone = await Assistant.start({ lacks: "actions" });
  try {
    const chat = await (await Chat.open(browser, alone.address)).begin();
    const answers = ["none of these", "me, 45", "at rest", "left hand", "every day", "six weeks",
      "the muscle is weaker", "none", "none", "nothing"];
    for (const answer of ["check my symptoms", ...answers]) {
      await chat.ask(answer);
      await chat.answered();
    }
    assert.match(await chat.replies.last().locator(".card.routine").innerText(), /seen by a doctor/);
    const safe = await chat.ask("my summary");
    assert.match(await safe.innerText(), /not working right now/);
    const card = await chat.ask("my dad is on the floor and wont wake up");
    assert.match(await card.locator(".card.emergency h3").innerText(), /^Call /);
    await chat.end();
  } finally {
    await alone.stop();
  }
});

test("The country that the site sets decides the number, from the opening on", async () => {
  const chat = await open(SIZES.desk, (page) => page.route("**/chat", async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace("<myoguide-chat", '<myoguide-chat country="gb"');
    await route.fulfill({ response, body });
  }));
  await chat.begin();
  assert.match(await chat.replies.first().innerText(), /call 999/);
  const card = await chat.ask("my dad is on the floor and wont wake up");
  assert.equal(await card.locator("h3").innerText(), "Call 999 now.");
  await chat.end();
});

test("Offline it says so, keeps what is typed, and sends it once when back", async () => {
  const chat = await (await open()).begin();
  await chat.listen();
  await chat.page.context().setOffline(true);
  await chat.inside(".state.offline").waitFor({ timeout: WAIT });
  for (const text of ["what is myoclonus", "how do i stop hiccups"]) {
    await chat.field.fill(text);
    await chat.field.press("Enter");
  }
  assert.equal(await chat.mine.filter({ hasText: "Waiting to be sent" }).count(), 2);
  await chat.page.context().setOffline(false);
  await chat.replies.nth(2).waitFor({ timeout: 2 * WAIT });
  await chat.answered();
  assert.equal(await chat.mine.count(), 2);
  assert.equal(await chat.mine.filter({ hasText: "Waiting to be sent" }).count(), 0);
  const heard = (await chat.heard()).map(({ what }) => what).join("\n");
  assert.match(heard, /You are offline/);
  assert.match(heard, /Connected again/);
  await chat.end();
});

test("What was typed offline survives a reload", async () => {
  const chat = await (await open()).begin();
  await assistant.stop();
  await chat.inside(".state").waitFor({ timeout: WAIT });
  await chat.field.fill("how do i stop hiccups");
  await chat.field.press("Enter");
  await assistant.start();
  await chat.page.reload();
  await chat.replies.filter({ hasText: /hiccup/i }).first().waitFor({ timeout: 2 * WAIT });
  assert.equal(await chat.mine.filter({ hasText: "how do i stop hiccups" }).count(), 1);
  await chat.end();
});

for (const [how, block] of [
  ["is missing", () => { window.WebSocket = undefined; }],
  ["is blocked on the way", () => {
    window.WebSocket = class extends WebSocket { constructor() { super("ws://127.0.0.1:9/"); } };
  }],
]) {
  test(`Where WebSocket ${how} it falls back to polling`, async () => {
    const chat = await open(SIZES.desk, (page) => page.addInitScript(block));
    await chat.begin();
    assert.match(await (await chat.ask("what is myoclonus")).innerText(), /jerk/i);
    await chat.end();
  });
}

test("A long text is counted, and one too long is kept and not sent", async () => {
  const chat = await (await open()).begin();
  await chat.field.fill(`what is myoclonus ${"x".repeat(1882)}`);
  assert.equal(await chat.inside("#count").innerText(), "100 characters left");
  await chat.field.fill("x".repeat(2003));
  assert.equal(await chat.inside("#count").innerText(), "3 characters too long");
  await chat.field.press("Enter");
  assert.equal(await chat.mine.count(), 0);
  assert.equal((await chat.field.inputValue()).length, 2003);
  const reply = await chat.ask(`what is myoclonus ${"x ".repeat(990)}`.slice(0, 2000));
  assert.ok((await reply.innerText()).length > 20);
  await chat.end();
});

test("Hostile text is shown letter for letter and runs nothing", async () => {
  const chat = await (await open()).begin();
  const text = '<img src=x onerror="window.hit=1"> <script>window.hit=1</script> {{7*7}} & "lasts > 5 minutes" **b**';
  await chat.ask(text);
  assert.equal(await chat.mine.last().locator(".bubble").innerText(), text);
  assert.equal(await chat.page.evaluate(() => window.hit), undefined);
  await chat.end();
});

test("A typed intent that no button offered is plain text and opens nothing", async () => {
  const chat = await (await open()).begin();
  const text = '/chitchat/greeting{"topic":"spinal"}';
  const before = await chat.mine.count();
  await chat.ask(text);
  assert.equal(await chat.mine.count(), before + 1);
  assert.equal(await chat.mine.last().locator(".bubble").innerText(), text);
  await chat.end();
});

test("With the keyboard alone: from page load to the answer, a button, out and in again", async () => {
  const chat = await open();
  await chat.replies.first().waitFor({ timeout: WAIT });
  const { keyboard } = chat.page;
  const tabTo = async (wanted, key = "Tab") => {
    for (let steps = 0; steps < 60; steps += 1) {
      if ((await chat.focused()).includes(wanted)) return;
      await keyboard.press(key);
    }
    assert.fail(`${wanted} is not reached by ${key}`);
  };
  await tabTo("field");
  await keyboard.type("why do i twitch falling asleep");
  await keyboard.press("Enter");
  await chat.replies.nth(1).waitFor({ timeout: WAIT });
  await tabTo("choice", "Shift+Tab");
  await keyboard.press("Enter");
  await chat.replies.nth(2).waitFor({ timeout: WAIT });
  assert.equal(await chat.focused(), "field");
  await keyboard.press("Escape");
  assert.equal(await chat.panel.isVisible(), false);
  assert.equal(await chat.focused(), "launcher");
  assert.equal(await chat.launcher.getAttribute("aria-expanded"), "false");
  await keyboard.press("Enter");
  assert.equal(await chat.launcher.getAttribute("aria-expanded"), "true");
  assert.equal(await chat.focused(), "field");
  await chat.end();
});

test("A conversation that is deleted is gone, also after a reload", async () => {
  const chat = await (await open()).begin();
  await chat.ask("what is myoclonus");
  const token = async () => (await chat.kept()).token;
  const before = await token();
  await chat.inside("button[aria-controls=menu]").click();
  await chat.inside(".menu button").nth(1).click();
  await chat.inside("dialog .strong").click();
  await chat.inside(".notice").waitFor({ timeout: WAIT });
  await chat.replies.first().waitFor({ timeout: WAIT });
  assert.equal(await chat.mine.count(), 0);
  assert.notEqual(await token(), before);
  await chat.page.evaluate((old) => sessionStorage.setItem("myoguide ", JSON.stringify({ token: old, open: true })), before);
  await chat.page.reload();
  await chat.page.waitForTimeout(1_000);
  assert.equal(await chat.items.count(), 0, "the server has forgotten it");
  await chat.end();
});

test("Two people in two browsers do not see each other", async () => {
  const [one, other] = [await (await open()).begin(), await (await open()).begin()];
  await one.ask("what is myoclonus");
  await other.ask("how do i stop hiccups");
  assert.equal(await one.mine.count(), 1);
  assert.equal(await other.mine.count(), 1);
  assert.ok((await one.texts()).every((text) => !/hiccups$/.test(text)));
  await one.end();
  await other.end();
});

test("Two tabs of one person show the same conversation", async () => {
  const one = await (await open()).begin();
  const page = await one.page.context().newPage();
  const memory = JSON.stringify(await one.kept());
  await page.addInitScript((value) => sessionStorage.setItem("myoguide ", value), memory);
  await page.goto(`${assistant.address}/chat`);
  const other = new Chat(page, []);
  await other.replies.first().waitFor({ timeout: WAIT });
  await one.ask("what is myoclonus");
  await other.replies.nth(1).waitFor({ timeout: WAIT });
  assert.deepEqual(await other.texts(), await one.texts());
  await one.end();
});

test("A forged conversation is refused and a new one begun, and the person is told", async () => {
  const forged = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSIsImF1ZCI6IndlYnNpdGUtY2hhdCIsImV4cCI6NDEwMjQ0NDgwMH0.AAAA";
  const chat = await open(SIZES.desk, (page) => page.addInitScript((token) => {
    if (!sessionStorage.length) sessionStorage.setItem("myoguide ", JSON.stringify({ token, open: true }));
  }, forged));
  await chat.inside(".notice").waitFor({ timeout: WAIT });
  await chat.replies.first().waitFor({ timeout: WAIT });
  await chat.end();
});

test("While it is closed, new replies are counted on its button", async () => {
  const chat = await (await open()).begin();
  await chat.field.fill("what is myoclonus");
  await chat.page.evaluate(() => {
    const { shadowRoot: root } = document.querySelector("myoguide-chat");
    root.querySelector("form").requestSubmit();
    document.querySelector("myoguide-chat").close();
  });
  await chat.inside(".badge").waitFor({ timeout: WAIT });
  assert.match(await chat.launcher.innerText(), /1/);
  await chat.launcher.click();
  assert.equal(await chat.inside(".badge").isVisible(), false);
  await chat.end();
});

test("Without JavaScript the page gives the most asked answers and the emergency advice", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${assistant.address}/chat`);
  assert.match(await page.locator("#emergency").innerText(), /Call .* now/);
  const first = page.locator("#questions details").first();
  await first.locator("summary").click();
  assert.match(await first.locator(".source").innerText(), /^Source: /);
  assert.ok(await page.locator(".note").isVisible());
  assert.equal(await page.locator(".ask").isVisible(), false);
  await context.close();
});

test("The page at / is the same page, and its policy allows nothing from elsewhere", async () => {
  const answer = await fetch(`${assistant.address}/`, { headers: { Accept: "text/html" } });
  const policy = answer.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  assert.match(await answer.text(), /<myoguide-chat/);
});

test("One script tag is enough on another site that is on the list, and no other site gets in", async () => {
  const integrity = JSON.parse(await readFile(new URL("../../widget/dist/integrity.json", import.meta.url)));
  const site = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(`<!doctype html><html lang="en"><title>Clinic</title><main><h1>Clinic</h1></main>
      <script src="${assistant.address}/chat/myoguide-chat.js" crossorigin="anonymous" defer
        integrity="${integrity["myoguide-chat.js"]}" data-place data-open data-heading="Clinic chat"></script>`);
  }).listen(assistant.sitePort);
  // The list names localhost; the same machine by its number is another origin.
  for (const [host, allowed] of [["localhost", true], ["127.0.0.1", false]]) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`http://${host}:${assistant.sitePort}/`);
    const chat = new Chat(page, []);
    if (allowed) await chat.begin();
    else {
      await chat.inside(".state.offline").waitFor({ timeout: WAIT });
      assert.equal(await chat.replies.count(), 0);
    }
    assert.equal(await chat.inside("h2").innerText(), "Clinic chat");
    await context.close();
  }
  site.closeAllConnections();
  site.close();
});
