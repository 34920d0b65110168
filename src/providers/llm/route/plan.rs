//! The chain of a request: who is asked, in which order, with which share of the time. Pure.

use crate::domain::ids::InboxId;
use crate::domain::ids::{ModelProviderId, TenantId};
use crate::domain::model::{Budget, Prices, Spent, Used};
use crate::ports::llm::{ChatMessage, ChatRequest};
use crate::ports::models::{ModelServer, OwnProvider, TenantModels};
use std::sync::Arc;
use std::time::Duration;

/// Tokens that an answer may take: a few sentences, or a call, with some thought.
const ANSWER: u32 = 600;
/// The longest time kept back for what comes after the last model.
const RESERVE: Duration = Duration::from_millis(500);

/// The operator's own model, offered to tenants.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The server, with the operator's key.
    pub server: ModelServer,
    /// What each tenant may spend a day before it is no longer asked for it.
    pub budget: Budget,
}

/// Whose key is used, and so whose trouble a failure is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Owner {
    /// A tenant's provider as it was set up at this revision.
    Tenant(TenantId, ModelProviderId, i64),
    /// The operator.
    Platform,
}

/// One link of a chain.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// Whose.
    pub owner: Owner,
    /// Its name in traces.
    pub name: String,
    /// Whom to ask.
    pub server: ModelServer,
}

/// Who may be asked, and why others are not.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// In order.
    pub links: Vec<Link>,
    /// Left out because of a budget: name, model, what is used up.
    pub spent: Vec<(String, String, &'static str)>,
}

impl Chain {
    /// Leaves nobody to ask: what is left of the day is kept for answers to customers.
    pub(super) fn keep_for_answers(&mut self) {
        let kept = self.links.drain(..).map(|link| (link.name, link.server.model, "the rest of the day is kept for answers"));
        self.spent.extend(kept);
    }
}

/// The name of the operator's model in traces.
pub const PLATFORM: &str = "platform";

/// Plans the chain: the inbox's own providers, the tenant's in order, then the platform's, if the tenant brings none or has agreed. The
/// offline assistant is no link: it stands behind all of them.
pub(super) fn chain(models: Option<&TenantModels>, platform: Option<&Arc<Platform>>, inbox: InboxId, used: Used) -> Chain {
    let mut links: Vec<Link> = models.map(|models| own_links(models, inbox)).unwrap_or_default();
    let platform = platform.filter(|_| models.is_none_or(|models| !models.has_own || models.allow_platform_fallback));
    let mut chain = Chain::default();
    if let Some(used_up) = models.and_then(|models| models.budget.refuses(used)) {
        links.extend(platform.map(|platform| platform_link(platform)));
        chain.spent = links.into_iter().map(|link| (link.name, link.server.model, used_up)).collect();
        return chain;
    }
    chain.links = links;
    if let Some(platform) = platform {
        match platform.budget.refuses(used) {
            Some(used_up) => chain.spent.push((PLATFORM.to_owned(), platform.server.model.clone(), used_up)),
            None => chain.links.push(platform_link(platform)),
        }
    }
    chain
}

fn own_links(models: &TenantModels, inbox: InboxId) -> Vec<Link> {
    let link = |provider: &Arc<OwnProvider>| Link {
        owner: Owner::Tenant(models.tenant, provider.id, provider.revision),
        name: provider.name.clone(),
        server: provider.server.clone(),
    };
    let special = models.providers.iter().filter(|provider| provider.inbox == Some(inbox));
    let general = models.providers.iter().filter(|provider| provider.inbox.is_none());
    special.chain(general).map(link).collect()
}

fn platform_link(platform: &Platform) -> Link {
    Link { owner: Owner::Platform, name: PLATFORM.to_owned(), server: platform.server.clone() }
}

/// Estimates what a request will use, at the price of the dearest of those who may be asked.
pub(super) fn estimate(request: &ChatRequest, models: &TenantModels, platform: Option<&Platform>) -> Spent {
    let said: usize = request.messages.iter().map(letters).sum();
    let tools = request.tools.iter().map(|tool| tool.description.len() + tool.parameters.to_string().len());
    let shape = request.format.iter().map(|format| format.schema.to_string().len());
    // Three and a half letters a token; what is one letter to us may be several to a model.
    let input = (said + tools.chain(shape).sum::<usize>()) * 2 / 7;
    let tokens = (u32::try_from(input).unwrap_or(u32::MAX), ANSWER);
    let servers = models.providers.iter().map(|provider| &provider.server).chain(platform.map(|platform| &platform.server));
    let costs = servers.filter_map(|server| server.prices).map(|prices: Prices| prices.cost_micros(tokens));
    Spent { tokens: u64::from(tokens.0) + u64::from(tokens.1), cost_micros: costs.max().unwrap_or(0) }
}

fn letters(message: &ChatMessage) -> usize {
    match message {
        ChatMessage::System { text } | ChatMessage::User { text, .. } => text.len(),
        ChatMessage::Assistant { text, calls, .. } => text.len() + calls.iter().map(|call| call.arguments.to_string().len()).sum::<usize>(),
        ChatMessage::Tool { result, .. } => result.to_string().len(),
    }
}

