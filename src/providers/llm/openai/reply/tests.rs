//! The shapes of real servers, as recorded, one quirk each.

use super::*;
use serde_json::json;

fn read(pieces: &[Value]) -> Result<Answer, LlmError> {
    let mut gathered = Gathered::default();
    for piece in pieces {
        gathered.add(piece.clone())?;
    }
    gathered.finish(&BTreeSet::new())
}

fn whole(message: Value, finish: Value) -> Value {
    json!({"id": "c", "object": "chat.completion", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": finish}]})
}

fn delta(delta: Value, finish: Value) -> Value {
    json!({"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

fn text(reply: Result<Answer, LlmError>) -> String {
    reply.unwrap().text.unwrap()
}

fn named(calls: &[ToolCall]) -> Vec<(&str, Value)> {
    calls.iter().map(|call| (call.name.as_str(), call.arguments.clone())).collect()
}

fn is_broken(reply: &Result<Answer, LlmError>) -> bool {
    matches!(reply, Err(LlmError::Broken(_)))
}

#[test]
fn openai_answers_in_full() {
    let mut answer = whole(json!({"role": "assistant", "content": "Hola", "refusal": null, "annotations": []}), json!("stop"));
    answer["usage"] =
        json!({"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15, "prompt_tokens_details": {"cached_tokens": 0}});
    let answer = read(&[answer]).unwrap();
    assert_eq!((answer.text.as_deref(), answer.tokens, answer.cost_micros), (Some("Hola"), Some((12, 3)), None));
}

#[test]
fn groq_names_a_tier_that_openai_does_not_know() {
    let mut answer = whole(json!({"role": "assistant", "content": "Hola"}), json!("stop"));
    answer["service_tier"] = json!("on_demand");
    answer["x_groq"] = json!({"id": "req_1"});
    assert_eq!(text(read(&[answer])), "Hola");
}

#[test]
fn a_message_may_lack_its_role_and_a_call_its_type() {
    let call = json!({"id": "c1", "function": {"name": "look", "arguments": "{}"}});
    let answer = read(&[whole(json!({"content": null, "tool_calls": [call]}), json!("tool_calls"))]).unwrap();
    assert_eq!(named(&answer.calls), [("look", json!({}))]);
}

#[test]
fn openrouter_says_what_it_cost_and_hides_failures_in_a_success() {
    let mut answer = whole(json!({"role": "assistant", "content": "Hola"}), json!("stop"));
    answer["usage"] = json!({"prompt_tokens": 10, "completion_tokens": 2, "cost": 0.0000421, "is_byok": false, "cost_details": {}});
    assert_eq!(read(&[answer]).unwrap().cost_micros, Some(43));
    let failed = json!({"error": {"code": 502, "message": "Provider returned error", "metadata": {"provider_name": "x"}}, "user_id": "u"});
    assert_eq!(read(&[failed]), Err(LlmError::Broken("502".into())));
    let inside = json!({"choices": [{"finish_reason": "error", "message": {"content": ""}, "error": {"code": 429, "message": "x"}}]});
    assert_eq!(read(&[inside]), Err(LlmError::Busy { status: 429, retry_after: None }));
}

#[test]
fn openrouter_breaks_a_stream_off_with_an_error() {
    let error = json!({"id": "gen", "error": {"code": 502, "message": "cut", "metadata": {"error_type": "provider_unavailable"}},
        "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]});
    assert_eq!(read(&[delta(json!({"content": "Ho"}), Value::Null), error]), Err(LlmError::Broken("502".into())));
}

#[test]
fn finish_reasons_that_are_no_end_are_failures() {
    for finish in ["error", "", "network_error", "insufficient_system_resource", "length", "max_tokens"] {
        assert!(is_broken(&read(&[whole(json!({"content": "Hola"}), json!(finish))])), "{finish}");
    }
    for finish in ["stop", "STOP", "end_turn", "eos"] {
        assert_eq!(text(read(&[whole(json!({"content": "Hola"}), json!(finish))])), "Hola", "{finish}");
    }
    for finish in ["content_filter", "SAFETY"] {
        assert_eq!(read(&[whole(json!({"content": "Hola"}), json!(finish))]), Err(LlmError::Declined), "{finish}");
    }
}

#[test]
fn an_answer_without_an_end_counts_only_if_the_server_counted_it() {
    let cut = delta(json!({"content": "Hola"}), Value::Null);
    assert!(is_broken(&read(std::slice::from_ref(&cut))));
    assert!(is_broken(&read(&[])));
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    assert_eq!(text(read(&[cut.clone(), usage.clone()])), "Hola");
    assert!(is_broken(&read(&[usage.clone(), cut.clone()])), "it went on after the count");
    let mut counts = cut;
    counts["usage"] = usage["usage"].clone();
    assert!(is_broken(&read(&[counts])), "gemini counts in every piece");
    let mut whole = whole(json!({"content": "Hola"}), Value::Null);
    whole["usage"] = usage["usage"].clone();
    assert_eq!(text(read(&[whole])), "Hola");
}

#[test]
fn nothing_said_is_no_answer() {
    for message in
        [json!({}), json!({"content": null}), json!({"content": "  \n"}), json!({"content": "<think>hm</think>"}), json!({"content": []})]
    {
        assert_eq!(read(&[whole(message, json!("stop"))]), Err(LlmError::Broken("an empty answer".into())));
    }
    assert!(is_broken(&read(&[json!({"choices": []})])));
    assert!(is_broken(&read(&[json!({"choices": null})])));
    assert!(is_broken(&read(&[json!({})])));
    assert!(is_broken(&read(&[json!("hello")])));
    assert!(is_broken(&read(&[whole(json!({"content": "Let me look"}), json!("tool_calls"))])), "calls were announced");
}

#[test]
fn a_refusal_is_no_answer_in_either_form() {
    assert_eq!(read(&[whole(json!({"content": null, "refusal": "I cannot"}), json!("stop"))]), Err(LlmError::Declined));
    let parts =
        [delta(json!({"refusal": "I "}), Value::Null), delta(json!({"refusal": "cannot"}), Value::Null), delta(json!({}), json!("stop"))];
    assert_eq!(read(&parts), Err(LlmError::Declined));
}

#[test]
fn openai_streams_calls_in_fragments_that_interleave() {
    let fragment = |index: u32, id: Option<&str>, name: Option<&str>, part: &str| {
        delta(
            json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": part}}]}),
            Value::Null,
        )
    };
    let answer = read(&[
        delta(json!({"role": "assistant", "content": null}), Value::Null),
        fragment(0, Some("c0"), Some("look"), ""),
        fragment(1, Some("c1"), Some("book"), "{\"at"),
        fragment(0, None, None, "{\"q\":"),
        fragment(1, Some(""), None, "\":10}"),
        fragment(0, None, None, "\"x\"}"),
        delta(json!({}), json!("tool_calls")),
        json!({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 7}}),
    ])
    .unwrap();
    assert_eq!(named(&answer.calls), [("look", json!({"q": "x"})), ("book", json!({"at": 10}))]);
    assert_eq!(answer.calls.iter().map(|call| call.id.as_str()).collect::<Vec<_>>(), ["c0", "c1"]);
    assert_eq!(answer.tokens, Some((5, 7)));
}

#[test]
fn gemini_streams_calls_without_an_index_and_says_stop() {
    let extra = json!({"google": {"thought_signature": "c2ln"}});
    let first = json!({"id": "g0", "type": "function", "function": {"name": "look", "arguments": "{\"q\":1}"}, "extra_content": extra});
    let second = json!({"id": "g1", "type": "function", "function": {"name": "look", "arguments": "{\"q\":2}"}});
    let answer = read(&[
        delta(json!({"role": "assistant", "tool_calls": [first]}), Value::Null),
        delta(json!({"tool_calls": [second]}), Value::Null),
        delta(json!({"role": "assistant"}), json!("stop")),
    ])
    .unwrap();
    assert_eq!(named(&answer.calls), [("look", json!({"q": 1})), ("look", json!({"q": 2}))]);
    assert_eq!(answer.calls[0].extra, Some(extra));
    assert_eq!(answer.calls[1].extra, None);
}

#[test]
fn calls_without_index_and_id_are_told_apart_by_being_whole() {
    let call =
        |name: &str, part: &str| delta(json!({"tool_calls": [{"id": "", "function": {"name": name, "arguments": part}}]}), Value::Null);
    let rest = |part: &str| delta(json!({"tool_calls": [{"function": {"arguments": part}}]}), Value::Null);
    let answer = read(&[call("a", "{\"x\""), rest(":1}"), call("b", "{}"), delta(json!({}), json!("stop"))]).unwrap();
    assert_eq!(named(&answer.calls), [("a", json!({"x": 1})), ("b", json!({}))]);
    assert_ne!(answer.calls[0].id, answer.calls[1].id);
}

#[test]
fn servers_that_give_every_call_the_index_0_lose_none() {
    let call = |id: &str, part: &str| json!({"index": 0, "id": id, "function": {"name": "look", "arguments": part}});
    let rest = delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": "2}"}}]}), Value::Null);
    let first = delta(json!({"tool_calls": [call("a", "{\"q\":1}")]}), Value::Null);
    let answer =
        read(&[first, delta(json!({"tool_calls": [call("b", "{\"q\":")]}), Value::Null), rest, delta(json!({}), json!("tool_calls"))]);
    assert_eq!(named(&answer.unwrap().calls), [("look", json!({"q": 1})), ("look", json!({"q": 2}))]);
}

#[test]
fn a_name_that_comes_with_every_piece_is_taken_once() {
    let piece =
        |part: &str| delta(json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "look", "arguments": part}}]}), Value::Null);
    let answer = read(&[piece("{\"q\""), piece(":1}"), delta(json!({}), json!("tool_calls"))]).unwrap();
    assert_eq!(named(&answer.calls), [("look", json!({"q": 1}))]);
}

#[test]
fn ollama_gives_arguments_as_an_object_and_older_servers_one_call() {
    let call = json!({"id": "call_1", "function": {"name": "look", "arguments": {"q": 1}}});
    let answer = read(&[whole(json!({"content": "", "tool_calls": [call]}), json!("stop"))]).unwrap();
    assert_eq!(named(&answer.calls), [("look", json!({"q": 1}))]);
    let old = whole(json!({"content": null, "function_call": {"name": "look", "arguments": "{}"}}), json!("function_call"));
    assert_eq!(named(&read(&[old]).unwrap().calls), [("look", json!({}))]);
}

#[test]
fn cut_arguments_are_never_run() {
    let call = json!({"index": 0, "id": "a", "function": {"name": "book", "arguments": "{\"at\": 1"}});
    let cut = [delta(json!({"tool_calls": [call]}), Value::Null), delta(json!({}), json!("length"))];
    assert!(is_broken(&read(&cut)));
    assert!(is_broken(&read(&cut[..1])));
}

#[test]
fn ids_that_are_missing_or_used_before_are_replaced() {
    let call = |id: Value| json!({"id": id, "function": {"name": "look", "arguments": "{}"}});
    let message = json!({"tool_calls": [call(json!("old")), call(Value::Null), call(json!("new"))]});
    let mut gathered = Gathered::default();
    gathered.add(whole(message, json!("tool_calls"))).unwrap();
    let answer = gathered.finish(&BTreeSet::from(["old", "call_r0"])).unwrap();
    let ids: Vec<&str> = answer.calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids[2], "new");
    assert_eq!(BTreeSet::from(["old", "call_r0", ids[0], ids[1], ids[2]]).len(), 5, "{ids:?}");
}

#[test]
fn thoughts_are_never_words() {
    let answer = whole(json!({"content": "<think>the customer is rude\n</think>\n\nHola", "reasoning_content": "hm"}), json!("stop"));
    assert_eq!(text(read(&[answer])), "Hola");
    let mut gathered = Gathered::default();
    for piece in ["<th", "ink>hm", "</th", "ink>Ho", "la"] {
        gathered.add(delta(json!({"content": piece}), Value::Null)).unwrap();
        assert!("Hola".starts_with(gathered.words()), "{}", gathered.words());
    }
    assert_eq!(gathered.words(), "Hola");
    assert!(Gathered::default().add(delta(json!({"reasoning": "hm"}), Value::Null)).unwrap(), "thinking is progress");
    assert!(!Gathered::default().add(delta(json!({"role": "assistant", "content": ""}), Value::Null)).unwrap());
}

#[test]
fn llamacpp_adds_timings_and_content_may_come_in_parts() {
    let mut answer =
        whole(json!({"content": [{"type": "text", "text": "Ho"}, {"type": "image_url"}, {"type": "text", "text": "la"}]}), json!("stop"));
    answer["timings"] = json!({"predicted_ms": 12.5});
    assert_eq!(text(read(&[answer])), "Hola");
}

#[test]
fn the_mark_of_a_persons_words_is_not_copied() {
    let answer = whole(json!({"content": format!("{HUMAN}\nHola")}), json!("stop"));
    assert_eq!(text(read(&[answer])), "Hola");
}

#[test]
fn a_flood_of_calls_is_refused() {
    let calls: Vec<Value> =
        (0..40).map(|at| json!({"index": at, "id": format!("c{at}"), "function": {"name": "look", "arguments": "{}"}})).collect();
    assert!(is_broken(&read(&[whole(json!({"tool_calls": calls}), json!("tool_calls"))])));
}
