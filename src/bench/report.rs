//! What a benchmark came to, for people and for machines. Never judges by itself and never prints.

use crate::bench::book::Log;
use crate::bench::judge::{Said, Verdict, percentile};
use crate::bench::load::Window;
use crate::bench::process::Cost;
use serde::Serialize;
use std::time::Duration;

/// Everything that is known after a benchmark.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// `offline` or `fake`.
    pub model: &'static str,
    /// What the fake model took for each answer, in milliseconds.
    pub model_ms: u64,
    /// The business's numbers among which the customers are spread.
    pub numbers: u32,
    /// Statuses that are posted back for each reply.
    pub statuses_per_reply: usize,
    /// The product; with a comparison also the bare program.
    pub contenders: Vec<Contender>,
    /// The product's figures divided by the bare program's, one for each run.
    pub ratios: Vec<Ratio>,
    /// True if the product lost, doubled and disordered nothing.
    pub sound: bool,
}

/// One program under load.
#[derive(Clone, Debug, Serialize)]
pub struct Contender {
    /// `recado` or `bare`.
    pub name: &'static str,
    /// Its runs, in order.
    pub runs: Vec<Run>,
    /// Messages that it acknowledged, those of warming up included; so are all counts below.
    pub accepted: u64,
    /// Replies that the channel received.
    pub replies: u64,
    /// Acknowledged messages without an answer.
    pub lost: u64,
    /// Replies too many.
    pub duplicates: u64,
    /// Replies after the reply to a later message.
    pub disorder: u64,
    /// Replies that answer nothing that was said, such as hand-overs.
    pub unexpected: u64,
    /// Deliveries that had to be repeated.
    pub refused: u64,
    /// Statuses that it acknowledged.
    pub statuses: u64,
    /// Statuses that had to be posted again.
    pub status_repeats: u64,
    /// Statuses that were given up.
    pub statuses_refused: u64,
    /// Calls that no channel would take; the first few.
    pub complaints: Vec<String>,
    /// Requests to the fake model; `null` without one.
    pub model_requests: Option<u64>,
}

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// `closed` or `open`.
    pub kind: &'static str,
    /// Customers of a closed loop, messages per second of an open one.
    pub load: f64,
    /// How long messages were sent.
    pub seconds: f64,
    /// Messages acknowledged per second.
    pub accepted_per_s: f64,
    /// Messages answered per second.
    pub completed_per_s: f64,
    /// From the beginning of the delivery to the channel's receipt of the reply, less the model's time; `null` if nothing was answered.
    pub added_ms: Option<Percentiles>,
    /// The same of messages that a customer said while another one was open; not in `added_ms`.
    pub burst_added_ms: Option<Percentiles>,
    /// The server process's CPU time per answered message, statuses and background work included; `null` where the system does not tell.
    pub cpu_us_per_message: Option<f64>,
    /// The server process's resident memory at the end; `null` where the system does not tell.
    pub resident_mb: Option<f64>,
    /// How late the generator was, 99th percentile: if this is not small, the rate was not kept.
    pub generator_lag_ms: f64,
}

/// Median and 99th percentile, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentiles {
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
}

impl Percentiles {
    /// Of microseconds in any order.
    fn of(mut micros: Vec<i64>) -> Option<Self> {
        micros.sort_unstable();
        let millis = |share: f64| percentile(&micros, share).map(|micros| micros as f64 / 1e3);
        Some(Self { p50: millis(0.5)?, p99: millis(0.99)? })
    }
}

impl std::fmt::Display for Percentiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} / {:.1} ms", self.p50, self.p99)
    }
}

/// The product's figures divided by the bare program's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// `closed` or `open`.
    pub kind: &'static str,
    /// Of messages answered per second; more is better.
    pub completed: f64,
    /// Of CPU per message; less is better.
    pub cpu: Option<f64>,
    /// Of the median of the added latency; less is better.
    pub p50: Option<f64>,
    /// Of its 99th percentile; less is better.
    pub p99: Option<f64>,
}

/// What was measured around a run, before the judge has spoken.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// `closed` or `open`.
    pub kind: &'static str,
    /// Customers or rate.
    pub load: f64,
    /// When.
    pub window: Window,
    /// The first of its messages in the log, and the first after them.
    pub messages: (usize, usize),
    /// The process before it and when everything was answered.
    pub cost: Option<(Cost, Cost)>,
}

