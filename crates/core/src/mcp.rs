//! MCP servers by name: which server a tool belongs to, and what a person calls that server.
//!
//! An agent names a tool of an MCP server `mcp__<server>__<tool>`. The *raw name* of a server is the part in the middle,
//! as it is in the tool's name: it is the same on every event of every source, whatever else is told beside it. What is
//! known of its forms: a server that comes with a plugin is `plugin_<plugin>_<server>`, a connector of a claude.ai account
//! `claude_ai_<Connector>` or a UUID; characters that a tool's name may not hold were replaced by `_` before.
//! Cursor tells the server beside the tool, by name, URL or command.
//!
//! The *display name* made here is a guess at what a person would say; people may give a better one, project by project.

pub mod names;

/// Characters of a command that stand for a server without a name of its own.
const COMMAND_CHARS: usize = 120;

/// Characters of a UUID that a display name shows.
const UUID_CHARS: usize = 8;

/// The server and the tool of `mcp__<server>__<tool>`; `None` where the name is not of this form.
///
/// Where the server's name holds `__` itself, only `told` says where it ends: the server's name by the agent's own word,
/// as it was configured (`plugin:github:github`, `Linear (Speakeasy)`) or as it is in the tool's name.
pub fn split<'a>(name: &'a str, told: Option<&str>) -> Option<(&'a str, &'a str)> {
    let rest = name.strip_prefix("mcp__")?;
    let known = told.filter(|told| !told.is_empty()).and_then(|told| {
        let forms = [told.to_owned(), written(told), collapsed(told)];
        forms.iter().find_map(|server| {
            let tool = rest.strip_prefix(server.as_str())?.strip_prefix("__")?;
            Some((&rest[..server.len()], tool))
        })
    });
    let (server, tool) = known.or_else(|| rest.split_once("__"))?;
    (!server.is_empty() && !tool.is_empty()).then_some((server, tool))
}

/// The raw name of a server that is told by URL: its host, with the port where one is given. `None` for what is no URL.
pub fn host(url: &str) -> Option<&str> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let is_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+');
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (is_scheme && !host.is_empty()).then_some(host)
}

/// The raw name of a server that an agent tells beside the tool: by its name, else by its URL's host, else by the command
/// that starts it.
pub fn told(name: Option<&str>, url: Option<&str>, command: Option<&str>) -> Option<String> {
    let said = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    said(name.map(|name| host(name).unwrap_or(name)))
        .or_else(|| said(url.and_then(host)))
        .or_else(|| said(command).map(|command| command.chars().take(COMMAND_CHARS).collect()))
}

/// The raw name of a server by the name it was configured with, where that is told in the place of the raw one:
/// `plugin:github:github` is `plugin_github_github` in its tools' names, `claude.ai Linear (Acme)` is
/// `claude_ai_Linear_Acme`. A raw name is its own.
pub fn raw(configured: &str) -> String {
    let configured = configured.trim();
    match host(configured) {
        Some(host) => host.to_owned(),
        None if configured.starts_with("claude.ai ") => collapsed(configured),
        None => written(configured),
    }
}

/// What a person would call a server, from nothing but its raw name.
///
/// ```
/// use hookrail_core::mcp::display;
/// assert_eq!(display("plugin_github_octocat-mcp"), "octocat-mcp (github plugin)");
/// assert_eq!(display("claude_ai_Linear_Speakeasy"), "Linear Speakeasy");
/// assert_eq!(display("https://mcp.linear.app/sse"), "mcp.linear.app");
/// ```
pub fn display(raw: &str) -> String {
    let trimmed = raw.trim();
    if let Some(host) = host(trimmed) {
        return host.to_owned();
    }
    if is_uuid(trimmed) {
        return format!("connector {}", &trimmed[..UUID_CHARS]);
    }
    let connector = trimmed.strip_prefix("claude_ai_").or_else(|| trimmed.strip_prefix("claude.ai "));
    if let Some(connector) = connector.map(spaced).filter(|connector| !connector.is_empty()) {
        return connector;
    }
    match plugin(trimmed) {
        Some((plugin, server)) if plugin == server => format!("{server} (plugin)"),
        Some((plugin, server)) => format!("{server} ({plugin} plugin)"),
        None => trimmed.to_owned(),
    }
}

/// The plugin and the server of `plugin_<plugin>_<server>` or `plugin:<plugin>:<server>`.
///
/// An underscore may also be part of either name. Two equal halves are believed first, as most plugins name their one
/// server like themselves; then the plugin's name is taken to end at the first underscore, as plugins are usually named
/// with hyphens.
fn plugin(raw: &str) -> Option<(&str, &str)> {
    let (rest, separator) = match raw.strip_prefix("plugin:") {
        Some(rest) => (rest, ':'),
        None => (raw.strip_prefix("plugin_")?, '_'),
    };
    let halves = rest.is_char_boundary(rest.len() / 2).then(|| rest.split_at(rest.len() / 2));
    let twice = halves.and_then(|(first, second)| {
        let second = second.strip_prefix(separator)?;
        (first == second).then_some((first, second))
    });
    let (plugin, server) = twice.or_else(|| rest.split_once(separator))?;
    (!plugin.is_empty() && !server.is_empty()).then_some((plugin, server))
}

