//! The calendar worker: takes a durable job, looks what it comes to now, calls out, and tells the book. It may die after the call.

use super::calendar::{Answer, Weather};
use super::world::World;
use crate::domain::booking::act::{Act, JobKind};
use crate::domain::booking::{Actor, Appointment, Job, Status, job_now};

/// A call on its way.
#[derive(Clone, Debug)]
pub struct Flight {
    pub job: Job,
    kind: JobKind,
    /// The row as the worker read it.
    row: Option<Appointment>,
}

/// After so many silences the book is told that the calendar does not say.
const PATIENCE: u32 = 3;

impl World {
    /// A worker takes a job that no other one has.
    pub fn take_a_job(&mut self) {
        let free: Vec<Job> = self.jobs.iter().filter(|job| !self.flights.iter().any(|flight| flight.job == **job)).cloned().collect();
        let Some(job) = self.dice.pick(&free) else { return };
        let row = self.rows.get(&job.appointment).cloned();
        self.flights.push(Flight { kind: job_now(&job, row.as_ref()), job, row });
    }

    /// A call lands, in whatever weather; then the worker may die.
    pub fn land(&mut self) {
        if self.flights.is_empty() {
            return;
        }
        let nth = usize::try_from(self.dice.roll(self.flights.len() as u64)).unwrap();
        let flight = self.flights.remove(nth);
        let weather = match self.dice.roll(10) {
            0..=5 => Weather::Fair,
            6 | 7 => Weather::LostAnswer,
            8 => Weather::LostCall,
            _ => Weather::Refusal,
        };
        let answer = self.call(&flight, weather);
        if self.dice.roll(8) == 0 {
            self.count("crash");
            return;
        }
        self.tell(&flight, answer);
    }

    fn call(&mut self, flight: &Flight, weather: Weather) -> Answer {
        let Flight { job, kind, row } = flight;
        let (Some(row), JobKind::Create | JobKind::Change) = (row, kind) else {
            return self.calendar.delete(job.appointment, job.generation, weather);
        };
        if row.moves.is_some() {
            // A move only asks; its event follows with the swap.
            return match weather {
                Weather::Fair => Answer::Done,
                Weather::LostAnswer | Weather::LostCall => Answer::Silence,
                Weather::Refusal => Answer::No,
            };
        }
        let outside = |id| self.agenda.resource(id).is_some_and(|resource| resource.outside_calendar);
        let names: Vec<_> =
            row.seats.iter().filter(|seat| outside(seat.resource)).map(|seat| (row.id, job.generation, seat.resource)).collect();
        let mut answer = Answer::Done;
        for name in names {
            let one = match kind {
                JobKind::Create => self.calendar.create(name, row.span, weather),
                JobKind::Change | JobKind::Delete => self.calendar.change(name, row.span, weather),
            };
            answer = if answer == Answer::Done { one } else { answer };
        }
        answer
    }

    /// Tells the book what came of a call, and puts the job away once there is nothing left to do.
    fn tell(&mut self, flight: &Flight, answer: Answer) {
        let Flight { job, kind, row } = flight;
        let id = job.appointment;
        let waiting = self.rows.get(&id).is_some_and(|row| row.status == Status::Confirming && row.generation == job.generation);
        match (kind, answer) {
            (JobKind::Create, Answer::Done) => {
                self.ask(Actor::System, Act::Settled { id, generation: job.generation });
                if self.dice.roll(10) == 0 {
                    // The same answer once more.
                    self.ask(Actor::System, Act::Settled { id, generation: job.generation });
                }
                self.drop_job(job);
            }
            (JobKind::Create, Answer::No) if waiting => {
                self.ask(Actor::System, Act::Refused { id, generation: job.generation, reason: "calendar_refused".into() });
                self.drop_job(job);
            }
            (JobKind::Create, Answer::Silence | Answer::No) => {
                let tries = self.tries.entry(id).or_default();
                *tries += 1;
                if *tries == PATIENCE && waiting {
                    self.ask(Actor::System, Act::Refused { id, generation: job.generation, reason: "calendar_unknown".into() });
                }
            }
            // What has changed meanwhile is done again.
            (JobKind::Change, Answer::Done) if self.rows.get(&id).map(|row| row.version) == row.as_ref().map(|row| row.version) => {
                self.drop_job(job);
            }
            (JobKind::Delete, Answer::Done) => self.drop_job(job),
            (JobKind::Change, Answer::Done) | (JobKind::Change | JobKind::Delete, Answer::Silence | Answer::No) => {}
        }
    }

    fn drop_job(&mut self, job: &Job) {
        if let Some(at) = self.jobs.iter().position(|one| one == job) {
            self.jobs.remove(at);
        }
    }

    /// Works off every job with everything working outside.
    pub fn finish_all_jobs(&mut self) {
        for flight in std::mem::take(&mut self.flights) {
            let answer = self.call(&flight, Weather::Fair);
            self.tell(&flight, answer);
        }
        while let Some(job) = self.jobs.first().cloned() {
            let row = self.rows.get(&job.appointment).cloned();
            let flight = Flight { kind: job_now(&job, row.as_ref()), job: job.clone(), row };
            let answer = self.call(&flight, Weather::Fair);
            self.drop_job(&job);
            self.tell(&flight, answer);
        }
    }
}
