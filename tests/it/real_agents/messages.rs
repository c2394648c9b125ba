//! The Messages API as Claude Code uses it, answering from scripts.

use serde_json::{Value, json};

use super::script::{Script, Turn, find};
use crate::http::{Request, Response, Server};

/// Starts the service; a conversation follows the script its first message is marked with.
pub(crate) fn start(scripts: Vec<Script>) -> Server {
    Server::start(move |request| answer(request, &scripts))
}

/// What the service answers.
pub(crate) fn answer(request: &Request, scripts: &[Script]) -> Response {
    let path = request.path.split('?').next().unwrap();
    if request.method != "POST" || path != "/v1/messages" {
        return Response::json(&json!({"input_tokens": 10}));
    }
    let asked = request.json();
    let messages = asked["messages"].as_array().cloned().unwrap_or_default();
    let first = messages.first().map_or(String::new(), |message| message["content"].to_string());
    // A request without tools asks for a title or a summary, not for the next turn.
    let has_tools = asked["tools"].as_array().is_some_and(|tools| !tools.is_empty());
    let turn = match find(scripts, &first) {
        Some(script) if has_tools => script.turn(script.turns_over(results(&messages))),
        _ => Turn::Answer("A title"),
    };
    let message = Message { model: asked["model"].clone(), turn };
    if asked["stream"] == true { Response::events(&message.stream()) } else { Response::json(&message.whole()) }
}

/// How many tool calls have their results.
fn results(messages: &[Value]) -> usize {
    let blocks = messages.iter().filter_map(|message| message["content"].as_array()).flatten();
    blocks.filter(|block| block["type"] == "tool_result").count()
}

struct Message {
    model: Value,
    turn: Turn,
}

impl Message {
    fn blocks(&self) -> Vec<Value> {
        match &self.turn {
            Turn::Answer(text) => vec![json!({"type": "text", "text": text})],
            Turn::Calls(calls) => calls
                .iter()
                .map(|call| json!({"type": "tool_use", "id": call.id, "name": call.tool, "input": call.input}))
                .collect(),
        }
    }

    const fn stop_reason(&self) -> &'static str {
        match self.turn {
            Turn::Answer(_) => "end_turn",
            Turn::Calls(_) => "tool_use",
        }
    }

    fn envelope(&self) -> Value {
        // Messages of one id are one message to the agent.
        let id = match &self.turn {
            Turn::Answer(_) => "msg_answer".to_owned(),
            Turn::Calls(calls) => format!("msg_{}", calls[0].id),
        };
        json!({
            "id": id, "type": "message", "role": "assistant", "model": self.model, "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 10, "output_tokens": 1}
        })
    }

    fn whole(&self) -> Value {
        let mut message = self.envelope();
        message["content"] = self.blocks().into();
        message["stop_reason"] = self.stop_reason().into();
        message
    }

    fn stream(&self) -> Vec<Value> {
        let mut events = vec![json!({"type": "message_start", "message": self.envelope()})];
        for (index, mut block) in self.blocks().into_iter().enumerate() {
            let delta = if block["type"] == "text" {
                json!({"type": "text_delta", "text": block["text"].take()})
            } else {
                json!({"type": "input_json_delta", "partial_json": block["input"].take().to_string()})
            };
            let empty = if block["type"] == "text" { ("text", json!("")) } else { ("input", json!({})) };
            block[empty.0] = empty.1;
            events.push(json!({"type": "content_block_start", "index": index, "content_block": block}));
            events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
            events.push(json!({"type": "content_block_stop", "index": index}));
        }
        let delta = json!({"stop_reason": self.stop_reason(), "stop_sequence": null});
        events.push(json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 5}}));
        events.push(json!({"type": "message_stop"}));
        events
    }
}
