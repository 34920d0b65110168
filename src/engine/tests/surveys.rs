//! Surveys through the engine: asked once whatever dies, and answered on the page of that very stretch.

use super::acceptance::delivery::can;
use super::acceptance::wiping::columns_with;
use super::message;
use crate::crypto::links::PageLinks;
use crate::domain::content::Content;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::delivery::ItemBody;
use crate::domain::inbox::{CommonSettings, InboxState};
use crate::domain::language::Language;
use crate::domain::survey::{Answer, MOST_CHANGES, Rating, Resolver, SurveyRules, mark};
use crate::engine::Threads;
use crate::engine::placement::Single;
use crate::ports::channel::{Capabilities, Scope, SendError};
use crate::ports::clock::Clock;
use crate::ports::llm::ChatReply;
use crate::ports::mail::Links;
use crate::ports::store::{EngineStore, NewCommand};
use crate::store::people::contacts::Blocked;
use crate::store::surveys::Answered;
use crate::testing::channel::{Fault, RecordingChannel};
use crate::testing::gated_store::{CommitFault, Place};
use crate::testing::llm::Line;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::{Context, Result};
use entities::survey;
use sea_orm::{EntityTrait, QueryOrder};
use std::sync::Arc;
use std::time::Duration;

fn rules() -> SurveyRules {
    SurveyRules { enabled: true, after: Resolver::ALL.into(), ..SurveyRules::default() }
}

fn asks(rig: Rig, rules: SurveyRules) -> Rig {
    rig.directory.change(rig.inbox, |inbox| inbox.survey = Arc::new(rules));
    rig
}

async fn asking() -> Result<Rig> {
    Ok(asks(Rig::new().await?, rules()))
}

async fn surveys(rig: &Rig) -> Result<Vec<survey::Model>> {
    let all = survey::Entity::find().order_by_asc(survey::Column::AskedAt).order_by_asc(survey::Column::Id);
    Ok(all.all(rig.store.readers()).await?)
}

/// Returns the links that the customer of a room was sent.
fn links(rig: &Rig, room: &str) -> Vec<String> {
    let link = |text: String| text.split_once("https://desk.test/s/").map(|(_, token)| token.trim().to_owned());
    rig.received(room).into_iter().filter_map(link).collect()
}

async fn resolve(rig: &Rig, room: &str) -> Result<()> {
    rig.set_status(room, Status::Resolved, None).await?;
    rig.settle().await
}

/// A person resolves a conversation and does not wait for the outcome.
async fn resolve_unheard(rig: &Rig, room: &str) -> Result<()> {
    let key = rig.key(room)?;
    let happening = Happening::AgentSetStatus { by: rig.agent, status: Some(Status::Resolved), until: None, survey: None };
    let (external_id, fingerprint) = ("cmd:resolve".to_owned(), "fingerprint".to_owned());
    rig.store.add_command(NewCommand { key, inbox: rig.inbox, external_id, fingerprint, happening, at: rig.clock.now() }).await?;
    rig.hint(key);
    Ok(())
}

/// Ana's conversation is resolved, and the question stands before its claim.
async fn about_to_ask() -> Result<Rig> {
    let rig = asking().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    let key = rig.key("ana")?;
    rig.gates.hold(Place::Claims, key.id);
    rig.set_status("ana", Status::Resolved, None).await?;
    rig.until("the question waits to leave", || async { Ok(rig.gates.held(Place::Claims, key.id) == 1) }).await?;
    Ok(rig)
}

/// Lets the question go on to its claim, where it ends.
async fn is_called_back(rig: &Rig) -> Result<()> {
    rig.gates.let_go(Place::Claims, rig.key("ana")?.id);
    rig.settle().await?;
    let row = rig.outbox("ana").await?.pop().context("no row")?;
    assert_eq!((row.state.as_str(), row.code.as_deref()), ("cancelled", Some("superseded")));
    assert_eq!((links(rig, "ana").len(), states(rig).await?), (0, vec!["lost".to_owned()]));
    Ok(())
}

/// Tells how far the questions got.
async fn states(rig: &Rig) -> Result<Vec<String>> {
    Ok(surveys(rig).await?.into_iter().map(|row| row.state).collect())
}

/// Ana's conversation is resolved, and the channel wants the question again so much later.
async fn tried_in_vain(later: Duration) -> Result<Rig> {
    let rig = asking().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    rig.channel.then(Fault::Refuse(SendError::Retry { after: Some(later), scope: Scope::Recipient, code: "busy".into() }));
    rig.set_status("ana", Status::Resolved, None).await?;
    rig.until("it was tried", || async { Ok(rig.outbox("ana").await?.last().is_some_and(|row| row.state == "retry")) }).await?;
    Ok(rig)
}

