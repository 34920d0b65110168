//! Who is given a conversation that waits for people, as part of the step in which it begins to wait.

use super::sim::{ANA, BEA, Sim, call};
use crate::domain::conversation::State;
use crate::domain::conversation::effect::{CommandOutcome, DeskWrite, Routed, TimelineKind};
use crate::domain::conversation::event::{Assignee, Happening};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::ids::{AgentId, TeamId};
use crate::domain::routing::{Choice, Colleague, Mode, OnReturn, Picture, Rule};
use crate::domain::time::Timestamp;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const SALES: TeamId = TeamId(Uuid::from_u128(0x5a1e5));

fn desk(sim: &Sim, here: &[AgentId]) -> Picture {
    let one = |who: &AgentId| Colleague { who: *who, choice: Choice::Online, seen: Some(sim.at), open: 0, limit: 1, turn: 0, given: true };
    Picture {
        version: 7,
        team: None,
        rule: Rule { mode: Mode::RoundRobin, ..Rule::default() },
        team_members: BTreeSet::new(),
        colleagues: here.iter().map(one).collect(),
        attended: true,
    }
}

fn with(mut sim: Sim, here: &[AgentId]) -> Sim {
    sim.policy.desk = Some(Arc::new(desk(&sim, here)));
    sim
}

fn no_assistant() -> Sim {
    Sim::with(Policy { assistant: false, ..Policy::default() })
}

fn written(sim: &Sim) -> DeskWrite {
    sim.last.as_ref().and_then(|step| step.writes.as_ref()).map_or_else(DeskWrite::default, |writes| writes.desk)
}

fn given(state: &State) -> (Standing, Option<AgentId>) {
    (state.standing, state.assignee)
}

fn to(person: AgentId) -> (Standing, Option<AgentId>) {
    (Standing::Open(Some(Human::Agent(person))), Some(person))
}

const WAITS: (Standing, Option<AgentId>) = (Standing::Open(None), None);

#[test]
fn conv_89_it_is_given_in_the_step_that_opens_it_and_never_while_the_assistant_holds_it() {
    let mut sim = with(Sim::new(), &[BEA]);
    sim.customer("hola").gathered();
    assert_eq!((given(&sim.now.state), written(&sim)), ((Standing::Pending, None), DeskWrite::default()));
    sim.calls(vec![call("hand_off", json!({}))]).tool_hands_off(None);
    assert_eq!(given(&sim.now.state), to(BEA));
    let routed = Some(Routed { seen: 7, to: Some(BEA) });
    assert_eq!(written(&sim), DeskWrite { routed, freed: None, taken: Some(BEA) });
    assert!(sim.outbox.iter().any(|(row, _)| row.content.text.contains("Hay alguien disponible")), "the text of the bundle leaves");
    assert_eq!(sim.handoffs(), 1);
}

#[test]
fn conv_89_only_on_the_change_to_open() {
    let mut sim = with(no_assistant(), &[]);
    sim.customer("hola");
    assert_eq!((given(&sim.now.state), written(&sim).routed), (WAITS, Some(Routed { seen: 7, to: None })));
    sim = with(sim, &[BEA]);
    sim.customer("¿hay alguien?");
    assert_eq!(given(&sim.now.state), WAITS, "it keeps its place in the line until somebody is asked to look");
    sim.arrive(Happening::PlaceFreed);
    assert_eq!((given(&sim.now.state), sim.reason()), (to(BEA), Some("place_freed")));
    sim.arrive(Happening::PlaceFreed);
    assert_eq!((given(&sim.now.state), sim.reason()), (to(BEA), Some("not_waiting")));
}

#[test]
fn without_the_picture_the_step_asks_for_it_and_gives_nothing() {
    let mut sim = no_assistant();
    sim.customer("hola");
    assert!(sim.last.as_ref().is_some_and(|step| step.wants_desk));
    sim.agent_replies("hola").customer("gracias");
    assert!(sim.last.as_ref().is_some_and(|step| !step.wants_desk), "most steps need no desk");
}

#[test]
fn conv_28_a_returning_conversation_goes_to_somebody_who_is_there() {
    for (on_return, expected) in [(OnReturn::Route, to(BEA)), (OnReturn::Keep, to(ANA))] {
        let mut sim = with(no_assistant(), &[ANA]);
        sim.customer("hola").resolve();
        assert_eq!(written(&sim).freed, Some(ANA), "resolving frees a place");
        let mut picture = desk(&sim, &[BEA]);
        picture.rule.on_return = on_return;
        sim.policy.desk = Some(Arc::new(picture));
        sim.customer("otra cosa");
        assert_eq!(given(&sim.now.state), expected);
    }
}

#[test]
fn a_claim_takes_what_nobody_has_and_names_whoever_has_it() {
    let mut sim = with(no_assistant(), &[]);
    sim.customer("hola").arrive(Happening::AgentClaimed { by: ANA });
    assert_eq!((given(&sim.now.state), written(&sim).taken), (to(ANA), Some(ANA)));
    sim.arrive(Happening::AgentClaimed { by: BEA });
    let held = CommandOutcome::Refused { code: "held".to_owned(), detail: ANA.to_string() };
    assert_eq!((given(&sim.now.state), sim.outcome()), (to(ANA), Some(held)));
    sim.arrive(Happening::AgentClaimed { by: ANA });
    assert_eq!(sim.outcome(), Some(CommandOutcome::Done { changed: false, seq: None }), "whoever has it may take it again");
    sim.resolve().arrive(Happening::AgentClaimed { by: ANA });
    assert!(matches!(sim.outcome(), Some(CommandOutcome::Refused { code, .. }) if code == "not_open"));
}

