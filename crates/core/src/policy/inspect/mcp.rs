//! Calls of MCP servers' tools: which server it is, and what is in the arguments that well-known names tell the meaning of.
//!
//! A server that serves files, fetches pages or runs commands is no way around the guard: its paths, addresses and commands are
//! judged as those of the agent's own tools. What a path at another machine means nobody knows here, so the paths of a call that
//! names a repository or a bucket are left alone.

use std::borrow::Cow;

use super::arguments::Arguments;
use super::call::{Call, FORGES};
use super::given::quoted;
use super::source::Written;
use super::{
    administrators, carried, code, content, deeds, disclosed, exported, figures, files, fleets, harvested, images,
    leaks, links, live, miners, mutations, payees, people, relays, removed, upstream, web,
};
use crate::event::{Family, Tool};
use crate::json;
use crate::mcp::names;
use crate::policy::effects::{Effect, Kind};
use crate::policy::facts::Facts;
use crate::policy::hosts;
use crate::policy::lists::holds;
use crate::policy::places;
use crate::policy::shell::{self, Touch};

/// Most paths, addresses and commands of one call that are looked at.
const MAX_ARGUMENTS: usize = 64;

/// What a call of a server's tool does; `None` where the tool is no server's.
pub(super) fn effects(tool: &Tool, arguments: &str, facts: &dyn Facts) -> Option<Vec<Effect>> {
    let act = |kind, target: &str| Effect::without_place(kind, target, &tool.name);
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
    effects.extend(deeds::deed(&call).or_else(|| mutations::deed(&call)).map(|kind| act(kind, name)));
    let unchecked = upstream::goes_past_checks(&call) || upstream::goes_unasked(&call);
    effects.extend(unchecked.then(|| act(Kind::GitBypass, name)));
    let moves_account = upstream::moves_account(&call) || payees::are_told(&call);
    effects.extend(moves_account.then(|| act(Kind::McpPay, name)));
    effects.extend(upstream::merged(&call, facts).map(|whose| act(Kind::PackagePublish, &whose)));
    let verb = Verb::of(&call, !given.written.is_empty() || !given.contents.is_empty());
    effects.extend(Judged { call: &call, given: &given, verb, tool: &tool.name, facts }.effects());
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

/// A call that is judged by what it is given.
struct Judged<'c> {
    call: &'c Call<'c>,
    given: &'c Arguments<'c>,
    verb: Verb,
    /// The tool, as the agent calls it.
    tool: &'c str,
    facts: &'c dyn Facts,
}