#[actix::test]
async fn conv_84_each_stretch_is_asked_about_once_with_a_link_of_its_own() -> Result<()> {
    let rig = asking().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    resolve(&rig, "ana").await?;
    resolve(&rig, "ana").await?;
    assert_eq!((surveys(&rig).await?.len(), links(&rig, "ana").len()), (1, 1));
    rig.advance(Duration::from_secs(60));
    rig.customer("ana", "otra cosa").await?;
    rig.settle().await?;
    rig.agent_replies("ana", "soy Eva").await?;
    resolve(&rig, "ana").await?;
    let rows = surveys(&rig).await?;
    let told: Vec<_> = rows.iter().map(|row| (row.cycle, row.held_by.as_str(), row.member_id, row.resolved_by.as_str())).collect();
    assert_eq!(told, [(1, "assistant", None, "person"), (2, "people", Some(rig.agent.0), "person")]);
    let pages = PageLinks::new(&rig.ring, "https://desk.test");
    let key = rig.key("ana")?;
    let opened: Vec<_> = links(&rig, "ana").iter().map(|token| pages.read_survey(token)).collect();
    assert_eq!(opened, [Some((rig.tenant, key.id, 1)), Some((rig.tenant, key.id, 2))]);
    let asked: Vec<_> = rig.timeline("ana").await?.into_iter().filter(|(kind, _)| kind == "survey.asked").map(|(_, data)| data).collect();
    assert_eq!(asked.len(), 2);
    assert_eq!((asked[1]["cycle"].as_i64(), asked[1]["survey_id"].as_str()), (Some(2), Some(rows[1].id.to_string().as_str())));
    assert_eq!(states(&rig).await?, ["sent", "sent"]);
    assert_eq!(rig.standing("ana").await?, Standing::Resolved);
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn the_assistant_and_silence_ask_too_where_the_inbox_wants_it() -> Result<()> {
    let rig = asking().await?;
    let call = serde_json::json!({"id": "c1", "name": "resolve", "arguments": {"note": "listo", "text": "Hasta luego."}});
    rig.llm.then(Line::Says(ChatReply { calls: vec![serde_json::from_value(call)?], model: "scripted".into(), ..ChatReply::default() }));
    rig.customer("ana", "gracias, eso es todo").await?;
    rig.settle().await?;
    assert_eq!(rig.standing("ana").await?, Standing::Resolved);
    let received = rig.received("ana");
    assert!(received.len() == 2 && received[1].contains("https://desk.test/s/"), "{received:?}");

    let common = CommonSettings {
        gathering_ms: Some(0),
        idle_after_hours: Some(0),
        auto_resolve_after_hours: Some(5),
        disclosure: Some(false),
        ..CommonSettings::default()
    };
    let quiet = asks(Rig::with(RigOptions { common, ..RigOptions::default() }).await?, rules());
    quiet.customer("eva", "hola").await?;
    quiet.settle().await?;
    quiet.agent_replies("eva", "dígame").await?;
    quiet.settle().await?;
    quiet.pass(Duration::from_mins(310), Duration::from_mins(10)).await;
    quiet.settle().await?;
    assert_eq!(quiet.standing("eva").await?, Standing::Resolved);
    let by: Vec<_> = surveys(&quiet).await?.into_iter().chain(surveys(&rig).await?).map(|row| (row.resolved_by, row.held_by)).collect();
    assert_eq!(by, [("silence".to_owned(), "people".to_owned()), ("assistant".to_owned(), "assistant".to_owned())]);
    assert_eq!(links(&quiet, "eva").len(), 1);
    Ok(())
}

#[actix::test]
async fn whatever_dies_the_customer_is_asked_once() -> Result<()> {
    for place in [Place::Records, Place::Claims] {
        let mut rig = asks(Rig::build(RigOptions::default()).await?, rules());
        rig.start(&Single, Threads::Own).await?;
        rig.customer("ana", "hola").await?;
        rig.settle().await?;
        let key = rig.key("ana")?;
        rig.gates.hold(place, key.id);
        resolve_unheard(&rig, "ana").await?;
        rig.until("it is held", || async { Ok(rig.gates.held(place, key.id) == 1) }).await?;
        let old = rig.engines.len() - 1;
        rig.kill(old).await;
        rig.advance(Duration::from_secs(3));
        rig.start(&Single, Threads::Own).await?;
        rig.gates.let_go(place, key.id);
        rig.settle_within(Duration::from_secs(60), Duration::from_secs(1)).await?;
        assert_eq!((surveys(&rig).await?.len(), links(&rig, "ana").len()), (1, 1), "{place:?}");
        assert_eq!(rig.standing("ana").await?, Standing::Resolved);
        rig.snapshot_is_rebuilt("ana").await?;
        rig.kill(1).await;
    }
    Ok(())
}

#[actix::test]
async fn a_commit_of_which_nobody_heard_asks_once() -> Result<()> {
    for fault in [CommitFault::LoseAnswer, CommitFault::Stale, CommitFault::Busy] {
        let rig = asking().await?;
        rig.customer("ana", "hola").await?;
        rig.settle().await?;
        rig.gates.then(fault);
        resolve_unheard(&rig, "ana").await?;
        rig.settle_within(Duration::from_secs(30), Duration::from_secs(1)).await?;
        assert_eq!((surveys(&rig).await?.len(), links(&rig, "ana").len()), (1, 1));
    }
    Ok(())
}

#[actix::test]
async fn a_question_that_cannot_leave_is_not_sent_late() -> Result<()> {
    let rig = tried_in_vain(Duration::from_mins(70)).await?;
    assert_eq!(states(&rig).await?, ["queued"]);
    rig.pass(Duration::from_mins(75), Duration::from_mins(5)).await;
    rig.settle().await?;
    let row = rig.outbox("ana").await?.pop().context("no row")?;
    assert_eq!((row.state.as_str(), row.code.as_deref(), row.class.as_str()), ("cancelled", Some("too_late"), "bulk"));
    assert_eq!((links(&rig, "ana").len(), states(&rig).await?), (0, vec!["lost".to_owned()]));

    // Nothing leaves: nobody is asked at all.
    rig.customer("eva", "hola").await?;
    rig.settle().await?;
    rig.directory.change(rig.inbox, |inbox| inbox.state = InboxState::Paused);
    resolve(&rig, "eva").await?;
    assert_eq!(surveys(&rig).await?.len(), 1);
    Ok(())
}

#[actix::test]
async fn a_question_is_called_back_when_the_conversation_goes_on_before_it_left() -> Result<()> {
    let rig = about_to_ask().await?;
    rig.set_status("ana", Status::Spam, None).await?;
    is_called_back(&rig).await
}

#[actix::test]
async fn whoever_was_blocked_before_the_question_left_is_not_asked() -> Result<()> {
    let rig = about_to_ask().await?;
    let contact = rig.conversations().await?.pop().context("a conversation")?.contact_id;
    let blocked = rig.store.tenant(rig.tenant).block_contact(contact.into(), true, rig.agent, rig.clock.now()).await?;
    assert!(matches!(blocked, Blocked::Done(..)));
    is_called_back(&rig).await
}

#[actix::test]
async fn a_question_that_waits_to_be_tried_again_holds_up_no_answer() -> Result<()> {
    let rig = tried_in_vain(Duration::from_mins(50)).await?;
    let before = rig.received("ana").len();
    rig.advance(Duration::from_mins(1));
    rig.customer("ana", "¿a qué hora abren?").await?;
    rig.settle().await?;
    assert!(rig.received("ana").len() > before, "the answer waits for a question that will never leave");
    assert_eq!(links(&rig, "ana").len(), 0);
    let codes: Vec<_> = rig.outbox("ana").await?.into_iter().filter_map(|row| row.code).collect();
    assert_eq!(codes.last().map(String::as_str), Some("superseded"));
    Ok(())
}

#[actix::test]
async fn what_people_note_meanwhile_calls_no_question_back() -> Result<()> {
    let rig = about_to_ask().await?;
    let key = rig.key("ana")?;
    rig.gates.hold(Place::Records, key.id);
    let happening = Happening::AgentReplied { by: rig.agent, content: Content::text("era la de ayer"), private: true };
    let (external_id, fingerprint) = ("cmd:note".to_owned(), "fingerprint".to_owned());
    rig.store.add_command(NewCommand { key, inbox: rig.inbox, external_id, fingerprint, happening, at: rig.clock.now() }).await?;
    rig.hint(key);
    rig.until("the note waits to be recorded", || async { Ok(rig.gates.held(Place::Records, key.id) == 1) }).await?;
    rig.gates.let_go(Place::Claims, key.id);
    rig.until("the question has left", || async { Ok(states(&rig).await? == ["sent"]) }).await?;
    rig.gates.let_go(Place::Records, key.id);
    rig.settle().await?;
    assert_eq!(links(&rig, "ana").len(), 1);
    Ok(())
}

#[actix::test]
async fn the_address_of_the_page_stands_in_no_row_and_only_the_customer_has_it() -> Result<()> {
    let rig = about_to_ask().await?;
    assert_eq!(columns_with(&rig, "svy_").await?, Vec::<String>::new(), "nor while it waits");
    rig.gates.let_go(Place::Claims, rig.key("ana")?.id);
    rig.settle().await?;
    let token = links(&rig, "ana").pop().context("the customer has no link")?;
    assert_eq!(columns_with(&rig, &token).await?, Vec::<String>::new());
    assert_eq!(columns_with(&rig, "svy_").await?, Vec::<String>::new());
    assert!(columns_with(&rig, "enlace personal de la encuesta").await?.contains(&"message.content".to_owned()), "the test looks there");
    let line = rig.messages("ana").await?.pop().context("a message")?;
    assert!(line.text.ends_with(mark(Language::Es)), "{}", line.text);
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn a_question_that_comes_back_as_an_echo_without_its_name_is_no_take_over() -> Result<()> {
    let rig = asks(Rig::with(RigOptions { channel: RecordingChannel::with(can(false, false)), ..RigOptions::default() }).await?, rules());
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    rig.channel.then(Fault::Refuse(SendError::Unknown { code: "timeout".into() }));
    resolve(&rig, "ana").await?;
    assert_eq!(states(&rig).await?, ["uncertain"]);
    // It has left all the same, as the business's own telephone shows.
    let key = rig.key("ana")?;
    let address = PageLinks::new(&rig.ring, "https://desk.test").survey(rig.tenant, key.id, 1);
    let left = rig.messages("ana").await?.pop().context("a message")?.text.replace(mark(Language::Es), &address);
    rig.echo("ana", &left, "echo-1").await?;
    rig.settle().await?;
    assert_eq!(rig.standing("ana").await?, Standing::Resolved, "nobody of the business has written");
    Ok(())
}

#[actix::test]
async fn conv_85_a_window_that_closes_while_the_question_waits_leaves_a_line() -> Result<()> {
    let channel = RecordingChannel::with(Capabilities { window: Some(Duration::from_hours(24)), ..can(true, false) });
    let common = CommonSettings { gathering_ms: Some(0), idle_after_hours: Some(0), ..CommonSettings::default() };
    let rig = asks(Rig::with(RigOptions { channel, common, ..RigOptions::default() }).await?, rules());
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    rig.advance(Duration::from_mins(24 * 60 - 10));
    let key = rig.key("ana")?;
    rig.gates.hold(Place::Claims, key.id);
    rig.set_status("ana", Status::Resolved, None).await?;
    rig.until("the question waits to leave", || async { Ok(rig.gates.held(Place::Claims, key.id) == 1) }).await?;
    rig.advance(Duration::from_mins(6));
    rig.gates.let_go(Place::Claims, key.id);
    rig.settle().await?;
    assert_eq!((links(&rig, "ana").len(), states(&rig).await?), (0, vec!["lost".to_owned()]));
    let line = rig.messages("ana").await?.pop().context("no line")?;
    assert!(line.direction == "system" && line.text.contains("No se envió la encuesta"), "{}", line.text);
    assert_eq!(rig.standing("ana").await?, Standing::Resolved);
    Ok(())
}

#[actix::test]
async fn conv_85_outside_the_window_a_line_says_that_nobody_was_asked() -> Result<()> {
    let channel = RecordingChannel::with(Capabilities { window: Some(Duration::from_hours(24)), ..can(true, false) });
    let rig = asks(Rig::with(RigOptions { channel, ..RigOptions::default() }).await?, rules());
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    rig.advance(Duration::from_hours(25));
    resolve(&rig, "ana").await?;
    let line = rig.messages("ana").await?.pop().context("no line")?;
    assert_eq!(line.direction, "system");
    assert!(line.text.contains("No se envió la encuesta"), "{}", line.text);
    assert_eq!((surveys(&rig).await?.len(), links(&rig, "ana").len()), (0, 0));
    Ok(())
}

#[actix::test]
async fn a_room_of_several_people_is_not_asked() -> Result<()> {
    let rig = asking().await?;
    let mut item = rig.item("todos", message("hola"));
    item.peer.group = true;
    rig.deliver(item).await?;
    rig.settle().await?;
    rig.agent_replies("todos", "hola a todos").await?;
    resolve(&rig, "todos").await?;
    assert_eq!((rig.standing("todos").await?, surveys(&rig).await?.len()), (Standing::Resolved, 0));
    Ok(())
}

#[actix::test]
async fn asking_opens_nothing_and_an_answer_in_the_chat_is_a_message_as_any() -> Result<()> {
    let rig = asking().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    rig.command("ana", Happening::AgentReplied { by: rig.agent, content: Content::text("Soy Eva"), private: false }).await?;
    resolve(&rig, "ana").await?;
    let state = rig.state("ana").await?;
    assert_eq!((state.standing, state.waiting_since), (Standing::Resolved, None));
    let own = rig.received("ana").pop().context("no question")?;
    // The channel shows us what we sent ourselves: no person wrote it.
    let sent = rig.messages("ana").await?.pop().and_then(|line| line.external_id).context("not sent")?;
    rig.echo("ana", &own, &sent).await?;
    rig.settle().await?;
    assert_eq!((rig.standing("ana").await?, surveys(&rig).await?.len()), (Standing::Resolved, 1));
    rig.deliver(rig.item("ana", ItemBody::Message { content: Content::text("5") })).await?;
    rig.settle().await?;
    assert_eq!(rig.standing("ana").await?, Standing::Pending);
    assert_eq!(surveys(&rig).await?[0].rating, None);
    assert_ne!(rig.standing("ana").await?, Standing::Open(Some(Human::Agent(rig.agent))));
    Ok(())
}

#[actix::test]
async fn conv_86_an_answer_is_kept_once_changed_for_a_while_and_told_in_the_same_breath() -> Result<()> {
    let rig = asking().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    resolve(&rig, "ana").await?;
    let (scope, talk) = (rig.store.tenant(rig.tenant), rig.key("ana")?.id);
    let answer = |number: i16, comment: &str| -> Result<Answer> {
        let rating = Rating::new(number).context("a rating")?;
        Ok(Answer { rating, comment: (!comment.is_empty()).then(|| comment.to_owned()) })
    };
    let first = scope.answer_survey(talk, 1, answer(2, "lento")?, rig.clock.now()).await?;
    assert!(matches!(&first, Answered::Kept { published, .. } if published.len() == 1), "{first:?}");
    let again = scope.answer_survey(talk, 1, answer(2, "lento")?, rig.clock.now()).await?;
    assert!(matches!(&again, Answered::Kept { published, .. } if published.is_empty()), "the same says nothing new: {again:?}");
    rig.advance(Duration::from_hours(24 * 14 - 1));
    let changed = scope.answer_survey(talk, 1, answer(5, "")?, rig.clock.now()).await?;
    assert!(matches!(&changed, Answered::Kept { published, .. } if published.len() == 1), "{changed:?}");
    rig.advance(Duration::from_hours(1));
    let late = scope.answer_survey(talk, 1, answer(1, "")?, rig.clock.now()).await?;
    assert!(matches!(late, Answered::Closed(_)), "{late:?}");
    assert_eq!(scope.answer_survey(talk, 2, answer(1, "")?, rig.clock.now()).await?, Answered::Absent);
    let row = surveys(&rig).await?.pop().context("no row")?;
    assert_eq!((row.rating, row.comment, row.answered_at == row.changed_at), (Some(5), None, false));
    let told: Vec<_> = rig.timeline("ana").await?.into_iter().filter(|(kind, _)| kind == "survey.answered").map(|(_, data)| data).collect();
    let data = |first: bool| serde_json::json!({"survey_id": row.id, "cycle": 1, "first": first});
    assert_eq!(told, [data(true), data(false)], "nothing of what the customer said outlives the conversation");
    Ok(())
}

#[actix::test]
async fn conv_86_an_answer_that_is_changed_again_and_again_stays_at_last_and_tells_no_more() -> Result<()> {
    let rig = asking().await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    resolve(&rig, "ana").await?;
    let (scope, talk) = (rig.store.tenant(rig.tenant), rig.key("ana")?.id);
    for change in 0..=MOST_CHANGES {
        let rating = Rating::new(if change % 2 == 0 { 4 } else { 5 }).context("a rating")?;
        let kept = scope.answer_survey(talk, 1, Answer { rating, comment: None }, rig.clock.now()).await?;
        assert!(matches!(&kept, Answered::Kept { survey, .. } if survey.changes == change), "{kept:?}");
    }
    let rating = Rating::new(1).context("a rating")?;
    let refused = scope.answer_survey(talk, 1, Answer { rating, comment: None }, rig.clock.now()).await?;
    assert!(matches!(refused, Answered::Closed(_)), "{refused:?}");
    let told = rig.timeline("ana").await?.into_iter().filter(|(kind, _)| kind == "survey.answered").count();
    assert_eq!((told, surveys(&rig).await?[0].rating), (1 + usize::try_from(MOST_CHANGES)?, Some(4)));
    Ok(())
}
