//! Forges, and the programs that keep versions of files beside git.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::{Options, Spec, read};
use super::super::super::state::State;
use super::super::super::value::Text;
use super::super::Program;
use super::{Entry, Tool, on, spec, token, unless, with};
use crate::policy::effects::Kind::{
    self, CloudAccess, CloudDeploy, ForgeDestroy, GitBranchDelete, GitBypass, GitClean, GitDeleteRemote, GitDiscard,
    GitForcePush, GitHardReset, GitRecovery, GitRewrite, GitStashDrop, PackagePublish, SafetyDisable, SecretRead,
    ServiceChange,
};
use crate::policy::inspect::guards;
use crate::policy::lists::{holds, is, parts};

const FORGE: Spec = spec(
    "RXfFHbtnqB",
    &[
        "repo=",
        "method=",
        "field=",
        "raw-field=",
        "header=",
        "jq=",
        "template=",
        "input=",
        "body=",
        "title=",
        "notes=",
        "name=",
        "output=",
        "limit=",
        "visibility=",
        "env=",
        "org=",
        "group=",
        "tag=",
        "target=",
        "host=",
        "hostname=",
        "show-token",
        "draft?",
        "public?",
        "private?",
        "internal?",
        "admin",
        "force",
        "scopes=",
        "enable-secret-scanning?",
        "enable-secret-scanning-push-protection?",
        "enable-advanced-security?",
        "login=",
        "remote=",
        "archived=",
    ],
);

const FORGE_ENTRIES: &[Entry] = &[
    with("workflow run", &["@production"], CloudDeploy),
    Entry {
        path: "pr|mr|pulls review|approve",
        with: &["@own"],
        without: &["comment", "c", "request-changes", "r"],
        kind: CloudAccess,
        token: false,
    },
    on("repo|repos|project delete|rm|archive|rename|transfer", ForgeDestroy),
    with(
        "repo edit",
        &[
            "visibility",
            "enable-secret-scanning=false",
            "enable-secret-scanning-push-protection=false",
            "enable-advanced-security=false",
        ],
        ForgeDestroy,
    ),
    with("repo update", &["archive", "visibility"], ForgeDestroy),
    with("repo sync", &["force"], GitForcePush),
    with("repo|repos create", &["public", "visibility=public"], CloudAccess),
    on("repo|repos deploy-key add|delete|remove", CloudAccess),
    on("deploy-key|ssh-key|gpg-key add|delete|remove|create", CloudAccess),
    on("token create|revoke|rotate|delete", CloudAccess),
    on("repo members|collaborators|collaborator add|remove|update|delete", CloudAccess),
    on("webhook|webhooks|hook create|add|delete|update|edit", CloudAccess),
    on("branches|branch unprotect|protect", CloudAccess),
    on("release|releases delete|delete-asset|rm", ForgeDestroy),
    unless("release|releases create", &["draft", "d"], PackagePublish),
    with("release|releases edit", &["draft=false", "latest"], PackagePublish),
    on("release|releases upload", PackagePublish),
    on("secret|variable|variables|secrets set|delete|remove|update|import", ForgeDestroy),
    on("actions secrets|variables create|delete|set", ForgeDestroy),
    on("securefile remove|download", SecretRead),
    token("auth token"),
    on("config get token|oauth_token", SecretRead),
    with("auth status", &["t", "show-token"], SecretRead),
    with("auth refresh", &["s", "scopes"], CloudAccess),
    on("gist create|new", PackagePublish),
    on(
        "issue|issues|gist|label|labels|milestone|milestones|project|run|codespace|cs|environment|ruleset|schedule|mr|pipeline|ci|org|orgs delete|rm",
        ForgeDestroy,
    ),
    on("codespace|cs ports visibility *:public", CloudAccess),
    on("workflow disable", GitBypass),
    with("pr merge", &["admin"], ForgeDestroy),
    with("api", &["X=DELETE", "method=DELETE", "X=delete", "method=delete"], ForgeDestroy),
];

