//! What the scripted model says: for each conversation a list of turns, each some text and tool calls made in parallel.

use serde_json::Value;

/// Marks, in a prompt, which script a conversation follows.
pub(crate) const MARK: &str = "SCRIPT=";

/// One turn of the model.
pub(crate) enum Turn {
    /// Calls made in one message, to run in parallel where the agent does that.
    Calls(Vec<Call>),
    /// The closing answer.
    Answer(&'static str),
}

/// One tool call.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) tool: String,
    pub(crate) input: Value,
}

/// A conversation's turns, by the name its prompt is marked with.
pub(crate) struct Script {
    pub(crate) name: &'static str,
    turns: Vec<Vec<Call>>,
}

impl Script {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, turns: Vec::new() }
    }

    /// Adds a turn of these calls, their ids made from the script's name and their place.
    pub(crate) fn then(mut self, calls: &[(&str, Value)]) -> Self {
        let turn = self.turns.len();
        let call = |(at, (tool, input)): (usize, &(&str, Value))| Call {
            id: format!("call_{}_{turn}_{at}", self.name),
            tool: (*tool).to_owned(),
            input: input.clone(),
        };
        self.turns.push(calls.iter().enumerate().map(call).collect());
        self
    }

    /// The turn after `done` turns.
    pub(crate) fn turn(&self, done: usize) -> Turn {
        self.turns.get(done).map_or(Turn::Answer("All done."), |calls| Turn::Calls(calls.clone()))
    }

    /// How many turns are over once `answered` calls have their results.
    pub(crate) fn turns_over(&self, answered: usize) -> usize {
        let ends = self.turns.iter().scan(0, |sum, turn| {
            *sum += turn.len();
            Some(*sum)
        });
        ends.take_while(|end| *end <= answered).count()
    }
}

/// The script whose mark stands in this text.
pub(crate) fn find<'s>(scripts: &'s [Script], text: &str) -> Option<&'s Script> {
    let after = &text[text.find(MARK)? + MARK.len()..];
    let name = after.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    scripts.iter().find(|script| script.name == name)
}
