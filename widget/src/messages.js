// One message of the transcript as a list item: what was asked, an answer, or a care card.

import { el, icon } from "./elements.js";
import { callToAction, numbersIn, paint, paintPage } from "./text.js";

const FEEDBACK = "/feedback";

/**
 * `act`: what a message's buttons do: {choose(button, group), rate(payload), copy(text), ...}.
 * Returns the <li>; its `spoken` property is what a screen reader is told.
 */
export function messageItem(message, strings, act) {
  const mine = message.from === "you";
  const body = mine ? el("p", { class: "bubble", dir: "auto" }, message.text) : reply(message, strings, act);
  const item = el("li", {
    class: `message ${mine ? "you" : "bot"}`, tabindex: "-1", "data-id": message.id,
  });
  item.append(el("span", { class: "hidden" }, mine ? strings.you : strings.bot), " ", body, stamp(message.time));
  item.spoken = mine ? "" : spoken(message, strings);
  return item;
}

/** A line that nobody said: "This is a new conversation." */
export function noticeItem(text) {
  return el("li", { class: "notice" }, text);
}

function stamp(seconds) {
  const at = new Date((seconds || Date.now() / 1000) * 1000);
  const shown = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return el("time", { datetime: at.toISOString() }, shown);
}

function reply(message, strings, act) {
  const level = strings.levels[message.level] ? message.level : null;
  const box = el("div", { class: level ? `card ${level}` : "bubble", dir: "auto" });
  if (level) box.append(...card(message, level, strings));
  else box.append(message.summary ? paintPage(message.text) : paint(message.text));
  if (message.source) box.append(source(message.source, strings));
  if (message.summary) box.append(paperTools(message, strings, act));
  else if (message.answers) box.append(answerTools(message, strings, act));
  const whole = el("div", { class: "reply" }, box);
  if (message.buttons?.length) whole.append(choices(message, strings, act));
  return whole;
}

/** Heading, telephone links, the rest. An emergency card leads nowhere else. */
function card(message, level, strings) {
  const { heading, rest } = callToAction(message.text, level);
  const parts = [
    el("div", { class: "head" },
      el("p", { class: "level" }, icon(level), strings.levels[level]),
      el("h3", {}, heading)),
  ];
  const numbers = level === "emergency" ? numbersIn(message.text) : [];
  if (numbers.length) {
    parts.push(el("p", { class: "calls" }, ...numbers.map((number) =>
      el("a", { class: "call", href: `tel:${number.replace(/[^+\d]/g, "")}` }, strings.call(number)))));
  }
  if (rest) parts.push(el("div", { class: "rest" }, paint(rest, true)));
  return parts;
}

function source({ line, references, reviewed }, strings) {
  const list = el("ul", {}, ...references.map((reference) => el("li", {}, ...linked(reference))));
  const parts = [el("summary", {}, line), list];
  if (reviewed) parts.push(el("p", {}, strings.reviewed(reviewed)));
  return el("details", { class: "source" }, ...parts);
}

/** A reference with its address as a link. */
function linked(reference) {
  const address = reference.match(/https:\/\/\S+$/)?.[0];
  if (!address) return [reference];
  const link = el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address);
  return [reference.slice(0, -address.length), link];
}

function tool(name, label, onclick) {
  return el("button", { type: "button", class: "tool", onclick }, icon(name), el("span", {}, label));
}

function answerTools(message, strings, act) {
  const copy = tool("copy", strings.copy, () => act.copy(wholeText(message), copy));
  const about = message.answers[message.answers.length - 1];
  const rate = (helpful) => (event) => {
    const pressed = event.currentTarget;
    if (pressed.getAttribute("aria-disabled")) return;
    for (const button of [yes, no]) button.setAttribute("aria-disabled", "true");
    pressed.setAttribute("aria-pressed", "true");
    act.rate(`${FEEDBACK}${JSON.stringify({ answer: about, helpful })}`);
  };
  const yes = tool("yes", strings.helpful, rate("yes"));
  const no = tool("no", strings.unhelpful, rate("no"));
  const group = el("div", { class: "pair", role: "group", "aria-label": strings.rate }, yes, no);
  return el("div", { class: "tools" }, copy, group);
}

/** Print, save and copy for a page that goes to the doctor. */
function paperTools(message, strings, act) {
  const copy = tool("copy", strings.copy, () => act.copy(message.text, copy));
  return el("div", { class: "tools" },
    tool("print", strings.print, () => act.print(message.text)),
    tool("save", strings.download, () => act.save(message.text)),
    copy);
}

function wholeText(message) {
  return message.source ? `${message.text}\n\n${message.source.line}` : message.text;
}

/** The buttons under a message. Next questions stay open; a choice is made once. */
function choices(message, strings, act) {
  const isNext = Boolean(message.answers);
  const label = isNext ? strings.next : strings.choose;
  const group = el("div", {
    class: `choices ${isNext ? "next" : "once"}`, role: "group", "aria-label": label,
  });
  if (isNext) group.append(el("p", { class: "label", "aria-hidden": true }, label));
  for (const { title, payload } of message.buttons) {
    const button = el("button", { type: "button", class: "choice", "data-payload": payload }, title);
    button.addEventListener("click", (event) => {
      if (button.getAttribute("aria-disabled")) return;
      markChosen(button, strings);
      act.choose({ title, payload }, event);
    });
    group.append(button);
  }
  return group;
}

/** Shows that a button was used; the other buttons of a choice that is made are spent too. */
export function markChosen(button, strings) {
  button.classList.add("chosen");
  button.setAttribute("aria-disabled", "true");
  button.append(icon("done"), el("span", { class: "hidden" }, ` (${strings.chosen})`));
  const group = button.parentElement;
  if (group.classList.contains("once")) spend(group);
}

/** Buttons that no longer apply stay readable. */
export function spend(group) {
  for (const button of group.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
}

function spoken(message, strings) {
  const options = (message.buttons || []).map((button) => button.title).join(", ");
  const level = strings.levels[message.level];
  const said = level ? `${level}. ${message.text}` : `${strings.bot} ${message.text}`;
  const asked = options ? `\n${message.answers ? strings.next : strings.choose}: ${options}` : "";
  return said.replaceAll("**", "") + asked;
}
