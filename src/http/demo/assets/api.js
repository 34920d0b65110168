// The public API as any console would use it: JSON with a key, and the stream of events with reconnection.

export class ApiError extends Error {
  constructor(status, problem) {
    super(problem?.detail || `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Makes one JSON call; throws an ApiError with the problem that came back. */
export async function call(method, path, { body, headers } = {}) {
  const options = { method, headers: { ...headers } };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["content-type"] = "application/json";
  }
  const response = await fetch(path, options);
  const text = await response.text();
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    answer = null;
  }
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

/** Repeats a call that was not taken for lack of room or connection; safe only where a repeat is recognised. */
export async function persist(attempt) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const passing = !(error instanceof ApiError) || error.status === 429 || error.status === 503;
      if (!passing || tries >= 4) throw error;
      await pause(300 * 2 ** tries);
    }
  }
}

export class Api {
  constructor(key) {
    this.headers = { authorization: `Bearer ${key}` };
  }

  get(path) {
    return call("GET", `/api/v1/${path}`, { headers: this.headers });
  }

  /** Posts a command; its key makes the repeat of a lost answer harmless. */
  post(path, body, key) {
    const headers = { ...this.headers, "idempotency-key": key };
    return persist(() => call("POST", `/api/v1/${path}`, { body, headers }));
  }

  /** Reads the events for ever: all that are kept at first, from the last number on after each break. */
  async listen({ onEvent, onState }) {
    let last = "0";
    let failures = 0;
    for (;;) {
      const abort = new AbortController();
      try {
        const headers = { ...this.headers, accept: "text/event-stream", "last-event-id": last };
        const response = await fetch("/api/v1/events", { headers, signal: abort.signal });
        if (!response.ok || !response.body) throw new ApiError(response.status, null);
        failures = 0;
        onState(true);
        await readEvents(response.body, (event) => {
          if (event.id !== null) last = event.id;
          onEvent(event);
        });
      } catch (error) {
        failures += 1;
        console.warn("the stream of events broke", error);
      }
      abort.abort();
      onState(false);
      await pause(Math.min(10_000, 400 * 2 ** Math.min(failures, 5)));
    }
  }
}

/** Cuts a byte stream into server-sent events and hands each over with its JSON. */
export async function readEvents(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest = (rest + value).replaceAll("\r\n", "\n");
    let end = rest.indexOf("\n\n");
    while (end >= 0) {
      const event = parseEvent(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (event) onEvent(event);
      end = rest.indexOf("\n\n");
    }
  }
}

/** Reads one block; comments and blocks without data are none. */
export function parseEvent(block) {
  const event = { id: null, kind: "message", data: null };
  const data = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") event.id = value;
    if (field === "event") event.kind = value;
    if (field === "data") data.push(value);
  }
  if (data.length === 0) return null;
  try {
    event.data = JSON.parse(data.join("\n"));
  } catch {
    return null;
  }
  return event;
}
