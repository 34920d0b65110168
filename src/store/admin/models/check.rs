//! A model provider as a tenant writes it: checked field by field. Pure. Never quotes a value, it may be a secret.

use crate::domain::model::ModelKind;
use crate::net::guard::{AllowList, is_private_way};
use crate::store::admin::models::{KeyChange, ProviderForm};
use crate::store::admin::{AdminError, check_name};
use crate::store::directory::models::Extras;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// What traces call others than a tenant's providers.
const OURS: [&str; 3] = ["platform", "offline", "tenant"];
/// Longest key, in bytes.
const MAX_KEY: usize = 4096;
/// Longest address, in bytes.
const MAX_URL: usize = 2000;
/// Most calls at once that a tenant may ask for.
const MAX_PARALLEL: u32 = 256;
/// The last place of a chain.
const MAX_POSITION: i64 = 1_000;
/// The highest price that is believed, in millionths for a million tokens.
const MAX_PRICE: u64 = 1_000_000_000_000;

/// A form that fits.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) kind: ModelKind,
    pub(super) base_url: String,
    pub(super) model: String,
    pub(super) extras: Extras,
}

/// Checks everything but the key's secrecy on the way, which needs to know whether there is one ([`check_way`]).
pub(super) fn check(form: &ProviderForm, outbound: &AllowList) -> Result<Checked, AdminError> {
    let name = check_name("name", &form.name)?;
    if OURS.contains(&name.as_str()) {
        return Err(AdminError::invalid("name", "is a word of ours in traces: choose another one"));
    }
    let given = form.base_url.as_deref().map(|url| url.trim().trim_end_matches('/')).filter(|url| !url.is_empty());
    let kind = match form.kind.as_deref() {
        Some(kind) => ModelKind::parse(kind).ok_or_else(|| {
            let known = ModelKind::ALL.map(ModelKind::as_str).join(", ");
            AdminError::invalid("kind", &format!("must be one of {known}"))
        })?,
        None => given.map(ModelKind::of_address).unwrap_or_default(),
    };
    let Some(base_url) = given.or_else(|| kind.home()) else {
        return Err(AdminError::invalid("base_url", "must be given for this kind of server"));
    };
    check_address(base_url, outbound)?;
    let model = form.model.trim();
    if model.is_empty() || model.len() > 200 || model.chars().any(char::is_control) {
        return Err(AdminError::invalid("model", "must be the name of a model, at most 200 characters"));
    }
    if form.position.is_some_and(|position| !(0..=MAX_POSITION).contains(&position)) {
        return Err(AdminError::invalid("position", "must be from 0 to 1000"));
    }
    if form.parallel.is_some_and(|parallel| !(1..=MAX_PARALLEL).contains(&parallel)) {
        return Err(AdminError::invalid("parallel", "must be from 1 to 256"));
    }
    if form.prices.is_some_and(|prices| prices.input.max(prices.output) > MAX_PRICE) {
        return Err(AdminError::invalid("prices", "must be millionths of the currency for a million tokens"));
    }
    if let KeyChange::Set(key) = &form.api_key {
        check_key(key)?;
    }
    let extras = Extras { prices: form.prices, parallel: form.parallel };
    Ok(Checked { name, kind, base_url: base_url.to_owned(), model: model.to_owned(), extras })
}

/// A key goes into a header: printable, without spaces.
fn check_key(key: &SecretString) -> Result<(), AdminError> {
    let key = key.expose_secret();
    if key.is_empty() || key.len() > MAX_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(AdminError::invalid("api_key", "must be 1 to 4096 printable characters without spaces"));
    }
    Ok(())
}

fn check_address(base_url: &str, outbound: &AllowList) -> Result<(), AdminError> {
    if base_url.len() > MAX_URL {
        return Err(AdminError::invalid("base_url", "is too long"));
    }
    match outbound.check_url(base_url) {
        Ok((url, _)) if url.query().is_some() || url.fragment().is_some() => {
            Err(AdminError::invalid("base_url", "must have no query and no fragment"))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(AdminError::invalid("base_url", &format!("cannot be called: {error}"))),
    }
}

/// A key travels over TLS, or stays inside a network that is not the public one: a literal address that the operator allows, or a name
/// without a dot.
pub(super) fn check_way(base_url: &str, has_key: bool) -> Result<(), AdminError> {
    let Ok(url) = Url::parse(base_url) else {
        return Err(AdminError::invalid("base_url", "is not an address"));
    };
    if has_key && !is_private_way(&url) {
        return Err(AdminError::invalid("base_url", "must begin with https:// where a key is sent"));
    }
    Ok(())
}
