//! One benchmark from beginning to end: starts the helpers and the program under test, loads it, waits until everything is answered, judges.

use crate::bench::book::{Book, Log};
use crate::bench::channel::Report as Heard;
use crate::bench::control::{Helper, Reports};
use crate::bench::error::{BenchError, io};
use crate::bench::judge::judge;
use crate::bench::load::{Sender, Window};
use crate::bench::model::{COUNT_PATH, MODEL};
use crate::bench::process::{Cost, Running};
use crate::bench::report::{Contender, Measured, Report, ratios};
use crate::bench::site::{Site, SiteOptions, free_port};
use crate::bench::wire::Wire;
use crate::bench::{Assistant, BenchOptions};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long everybody writes before anything is measured.
const WARM: Duration = Duration::from_secs(1);
/// How often we look whether everything is answered.
const LOOK: Duration = Duration::from_millis(20);
/// Customers of the closed loop if nothing is said.
const CUSTOMERS: u32 = 64;

/// Which loops are run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) customers: Option<u32>,
    pub(super) rate: Rate,
}

/// The rate of the open loop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rate {
    /// None.
    No,
    /// As asked for.
    Fixed(f64),
    /// Half of what the closed loop completed.
    Half,
}

impl Plan {
    /// What was asked for; a closed loop and then an open one at half of its rate if nothing was.
    pub(super) fn of(customers: Option<u32>, rate: Option<f64>) -> Self {
        match (customers, rate) {
            (None, None) => Self { customers: Some(CUSTOMERS), rate: Rate::Half },
            (customers, rate) => Self { customers, rate: rate.map_or(Rate::No, Rate::Fixed) },
        }
    }
}

/// Runs everything.
pub(super) async fn run(options: &BenchOptions, progress: &dyn Fn(&str)) -> Result<Report, BenchError> {
    let plan = Plan::of(options.customers, options.rate);
    let needs_model = options.assistant == Assistant::Fake || options.compare;
    let model = if needs_model { Some(start_model(options).await?) } else { None };
    let model_port = model.as_ref().map(|model| model.port);
    progress("the product");
    let (product, plan) = Box::pin(product(options, plan, model_port, progress)).await?;
    let mut contenders = vec![product];
    let mut compared = Vec::new();
    if let (true, Some(model), Some(product)) = (options.compare, model_port, contenders.first()) {
        progress("the bare program");
        let bare = Box::pin(bare(options, plan, model, progress)).await?;
        compared = ratios(product, &bare);
        contenders.push(bare);
    }
    Ok(Report {
        database: if options.database.is_some() { "postgres" } else { "sqlite" },
        model: options.assistant.as_str(),
        model_ms: u64::try_from(options.model_latency.as_millis()).unwrap_or(u64::MAX),
        numbers: options.numbers,
        statuses_per_reply: options.statuses,
        sound: contenders.first().is_some_and(Contender::is_sound),
        ratios: compared,
        contenders,
    })
}

/// Our own binary, with a hidden command.
fn helper(name: &str, arguments: &[(&str, u64)]) -> Result<Command, BenchError> {
    let mut command = Command::new(std::env::current_exe().map_err(io("find our own binary"))?);
    command.arg(name).env_clear().stdin(Stdio::null()).stdout(Stdio::null());
    for (argument, value) in arguments {
        command.args([*argument, &value.to_string()]);
    }
    Ok(command)
}

async fn start_model(options: &BenchOptions) -> Result<Helper, BenchError> {
    let latency = u64::try_from(options.model_latency.as_millis()).unwrap_or(u64::MAX);
    Helper::start("the fake model", helper("bench-model", &[("--latency-ms", latency)])?).await
}

async fn start_channel(options: &BenchOptions, server: u16) -> Result<Helper, BenchError> {
    let arguments = [("--server", u64::from(server)), ("--statuses", options.statuses as u64)];
    Helper::start("the fake channel", helper("bench-channel", &arguments)?).await
}

