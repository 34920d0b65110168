//! Surveys: which ends ask, in which words and by which way, and that asking moves nothing.

use super::sim::{ANA, BEA, Fate, Sim, call, secs};
use crate::domain::content::{MessageKind, TemplateName};
use crate::domain::conversation::effect::{OutboxClass, TimelineKind};
use crate::domain::conversation::event::{Happening, TimerKind};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::{Standing, Status};
use crate::domain::disclosure::discloses;
use crate::domain::ids::LabelId;
use crate::domain::language::Language;
use crate::domain::survey::{Holder, OF_USE, Resolver, SurveyRules, Templates, length_addressed, mark};
use crate::domain::tool::ToolEffect;
use crate::domain::triage::TriageChange;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

fn rules() -> SurveyRules {
    SurveyRules { enabled: true, after: Resolver::ALL.into(), ..SurveyRules::default() }
}

fn asking(rules: SurveyRules) -> Policy {
    Policy { survey: Some(Arc::new(rules)), business: "Sol".to_owned(), disclosure: Some("Sol".to_owned()), ..Policy::default() }
}

/// The customer was answered by the assistant.
fn answered(policy: Policy) -> Sim {
    let mut sim = Sim::with(policy);
    sim.customer("hola, ¿a qué hora abren?").gathered().reply("Abrimos hasta las 18 h.");
    sim
}

fn wish(survey: Option<bool>) -> Happening {
    Happening::AgentSetStatus { by: ANA, status: Some(Status::Resolved), until: None, survey }
}

/// The texts by which the customer was asked: each keeps one place for the address.
fn questions(sim: &Sim) -> Vec<&str> {
    sim.to_customer().into_iter().filter(|text| Language::ALL.into_iter().any(|language| text.contains(mark(language)))).collect()
}

#[test]
fn conv_84_each_stretch_asks_once_when_it_is_resolved_and_at_no_other_time() {
    let mut sim = answered(asking(rules()));
    sim.status(Some(Status::Open), None).snooze(secs(60)).tick(secs(61)).status(Some(Status::Pending), None);
    assert_eq!(sim.surveys, [], "only a resolve asks");
    let recorded = (sim.now.state.first_reply_at, sim.now.state.stretch.human_at);
    sim.resolve();
    assert_eq!(
        (sim.surveys.len(), questions(&sim)),
        (1, vec!["¿Qué le pareció la atención de Sol? Califíquela aquí, es un momento: [enlace personal de la encuesta]"])
    );
    assert_eq!((sim.standing(), sim.now.state.waiting_since), (Standing::Resolved, None));
    assert_eq!((sim.now.state.first_reply_at, sim.now.state.stretch.human_at), recorded, "nobody has answered");
    assert!(sim.timeline.contains(&TimelineKind::SurveyAsked { cycle: 1, seq: sim.now.state.last_seq }));
    sim.resolve().resolve();
    assert_eq!(sim.surveys.len(), 1, "what is resolved is resolved");

    sim.tick(secs(600)).customer("otra cosa").gathered().reply("Dígame.").resolve();
    let cycles: Vec<i64> = sim.surveys.iter().map(|survey| survey.cycle).collect();
    assert_eq!((cycles, questions(&sim).len()), (vec![1, 2], 2), "the next stretch asks anew");

    let mut off = answered(Policy { survey: None, ..asking(rules()) });
    off.resolve();
    assert_eq!((off.surveys.len(), questions(&off).len()), (0, 0));
}

#[test]
fn conv_84_the_rule_of_labels_is_kept_as_the_labels_are_when_it_ends() {
    let vip = LabelId(Uuid::from_u128(7));
    let label = |sim: &mut Sim| {
        sim.arrive(Happening::AgentTriaged { by: ANA, changes: vec![TriageChange::AddLabels([vip].into())] });
    };
    for (rules, without, with) in
        [(SurveyRules { only_labels: [vip].into(), ..rules() }, 0, 1), (SurveyRules { never_labels: [vip].into(), ..rules() }, 1, 0)]
    {
        let (mut plain, mut labelled) = (answered(asking(rules.clone())), answered(asking(rules)));
        plain.resolve();
        label(&mut labelled);
        labelled.resolve();
        assert_eq!((plain.surveys.len(), labelled.surveys.len()), (without, with));
    }
}

