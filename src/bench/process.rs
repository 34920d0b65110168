//! Children of the benchmark, and what they cost. A child ends with its guard, in whatever way the guard goes.

use crate::bench::error::{BenchError, io};
use std::process::{Child, Command};
use std::time::Duration;

/// Kernel ticks of `/proc/<pid>/stat` per second on Linux.
const TICKS: u64 = 100;

/// A running child; killed and waited for when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
}

impl Running {
    /// Starts it.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn start(command: &mut Command) -> Result<Self, BenchError> {
        Ok(Self { child: command.spawn().map_err(io("start a child"))? })
    }

    /// Returns true while it runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// What it has cost so far; `None` where the system does not tell (not Linux) or it is dead.
    #[must_use]
    pub fn cost(&self) -> Option<Cost> {
        cost_of(self.child.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, or ends now; nobody is left to be told of a failure.
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// What a process has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// CPU time so far, all threads, its own and the kernel's for it.
    pub cpu: Duration,
    /// Resident memory now, in bytes.
    pub resident: u64,
}

/// What a process has cost; `None` where the system does not tell.
#[must_use]
pub fn cost_of(pid: u32) -> Option<Cost> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(Cost { cpu: read_cpu(&stat)?, resident: read_resident(&status)? })
}

fn read_cpu(stat: &str) -> Option<Duration> {
    // The name may hold blanks and brackets; it ends with the last bracket. User and system time are the 14th and 15th field.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut times = rest.split_whitespace().skip(11).map(str::parse::<u64>);
    let ticks = times.next()?.ok()? + times.next()?.ok()?;
    Some(Duration::from_millis(ticks * 1000 / TICKS))
}

fn read_resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 200 0 0 0 120 30 0 0 20 0 9 0 100 1 2";
        assert_eq!(read_cpu(stat), Some(Duration::from_millis(1500)));
        assert_eq!((read_cpu("7 a S"), read_cpu("")), (None, None));
    }

    #[test]
    fn resident_memory_is_read_in_bytes() {
        assert_eq!(read_resident("Name:\tx\nVmRSS:\t   24576 kB\nThreads:\t1\n"), Some(25_165_824));
        assert_eq!((read_resident("VmRSS:\t5 MB"), read_resident("")), (None, None));
    }

    #[test]
    fn a_child_ends_with_its_guard() {
        let mut child = Running::start(Command::new("sleep").arg("60")).unwrap();
        assert!(child.is_alive());
        let pid = child.child.id();
        drop(child);
        assert_eq!(cost_of(pid), None);
    }
}
