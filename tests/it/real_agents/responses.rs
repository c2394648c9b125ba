//! The Responses API as Codex uses it, answering from scripts.

use serde_json::{Value, json};

use super::script::{Script, Turn, find};
use crate::http::{Request, Response, Server};

/// Stands, in a call's input, for the id of the agent that was spawned last.
pub(crate) const SPAWNED: &str = "$SPAWNED";

/// Stands, in a call's input, for the id of the shell that was left running last.
pub(crate) const SHELL: &str = "$SHELL_ID";

/// Starts the service; a conversation follows the last mark in what its user said.
pub(crate) fn start(scripts: Vec<Script>) -> Server {
    Server::start(move |request| answer(request, &scripts))
}

/// What the service answers.
pub(crate) fn answer(request: &Request, scripts: &[Script]) -> Response {
    if request.method != "POST" || !request.path.ends_with("/responses") {
        return Response::json(&json!({"data": [], "models": []}));
    }
    let asked = request.json();
    let input = asked["input"].as_array().cloned().unwrap_or_default();
    let is_output = |item: &&Value| item["type"].as_str().is_some_and(|name| name.ends_with("call_output"));
    let said = input.iter().filter(|item| item["role"] == "user").map(|item| item["content"].to_string());
    let script = said.filter_map(|text| find(scripts, &text)).next_back();
    let turn = script.map_or(Turn::Answer("Nothing to do."), |script| {
        script.turn(script.turns_over(input.iter().filter(is_output).count()))
    });
    let items: Vec<Value> = match turn {
        Turn::Answer(text) => vec![json!({
            "type": "message", "role": "assistant", "id": "msg_scripted",
            "content": [{"type": "output_text", "text": text, "annotations": []}]
        })],
        Turn::Calls(calls) => {
            let (agent, shell) = (spawned(&input).unwrap_or_default(), shell(&input).unwrap_or_else(|| "0".to_owned()));
            let known = |value: &Value| {
                let text = value.to_string().replace(SPAWNED, &agent).replace(&format!("\"{SHELL}\""), &shell);
                serde_json::from_str(&text).unwrap()
            };
            calls.iter().map(|call| item(&call.id, &call.tool, &known(&call.input))).collect()
        }
    };
    let mut events = vec![json!({"type": "response.created", "response": {"id": "resp_scripted"}})];
    events.extend(items.into_iter().map(|item| json!({"type": "response.output_item.done", "item": item})));
    let usage = json!({
        "input_tokens": 10, "input_tokens_details": null, "output_tokens": 5, "output_tokens_details": null, "total_tokens": 15
    });
    events.push(json!({"type": "response.completed", "response": {"id": "resp_scripted", "usage": usage}}));
    Response::events(&events)
}

/// A tool with an input of plain text is called as a custom tool, any other as a function; `space/tool` names one of a namespace.
fn item(id: &str, tool: &str, input: &Value) -> Value {
    if let Value::String(text) = input {
        return json!({"type": "custom_tool_call", "call_id": id, "name": tool, "input": text});
    }
    let (space, name) = tool.split_once('/').map_or((None, tool), |(space, name)| (Some(space), name));
    let mut item = json!({"type": "function_call", "call_id": id, "name": name, "arguments": input.to_string()});
    if let Some(space) = space {
        item["namespace"] = space.into();
    }
    item
}

/// The id of the agent spawned last, as the results so far tell it.
fn spawned(input: &[Value]) -> Option<String> {
    let outputs = input.iter().rev().filter_map(|item| item["output"].as_str());
    outputs
        .filter_map(|text| serde_json::from_str::<Value>(text).ok())
        .find_map(|value| Some(value["agent_id"].as_str()?.to_owned()))
}

/// The number of the shell that still runs, as the results so far tell it.
fn shell(input: &[Value]) -> Option<String> {
    let outputs = input.iter().rev().filter_map(|item| item["output"].as_str());
    let (_, rest) = outputs.filter_map(|text| text.split_once("session ID ")).next()?;
    Some(rest.chars().take_while(char::is_ascii_digit).collect())
}
