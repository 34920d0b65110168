//! Figures that an answer states: amounts of money, links, telephone numbers, e-mail addresses, times, streets. Each must be found in what the
//! business wants answered, in what a tool returned, or in what people and the customer have written; everything else is invented.
//!
//! Pure. Never decides what to do about it.

use super::Finding;
use super::tokens::{Token, hundredths, telephone_numbers, tokens};
use crate::domain::words::{Words, sentences, word_fits};
use std::collections::HashSet;
use std::ops::Deref;

const CURRENCIES: &[&str] = &[
    "pesos", "peso", "mxn", "usd", "eur", "euros", "euro", "dolares", "dolar", "dollars", "dollar", "bucks", "reais", "real", "brl", "clp",
    "cop", "ars", "soles", "libras", "pounds", "gbp", "centavos", "cents", "mn",
];
const THOUSANDS: &[&str] = &["mil", "thousand", "k"];
const COSTS: &[&str] = &[
    "cuesta", "cuestan", "costaria", "costara", "costo", "vale", "valen", "sale", "salen", "precio", "costs", "cost", "price", "priced",
    "custa", "custam", "valor", "preco", "cobramos", "charge",
];
const FILLERS: &[&str] = &[
    "a", "en", "por", "de", "es", "el", "is", "for", "only", "just", "solo", "apenas", "unos", "unas", "about", "e", "sai", "o", "desde",
    "from", "los",
];
/// What a number counts that follows a word of cost and is no amount.
const COUNTED: &[&str] = &[
    "h", "hs", "hrs", "horas", "hora", "hours", "hour", "min", "minutos", "minutes", "minuto", "dias", "days", "dia", "am", "pm",
    "sesiones", "sessoes", "sessions", "personas", "people", "pessoas",
];
const NUMBER_WORDS: &[&str] = &[
    "cien",
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
    "mil",
    "diez",
    "quince",
    "veinte",
    "treinta",
    "cuarenta",
    "cincuenta",
    "sesenta",
    "setenta",
    "ochenta",
    "noventa",
    "hundred",
    "thousand",
    "ten",
    "fifteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "cem",
    "cento",
    "duzentos",
    "trezentos",
    "quatrocentos",
    "quinhentos",
    "seiscentos",
    "setecentos",
    "oitocentos",
    "novecentos",
    "dez",
    "quinze",
    "vinte",
    "trinta",
    "quarenta",
    "cinquenta",
    "sessenta",
    "oitenta",
    "un",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "one",
    "two",
    "three",
    "four",
    "five",
    "um",
    "dois",
    "quatro",
];
const FREE: &[&str] =
    &["gratis", "gratuito/gratuita/gratuitos/gratuitas", "de graca", "free of charge", "for free", "sin costo/cargo", "sem custo"];
const FREE_IN_FACTS: &[&str] =
    &["gratis/gratuito/gratuita/gratuitos/gratuitas/free", "de graca", "sin costo/cargo", "sem custo", "no charge"];
/// The smallest number, in hundredths, that may be a price without saying so.
const SMALLEST_BARE: u64 = 2_000;
/// A sentence that says whose figure it is.
const ATTRIBUTED: &[&str] = &[
    "usted/ud/tu/me dice/dijo/menciona/menciono/comenta/comento/pago/escribio/indica/indico",
    "dices/dijiste/mencionas/mencionaste/pagaste/escribiste",
    "you said/mentioned/paid/wrote/say/told",
    "voce disse/mencionou/pagou/falou/escreveu",
    "su/tu/your/seu presupuesto/budget/orcamento",
];
const STREETS: &[&str] = &[
    "calle",
    "avenida",
    "av",
    "avda",
    "rua",
    "street",
    "avenue",
    "ave",
    "blvd",
    "bulevar",
    "boulevard",
    "carrera",
    "travessa",
    "praca",
    "plaza",
    "calzada",
    "road",
];
const ENDINGS: &[&str] = &[
    "com", "net", "org", "info", "biz", "shop", "store", "link", "site", "online", "example", "xyz", "top", "mx", "br", "ar", "cl", "pe",
    "uy", "pt", "us", "uk", "eu", "app", "dev", "io", "ly", "gl", "ai", "test", "invalid",
];
/// The figures of trusted texts.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    amounts: HashSet<u64>,
    words: HashSet<String>,
    numbers: HashSet<String>,
    times: HashSet<(u64, u64)>,
    phones: Vec<String>,
    hosts: HashSet<String>,
    emails: HashSet<String>,
    /// The words of each sentence that gives something away.
    free: Vec<HashSet<String>>,
}

