// The customer's telephone: writes into a room and shows what comes back. It knows nothing of conversations but the id to point at.

import { call, persist } from "./api.js";
import { byId, clock, files, initials, keepAtEnd, make, randomId, sendByEnter } from "./dom.js";
import { language, onLanguage, say } from "./words.js";

const STORED = "recado-demo-room";
const TYPING = new Set(["thinking", "using_tools", "committing"]);

export class Customer {
  /** `onBound(conversation)` hears which conversation the room belongs to; null for a new customer. */
  constructor(settings, onBound, onWritten) {
    this.settings = settings;
    this.onBound = onBound;
    this.onWritten = onWritten;
    this.chat = byId("chat");
    this.bubbles = new Map();
    this.unread = new Set();
    this.name = "";
    byId("phone-business").textContent = settings.business;
    byId("business-initial").textContent = initials(settings.business);
    byId("write").addEventListener("submit", (event) => {
      event.preventDefault();
      this.write(byId("words").value);
    });
    sendByEnter(byId("words"), byId("write"));
    byId("new-customer").addEventListener("click", () => this.open(randomId()));
    document.addEventListener("visibilitychange", () => this.confirmRead());
    onLanguage(() => this.showWords());
  }

  /** Goes on in the room of this tab, unless the program was started anew since. */
  start() {
    let stored = null;
    try {
      stored = JSON.parse(sessionStorage.getItem(STORED));
    } catch {
      stored = null;
    }
    const same = stored?.process === this.settings.process && typeof stored.room === "string";
    this.open(same ? stored.room : randomId());
  }

  open(room) {
    this.source?.close();
    this.room = room;
    sessionStorage.setItem(STORED, JSON.stringify({ room, process: this.settings.process }));
    this.bubbles.clear();
    this.unread.clear();
    this.chat.replaceChildren();
    this.conversation = null;
    this.name = "";
    byId("write-error").textContent = "";
    this.showTyping(null);
    this.showWords();
    this.onBound(null, room);
    this.listen();
    byId("words").focus();
  }

  listen() {
    const source = new EventSource(`/demo/rooms/${this.room}/events`);
    this.source = source;
    source.addEventListener("room", (event) => {
      const { name, conversation_id: conversation } = JSON.parse(event.data);
      this.name = name;
      this.showWords();
      this.bind(conversation);
    });
    source.addEventListener("message", (event) => this.show(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      // The browser comes back by itself, except after a refusal.
      if (source.readyState === EventSource.CLOSED && this.source === source) {
        setTimeout(() => this.source === source && this.listen(), 2000);
      }
    });
  }

  bind(conversation) {
    if (conversation && conversation !== this.conversation) {
      this.conversation = conversation;
      this.onBound(conversation, this.room);
    }
  }

  async write(text) {
    const room = this.room;
    const words = byId("words");
    if (!text.trim()) return;
    if (words.value === text) words.value = "";
    byId("write-error").textContent = "";
    const client = randomId();
    const id = `demo-in-${room}-${client}`;
    this.show({ id, side: "customer", text, buttons: [], at: new Date().toISOString(), pending: true });
    try {
      const body = { text, client_id: client, locale: language() };
      const answer = await persist(() => call("POST", `/demo/rooms/${room}/messages`, { body }));
      if (this.room !== room) return;
      this.bubbles.get(id)?.classList.remove("pending");
      this.bind(answer.conversation_id);
      this.onWritten();
    } catch (error) {
      if (this.room !== room) return;
      this.bubbles.get(id)?.remove();
      this.bubbles.delete(id);
      if (!words.value) words.value = text;
      byId("write-error").textContent = say("not_sent", error.message);
    }
  }

  show(message) {
    const known = this.bubbles.get(message.id);
    if (known) {
      if (!message.pending) known.classList.remove("pending");
      return;
    }
    this.chat.querySelector(".chat-empty")?.remove();
    const time = make("time", "", clock(message.at, language()));
    const bubble = make("div", `bubble ${message.side}`, make("div", "words", message.text), files(message.files ?? []), this.buttons(message), time);
    bubble.classList.toggle("pending", Boolean(message.pending));
    this.bubbles.set(message.id, bubble);
    keepAtEnd(this.chat, () => this.chat.append(bubble));
    if (message.side === "customer") this.chat.scrollTop = this.chat.scrollHeight;
    if (message.side === "business") {
      this.showTyping(null);
      this.arrived(message.id);
    }
  }

  buttons(message) {
    if (message.buttons.length === 0) return null;
    const row = make("div", "bubble-buttons");
    for (const { title } of message.buttons) {
      const button = make("button", "small", title);
      button.type = "button";
      button.addEventListener("click", () => this.write(title));
      row.append(button);
    }
    return row;
  }

  arrived(id) {
    this.unread.add(id);
    if (document.hidden) this.confirm([id], "delivered");
    else this.confirmRead();
  }

  confirmRead() {
    if (document.hidden || this.unread.size === 0) return;
    const ids = [...this.unread].slice(0, 100);
    for (const id of ids) this.unread.delete(id);
    this.confirm(ids, "read");
  }

  /** Receipts are best effort, as on a real telephone. */
  confirm(ids, state) {
    const path = `/demo/rooms/${this.room}/receipts`;
    persist(() => call("POST", path, { body: { ids, state } })).catch(() => {});
  }

  /** Shows that somebody writes, for the phase of this room's conversation. */
  showTyping(phase) {
    const typing = TYPING.has(phase);
    byId("typing").textContent = say(typing ? "typing" : "online");
    byId("typing").classList.toggle("busy", typing);
  }

  showWords() {
    const chips = byId("chips");
    chips.replaceChildren();
    for (const key of ["chip_1", "chip_2", "chip_book", "chip_3"]) {
      const chip = make("button", "chip", say(key));
      chip.type = "button";
      chip.addEventListener("click", () => this.write(chip.textContent));
      chips.append(chip);
    }
    this.showTyping(null);
    const empty = this.chat.querySelector(".chat-empty");
    if (this.bubbles.size === 0 || empty) {
      empty?.remove();
      const who = this.name ? make("strong", "", say("you_are", this.name)) : null;
      this.chat.append(make("div", "chat-empty soft", who, make("p", "", say("chat_empty"))));
    }
  }
}