/// Every tool of this file.
pub(super) const TOOLS: &[Tool] = &[
    Tool { names: &["gh", "tea", "fj", "berg"], spec: FORGE, entries: FORGE_ENTRIES },
    Tool {
        names: &["hub"],
        spec: spec("mftdF", &["message=", "file=", "commitish="]),
        entries: &[
            on("delete", ForgeDestroy),
            unless("release create", &["d", "draft"], PackagePublish),
            on("release delete", ForgeDestroy),
            on("gist create", PackagePublish),
            unless("create", &["p", "private"], PackagePublish),
            with("api", &["X=DELETE", "method=DELETE"], ForgeDestroy),
        ],
    },
    // Hooks, by those who keep them.
    Tool {
        names: &["pre-commit", "prek", "husky", "lefthook", "overcommit", "simple-git-hooks"],
        spec: spec("ct", &["config=", "hook-type="]),
        entries: &[with("", &["uninstall"], GitBypass), on("uninstall", GitBypass)],
    },
    Tool {
        names: &["hg", "rhg", "sl"],
        spec: spec("RrmB", &["repository=", "rev=", "cwd=", "config=", "message="]),
        entries: &[
            with("push", &["f", "force"], GitForcePush),
            with("update|up|checkout|co|goto", &["C", "clean"], GitHardReset),
            with("revert", &["a", "all", "no-backup", "C"], GitDiscard),
            unless("purge|clean", &["p", "print"], GitClean),
            on("strip|debugstrip|rollback|hide", GitRecovery),
            on("histedit|convert", GitRewrite),
            with("bookmark|book", &["d", "delete"], GitBranchDelete),
            with("shelve", &["d", "delete", "cleanup"], GitStashDrop),
        ],
    },
    Tool {
        names: &["svn"],
        spec: spec("mrF", &["message=", "revision=", "depth=", "file=", "username=", "password="]),
        entries: &[
            on("delete|del|remove|rm *://*", GitDeleteRemote),
            with("revert", &["R", "recursive", "remove-added"], GitDiscard),
            with("cleanup", &["remove-unversioned", "remove-ignored"], GitClean),
            on("propdel|pdel svn:*", GitBypass),
        ],
    },
    Tool { names: &["svnadmin"], spec: spec("", &[]), entries: &[on("rmtxns|obliterate|setuuid", GitRewrite)] },
    Tool {
        names: &["jj"],
        spec: spec("RrbBm", &["repository=", "revision=", "bookmark=", "message="]),
        entries: &[
            with("git push", &["deleted"], GitDeleteRemote),
            on("operation|op abandon", GitRecovery),
            with("util gc", &["expire=now"], GitRecovery),
        ],
    },
    Tool {
        names: &["p4"],
        spec: spec("pucPd", &[]),
        entries: &[
            on("obliterate", GitRewrite),
            unless("revert ...|//...", &["n", "k"], GitDiscard),
            unless("clean", &["n"], GitClean),
            with("client|branch|label|depot|user", &["d"], ForgeDestroy),
        ],
    },
    Tool {
        names: &["dvc"],
        spec: spec("rj", &["remote=", "jobs="]),
        entries: &[with("gc", &["c", "cloud", "not-in-remote", "f", "force"], GitRecovery), on("destroy", GitRecovery)],
    },
    Tool {
        names: &["fossil"],
        spec: spec("R", &[]),
        entries: &[on("shun|purge|scrub", GitRewrite), on("clean|extras --force", GitClean), on("revert", GitDiscard)],
    },
    Tool {
        names: &["repo"],
        spec: spec("", &[]),
        entries: &[
            with("sync", &["force-sync", "force-remove-dirty"], GitHardReset),
            on("prune|abandon", GitBranchDelete),
        ],
    },
    // Build servers.
    Tool {
        names: &["jenkins-cli"],
        spec: spec("s", &["auth=", "i="]),
        entries: &[
            on(
                "** delete-*|clear-queue|quiet-down|safe-shutdown|shutdown|restart|safe-restart|disable-job|offline-node|reload-configuration",
                ForgeDestroy,
            ),
            on("** groovy|groovysh", SecretRead),
            on("** get-credentials-*|list-credentials-as-xml", SecretRead),
            on(
                "** create-credentials-*|update-credentials-*|set-build-parameter|install-plugin|disable-plugin",
                CloudAccess,
            ),
        ],
    },
    Tool {
        names: &[
            "circleci",
            "buildkite-agent",
            "drone",
            "travis",
            "woodpecker-cli",
            "semaphore",
            "codefresh",
            "concourse",
            "gitlab-runner",
            "teamcity",
        ],
        spec: spec("tcp", &["token=", "org=", "project=", "repository=", "target=", "pipeline="]),
        entries: &[
            on("** delete|rm|remove|remove-secret|destroy|purge|unregister", ForgeDestroy),
            on("destroy-pipeline|prune-worker|delete-*", ForgeDestroy),
            on("** secret|secrets get|show", SecretRead),
            on("token|env show", SecretRead),
        ],
    },
];

const GLAB: Tool = Tool {
    names: &["glab"],
    spec: FORGE,
    entries: &[
        // Its variables are the secrets of its builds.
        on("variable|variables list|ls|get|export", SecretRead),
        on("securefile download", SecretRead),
        with("snippet create|new", &["visibility=public", "v=public"], PackagePublish),
        on("snippet create|new", PackagePublish),
    ],
};