impl Judged<'_> {
    fn effects(&self) -> Vec<Effect> {
        let effects = [
            self.touched(),
            self.hunted(),
            self.moved(),
            self.opened(),
            self.run(),
            self.queried(),
            self.sent(),
            self.given_away(),
        ];
        effects.into_iter().flatten().collect()
    }

    fn effect(&self, kind: Kind, target: &str) -> Effect {
        Effect::without_place(kind, target, self.tool)
    }

    /// Whether the tool looks for something in files.
    fn searches(&self) -> bool {
        self.call.has("search|grep|ripgrep|rg|find|glob")
    }

    /// What is done to the files that are named.
    fn touched(&self) -> Vec<Effect> {
        let (tool, facts) = (self.tool, self.facts);
        let reads_whole = self.verb == Verb::Read && !self.searches();
        let mut effects = Vec::new();
        for path in few(&self.given.paths) {
            match (hosts::scheme(path), self.verb.touch()) {
                (Some(scheme), _) if scheme.len() > 1 => effects.extend(web::opened(path, tool, facts)),
                (_, Some(touch)) if !self.given.elsewhere => {
                    let whole = reads_whole.then(|| files::told_whole(path, tool, facts)).flatten();
                    let touched = files::touched(path, touch, tool, facts).into_iter().chain(whole);
                    effects.extend(touched.filter_map(|effect| self.meant(effect)));
                }
                _ => {}
            }
        }
        effects
    }

    /// What is hunted for: a search of a server is one like the agent's own.
    fn hunted(&self) -> Vec<Effect> {
        let pattern = self.given.value("pattern|regex|query|searchpattern|q|text|glob|name|filename");
        let Some(pattern) = pattern.filter(|_| self.searches() && !self.given.elsewhere) else { return Vec::new() };
        // A part of a name is as good as a glob around it.
        let named = if pattern.contains('*') { pattern.to_owned() } else { format!("*{pattern}*") };
        let by_name = |path: &str| pattern.len() > 2 && files::is_hunt_by_name(&named, path, self.facts);
        let hunted = few(&self.given.paths).filter(|path| files::is_hunt(pattern, path, self.facts) || by_name(path));
        hunted.map(|path| self.effect(Kind::SecretHunt, path)).collect()
    }

    /// What is done to files that are handed on, and to those that are moved or copied.
    fn moved(&self) -> Vec<Effect> {
        let touched = |path: &str, touch| files::touched(path, touch, self.tool, self.facts);
        let attached = few(&self.given.attached).filter(|path| hosts::scheme(path).is_none());
        let mut effects: Vec<Effect> = attached.flat_map(|path| touched(path, Touch::Read)).collect();
        if self.given.elsewhere || self.verb == Verb::Other {
            return effects;
        }
        let from = if self.verb == Verb::Move { Touch::Delete } else { Touch::Read };
        let taken = few(&self.given.from).flat_map(|path| touched(path, from));
        effects.extend(taken.filter_map(|effect| self.meant(effect)));
        if matches!(self.verb, Verb::Move | Verb::Copy) {
            effects.extend(few(&self.given.from).flat_map(|path| files::whole_folder(path, self.tool)));
        }
        effects.extend(few(&self.given.to).flat_map(|path| touched(path, Touch::Write)));
        effects
    }

    /// The addresses that are opened.
    fn opened(&self) -> Vec<Effect> {
        let urls = few(&self.given.urls).filter(|url| hosts::scheme(url).is_some());
        urls.flat_map(|url| web::opened(url, self.tool, self.facts)).collect()
    }

    /// The statements that a database is given.
    fn queried(&self) -> Vec<Effect> {
        const DATABASES: &str = "sql|postgres|database|supabase|clickhouse|snowflake|bigquery|db|redshift|databricks|athena|trino|presto|oracle|maria|\
            cockroach|planetscale|synapse|teradata|vertica|warehouse|timescale|singlestore|yugabyte|firebolt|motherduck";
        if !self.call.called.iter().any(|name| holds(&name.to_ascii_lowercase(), DATABASES)) {
            return Vec::new();
        }
        let any = |is: fn(&str) -> bool| few(&self.given.statements).any(is);
        let mut effects = Vec::new();
        if any(administrators::let_everybody) {
            effects.push(self.effect(Kind::DatabaseOpen, "everybody"));
        }
        if any(administrators::breaks_out) {
            effects.push(self.effect(Kind::SafetyDisable, "what keeps it reading"));
        }
        if live::is_meant(self.call) && any(administrators::are_made) {
            effects.push(self.effect(Kind::McpAccess, "an administrator"));
        }
        if !live::is_tried(self.call) && any(administrators::take_over) {
            effects.push(self.effect(Kind::McpAccess, "somebody's account"));
        }
        if !live::is_tried(self.call) && any(figures::are_raised) {
            effects.push(self.effect(Kind::McpPay, "somebody's balance, account or pay"));
        }
        let taken_out = few(&self.given.statements).find_map(|sql| exported::people(sql, self.call));
        effects.extend(taken_out.map(|bucket| Effect::gives_away(bucket, self.tool)));
        let base = self.base();
        let commands = few(&self.given.statements).map(|sql| format!("psql{base} -c {}", quoted(sql)));
        effects.extend(commands.flat_map(|command| shell::analyse_in(&command, None, self.facts).effects));
        effects
    }

    /// The database of this machine that statements are for, as a client is told of it; nothing where it is elsewhere, or nobody knows where.
    fn base(&self) -> String {
        let Some(base) = live::base_here(self.call) else { return String::new() };
        format!(" -h localhost -d {}", quoted(&base))
    }

    /// An effect on a file as the tool's name means it: what is moved is not deleted unless it goes where things vanish, and a folder is
    /// deleted with all that is in it.
    fn meant(&self, effect: Effect) -> Option<Effect> {
        if effect.kind != Kind::FileDelete {
            return Some(effect);
        }
        if self.verb == Verb::Move {
            let to = self.given.to.first()?;
            let vanishes =
                *to == "/dev/null" || ["/tmp/", "/var/tmp/", "/dev/shm/"].iter().any(|it| to.starts_with(it));
            return vanishes.then_some(effect);
        }
        let whole = self.call.has("directory|dir|folder|tree|recursive|recursively|rmdir")
            || self.given.is_on("recursive|recursively");
        Some(Effect { recursive: effect.recursive || whole, ..effect })
    }

    /// The commands and the code that are run.
    fn run(&self) -> Vec<Effect> {
        let mut lines = self.commands();
        let mut effects = Vec::new();
        for script in few(&self.given.scripts) {
            match self.language() {
                Language::OfPage => {
                    let host = leaks::given_away(script);
                    effects.extend(host.map(|host| Effect::gives_away(host, self.tool)));
                }
                Language::Python => lines.push(format!("python3 -c {}", quoted(script))),
                Language::Notebook => {
                    lines.push(format!("python3 -c {}", quoted(script)));
                    let of_shell = script.lines().filter_map(|line| line.trim_start().strip_prefix('!'));
                    lines.extend(of_shell.map(str::to_owned));
                    let cell = script.split_once('\n').filter(|(first, _)| is_cell_of_shell(first));
                    lines.extend(cell.map(|(_, rest)| rest.to_owned()));
                }
                Language::JavaScript => lines.push(format!("node -e {}", quoted(script))),
                Language::Shell => lines.push(script.to_owned()),
                Language::Unknown if !script.contains("=>") => lines.push(script.to_owned()),
                Language::Unknown | Language::Other => {}
            }
        }
        if self.sets_job() && self.given.all().any(|text| text.contains("http") && text.lines().any(fetches_and_runs)) {
            effects.push(self.effect(Kind::CodeFetched, "a step of a job"));
        }
        if super::is_powershell(self.tool) {
            let own: Vec<String> = lines.iter().map(|line| format!("pwsh -Command {}", quoted(line))).collect();
            lines.extend(own);
        }
        effects.extend(lines.iter().any(|line| miners::is_started(line)).then(|| super::miner(self.tool)));
        if live::is_meant(self.call) && lines.iter().any(|line| live::shows_environment(line)) {
            effects.push(self.effect(Kind::SecretRead, live::ENVIRONMENT));
        }
        let directory = self.given.directory.as_deref();
        effects.extend(lines.iter().flat_map(|line| shell::analyse_in(line, directory, self.facts).effects));
        effects
    }

    /// Whether what a build server does is written.
    fn sets_job(&self) -> bool {
        const BUILDERS: &str = "jenkins|circleci|buildkite|teamcity|azuredevops|drone|argo|bamboo|travis|semaphore|codepipeline|codebuild|spinnaker|\
            harness|octopus|woodpecker|tekton|bitrise|codemagic|concourse|gocd|rundeck|awx|tower|ci|cicd|pipelines|airflow|prefect|dagster|\
            cloudbuild|gitlab|appveyor|n8n|windmill|kestra|temporal";
        const SETS: &str =
            "create|update|set|edit|patch|put|save|replace|configure|modify|add|upsert|import|write|copy";
        const WHAT: &str = "job|jobs|pipeline|pipelines|config|configuration|step|steps|build|template|project|workflow|task|definition|schedule|dag|runner|\
            trigger|variable|hook|stage|agent|node";
        self.call.served(BUILDERS) && self.call.has(SETS) && self.call.has(WHAT)
    }

    /// Whether what the tool is given goes to a shell.
    fn is_shell(&self) -> bool {
        self.call.at("exec|shell|terminal|pod|pods|container|process|ssh")
    }

    /// The commands that are told as such, or typed into a shell.
    fn commands(&self) -> Vec<String> {
        let (call, given) = (self.call, self.given);
        let words: String = given.words.iter().map(|word| format!(" {}", quoted(word))).collect();
        let programs = if given.words.is_empty() { &[][..] } else { &given.programs };
        let told = few(&given.commands).chain(few(programs));
        let mut lines: Vec<String> = told.map(|command| format!("{command}{words}")).collect();
        // A server in front of a program is told no more than what the program is given.
        if let Some((_, program)) = PROGRAMS.iter().find(|(word, _)| call.at(word)).filter(|_| !self.is_shell()) {
            if lines.is_empty() && !words.is_empty() && *program != "git" {
                lines.push(words.trim_start().to_owned());
            }
            let alone = |line: &&String| line.split(' ').next() != Some(program);
            let in_front: Vec<String> = lines.iter().filter(alone).map(|line| format!("{program} {line}")).collect();
            lines.extend(in_front);
        }
        if !given.typed.is_empty() && (self.is_shell() || call.at("tmux|pty|tty|console|bash|stdin")) {
            lines.extend(few(&given.typed).map(str::to_owned));
        }
        if call.at("git") {
            lines.extend(deeds::as_git(call));
        }
        lines.extend(fleets::as_broker(call));
        lines
    }

    /// The language of the code that is run: by the server where it is one for pages, else as it is told, else by the server again.
    fn language(&self) -> Language {
        const PAGES: &str = "browser|page|evaluate|playwright|puppeteer|chrome|devtools|selenium";
        const NOTEBOOKS: &str =
            "python|ipython|jupyter|notebook|colab|cell|blender|qgis|freecad|maya|houdini|ghidra|interpreter|gimp";
        let told = self.given.value("language|lang|runtime|interpreter").unwrap_or_default().to_ascii_lowercase();
        match told.as_str() {
            _ if self.call.at(PAGES) => Language::OfPage,
            "python" | "py" | "python3" => Language::Python,
            "javascript" | "js" | "node" | "typescript" => Language::JavaScript,
            "bash" | "sh" | "shell" | "zsh" => Language::Shell,
            _ if self.call.at(NOTEBOOKS) => Language::Notebook,
            _ if self.call.at("javascript|js|node|deno|bun") => Language::JavaScript,
            _ if self.is_shell() => Language::Shell,
            _ if self.call.at("bash|run|command|script|execute|build|job|pipeline") => Language::Unknown,
            _ => Language::Other,
        }
    }

    /// What is written: to a file, or to the server and whoever is behind it.
    fn sent(&self) -> Vec<Effect> {
        let (given, tool, facts) = (self.given, self.tool, self.facts);
        let of_service = is_of_service(self.call);
        if let Some(path) = given.paths.first().filter(|_| self.verb == Verb::Write && !given.elsewhere && !of_service)
        {
            let written = few(&given.written).flat_map(|text| content::written(text, None, path, tool, facts));
            return written.chain(self.emptied(path)).collect();
        }
        let mut effects = Vec::new();
        // A file of a repository somewhere is read by whoever builds it, wherever it was written.
        if let Some(path) = given.paths.first().filter(|_| !matches!(self.verb, Verb::Read | Verb::List)) {
            let path = &format!("/{}", path.trim_start_matches('/'));
            if places::is_ci(path) {
                effects.push(self.effect(Kind::ProjectCi, path));
            }
            let judged = |text| code::judged(&Written::of(text, None, path), tool, facts, false);
            effects.extend(few(&given.written).flat_map(judged));
            let of_forge = self.call.at(FORGES) && given.paths.len() == given.contents.len();
            let whole = few(&given.paths).zip(few(&given.contents)).filter(|_| of_forge);
            let bared = |(path, text): (&str, &str)| {
                content::weakened(text, None, &format!("/{}", path.trim_start_matches('/')), tool, facts)
            };
            effects.extend(whole.filter_map(bared));
            effects.extend(self.unreviewed().map(|path| self.effect(Kind::ContentProtection, path)));
        }
        if self.call.has("secret|secrets|variable|variables|env|credential|password|vault") {
            return effects;
        }
        let server = self.call.called[0];
        let to_all = || is_shown_to_all(self.call) && given.all().any(|text| disclosed::in_words(text).is_some());
        if content::gives_key(given.raw) || to_all() {
            effects.push(Effect::gives_away(server, tool));
        }
        let mut told = few(&given.written).chain(given.values(TOLD));
        if of_service && told.any(|text| disclosed::in_words(text).is_some()) {
            effects.push(self.effect(Kind::ContentSecret, server));
        }
        effects
    }

    /// A file of which nothing is left: that is as much as to remove it.
    fn emptied(&self, path: &str) -> Vec<Effect> {
        let is_nothing = |text: &str| text.is_empty() || path.ends_with(".tfstate") && files::is_empty_state(text);
        if !self.given.value("content|contents|text|data|filetext").is_some_and(is_nothing) {
            return Vec::new();
        }
        let mut removed = shell::touched(path, Touch::Delete, self.tool, self.facts);
        removed.retain(|effect| effect.kind == Kind::FileDelete);
        removed
    }

    /// What goes with what is given to whom it is not for: visitors' data by a program that runs between, people's data, ways in; and what is
    /// known of people, to a talk.
    fn given_away(&self) -> Vec<Effect> {
        let given = self.given;
        let code = few(&given.scripts).chain(few(&given.written));
        let mut code = code.chain(given.value("script|code|source|workerscript"));
        let copies = code.any(leaks::copies_requests);
        let copied = copies.then(|| self.effect(Kind::ContentCode, "sends away what visitors send"));
        let along = people::given_away(self.call).or_else(|| carried::along(self.call));
        let along = along.or_else(|| links::hand_over(self.call).then_some("a link to what is known of people"));
        let along = along.or_else(|| relays::carry_out(self.call).then_some("what comes in from now on"));
        let along = along.map(str::to_owned).or_else(|| exported::table(self.call));
        let people = harvested::are_people(self.call).then(|| self.effect(Kind::PeopleRead, "what is known of people"));
        copied.into_iter().chain(people).chain(along.map(|what| Effect::gives_away(what, self.tool))).collect()
    }

    /// The file by which a repository somewhere asks for reviews, and does no longer when this is done. Of files in a list each has its
    /// text; where one has none, it is deleted by what is told to be done to it.
    fn unreviewed(&self) -> Option<&str> {
        let given = self.given;
        let told = || given.values("action|operation").any(|action| action.eq_ignore_ascii_case("delete"));
        let deletes = self.verb == Verb::Delete || told();
        let texts = (given.paths.len() == given.contents.len()).then_some(&given.contents);
        let mut files = few(&given.paths).enumerate().map(|(at, path)| (path, texts.map(|texts| texts[at].as_ref())));
        let is_open = |text: Option<&str>, path| (text.is_some() || deletes) && removed::lets_in_unreviewed(path, text);
        files.find_map(|(path, text)| is_open(text, path).then_some(path))
    }
}

