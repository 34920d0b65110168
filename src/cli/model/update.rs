//! `recado model update`: changes what is named of a provider and leaves the rest as it is. A key is written, never shown.

use super::{Secret, find, from_input, print};
use crate::domain::ids::InboxId;
use crate::domain::model::Prices;
use crate::store::admin::Admin;
use crate::store::admin::models::{KeyChange, ProviderForm, ProviderView};
use std::io::Write;

/// The changes of a provider.
#[derive(Debug, clap::Args)]
pub struct Update {
    /// The tenant's slug.
    #[arg(long, value_name = "SLUG")]
    tenant: String,
    /// The provider's name or id.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What the tenant calls it from now on.
    #[arg(long, value_name = "NAME")]
    new_name: Option<String>,
    /// The kind of its server; with another address and no kind it is told by the address.
    #[arg(long)]
    kind: Option<String>,
    /// Another address up to /chat/completions. A stored key must then be given again, or be removed.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Another model.
    #[arg(long)]
    model: Option<String>,
    /// Another key; `-` reads it from standard input, which keeps it out of the list of processes.
    #[arg(long, value_name = "KEY", conflicts_with = "no_api_key")]
    api_key: Option<Secret>,
    /// Forget the key.
    #[arg(long)]
    no_api_key: bool,
    /// The inbox that it answers for alone.
    #[arg(long, value_name = "ID", conflicts_with = "all_inboxes")]
    inbox: Option<InboxId>,
    /// It answers for all inboxes again.
    #[arg(long)]
    all_inboxes: bool,
    /// Its place in the chain, lowest first.
    #[arg(long)]
    position: Option<i64>,
    /// What a million tokens in cost, in millionths of a currency.
    #[arg(long, value_name = "MICROS", requires = "price_output", conflicts_with = "no_price")]
    price_input: Option<u64>,
    /// What a million tokens out cost.
    #[arg(long, value_name = "MICROS", requires = "price_input")]
    price_output: Option<u64>,
    /// Forget the price.
    #[arg(long)]
    no_price: bool,
    /// Most calls at once.
    #[arg(long)]
    parallel: Option<u32>,
    /// Is it asked at all?
    #[arg(long, value_name = "true|false")]
    enabled: Option<bool>,
    /// Print the object as JSON.
    #[arg(long)]
    json: bool,
}

impl Update {
    /// Returns true if a key must be sealed.
    pub(super) const fn seals(&self) -> bool {
        self.api_key.is_some()
    }

    /// Writes the whole provider: what is named anew, the rest as it is.
    fn form(self, now: ProviderView) -> anyhow::Result<ProviderForm> {
        let moves = self.base_url.is_some();
        let prices = self.price_input.zip(self.price_output).map(|(input, output)| Prices { input, output });
        Ok(ProviderForm {
            name: self.new_name.unwrap_or(now.name),
            kind: self.kind.or((!moves).then_some(now.kind)),
            base_url: Some(self.base_url.unwrap_or(now.base_url)),
            model: self.model.unwrap_or(now.model),
            api_key: match self.api_key {
                Some(Secret(key)) => KeyChange::Set(from_input(key)?),
                None if self.no_api_key => KeyChange::Remove,
                None => KeyChange::Keep,
            },
            inbox_id: self.inbox.or(now.inbox_id.filter(|_| !self.all_inboxes)),
            position: self.position,
            prices: prices.or(now.prices.filter(|_| !self.no_price)),
            parallel: self.parallel.or(now.parallel),
            enabled: self.enabled.unwrap_or(now.enabled),
        })
    }
}

pub(super) async fn run(admin: &Admin, update: Update, out: &mut dyn Write) -> anyhow::Result<()> {
    let tenant = admin.require_tenant(&update.tenant).await?.id;
    let now = find(admin, tenant, &update.name).await?;
    let (id, json) = (now.id, update.json);
    let view = admin.replace_model_provider(tenant, id, update.form(now)?).await?;
    print(out, "updated ", &view, json)
}
