//! What a business wants its assistant to know. The assistant never says anything about the business that is not here.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The facts of a tenant. Texts are by language code (`es`, `en`, `pt`); a missing language falls back to the tenant's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    /// Opening hours in words.
    pub hours: BTreeMap<String, String>,
    /// The address in words.
    pub address: BTreeMap<String, String>,
    /// The public telephone number.
    pub phone: Option<String>,
    /// The web site.
    pub website: Option<String>,
    /// Payment methods in words.
    pub payment: BTreeMap<String, String>,
    /// What is offered, with prices.
    pub prices: Vec<Price>,
    /// Questions and answers.
    pub faq: Vec<Faq>,
}

/// A service or product with its price in words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Price {
    /// Its name by language.
    pub name: BTreeMap<String, String>,
    /// Other words for it, in any language.
    pub aliases: Vec<String>,
    /// Its price as people say it, such as `$650 MXN`.
    pub price: String,
}

/// A question with its answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faq {
    /// Words and phrases that ask for it, in any language; matched without accents and case.
    pub keywords: Vec<String>,
    /// The question by language.
    pub question: BTreeMap<String, String>,
    /// The answer by language.
    pub answer: BTreeMap<String, String>,
}

impl Facts {
    /// Returns every text that the assistant may say, in any language.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let words = [&self.hours, &self.address, &self.payment].into_iter().flat_map(BTreeMap::values);
        let prices = self.prices.iter().flat_map(|price| price.name.values().chain([&price.price]));
        let answers = self.faq.iter().flat_map(|faq| faq.question.values().chain(faq.answer.values()));
        words.chain(&self.phone).chain(&self.website).chain(prices).chain(answers).map(String::as_str)
    }
}
