//! What is derived is a function of the set of events: any order of arrival and any batching give the same rows.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::*;
use hookrail_core::agents::Parsed;
use hookrail_core::context::Source;
use hookrail_core::event::{Event, Kind, Outcome};
use hookrail_core::ledger::{ModelUse, NanoUsd, Scope, Tokens};
use hookrail_core::policy::{Decision, Verdict};
use hookrail_core::time::Timestamp;
use hookrail_store::model::{GroupBy, SessionFilter, UsageFilter};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Everything derived from events, as the API shows it.
async fn derived(batches: Vec<Vec<Event>>) -> Value {
    let (store, mut writer) = memory();
    for batch in batches {
        writer.append(batch).unwrap();
    }
    let mut sessions = store.events.sessions(&SessionFilter::default(), 100, None).await.unwrap().items;
    sessions.sort_by(|a, b| (&a.id, a.agent.as_str()).cmp(&(&b.id, b.agent.as_str())));
    let mut rows = Vec::new();
    for session in sessions {
        let agent = Some(session.agent.as_str());
        let calls = store.events.tool_calls(&session.id, agent, 1000, None).await.unwrap().items;
        let subagents = store.events.subagents(&session.id, agent).await.unwrap();
        assert!(calls.len() as u64 <= session.tool_calls + 1000);
        let prompts = store.events.prompts(&session.id, agent).await.unwrap();
        let reconciled = store.events.reconciliation(&session.id, agent).await.unwrap();
        rows.push(json!({
            "calls": calls, "subagents": subagents, "session": session, "prompts": prompts, "reconciled": reconciled,
        }));
    }
    let mut usage = Vec::new();
    for (group, name) in GroupBy::ALL {
        let (rows, total) = store.events.usage(group, &UsageFilter::default()).await.unwrap();
        usage.push(json!([name, rows, total]));
    }
    let (since, until) = (Timestamp::from_nanos(NOON - 3600 * SECOND), Timestamp::from_nanos(NOON + 3600 * SECOND));
    let overview = store.events.overview(since, until, 60).await.unwrap();
    json!({ "sessions": rows, "overview": overview, "usage": usage })
}