/// How often the fake model was asked.
async fn asked(model: u16) -> Result<u64, BenchError> {
    let request = format!("GET {COUNT_PATH} HTTP/1.1\r\nhost: bench\r\n\r\n");
    let answer = async { Wire::connect(model).await?.ask(request.as_bytes()).await };
    let answer = answer.await.map_err(io("ask the fake model"))?;
    Ok(String::from_utf8_lossy(&answer.body).parse().unwrap_or(0))
}

/// Loads the product. Returns the plan with the rate that was used, so that the bare program gets the same.
async fn product(options: &BenchOptions, plan: Plan, model: Option<u16>, progress: &dyn Fn(&str)) -> Result<(Contender, Plan), BenchError> {
    let port = free_port()?;
    let channel = start_channel(options, port).await?;
    let fake = model.filter(|_| options.assistant == Assistant::Fake);
    let variables = fake.map(model_variables).unwrap_or_default();
    let mut site = Site::new(SiteOptions {
        parent: options.folder.as_deref(),
        database: options.database.as_deref(),
        port,
        channel: channel.port,
        variables,
    })?;
    site.set_up(options.numbers)?;
    let server = site.serve().await?;
    let mut stage = Stage::new(options, port, server, channel);
    let outcome = async {
        stage.warm_up(plan).await?;
        if let Some(model) = fake
            && asked(model).await? == 0
        {
            return Err(BenchError::ModelNeverAsked);
        }
        let plan = stage.runs(plan, progress).await?;
        let requests = match fake {
            Some(model) => Some(asked(model).await?),
            None => None,
        };
        Ok((stage.judge("recado", options.taken_off(fake.is_some()), requests), plan))
    };
    let outcome = outcome.await;
    stage.end();
    let cleared = site.clear().await;
    if !outcome.as_ref().is_ok_and(|(contender, _)| contender.is_sound()) {
        progress(&format!("the installation and its log are kept in {}", site.keep().display()));
    }
    let outcome = outcome?;
    cleared?;
    Ok(outcome)
}

/// Calls of the fake model at once.
const MODEL_CALLS: u16 = 10_000;

fn model_variables(port: u16) -> Vec<(&'static str, String)> {
    vec![
        ("RECADO_LLM_BASE_URL", format!("http://127.0.0.1:{port}/v1")),
        ("RECADO_LLM_API_KEY", "bench".to_owned()),
        ("RECADO_LLM_MODEL", MODEL.to_owned()),
        // One tenant stands for all: the bounds that keep tenants from each other would be what is measured.
        ("RECADO_LLM_PARALLEL", MODEL_CALLS.to_string()),
        ("RECADO_LLM_TENANT_PARALLEL", MODEL_CALLS.to_string()),
    ]
}

/// Loads the bare program as the product was loaded.
async fn bare(options: &BenchOptions, plan: Plan, model: u16, progress: &dyn Fn(&str)) -> Result<Contender, BenchError> {
    let port = free_port()?;
    let channel = start_channel(options, port).await?;
    let ports = [("--listen", port), ("--model", model), ("--channel", channel.port)].map(|(name, port)| (name, u64::from(port)));
    let before = asked(model).await?;
    let Helper { process, reports, .. } = Helper::start("the bare program", helper("bench-bare", &ports)?).await?;
    let mut stage = Stage::new(options, port, process, channel);
    stage.warm_up(plan).await?;
    stage.runs(plan, progress).await?;
    let requests = asked(model).await?.saturating_sub(before);
    let contender = stage.judge("bare", options.taken_off(true), Some(requests));
    stage.end();
    drop(reports);
    Ok(contender)
}

/// A program under load, with its channel.
struct Stage<'a> {
    options: &'a BenchOptions,
    server: Running,
    channel: Running,
    listening: JoinHandle<()>,
    book: Arc<Book>,
    sender: Arc<Sender>,
    measured: Vec<Measured>,
}

