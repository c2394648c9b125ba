//! What everybody relies on: whether a call of a server's tool is about that, and what of it is shown.

use super::call::{Call, PRODUCTION, TRIED, speaks};
use crate::policy::lists::is;
use crate::policy::secrets;

/// What a place is called in arguments: a database, a cluster, an account.
const PLACES: &str = "namespace|ns|context|cluster|clustername|environment|env|stage|project|projectid|projectname|database|databasename|db|\
    dbname|instance|instanceid|connection|connectionname|connectionid|datasource|host|hostname|container|containername|containerid|pod|podname|\
    name|resourcename|app|appname|service|servicename|tablename|table|collection|collectionpath|path|paths|documentpath|documentpaths|account|accountname|\
    branch|workspace|target|profile|server|index|indexname|bucket|stack|deployment|task|uri|connectionstring|parent|key|keys";

/// Whether the server, its tool or what is named in its arguments is production.
pub(super) fn is_meant(call: &Call<'_>) -> bool {
    let is_live = |name: &str| speaks(name, PRODUCTION) && !speaks(name, "non|pre|not|emulator|staging|local|test");
    call.called.into_iter().chain(call.given.values(PLACES)).any(is_live)
}

/// Whether the server, its tool or what is named in its arguments is a place where something is tried.
pub(super) fn is_tried(call: &Call<'_>) -> bool {
    call.at(TRIED) || call.names(PLACES, TRIED)
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
            Some(("grep" | "egrep" | "rg", pattern)) => {
                !secrets::is_sought_in_typed(pattern) && !pattern.contains("-v")
            }
            Some(("cut", how)) => how.contains("f1"),
            Some(("awk", how)) => how.contains("$1") && !how.contains("$2"),
            Some(("wc", _)) => true,
            _ => false,
        });
        shows && !few
    })
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
