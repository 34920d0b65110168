//! The table at the end, and a line now and then.

use std::io::Write as _;

/// One line of the table.
pub struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    budget: Option<(Better, f64)>,
}

/// Which side of the budget is good.
#[derive(Clone, Copy)]
pub enum Better {
    /// At least the budget.
    More,
    /// At most the budget.
    Less,
}

impl Figure {
    /// A figure with a budget.
    pub const fn new(name: &'static str, value: f64, unit: &'static str, better: Better, budget: f64) -> Self {
        Self { name, value, unit, budget: Some((better, budget)) }
    }

    /// A figure without one.
    pub const fn plain(name: &'static str, value: f64, unit: &'static str) -> Self {
        Self { name, value, unit, budget: None }
    }

    fn line(&self) -> String {
        let Self { name, value, unit, .. } = self;
        match self.budget {
            None => format!("{name:<58} {value:>10.2} {unit:<6}"),
            Some((better, budget)) => {
                let (sign, good) = match better {
                    Better::More => (">=", *value >= budget),
                    Better::Less => ("<=", *value <= budget),
                };
                let word = if good { "ok" } else { "OVER" };
                format!("{name:<58} {value:>10.2} {unit:<6} {sign} {budget:<8} {:>5.2} {word}", value / budget)
            }
        }
    }
}

/// Says what comes next.
pub fn progress(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stderr(), "… {text}")?)
}

/// Prints figure, value, budget, ratio.
pub fn print(figures: &[Figure]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:<58} {:>10} {:<6} {:<11} {:>5}", "figure", "value", "unit", "budget", "ratio")?;
    for figure in figures {
        writeln!(out, "{}", figure.line())?;
    }
    Ok(())
}
