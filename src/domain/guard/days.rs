//! Days, times of day and amounts that a sentence names, in es, en and pt at once, as a claim about an appointment carries them.
//!
//! Pure; far simpler than the room `when`: it compares, and never decides what somebody meant.

use super::figures::worths;
use super::tokens::{Token, tokens};
use chrono::{Datelike, Days, NaiveDate, NaiveTime, Timelike, Weekday};

/// A day as a sentence names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Day {
    /// So many days after today.
    In(u64),
    /// Of a week.
    Weekday(Weekday),
    /// Of a month, maybe named.
    Of(u32, Option<u32>),
    /// Two numbers: each may be the month's.
    Numbers(u32, u32),
    /// In the week after this one.
    NextWeek,
}

const WEEKDAYS: [(&[&str], Weekday); 7] = [
    (&["lunes", "monday", "mon", "segunda"], Weekday::Mon),
    (&["martes", "tuesday", "tue", "terca"], Weekday::Tue),
    (&["miercoles", "wednesday", "wed", "quarta"], Weekday::Wed),
    (&["jueves", "thursday", "thu", "quinta"], Weekday::Thu),
    (&["viernes", "friday", "fri", "sexta"], Weekday::Fri),
    (&["sabado", "saturday", "sat"], Weekday::Sat),
    (&["domingo", "sunday"], Weekday::Sun),
];
const MONTHS: [&[&str]; 12] = [
    &["enero", "january", "janeiro"],
    &["febrero", "february", "fevereiro"],
    &["marzo", "march", "marco"],
    &["abril", "april"],
    &["mayo", "may", "maio"],
    &["junio", "june", "junho"],
    &["julio", "july", "julho"],
    &["agosto", "august"],
    &["septiembre", "setiembre", "september", "setembro"],
    &["octubre", "october", "outubro"],
    &["noviembre", "november", "novembro"],
    &["diciembre", "december", "dezembro"],
];
impl Day {
    /// Returns true if it may be this date.
    #[must_use]
    pub fn is(self, date: NaiveDate, today: NaiveDate) -> bool {
        match self {
            Self::In(days) => today.checked_add_days(Days::new(days)) == Some(date),
            Self::Weekday(weekday) => date.weekday() == weekday,
            Self::Of(day, month) => date.day() == day && month.is_none_or(|month| date.month() == month),
            Self::Numbers(left, right) => (date.day(), date.month()) == (left, right) || (date.month(), date.day()) == (left, right),
            Self::NextWeek => today.checked_add_days(Days::new(7)).is_some_and(|later| later.iso_week() == date.iso_week()),
        }
    }
}

/// What a sentence names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Said {
    /// Days.
    pub days: Vec<Day>,
    /// Hours and minutes on a clock of twelve hours.
    pub times: Vec<(u32, u32)>,
    /// Money, in hundredths.
    pub amounts: Vec<u64>,
}

impl Said {
    /// Reads a sentence.
    #[must_use]
    pub fn of(sentence: &str) -> Self {
        let tokens = tokens(sentence);
        let all = Reader { tokens: &tokens };
        let places = || 0..tokens.len();
        Self {
            days: places().filter_map(|at| all.day(at)).collect(),
            times: places().filter_map(|at| all.time(at)).collect(),
            amounts: worths(&tokens),
        }
    }

    /// Returns a time as sentences are held against it.
    #[must_use]
    pub fn clock(time: NaiveTime) -> (u32, u32) {
        (time.hour() % 12, time.minute())
    }

    /// Returns true if it names nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.days.is_empty() && self.times.is_empty() && self.amounts.is_empty()
    }

    /// Returns true if all that `other` names, said today, is named here. What was said as "tomorrow" some day holds no date.
    #[must_use]
    pub fn holds(&self, other: &Self, today: Option<NaiveDate>) -> bool {
        let day = |day: &Day| match (day, today) {
            (Day::In(days), Some(today)) => today.checked_add_days(Days::new(*days)).is_some_and(|date| self.names(date, today)),
            (Day::In(_) | Day::NextWeek, _) => false,
            (Day::Weekday(_) | Day::Of(..) | Day::Numbers(..), _) => self.days.contains(day),
        };
        other.days.iter().all(day)
            && other.times.iter().all(|time| self.times.contains(time))
            && other.amounts.iter().all(|amount| self.amounts.contains(amount))
    }

    fn names(&self, date: NaiveDate, today: NaiveDate) -> bool {
        let fixed = |day: &&Day| !matches!(day, Day::In(_) | Day::NextWeek);
        self.days.iter().any(|day| fixed(&day)) && self.days.iter().filter(fixed).all(|day| day.is(date, today))
    }
}

struct Reader<'a> {
    tokens: &'a [Token],
}

