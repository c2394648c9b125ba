//! Which server is meant, and how to get to it.

use hookrail_device::config::{Config, Flags, LOCAL_SERVER};
use hookrail_hook::Home;

use crate::env;
use crate::failure::Failure;

/// The server a command asks.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Address of the server [default: `HOOKRAIL_SERVER`, else `server` in config.toml, else port 4665 here]
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
}

impl Connection {
    /// The settings of the device, with a server in any case: [`Self::device_config`], else the default address of
    /// `hookrail serve`.
    ///
    /// # Errors
    /// Where the settings cannot be read; the error names the file, flag or variable.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        let mut config = self.device_config()?;
        config.server.get_or_insert_with(|| LOCAL_SERVER.to_owned());
        Ok(config)
    }

    /// The settings of the device: the flag wins over the variable, the variable over `config.toml`.
    ///
    /// The key of `config.toml` belongs to the server named there: a server given by the flag or the variable gets
    /// `HOOKRAIL_TOKEN` or none.
    ///
    /// # Errors
    /// Where the settings cannot be read; the error names the file, flag or variable.
    pub(crate) fn device_config(&self) -> anyhow::Result<Config> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let home = home()?;
        let flags = Flags { server: self.server.clone(), ..Flags::default() };
        let mut config = Config::load(home.path(), &flags, set)?;
        let own = Config::load(home.path(), &Flags::default(), |_| None)?.server;
        if config.server != own && set(env::TOKEN).is_none() {
            config.token = None;
        }
        Ok(config)
    }
}

/// The state folder of this device.
///
/// # Errors
/// Where neither `HOOKRAIL_HOME` nor HOME is set.
pub(crate) fn home() -> anyhow::Result<Home> {
    Home::from_env(|name| std::env::var_os(name)).ok_or_else(|| {
        Failure::new("there is no state folder: HOME is not set", "set HOOKRAIL_HOME to a folder").into()
    })
}
