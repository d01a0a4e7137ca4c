// The assistant's plain text as elements. Built with text nodes only: nothing in a text can become
// markup, and no character is lost but the marks themselves ("- " of a list, "**" in pairs).

import { el } from "./elements.js";

const STRONG = /\*\*(\S(?:[^*\n]*\S)?)\*\*/g;
const ITEM = /^\s*[-•]\s+/;

/** Paragraphs and short lists for `text`, as a fragment. `apart`: each line is a paragraph. */
export function paint(text, apart = false) {
  const fragment = document.createDocumentFragment();
  let list = null;
  let paragraph = null;
  for (const line of text.split("\n")) {
    if (!line.trim()) {
      list = paragraph = null;
    } else if (ITEM.test(line)) {
      paragraph = null;
      if (!list) fragment.append((list = el("ul")));
      list.append(inline(el("li"), line.replace(ITEM, "")));
    } else {
      list = null;
      if (paragraph && !apart) paragraph.append(el("br"));
      else fragment.append((paragraph = el("p")));
      inline(paragraph, line);
    }
  }
  return fragment;
}

// A heading in capitals, or what a line begins with before a colon.
const LABEL = /^(?:[A-Z][^:."]{1,45}:|[A-Z ]{8,}$)/;

/** A page for the doctor: as `paint`, with headings and labels in strong letters. */
export function paintPage(text) {
  const fragment = paint(text);
  for (const paragraph of fragment.querySelectorAll("p")) {
    for (const line of [...paragraph.childNodes]) {
      const label = line.nodeType === Node.TEXT_NODE && line.data.match(LABEL)?.[0];
      if (!label) continue;
      line.splitText(label.length);
      line.replaceWith(el("strong", {}, label));
    }
  }
  return fragment;
}

/** Appends `text` to `parent`, pairs of ** as strong words. */
function inline(parent, text) {
  let from = 0;
  for (const found of text.matchAll(STRONG)) {
    parent.append(text.slice(from, found.index), el("strong", {}, found[1]));
    from = found.index + found[0].length;
  }
  parent.append(text.slice(from));
  return parent;
}

/** The sentence of a card that says what to do, and the rest of its text in order. */
export function callToAction(text, level) {
  const [first, ...lines] = text.split("\n");
  const sentences = first.match(/.+?[.!?:]+(?=\s|$)|.+$/g) || [first];
  const wanted = level === "emergency" ? sentences.findIndex((s) => /\bcall\b/i.test(s)) : 0;
  const [heading] = sentences.splice(Math.max(wanted, 0), 1);
  const rest = sentences.map((s) => s.trim()).join(" ");
  return { heading: heading.trim(), rest: [rest, ...lines].join("\n").trim() };
}

const SENTENCES = /[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]*/g;
const NUMBER = /\+?\d(?:[\d -]*\d)+(?!\d)(?!\s*(?:second|minute|hour|day|week|month|year|time)s?\b)/g;

/** Telephone numbers in the sentences that ask to call: "112", "0800 123 4567", "9-8-8". */
export function numbersIn(text) {
  const asking = (text.match(SENTENCES) || []).filter((s) => /\b(call|ring|line|talk)\b/i.test(s));
  const numbers = asking.flatMap((sentence) => sentence.match(NUMBER) || []);
  return [...new Set(numbers)].filter((number) => number.replace(/\D/g, "").length >= 3);
}
