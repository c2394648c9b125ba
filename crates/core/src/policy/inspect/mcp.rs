//! Calls of MCP servers' tools: which server it is, and what is in the arguments that well-known names tell the meaning of.
//!
//! A server that serves files, fetches pages or runs commands is no way around the guard: its paths, addresses and commands are
//! judged as those of the agent's own tools. What a path at another machine means nobody knows here, so the paths of a call that
//! names a repository or a bucket are left alone.

use std::borrow::Cow;

use super::arguments::Arguments;
use super::call::{Call, FORGES};
use super::given::quoted;
use super::lists::holds;
use super::source::Written;
use super::{
    administrators, carried, code, content, deeds, disclosed, files, leaks, live, miners, people, removed, upstream,
    web,
};
use crate::event::{Family, Tool};
use crate::json;
use crate::mcp::names;
use crate::policy::effects::{Effect, Kind};
use crate::policy::facts::Facts;
use crate::policy::hosts;
use crate::policy::shell::{self, Touch};

/// Most paths, addresses and commands of one call that are looked at.
const MAX_ARGUMENTS: usize = 64;

/// What a call of a server's tool does; `None` where the tool is no server's.
pub(super) fn effects(tool: &Tool, arguments: &str, facts: &dyn Facts) -> Option<Vec<Effect>> {
    let act = |kind, target: &str| Effect::off(kind, target, &tool.name);
    if let Some((tool, arguments)) = handed_on(tool, arguments) {
        return effects(&tool, arguments, facts);
    }
    let Family::Mcp { server, tool: name } = &tool.family else {
        return names::claims_a_server(&tool.name).then(|| vec![act(Kind::McpMalformed, &tool.name)]);
    };
    let known = facts.servers();
    let server = server.as_deref().unwrap_or_default();
    let (server, name) = if server.is_empty() { names::known_prefix(name, &known) } else { (server, name.as_str()) };
    let mut effects = vec![act(Kind::McpCall, &format!("{server}/{name}"))];
    if names::is_malformed(&tool.name) {
        effects.push(act(Kind::McpMalformed, &tool.name));
    }
    if let Some(of) = names::taken_for(server, &known) {
        effects.push(act(Kind::McpLookalike, &format!("{server}, which is not {of}")));
    }
    let given = Arguments::read(arguments);
    let call = Call::of(server, name, &given);
    effects.extend(deeds::deed(&call).map(|kind| act(kind, name)));
    effects.extend(upstream::goes_past_checks(&call).then(|| act(Kind::GitBypass, name)));
    effects.extend(upstream::merged(&call, facts).map(|whose| act(Kind::PackagePublish, &whose)));
    effects.extend(given.effects(&call, &tool.name, facts));
    Some(effects)
}

json::fields!(HandedOn {
    server_name = "server_name",
    server = "server",
    camel_server = "serverName",
    tool_name = "tool_name",
    tool = "tool",
    camel_tool = "toolName",
    arguments = "arguments",
    args = "args",
    input = "input",
});

/// The call of a server's tool that a tool of an agent hands on, and its arguments: Cline's `use_mcp_tool`.
fn handed_on<'a>(tool: &Tool, arguments: &'a str) -> Option<(Tool, &'a str)> {
    (tool.family == Family::Other && tool.name.to_ascii_lowercase().contains("mcp")).then_some(())?;
    let given: HandedOn<'a> = json::object(arguments)?;
    let server = json::owned(given.server_name.or(given.server).or(given.camel_server))?;
    let name = json::owned(given.tool_name.or(given.tool).or(given.camel_tool))?;
    let inner = given.arguments.or(given.args).or(given.input).map_or("{}", serde_json::value::RawValue::get);
    let family = Family::Mcp { server: Some(server), tool: name };
    Some((Tool { name: tool.name.clone(), family }, inner))
}