#[test]
fn an_answer_counts_for_whoever_held_it_whoever_resolved_it() {
    let mut sim = answered(asking(rules()));
    sim.resolve();
    let ended = sim.surveys[0].ended;
    assert_eq!((ended.by, ended.agent, ended.held, ended.member), (Resolver::Person, Some(ANA), Holder::Assistant, None));

    let mut sim = answered(asking(rules()));
    sim.assign(Some(BEA)).agent_replies("Soy Ana").resolve();
    let ended = sim.surveys[0].ended;
    assert_eq!((ended.by, ended.held, ended.member), (Resolver::Person, Holder::People, Some(BEA)), "the assignee, not who answered");

    let mut sim = answered(asking(rules()));
    sim.customer("eso es todo, gracias").gathered().calls(vec![call("resolve", json!({}))]);
    sim.tool(ToolEffect::Resolve { text: Some("Con gusto, hasta luego.".into()), note: "listo".into() });
    let ended = sim.surveys[0].ended;
    assert_eq!((ended.by, ended.agent, ended.held, ended.member), (Resolver::Assistant, None, Holder::Assistant, None));
    let said = sim.to_customer();
    assert!(
        said[said.len() - 2].contains("hasta luego") && said[said.len() - 1].contains(mark(Language::Es)),
        "the question comes last: {said:?}"
    );
}

#[test]
fn silence_asks_only_where_that_is_wished() {
    for (after, count) in [(vec![Resolver::Silence], 1), (vec![Resolver::Assistant, Resolver::Person], 0)] {
        let rules = SurveyRules { after: after.into_iter().collect(), ..rules() };
        let mut idle = answered(asking(rules.clone()));
        idle.tick(Duration::from_hours(72));
        assert_eq!((idle.standing(), idle.surveys.len()), (Standing::Resolved, count));
        let mut sim = answered(Policy { auto_resolve_after: Some(Duration::from_hours(10)), ..asking(rules) });
        sim.agent_replies("dígame").tick(Duration::from_hours(11));
        assert_eq!((sim.standing(), sim.surveys.len()), (Standing::Resolved, count));
        assert!(sim.surveys.iter().all(|survey| survey.ended.by == Resolver::Silence && survey.ended.held == Holder::People));
    }
}

#[test]
fn whoever_resolves_may_ask_or_not() {
    let strict = SurveyRules { after: [Resolver::Assistant].into(), ..rules() };
    for (rules, survey, count) in [(rules(), Some(false), 0), (strict.clone(), Some(true), 1), (strict, None, 0), (rules(), None, 1)] {
        let mut sim = answered(asking(rules));
        sim.arrive(wish(survey));
        assert_eq!(sim.surveys.len(), count, "{survey:?}");
    }
    let among = [Status::Pending].into();
    let mut sim = answered(asking(rules()));
    sim.arrive(Happening::AgentSetStatusAmong { by: ANA, status: Status::Resolved, until: None, among, survey: Some(false) });
    assert_eq!((sim.standing(), sim.surveys.len()), (Standing::Resolved, 0));
}

#[test]
fn spam_blocked_customers_and_silent_ones_are_not_asked() {
    let mut sim = answered(asking(rules()));
    sim.status(Some(Status::Spam), None).resolve();
    assert_eq!((sim.standing(), sim.surveys.len()), (Standing::Resolved, 0), "spam");

    let mut sim = answered(asking(rules()));
    sim.policy.blocked = true;
    sim.arrive(Happening::ContactBlocked { by: BEA });
    assert_eq!((sim.standing(), sim.surveys.len()), (Standing::Resolved, 0), "blocked");

    let mut sim = Sim::with(asking(rules()));
    sim.agent_replies("Buenos días, le escribe Sol.").resolve();
    assert_eq!((sim.standing(), sim.surveys.len()), (Standing::Resolved, 0), "nobody but us has said anything");

    let mut sim = answered(asking(rules()));
    sim.resolve().status(Some(Status::Open), None).agent_replies("una cosa más").resolve();
    assert_eq!(sim.surveys.len(), 1, "opened again by mistake");
}

#[test]
fn who_is_back_in_the_same_step_is_not_asked() {
    let mut sim = answered(asking(rules()));
    let back = sim.words("back", "¿y los domingos?");
    sim.all(vec![wish(None), back]);
    assert_eq!((sim.standing(), sim.surveys.len()), (Standing::Pending, 0));
}

