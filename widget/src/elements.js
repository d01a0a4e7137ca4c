// Small helpers to build elements without markup strings.

/** An element with properties (`on…` listeners, `data-`/`aria-` and other attributes) and children. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  chat: "M4 12a8 7 0 1 1 3.4 5.7L4 19l.9-3.4A7 7 0 0 1 4 12Z",
  close: "m6 6 12 12M18 6 6 18",
  more: "M5.5 12h1M11.5 12h1M17.5 12h1",
  send: "M5 12h13M12 5l7 7-7 7",
  copy: "M9 9h10v10H9zM5 15V5h10",
  yes: "M7 11v9H4v-9zM7 11l4-7c2 0 2.5 1.5 2 3l-.7 3H19l-1.5 9H7",
  no: "M17 13V4h3v9zM17 13l-4 7c-2 0-2.5-1.5-2-3l.7-3H5l1.5-9H17",
  done: "m5 13 4 4L19 7",
  emergency: "M12 3 2.5 20h19zM12 9v5M12 17.2v.01",
  urgent: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5.5l3.5 2",
  routine: "M5 5h14v15H5zM5 9.5h14M9 3v4M15 3v4",
  print: "M7 9V4h10v5M7 16H4V9h16v7h-3M7 14h10v6H7z",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  trace: "M2 13h5l1.5-3 2 8L13 4l2 9h7",
};

/** A line drawing that assistive technology does not see. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24", width: 20, height: 20, fill: "none", stroke: "currentColor",
    "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": true,
  })) svg.setAttribute(key, value);
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
