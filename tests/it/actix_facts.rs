//! What the engine relies on in actix, each fact as a test: a new version that behaves otherwise must be noticed here, not in the field.
//!
//! No product code is involved.

use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, AtomicResponse, Context, Handler, MailboxError, Message, Supervised,
    Supervisor, WrapFuture,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// What happened, in order.
type Journal = Arc<Mutex<Vec<&'static str>>>;

struct Subject {
    journal: Journal,
    gate: Arc<Notify>,
    /// State that a restart must not keep.
    handled: u32,
}

impl Subject {
    fn new() -> (Self, Journal, Arc<Notify>) {
        let (journal, gate) = (Journal::default(), Arc::new(Notify::new()));
        (Self { journal: Arc::clone(&journal), gate: Arc::clone(&gate), handled: 0 }, journal, gate)
    }

    fn note(&self, what: &'static str) {
        self.journal.lock().unwrap().push(what);
    }
}

impl Actor for Subject {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Context<Self>) {
        self.note("stopped");
    }
}

impl Supervised for Subject {
    fn restarting(&mut self, _: &mut Context<Self>) {
        self.note("restarting");
    }
}

/// Answers how many of these it has handled.
#[derive(Message)]
#[rtype(result = "u32")]
struct Work;

impl Handler<Work> for Subject {
    type Result = u32;

