//! What everybody relies on: whether a call of a server's tool is about that, and what of it is shown.

use super::call::{Call, PRODUCTION, TRIED, speaks};
use crate::policy::hosts;
use crate::policy::lists::is;
use crate::policy::secrets;
use crate::policy::shell::is_local_cluster;
use crate::policy::spans;

/// What a place is called in arguments: a database, a cluster, an account.
const PLACES: &str = "namespace|ns|context|cluster|clustername|environment|env|stage|project|projectid|projectname|database|databasename|db|\
    dbname|instance|instanceid|connection|connectionname|connectionid|datasource|host|hostname|container|containername|containerid|pod|podname|\
    name|resourcename|app|appname|service|servicename|tablename|table|collection|collectionpath|path|paths|documentpath|documentpaths|account|accountname|\
    branch|workspace|target|profile|server|index|indexname|bucket|stack|deployment|task|uri|connectionstring|parent|key|keys";

/// How it is told that all variables of what is live are shown.
pub(super) const ENVIRONMENT: &str = "the environment of what is live";

/// Whether the server, its tool or what is named in its arguments is production.
pub(super) fn is_meant(call: &Call<'_>) -> bool {
    call.called.into_iter().chain(call.given.values(PLACES)).any(is_live)
}

/// Whether the server, its tool or what is named in its arguments is a place where something is tried.
pub(super) fn is_tried(call: &Call<'_>) -> bool {
    call.at(TRIED) || call.names(PLACES, TRIED)
}

/// Whether a company's own tool changes all of something in what is live, as its arguments say: each that a filter gives, or all.
pub(super) fn is_changed_for_all(call: &Call<'_>) -> bool {
    const WHERE: &str = "env|environment|stage|tenant|target|system|instance";
    const CHANGES: &str = "reroute|reassign|cancel|update|set|expire|reprice|close|lock|unlock|suspend|move|transfer|reset|mark|apply|void|override|bulk|mass|\
        change|edit|deactivate|block|unblock|recalculate|adjust|merge|release|reject|approve|discharge|redirect|reschedule|replace|patch|extend|enable|\
        disable|assign|revoke|archive|purge|withdraw|recall|dispatch|migrate|convert|import|disconnect|cut|switch|ban|push|charge|debit|freeze|\
        unfreeze|delist|ship|stop|start|terminate|downgrade|upgrade|evict|expel|notify";
    const ALL: &str = "all|everyone|everything|every|any";
    const MANY: &str = "filter|filters|where|query|criteria|selector|condition|scope";
    const WHICH: &str = "filter|filters|where|query|criteria|selector|scope|ids|id|patients|customers|players|users|accounts|items|orders|shipments|products|\
        skus|students|employees|devices|stations|meters|subscribers|members|drivers|cohort|region|sites|stores|branches|segment|group|target";
    let given = call.given;
    let live = given.values(WHERE).any(is_live);
    let all = || {
        given.pairs().any(|(_, value)| matches!(value, "all" | "*" | "ALL"))
            || given.values(WHICH).any(|value| matches!(value.trim(), "*" | "%") || speaks(value, ALL))
            || given.is_given(MANY)
            || given.is_on("all|applytoall")
    };
    live && call.looks("", &[CHANGES]) == Some(false) && all()
}

/// Whether what is done is done in a cluster on this machine that is made for trying things, by the context that is named.
pub(super) fn is_of_local_cluster(call: &Call<'_>) -> bool {
    const CONTEXTS: &str = "context|kubecontext|kubeconfigcontext|contextname|cluster|clustername";
    call.given.values(CONTEXTS).any(is_local_cluster)
}

/// The database of this machine that a call names: by its address, or beside its host; a server may be called after being here.
pub(super) fn base_here(call: &Call<'_>) -> Option<String> {
    const ADDRESSES: &str = "connectionstring|connectionurl|databaseurl|dsn|uri|url|connection|dburl";
    let given = call.given;
    if let Some((_, rest)) = given.values(ADDRESSES).find_map(|address| address.split_once("://")) {
        let (place, base) = rest.split_once('/')?;
        let base = base.split(['?', '&']).next().filter(|base| !base.is_empty())?;
        return hosts::is_local(&hosts::host(&format!("x://{place}"))).then(|| base.to_owned());
    }
    let mut places = given.values("host|hostname|server|endpoint|address").peekable();
    let here = match places.peek() {
        Some(_) => places.all(|place| hosts::is_local(&hosts::host(place))),
        None => call.served("local|localhost"),
    };
    here.then(|| given.value("database|databasename|dbname|db|catalog").map(str::to_owned)).flatten()
}

/// Whether all that a call destroys is in a database that is made for tests, by the name that the call has for it, or that of the one of
/// this machine that its server was given.
pub(super) fn is_of_test_base(call: &Call<'_>) -> bool {
    const OF_TESTS: &str = "test|tests|testing|e2e|ci|tmp|temp|scratch|sandbox";
    let is_of_tests = |base: &str| speaks(base, OF_TESTS) && !is_live(base);
    let mut named = call.given.values("database|databasename|db|dbname").peekable();
    let of_call = named.peek().is_some() && named.all(is_of_tests);
    of_call && !call.at(PRODUCTION) || base_here(call).is_some_and(|base| is_of_tests(&base))
}

