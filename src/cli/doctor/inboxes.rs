//! What every inbox needs before its channel can work: seen from here, without asking the channel.

use crate::cli::doctor::report::Report;
use crate::config::Config;
use crate::domain::inbox::{ChannelKind, InboxState};
use crate::ports::directory::{Directory, InboxEntry};
use crate::ports::store::StoreError;
use crate::store::admin::Admin;
use crate::store::directory::StoreDirectory;
use std::sync::Arc;

/// Most inboxes that are looked at one by one.
const MOST: usize = 1_000;

/// Checks all inboxes and returns those that may speak.
pub(super) async fn check(config: &Config, admin: &Admin, report: &mut Report) -> Vec<Arc<InboxEntry>> {
    match look(config, admin, report).await {
        Ok(entries) => entries,
        Err(error) => {
            report.fail("inboxes", error.to_string(), "see the cause");
            Vec::new()
        }
    }
}

async fn look(config: &Config, admin: &Admin, report: &mut Report) -> Result<Vec<Arc<InboxEntry>>, StoreError> {
    let directory: StoreDirectory = admin.directory().await?;
    let (mut entries, mut whole, mut seen) = (Vec::new(), 0, 0);
    for tenant in admin.list_tenants().await? {
        for view in admin.list_inboxes(tenant.id).await? {
            seen += 1;
            if seen > MOST {
                report.warn("inboxes", format!("only the first {MOST} were looked at"), "look at the others with `recado inbox list`");
                return Ok(entries);
            }
            let name = format!("{}/{}", tenant.slug, view.name);
            if view.state != "active" {
                let why = view.state_reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                let advice = format!("put it right with `recado inbox update`, then `recado inbox resume --inbox {}`", view.id);
                report.warn("inbox", format!("{name} is {}{why}", view.state), advice);
            }
            let Some(entry) = directory.inbox(view.id).await? else {
                report.fail("inbox", format!("{name} cannot be opened"), "its settings or secrets do not open; see `data keys`");
                continue;
            };
            let missing = missing(config, &entry);
            if missing.is_empty() {
                whole += 1;
            } else {
                let advice = format!("give it with `recado inbox update --tenant {} --inbox {} --config -`", tenant.slug, view.id);
                report.fail("inbox", format!("{name} lacks {}", missing.join(", ")), advice);
            }
            if entry.inbox.state == InboxState::Active {
                entries.push(entry);
            }
        }
    }
    if seen == 0 {
        report.warn("inboxes", "there is none", "make one with `recado inbox create`");
    } else {
        report.ok("inboxes", format!("{whole} of {seen} have what they need"));
    }
    Ok(entries)
}

/// Returns what an inbox lacks, as the commands call it.
fn missing(config: &Config, entry: &InboxEntry) -> Vec<&'static str> {
    let has = |key: &str| entry.account.secrets.contains_key(key);
    let set = |key: &str| entry.account.settings.get(key).and_then(serde_json::Value::as_str).is_some_and(|text| !text.is_empty());
    let needs: Vec<(&'static str, bool)> = match entry.inbox.channel {
        ChannelKind::Whatsapp => vec![
            ("phone_number_id", set("phone_number_id")),
            ("access_token", has("access_token")),
            ("app_secret (its own, or RECADO_META_APP_SECRET)", has("app_secret") || config.meta.app_secret.is_some()),
            ("verify_token (its own, or RECADO_META_VERIFY_TOKEN)", has("verify_token") || config.meta.verify_token.is_some()),
        ],
        ChannelKind::Generic => vec![("url", set("url")), ("secret", has("secret"))],
    };
    needs.into_iter().filter(|(_, there)| !there).map(|(name, _)| name).collect()
}
