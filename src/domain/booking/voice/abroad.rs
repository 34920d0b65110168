//! Times for a customer who thinks in another zone: the business's are told as always, and theirs beside them.

use super::Voice;
use crate::domain::content::Content;
use crate::domain::time::Timestamp;
use crate::domain::when::labels::Labels;
use crate::domain::when::named_zone::named_zone;
use crate::domain::when::zone::wall;
use chrono_tz::Tz;

/// Begins what is told in the customer's own zone: es, en, pt.
const FOR_YOU: [&str; 3] = ["Para usted, en ", "For you, in ", "Para você, no "];

/// Returns the zone in which an answer told its times besides: the customer has named it, and it holds while they are talked about.
#[must_use]
pub fn zone_told(answer: &str) -> Option<Tz> {
    let told = FOR_YOU.iter().find_map(|opening| answer.rsplit_once(*opening))?;
    let (zone, _) = told.1.split_once(':')?;
    named_zone(zone)
}

impl Voice<'_> {
    /// Tells times in a customer's own zone too, behind what is told; nothing is added where both clocks show the same.
    #[must_use]
    pub fn with_zone(&self, content: Content, abroad: Tz, starts: &[Timestamp]) -> Content {
        let home = self.agenda.zone;
        if starts.iter().all(|at| wall(home, *at) == wall(abroad, *at)) {
            return content;
        }
        let theirs = Labels { zone: abroad, ..self.labels() };
        let times = match starts {
            [only] => theirs.moment(*only),
            several => {
                let lines = several.iter().enumerate().map(|(at, start)| format!("{}. {}", at + 1, theirs.moment(*start)));
                lines.collect::<Vec<_>>().join("; ")
            }
        };
        let here = self.labels().zone_name();
        let [es, en, pt] = FOR_YOU;
        let besides = format!("{}{}: {times}", self.by(es, en, pt), theirs.zone_name());
        let text = if content.text.contains(&here) {
            format!("{}\n{besides}", content.text)
        } else {
            format!("{}\n{} {here}. {besides}", content.text, self.by("Es", "That is", "É"))
        };
        Content { text, ..content }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::booking::tests::kit::Shop;
    use crate::domain::language::Language;

    #[test]
    fn the_zone_that_was_told_is_read_back_in_every_language() {
        let shop = Shop::m();
        let at = Timestamp::parse("2027-03-15T15:00:00Z").unwrap();
        for zone in [Tz::Europe__Madrid, Tz::America__New_York, Tz::America__Sao_Paulo, Tz::America__Los_Angeles, Tz::Europe__Paris] {
            for language in [Language::Es, Language::En, Language::Pt] {
                let voice = Voice { agenda: &shop.agenda, language };
                let told = voice.with_zone(Content::text("10:00"), zone, &[at]);
                assert_eq!(zone_told(&told.text), Some(zone), "{}", told.text);
                assert!(told.text.contains(&voice.labels().zone_name()), "{}", told.text);
            }
        }
        assert_eq!(zone_told("Lunes a las 9:00 (hora de la Ciudad de México)."), None);
    }

    #[test]
    fn sched_a23_madrid_reads_both_clocks_before_and_after_its_summer_time_begins() {
        let shop = Shop::m();
        let voice = Voice { agenda: &shop.agenda, language: Language::Pt };
        for (at, theirs) in [("2027-03-15T15:00:00Z", "15 de março às 16:00"), ("2027-03-29T15:00:00Z", "29 de março às 17:00")] {
            let told = voice.with_zone(Content::text("9:00"), Tz::Europe__Madrid, &[Timestamp::parse(at).unwrap()]);
            assert!(told.text.contains(theirs), "{}", told.text);
        }
        let same = voice.with_zone(Content::text("9:00"), Tz::America__Monterrey, &[Timestamp::parse("2027-03-15T15:00:00Z").unwrap()]);
        assert_eq!(same.text, "9:00");
    }
}