#[test]
fn the_question_leaves_behind_all_else_for_a_while_and_while_it_is_over() {
    let mut sim = answered(asking(rules()));
    sim.resolve();
    let (row, fate) = sim.outbox.last().cloned().unwrap();
    let proviso = row.proviso.unwrap();
    assert_eq!((row.class, fate, proviso.appointment), (OutboxClass::Bulk, Fate::Pending, None));
    assert_eq!((proviso.until, proviso.ended_cycle), (sim.at.after(OF_USE), Some(1)));
    let message = sim.messages.last().unwrap();
    assert_eq!((message.author, message.cycle), (Author::Assistant, 1));
}

#[test]
fn after_a_stretch_of_people_the_question_says_that_no_person_wrote_it() {
    let mut sim = Sim::with(Policy { assistant: false, ..asking(rules()) });
    sim.customer("hola").agent_replies("Buenos días").resolve();
    let said = questions(&sim)[0];
    assert!(discloses(said) && said.ends_with(mark(Language::Es)), "{said}");
}

#[test]
fn the_question_is_in_the_language_of_the_stretch_although_that_is_forgotten_with_it() {
    for (text, language, word) in [
        ("good morning, what are your opening hours please?", Language::En, "experience with Sol"),
        ("bom dia, vocês têm horário amanhã? obrigado", Language::Pt, "atendimento de Sol"),
    ] {
        let mut sim = Sim::with(asking(rules()));
        sim.customer(text).gathered().reply("18 h").resolve();
        assert_eq!(sim.surveys[0].ended.language, language);
        assert!(questions(&sim)[0].contains(word), "{:?}", questions(&sim));
    }
}

#[test]
fn conv_85_outside_the_window_a_template_asks_or_a_line_says_that_nobody_was_asked() {
    let window = Some(Duration::from_hours(24));
    let policy = |rules| Policy { window, idle_after: None, ..asking(rules) };
    let mut sim = answered(policy(rules()));
    let before = sim.outbox.len();
    sim.tick(secs(90_000)).resolve();
    assert_eq!((sim.surveys.len(), sim.outbox.len(), sim.standing()), (0, before, Standing::Resolved));
    let line = sim.messages.last().unwrap();
    assert!(line.author == Author::System && line.content.text.contains("No se envió la encuesta"), "{line:?}");

    let template = Some(TemplateName { name: "encuesta".into(), language: "es_MX".into() });
    let mut sim = answered(policy(SurveyRules { template: template.clone(), ..rules() }));
    sim.tick(secs(90_000)).resolve();
    let (row, _) = sim.outbox.last().cloned().unwrap();
    let sent = row.content.template.unwrap();
    assert_eq!((sim.surveys.len(), row.content.kind, sent.name.as_str()), (1, MessageKind::Template, "encuesta"));
    assert_eq!(sent.parameters, [mark(Language::Es)]);

    let mut sim = answered(policy(SurveyRules { template, ..rules() }));
    sim.resolve();
    assert_eq!(sim.outbox.last().unwrap().0.content.kind, MessageKind::Text, "inside the window in words");
}

fn encuesta() -> Option<TemplateName> {
    Some(TemplateName { name: "encuesta".into(), language: "es_MX".into() })
}

/// Answered a while ago on a channel that takes words for a day.
fn long_ago(rules: SurveyRules, ago: Duration) -> Sim {
    let mut sim = answered(Policy { window: Some(Duration::from_hours(24)), idle_after: None, ..asking(rules) });
    sim.tick(ago);
    sim
}

#[test]
fn conv_85_a_template_asks_where_the_window_could_close_while_the_question_waits() {
    for (ago, template, kind) in [
        (Duration::from_mins(23 * 60 - 6), encuesta(), MessageKind::Text),
        (Duration::from_mins(23 * 60 - 4), encuesta(), MessageKind::Template),
        (Duration::from_mins(24 * 60 - 10), None, MessageKind::Text),
    ] {
        let mut sim = long_ago(SurveyRules { template, ..rules() }, ago);
        sim.resolve();
        let (row, _) = sim.outbox.last().unwrap();
        assert_eq!((sim.surveys.len(), row.content.kind), (1, kind), "{ago:?}");
    }
    // The channel's margin is what counts, however wide it was set.
    let mut sim = long_ago(rules(), Duration::from_hours(23));
    sim.policy.window_margin = Duration::from_hours(2);
    sim.resolve();
    assert_eq!((sim.surveys.len(), sim.messages.last().unwrap().author), (0, Author::System));
}

