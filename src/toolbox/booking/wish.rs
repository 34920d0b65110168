//! What the customer's words say about time, service and person. The customer's own words win over whatever a model made of them.

use super::Look;
use crate::domain::booking::voice::{Tapped, tapped};
use crate::domain::booking::{Appointment, DayHours, ExceptionKind, Purpose, Resource, ResourceKind, Service};
use crate::domain::ids::{AppointmentId, ResourceId, ServiceId};
use crate::domain::when::zone::{Resolved, resolve};
use crate::domain::when::{Answer, Days, Doubt, Moment, Times, Understood, WhenContext, understand};
use crate::domain::words::Words;
use chrono::{Datelike, NaiveDate, NaiveTime};

/// What a service's name in the customer's words came to.
pub enum Named<T> {
    /// One.
    One(T),
    /// None was named.
    Nothing,
    /// Several fit, or something that is not there.
    Unclear,
}

impl Look<'_> {
    /// The appointment that the customer is moving, if the newest list or hold was for that.
    pub fn moving(&self) -> Option<AppointmentId> {
        let live = self.desk.hold.as_ref().filter(|hold| hold.protects_at(self.context.at));
        let of_hold = live.and_then(|hold| hold.moves);
        of_hold.or_else(|| self.desk.shown.iter().find(|one| one.purpose != Purpose::Cancel).and_then(|one| one.moves))
    }

    /// The customer names a service that is not this one: whatever was under way, it is about something else now.
    pub fn names_another(&self, service: ServiceId) -> bool {
        matches!(best(&self.agenda.services, &self.said()), Named::One(named) if named.id != service)
    }

    /// The service that the newest list or hold was for.
    fn at_hand(&self) -> Option<ServiceId> {
        let of_hold = self.desk.hold.as_ref().map(|hold| hold.service);
        of_hold.or_else(|| self.desk.shown.first().map(|one| one.service))
    }

    /// The date that the newest list or hold was about.
    fn selected(&self) -> Option<NaiveDate> {
        let date = |start: crate::domain::time::Timestamp| start.to_chrono().with_timezone(&self.zone()).date_naive();
        if let Some(hold) = &self.desk.hold {
            return Some(date(hold.span.start));
        }
        let mut dates = self.desk.shown.iter().filter(|one| one.purpose == Purpose::Take).map(|one| date(one.span.start));
        let first = dates.next()?;
        dates.all(|other| other == first).then_some(first)
    }

    /// Reads words for a time, with the opening hours of a service.
    pub fn understand(&self, text: &str, service: Option<&Service>) -> Understood {
        let resources: Vec<&Resource> = match service {
            Some(service) => service.resources().filter_map(|id| self.agenda.resource(id)).collect(),
            None => self.agenda.resources.iter().collect(),
        };
        let hours = |date: NaiveDate| resources.iter().flat_map(|resource| self.open_on(resource, date)).collect();
        let context = WhenContext {
            now: self.context.at,
            zone: self.zone(),
            language: self.context.customer.language,
            hours: &hours,
            selected: self.selected(),
        };
        understand(text, &context)
    }

    /// What is wished: by the customer's newest words, else by the words that were passed on. Passed-on words may add the day to a bare time
    /// that the customer has just said, and nothing else.
    pub fn wished(&self, passed_on: &str, service: Option<&Service>) -> Understood {
        let own = self.understand(&self.said(), service);
        if passed_on.trim().is_empty() {
            return own;
        }
        let passed = self.understand(passed_on, service);
        match (&own, &passed) {
            (Understood::Nothing, _) => passed,
            (Understood::Sure(Answer::Times(Times::At(time))), Understood::Sure(Answer::Moment(moment)))
                if moment.local.time() == *time =>
            {
                passed
            }
            (Understood::Sure(Answer::Days(Days { first, last, times: Times::Any })), _) if *last == Some(*first) => {
                clock_of(&passed).map_or_else(|| own.clone(), |time| self.understand_at(*first, time))
            }
            _ => own,
        }
    }

    /// A day and a time of day that were said apart.
    fn understand_at(&self, date: NaiveDate, time: NaiveTime) -> Understood {
        let local = date.and_time(time);
        match resolve(self.zone(), local) {
            Resolved::Unique(at) => Understood::Sure(Answer::Moment(Moment { local, at })),
            Resolved::Fold { first, second } => {
                Understood::Ask { doubt: Doubt::Twice, choices: [first, second].map(|at| Answer::Moment(Moment { local, at })).to_vec() }
            }
            Resolved::Gap { after } => {
                let next = Moment { local: after.to_chrono().with_timezone(&self.zone()).naive_local(), at: after };
                Understood::Missing { asked: local, next }
            }
        }
    }

    /// Returns true if words for a time, if there are any, are those of the hold.
    pub fn names_the_time(&self, text: &str, hold: &Appointment) -> bool {
        let local = hold.span.start.to_chrono().with_timezone(&self.zone());
        if self.zone_is_unknown(text) {
            return false;
        }
        match self.understand(text, self.agenda.service(hold.service)) {
            Understood::Nothing => true,
            Understood::Sure(Answer::Moment(moment)) => moment.at == hold.span.start,
            Understood::Sure(Answer::Times(Times::At(time))) => time == local.time(),
            Understood::Sure(Answer::Days(Days { first, last, times })) => {
                first == local.date_naive() && last.is_none_or(|last| last == first) && matches!(times, Times::Any)
            }
            Understood::Sure(Answer::Times(_))
            | Understood::Ask { .. }
            | Understood::Missing { .. }
            | Understood::Past(_)
            | Understood::Impossible { .. } => false,
        }
    }

    /// Finds the service that words name; without words for one, the one at hand or the only one.
    pub fn service(&self, passed_on: &str) -> Named<&Service> {
        if let Some(Tapped::Service(id)) = self.tapped().and_then(tapped)
            && let Some(service) = self.agenda.service(id)
        {
            return Named::One(service);
        }
        let said = self.said();
        for text in [said.as_str(), passed_on] {
            match best(&self.agenda.services, text) {
                Named::Nothing => {}
                found @ (Named::One(_) | Named::Unclear) => return found,
            }
        }
        let known = self.at_hand().and_then(|id| self.agenda.service(id));
        match (known, self.agenda.services.as_slice()) {
            (Some(service), _) => Named::One(service),
            (None, [only]) => Named::One(only),
            (None, _) => Named::Nothing,
        }
    }

    /// Finds the person that words name, among those who give the service.
    pub fn person(&self, passed_on: Option<&str>, service: &Service) -> Named<ResourceId> {
        let all = service.resources().filter_map(|id| self.agenda.resource(id)).filter(|one| one.kind == ResourceKind::Person);
        let people: Vec<&Resource> = all.collect();
        let said = Words::of(&self.said());
        if let Some(named) = people.iter().find(|person| names(person).any(|name| has_all(&said, &name))) {
            return Named::One(named.id);
        }
        let Some(wanted) = passed_on.filter(|text| !text.trim().is_empty()) else { return Named::Nothing };
        let wanted = Words::of(wanted);
        match people.into_iter().find(|person| names(person).any(|name| has_all(&wanted, &name) || has_all(&name, &wanted))) {
            Some(person) => Named::One(person.id),
            None => Named::Unclear,
        }
    }
}

