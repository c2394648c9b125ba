//! The environment variables that the commands read. `docs/environment.md` tells what each means; the tests hold the
//! two against each other.

pub(crate) use hookrail_hook::home::{ENV_HOME as HOME, ENV_SERVER as SERVER, ENV_TOKEN as TOKEN};

/// What `serve` logs to standard error: `error`, `warn`, `info`, `debug`, or a filter of `tracing-subscriber`.
pub(crate) const LOG: &str = "HOOKRAIL_LOG";

/// `serve`: the key that is shown to the endpoint of `--titles-url`.
pub(crate) const TITLES_KEY: &str = "HOOKRAIL_TITLES_KEY";

/// `send-event`: the address to send to; `--server-url` wins.
pub(crate) const OBSERVABILITY_URL: &str = "OBSERVABILITY_URL";

/// `send-event`: the bearer token to send; `HOOKRAIL_TOKEN` where it is not set.
pub(crate) const OBSERVABILITY_TOKEN: &str = "OBSERVABILITY_TOKEN";

/// `send-event`: the project's folder, set by Claude Code for its hooks; the session log is kept beside it.
pub(crate) const CLAUDE_PROJECT_DIR: &str = "CLAUDE_PROJECT_DIR";

/// `serve`: the URL of the bus.
pub(crate) const BUS: &str = "HOOKRAIL_BUS";

/// What else the environment decides, as shown at the end of `hookrail --help`.
pub(crate) const HELP: &str = "\
Environment:
  HOOKRAIL_HOME    State folder of this device [default: ~/.hookrail]
  HOOKRAIL_SERVER  Address of the server [default: http://127.0.0.1:4665]
  HOOKRAIL_TOKEN   Key that the server asks for and the other commands show
  HOOKRAIL_LOG     What `serve` logs: error, warn, info, debug or a filter
  NO_COLOR         Print without colours
  TZ               Time zone of the times shown";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_variable_is_documented() {
        let document = include_str!("../../../docs/environment.md");
        for name in
            [HOME, SERVER, TOKEN, LOG, BUS, TITLES_KEY, OBSERVABILITY_URL, OBSERVABILITY_TOKEN, CLAUDE_PROJECT_DIR]
        {
            assert!(document.contains(&format!("`{name}`")), "{name}");
        }
        for name in [HOME, SERVER, TOKEN, LOG] {
            assert!(HELP.contains(name), "{name}");
        }
    }
}