#[test]
fn conv_85_a_line_says_it_too_where_the_window_closed_before_the_question_left() {
    for (code, survey, lines) in [("window_closed", true, 1), ("window_closed", false, 0), ("unreachable", true, 0)] {
        let mut sim = answered(asking(rules()));
        sim.resolve();
        let failed = Happening::DeliveryFailed { seq: Some(3), code: code.into(), uncertain: false, assistant: false, survey };
        sim.arrive(failed);
        let said =
            sim.messages.iter().filter(|line| line.author == Author::System && line.content.text.contains("No se envió la encuesta"));
        assert_eq!((said.count(), sim.standing()), (lines, Standing::Resolved), "{code}");
    }
}

#[test]
fn conv_85_a_channel_without_templates_is_sent_none() {
    let mut sim = long_ago(SurveyRules { template: encuesta(), ..rules() }, Duration::from_hours(25));
    sim.policy.templates = false;
    let before = sim.outbox.len();
    sim.resolve();
    assert_eq!((sim.surveys.len(), sim.outbox.len()), (0, before));
    assert!(sim.messages.last().unwrap().content.text.contains("No se envió la encuesta"));
}

#[test]
fn conv_84_who_wrote_in_the_stretch_is_asked_however_much_was_said_since() {
    let mut sim = answered(asking(rules()));
    for number in 0..40 {
        sim.agent_replies(&format!("nota {number} {}", "x".repeat(900)));
    }
    assert!(!sim.now.state.recent.iter().any(|message| message.author == Author::Contact), "the memory has forgotten the customer");
    sim.resolve();
    assert_eq!(sim.surveys.len(), 1);

    // A snapshot of a release that did not note it shows what it remembers.
    let mut sim = answered(asking(rules()));
    let mut older = serde_json::to_value(&sim.now.state).unwrap();
    assert!(older.as_object_mut().unwrap().remove("heard_in").is_some());
    sim.now.state = serde_json::from_value(older).unwrap();
    sim.resolve();
    assert_eq!(sim.surveys.len(), 1);
}

#[test]
fn a_question_is_one_message_with_its_whole_address_however_short_messages_are() {
    let long = "Cuéntenos: {link} ".to_owned() + &"gracias por su visita ".repeat(20);
    let words = crate::domain::survey::OwnWords { es: Some(long), ..Default::default() };
    for (max_text, begins) in [(4096, "Cuéntenos"), (200, "¿Qué le pareció"), (120, "[enlace personal"), (60, "No se envió")] {
        let mut policy = Policy { max_text, address_chars: 110, ..asking(SurveyRules { words: words.clone(), ..rules() }) };
        policy.disclosure = None;
        let mut sim = answered(policy);
        let before = sim.outbox.len();
        sim.resolve();
        let last = sim.messages.last().unwrap();
        assert!(last.content.text.starts_with(begins), "{max_text}: {}", last.content.text);
        let asked = usize::from(last.author == Author::Assistant);
        assert_eq!((sim.outbox.len() - before, sim.surveys.len()), (asked, asked), "one message, or none");
        assert!(asked == 0 || length_addressed(&last.content.text, 110) <= max_text);
    }
}

#[test]
fn conv_85_a_template_speaks_the_customers_language_or_the_thread_shows_the_one_it_speaks() {
    let pesquisa = Some(TemplateName { name: "pesquisa".into(), language: "pt_BR".into() });
    let own = Templates { pt: pesquisa, ..Templates::default() };
    for (templates, name, word) in [(own, "pesquisa", "atendimento de Sol"), (Templates::default(), "encuesta", "atención de Sol")] {
        let rules = SurveyRules { template: encuesta(), templates, ..rules() };
        let mut sim = Sim::with(Policy { window: Some(Duration::from_hours(24)), idle_after: None, ..asking(rules) });
        sim.customer("bom dia, vocês têm horário amanhã? obrigado").gathered().reply("18 h").tick(secs(90_000)).resolve();
        let (row, _) = sim.outbox.last().unwrap();
        assert_eq!(row.content.template.as_ref().map(|template| template.name.as_str()), Some(name));
        assert!(row.content.text.contains(word), "{}", row.content.text);
        assert_eq!(sim.surveys[0].ended.language, Language::Pt, "the page asks in the customer's language");
    }
}

#[test]
fn a_timer_of_silence_that_is_stale_asks_nobody() {
    let mut sim = answered(asking(rules()));
    let due_at = sim.at;
    sim.resolve().arrive(Happening::TimerFired { kind: TimerKind::IdleResolve, due_at });
    assert_eq!(sim.surveys.len(), 1);
}