/// Underscores as the spaces they stand for.
fn spaced(text: &str) -> String {
    text.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A configured name as it is in a tool's name: every other character than `[A-Za-z0-9_-]` is an underscore.
fn written(name: &str) -> String {
    let fits = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
    name.chars().map(|char| if fits(char) { char } else { '_' }).collect()
}

/// [`written`] as connectors of an account are: runs of underscores are one, and none is at either end.
fn collapsed(name: &str) -> String {
    written(name).split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => matches!(byte, b'-' | b'_'),
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_tools_name_tells_its_server_or_that_there_is_none() {
        for (name, told, expected) in [
            ("mcp__gram__do_thing", None, Some(("gram", "do_thing"))),
            ("mcp__claude_ai_Linear_Speakeasy__list_issues", None, Some(("claude_ai_Linear_Speakeasy", "list_issues"))),
            ("mcp__plugin_slack_slack__send_message", None, Some(("plugin_slack_slack", "send_message"))),
            ("mcp__a__b__c", None, Some(("a", "b__c"))),
            // The agent's own word for the server says where its name ends, however it is spelt.
            ("mcp__a__b__c", Some("a__b"), Some(("a__b", "c"))),
            ("mcp__foo__bar__x", Some("foo--bar"), Some(("foo", "bar__x"))),
            ("mcp__plugin_github_github__x", Some("plugin:github:github"), Some(("plugin_github_github", "x"))),
            ("mcp__claude_ai_Linear__x__y", Some("claude.ai Linear"), Some(("claude_ai_Linear", "x__y"))),
            ("mcp__my__tools__x", Some("my  tools"), Some(("my__tools", "x"))),
            ("mcp__HubSpot_A__x", Some("HubSpot (A)"), Some(("HubSpot_A", "x"))),
            ("mcp__a__b", Some("other"), Some(("a", "b"))),
            ("mcp__a__b", Some(""), Some(("a", "b"))),
            ("Read", None, None),
            ("Bash", None, None),
            ("mcp__only", None, None),
            ("mcp__server__", None, None),
            ("mcp____do_thing", None, None),
            ("mcp____", None, None),
            ("mcp__", None, None),
            ("MCP:send_message", None, None),
            ("", None, None),
        ] {
            assert_eq!(split(name, told), expected, "{name} {told:?}");
        }
    }

    #[test]
    fn a_url_tells_its_host() {
        for (url, expected) in [
            ("https://mcp.linear.app/sse", Some("mcp.linear.app")),
            ("http://localhost:8080/mcp/x?y", Some("localhost:8080")),
            ("https://me:secret@mcp.example.com#x", Some("mcp.example.com")),
            ("wss://a.example", Some("a.example")),
            ("mcp.linear.app/sse", None),
            ("://x", None),
            ("https:///x", None),
            ("npx -y x --url https://a.example", None),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }

    #[test]
    fn a_server_is_told_by_name_then_url_then_command() {
        let url = Some("https://mcp.linear.app/sse");
        for (name, url, command, expected) in [
            (Some("linear"), url, None, Some("linear")),
            (Some(" "), url, Some("x"), Some("mcp.linear.app")),
            (url, None, None, Some("mcp.linear.app")),
            (None, None, Some("npx -y mcp-postgres"), Some("npx -y mcp-postgres")),
            (None, Some("no url"), None, None),
            (None, None, None, None),
        ] {
            assert_eq!(told(name, url, command).as_deref(), expected);
        }
        assert_eq!(told(None, None, Some(&"ü".repeat(500))).unwrap().chars().count(), COMMAND_CHARS);
    }

    #[test]
    fn a_configured_name_is_that_of_its_tools() {
        for (configured, expected) in [
            ("github", "github"),
            ("notion-local", "notion-local"),
            ("plugin:github:octocat-mcp", "plugin_github_octocat-mcp"),
            ("claude.ai Linear (Speakeasy)", "claude_ai_Linear_Speakeasy"),
            ("claude.ai HubSpot (Speakeasy MCP Platform)", "claude_ai_HubSpot_Speakeasy_MCP_Platform"),
            ("claude.ai la-growth-machine", "claude_ai_la-growth-machine"),
            ("https://mcp.linear.app/sse", "mcp.linear.app"),
            ("plugin_slack_slack", "plugin_slack_slack"),
            ("1a2b3c4d-0000-4000-8000-123456789abc", "1a2b3c4d-0000-4000-8000-123456789abc"),
        ] {
            assert_eq!(raw(configured), expected, "{configured}");
        }
    }

    #[test]
    fn a_raw_name_reads_as_a_person_would_say_it() {
        for (raw, shown) in [
            ("github", "github"),
            ("notion-local", "notion-local"),
            ("plugin_github_octocat-mcp", "octocat-mcp (github plugin)"),
            ("plugin_slack_slack", "slack (plugin)"),
            ("plugin_my_tool_my_tool", "my_tool (plugin)"),
            ("plugin:github:octocat", "octocat (github plugin)"),
            ("plugin_", "plugin_"),
            ("plugin_x", "plugin_x"),
            ("plugin__x", "plugin__x"),
            ("plugin_ü_ü", "ü (plugin)"),
            ("claude_ai_Linear_Speakeasy", "Linear Speakeasy"),
            ("claude_ai_HubSpot_Speakeasy_MCP_Platform", "HubSpot Speakeasy MCP Platform"),
            ("claude_ai_la-growth-machine", "la-growth-machine"),
            ("claude.ai Ahrefs", "Ahrefs"),
            ("claude_ai_", "claude_ai_"),
            ("https://mcp.linear.app/sse", "mcp.linear.app"),
            ("1a2b3c4d-0000-4000-8000-123456789abc", "connector 1a2b3c4d"),
            ("1a2b3c4d_0000_4000_8000_123456789abc", "connector 1a2b3c4d"),
            ("1a2b3c4d-0000-4000-8000-123456789abx", "1a2b3c4d-0000-4000-8000-123456789abx"),
            (" spaced ", "spaced"),
            ("", ""),
        ] {
            assert_eq!(display(raw), shown, "{raw}");
        }
    }
}
