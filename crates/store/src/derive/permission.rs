//! Which call a question for permission was about, where the question does not say.
//!
//! Claude Code's and Codex's `PermissionRequest` carry no call id. The question is matched only if it is certain: exactly
//! one call of that tool by that actor was open at that moment. It is done when calls are read, when everything that
//! arrived late is there.

/// What is to be known of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) tool: Option<&'a str>,
    pub(crate) actor: Option<&'a str>,
    pub(crate) requested_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
}

/// What is to be known of a question.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) at: i64,
    pub(crate) tool: String,
    pub(crate) actor: Option<String>,
}

/// The one call a question is certainly about, by its place in `calls`.
pub(crate) fn about(question: &Question, calls: &[Call<'_>]) -> Option<usize> {
    let fits = |call: &Call<'_>| {
        call.tool == Some(&question.tool)
            && call.actor == question.actor.as_deref()
            && call.requested_at.is_some_and(|at| at <= question.at)
            && call.ended_at.is_none_or(|at| at >= question.at)
    };
    let mut fitting = calls.iter().enumerate().filter(|(_, call)| fits(call));
    let (at, _) = fitting.next()?;
    fitting.next().is_none().then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_matched_only_where_it_is_certain() {
        let call = |tool, requested_at, ended_at| Call { tool: Some(tool), actor: None, requested_at, ended_at };
        let calls = [call("Bash", Some(10), Some(20)), call("Bash", Some(30), None), call("Edit", Some(30), Some(40))];
        let ask = |at, tool: &str| about(&Question { at, tool: tool.to_owned(), actor: None }, &calls);
        assert_eq!(ask(15, "Bash"), Some(0));
        assert_eq!(ask(35, "Bash"), Some(1));
        assert_eq!(ask(35, "Edit"), Some(2));
        assert_eq!(ask(25, "Bash"), None, "none was open");
        assert_eq!(ask(35, "Write"), None, "another tool");
        let twice = [calls[1], calls[1]];
        assert_eq!(about(&Question { at: 35, tool: "Bash".to_owned(), actor: None }, &twice), None, "two were open");
    }
}
