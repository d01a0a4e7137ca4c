// One conversation over a network that may come and go: nothing is lost and nothing doubled.
//
// A message carries an id made here and waits in a queue until the server has answered it. After
// every (re)connection the server tells what was said; what it knows leaves the queue, the rest
// is sent again.

import { io } from "socket.io-client";

const ANSWER_WITHIN = 45_000; // milliseconds
const SLOW_DOWN = 3_000; // milliseconds to wait when the server finds us too fast

export class Conversation {
  #socket = null;
  #ready = false;
  #sending = new Set();
  #memory;
  #options;
  #on;

  /**
   * `options`: {address, country}. `memory`: where to keep {token, queue}, as {read(), write(v)}.
   * `on`: {state, messages, message, done, failed, ended, forgotten} callbacks.
   */
  constructor(options, memory, on) {
    this.#options = options;
    this.#memory = memory;
    this.#on = on;
  }

  get begun() {
    return Boolean(this.#memory.read().token);
  }

  get queue() {
    return this.#memory.read().queue || [];
  }

  /** Connects; called again it does nothing. */
  open() {
    if (this.#socket) return;
    this.#on.state(navigator.onLine === false ? "offline" : "connecting");
    const socket = io(this.#options.address || location.origin, {
      // WebSocket at once where it works; some networks let only polling through.
      transports: globalThis.WebSocket ? ["websocket", "polling"] : ["polling"],
      tryAllTransports: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
    });
    this.#socket = socket;
    socket.on("connect", () => this.#takeUp());
    socket.on("disconnect", (reason) => this.#lost(reason));
    socket.on("connect_error", () => this.#on.state("offline"));
    socket.on("bot_uttered", (message) => this.#on.message(message));
    socket.on("said_elsewhere", (message) => this.#on.message(message));
    socket.on("forgotten", () => this.#start("ended"));
    addEventListener("online", this.#back);
    addEventListener("offline", this.#gone);
  }

  close() {
    removeEventListener("online", this.#back);
    removeEventListener("offline", this.#gone);
    this.#socket?.disconnect();
    this.#socket = null;
    this.#ready = false;
  }

  /** Sends `text` now or as soon as there is a connection; returns the message's id. */
  send(text, title) {
    const message = { id: makeId(), message: text, title, country: this.#options.country };
    this.#remember({ queue: [...this.queue, message] });
    this.#flush();
    return message.id;
  }

  /** Begins another conversation; the earlier one stays with the server until it expires. */
  restart() {
    return this.#start("restarted");
  }

  /** Deletes the conversation on the server; false if that failed. */
  async forget() {
    const answer = await this.#ask("forget", {});
    if (answer.error) return false;
    await this.#start("forgotten");
    return true;
  }

  /** The network is back: connect at once rather than at the next of the growing pauses. */
  #back = () => {
    if (!this.#socket || this.#socket.connected) return;
    this.#socket.disconnect();
    this.#socket.connect();
  };

  /** The network is gone: a connection that only seems to live would lose what is sent. */
  #gone = () => {
    this.#on.state("offline");
    this.#socket?.io.engine?.close();
  };

  #remember(change) {
    this.#memory.write({ ...this.#memory.read(), ...change });
  }

  #drop(id) {
    this.#remember({ queue: this.queue.filter((message) => message.id !== id) });
  }

  async #start(reason) {
    this.#memory.write({});
    this.#sending.clear();
    this.#on.ended(reason);
    if (this.#socket?.connected) await this.#takeUp();
  }

  /** Takes the conversation up where it was, or begins one. */
  async #takeUp() {
    const { token } = this.#memory.read();
    const { country } = this.#options;
    const answer = await this.#ask("session_request", token ? { session_id: token } : { country });
    if (answer.error === "unknown_conversation") {
      const { queue } = this;
      this.#memory.write({ queue });
      this.#on.ended("ended");
      return this.#takeUp();
    }
    if (answer.error) {
      // Too fast, or the server is in trouble: try again while the connection lasts.
      if (this.#socket?.connected) setTimeout(() => this.#takeUp(), SLOW_DOWN);
      return undefined;
    }
    this.#remember({ token: answer.session_id });
    const known = new Set(answer.messages.map((message) => message.id));
    this.#remember({ queue: this.queue.filter((message) => !known.has(message.id)) });
    this.#on.messages(answer.messages);
    this.#ready = true;
    this.#on.state("online");
    return this.#flush();
  }

  #lost(reason) {
    this.#ready = false;
    this.#sending.clear();
    this.#on.state(navigator.onLine === false ? "offline" : "connecting");
    // The server closed the connection: socket.io would not come back by itself.
    if (reason === "io server disconnect") this.#socket.connect();
  }

  #flush() {
    if (!this.#ready) return;
    for (const message of this.queue) {
      if (!this.#sending.has(message.id)) this.#deliver(message);
    }
  }

  async #deliver(message) {
    this.#sending.add(message.id);
    this.#on.sent(message.id);
    const answer = await this.#ask("user_uttered", message);
    this.#sending.delete(message.id);
    if (answer.error === "lost") return;
    if (answer.error === "too_fast") {
      setTimeout(() => this.#flush(), SLOW_DOWN);
      return;
    }
    if (answer.error === "no_conversation") {
      await this.#takeUp();
      return;
    }
    this.#drop(message.id);
    if (answer.error) this.#on.failed(message, answer.error);
    else this.#on.done(message.id);
  }

  /** The server's acknowledgement; {error: "lost"} if the connection broke meanwhile. */
  #ask(event, data) {
    const socket = this.#socket;
    if (!socket?.connected) return Promise.resolve({ error: "lost" });
    return new Promise((resolve) => {
      socket.timeout(ANSWER_WITHIN).emit(event, data, (error, answer) => {
        if (error) resolve({ error: socket.connected ? "no_answer" : "lost" });
        else resolve(answer && typeof answer === "object" ? answer : {});
      });
    });
  }
}

/** An id nobody else makes; works without a secure context too. */
function makeId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Kept while this tab lives, reloads included; in memory where storage is forbidden. */
export function tabMemory(name) {
  let value = {};
  try {
    value = JSON.parse(sessionStorage.getItem(name)) || {};
  } catch {
    // No storage, or not ours: begin empty.
  }
  return {
    read: () => value,
    write(next) {
      value = next;
      try {
        sessionStorage.setItem(name, JSON.stringify(value));
      } catch {
        // No storage: the value lives as long as the page.
      }
    },
  };
}
