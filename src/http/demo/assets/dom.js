// Small helpers for the page. Text only ever enters by textContent: nothing that a customer writes is read as markup.

export const byId = (id) => document.getElementById(id);

/** Makes an element with a class and children; strings become text. */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const child of children) {
    if (child !== null && child !== undefined) element.append(child);
  }
  return element;
}

/** Makes links to files; null if there are none. Only an address of the web is one. */
export function files(all) {
  const row = make("div", "files");
  for (const { name, url } of all) {
    if (!/^https?:/.test(url ?? "")) continue;
    const link = make("a", "file", `📎 ${name || "…"}`);
    link.href = url;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    row.append(link);
  }
  return row.childElementCount ? row : null;
}

/** Returns a random id of letters and digits; works on every origin. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Returns the first letters of a name. */
export function initials(name) {
  const letters = name.split(/\s+/).filter(Boolean).map((word) => Array.from(word)[0]);
  return letters.slice(0, 2).join("").toLocaleUpperCase();
}

export function clock(instant, language) {
  return new Date(instant).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** Returns a span of seconds as `4:05`. */
export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Runs `change` and keeps a scrolled box at its end, if it was there. */
export function keepAtEnd(box, change) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  change();
  if (atEnd) box.scrollTop = box.scrollHeight;
}

/** Sends the form by Enter; Shift+Enter makes a new line, and so does an Enter that only ends a composed character. */
export function sendByEnter(textarea, form) {
  textarea.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}
