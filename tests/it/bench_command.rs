//! `recado bench` as an operator runs it: the real binary loads the real binary, and leaves nothing behind.

use crate::support::database::unique;
use anyhow::{Context, Result, ensure};
use recado::bench::cost_of;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

/// A folder in which the benchmark and all that it starts have their working folders.
struct Yard(PathBuf);

impl Yard {
    fn new() -> Result<Self> {
        let folder = std::env::temp_dir().join(unique("recado_yard"));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder.canonicalize()?))
    }

    fn bench(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_recado"));
        command.env_clear().current_dir(&self.0).arg("bench").arg("--folder").arg(&self.0).args(arguments);
        // Nothing of this may reach the server: with it no server would start.
        command.env("RECADO_DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing").env("RECADO_LISTEN", "192.0.2.1:1");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Ids and command lines of the processes whose working folder is in the yard.
    fn processes(&self) -> Result<Vec<(String, String)>> {
        let inside = |process: &Path| std::fs::read_link(process.join("cwd")).is_ok_and(|folder| folder.starts_with(&self.0));
        let all = std::fs::read_dir("/proc")?.filter_map(|entry| Some(entry.ok()?.path()));
        let found = all.filter(|process| inside(process)).filter_map(|process| {
            let line = std::fs::read_to_string(process.join("cmdline")).ok()?;
            Some((process.file_name()?.to_str()?.to_owned(), line))
        });
        Ok(found.filter(|(_, line)| !line.is_empty()).collect())
    }

    async fn until_the_server_works(&self) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(60);
        while !self.processes()?.iter().any(|(_, line)| is_server(line)) {
            ensure!(Instant::now() < until, "the server was never seen: {:?}", self.processes()?);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    fn is_empty(&self) -> Result<bool> {
        Ok(std::fs::read_dir(&self.0)?.next().is_none())
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Runs it to its end: whether it succeeded, what it printed, what it complained.
fn finish(child: Child) -> Result<(bool, String, String)> {
    let output = child.wait_with_output()?;
    Ok((output.status.success(), String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?))
}

fn is_server(line: &str) -> bool {
    line.contains("\0serve\0")
}

fn number(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

#[test]
fn a_short_run_of_both_loops_loses_doubles_and_disorders_nothing_and_compares() -> Result<()> {
    let yard = Yard::new()?;
    let line = ["--seconds", "2", "--customers", "4", "--rate", "12", "--numbers", "2", "--compare", "--json"];
    let (success, printed, complaints) = finish(yard.bench(&line).spawn()?)?;
    ensure!(success, "{complaints}\n{printed}");
    let report: Value = serde_json::from_str(&printed)?;
    assert_eq!((report["database"].as_str(), report["sound"].as_bool()), (Some("sqlite"), Some(true)));
    let product = &report["contenders"][0];
    for fault in ["lost", "duplicates", "disorder", "unexpected", "statuses_refused"] {
        assert_eq!(product[fault], 0, "{fault}: {report}");
    }
    // 24 by rate, and whatever the closed loop and its warming up made.
    let (accepted, replies) = (number(product, "/accepted"), number(product, "/replies"));
    assert!(accepted >= 32.0 && replies >= accepted / 2.0, "{report}");
    assert!((number(product, "/statuses") - replies * 3.0).abs() < f64::EPSILON, "three for each reply: {report}");
    let kinds: Vec<&str> = product["runs"].as_array().context("no runs")?.iter().filter_map(|run| run["kind"].as_str()).collect();
    assert_eq!(kinds, ["closed", "open"]);
    for run in ["/contenders/0/runs/0", "/contenders/0/runs/1", "/contenders/1/runs/0", "/contenders/1/runs/1"] {
        for figure in ["accepted_per_s", "completed_per_s", "added_ms/p50", "added_ms/p99", "cpu_us_per_message", "resident_mb"] {
            let value = number(&report, &format!("{run}/{figure}"));
            assert!(value > 0.0 || (figure.starts_with("cpu") && value >= 0.0), "{run} {figure}: {value}");
        }
    }
    assert_eq!(report["contenders"][1]["name"], "bare");
    assert!(number(&report, "/ratios/0/p50") > 0.0 && number(&report, "/ratios/1/completed") > 0.0, "{report}");
    assert!(yard.is_empty()?, "a good run leaves nothing behind");
    Ok(())
}

#[test]
fn with_the_fake_model_the_server_asks_it_or_the_run_says_that_it_never_did() -> Result<()> {
    let yard = Yard::new()?;
    let line = ["--seconds", "1", "--customers", "4", "--numbers", "1", "--statuses", "0", "--model", "fake", "--model-ms", "5", "--json"];
    let (success, printed, complaints) = finish(yard.bench(&line).spawn()?)?;
    if success {
        let report: Value = serde_json::from_str(&printed)?;
        let product = &report["contenders"][0];
        assert!(number(product, "/model_requests") >= number(product, "/replies") / 2.0, "{report}");
        assert_eq!(product["statuses"], 0);
    } else {
        assert!(complaints.contains("never asked the fake model"), "{complaints}");
    }
    Ok(())
}

/// The control of the whole: a server that dies in the midst of its work has lost something, and the run must say so.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_that_is_killed_has_lost_something_and_its_log_is_kept() -> Result<()> {
    let yard = Yard::new()?;
    let line = ["--seconds", "3", "--customers", "16", "--numbers", "1", "--patience", "1", "--json"];
    let mut child = yard.bench(&line).spawn()?;
    let mut told = BufReader::new(child.stderr.take().context("no stderr")?).lines();
    while !told.next().context("it ended")??.contains("closed loop") {}
    let server = yard.processes()?.into_iter().find(|(_, line)| is_server(line)).context("no server")?.0;
    let spent = || cost_of(server.parse().unwrap()).map_or(Duration::ZERO, |cost| cost.cpu);
    let before = spent();
    while spent() < before + Duration::from_millis(100) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    ensure!(Command::new("kill").args(["-KILL", &server]).status()?.success());
    let (success, printed, _) = finish(child)?;
    let complaints = told.collect::<std::io::Result<Vec<_>>>()?.join("\n");
    let report: Value = serde_json::from_str(&printed).with_context(|| complaints.clone())?;
    assert!(!success && complaints.contains("did not keep its promises") && complaints.contains("kept in"), "{complaints}");
    assert_eq!((report["sound"].as_bool(), number(&report, "/contenders/0/lost") > 0.0), (Some(false), true), "{report}");
    assert!(!yard.is_empty()?);
    Ok(())
}

/// The server is no helper that ends by itself: it must be ended.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_run_that_is_ended_from_outside_ends_its_children_and_removes_its_folder() -> Result<()> {
    let yard = Yard::new()?;
    let child = yard.bench(&["--seconds", "600", "--customers", "2", "--numbers", "1"]).spawn()?;
    let id = child.id().to_string();
    yard.until_the_server_works().await?;
    ensure!(yard.processes()?.len() >= 3, "the benchmark, its channel and the server");
    ensure!(Command::new("kill").args(["-TERM", &id]).status()?.success());
    let (success, _, complaints) = finish(child)?;
    assert!(!success && complaints.contains("interrupted"), "{complaints}");
    let until = Instant::now() + Duration::from_secs(10);
    while !yard.processes()?.is_empty() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(yard.processes()?, []);
    assert!(yard.is_empty()?);
    Ok(())
}

#[test]
fn a_load_that_cannot_be_is_refused_at_once() -> Result<()> {
    let yard = Yard::new()?;
    for line in [["--rate", "0"], ["--seconds", "0"], ["--customers", "10001"], ["--statuses", "4"], ["--model", "real"]] {
        let (success, _, complaints) = finish(yard.bench(&line).spawn()?)?;
        assert!(!success && complaints.contains(line[0]), "{complaints}");
    }
    let (success, _, complaints) = finish(yard.bench(&["--database", "postgres://nobody@127.0.0.1:1/nothing"]).spawn()?)?;
    assert!(!success && complaints.contains("migrate status"), "{complaints}");
    Ok(())
}
