//! The members of payloads by what their values are.

/// What a member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// What a person or an agent puts in: a prompt, the input of a tool.
    Input,
    /// What comes of it.
    Output,
    /// A name or a word for something: it stays where it is one word.
    Word,
    /// A place or a name that may hold blanks: it stays where it is short.
    Name,
    /// Anything else.
    Text,
}

/// The longest word that stays, in bytes.
const LONGEST_WORD: usize = 256;

/// The longest name or path that stays, in bytes.
const LONGEST_NAME: usize = 1024;

impl Class {
    /// Whether a text of this class stays at every level.
    pub(super) fn stays(self, text: &str) -> bool {
        match self {
            Self::Word => is_word(text),
            Self::Name => text.len() <= LONGEST_NAME && !text.contains(['\n', '\r']),
            Self::Input | Self::Output | Self::Text => false,
        }
    }
}

/// Whether a text is one short word: an id, a time, an address.
pub(super) fn is_word(text: &str) -> bool {
    text.len() <= LONGEST_WORD && !text.contains(|char: char| char.is_whitespace() || char.is_control())
}

/// What a member of this name holds.
pub(super) fn class(name: &str) -> Class {
    let is_in = |names: &[&str]| names.contains(&name);
    if is_in(INPUTS) {
        Class::Input
    } else if is_in(OUTPUTS) {
        Class::Output
    } else if is_in(NAMES) || PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        Class::Name
    } else if is_in(WORDS) {
        Class::Word
    } else {
        Class::Text
    }
}

/// Whether a member of the input or output of a tool tells whom it went to or how it went.
pub(super) fn stays_inside(name: &str) -> bool {
    INSIDE.contains(&name)
}

const INPUTS: &[&str] = &[
    "tool_input",
    "toolInput",
    "toolArgs",
    "tool_args",
    "tool_parameters",
    "input",
    "arguments",
    "args",
    "prompt",
    "transformedPrompt",
    "user_prompt",
    "command",
    "command_args",
    "edits",
    "file_path",
    "filePath",
    "query",
    "attachments",
];

const OUTPUTS: &[&str] = &[
    "tool_response",
    "tool_output",
    "toolResult",
    "tool_result",
    "toolUseResult",
    "result",
    "output",
    "llm_request",
    "llm_response",
    "prompt_response",
    "chat",
    "changes",
    "structuredPatch",
];

/// Kept of inputs and outputs. Codex tells the name of a spawned agent, Copilot and MCP whether a call failed.
const INSIDE: &[&str] = &[
    "agentId",
    "agent_id",
    "agentType",
    "resultType",
    "isError",
    "is_error",
    "server",
    "server_name",
    "tool_name",
    "model",
    "resolvedModel",
    "status",
    "exit_code",
    "exitCode",
    "interrupted",
    "durationMs",
    "duration_ms",
    "totalDurationMs",
    "totalTokens",
    "totalToolUseCount",
    "success",
];

/// Names and places.
const NAMES: &[&str] = &[
    "cwd",
    "workingDirectory",
    "workspace_roots",
    "transcript_path",
    "agent_transcript_path",
    "rollout_path",
    "gitBranch",
    "branch",
    "repository_url",
    "commit_hash",
    "model",
    "to_model",
    "from_model",
    "agent_type",
    "agentType",
    "subagent_type",
    "agentName",
    "agent_role",
    "agent_nickname",
    "attributionAgent",
    "attributionSkill",
    "attributionPlugin",
    "attributionMcpServer",
    "attributionMcpTool",
    "tool",
    "tool_name",
    "toolName",
    "mcp_server",
    "mcp_server_name",
    "mcp_tool_name",
    "serverName",
    "server",
    "server_name",
    "skill",
    "worker",
    "label",
    "path",
    "hostname",
    "otel.name",
    "otel.series",
];

/// The attributes of telemetry that say where something comes from.
const PREFIXES: &[&str] = &[
    "app.",
    "conversation.",
    "deployment.",
    "event.",
    "gen_ai.conversation.",
    "gen_ai.operation.",
    "gen_ai.provider.",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "gen_ai.system",
    "gen_ai.tool.call.id",
    "gen_ai.tool.name",
    "gen_ai.usage.",
    "host.",
    "mcp_server.",
    "mcp_tool.",
    "organization.",
    "os.",
    "process.pid",
    "process.runtime.",
    "prompt.id",
    "prompt.length",
    "service.",
    "session.",
    "skill.",
    "telemetry.",
    "terminal.",
    "thread.",
    "turn.",
    "user.",
];

/// Ids, times and words for states and reasons.
const WORDS: &[&str] = &[
    "action",
    "agentId",
    "agent_id",
    "apiErrorStatus",
    "approval_policy",
    "behavior",
    "bytes",
    "call_id",
    "category",
    "cli_version",
    "compact_trigger",
    "conversation_id",
    "cursor_version",
    "decision",
    "duration",
    "effort",
    "entrypoint",
    "env",
    "environment",
    "error",
    "errorContext",
    "error_type",
    "event",
    "event_type",
    "event_version",
    "expansion_type",
    "failure_type",
    "forked_from_id",
    "generation_id",
    "hookEvent",
    "hookEventName",
    "hookName",
    "hook_event",
    "hook_event_name",
    "hook_event_type",
    "hook_name",
    "id",
    "kind",
    "level",
    "load_reason",
    "mcp_server_url",
    "mode",
    "model_provider",
    "name",
    "namespace",
    "notificationType",
    "notification_type",
    "originator",
    "otel.body",
    "otel.signal",
    "otel.temporality",
    "parentUuid",
    "parent_conversation_id",
    "parent_session_id",
    "parent_span_id",
    "parent_thread_id",
    "parent_tool_call_id",
    "parent_tool_use_id",
    "permissionMode",
    "permission_mode",
    "permission_suggestions",
    "promptId",
    "promptSource",
    "prompt_id",
    "query_source",
    "reason",
    "requestId",
    "request_id",
    "resolvedModel",
    "response_id",
    "role",
    "run_id",
    "runId",
    "scope",
    "service_tier",
    "sessionId",
    "session_id",
    "sha256",
    "source",
    "source_app",
    "sourceToolAssistantUUID",
    "span_id",
    "speed",
    "state",
    "status",
    "stopReason",
    "stop_reason",
    "subagent_id",
    "subtype",
    "success",
    "task",
    "team_name",
    "terminal",
    "thread-id",
    "thread_id",
    "thread_source",
    "time",
    "timestamp",
    "toolCallId",
    "toolDenialKind",
    "toolUseID",
    "toolUseId",
    "tool_call_id",
    "tool_use_id",
    "trace_id",
    "trigger",
    "ts",
    "turn-id",
    "turn_id",
    "type",
    "user_email",
    "user_id",
    "userType",
    "uuid",
    "v",
    "version",
    "worker_id",
    "schema_version",
];