    fn handle(&mut self, _: Work, _: &mut Context<Self>) -> u32 {
        self.note("work");
        self.handled += 1;
        self.handled
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Panic;

impl Handler<Panic> for Subject {
    type Result = ();

    fn handle(&mut self, _: Panic, _: &mut Context<Self>) {
        panic!("the test asked for it");
    }
}

/// Panics inside a guard that stops the actor instead.
#[derive(Message)]
#[rtype(result = "()")]
struct GuardedPanic;

impl Handler<GuardedPanic> for Subject {
    type Result = ();

    fn handle(&mut self, _: GuardedPanic, ctx: &mut Context<Self>) {
        if catch_unwind(AssertUnwindSafe(|| panic!("the test asked for it"))).is_err() {
            ctx.stop();
        }
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Stop;

impl Handler<Stop> for Subject {
    type Result = ();

    fn handle(&mut self, _: Stop, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

/// Holds the actor until the gate opens: by an atomic response.
#[derive(Message)]
#[rtype(result = "()")]
struct HoldAtomically;

impl Handler<HoldAtomically> for Subject {
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, _: HoldAtomically, _: &mut Context<Self>) -> Self::Result {
        self.note("hold");
        let gate = Arc::clone(&self.gate);
        let open = async move { gate.notified().await };
        AtomicResponse::new(Box::pin(open.into_actor(self).map(|(), actor, _| actor.note("open"))))
    }
}

/// Holds the actor until the gate opens: by `ctx.wait`.
#[derive(Message)]
#[rtype(result = "()")]
struct HoldByWait;

impl Handler<HoldByWait> for Subject {
    type Result = ();

    fn handle(&mut self, _: HoldByWait, ctx: &mut Context<Self>) {
        self.note("hold");
        let gate = Arc::clone(&self.gate);
        let open = async move { gate.notified().await };
        ctx.wait(open.into_actor(self).map(|(), actor, _| actor.note("open")));
    }
}

/// Spawns a future that is ready at once and notes it.
#[derive(Message)]
#[rtype(result = "()")]
struct SpawnSoon;

impl Handler<SpawnSoon> for Subject {
    type Result = ();

    fn handle(&mut self, _: SpawnSoon, ctx: &mut Context<Self>) {
        let ready = async { tokio::task::yield_now().await };
        ctx.spawn(ready.into_actor(self).map(|(), actor, _| actor.note("spawned")));
    }
}

/// Lets everything that can run on this thread run.
async fn breathe() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

fn seen(journal: &Journal) -> Vec<&'static str> {
    journal.lock().unwrap().clone()
}

/// Queues a message without waiting for its answer, and keeps the answer's future alive.
fn queue(addr: &Addr<Subject>) -> tokio::task::JoinHandle<Result<u32, MailboxError>> {
    actix::spawn(addr.send(Work))
}

#[actix::test]
async fn a_supervisor_does_not_survive_a_panic_and_the_queue_is_lost() {
    let (subject, journal, _) = Subject::new();
    let addr = Supervisor::start(|_| subject);
    let panicked = actix::spawn(addr.send(Panic));
    let queued = queue(&addr);
    assert!(panicked.await.unwrap().is_err());
    assert!(queued.await.unwrap().is_err(), "what was queued behind the panic is lost");
    breathe().await;
    assert!(!addr.connected(), "the address is dead for good");
    assert_eq!(seen(&journal), ["stopped"], "nobody restarted it; `stopped` ran while the panic unwound, where a second one aborts");
}

#[actix::test]
async fn a_guard_that_stops_makes_the_supervisor_restart_with_the_mailbox_and_the_same_value() {
    let (subject, journal, _) = Subject::new();
    let addr = Supervisor::start(|_| subject);
    assert_eq!(addr.send(Work).await, Ok(1));
    let panicked = actix::spawn(addr.send(GuardedPanic));
    let queued = queue(&addr);
    assert!(panicked.await.unwrap().is_ok());
    assert_eq!(queued.await.unwrap(), Ok(2), "the queue is kept; so is the value: restarting() must throw it away itself");
    assert!(addr.connected());
    assert_eq!(seen(&journal), ["work", "stopped", "restarting", "work"]);
}

#[actix::test]
async fn stopping_without_a_supervisor_loses_what_is_queued() {
    let (subject, journal, _) = Subject::new();
    let addr = subject.start();
    let stopped = actix::spawn(addr.send(Stop));
    let queued = queue(&addr);
    assert!(stopped.await.unwrap().is_ok());
    assert!(queued.await.unwrap().is_err());
    assert_eq!(seen(&journal), ["stopped"]);
}

#[actix::test]
async fn a_send_that_nobody_waits_for_any_more_is_skipped() {
    let (subject, journal, gate) = Subject::new();
    let addr = subject.start();
    addr.try_send(HoldByWait).unwrap();
    breathe().await;
    let abandoned = queue(&addr);
    breathe().await;
    abandoned.abort();
    addr.try_send(Work).unwrap();
    breathe().await;
    gate.notify_one();
    breathe().await;
    assert_eq!(seen(&journal), ["hold", "open", "work"], "one work, not two");
}

#[actix::test]
async fn try_send_refuses_beyond_the_capacity_and_do_send_never() {
    let (subject, journal, gate) = Subject::new();
    let addr = Subject::create(|ctx: &mut Context<Subject>| {
        ctx.set_mailbox_capacity(3);
        subject
    });
    addr.try_send(HoldByWait).unwrap();
    breathe().await;
    let taken = (0..100).take_while(|_| addr.try_send(Work).is_ok()).count();
    assert_eq!(taken, 3, "as many as the capacity, from one sender");
    let more = addr.clone();
    assert!(more.try_send(Work).is_ok(), "every further sender may leave one more");
    assert!(more.try_send(Work).is_err());
    push(&addr);
    gate.notify_one();
    breathe().await;
    assert_eq!(seen(&journal).iter().filter(|what| **what == "work").count(), 5, "what was taken is handled");
}

#[expect(clippy::disallowed_methods, reason = "this is why it is disallowed")]
fn push(addr: &Addr<Subject>) {
    addr.do_send(Work);
}

#[actix::test]
async fn dropping_the_last_address_ends_the_actor_after_its_queue() {
    let (subject, journal, _) = Subject::new();
    let addr = Supervisor::start(|_| subject);
    let second = addr.clone();
    drop(addr);
    breathe().await;
    assert_eq!(seen(&journal), Vec::<&str>::new(), "any strong address keeps it");
    second.try_send(Work).unwrap();
    drop(second);
    breathe().await;
    assert_eq!(seen(&journal), ["work", "stopped"]);
}

#[actix::test]
async fn an_atomic_response_stops_the_mailbox_and_what_was_spawned() {
    let (subject, journal, gate) = Subject::new();
    let addr = subject.start();
    addr.try_send(SpawnSoon).unwrap();
    addr.try_send(HoldAtomically).unwrap();
    addr.try_send(Work).unwrap();
    breathe().await;
    assert_eq!(seen(&journal), ["hold"], "neither the mailbox nor the spawned future runs");
    gate.notify_one();
    breathe().await;
    let after = seen(&journal);
    assert_eq!(after.iter().filter(|what| ["work", "spawned"].contains(what)).count(), 2, "{after:?}");
    assert_eq!(&after[..2], ["hold", "open"]);
}

#[actix::test]
async fn waiting_stops_the_mailbox_and_what_was_spawned() {
    let (subject, journal, gate) = Subject::new();
    let addr = subject.start();
    addr.try_send(SpawnSoon).unwrap();
    addr.try_send(HoldByWait).unwrap();
    addr.try_send(Work).unwrap();
    breathe().await;
    assert_eq!(seen(&journal), ["hold"]);
    gate.notify_one();
    breathe().await;
    let after = seen(&journal);
    assert_eq!(after.iter().filter(|what| ["work", "spawned"].contains(what)).count(), 2, "{after:?}");
    assert_eq!(&after[..2], ["hold", "open"]);
}

/// A handler that returns a future lets the next message in while it waits.
#[derive(Message)]
#[rtype(result = "()")]
struct WaitOutside(Arc<AtomicU32>);

impl Handler<WaitOutside> for Subject {
    type Result = actix::ResponseActFuture<Self, ()>;

    fn handle(&mut self, WaitOutside(under_way): WaitOutside, _: &mut Context<Self>) -> Self::Result {
        under_way.fetch_add(1, Ordering::Relaxed);
        let gate = Arc::clone(&self.gate);
        let open = async move { gate.notified().await };
        Box::pin(open.into_actor(self).map(move |(), _, _| {
            under_way.fetch_sub(1, Ordering::Relaxed);
        }))
    }
}

#[actix::test]
async fn handlers_that_return_futures_interleave() {
    let (subject, _, gate) = Subject::new();
    let addr = subject.start();
    let under_way = Arc::new(AtomicU32::new(0));
    let calls: Vec<_> = (0..3).map(|_| actix::spawn(addr.send(WaitOutside(Arc::clone(&under_way))))).collect();
    breathe().await;
    assert_eq!(under_way.load(Ordering::Relaxed), 3, "all three wait at once: the mailbox gives no order to what they do later");
    gate.notify_waiters();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(under_way.load(Ordering::Relaxed), 0);
}