impl Reader<'_> {
    fn word(&self, at: usize, back: usize) -> &str {
        at.checked_sub(back).and_then(|at| self.tokens.get(at)).and_then(Token::word).unwrap_or_default()
    }

    fn next(&self, at: usize) -> &str {
        self.tokens.get(at + 1).and_then(Token::word).unwrap_or_default()
    }

    fn small(&self, at: usize) -> Option<u32> {
        self.tokens.get(at)?.number()?.parse().ok().filter(|number| *number <= 31)
    }

    fn day(&self, at: usize) -> Option<Day> {
        let Some(word) = self.tokens.get(at)?.word() else { return self.date(at) };
        let in_days = |days| Some(Day::In(days));
        match word {
            "hoy" | "today" | "hoje" | "tonight" => return in_days(0),
            "manana" if self.word(at, 1) == "pasado" => return in_days(2),
            "manana" if matches!(self.word(at, 1), "la" | "esta") => return None,
            "tomorrow" if self.word(at, 1) == "after" => return in_days(2),
            "amanha" if self.word(at, 1) == "de" && self.word(at, 2) == "depois" => return in_days(2),
            "manana" | "tomorrow" | "amanha" => return in_days(1),
            "semana" | "week" if [self.word(at, 1), self.next(at)].iter().any(|word| is_next(word)) => return Some(Day::NextWeek),
            "que" if self.word(at, 1) == "semana" && matches!(self.next(at), "viene" | "vem" | "entra" | "sigue") => {
                return Some(Day::NextWeek);
            }
            _ => {}
        }
        WEEKDAYS.iter().find(|(names, _)| names.contains(&word)).map(|(_, weekday)| Day::Weekday(*weekday))
    }

    /// A number that is a day: beside a month, in a written date, or behind the article.
    fn date(&self, at: usize) -> Option<Day> {
        let day = self.small(at)?;
        let slash = |at: usize| matches!(self.tokens.get(at), Some(Token::Sign('/' | '-')));
        if slash(at + 1) && self.small(at + 2).is_some() && !self.word(at, 1).ends_with('s') {
            return self.small(at + 2).map(|other| Day::Numbers(day, other));
        }
        if at > 0 && slash(at - 1) && at.checked_sub(2).and_then(|before| self.small(before)).is_some() {
            return None;
        }
        let behind = if matches!(self.next(at), "de" | "of" | "th" | "st" | "nd" | "rd") { at + 1 } else { at };
        let behind = if self.next(behind) == "of" { behind + 1 } else { behind };
        let month = month(self.next(behind)).or_else(|| month(self.word(at, 1)));
        let named = matches!(self.word(at, 1), "el" | "dia" | "the") || WEEKDAYS.iter().any(|(names, _)| names.contains(&self.word(at, 1)));
        (month.is_some() || (named && !self.is_hour(at))).then_some(Day::Of(day, month))
    }

    fn is_hour(&self, at: usize) -> bool {
        let mark = |at: usize, sign: char| matches!(self.tokens.get(at), Some(Token::Sign(found)) if *found == sign);
        let article = matches!(self.word(at, 1), "las" | "la" | "at" | "as");
        let dotted = matches!(self.next(at), "a" | "p") && mark(at + 2, '.');
        article || dotted || mark(at + 1, ':') || matches!(self.next(at), "am" | "pm" | "h" | "hs" | "hrs" | "horas")
    }

    fn time(&self, at: usize) -> Option<(u32, u32)> {
        let hour = match self.tokens.get(at)?.spoken_hour() {
            Some(hour) => matches!(self.word(at, 1), "las" | "la" | "at" | "as" | "a").then_some(hour)?,
            None => self.small(at).filter(|hour| *hour <= 24 && self.is_hour(at))?,
        };
        if matches!(at.checked_sub(1).and_then(|at| self.tokens.get(at)), Some(Token::Sign(':'))) {
            return None;
        }
        let minutes = match (self.tokens.get(at + 1), self.tokens.get(at + 2)) {
            (Some(Token::Sign(':')), Some(Token::Number(minutes))) => minutes.parse().ok(),
            (Some(Token::Word(hour)), Some(Token::Number(minutes))) if hour == "h" && minutes.len() == 2 => minutes.parse().ok(),
            (Some(Token::Word(and)), Some(Token::Word(part))) if matches!(and.as_str(), "y" | "e") => match part.as_str() {
                "media" | "meia" => Some(30),
                "cuarto" | "quinze" => Some(15),
                _ => None,
            },
            _ => None,
        };
        Some((hour % 12, minutes.unwrap_or(0)))
    }
}

fn is_next(word: &str) -> bool {
    matches!(word, "proxima" | "next" | "siguiente" | "seguinte" | "proximo")
}

fn month(word: &str) -> Option<u32> {
    MONTHS.iter().position(|names| names.contains(&word)).and_then(|at| u32::try_from(at + 1).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_read_as_answers_write_them() {
        let read = |text: &str| {
            let said = Said::of(text);
            (said.days, said.times)
        };
        let thursday = Day::Weekday(Weekday::Thu);
        assert_eq!(read("jueves 4 de marzo a las 17:00"), (vec![thursday, Day::Of(4, Some(3))], vec![(5, 0)]));
        assert_eq!(read("Thursday, 4 March at 5:00 p.m."), (vec![thursday, Day::Of(4, Some(3))], vec![(5, 0)]));
        assert_eq!(read("quinta-feira, 4 de março às 17h30"), (vec![thursday, Day::Of(4, Some(3))], vec![(5, 30)]));
        assert_eq!(read("pasado mañana por la mañana a las diez y media"), (vec![Day::In(2)], vec![(10, 30)]));
        assert_eq!(read("March 4th at 5 pm"), (vec![Day::Of(4, Some(3))], vec![(5, 0)]));
        assert_eq!(read("el 4/3, 4 personas, 30 minutos"), (vec![Day::Numbers(4, 3)], vec![]));
        assert_eq!(read("next week"), (vec![Day::NextWeek], vec![]));
    }
}