/// Whether a command shows all variables of an environment, and not their names alone or a few that are no secret.
pub(super) fn shows_environment(command: &str) -> bool {
    const SHOWS: &str = "env|printenv|export|export -p|set|declare -x|declare -p|env -0|printenv -0|busybox env";
    const STARTS: &str = "sh|bash|ash|/bin/sh|/bin/bash|-c|-lc|-ec|--|exec|sudo|/usr/bin/env|-it";
    let plain: String = command.chars().filter(|char| !matches!(char, '\'' | '"')).collect();
    let parts: Vec<&str> = plain.split(['|', ';', '&', '\n']).map(str::trim).collect();
    parts.iter().enumerate().any(|(at, part)| {
        let words: Vec<&str> = part.split_whitespace().skip_while(|word| is(word, STARTS)).collect();
        let shows = is(&words.join(" "), SHOWS)
            || words.last() == Some(&"/usr/bin/env")
            || part.contains("/environ") && part.contains("/proc/");
        let rest = parts.get(at + 1..).unwrap_or_default();
        let few = rest.iter().any(|next| match next.split_once(' ') {
            // What a pattern has between bars stands in the parts behind it.
            Some(("grep" | "egrep" | "rg", pattern)) => {
                !rest.iter().any(|part| secrets::is_sought_in_typed(part) || names_secret(part))
                    && !pattern.contains("-v")
            }
            Some(("cut", how)) => how.contains("f1"),
            Some(("awk", how)) => how.contains("$1") && !how.contains("$2"),
            Some(("wc", _)) => true,
            _ => false,
        });
        shows && !few
    })
}

/// Whether a part of a pattern is no more than a word for what is kept secret.
fn names_secret(part: &str) -> bool {
    const WORDS: &str =
        "key|token|secret|pass|pwd|password|cred|credential|auth|secrets|tokens|keys|passwd|api|dsn|database_url";
    part.split([' ', '(', ')']).any(|word| is(&word.to_ascii_lowercase(), WORDS))
}

/// Whether a command has production, elsewhere, show all variables of its environment: `kubectl --context prod exec … -- env`.
pub(super) fn shows_its_environment(command: &str) -> bool {
    const ENTERS: &str = "kubectl|oc|docker|podman|ssh|heroku|fly|flyctl|nomad|aws|az|railway|cf|eb|gcloud|lxc|incus|dokku|scalingo|kubecolor|nerdctl";
    const LONGEST: usize = 4096;
    let command = spans::start(command, LONGEST);
    if !command.contains("env") || !command.split_whitespace().any(is_live) {
        return false;
    }
    let bare = |word: &str| word.trim_matches(['"', '\'', ')']).to_owned();
    command.split([';', '\n', '&']).any(|part| {
        let (enters, rest) = part.split_once('|').unwrap_or((part, "true"));
        let words: Vec<String> = enters.split_whitespace().map(bare).collect();
        let entered = words.iter().position(|word| is(word, ENTERS));
        let shown = words.iter().position(|word| is(word, "env|printenv|/usr/bin/env"));
        let (Some(entered), Some(shown)) = (entered, shown) else { return false };
        // What follows is a program that is started, unless it tells where.
        let is_last = words.get(shown + 1).is_none_or(|next| next.starts_with('-'));
        // One more word than the program stands before it: where it goes.
        entered + 1 < shown && is_last && shows_environment(&format!("env | {rest}"))
    })
}

/// Whether a name is one of production's.
fn is_live(name: &str) -> bool {
    speaks(name, PRODUCTION) && !speaks(name, "non|pre|not|emulator|staging|local|test")
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn a_command_that_shows_an_environment_is_known() {
        for (command, shows) in [
            ("env", true),
            ("'sh' '-c' 'printenv | sort'", true),
            ("cat /proc/1/environ", true),
            ("env | grep -i secret", true),
            ("printenv NODE_ENV", false),
            ("env | grep NODE_", false),
            ("env | cut -d= -f1", false),
            ("env NODE_ENV=test node a.js", false),
            ("ls -la", false),
            ("set -e; ls", false),
        ] {
            assert_eq!(shows_environment(command), shows, "{command}");
        }
    }

    #[test]
    fn a_command_that_shows_what_production_knows_is_seen() {
        for (command, shows) in [
            ("kubectl --context prod-eu exec deploy/a -- env | grep -i secret", true),
            ("kubectl exec -n production deploy/a -- printenv", true),
            ("kubectl -n production exec deploy/a -- env | grep -iE 'key|token'", true),
            ("ssh deploy@prod-web-1 env", true),
            ("heroku run env -a shop-prod", true),
            ("kubectl --context prod-eu exec deploy/a -- env | grep NODE_", false),
            ("kubectl exec -n staging deploy/a -- env", false),
            ("kubectl set env deploy/a --list -n staging", false),
            ("docker exec prod-web env NODE_ENV=production node a.js", false),
        ] {
            assert_eq!(shows_its_environment(command), shows, "{command}");
        }
    }

    #[test]
    fn what_is_meant_by_a_call_is_told_by_its_names() {
        for (server, given, live) in [
            ("postgres-prod", "{}", true),
            ("kubernetes", r#"{"namespace":"production"}"#, true),
            ("firebase", r#"{"paths":["projects/shop-prod/databases/x"]}"#, true),
            ("postgres", r#"{"sql":"select 'production'"}"#, false),
            ("postgres-nonprod", "{}", false),
            ("kubernetes", r#"{"namespace":"pre-prod"}"#, false),
            ("kubernetes", r#"{"name":"products-7f"}"#, false),
        ] {
            assert_eq!(is_meant(&Call::of(server, "query", &Arguments::read(given))), live, "{server} {given}");
        }
    }
}
