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