impl Measured {
    /// Works the figures out. `model` is what the model took for each answer.
    #[must_use]
    pub fn run(&self, said: &[Said], verdict: &Verdict, model: Duration) -> Run {
        let (from, until) = self.messages;
        let mine = said.iter().zip(&verdict.answered_at).skip(from).take(until.saturating_sub(from));
        let within = |at: Option<i64>| at.is_some_and(|at| at <= self.window.until);
        let seconds = (self.window.until - self.window.from).max(1) as f64 / 1e6;
        let (mut accepted, mut completed) = (0_u64, 0_u64);
        let (mut added, mut bursts, mut lags) = (Vec::new(), Vec::new(), Vec::new());
        for (one, answered) in mine {
            accepted += u64::from(within(one.accepted));
            completed += u64::from(within(*answered));
            lags.push(one.began - one.due);
            let list = if one.burst { &mut bursts } else { &mut added };
            list.extend(answered.map(|at| at - one.began - i64::try_from(model.as_micros()).unwrap_or(0)));
        }
        let answered = (added.len() + bursts.len()).max(1) as f64;
        Run {
            kind: self.kind,
            load: self.load,
            seconds,
            accepted_per_s: accepted as f64 / seconds,
            completed_per_s: completed as f64 / seconds,
            added_ms: Percentiles::of(added),
            burst_added_ms: Percentiles::of(bursts),
            cpu_us_per_message: self.cost.map(|(before, after)| after.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6 / answered),
            resident_mb: self.cost.map(|(_, after)| after.resident as f64 / 1e6),
            generator_lag_ms: Percentiles::of(lags).map_or(0.0, |lags| lags.p99),
        }
    }
}

impl Contender {
    /// Puts together what is known of a program.
    #[must_use]
    pub fn new(name: &'static str, runs: Vec<Run>, log: &Log, verdict: &Verdict, model_requests: Option<u64>) -> Self {
        Self {
            name,
            runs,
            accepted: log.said.iter().filter(|one| one.accepted.is_some()).count() as u64,
            replies: log.received.len() as u64,
            lost: verdict.lost,
            duplicates: verdict.duplicates,
            disorder: verdict.disorder,
            unexpected: verdict.unexpected,
            refused: log.refused,
            statuses: log.statuses,
            status_repeats: log.status_repeats,
            statuses_refused: log.statuses_refused,
            complaints: log.complaints.clone(),
            model_requests,
        }
    }

    /// True if it did what it promised: answered everything once and in order, and broke no rule of the channel.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.lost + self.duplicates + self.disorder + self.unexpected == 0 && self.complaints.is_empty()
    }

    /// What went wrong, in words.
    #[must_use]
    pub fn faults(&self) -> String {
        let Self { lost, duplicates, disorder, unexpected, complaints, .. } = self;
        format!("{lost} lost, {duplicates} duplicates, {disorder} out of order, {unexpected} unexpected, {} broken calls", complaints.len())
    }

    fn text(&self) -> String {
        let mut text: String = self.runs.iter().map(|run| run.text(self.name)).collect();
        let requests = self.model_requests.map(|count| format!(", {count} requests to the model")).unwrap_or_default();
        text.push_str(&format!("{}: {} messages accepted, {} replies{requests}\n", self.name, self.accepted, self.replies));
        text.push_str(&line("loss", self.lost));
        text.push_str(&line("duplicates", self.duplicates));
        text.push_str(&line("order violations", self.disorder));
        text.push_str(&line("unexpected replies", self.unexpected));
        text.push_str(&line("deliveries repeated (429, 503, broken)", self.refused));
        let statuses = format!("{} ({} repeated, {} given up)", self.statuses, self.status_repeats, self.statuses_refused);
        text.push_str(&line("statuses acknowledged", statuses));
        text.extend(self.complaints.iter().map(|complaint| line("broken call", complaint)));
        text
    }
}

impl Run {
    fn text(&self, name: &str) -> String {
        let what = if self.kind == "closed" { "customers" } else { "messages/s" };
        let known = |value: Option<f64>, unit: &str| value.map_or_else(|| "n/a".to_owned(), |value| format!("{value:.1} {unit}"));
        let added = |list: Option<Percentiles>| list.map_or_else(|| "n/a".to_owned(), |added| added.to_string());
        [
            format!("{name}, {} loop, {:.0} {what}, {:.0} s\n", self.kind, self.load, self.seconds),
            line("accepted", format!("{:.1}/s", self.accepted_per_s)),
            line("completed", format!("{:.1}/s", self.completed_per_s)),
            line("added latency p50 / p99", added(self.added_ms)),
            line("  of two messages at once", added(self.burst_added_ms)),
            line("CPU per message (server process)", known(self.cpu_us_per_message, "us")),
            line("resident memory (server process)", known(self.resident_mb, "MB")),
            line("generator lag p99", format!("{:.1} ms", self.generator_lag_ms)),
        ]
        .concat()
    }
}

fn line(name: &str, value: impl std::fmt::Display) -> String {
    format!("  {name:<40} {value}\n")
}

