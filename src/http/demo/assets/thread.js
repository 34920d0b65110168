// Draws a conversation's messages and the assistant's turns for the people's side. Draws only what has changed.

import { clock, files, keepAtEnd, make } from "./dom.js";
import { language, say } from "./words.js";

const TICKS = { queued: "◷", sent: "✓", delivered: "✓✓", read: "✓✓", played: "✓✓", failed: "!", uncertain: "?", cancelled: "✕" };

export class Thread {
  constructor(box) {
    this.box = box;
    this.clear();
  }

  clear() {
    this.drawn = new Map();
    this.box.replaceChildren();
  }

  /** Draws messages in their order, each turn below its last message; turns that left none and changes of status at their time. */
  draw(messages, turns, standings) {
    const items = arrange(messages, turns, standings);
    const wanted = new Set(items.map((item) => item.key));
    keepAtEnd(this.box, () => {
      for (const [key, { element }] of this.drawn) {
        if (wanted.has(key)) continue;
        element.remove();
        this.drawn.delete(key);
      }
      // All are drawn before any is placed: drawing anew replaces elements.
      const elements = items.map((item) => this.element(item));
      let place = this.box.firstChild;
      for (const element of elements) {
        if (element === place) place = place.nextSibling;
        else this.box.insertBefore(element, place);
      }
    });
  }

  /** Returns the element of an item, drawn anew if the item or the language has changed. */
  element(item) {
    const print = language() + JSON.stringify(item.value);
    const known = this.drawn.get(item.key);
    if (known?.print === print) return known.element;
    const element = item.draw(item.value);
    if (known) {
      if (element instanceof HTMLDetailsElement) element.open = known.element.open;
      known.element.replaceWith(element);
    }
    this.drawn.set(item.key, { element, print });
    return element;
  }
}

function arrange(messages, turns, standings) {
  const last = new Map();
  for (const message of messages) {
    if (message.turn_no !== null) last.set(message.turn_no, message.seq);
  }
  const lone = turns.filter((turn) => !last.has(turn.turn_no)).map((turn) => ({ at: turn.finished_at, item: turnItem(turn) }));
  const moves = standings.map((moved) => ({ at: moved.at, item: { key: `s${moved.number}`, draw: drawMove, value: moved } }));
  const extras = [...lone, ...moves].sort((one, other) => (one.at < other.at ? -1 : Number(one.at > other.at)));
  const items = [];
  for (const message of messages) {
    while (extras.length > 0 && extras[0].at < message.created_at) items.push(extras.shift().item);
    items.push({ key: `m${message.seq}`, draw: drawMessage, value: message });
    for (const turn of turns) {
      if (last.get(turn.turn_no) === message.seq) items.push(turnItem(turn));
    }
  }
  return items.concat(extras.map(({ item }) => item));
}

const turnItem = (turn) => ({ key: `t${turn.turn_no}`, draw: drawTurn, value: turn });
const status = (word) => say(word === "spam" ? "is_spam" : word);

/** Draws a change of the conversation's status. */
function drawMove(moved) {
  const cause = say(`cause_${moved.cause}`);
  const words = moved.from === moved.to ? cause : say("moved", status(moved.from), status(moved.to), cause);
  return make("div", "line system", make("span", "", words), " ", make("time", "", clock(moved.at, language())));
}

function drawMessage(message) {
  const text = message.deleted ? say("deleted") : message.content.text || `[${message.content.kind}]`;
  const time = make("time", "", clock(message.occurred_at, language()));
  if (message.direction === "system") return make("div", "line system", make("span", "", text), " ", time);
  const about = make("div", "about", make("strong", "", author(message)), " ", time, ...marks(message));
  const words = make("div", message.deleted ? "words soft" : "words", text);
  const kind = message.direction === "out" ? `out ${message.author.kind}` : message.direction;
  const attached = files((message.content.attachments ?? []).map((file) => ({ name: file.file_name, url: file.url })));
  return make("div", `line ${kind}`, about, words, attached, reactions(message));
}

function author(message) {
  const { kind } = message.author;
  if (message.direction === "note") return kind === "agent" ? `${say("note")} · ${say("you")}` : `${say("note")} · ${say("assistant")}`;
  if (kind === "agent") return say("you");
  return ["assistant", "phone", "system"].includes(kind) ? say(kind) : say("customer");
}

function marks(message) {
  const found = [];
  if (message.edited_at) found.push(make("span", "soft", say("edited")));
  if (message.late) found.push(make("span", "soft", say("late")));
  if (message.direction === "out" && message.status) {
    const tick = make("span", `tick ${message.status}`, TICKS[message.status] ?? "·");
    tick.setAttribute("role", "img");
    tick.setAttribute("aria-label", say(message.status));
    tick.title = message.error ? `${say(message.status)}: ${message.error}` : say(message.status);
    found.push(tick);
    if (["failed", "uncertain", "cancelled"].includes(message.status)) found.push(make("span", "soft", say(message.status)));
  }
  return found;
}

function reactions(message) {
  const emojis = Object.values(message.reactions ?? {}).filter((emoji) => typeof emoji === "string");
  return emojis.length > 0 ? make("div", "reactions", emojis.join(" ")) : null;
}

function drawTurn(turn) {
  const trace = turn.trace ?? {};
  const tools = Array.isArray(trace.tools) ? trace.tools : [];
  const seconds = (new Date(turn.finished_at) - new Date(turn.started_at)) / 1000;
  const names = tools.map((used) => used.call?.name).filter(Boolean);
  const outcome = turn.outcome === "resolved" ? "turn_resolved" : turn.outcome;
  const parts = [say("turn", turn.turn_no), say(outcome), say("seconds", seconds.toLocaleString(language(), { maximumFractionDigits: 2 }))];
  const summary = make("summary", "", parts.join(" · "), " ");
  for (const name of new Set(names)) {
    const times = names.filter((other) => other === name).length;
    summary.append(make("code", "", times > 1 ? `${name} ×${times}` : name), " ");
  }
  if (names.length === 0) summary.append(make("span", "soft", say("no_tools")));
  const facts = make("dl", "");
  const fact = (word, value) => value && facts.append(make("dt", "", say(word)), make("dd", "", value));
  fact("model", turn.model === "offline" ? say("offline") : turn.model);
  fact("why", [turn.reason, trace.note].filter(Boolean).join(" · "));
  const details = make("details", "turn", summary, facts);
  for (const used of tools) {
    const call = make("div", "tool", make("code", "", used.call?.name ?? "?"));
    call.append(make("span", "soft", say("gave")), make("pre", "", pretty(used.call?.arguments)));
    call.append(make("span", "soft", say("got")), make("pre", "", pretty(used.result)));
    details.append(call);
  }
  return details;
}

const pretty = (value) => JSON.stringify(value ?? null, null, 1);