impl<'a> Arguments<'a> {
    fn effects(&self, call: &Call<'_>, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
        let mut effects = Vec::new();
        let verb = Verb::of(call, !self.written.is_empty() || !self.contents.is_empty());
        let searches = call.has("search|grep|ripgrep|rg|find|glob");
        for path in few(&self.paths) {
            match (hosts::scheme(path), verb.touch()) {
                (Some(scheme), _) if scheme.len() > 1 => effects.extend(web::opened(path, tool, facts)),
                (_, Some(touch)) if !self.elsewhere => {
                    let whole =
                        (verb == Verb::Read && !searches).then(|| files::told_whole(path, tool, facts)).flatten();
                    let touched = files::touched(path, touch, tool, facts).into_iter().chain(whole);
                    effects.extend(touched.filter_map(|effect| self.meant(call, verb, effect)));
                }
                _ => {}
            }
        }
        // A search of a server is one like the agent's own.
        let pattern = self
            .value("pattern|regex|query|searchpattern|q|text|glob|name|filename")
            .filter(|_| searches && !self.elsewhere);
        if let Some(pattern) = pattern {
            // A part of a name is as good as a glob around it.
            let named = if pattern.contains('*') { pattern.to_owned() } else { format!("*{pattern}*") };
            let by_name = |path: &str| pattern.len() > 2 && files::is_hunt_by_name(&named, path, facts);
            let hunted = few(&self.paths).filter(|path| files::is_hunt(pattern, path, facts) || by_name(path));
            effects.extend(hunted.map(|path| Effect::off(Kind::SecretHunt, path, tool)));
        }
        let attached = few(&self.attached).filter(|path| hosts::scheme(path).is_none());
        effects.extend(attached.flat_map(|path| files::touched(path, Touch::Read, tool, facts)));
        if !self.elsewhere && verb != Verb::Other {
            let taken = if verb == Verb::Move { Touch::Delete } else { Touch::Read };
            let taken = few(&self.from).flat_map(|path| files::touched(path, taken, tool, facts));
            effects.extend(taken.filter_map(|effect| self.meant(call, verb, effect)));
            if matches!(verb, Verb::Move | Verb::Copy) {
                effects.extend(few(&self.from).flat_map(|path| files::whole_folder(path, tool)));
            }
            effects.extend(few(&self.to).flat_map(|path| files::touched(path, Touch::Write, tool, facts)));
        }
        let urls = few(&self.urls).filter(|url| hosts::scheme(url).is_some());
        effects.extend(urls.flat_map(|url| web::opened(url, tool, facts)));
        effects.extend(self.run(call, tool, facts));
        const DATABASES: &str = "sql|postgres|database|supabase|clickhouse|snowflake|bigquery|db";
        if call.called.iter().any(|name| holds(&name.to_ascii_lowercase(), DATABASES)) {
            let gives = |sql: &str| {
                let lower = sql.to_ascii_lowercase();
                lower.contains("grant")
                    && holds(&lower, "allusers|allauthenticatedusers|to role public|to public|to group public")
            };
            if few(&self.statements).any(gives) {
                effects.push(Effect::off(Kind::DatabaseOpen, "everybody", tool));
            }
            if few(&self.statements).any(administrators::breaks_out) {
                effects.push(Effect::off(Kind::SafetyDisable, "what keeps it reading", tool));
            }
            if live::is_meant(call) && few(&self.statements).any(administrators::are_made) {
                effects.push(Effect::off(Kind::McpAccess, "an administrator", tool));
            }
            let commands = few(&self.statements).map(|sql| format!("psql -c {}", quoted(sql)));
            effects.extend(commands.flat_map(|command| shell::analyse_in(&command, None, facts).effects));
        }
        effects.extend(self.sent(call, verb, tool, facts));
        if few(&self.scripts)
            .chain(few(&self.written))
            .chain(self.value("script|code|source|workerscript"))
            .any(leaks::copies_requests)
        {
            effects.push(Effect::off(Kind::ContentCode, "sends away what visitors send", tool));
        }
        let given_away = people::given_away(call).or_else(|| carried::along(call));
        if let Some(people) = given_away {
            effects.push(Effect::gives_away(people, tool));
        }
        effects
    }

    /// An effect on a file as the tool's name means it: what is moved is not deleted unless it goes where things vanish, and a folder is
    /// deleted with all that is in it.
    fn meant(&self, call: &Call<'_>, verb: Verb, effect: Effect) -> Option<Effect> {
        if effect.kind != Kind::FileDelete {
            return Some(effect);
        }
        if verb == Verb::Move {
            let to = self.to.first()?;
            let vanishes =
                *to == "/dev/null" || ["/tmp/", "/var/tmp/", "/dev/shm/"].iter().any(|it| to.starts_with(it));
            return vanishes.then_some(effect);
        }
        let whole =
            call.has("directory|dir|folder|tree|recursive|recursively|rmdir") || self.is_on("recursive|recursively");
        Some(Effect { recursive: effect.recursive || whole, ..effect })
    }