/// Returns how long the first of `links` models may take, so that the others and the offline assistant still have time. Earlier ones
/// get more: the last gets all, of two the first gets two thirds, of three half.
pub(super) fn share(left: Duration, links: usize, most: Duration) -> Duration {
    let usable = left.saturating_sub(RESERVE.min(left / 10));
    let parts = u32::try_from(links).unwrap_or(u32::MAX).saturating_add(1);
    (usable.saturating_mul(2) / parts).min(usable).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::{Manner, ModelKind};
    use secrecy::SecretString;
    use uuid::Uuid;

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));
    const INBOX: InboxId = InboxId(Uuid::from_u128(2));

    fn server(key: &str) -> ModelServer {
        let key = Some(SecretString::from(key));
        ModelServer {
            kind: ModelKind::Openai,
            base_url: "https://h/v1".into(),
            model: "m".into(),
            key,
            prices: None,
            parallel: 4,
            manner: Manner::default(),
        }
    }

    fn own(number: u128, name: &str, inbox: Option<InboxId>) -> Arc<OwnProvider> {
        Arc::new(OwnProvider { id: ModelProviderId(Uuid::from_u128(number)), revision: 1, name: name.into(), inbox, server: server("own") })
    }

    fn models(providers: Vec<Arc<OwnProvider>>) -> TenantModels {
        let has_own = !providers.is_empty();
        let (budget, timezone) = (Budget::default(), "UTC".to_owned());
        TenantModels { tenant: TENANT, timezone, providers, has_own, allow_platform_fallback: false, budget, parallel: None }
    }

    fn platform(budget: Budget) -> Arc<Platform> {
        Arc::new(Platform { server: server("platform"), budget })
    }

    fn names(chain: &Chain) -> Vec<&str> {
        chain.links.iter().map(|link| link.name.as_str()).collect()
    }

    #[test]
    fn the_inboxs_own_comes_first_then_the_tenants_in_order() {
        let models = models(vec![own(1, "a", None), own(2, "only-here", Some(INBOX)), own(3, "b", None)]);
        assert_eq!(names(&chain(Some(&models), None, INBOX, Used::default())), ["only-here", "a", "b"]);
        assert_eq!(names(&chain(Some(&models), None, InboxId(Uuid::nil()), Used::default())), ["a", "b"]);
    }

    #[test]
    fn the_platforms_key_is_for_those_who_bring_none_or_agreed() {
        let platform = platform(Budget::default());
        let nothing = models(Vec::new());
        assert_eq!(names(&chain(Some(&nothing), Some(&platform), INBOX, Used::default())), ["platform"]);
        assert_eq!(names(&chain(None, Some(&platform), INBOX, Used::default())), ["platform"]);
        let mut own = models(vec![own(1, "a", None)]);
        assert_eq!(names(&chain(Some(&own), Some(&platform), INBOX, Used::default())), ["a"]);
        own.allow_platform_fallback = true;
        assert_eq!(names(&chain(Some(&own), Some(&platform), INBOX, Used::default())), ["a", "platform"]);
        let switched_off = TenantModels { has_own: true, ..nothing };
        assert_eq!(names(&chain(Some(&switched_off), Some(&platform), INBOX, Used::default())), Vec::<&str>::new());
    }

    #[test]
    fn a_spent_budget_leaves_nobody_to_ask_and_says_so() {
        let mut models = models(vec![own(1, "a", None)]);
        models.allow_platform_fallback = true;
        models.budget.tokens = Some(10);
        let planned = chain(Some(&models), Some(&platform(Budget::default())), INBOX, Spent { tokens: 10, cost_micros: 0 }.into());
        assert!(planned.links.is_empty());
        let spent: Vec<(&str, &str)> = planned.spent.iter().map(|(name, _, what)| (name.as_str(), *what)).collect();
        assert_eq!(spent, [("a", "tokens of the day"), ("platform", "tokens of the day")]);
    }

    #[test]
    fn the_operators_budget_binds_the_operators_key_only() {
        let mut models = models(vec![own(1, "a", None)]);
        models.allow_platform_fallback = true;
        let bounded = platform(Budget { tokens: None, cost_micros: Some(5) });
        let planned = chain(Some(&models), Some(&bounded), INBOX, Spent { tokens: 0, cost_micros: 5 }.into());
        assert_eq!((names(&planned), planned.spent.len()), (vec!["a"], 1));
    }

    #[test]
    fn an_estimate_grows_with_what_is_sent_and_has_the_dearest_price() {
        let request = |text: &str| {
            let said = ChatMessage::User { text: text.into(), at: crate::domain::time::Timestamp::from_secs(0) };
            ChatRequest::for_tests(vec![said], Duration::from_secs(1))
        };
        let mut dear = platform(Budget::default());
        Arc::get_mut(&mut dear).unwrap().server.prices = Some(Prices { input: 0, output: 1_000_000 });
        let (short, long) = (request("hola"), request(&"hola ".repeat(1_400)));
        let models = models(Vec::new());
        let tokens = |request| estimate(request, &models, None).tokens;
        assert_eq!((tokens(&short), tokens(&long)), (601, 2_600));
        assert_eq!(estimate(&short, &models, Some(&dear)).cost_micros, 600);
    }

    #[test]
    fn every_link_leaves_time_for_the_next_and_the_last_for_the_offline_assistant() {
        let most = Duration::from_secs(60);
        let seconds = |left, links| share(Duration::from_secs(left), links, most).as_millis();
        assert_eq!((seconds(45, 1), seconds(45, 2), seconds(45, 3)), (44_500, 29_666, 22_250));
        assert_eq!(seconds(2, 1), 1_800, "a tenth of a short time is kept");
        assert_eq!(share(Duration::from_secs(45), 1, Duration::from_secs(20)), Duration::from_secs(20));
        assert_eq!(share(Duration::ZERO, 3, most), Duration::ZERO);
        for links in 1..20 {
            let mut left = Duration::from_secs(10);
            for after in (1..=links).rev() {
                let share = share(left, after, most);
                assert!(share > Duration::ZERO && share < left, "{links} {after}");
                left = left.saturating_sub(share);
            }
        }
    }
}