/// What code that a tool runs is written in.
#[derive(Clone, Copy)]
enum Language {
    /// What a page's script is.
    OfPage,
    Python,
    /// Python, and lines for a shell among it.
    Notebook,
    JavaScript,
    Shell,
    /// What may be for a shell.
    Unknown,
    Other,
}

/// What people write to one another, where it is not called a text.
const TOLD: &str = "comment|commentbody|commenttext|reply|replybody|answer|note|notes|description|htmlbody|textbody|bodytext|bodyhtml|plaintext|msg|\
    messagetext|publiccomment|publicreply|bodymarkdown|caption|comments|worknotes|additionalcomments|worknote|summary|details|fulldescription";

/// Whether what is written goes to a service that keeps it for others, whatever its file is called there.
fn is_of_service(call: &Call<'_>) -> bool {
    const SERVICES: &str = "gist|gists|snippet|snippets|paste|pastebin|notion|confluence|jira|\
        linear|slack|discord|telegram|teams|gdrive|drive|dropbox|onedrive|sharepoint|box|s3|gcs|trello|asana|gmail|outlook|wiki|\
        airtable|hubspot|zendesk|intercom|freshdesk|helpscout|servicenow|atlassian|youtrack|redmine|clickup|monday|basecamp|shortcut|mattermost|\
        whatsapp|mail|email|smtp|ses|sendgrid|resend|mailgun|postmark|figma|cloudflare|vercel|netlify|huggingface|replit|codepen|codesandbox|zulip|rocketchat|matrix|googlechat|webex|lark|feishu|signal|line|viber|\
        twilio|sms|msteams|servicedesk|helpdesk|crisp|gorgias|kustomer|front|bookstack|outline|coda|quip|guru|slab|fastmail|imap|exchange|discourse|irc";
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

/// Whether a line of a job fetches something and runs it at once.
fn fetches_and_runs(line: &str) -> bool {
    line.contains("http") && holds(line, "curl|wget|iwr|DownloadString") && images::runs_at_once(line)
}

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