    /// The commands and the code that are run.
    fn run(&self, call: &Call<'_>, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
        let directory = self.directory.as_deref();
        let given: String = self.words.iter().map(|word| format!(" {}", quoted(word))).collect();
        let named = if self.words.is_empty() { &[][..] } else { &self.programs };
        let mut lines: Vec<String> =
            few(&self.commands).chain(few(named)).map(|command| format!("{command}{given}")).collect();
        // A server in front of a program is told no more than what the program is given.
        let is_shell = call.at("exec|shell|terminal|pod|pods|container|process|ssh");
        if let Some((_, program)) = PROGRAMS.iter().find(|(word, _)| call.at(word)).filter(|_| !is_shell) {
            if lines.is_empty() && !given.is_empty() && *program != "git" {
                lines.push(given.trim_start().to_owned());
            }
            let alone = |line: &&String| line.split(' ').next() != Some(program);
            let in_front: Vec<String> = lines.iter().filter(alone).map(|line| format!("{program} {line}")).collect();
            lines.extend(in_front);
        }
        if !self.typed.is_empty() && (is_shell || call.at("tmux|pty|tty|console|bash|stdin")) {
            lines.extend(few(&self.typed).map(str::to_owned));
        }
        if call.at("git") {
            lines.extend(deeds::as_git(call));
        }
        /// Programs that run Python, and notebooks.
        const PYTHONS: &str =
            "python|ipython|jupyter|notebook|colab|cell|blender|qgis|freecad|maya|houdini|ghidra|interpreter|gimp";
        let mut effects = Vec::new();
        for script in few(&self.scripts) {
            let language = self.value("language|lang|runtime|interpreter").unwrap_or_default();
            match language.to_ascii_lowercase().as_str() {
                _ if call.at("browser|page|evaluate|playwright|puppeteer|chrome|devtools|selenium") => {
                    effects.extend(leaks::given_away(script).map(|host| Effect::gives_away(host, tool)));
                }
                "python" | "py" | "python3" => lines.push(format!("python3 -c {}", quoted(script))),
                "javascript" | "js" | "node" | "typescript" => lines.push(format!("node -e {}", quoted(script))),
                "bash" | "sh" | "shell" | "zsh" => lines.push(script.to_string()),
                _ if call.at(PYTHONS) => {
                    lines.push(format!("python3 -c {}", quoted(script)));
                    lines.extend(
                        script.lines().filter_map(|line| line.trim_start().strip_prefix('!')).map(str::to_owned),
                    );
                    if let Some((_, rest)) = script.split_once('\n').filter(|(first, _)| is_cell_of_shell(first)) {
                        lines.push(rest.to_owned());
                    }
                }
                _ if call.at("javascript|js|node|deno|bun") => {
                    lines.push(format!("node -e {}", quoted(script)));
                }
                _ if is_shell
                    || call.at("bash|run|command|script|execute|build|job|pipeline") && !script.contains("=>") =>
                {
                    lines.push(script.to_string());
                }
                _ => {}
            }
        }
        if super::is_powershell(tool) {
            let own: Vec<String> = lines.iter().map(|line| format!("pwsh -Command {}", quoted(line))).collect();
            lines.extend(own);
        }
        effects.extend(lines.iter().any(|line| miners::is_started(line)).then(|| super::miner(tool)));
        if live::is_meant(call) && lines.iter().any(|line| live::shows_environment(line)) {
            effects.push(Effect::off(Kind::SecretRead, "the environment of what is live", tool));
        }
        effects.extend(lines.iter().flat_map(|line| shell::analyse_in(line, directory, facts).effects));
        effects
    }

    /// What is given away: to a file, or to the server and whoever is behind it.
    fn sent(&self, call: &Call<'_>, verb: Verb, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
        let local = self.paths.first().filter(|_| verb == Verb::Write && !self.elsewhere && !is_of_service(call));
        if let Some(path) = local {
            // To leave nothing of a file is as much as to remove it.
            let content = self.value("content|contents|text|data|filetext");
            let emptied = content
                .is_some_and(|text| text.is_empty() || path.ends_with(".tfstate") && files::is_empty_state(text));
            let removed = if emptied { shell::touched(path, Touch::Delete, tool, facts) } else { Vec::new() };
            let removed = removed.into_iter().filter(|effect| effect.kind == Kind::FileDelete);
            return few(&self.written)
                .flat_map(|text| content::written(text, None, path, tool, facts))
                .chain(removed)
                .collect();
        }
        let mut effects = Vec::new();
        // A file of a repository somewhere is read by whoever builds it, wherever it was written.
        if let Some(path) = self.paths.first().filter(|_| verb != Verb::Read && verb != Verb::List) {
            let path = &format!("/{}", path.trim_start_matches('/'));
            if crate::policy::places::is_ci(path) {
                effects.push(Effect::off(Kind::ProjectCi, path, tool));
            }
            effects.extend(
                few(&self.written).flat_map(|text| code::judged(&Written::of(text, None, path), tool, facts, false)),
            );
            effects.extend(self.unreviewed(verb).map(|path| Effect::off(Kind::ContentProtection, path, tool)));
        }
        let keeps = call.has("secret|secrets|variable|variables|env|credential|password|vault");
        let to_all = || is_shown_to_all(call) && self.all().any(|text| disclosed::in_words(text).is_some());
        if !keeps && (content::gives_key(self.raw) || to_all()) {
            effects.push(Effect::gives_away(call.called[0], tool));
        }
        let told = |text: &str| disclosed::in_words(text) == Some("password");
        if !keeps && is_of_service(call) && few(&self.written).any(told) {
            effects.push(Effect::off(Kind::ContentSecret, call.called[0], tool));
        }
        effects
    }