impl<'a> Stage<'a> {
    fn new(options: &'a BenchOptions, port: u16, server: Running, channel: Helper) -> Self {
        let book = Arc::new(Book::default());
        let sender = Arc::new(Sender::new(port, options.numbers, options.patience, Arc::clone(&book)));
        let Helper { reports, process, .. } = channel;
        let listening = tokio::spawn(listen(reports, Arc::clone(&book)));
        Self { options, server, channel: process, listening, book, sender, measured: Vec::new() }
    }

    async fn warm_up(&mut self, plan: Plan) -> Result<(), BenchError> {
        self.sender.closed(plan.customers.unwrap_or(CUSTOMERS).min(CUSTOMERS), WARM).await?;
        self.settle().await;
        Ok(())
    }

    /// Runs what is planned; returns the plan with its rate filled in.
    async fn runs(&mut self, mut plan: Plan, progress: &dyn Fn(&str)) -> Result<Plan, BenchError> {
        if let Some(customers) = plan.customers {
            progress(&format!("closed loop, {customers} customers"));
            let before = self.before();
            let window = self.sender.closed(customers, self.options.span).await?;
            self.after("closed", f64::from(customers), window, before).await;
            if plan.rate == Rate::Half {
                plan.rate = Rate::Fixed((self.last_rate() / 2.0).max(1.0).floor());
            }
        }
        if let Rate::Fixed(rate) = plan.rate {
            progress(&format!("open loop, {rate:.0} messages/s"));
            let before = self.before();
            let window = self.sender.open(rate, self.options.span).await?;
            self.after("open", rate, window, before).await;
        }
        Ok(plan)
    }

    fn before(&self) -> (usize, Option<Cost>) {
        (self.book.begun(), self.server.cost())
    }

    async fn after(&mut self, kind: &'static str, load: f64, window: Window, (from, before): (usize, Option<Cost>)) {
        self.settle().await;
        let cost = before.zip(self.server.cost());
        self.measured.push(Measured { kind, load, window, messages: (from, self.book.begun()), cost });
    }

    /// Messages per second of the last run, roughly: what was begun in it is answered by now.
    fn last_rate(&self) -> f64 {
        self.measured.last().map_or(0.0, |last| (last.messages.1 - last.messages.0) as f64 / self.options.span.as_secs_f64())
    }

    /// Waits until everything is answered and every status is done with; gives up when nothing has moved for as long as our patience.
    async fn settle(&mut self) {
        let mut last = self.book.heard();
        let mut moved = Instant::now();
        while moved.elapsed() < self.options.patience {
            let (replies, statuses) = self.book.heard();
            if self.book.open() == 0 && statuses >= replies * self.options.statuses as u64 {
                // What comes too much comes now.
                tokio::time::sleep(LOOK * 10).await;
                return;
            }
            if (replies, statuses) != last {
                last = (replies, statuses);
                moved = Instant::now();
            }
            if !self.server.is_alive() {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn judge(&self, name: &'static str, model: Duration, requests: Option<u64>) -> Contender {
        let log: Log = self.book.take_log();
        let verdict = judge(&log.said, &log.received);
        let runs = self.measured.iter().map(|measured| measured.run(&log.said, &verdict, model)).collect();
        Contender::new(name, runs, &log, &verdict, requests)
    }

    /// Ends the program and its channel.
    fn end(self) {
        self.listening.abort();
        drop(self.server);
        drop(self.channel);
    }
}

/// Takes the channel's log over until it ends.
async fn listen(mut reports: Reports, book: Arc<Book>) {
    while let Some(text) = reports.next().await {
        book.hear(Heard::read(&text).unwrap_or_else(|| Heard::Complaint(format!("a line that is none: {text}"))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_wishes_both_loops_run_the_open_one_at_half_load() {
        assert_eq!(Plan::of(None, None), Plan { customers: Some(CUSTOMERS), rate: Rate::Half });
        assert_eq!(Plan::of(Some(3), None), Plan { customers: Some(3), rate: Rate::No });
        assert_eq!(Plan::of(None, Some(9.0)), Plan { customers: None, rate: Rate::Fixed(9.0) });
        assert_eq!(Plan::of(Some(3), Some(9.0)), Plan { customers: Some(3), rate: Rate::Fixed(9.0) });
    }
}
