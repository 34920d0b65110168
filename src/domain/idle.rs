//! Judges a silent conversation without a model: is it settled, did we ask something, or is it unclear?
//!
//! Pure. In doubt the verdict is [`IdleVerdict::Unclear`], which gives the conversation to people.

use crate::domain::courtesy;
use crate::domain::words::{Words, sentences};

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleFrom {
    /// The customer.
    Customer,
    /// The assistant.
    Assistant,
    /// A person of the business.
    Human,
}

/// What the silence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleVerdict {
    /// The matter is settled: the customer was answered, or thanked and went.
    Complete,
    /// The assistant asked something and waits.
    OwnQuestion,
    /// Nobody can tell; people should look.
    Unclear,
}

const DOES_NOT_KNOW: &[&str] = &[
    "no tengo/cuento/se/puedo/encuentro/encontre/conozco",
    "no dispongo",
    "disculpe/lamento/desculpe/sorry/unfortunately/lamentablemente/infelizmente",
    "dont/do not/cant/cannot/unable know/have/find/answer",
    "dont/cannot/cant/unable",
    "nao tenho/sei/posso/consigo/encontrei",
];

/// Judges the messages of the current cycle, newest last.
#[must_use]
pub fn judge(messages: &[(IdleFrom, &str)]) -> IdleVerdict {
    let Some(((from, answer), earlier)) = messages.split_last() else { return IdleVerdict::Unclear };
    let customer = customers_last_words(earlier);
    match from {
        IdleFrom::Customer => IdleVerdict::Unclear,
        IdleFrom::Human => {
            if is_farewell(&customer) {
                IdleVerdict::Complete
            } else {
                IdleVerdict::Unclear
            }
        }
        IdleFrom::Assistant => judge_answer(answer, &customer),
    }
}

fn judge_answer(answer: &str, customer: &Words) -> IdleVerdict {
    if is_farewell(customer) {
        return IdleVerdict::Complete;
    }
    if sentences(answer).iter().any(|sentence| sentence.ends_with('?')) {
        return IdleVerdict::OwnQuestion;
    }
    let words = Words::of(answer);
    let unanswered = words.is_empty() || customer.is_empty() || courtesy::displeased(customer) || words.any(DOES_NOT_KNOW);
    if unanswered { IdleVerdict::Unclear } else { IdleVerdict::Complete }
}

/// The customer's words since the answer before the last one.
fn customers_last_words(earlier: &[(IdleFrom, &str)]) -> Words {
    let burst: Vec<&str> = earlier.iter().rev().take_while(|(from, _)| *from == IdleFrom::Customer).map(|(_, text)| *text).collect();
    Words::of(&burst.into_iter().rev().collect::<Vec<_>>().join("\n"))
}

/// Thanks, good-bye or "that is all", with no complaint and nothing else asked.
fn is_farewell(words: &Words) -> bool {
    let polite = courtesy::thanks(words) || courtesy::says_goodbye(words);
    let only_polite = polite && courtesy::beyond(words).len() <= 2;
    (courtesy::settled(words) || only_polite) && !courtesy::displeased(words)
}

#[cfg(test)]
mod tests {
    use super::IdleFrom::{Assistant, Customer, Human};
    use super::*;

    #[test]
    fn conv_53_the_verdict_fits_the_last_words() {
        let table: &[(&[(IdleFrom, &str)], IdleVerdict)] = &[
            (&[], IdleVerdict::Unclear),
            (&[(Customer, "horario?")], IdleVerdict::Unclear),
            (&[(Customer, "horario?"), (Assistant, "De 9 a 18.")], IdleVerdict::Complete),
            (&[(Customer, "horario?"), (Assistant, "De 9 a 18. ¿Algo más?")], IdleVerdict::OwnQuestion),
            (&[(Customer, "gracias!"), (Assistant, "Con gusto. ¿Algo más?")], IdleVerdict::Complete),
            (&[(Customer, "thanks, that's all"), (Assistant, "You're welcome!")], IdleVerdict::Complete),
            (&[(Customer, "obrigada, tchau"), (Assistant, "Até logo!")], IdleVerdict::Complete),
            (&[(Assistant, "De 9 a 18."), (Customer, "gracias")], IdleVerdict::Unclear),
            (&[(Customer, "eso no me sirve"), (Assistant, "De 9 a 18.")], IdleVerdict::Unclear),
            (&[(Customer, "gracias por nada, no me ayudaste"), (Assistant, "Hasta luego.")], IdleVerdict::Unclear),
            (&[(Customer, "hacen implantes?"), (Assistant, "No tengo ese dato.")], IdleVerdict::Unclear),
            (&[(Customer, "do you do implants"), (Assistant, "I'm sorry, I don't have that.")], IdleVerdict::Unclear),
            (&[(Customer, "quiero una cita"), (Assistant, "¿A nombre de quién?")], IdleVerdict::OwnQuestion),
            (&[(Customer, "ok gracias"), (Human, "De nada")], IdleVerdict::Complete),
            (&[(Customer, "y entonces?"), (Human, "Ya reviso")], IdleVerdict::Unclear),
            (&[(Assistant, "Hola")], IdleVerdict::Unclear),
            (&[(Customer, "hi"), (Assistant, "")], IdleVerdict::Unclear),
            (&[(Customer, "site?"), (Assistant, "https://a.example/?x=1")], IdleVerdict::Complete),
        ];
        for (messages, verdict) in table {
            assert_eq!(judge(messages), *verdict, "{messages:?}");
        }
    }
}
