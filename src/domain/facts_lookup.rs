//! Looks a question up in a tenant's facts. Every answer is a copy of a fact; what is not there is not found.
//!
//! Never guesses: of several services that could be meant it names all, of none it says nothing.

use crate::domain::facts::{Facts, Faq, Price};
use crate::domain::language::Language;
use crate::domain::topic::{Topic, topics_in};
use crate::domain::words::{Words, fold, word_fits};
use std::collections::BTreeMap;

/// Most services named in one answer.
const MAX_PRICES: usize = 12;

/// Words that stand in questions about prices and name no service.
const FILLERS: &[&str] = &[
    "a",
    "al",
    "ahora",
    "algo",
    "all",
    "and",
    "are",
    "as",
    "at",
    "ask",
    "bom",
    "boa",
    "bueno",
    "buenas",
    "buenos",
    "buen",
    "can",
    "charge",
    "cobra*",
    "cobre*",
    "com",
    "como",
    "con",
    "cost*",
    "costo*",
    "could",
    "cual*",
    "cuanto*",
    "cuesta*",
    "custa*",
    "custo*",
    "da",
    "das",
    "de",
    "del",
    "decir",
    "dia",
    "dias",
    "dime",
    "digame",
    "do",
    "does",
    "dos",
    "e",
    "el",
    "em",
    "en",
    "eh",
    "es",
    "esta",
    "estan",
    "este",
    "esto",
    "favor",
    "fee*",
    "fica",
    "for",
    "get",
    "give",
    "gostaria",
    "hacen",
    "haces",
    "have",
    "hay",
    "hello",
    "hey",
    "hi",
    "hola",
    "how",
    "i",
    "id",
    "in",
    "informacion",
    "info",
    "is",
    "it",
    "know",
    "la",
    "las",
    "le",
    "les",
    "like",
    "lista",
    "list",
    "lo",
    "los",
    "manda*",
    "manejan",
    "mas",
    "me",
    "mean",
    "menu",
    "mi",
    "much",
    "mucho",
    "my",
    "na",
    "necesito",
    "no",
    "noite",
    "noches",
    "o",
    "of",
    "oi",
    "ok",
    "ola",
    "on",
    "os",
    "para",
    "pasa*",
    "pasas",
    "please",
    "plis",
    "pls",
    "podes",
    "podria*",
    "por",
    "porfa",
    "porfis",
    "pra",
    "prazer",
    "preciso",
    "precio*",
    "preco*",
    "pregunta",
    "price*",
    "pricing",
    "puede*",
    "puedo",
    "pero",
    "que",
    "quanto*",
    "queria",
    "quero",
    "quiero",
    "quisiera",
    "qto",
    "qnto",
    "qual",
    "rate*",
    "saber",
    "sai",
    "sale",
    "salen",
    "se",
    "sera",
    "seria",
    "servicio*",
    "servico*",
    "services",
    "service",
    "si",
    "so",
    "son",
    "sorry",
    "su",
    "sus",
    "ta",
    "tabela",
    "tarde",
    "tardes",
    "tarifa*",
    "te",
    "tell",
    "tem",
    "tenes",
    "tengo",
    "tiene*",
    "tienen",
    "that",
    "the",
    "their",
    "there",
    "these",
    "they",
    "this",
    "to",
    "todo",
    "todos",
    "tu",
    "u",
    "um",
    "uma",
    "un",
    "una",
    "uno",
    "unos",
    "us",
    "vale",
    "valen",
    "valor*",
    "vc",
    "vcs",
    "voce",
    "voces",
    "want",
    "we",
    "what",
    "whats",
    "with",
    "would",
    "y",
    "ya",
    "you",
    "your",
    "ur",
    "yours",
    "antes",
    "also",
    "about",
    "vos",
    "ustedes",
    "usted",
    "cobrar",
    "mais",
    "informar",
    "voce",
    "hoy",
    "hoje",
    "today",
    "more",
    "or",
    "cuestion",
    "quick",
    "question",
    "and",
    "una",
    "tb",
    "tambien",
    "tambem",
    "nao",
];

/// An answer found in the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What was asked; never [`Topic::Auto`].
    pub topic: Topic,
    /// The fact, word for word.
    pub answer: String,
}

/// Looks `question` up, in the customer's `language`, then the tenant's own (`fallback`), then any.
///
/// # Errors
/// The topic that was asked and is not in the facts.
pub fn lookup(facts: &Facts, question: &str, topic: Topic, language: Language, fallback: Language) -> Result<Found, Topic> {
    let reader = Reader { facts, languages: [language, fallback], words: Words::of(question) };
    let answer = match topic {
        Topic::Auto => return reader.auto(question),
        Topic::Hours | Topic::Address | Topic::Phone | Topic::Website | Topic::Payment | Topic::Price | Topic::Faq => reader.one(topic),
    };
    answer.map(|answer| Found { topic, answer }).ok_or(topic)
}

