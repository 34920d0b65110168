// The people's side: a small console that uses only the public API.

import { byId, initials, make, randomId, sendByEnter, span } from "./dom.js";
import { Thread } from "./thread.js";
import { onLanguage, say } from "./words.js";

const NEWEST = 9_007_199_254_740_991;

export class People {
  constructor(api, settings, hear) {
    this.api = api;
    this.settings = settings;
    this.hear = hear;
    this.conversations = new Map();
    this.selected = null;
    this.messages = new Map();
    this.turns = [];
    this.standings = new Map();
    this.phase = null;
    this.thread = new Thread(byId("thread"));
    this.wire();
    onLanguage(() => this.showAll());
    setInterval(() => this.showClocks(), 1000);
  }

  wire() {
    const act = (id, command) => byId(id).addEventListener("click", () => this.act(command));
    act("take-over", () => ["status", { status: "open" }]);
    act("hand-back", () => ["handback", {}]);
    act("resolve", () => ["status", { status: "resolved" }]);
    act("snooze", () => ["status", { status: "snoozed", snoozed_until: new Date(Date.now() + 60_000).toISOString() }]);
    act("spam", () => ["status", { status: this.current()?.status === "spam" ? "open" : "spam" }]);
    byId("reply").addEventListener("submit", (event) => {
      event.preventDefault();
      this.reply();
    });
    sendByEnter(byId("reply-words"), byId("reply"));
    byId("private").addEventListener("change", () => this.showReply());
  }

  current() {
    return this.conversations.get(this.selected);
  }

  async start() {
    this.api.listen({
      onEvent: (event) => this.onEvent(event),
      onState: (live) => {
        this.live = live;
        this.showLive();
        // Between the last event and the new stream anything may have happened.
        if (live) this.reload();
      },
    });
  }

  reload() {
    this.loadList();
    if (this.selected) this.loadThread();
  }

  onEvent({ id: number, kind, data }) {
    const id = data.conversation_id;
    if (kind === "reset") return this.reload();
    if (kind === "phase") return this.onPhase(id, data.phase);
    if (kind === "conversation.standing") this.note(id, { ...data, number });
    this.hear(kind, data);
    this.soon("list", () => this.loadList());
    if (id !== this.selected) return;
    if (data.message) {
      this.messages.set(data.message.seq, data.message);
      this.showThread();
    }
    this.soon("thread", () => this.loadThread());
  }

  /** Keeps the newest changes of status, which only the events tell. */
  note(id, moved) {
    const moves = this.standings.get(id) ?? [];
    this.standings.set(id, [...moves, moved].slice(-100));
    if (id === this.selected) this.showThread();
  }

  /** A phase is shown for a moment at least: the offline assistant is faster than the eye. */
  onPhase(id, phase) {
    this.hear("phase", { conversation_id: id, phase });
    if (id !== this.selected) return;
    clearTimeout(this.calm);
    if (phase !== "idle") this.showPhase(phase);
    else this.calm = setTimeout(() => this.showPhase(null), 700);
  }

  /** Does something shortly, once for a burst of events. */
  soon(name, what) {
    this.waiting ??= new Map();
    if (this.waiting.has(name)) return;
    this.waiting.set(name, setTimeout(() => {
      this.waiting.delete(name);
      what();
    }, 60));
  }

  async select(id) {
    if (this.selected === id) return;
    this.selected = id;
    this.messages.clear();
    this.turns = [];
    this.thread.clear();
    this.showPhase(null);
    byId("people-error").textContent = "";
    this.showAll();
    if (id) await this.loadThread();
  }

  async loadList() {
    try {
      const page = await this.api.get(`conversations?limit=30&inbox_id=${encodeURIComponent(this.settings.inbox_id)}`);
      for (const conversation of page.data) this.conversations.set(conversation.id, conversation);
      this.order = page.data.map((conversation) => conversation.id);
      this.showList();
      this.showHead();
    } catch (error) {
      this.complain(error);
    }
  }

  async loadThread() {
    const id = this.selected;
    const path = `conversations/${encodeURIComponent(id)}`;
    try {
      const [conversation, messages, turns] = await Promise.all([
        this.api.get(path),
        this.api.get(`${path}/messages?before=${NEWEST}&limit=100`),
        this.loadTurns(path),
      ]);
      if (id !== this.selected) return;
      this.conversations.set(id, conversation);
      for (const message of messages.data) this.messages.set(message.seq, message);
      this.turns = turns;
      this.showHead();
      this.showThread();
    } catch (error) {
      if (id === this.selected) this.complain(error);
    }
  }