impl Figures {
    /// Reads all figures of some texts.
    #[must_use]
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for text in texts {
            let tokens = tokens(text);
            // Smaller bare numbers are hours and counts.
            all.amounts.extend(tokens.iter().filter_map(Token::number).filter_map(hundredths).filter(|worth| *worth >= SMALLEST_BARE));
            all.amounts.extend(worths(&tokens));
            all.numbers.extend(tokens.iter().filter_map(Token::number).map(str::to_owned));
            all.words.extend(tokens.iter().filter_map(Token::word).map(str::to_owned));
            all.times.extend(every_hour(&tokens));
            all.phones.extend(telephone_numbers(text));
            all.hosts.extend(text.split_whitespace().filter_map(host));
            all.emails.extend(text.split_whitespace().filter_map(email));
            all.free.extend(sentences(text).iter().filter(|text| Words::of(text).any(FREE_IN_FACTS)).map(|text| long_words(text)));
        }
        all
    }

    /// Returns true if one of the texts gives away what the sentence speaks of.
    fn gives_away(&self, sentence: &str) -> bool {
        let words = long_words(sentence);
        self.free.iter().any(|known| known.intersection(&words).next().is_some())
    }

    fn knows_phone(&self, phone: &str) -> bool {
        let tail = |digits: &str, long: usize| digits.get(digits.len().saturating_sub(long)..).map(str::to_owned);
        self.phones.iter().any(|known| {
            let long = known.len().min(phone.len()).min(10);
            tail(known, long) == tail(phone, long)
        })
    }
}

/// Returns what `text` states that neither `business` nor `customer` knows. The customer's amounts count only where a sentence asks, or says
/// that they are the customer's.
#[must_use]
pub fn invented(text: &str, business: &impl Deref<Target = Figures>, customer: &impl Deref<Target = Figures>) -> Vec<Finding> {
    let mut found = Vec::new();
    for sentence in sentences(text) {
        let theirs = sentence.ends_with('?') || Words::of(&sentence).any(ATTRIBUTED);
        let tokens = tokens(&sentence);
        let known = |stated: &Stated| match stated {
            Stated::Worth(worth) => business.amounts.contains(worth) || (theirs && customer.amounts.contains(worth)),
            Stated::Word(word) => business.words.contains(word) || (theirs && customer.words.contains(word)),
        };
        let given_away = !sentence.ends_with('?') && gives_away(&sentence) && !business.gives_away(&sentence);
        if given_away || amounts(&tokens).any(|stated| !known(&stated)) {
            found.push(Finding::InventedAmount);
        }
        if stated_hours(&tokens).any(|hour| !business.times.contains(&hour) && !customer.times.contains(&hour)) {
            found.push(Finding::InventedTime);
        }
        if streets(&tokens).any(|street| !business.knows_street(&street) && !customer.knows_street(&street)) {
            found.push(Finding::InventedAddress);
        }
    }
    if text.split_whitespace().filter_map(host).any(|host| !business.hosts.contains(&host)) {
        found.push(Finding::InventedLink);
    }
    if text.split_whitespace().filter_map(email).any(|email| !business.emails.contains(&email) && !customer.emails.contains(&email)) {
        found.push(Finding::InventedEmail);
    }
    if telephone_numbers(text).iter().any(|phone| !business.knows_phone(phone) && !customer.knows_phone(phone)) {
        found.push(Finding::InventedPhone);
    }
    found
}