    /// The file by which a repository somewhere asks for reviews, and does no longer when this is done. Of files in a list each has its
    /// text; where one has none, it is deleted by what is told to be done to it.
    fn unreviewed(&self, verb: Verb) -> Option<&str> {
        let deletes =
            verb == Verb::Delete || self.values("action|operation").any(|action| action.eq_ignore_ascii_case("delete"));
        let texts = (self.paths.len() == self.contents.len()).then_some(&self.contents);
        few(&self.paths).enumerate().map(|(at, path)| (path, texts.map(|texts| texts[at].as_ref()))).find_map(
            |(path, text)| {
                let is_known = text.is_some() || deletes;
                (is_known && removed::lets_in_unreviewed(path, text)).then_some(path)
            },
        )
    }
}

/// Whether what is written goes to a service that keeps it for others, whatever its file is called there.
fn is_of_service(call: &Call<'_>) -> bool {
    const SERVICES: &str = "gist|gists|snippet|snippets|paste|pastebin|notion|confluence|jira|\
        linear|slack|discord|telegram|teams|gdrive|drive|dropbox|onedrive|sharepoint|box|s3|gcs|trello|asana|gmail|outlook|wiki|\
        airtable|hubspot|zendesk|figma|cloudflare|vercel|netlify|huggingface|replit|codepen|codesandbox";
    call.at(FORGES) || call.at(SERVICES)
}

/// Whether what is written can be read by whoever finds it.
fn is_shown_to_all(call: &Call<'_>) -> bool {
    const SHOWN: &str = "gist|gists|snippet|snippets|paste|pastebin|hastebin|codepen|codesandbox|tweet|publish|stackoverflow|discussion";
    call.given.is_on("public|ispublic") || call.at(SHOWN)
}

/// As many of some arguments as are looked at.
fn few<'s>(texts: &'s [Cow<'_, str>]) -> impl Iterator<Item = &'s str> {
    texts.iter().take(MAX_ARGUMENTS).map(AsRef::as_ref)
}

/// Servers in front of a program, by a word of their names.
const PROGRAMS: &[(&str, &str)] = &[
    ("git", "git"),
    ("redis", "redis-cli"),
    ("valkey", "valkey-cli"),
    ("kubectl", "kubectl"),
    ("kubernetes", "kubectl"),
    ("helm", "helm"),
    ("docker", "docker"),
    ("podman", "podman"),
    ("terraform", "terraform"),
    ("tofu", "tofu"),
    ("pulumi", "pulumi"),
    ("aws", "aws"),
    ("gcloud", "gcloud"),
    ("azure", "az"),
    ("az", "az"),
    ("gh", "gh"),
    ("flyctl", "flyctl"),
    ("heroku", "heroku"),
    ("doctl", "doctl"),
];

/// Whether a notebook's cell is for a shell, by its first line.
fn is_cell_of_shell(first: &str) -> bool {
    ["%%bash", "%%sh", "%%script", "%%system"].iter().any(|mark| first.trim_start().starts_with(mark))
}

/// What a tool does with a path, by the words of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Read,
    Write,
    Delete,
    Move,
    Copy,
    /// It only names files, or says something about them.
    List,
    Other,
}

impl Verb {
    fn of(call: &Call<'_>, gives_content: bool) -> Self {
        match () {
            () if call.has("delete|remove|rm|unlink|trash") => Self::Delete,
            () if call.has("move|rename|mv") => Self::Move,
            () if call.has("copy|cp") => Self::Copy,
            () if call.has("write|edit|append|create|save|put|patch|insert|replace|modify") => Self::Write,
            () if call.has("list|ls|tree|stat|info|exists|find|mkdir|glob") => Self::List,
            () if call.has("read|get|cat|view|open|load|show|head|tail|download") => Self::Read,
            () if call.has("search|grep") => Self::Read,
            () if gives_content => Self::Write,
            () if call.has("file|files") => Self::Read,
            () => Self::Other,
        }
    }

    fn touch(self) -> Option<Touch> {
        match self {
            Self::Read | Self::Copy | Self::Other => Some(Touch::Read),
            Self::Write => Some(Touch::Write),
            Self::Delete | Self::Move => Some(Touch::Delete),
            Self::List => None,
        }
    }
}