/// The time of day that words name, whatever the day.
fn clock_of(words: &Understood) -> Option<NaiveTime> {
    let clock = |answer: &Answer| match answer {
        Answer::Moment(moment) => Some(moment.local.time()),
        Answer::Days(Days { times: Times::At(time), .. }) | Answer::Times(Times::At(time)) => Some(*time),
        Answer::Days(_) | Answer::Times(_) => None,
    };
    match words {
        Understood::Sure(answer) => clock(answer),
        Understood::Ask { choices, .. } => {
            let first = choices.first().and_then(clock)?;
            choices.iter().all(|choice| clock(choice) == Some(first)).then_some(first)
        }
        Understood::Nothing | Understood::Missing { .. } | Understood::Past(_) | Understood::Impossible { .. } => None,
    }
}

/// The words by which a person is called: the whole name without titles, the first name, and the aliases.
fn names(person: &Resource) -> impl Iterator<Item = Words> + '_ {
    let whole = Words::of(&person.name).without(&["dr/dra/doctor/doctora/lic/sr/sra/mr/mrs/ms"]);
    let first = whole.iter().next().map(Words::of);
    let aliases = person.aliases.iter().map(|alias| Words::of(alias));
    std::iter::once(whole).chain(first).chain(aliases).filter(|name| !name.is_empty())
}

fn has_all(text: &Words, wanted: &Words) -> bool {
    !wanted.is_empty() && wanted.iter().all(|word| text.has(word))
}

/// The service whose name or alias has most words in the text.
fn best<'a>(services: &'a [Service], text: &str) -> Named<&'a Service> {
    let text = Words::of(text);
    if text.is_empty() {
        return Named::Nothing;
    }
    let score = |service: &Service| {
        let spelled = service.name.values().chain(&service.aliases).map(|name| Words::of(name).without(FILLERS));
        spelled.filter(|name| has_all(&text, name)).map(|name| name.len()).max().unwrap_or(0)
    };
    let mut found: Vec<(usize, &Service)> =
        services.iter().map(|service| (score(service), service)).filter(|(points, _)| *points > 0).collect();
    found.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    match found.as_slice() {
        [] => Named::Nothing,
        [(_, only)] => Named::One(only),
        [(most, best), (next, _), ..] if most > next => Named::One(best),
        [..] => Named::Unclear,
    }
}

/// Small words of names that nobody needs to say.
const FILLERS: &[&str] = &["de/del/la/el/los/las/y/e/of/the/and/a/an/do/da/dos/das/con/para/for/with/com"];

/// Opening intervals that begin on a date, as clock times.
pub fn open_on(resource: &Resource, date: NaiveDate) -> Vec<(NaiveTime, NaiveTime)> {
    let mut hours: Vec<DayHours> = resource.hours.of(date.weekday()).to_vec();
    for exception in resource.exceptions.iter().filter(|exception| exception.date == date) {
        match &exception.kind {
            ExceptionKind::Closed => hours.clear(),
            ExceptionKind::Replace(other) => hours.clone_from(other),
            ExceptionKind::Add(more) => hours.extend(more),
        }
    }
    let clock = |minutes: u16| NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minutes % 1_440) * 60, 0).unwrap_or_default();
    hours.into_iter().map(|one| (clock(one.from), clock(one.to))).collect()
}
