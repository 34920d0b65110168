//! The outer shape of an answer: marks that the channel cannot show become plain, a text that is too long ends after a whole sentence.
//! Changes no words.

use crate::domain::words::sentences;
use serde::{Deserialize, Serialize};

/// Which marks a channel shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    /// None.
    #[default]
    Plain,
    /// One star for bold, as WhatsApp has it.
    Stars,
}

/// Turns Markdown into what the channel shows. A text without Markdown stays as it is, to the byte.
#[must_use]
pub fn shaped(text: &str, markup: Markup) -> String {
    let lines = text.split('\n').filter(|line| !line.trim().starts_with("```") && !is_rule(line));
    let lines: Vec<String> = lines.map(|line| line_of(line, markup)).collect();
    lines.join("\n")
}

/// A line that only draws: `---`, `|---|---|`.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && line.contains("--") && line.chars().all(|letter| matches!(letter, '-' | '|' | ':' | ' '))
}

fn line_of(line: &str, markup: Markup) -> String {
    let hashes = line.chars().take_while(|letter| *letter == '#').count();
    let heading = (1..=6).contains(&hashes).then(|| line.get(hashes..).and_then(|rest| rest.strip_prefix(' '))).flatten();
    let bold = match markup {
        Markup::Plain => "",
        Markup::Stars => "*",
    };
    match heading {
        Some(heading) => format!("{bold}{}{bold}", links(&strong(heading.trim(), ""))),
        None => links(&strong(line, bold)),
    }
}

/// Replaces pairs of `**` around words.
fn strong(line: &str, bold: &str) -> String {
    let mark = "**";
    let mut done = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(mark) {
        let inside = after
            .split_once(mark)
            .filter(|(inside, _)| !inside.is_empty() && !inside.starts_with(char::is_whitespace) && !inside.ends_with(char::is_whitespace));
        done.push_str(before);
        rest = match inside {
            Some((inside, tail)) => {
                done.extend([bold, inside, bold]);
                tail
            }
            None => {
                done.push_str(mark);
                after
            }
        };
    }
    done.push_str(rest);
    done
}

/// Replaces `[words](address)` by `words: address`.
fn links(line: &str) -> String {
    let mut done = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('[') {
        let link = after.split_once("](").and_then(|(words, tail)| tail.split_once(')').map(|(address, tail)| (words, address, tail)));
        match link.filter(|(words, address, _)| !words.contains('[') && address.contains("://")) {
            Some((words, address, tail)) => {
                done.push_str(before);
                done.push_str(&if words == address { address.to_owned() } else { format!("{words}: {address}") });
                rest = tail;
            }
            None => {
                done.push_str(before);
                done.push('[');
                rest = after;
            }
        }
    }
    done.push_str(rest);
    done
}

/// Returns the first sentences that fit into `max` characters; the first one cut, if even that does not.
#[must_use]
pub fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut kept = String::new();
    for sentence in sentences(text) {
        let long = kept.chars().count() + sentence.chars().count() + 1;
        if long > max {
            break;
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(&sentence);
    }
    if kept.is_empty() { text.chars().take(max.saturating_sub(1)).chain(['…']).collect() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_what_the_channel_shows() {
        assert_eq!(shaped("**Limpieza**: $650", Markup::Stars), "*Limpieza*: $650");
        assert_eq!(
            shaped("# Precios\n---\n**Corte** y [mapa](https://a.example/m)", Markup::Plain),
            "Precios\nCorte y mapa: https://a.example/m"
        );
        assert_eq!(shaped("## Hola **tú**", Markup::Stars), "*Hola tú*");
    }

    #[test]
    fn a_text_without_marks_is_left_alone() {
        for text in
            ["2 ** 3 y 4 * 5", "snake_case y __init__", "#1 en ventas", "a [b] c", "- uno\n- dos", "", "**", "[", "5 ** ** 6", "x -- y"]
        {
            assert_eq!(shaped(text, Markup::Plain), text);
        }
    }

    #[test]
    fn a_long_text_ends_after_a_whole_sentence() {
        assert_eq!(shortened("Uno dos. Tres cuatro. Cinco.", 22), "Uno dos. Tres cuatro.");
        assert_eq!(shortened("Corto.", 22), "Corto.");
        assert_eq!(shortened("abcdefghij", 5), "abcd…");
    }
}