/// A session with everything in it; the numbers choose what happens.
fn story(choices: &[(u8, u8, u8)]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut n = 0;
    let mut add = |mut event: Event, change: &dyn Fn(&mut Parsed)| {
        n += 1;
        event.id = id(n);
        change(&mut event.parsed);
        events.push(event);
    };
    for (at, &(what, which, how)) in choices.iter().enumerate() {
        let seconds = at as i64 * 3 + i64::from(how % 3);
        let session = if which % 5 == 0 { "t" } else { "s" };
        let call = format!("call-{at}");
        let place =
            |event: Event| if which % 3 == 0 { by_subagent(event, &format!("sub-{}", which % 2)) } else { event };
        match what % 14 {
            0 => add(event(0, session, Kind::PromptSubmitted, seconds), &|p| p.prompt = Some(format!("prompt {at}"))),
            1 => add(event(0, session, Kind::TurnEnded, seconds), &|_| {}),
            2 => add(event(0, session, Kind::SessionEnded, seconds), &|_| {}),
            3 => add(place(event(0, session, Kind::SubagentStarted, seconds)), &|p| p.cwd = Some(format!("/{at}"))),
            4 => add(place(event(0, session, Kind::SubagentEnded, seconds)), &|p| p.model = Some(format!("m{how}"))),
            5 => add(event(0, session, Kind::TurnFailed, seconds), &|_| {}),
            6 => {
                // Only a batch tells of it.
                let denied = vec![batch_call(&call, "Bash", Outcome::Denied)];
                add(place(event(0, session, Kind::ToolBatch, seconds)), &|p| p.batch.clone_from(&denied));
            }
            7 => {
                // Refused by the guard, and a question without a call.
                let mut request = place(tool(0, session, Kind::ToolRequested, seconds, "Write", &call));
                let decision = if how % 2 == 0 { Decision::Deny } else { Decision::Ask };
                request.verdict = Some(Verdict::new(decision, "r", "no"));
                add(request, &|_| {});
                add(place(tool(0, session, Kind::PermissionRequested, seconds + 1, "Write", "")), &|p| {
                    p.tool_use_id = None;
                });
            }
            8 => {
                // An agent that gives its calls no ids.
                let end = if how % 2 == 0 { Kind::ToolFailed } else { Kind::ToolSucceeded };
                add(place(tool(0, session, Kind::ToolRequested, seconds, "run", "")), &|p| p.tool_use_id = None);
                add(place(tool(0, session, end, seconds + 1, "run", "")), &|p| p.tool_use_id = None);
            }
            10 | 11 => {
                // A request to a model, told by one source or several: the same few requests again and again, in either
                // session, replayed in side chains, with and without their ids.
                let request = u64::from(how % 4);
                for (source, said) in [(Source::Transcript, how % 2 == 0), (Source::Telemetry, which % 2 == 0)] {
                    if !said {
                        continue;
                    }
                    add(place(event(0, session, Kind::ModelResponded, seconds)), &|p| {
                        let tokens = Tokens { input: 100 + request, output: u64::from(how), ..Tokens::default() };
                        let mut used = ModelUse::request(format!("m{request}"), tokens);
                        used.priced = Some(NanoUsd(1000 + i64::from(how)));
                        if source == Source::Transcript {
                            used.message_id = Some(format!("msg-{}", request / 2));
                            used.sidechain = which % 3 == 1;
                        } else {
                            used.told = (how % 3 == 0).then_some(NanoUsd(5000));
                        }
                        used.request_id = (what % 14 == 10).then(|| format!("req-{request}"));
                        p.source = source;
                        p.turn_id = (how % 5 == 0).then(|| format!("turn-{request}"));
                        p.model_use = Some(Box::new(used));
                    });
                }
            }
            12 => add(event(0, session, Kind::TelemetryMetric, seconds), &|p| {
                let tokens = Tokens { output: u64::from(how), ..Tokens::default() };
                let scope = Scope::Delta;
                p.source = Source::Telemetry;
                p.model_use = Some(Box::new(ModelUse { scope, ..ModelUse::request("m", tokens) }));
            }),
            13 => {
                // A call no hook saw, and one that hook and transcript both tell of.
                let told = (how % 3 != 0).then_some(if how % 2 == 0 { Outcome::Failed } else { Outcome::Succeeded });
                add(place(tool(0, session, Kind::ToolReported, seconds, "Read", &call)), &|p| {
                    p.source = Source::Transcript;
                    p.outcome = told;
                });
                if which % 2 == 0 {
                    add(place(tool(0, session, Kind::ToolSucceeded, seconds + 1, "Read", &call)), &|p| {
                        p.outcome = Some(if how % 5 == 0 { Outcome::Unknown } else { Outcome::Succeeded });
                    });
                }
                add(event(0, session, Kind::PromptReported, seconds), &|p| {
                    p.source = Source::Transcript;
                    p.prompt = Some(format!("told {at}"));
                    p.turn_id = Some(format!("turn-{}", how % 4));
                    p.title = (how % 2 == 0).then(|| format!("Title {at}"));
                });
            }
            _ => {
                let end = if how % 4 == 0 { Kind::ToolFailed } else { Kind::ToolSucceeded };
                let spawned = (how % 3 == 0).then(|| format!("sub-{}", which % 2));
                let outcomes = vec![batch_call(&call, "Bash", Outcome::Unknown)];
                add(place(tool(0, session, Kind::ToolRequested, seconds, "Bash", &call)), &|_| {});
                if how % 7 != 0 {
                    let spawned = spawned.clone();
                    add(place(tool(0, session, end, seconds + 2, "Bash", &call)), &|p| p.spawned.clone_from(&spawned));
                }
                add(place(event(0, session, Kind::ToolBatch, seconds + 4)), &|p| p.batch.clone_from(&outcomes));
            }
        }
    }
    events
}

fn cut(mut events: Vec<Event>, sizes: &[usize]) -> Vec<Vec<Event>> {
    let mut batches = Vec::new();
    for size in sizes.iter().cycle() {
        if events.is_empty() {
            break;
        }
        batches.push(events.drain(..(*size).clamp(1, events.len())).collect());
    }
    batches
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_order_and_any_batching_derive_the_same(
        choices in prop::collection::vec(any::<(u8, u8, u8)>(), 1..25),
        seed in 1u64..,
        sizes in prop::collection::vec(1usize..12, 1..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let events = story(&choices);
        let mut shuffled = events.clone();
        let mut dice = Dice(seed);
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, dice.below(at as u64 + 1) as usize);
        }
        // What arrives twice changes nothing either.
        let mut twice = cut(shuffled.clone(), &sizes);
        twice.push(shuffled.iter().take(5).cloned().collect());
        let expected = runtime.block_on(derived(vec![events]));
        prop_assert_eq!(&runtime.block_on(derived(vec![shuffled])), &expected);
        prop_assert_eq!(&runtime.block_on(derived(twice)), &expected);
    }
}