  async loadTurns(path) {
    const turns = [];
    let cursor = "";
    for (let pages = 0; pages < 5 && cursor !== null; pages += 1) {
      const page = await this.api.get(`${path}/turns?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      turns.push(...page.data);
      cursor = page.next;
    }
    return turns;
  }

  async act(command) {
    if (!this.selected) return;
    const [what, body] = command();
    await this.post(what, body, randomId());
  }

  /** Posts a command; returns true if it was taken. */
  async post(what, body, key) {
    const id = this.selected;
    byId("people-error").textContent = "";
    try {
      const answer = await this.api.post(`conversations/${encodeURIComponent(id)}/${what}`, body, key);
      const late = answer?.may_still_arrive ?? [];
      if (late.length > 0) byId("people-error").textContent = say("may_arrive", late.join(" / "));
      if (id === this.selected) await this.loadThread();
      this.soon("list", () => this.loadList());
      return true;
    } catch (error) {
      this.complain(error);
      return false;
    }
  }

  async reply() {
    const box = byId("reply-words");
    const text = box.value;
    if (!text.trim() || !this.selected || this.sending) return;
    this.sending = true;
    box.value = "";
    const taken = await this.post("messages", { text, private: byId("private").checked }, randomId());
    if (!taken && !box.value) box.value = text;
    this.sending = false;
    box.focus();
  }

  complain(error) {
    byId("people-error").textContent = say("trouble", error.message);
  }

  showAll() {
    this.showLive();
    this.showList();
    this.showHead();
    this.showThread();
    this.showReply();
    this.showPhase(this.phase);
  }

  showLive() {
    byId("live").textContent = say(this.live ? "live_on" : "live_off");
    byId("live").classList.toggle("on", Boolean(this.live));
  }

  showList() {
    const rows = (this.order ?? []).map((id) => this.row(this.conversations.get(id)));
    const focused = document.activeElement?.dataset?.conversation;
    byId("list").replaceChildren(...rows);
    if (focused) byId("list").querySelector(`[data-conversation="${CSS.escape(focused)}"]`)?.focus();
  }

  row(conversation) {
    const name = conversation.contact.name ?? `#${conversation.number}`;
    const preview = conversation.last_message?.text ?? "";
    const button = make("button", "row", make("span", `dot ${conversation.status}`),
      make("span", "row-text", make("strong", "", name), make("span", "soft", preview)));
    button.type = "button";
    button.dataset.conversation = conversation.id;
    button.title = say(conversation.status === "spam" ? "is_spam" : conversation.status);
    if (conversation.id === this.selected) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => this.select(conversation.id));
    return make("li", "", button);
  }

  showHead() {
    const conversation = this.current();
    byId("open").hidden = !this.selected;
    byId("empty").hidden = Boolean(this.selected);
    if (!conversation) return;
    const { status } = conversation;
    const name = conversation.contact.name ?? "?";
    byId("contact").textContent = name;
    byId("avatar").textContent = initials(name);
    byId("number").textContent = `#${conversation.number}`;
    byId("status").textContent = say(status === "spam" ? "is_spam" : status);
    byId("status").className = `badge ${status}`;
    byId("speaker").textContent = status === "pending" || status === "open" ? say(`speaks_${conversation.speaker.kind}`) : "";
    byId("take-over").disabled = status === "open" || status === "spam";
    byId("hand-back").disabled = status === "pending" || status === "spam";
    byId("hand-back").classList.toggle("primary", status === "open");
    byId("resolve").disabled = status === "resolved" || status === "spam";
    byId("snooze").disabled = status === "snoozed" || status === "spam";
    byId("spam").textContent = say(status === "spam" ? "not_spam" : "spam");
    this.showClocks();
    this.showReply();
  }

  showClocks() {
    const conversation = this.current();
    const since = conversation?.waiting_since;
    const until = conversation?.status === "snoozed" ? conversation.snoozed_until : null;
    const waiting = byId("waiting");
    waiting.hidden = !since && !until;
    if (until) waiting.textContent = say("wakes", span((new Date(until) - Date.now()) / 1000));
    else if (since) waiting.textContent = say("waits", span((Date.now() - new Date(since)) / 1000));
  }

  showReply() {
    const note = byId("private").checked;
    const { status, speaker } = this.current() ?? {};
    const free = status === "pending" || speaker?.kind === "nobody";
    const blocked = status === "spam" && !note;
    byId("reply").classList.toggle("note", note);
    byId("reply-words").placeholder = say(note ? "note_here" : "reply_here");
    byId("reply-send").disabled = blocked;
    const hint = blocked ? "hint_spam" : !note && free ? "hint_takes_over" : null;
    byId("reply-hint").textContent = hint ? say(hint) : "";
  }

  showPhase(phase) {
    this.phase = phase;
    byId("phase").textContent = phase ? say(phase) : "";
    byId("phase").classList.toggle("busy", Boolean(phase));
  }

  showThread() {
    if (!this.selected) return;
    const messages = [...this.messages.values()].sort((one, other) => one.seq - other.seq);
    this.thread.draw(messages, this.turns, this.standings.get(this.selected) ?? []);
  }
}