fn long_words(text: &str) -> HashSet<String> {
    let of_free = |word: &&str| word_fits(word, "gratis/gratuito/gratuita/charge/gratuitos/gratuitas/costo/custo/cargo");
    Words::of(text).iter().filter(|word| word.chars().count() >= 5).filter(|word| !of_free(word)).map(str::to_owned).collect()
}

fn gives_away(sentence: &str) -> bool {
    let words = Words::of(sentence);
    words.any(FREE) && !words.any(&["no", "not", "nao", "sin saber"])
}

/// An amount as stated.
enum Stated {
    /// In hundredths.
    Worth(u64),
    /// In words: the number's.
    Word(String),
}

/// Returns the amounts that are written in digits, in hundredths.
pub(super) fn worths(tokens: &[Token]) -> Vec<u64> {
    let worth = |stated| match stated {
        Stated::Worth(worth) => Some(worth),
        Stated::Word(_) => None,
    };
    amounts(tokens).filter_map(worth).collect()
}

fn amounts(tokens: &[Token]) -> impl Iterator<Item = Stated> + '_ {
    (0..tokens.len()).filter_map(|at| amount_at(tokens, at))
}

fn amount_at(tokens: &[Token], at: usize) -> Option<Stated> {
    let before = at.checked_sub(1).and_then(|at| tokens.get(at));
    let after = tokens.get(at + 1);
    let sign = |token: Option<&Token>, signs: &[char]| matches!(token, Some(Token::Sign(sign)) if signs.contains(sign));
    match tokens.get(at)? {
        Token::Number(number) => {
            let many = after.is_some_and(|after| after.is_in(THOUSANDS));
            let unit = if many { tokens.get(at + 2) } else { after };
            let money = sign(before, &['$', '€', '£', '¥'])
                || sign(after, &['€', '£', '$', '%'])
                || before.is_some_and(|before| before.is_in(&["usd", "mxn", "eur", "brl"]))
                || unit.is_some_and(|unit| unit.is_in(CURRENCIES))
                || (costs(tokens, at) && !after.is_some_and(|after| after.is_in(COUNTED)) && !sign(after, &[':']));
            let worth = hundredths(number)?;
            money.then(|| Stated::Worth(if many { worth.saturating_mul(1000) } else { worth }))
        }
        Token::Word(word) => {
            let money = NUMBER_WORDS.contains(&word.as_str()) && after.is_some_and(|after| after.is_in(CURRENCIES));
            money.then(|| Stated::Word(word.clone()))
        }
        Token::Sign(_) => None,
    }
}

/// Returns true if a word of cost stands before the number, with nothing but small words between.
fn costs(tokens: &[Token], at: usize) -> bool {
    let before = tokens.get(..at).unwrap_or_default().iter().rev();
    before.take(4).find(|token| !token.is_in(FILLERS) && !matches!(token, Token::Sign(':'))).is_some_and(|token| token.is_in(COSTS))
}

/// Every hour that a trusted text may mean: any small number is one.
fn every_hour(tokens: &[Token]) -> Vec<(u64, u64)> {
    let mut all: Vec<(u64, u64)> = stated_hours(tokens).collect();
    for (at, token) in tokens.iter().enumerate() {
        let hour = token.number().and_then(|number| number.parse().ok()).or(token.spoken_hour().map(u64::from));
        let minutes = token.number().and_then(|number| number.split_once('.')).and_then(|(_, minutes)| minutes.parse().ok());
        let whole = token.number().and_then(|number| number.split('.').next()).and_then(|hour| hour.parse().ok());
        all.extend(hour.filter(|hour| *hour <= 24).map(|hour| (hour % 12, 0)));
        all.extend(
            whole.zip(minutes).filter(|(hour, minutes): &(u64, u64)| *hour <= 24 && *minutes < 60).map(|(hour, min)| (hour % 12, min)),
        );
        let half = tokens.get(at + 2).is_some_and(|token| token.is_in(&["media", "meia"]));
        all.extend(hour.filter(|hour| half && *hour <= 24).map(|hour| (hour % 12, 30)));
    }
    all
}