#[test]
fn conv_93_changing_the_team_drops_an_assignee_outside_it_and_keeps_one_inside() {
    for (members, expected) in [(vec![ANA], to(ANA)), (vec![BEA], WAITS)] {
        let mut sim = with(no_assistant(), &[]);
        sim.customer("hola").assign(Some(ANA));
        let picture = Picture { team: Some(SALES), team_members: members.into_iter().collect(), ..desk(&sim, &[]) };
        sim.policy.desk = Some(Arc::new(picture));
        sim.arrive(Happening::AgentSetTeam { by: ANA, team: Some(SALES), person: None });
        assert_eq!((given(&sim.now.state), sim.now.state.team), (expected, Some(SALES)));
        assert_eq!(sim.outcome(), Some(CommandOutcome::Done { changed: true, seq: None }));
    }
}

#[test]
fn a_move_says_from_where_so_that_who_saw_it_there_hears_of_it() {
    let mut sim = with(no_assistant(), &[]);
    sim.customer("hola").assign(Some(ANA));
    sim.policy.desk = Some(Arc::new(Picture { team: Some(SALES), team_members: [BEA].into(), ..desk(&sim, &[]) }));
    sim.arrive(Happening::AgentSetTeam { by: ANA, team: Some(SALES), person: None });
    sim.policy.desk = None;
    sim.arrive(Happening::AgentSetTeam { by: ANA, team: None, person: None });
    let moves: Vec<TimelineKind> = sim.timeline.iter().filter(|event| is_move(event)).cloned().collect();
    let expected = [
        TimelineKind::AssigneeChanged { assignee: Some(ANA), from: None, by: Some(BEA) },
        TimelineKind::TeamChanged { team: Some(SALES), from: None, by: Some(ANA) },
        TimelineKind::AssigneeChanged { assignee: None, from: Some(ANA), by: Some(ANA) },
        TimelineKind::TeamChanged { team: None, from: Some(SALES), by: Some(ANA) },
    ];
    assert_eq!(moves, expected);
}

fn is_move(event: &TimelineKind) -> bool {
    matches!(event, TimelineKind::AssigneeChanged { .. } | TimelineKind::TeamChanged { .. })
}

#[test]
fn a_person_outside_the_team_is_refused_and_nothing_changes() {
    let mut sim = with(no_assistant(), &[]);
    sim.customer("hola");
    sim.policy.desk = Some(Arc::new(Picture { team: Some(SALES), ..desk(&sim, &[]) }));
    let before = sim.now.state.clone();
    sim.arrive(Happening::AgentSetTeam { by: ANA, team: Some(SALES), person: Some(Assignee { id: Some(ANA) }) });
    assert!(matches!(sim.outcome(), Some(CommandOutcome::Refused { code, .. }) if code == "outside_team"));
    assert_eq!(State { clock: before.clock, ..sim.now.state.clone() }, before);
}

fn half_an_hour() -> Policy {
    Policy { handback_after: Some(Duration::from_mins(30)), ..Policy::default() }
}

#[test]
fn a_person_who_falls_silent_gives_the_conversation_back() {
    let mut sim = Sim::with(half_an_hour());
    sim.customer("hola").agent_replies("un momento").tick(Duration::from_mins(20)).agent_replies("ya casi").tick(Duration::from_mins(20));
    assert_eq!(sim.standing(), Standing::Open(Some(Human::Agent(ANA))), "each message of a person begins the wait anew");
    sim.tick(Duration::from_mins(11));
    assert_eq!((sim.standing(), sim.reason()), (Standing::Pending, Some("handed_back")), "nobody waits: no turn");
}

#[test]
fn a_customer_who_waits_for_a_silent_person_is_answered_by_the_assistant() {
    let mut sim = Sim::with(half_an_hour());
    sim.customer("hola").agent_replies("un momento").customer("¿y bien?").tick(Duration::from_mins(31));
    assert_eq!(sim.standing(), Standing::Pending);
    sim.reply("Aquí estoy");
    assert_eq!(sim.to_customer(), ["un momento", "Aquí estoy"]);
    assert!(sim.messages.last().is_some_and(|message| message.author == Author::Assistant));
}

#[test]
fn a_silence_ends_nothing_once_the_conversation_is_resolved_or_the_inbox_does_not_want_it() {
    let mut sim = Sim::with(half_an_hour());
    sim.customer("hola").agent_replies("listo").resolve().tick(Duration::from_hours(1));
    assert_eq!(sim.now.state.standing.status(), Status::Resolved);
    let mut sim = Sim::new();
    sim.customer("hola").agent_replies("listo").tick(Duration::from_hours(1));
    assert_eq!(sim.standing(), Standing::Open(Some(Human::Agent(ANA))));
    assert!(Timestamp::default() < sim.at);
}
