// <myoguide-chat>: the chat as one custom element. docs/website.md lists its attributes.

import { Conversation, tabMemory } from "./conversation.js";
import { el, icon } from "./elements.js";
import { markChosen, messageItem, noticeItem, spend } from "./messages.js";
import { textOn } from "./colour.js";
import { printPage, saveFile } from "./paper.js";
import { stringsFor } from "./strings.js";

/* The build fills these in. */
const STYLE = { file: "myoguide-chat.css", integrity: __STYLE_INTEGRITY__ };

const LONGEST = 2000; // characters, as the server's longest_message
const COUNT_FROM = 200; // characters left from which the count shows
const SAY_WRITING_AFTER = 3_000; // milliseconds
const WIDE = "(min-width: 720px) and (min-height: 560px)";
const SMALL = "(max-width: 519px), (max-height: 479px)";
const script = document.currentScript;

class MyoguideChat extends HTMLElement {
  #strings = stringsFor("en");
  #parts = {};
  #items = new Map();
  #waiting = new Set();
  #unread = 0;
  #isOpen = false;
  #opener = null;
  #inert = [];
  #writingTimer = 0;
  #state = "";
  #wasOffline = false;
  #conversation = null;
  #memory = null;
  #queries = [];

  connectedCallback() {
    if (this.shadowRoot) return this.#listen();
    this.#strings = stringsFor(this.getAttribute("language"));
    this.#build();
    this.#paintColours();
    this.#memory = tabMemory(`myoguide ${this.getAttribute("address") || ""}`);
    this.#conversation = new Conversation(
      { address: this.getAttribute("address"), country: this.getAttribute("country")?.toUpperCase() },
      this.#memory,
      {
        state: (state) => this.#showState(state),
        messages: (messages) => this.#merge(messages),
        message: (message) => this.#receive(message),
        sent: (id) => this.#markSent(id),
        done: (id) => this.#settle(id),
        failed: (message, code) => this.#fail(message, code),
        ended: (reason) => this.#begin(reason),
      },
    );
    for (const message of this.#conversation.queue) this.#showOwn(message);
    this.#listen();
    const wanted = this.getAttribute("open");
    const wasOpen = this.#memory.read().open;
    if (wasOpen ?? (wanted === "wide" ? matchMedia(WIDE).matches : wanted !== null)) this.#show();
    else if (this.#conversation.begun) this.#conversation.open();
    return undefined;
  }

  disconnectedCallback() {
    for (const [query, listener] of this.#queries) query.removeEventListener("change", listener);
    document.removeEventListener("click", this.#openers);
    this.#release();
    this.#conversation.close();
  }

  /** Opens the chat and puts the focus into the text field. */
  open() {
    this.#opener = document.activeElement;
    this.#show();
    this.#parts.field.focus();
  }

  /** Closes the chat; the focus goes back to where it was opened. */
  close() {
    this.#isOpen = false;
    this.#remember();
    this.#parts.panel.hidden = true;
    this.#parts.launcher.setAttribute("aria-expanded", "false");
    this.#parts.root.classList.remove("open");
    this.#release();
    const back = this.#opener?.isConnected && this.#opener !== document.body && this.#opener !== this
      ? this.#opener : this.#parts.launcher;
    back.focus();
    this.#opener = null;
  }

  // --- building

  #build() {
    const s = this.#strings;
    const heading = this.getAttribute("heading") || "Myoguide";
    const base = this.getAttribute("files") || (script ? new URL(".", script.src).href : "");
    const root = this.attachShadow({ mode: "open" });
    const style = el("link", {
      rel: "stylesheet", href: base + STYLE.file, integrity: STYLE.integrity, crossorigin: "anonymous",
    });

    const polite = el("div", { class: "hidden", "aria-live": "polite" });
    const urgent = el("div", { class: "hidden", "aria-live": "assertive" });
    const badge = el("span", { class: "badge", hidden: true });
    const launcher = el("button", {
      type: "button", class: "launcher", "aria-expanded": "false", "aria-controls": "panel",
      onclick: () => (this.#isOpen ? this.close() : this.open()),
    }, icon("trace"), el("span", {}, this.getAttribute("label") || s.open), badge);

    const menu = el("div", { class: "menu", id: "menu", hidden: true });
    const more = el("button", {
      type: "button", class: "round", "aria-expanded": "false", "aria-controls": "menu",
      "aria-label": s.menu, title: s.menu, onclick: () => this.#toggleMenu(),
    }, icon("more"));
    const shut = el("button", {
      type: "button", class: "round", "aria-label": s.close, title: s.close, onclick: () => this.close(),
    }, icon("close"));
    menu.append(
      el("button", { type: "button", onclick: () => this.#fromMenu(() => this.#conversation.restart()) }, s.restart),
      el("button", { type: "button", onclick: () => this.#fromMenu(() => this.#parts.ask.showModal()) }, s.remove),
      ...this.#contact(),
    );

    const list = el("ol", { class: "list", role: "list" });
    const typing = el("div", { class: "typing", "aria-hidden": "true", hidden: true }, el("i"), el("i"), el("i"));
    const scroll = el("div", {
      class: "scroll", role: "region", tabindex: "0", "aria-label": s.conversation,
      onkeydown: (event) => this.#walk(event),
    }, list, typing);
    const state = el("p", { class: "state", hidden: true });

    const field = el("textarea", {
      id: "field", rows: "1", placeholder: s.hint, autocomplete: "off", dir: "auto",
      "aria-describedby": "count", enterkeyhint: "send",
      oninput: () => this.#measure(), onkeydown: (event) => this.#keys(event),
    });
    const count = el("p", { class: "count", id: "count" });
    const send = el("button", { type: "submit", class: "send", "aria-label": s.send, title: s.send }, icon("send"));
    const form = el("form", {
      onsubmit: (event) => { event.preventDefault(); this.#submit(); },
    }, el("label", { for: "field", class: "hidden" }, s.label), field, send, count);

    const ask = this.#deleteDialog();
    const panel = el("section", {
      class: "panel", id: "panel", role: "dialog", "aria-labelledby": "heading", hidden: true,
    },
    el("button", { type: "button", class: "skip", onclick: () => field.focus() }, s.skip),
    el("header", {}, el("span", { class: "mark" }, icon("trace")), el("h2", { id: "heading" }, heading), more, shut),
    menu, state, scroll, form, el("p", { class: "note" }, s.note), ask);

    const whole = el("aside", {
      class: "root", "aria-label": heading, lang: this.getAttribute("language") || "en", hidden: true,
      onkeydown: (event) => this.#escape(event),
    }, launcher, panel);
    // Nothing shows before the style is there; without it the chat still works.
    for (const event of ["load", "error"]) style.addEventListener(event, () => (whole.hidden = false));
    root.append(style, polite, urgent, whole);
    this.#parts = {
      root: whole, polite, urgent, launcher, badge, panel, menu, more, list, typing, scroll, state,
      field, count, send, ask,
    };
  }

  #contact() {
    const address = this.getAttribute("contact");
    if (!address || !/^(https|mailto|tel):/.test(address)) return [];
    return [el("a", { href: address }, this.getAttribute("contact-name") || this.#strings.person)];
  }

  #deleteDialog() {
    const s = this.#strings;
    const dialog = el("dialog", { "aria-labelledby": "ask", "aria-describedby": "why" },
      el("h3", { id: "ask" }, s.removeAsk),
      el("p", { id: "why" }, s.removeWhy),
      el("div", { class: "row" },
        el("button", { type: "button", class: "plain", autofocus: true, onclick: () => dialog.close() }, s.removeNo),
        el("button", { type: "button", class: "strong", onclick: () => this.#delete(dialog) }, s.removeYes)));
    dialog.addEventListener("close", () => this.#parts.field.focus());
    return dialog;
  }

  #paintColours() {
    const accent = this.getAttribute("accent");
    if (accent && CSS.supports("color", accent)) {
      this.style.setProperty("--accent", accent);
      this.style.setProperty("--on-accent", textOn(accent));
    }
  }

  #listen() {
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const small = matchMedia(SMALL);
    const paint = () => {
      const theme = this.getAttribute("theme");
      this.#parts.root.classList.toggle("dark", theme ? theme === "dark" : scheme.matches);
    };
    const hold = () => (this.#isOpen ? this.#hold() : undefined);
    this.#queries = [[scheme, paint], [small, hold]];
    for (const [query, listener] of this.#queries) query.addEventListener("change", listener);
    document.addEventListener("click", this.#openers);
    paint();
  }

  /** Any element of the page with data-myoguide-open opens the chat. */
  #openers = (event) => {
    if (!event.target.closest?.("[data-myoguide-open]")) return;
    event.preventDefault();
    this.open();
    this.#opener = event.target.closest("[data-myoguide-open]");
  };

  // --- opening and closing

  #show() {
    this.#isOpen = true;
    this.#remember();
    this.#unread = 0;
    this.#showUnread();
    this.#parts.panel.hidden = false;
    this.#parts.launcher.setAttribute("aria-expanded", "true");
    this.#parts.root.classList.add("open");
    this.#hold();
    this.#conversation.open();
    this.#toEnd();
  }

  #remember() {
    this.#memory.write({ ...this.#memory.read(), open: this.#isOpen });
  }

  /** On a small screen the chat covers the page, so the page behind it is out of reach. */
  #hold() {
    this.#release();
    const covers = matchMedia(SMALL).matches;
    this.#parts.panel.toggleAttribute("data-covers", covers);
    if (covers) this.#parts.panel.setAttribute("aria-modal", "true");
    else this.#parts.panel.removeAttribute("aria-modal");
    if (!covers) return;
    document.documentElement.style.overflow = "hidden";
    for (let node = this; node !== document.body && node.parentElement; node = node.parentElement) {
      for (const other of node.parentElement.children) {
        if (other !== node && !other.inert && !/^(SCRIPT|STYLE|LINK)$/.test(other.tagName)) {
          other.inert = true;
          this.#inert.push(other);
        }
      }
    }
  }

  #release() {
    document.documentElement.style.overflow = "";
    for (const element of this.#inert) element.inert = false;
    this.#inert = [];
  }

  #escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented || this.#parts.ask.open) return;
    event.preventDefault();
    if (!this.#parts.menu.hidden) {
      this.#toggleMenu(false);
      this.#parts.more.focus();
    } else if (this.#isOpen) this.close();
  }

  #toggleMenu(open = this.#parts.menu.hidden) {
    this.#parts.menu.hidden = !open;
    this.#parts.more.setAttribute("aria-expanded", String(open));
  }

  #fromMenu(action) {
    this.#toggleMenu(false);
    this.#parts.field.focus();
    action();
  }

  // --- writing

  #keys(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#submit();
    }
  }

  #measure() {
    const { field, count, send } = this.#parts;
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight + 2, 160)}px`;
    const left = LONGEST - field.value.length;
    const text = left < 0 ? this.#strings.over(-left) : left <= COUNT_FROM ? this.#strings.left(left) : "";
    if (count.textContent !== text) count.textContent = text;
    count.classList.toggle("over", left < 0);
    field.setAttribute("aria-invalid", String(left < 0));
    if (left < 0) send.setAttribute("aria-disabled", "true");
    else send.removeAttribute("aria-disabled");
  }

  #submit() {
    const { field } = this.#parts;
    const text = field.value.trim();
    if (field.value.length > LONGEST) return this.#say(this.#strings.over(field.value.length - LONGEST));
    if (!text) return field.focus();
    field.value = "";
    this.#measure();
    return this.#send(text);
  }

  #send(text, title) {
    for (const group of this.#parts.list.querySelectorAll(".choices.once")) spend(group);
    // Shown before it is sent, so that the answer finds it.
    const id = this.#conversation.send(text, title);
    this.#showOwn({ id, message: text, title });
    return id;
  }

  #showOwn({ id, message, title }) {
    if (message.startsWith("/feedback")) return;
    if (!this.#items.has(id)) this.#add({ id, from: "you", text: title || message });
    this.#waiting.add(id);
    if (this.#state === "online") this.#writing();
    else this.#note(id, this.#strings.waiting);
    this.#toEnd();
  }

  #markSent(id) {
    this.#note(id, "");
    if (this.#waiting.has(id)) this.#writing();
  }

  #settle(id) {
    this.#waiting.delete(id);
    this.#note(id, "");
    this.#writing();
  }

  #fail(message) {
    this.#settle(message.id);
    const item = this.#items.get(message.id);
    if (!item) return;
    const retry = el("button", {
      type: "button", class: "tool", onclick: () => {
        this.#note(message.id, "");
        this.#parts.field.focus();
        this.#send(message.message, message.title);
      },
    }, this.#strings.retry);
    item.append(el("p", { class: "fate bad" }, this.#strings.failed, " ", retry));
    this.#say(this.#strings.failedSpoken);
    this.#toEnd();
  }

  /** A small line under one's own message. */
  #note(id, text) {
    const item = this.#items.get(id);
    item?.querySelector(".fate")?.remove();
    if (item && text) item.append(el("p", { class: "fate" }, text));
  }

  // --- reading

  #receive(message) {
    if (this.#items.has(message.id)) return;
    const item = this.#add(message);
    if (message.from === "you") return;
    this.#say(item.spoken, message.level === "emergency" || message.level === "urgent");
    if (!this.#isOpen) {
      this.#unread += 1;
      this.#showUnread();
    }
    this.#toReply(item);
  }

  /** What the server knows; what is shown already stays, what waits here stays last. */
  #merge(messages) {
    const first = this.#items.size === this.#waiting.size;
    const fresh = messages.filter((message) => !this.#items.has(message.id));
    for (const message of messages) this.#settle(message.id);
    const waiting = [...this.#waiting].map((id) => this.#items.get(id)).find(Boolean);
    for (const message of fresh) this.#add(message, waiting);
    this.#restoreChoices();
    const replies = fresh.filter((message) => message.from !== "you");
    if (!replies.length) return;
    // A conversation taken up after a reload is not read out again, only a greeting or news.
    if (!first || messages.length === 1) this.#say(this.#items.get(replies.at(-1).id).spoken);
    if (!first && !this.#isOpen) {
      this.#unread += replies.length;
      this.#showUnread();
    }
    this.#toEnd();
  }

  #add(message, before = null) {
    const item = messageItem(message, this.#strings, {
      choose: (button, event) => this.#choose(button, event),
      rate: (payload) => this.#conversation.send(payload),
      copy: (text, button) => this.#copy(text, button),
      print: (text) => printPage(text, this.getAttribute("heading") || "Myoguide"),
      save: (text) => saveFile(text, this.#strings.file),
    });
    this.#items.set(message.id, item);
    this.#parts.list.insertBefore(item, before);
    return item;
  }

  /** After a reload: buttons whose question was asked, and choices that were passed over. */
  #restoreChoices() {
    const items = [...this.#parts.list.children];
    items.forEach((item, index) => {
      for (const group of item.querySelectorAll(".choices.once")) {
        const answer = items.slice(index + 1).find((later) => later.classList.contains("you"));
        if (!answer || group.querySelector(".chosen")) continue;
        const said = answer.querySelector(".bubble").textContent;
        const chosen = [...group.querySelectorAll("button")].find((b) => b.textContent === said);
        if (chosen) markChosen(chosen, this.#strings);
        else spend(group);
      }
    });
  }

  #choose({ title, payload }, event) {
    this.#send(payload, title);
    // Not after a tap: the keyboard of a phone would cover the answer.
    if (event.pointerType !== "touch") this.#parts.field.focus();
  }

  async #copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return;
    }
    const label = button.querySelector("span");
    label.textContent = this.#strings.copied;
    this.#say(this.#strings.copied);
    setTimeout(() => (label.textContent = this.#strings.copy), 2_000);
  }

  #begin(reason) {
    this.#parts.list.replaceChildren();
    this.#items.clear();
    this.#waiting.clear();
    for (const message of this.#conversation.queue) this.#showOwn(message);
    this.#writing();
    this.#remember();
    const text = { restarted: this.#strings.restarted, forgotten: this.#strings.removed }[reason]
      || this.#strings.ended;
    this.#parts.list.prepend(noticeItem(text));
    this.#say(text);
  }

  async #delete(dialog) {
    dialog.close();
    if (!(await this.#conversation.forget())) {
      this.#parts.list.append(noticeItem(this.#strings.removeFailed));
      this.#say(this.#strings.removeFailed);
      this.#toEnd();
    }
  }

  // --- showing

  #showState(state) {
    if (this.#state === state) return;
    this.#state = state;
    const text = { offline: this.#strings.offline, connecting: this.#strings.connecting }[state] || "";
    this.#parts.state.textContent = text;
    this.#parts.state.hidden = !text;
    this.#parts.state.className = `state ${state}`;
    if (state === "offline") this.#say(text);
    if (state === "online" && this.#wasOffline) this.#say(this.#strings.online);
    this.#wasOffline = state === "offline" || (this.#wasOffline && state !== "online");
    if (state !== "online") for (const id of this.#waiting) this.#note(id, this.#strings.waiting);
    this.#writing();
  }

  #writing() {
    const on = this.#state === "online" && this.#waiting.size > 0;
    this.#parts.typing.hidden = !on;
    clearTimeout(this.#writingTimer);
    if (on) this.#writingTimer = setTimeout(() => this.#say(this.#strings.writing), SAY_WRITING_AFTER);
  }

  #showUnread() {
    const { badge } = this.#parts;
    badge.hidden = !this.#unread;
    badge.replaceChildren(
      el("span", { "aria-hidden": "true" }, String(this.#unread)),
      el("span", { class: "hidden" }, `, ${this.#strings.unread(this.#unread)}`));
  }

  /** Tells assistive technology, once; what is told leaves again so that nobody reads it twice. */
  #say(text, isUrgent = false) {
    const line = el("p", {}, text);
    (isUrgent ? this.#parts.urgent : this.#parts.polite).append(line);
    setTimeout(() => line.remove(), 10_000);
  }

  /** The part that scrolls: the transcript, or on a very low screen the whole panel. */
  get #scroller() {
    const { scroll, panel } = this.#parts;
    return getComputedStyle(scroll).overflowY === "visible" ? panel : scroll;
  }

  #toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** A reply is read from its beginning, under the question it answers. */
  #toReply(item) {
    const scroller = this.#scroller;
    const own = [...this.#parts.list.querySelectorAll(".message.you")].at(-1);
    const follows = own && own.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_FOLLOWING;
    // Where there is little room the question may leave the screen.
    const first = follows && own.offsetHeight < scroller.clientHeight / 4 ? own : item;
    const above = first.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    scroller.scrollTop += above - 12;
  }

  /** Arrow keys walk from message to message. */
  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const item = event.target.closest(".message");
    if (!step || event.altKey || event.ctrlKey || (event.target !== this.#parts.scroll && event.target !== item)) return;
    const items = [...this.#parts.list.querySelectorAll(".message")];
    const at = item ? items.indexOf(item) + step : items.length - 1;
    if (!items[at]) return;
    event.preventDefault();
    items[at].focus();
  }
}

customElements.define("myoguide-chat", MyoguideChat);

// One script tag is enough: its data-… attributes become the element's.
function placeFromScript() {
  if (script?.dataset.place === undefined || document.querySelector("myoguide-chat")) return;
  const { place: _, ...attributes } = script.dataset;
  const names = Object.entries(attributes).map(([key, value]) => [key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`), value]);
  const chat = document.createElement("myoguide-chat");
  for (const [name, value] of names) chat.setAttribute(name, value);
  if (!chat.hasAttribute("address")) chat.setAttribute("address", new URL(script.src).origin);
  document.body.append(chat);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", placeFromScript);
else placeFromScript();