pub(super) fn program(name: &str) -> Option<Program> {
    match name {
        "gh" | "tea" | "fj" | "berg" => Some(forge),
        "glab" => Some(gitlab),
        _ => None,
    }
}

/// What is said to a forge's interface directly, and what may not be done there unasked.
fn forge(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &FORGE);
    if options.operands.first().is_some_and(|verb| verb.shown() == "api")
        && let Some((kind, what)) = changed(&options, &sent(machine, state, &options))
    {
        return machine.act(kind, what);
    }
    let words: Vec<String> = options.operands.iter().take(2).map(Text::shown).collect();
    let ends = |noun: &str, verb: &str| {
        is(noun, "issue|issues|pr|mr|discussion|milestone") && is(verb, "close|lock|merge|delete|comment|transfer")
    };
    if machine.many && matches!(words.as_slice(), [noun, verb] if ends(noun, verb)) {
        machine.act(ServiceChange, words.join(" "));
    }
    let opens = |noun: &str, verb: &str| is(noun, "issue|pr|mr|discussion") && is(verb, "create|new|comment");
    let anywhere = || options.value(&["R", "repo"]).is_some_and(|repository| repository.as_known().is_none());
    if machine.many && matches!(words.as_slice(), [noun, verb] if opens(noun, verb)) && anywhere() {
        machine.act(Kind::NetMailing, words.join(" "));
    }
    super::table(machine, call, state);
}

fn gitlab(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &FORGE);
    let words: Vec<String> = options.operands.iter().map(Text::shown).collect();
    if !options.is_help() && super::apply(machine, state, &call.name, &GLAB, &options, &words) {
        return;
    }
    let call = Call { name: "gh".to_owned(), args: call.args.clone() };
    forge(machine, &call, state);
}

/// What is sent to a forge's interface as a file or a text, in lower case and without blanks.
fn sent(machine: &mut Machine<'_>, state: &mut State, options: &Options) -> String {
    let Some(file) = options.value(&["input"]).cloned() else { return String::new() };
    let text = if file.shown() == "-" { machine.input(state, 0) } else { machine.read_file(state, &file) };
    text.shown().chars().take(MAX_SENT).filter(|char| !char.is_whitespace()).collect::<String>().to_ascii_lowercase()
}

/// How much of it is looked at.
const MAX_SENT: usize = 8 * 1024;

/// Ends and parts of addresses of a forge's interface that decide who may do what.
const ACCESS: &str = "/protection|/collaborators|/keys|/hooks|/memberships|/members|/rulesets|/invitations|/transfer|/actions/permissions|\
    /runners/registration-token|/actions/secrets|/protected_branches|/deploy_keys|/access_tokens|/environments|/branch_protections|\
    /vulnerability-alerts|/automated-security-fixes|/personal_access_tokens|/installations|/push_rule";

/// What a query is called that changes who may do what, or deletes something.
const GRAVE_QUERIES: &str = "deleteRef|deleteIssue|BranchProtection|deleteRepository|archiveRepository|Collaborator|deleteProject|\
    updateRef|RepositoryRuleset|transferIssue";

/// Fields by which something is opened to others, or history may be lost.
const OPENS: &str =
    "private=false|visibility=public|archived=true|allow_force_pushes=true|force=true|visibility=internal";

/// What a call of the interface changes that is a matter of rights, of what guards, or of a person's word. `sent` is what it sends besides
/// its fields.
fn changed(options: &Options, sent: &str) -> Option<(Kind, String)> {
    let address = options.operands.get(1)?.shown();
    let fields: Vec<String> = options.values(&["f", "F", "field", "raw-field"]).map(Text::shown).collect();
    if address == "graphql" {
        let query = fields.iter().find(|field| field.starts_with("query="))?;
        return (query.contains("mutation") && holds(query, GRAVE_QUERIES)).then_some((CloudAccess, address));
    }
    let method = options.value(&["X", "method"]).map(|method| method.shown().to_ascii_uppercase());
    let sends = !fields.is_empty() || options.has(&["input"]);
    if method.as_deref().map_or(!sends, |method| method == "GET") {
        return None;
    }
    let (path, asked) = address.split_once('?').unwrap_or((&address, ""));
    let path = path.trim_end_matches('/');
    let said = format!("{}&{asked}&{sent}", fields.join("&")).to_ascii_lowercase();
    let is_part = |part: &str| path.split_once(part).is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with('/'));
    let kind = match () {
        () if method.as_deref() != Some("DELETE") && guards::are_passed_by(path, &said) => CloudDeploy,
        () if guards::are_lowered_by(path, &said) => SafetyDisable,
        () if parts(ACCESS).any(is_part) || fields.iter().any(|field| is(field, OPENS)) => CloudAccess,
        () => return None,
    };
    Some((kind, address))
}
