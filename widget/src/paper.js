// The page for the doctor, on paper or as a file; it leaves the browser no other way.

import { el } from "./elements.js";
import { paintPage } from "./text.js";

/** Prints `text` alone, from a frame of its own. */
export function printPage(text, heading) {
  const frame = el("iframe", { title: heading, "aria-hidden": "true", tabindex: "-1" });
  frame.style.cssText = "position:fixed;inset:auto 0 0 auto;width:0;height:0;border:0";
  document.body.append(frame);
  const page = frame.contentDocument;
  page.title = heading;
  page.body.style.font = "12pt/1.5 sans-serif";
  page.body.append(page.adoptNode(paintPage(text)));
  frame.contentWindow.addEventListener("afterprint", () => frame.remove());
  frame.contentWindow.print();
}

/** Saves `text` as a plain file. */
export function saveFile(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}