struct Reader<'a> {
    facts: &'a Facts,
    languages: [Language; 2],
    words: Words,
}

impl Reader<'_> {
    /// The tenant's own questions come first: they are the most precise; then topics by their words; then a service by its name alone.
    fn auto(&self, question: &str) -> Result<Found, Topic> {
        let topics = topics_in(question);
        let guesses = std::iter::once(Topic::Faq).chain(topics.iter().copied());
        for topic in guesses {
            if let Some(answer) = self.one(topic) {
                return Ok(Found { topic, answer });
            }
        }
        let names_one = !self.words.without(FILLERS).is_empty();
        if let Some(answer) = self.price().filter(|_| topics.is_empty() && names_one) {
            return Ok(Found { topic: Topic::Price, answer });
        }
        Err(topics.first().copied().unwrap_or(Topic::Auto))
    }

    fn one(&self, topic: Topic) -> Option<String> {
        match topic {
            Topic::Hours => self.text(&self.facts.hours),
            Topic::Address => self.text(&self.facts.address),
            Topic::Phone => self.facts.phone.clone(),
            Topic::Website => self.facts.website.clone(),
            Topic::Payment => self.text(&self.facts.payment),
            Topic::Price => self.price(),
            Topic::Faq => self.faq(),
            Topic::Auto => None,
        }
        .filter(|answer| !answer.trim().is_empty())
    }

    fn text(&self, texts: &BTreeMap<String, String>) -> Option<String> {
        let wanted = self.languages.iter().find_map(|language| texts.get(language.code()));
        wanted.or_else(|| texts.values().next()).cloned()
    }

    fn price(&self) -> Option<String> {
        let named = self.named_prices();
        if !named.is_empty() {
            return Some(self.price_list(&named));
        }
        let rest = self.words.without(FILLERS);
        let all: Vec<&Price> = self.facts.prices.iter().collect();
        let chosen: Vec<&Price> = all.into_iter().filter(|price| part_of_name(&rest, price)).collect();
        (!chosen.is_empty()).then(|| self.price_list(&chosen))
    }

    /// Services whose full name or alias stands in the question; the longest match wins over those inside it.
    fn named_prices(&self) -> Vec<&Price> {
        let mut scored: Vec<(usize, &Price)> = self.facts.prices.iter().map(|price| (self.name_score(price), price)).collect();
        scored.retain(|(score, _)| *score > 0);
        scored.into_iter().map(|(_, price)| price).collect()
    }

    fn name_score(&self, price: &Price) -> usize {
        let names = price.name.values().chain(&price.aliases);
        names.map(|name| self.phrase_score(name)).max().unwrap_or_default()
    }

    fn price_list(&self, prices: &[&Price]) -> String {
        let line = |price: &&Price| match self.text(&price.name) {
            Some(name) => format!("{name}: {}", price.price),
            None => price.price.clone(),
        };
        prices.iter().take(MAX_PRICES).map(line).collect::<Vec<_>>().join("; ")
    }

    fn faq(&self) -> Option<String> {
        let score =
            |faq: &Faq| faq.keywords.iter().chain(faq.question.values()).map(|phrase| self.phrase_score(phrase)).max().unwrap_or_default();
        let best = self.facts.faq.iter().map(|faq| (score(faq), faq)).filter(|(score, _)| *score > 0).rev().max_by_key(|(score, _)| *score);
        best.and_then(|(_, faq)| self.text(&faq.answer))
    }

    /// Returns how many letters of the phrase stand in the question, in order; zero unless all words do.
    fn phrase_score(&self, phrase: &str) -> usize {
        let folded = fold(phrase);
        let content: Vec<&str> = folded.split_whitespace().filter(|word| !is_joint(word)).collect();
        if content.is_empty() {
            return 0;
        }
        let pattern = content.iter().map(|word| with_plural(word)).collect::<Vec<_>>().join(" ");
        if self.words.has(&pattern) { content.iter().map(|word| word.len()).sum() } else { 0 }
    }
}

/// Small words inside names: "corte *de* pelo".
fn is_joint(word: &str) -> bool {
    ["de", "del", "da", "do", "of", "a", "the", "la", "el", "o", "y", "e"].contains(&word)
}

/// Accepts the plural of a singular name and the other way round.
fn with_plural(word: &str) -> String {
    match word.strip_suffix('s') {
        Some(singular) if singular.len() >= 3 => format!("{word}/{singular}"),
        _ => format!("{word}/{word}s"),
    }
}

/// Returns true if what is left of the question is a part of the service's name; of an empty rest everything is.
fn part_of_name(rest: &Words, price: &Price) -> bool {
    let names = price.name.values().chain(&price.aliases).map(|name| Words::of(name));
    let fits = |name: Words| rest.iter().all(|word| name.iter().any(|part| word_fits(word, &with_plural(part))));
    rest.is_empty() || names.into_iter().any(fits)
}

#[cfg(test)]
mod tests;