/// Divides run by run; runs of another kind do not compare.
#[must_use]
pub fn ratios(product: &Contender, bare: &Contender) -> Vec<Ratio> {
    let by = |one: Option<f64>, other: Option<f64>| one.zip(other.filter(|other| *other > 0.0)).map(|(one, other)| one / other);
    let pairs = product.runs.iter().zip(&bare.runs).filter(|(one, other)| one.kind == other.kind);
    let ratio = |(one, other): (&Run, &Run)| Ratio {
        kind: one.kind,
        completed: by(Some(one.completed_per_s), Some(other.completed_per_s)).unwrap_or(0.0),
        cpu: by(one.cpu_us_per_message, other.cpu_us_per_message),
        p50: by(one.added_ms.map(|added| added.p50), other.added_ms.map(|added| added.p50)),
        p99: by(one.added_ms.map(|added| added.p99), other.added_ms.map(|added| added.p99)),
    };
    pairs.map(ratio).collect()
}

impl Report {
    /// Everything, for people.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { database, model, model_ms, numbers, statuses_per_reply, .. } = self;
        let mut text = format!("{database}, model {model} ({model_ms} ms), {numbers} numbers, {statuses_per_reply} statuses a reply\n");
        text.extend(self.contenders.iter().map(Contender::text));
        for ratio in &self.ratios {
            let times = |value: Option<f64>| value.map_or_else(|| "n/a".to_owned(), |value| format!("{value:.2}"));
            text.push_str(&format!("recado / bare, {} loop\n", ratio.kind));
            text.push_str(&line("completed", times(Some(ratio.completed))));
            text.push_str(&line("CPU per message", times(ratio.cpu)));
            text.push_str(&line("added latency p50 / p99", format!("{} / {}", times(ratio.p50), times(ratio.p99))));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::judge::judge;

    fn measured(kind: &'static str, millis: u64) -> Measured {
        let cost = |millis| Cost { cpu: Duration::from_millis(millis), resident: 25_000_000 };
        let window = Window { from: 0, until: 2_000_000 };
        Measured { kind, load: 4.0, window, messages: (1, 4), cost: Some((cost(0), cost(millis))) }
    }

    /// The first is another run's; the last is answered when the window is over.
    fn log() -> Log {
        let said = |customer: u32, began: i64| Said {
            customer,
            place: 0,
            began,
            due: began - 500,
            burst: customer == 2,
            accepted: Some(began + 5_000),
        };
        let received = |customer: u32, at: i64| crate::bench::judge::Received {
            customer: Some(customer),
            language: Some(crate::bench::talk::language_at(0)),
            reference: format!("r-{customer}"),
            at,
        };
        Log {
            said: vec![said(0, 1_000), said(1, 100_000), said(2, 200_000), said(3, 1_990_000)],
            received: vec![received(0, 50_000), received(1, 410_000), received(2, 520_000), received(3, 2_500_000)],
            ..Log::default()
        }
    }

    #[test]
    fn a_runs_figures_count_its_own_messages_and_its_own_time() {
        let log = log();
        let verdict = judge(&log.said, &log.received);
        let run = measured("closed", 3).run(&log.said, &verdict, Duration::from_millis(300));
        assert_eq!((run.accepted_per_s, run.completed_per_s), (1.5, 1.0));
        assert_eq!(run.added_ms, Some(Percentiles { p50: 10.0, p99: 210.0 }));
        assert_eq!(run.burst_added_ms, Some(Percentiles { p50: 20.0, p99: 20.0 }));
        assert_eq!((run.cpu_us_per_message, run.resident_mb, run.generator_lag_ms), (Some(1_000.0), Some(25.0), 0.5));
    }

    #[test]
    fn unknown_cost_is_said_and_no_figure_is_made_up() {
        let run = Measured { cost: None, messages: (0, 0), ..measured("open", 0) }.run(&[], &Verdict::default(), Duration::ZERO);
        let text = run.text("recado");
        assert_eq!(text.matches("n/a").count(), 4, "{text}");
    }

    #[test]
    fn the_overhead_is_a_ratio_of_equal_runs() {
        let log = log();
        let verdict = judge(&log.said, &log.received);
        let contender = |name, kind, cpu| {
            let run = measured(kind, cpu).run(&log.said, &verdict, Duration::ZERO);
            Contender::new(name, vec![run], &log, &verdict, None)
        };
        let (product, bare) = (contender("recado", "closed", 6), contender("bare", "closed", 3));
        assert!(product.is_sound());
        let expected = Ratio { kind: "closed", completed: 1.0, cpu: Some(2.0), p50: Some(1.0), p99: Some(1.0) };
        assert_eq!(ratios(&product, &bare), [expected]);
        assert_eq!(ratios(&product, &contender("bare", "open", 3)), []);
        let broken = Contender { duplicates: 1, ..product };
        assert!(!broken.is_sound() && broken.faults().contains("1 duplicates"));
    }
}
