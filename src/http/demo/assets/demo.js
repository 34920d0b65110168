// Puts the two sides of the page together and follows the newcomer through the three steps.

import { Api } from "./api.js";
import { Customer } from "./customer.js";
import { byId } from "./dom.js";
import { People } from "./people.js";
import { speak } from "./words.js";

const LANGUAGE = "recado-demo-language";
const settings = JSON.parse(byId("settings").textContent);
let ours = null;
let calm = null;

function step(number) {
  for (let place = 1; place <= 3; place += 1) {
    const item = byId(`step-${place}`);
    item.classList.toggle("done", place < number);
    item.toggleAttribute("aria-current", place === number);
  }
}

/** Moves the three steps on by what happens in the customer's conversation. */
function hear(kind, data) {
  if (data.conversation_id !== ours) return;
  if (kind === "phase") {
    clearTimeout(calm);
    if (data.phase === "idle") calm = setTimeout(() => customer.showTyping(null), 700);
    else customer.showTyping(data.phase);
  }
  if (kind === "conversation.standing") progress();
}

function progress() {
  const moves = people.standings.get(ours) ?? [];
  if (!ours) step(1);
  else if (moves.some((moved) => moved.cause === "handed_back")) step(4);
  else step(moves.some((moved) => moved.to === "open") ? 3 : 2);
}

const people = new People(new Api(settings.key), settings, hear);

function bound(conversation) {
  ours = conversation;
  progress();
  people.select(conversation);
}

const customer = new Customer(settings, bound, () => ours && people.select(ours));

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    sessionStorage.setItem(LANGUAGE, button.dataset.language);
    speak(button.dataset.language);
  });
}

byId("business").textContent = settings.business;
const wanted = sessionStorage.getItem(LANGUAGE) ?? navigator.language.slice(0, 2);
speak(settings.language);
speak(wanted);
people.start();
customer.start();