/// The times of day that a text states, on a clock of twelve hours.
fn stated_hours(tokens: &[Token]) -> impl Iterator<Item = (u64, u64)> + '_ {
    (0..tokens.len()).filter_map(|at| {
        let hour: u64 = tokens.get(at)?.number()?.parse().ok().filter(|hour| *hour <= 24)?;
        let after = tokens.get(at + 1);
        if matches!(after, Some(Token::Sign(':'))) {
            let minutes: u64 = tokens.get(at + 2)?.number()?.parse().ok().filter(|minutes| *minutes < 60)?;
            return Some((hour % 12, minutes));
        }
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let minutes_of_a_time = matches!(before, Some(Token::Sign(':')));
        let dotted = after.is_some_and(|after| after.is_in(&["a", "p"])) && matches!(tokens.get(at + 2), Some(Token::Sign('.')));
        let marked = after.is_some_and(|after| after.is_in(&["am", "pm", "hs", "hrs"])) || dotted;
        let article = at.checked_sub(2).and_then(|at| tokens.get(at)).is_some_and(|token| token.is_in(&["a", "desde", "hasta"]));
        let spoken = article && before.is_some_and(|before| before.is_in(&["las", "la"]));
        (!minutes_of_a_time && (marked || spoken)).then_some((hour % 12, 0))
    })
}

/// A street with its number.
struct Street {
    names: Vec<String>,
    number: String,
}

impl Figures {
    fn knows_street(&self, street: &Street) -> bool {
        self.numbers.contains(&street.number) && street.names.iter().all(|name| self.words.contains(name))
    }
}

fn streets(tokens: &[Token]) -> impl Iterator<Item = Street> + '_ {
    (0..tokens.len()).filter_map(|at| {
        tokens.get(at).filter(|token| token.is_in(STREETS))?;
        let number_after = tokens.iter().skip(at + 1).take(6).position(|token| token.number().is_some());
        let number_before = tokens.get(at.saturating_sub(4)..at)?.iter().rposition(|token| token.number().is_some());
        let (from, to) = match (number_after, number_before) {
            (Some(places), _) => (at + 1, at + 1 + places),
            (None, Some(place)) => (at.saturating_sub(4) + place, at),
            (None, None) => return None,
        };
        let between = tokens.get(from..=to)?;
        let number = between.iter().find_map(Token::number)?.to_owned();
        let names = between.iter().filter_map(Token::word).filter(|word| word.len() >= 4).map(str::to_owned).collect();
        Some(Street { names, number })
    })
}

/// Returns the host of a word that is a link.
fn host(word: &str) -> Option<String> {
    let word = trimmed(word);
    if word.contains('@') && !word.contains("://") {
        return None;
    }
    let marked = word.contains("://") || word.starts_with("www.");
    let rest = word.split_once("://").map_or(word.as_str(), |(_, rest)| rest);
    let (host, path) = rest.split_once(['/', '?', '#']).map_or((rest, false), |(host, _)| (host, true));
    let host = host.rsplit('@').next().unwrap_or(host).split(':').next().unwrap_or(host);
    let host = host.strip_prefix("www.").unwrap_or(host).trim_end_matches('.');
    let (name, ending) = host.rsplit_once('.')?;
    let plausible = name.chars().filter(|letter| letter.is_alphabetic()).count() >= 2 && ending.chars().all(char::is_alphabetic);
    (marked || (plausible && (ENDINGS.contains(&ending) || (path && ending.len() >= 2)))).then(|| host.to_owned())
}

fn email(word: &str) -> Option<String> {
    let word = trimmed(word);
    let word = word.strip_prefix("mailto:").unwrap_or(&word);
    let (name, host) = word.split_once('@')?;
    (!name.is_empty() && host.contains('.') && !word.contains("://")).then(|| word.to_owned())
}

/// Drops what surrounds an address in prose.
fn trimmed(word: &str) -> String {
    let from = word.rfind("](").map_or(word, |at| word.get(at + 2..).unwrap_or(word));
    from.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '/').trim_end_matches('/').to_lowercase()
}
