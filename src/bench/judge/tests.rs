use super::*;
use Language::{En, Es, Pt};

/// `count` accepted messages of customer 0, one every 10 µs from 10 on.
fn said(count: u32) -> Vec<Said> {
    (0..count)
        .map(|place| {
            let began = 10 * (i64::from(place) + 1);
            Said { customer: 0, place, began, due: began, burst: false, accepted: Some(began + 1) }
        })
        .collect()
}

/// Replies to customer 0, each with a reference of its own.
fn replies(list: &[(Language, i64)]) -> Vec<Received> {
    let reply = |(number, (language, at)): (usize, &(Language, i64))| Received {
        customer: Some(0),
        language: Some(*language),
        reference: format!("ref-{number}"),
        at: *at,
    };
    list.iter().enumerate().map(reply).collect()
}

/// Lost, duplicates, disorder, unexpected.
fn counts(said: &[Said], received: &[Received]) -> [u64; 4] {
    let verdict = judge(said, received);
    let counts = [verdict.lost, verdict.duplicates, verdict.disorder, verdict.unexpected];
    assert_eq!(verdict.is_sound(), counts == [0; 4]);
    counts
}

#[test]
fn one_reply_for_each_message_is_right_in_whatever_order_the_log_stands() {
    let mut log = replies(&[(Es, 15), (En, 25), (Pt, 35), (Es, 45)]);
    assert_eq!(counts(&said(4), &log), [0; 4]);
    log.reverse();
    let verdict = judge(&said(4), &log);
    assert!(verdict.is_sound());
    assert_eq!(verdict.answered_at, [Some(15), Some(25), Some(35), Some(45)]);
}

#[test]
fn one_reply_may_answer_a_burst() {
    let verdict = judge(&said(3), &replies(&[(En, 25), (Pt, 35)]));
    assert!(verdict.is_sound());
    assert_eq!(verdict.answered_at, [Some(25), Some(25), Some(35)]);
}

#[test]
fn an_accepted_message_without_a_reply_is_lost_and_a_refused_one_is_not() {
    let mut said = said(2);
    assert_eq!(counts(&said, &[]), [2, 0, 0, 0]);
    assert_eq!(counts(&said, &replies(&[(Es, 15)])), [1, 0, 0, 0]);
    said[1].accepted = None;
    assert_eq!(counts(&said, &replies(&[(Es, 15)])), [0; 4]);
}

#[test]
fn a_reply_taken_out_of_a_good_log_is_seen() {
    let good = replies(&[(Es, 15), (En, 25), (Pt, 35), (Es, 45)]);
    let mut doctored = good.clone();
    doctored.pop();
    assert_eq!(counts(&said(4), &doctored), [1, 0, 0, 0]);
    // In the midst the next reply could answer both: only at the end can a loss be told from a burst.
    let mut doctored = good;
    doctored.remove(1);
    assert_eq!(counts(&said(4), &doctored), [0; 4]);
}

#[test]
fn a_second_reply_is_a_duplicate_at_once_and_after_others() {
    assert_eq!(counts(&said(1), &replies(&[(Es, 15), (Es, 16)])), [0, 1, 0, 0]);
    assert_eq!(counts(&said(3), &replies(&[(Es, 15), (En, 25), (Es, 26), (Pt, 35)])), [0, 1, 0, 0]);
    assert_eq!(counts(&said(2), &replies(&[(Es, 25), (En, 26), (En, 27), (En, 28)])), [0, 2, 0, 0]);
}

#[test]
fn a_reply_with_a_reference_that_came_before_is_a_duplicate_whatever_it_says() {
    let mut log = replies(&[(Es, 15), (En, 25)]);
    log[1].reference = log[0].reference.clone();
    assert_eq!(counts(&said(2), &log), [1, 1, 0, 0]);
}

#[test]
fn replies_that_change_places_are_disorder() {
    assert_eq!(counts(&said(2), &replies(&[(En, 25), (Es, 26)])), [0, 0, 1, 0]);
    assert_eq!(counts(&said(3), &replies(&[(Es, 15), (Pt, 35), (En, 36)])), [0, 0, 1, 0]);
}

#[test]
fn a_reply_cannot_answer_what_was_not_said_yet() {
    assert_eq!(counts(&said(2), &replies(&[(Es, 15), (En, 16), (En, 25)])), [0, 0, 0, 1]);
    assert_eq!(counts(&said(4), &replies(&[(Es, 15), (Es, 36), (En, 37), (Pt, 38), (Es, 45)])), [0, 1, 0, 0]);
}

#[test]
fn a_reply_to_a_stranger_or_of_another_kind_is_unexpected() {
    let mut log = replies(&[(Es, 15), (Es, 16), (Es, 17)]);
    log[1].customer = None;
    log[2].customer = Some(7);
    assert_eq!(counts(&said(1), &log), [0, 0, 0, 2]);
    let mut handed_over = replies(&[(Es, 15)]);
    handed_over[0].language = None;
    assert_eq!(counts(&said(1), &handed_over), [1, 0, 0, 1]);
}

#[test]
fn customers_are_judged_apart() {
    let mut two = said(1);
    two.push(Said { customer: 1, ..two[0].clone() });
    assert_eq!(counts(&two, &replies(&[(Es, 15)])), [1, 0, 0, 0]);
    let mut both = replies(&[(Es, 15), (Es, 16)]);
    both[1].customer = Some(1);
    assert_eq!(counts(&two, &both), [0; 4]);
}

#[test]
fn percentiles_are_values_that_were_there() {
    let hundred: Vec<i64> = (1..=100).collect();
    assert_eq!([0.0, 0.5, 0.99, 1.0].map(|share| percentile(&hundred, share)), [Some(1), Some(50), Some(99), Some(100)]);
    assert_eq!((percentile(&[7], 0.99), percentile(&[3, 9], 0.5), percentile::<i64>(&[], 0.5)), (Some(7), Some(3), None));
}
