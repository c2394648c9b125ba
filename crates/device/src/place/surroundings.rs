//! What kind of place this machine is: host, system, user, container, CI, cloud. From the environment and files of the
//! system alone; the network is never asked.

use std::fs;
use std::path::Path;

/// Reads a variable of the environment.
pub(crate) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// CI services by a variable each sets.
const CI: &[(&str, &str)] = &[
    ("GITHUB_ACTIONS", "github-actions"),
    ("GITLAB_CI", "gitlab-ci"),
    ("BUILDKITE", "buildkite"),
    ("CIRCLECI", "circleci"),
    ("JENKINS_URL", "jenkins"),
    ("TF_BUILD", "azure-pipelines"),
    ("TEAMCITY_VERSION", "teamcity"),
    ("BITBUCKET_BUILD_NUMBER", "bitbucket"),
    ("DRONE", "drone"),
    ("CI", "ci"),
];

/// Clouds and hosted workspaces by a variable each sets.
const CLOUDS: &[(&str, &str)] = &[
    ("CODESPACES", "codespaces"),
    ("GITPOD_WORKSPACE_ID", "gitpod"),
    ("CLOUD_SHELL", "gcp"),
    ("GOOGLE_CLOUD_PROJECT", "gcp"),
    ("AWS_EXECUTION_ENV", "aws"),
    ("AZURE_HTTP_USER_AGENT", "azure"),
    ("FLY_APP_NAME", "fly"),
    ("RAILWAY_ENVIRONMENT", "railway"),
];

/// The first mark that is set, and what it stands for. `false`, `0` and nothing are what people set to say no.
fn mark(marks: &'static [(&str, &str)], env: Env<'_>) -> Option<(&'static str, &'static str)> {
    let is_set = |text: String| !matches!(text.trim(), "" | "0" | "false");
    marks.iter().find(|(variable, _)| env(variable).is_some_and(is_set)).copied()
}

fn marked(marks: &'static [(&str, &str)], env: Env<'_>) -> Option<String> {
    mark(marks, env).map(|(_, name)| name.to_owned())
}

/// The CI service this runs in.
pub(crate) fn ci(env: Env<'_>) -> Option<String> {
    marked(CI, env)
}

/// The variable by which it is seen that this runs in CI.
pub(crate) fn ci_mark(env: Env<'_>) -> Option<&'static str> {
    mark(CI, env).map(|(variable, _)| variable)
}

/// The cloud this runs in: by its variables, else by what the firmware calls the machine.
pub(crate) fn cloud(env: Env<'_>) -> Option<String> {
    marked(CLOUDS, env).or_else(|| {
        let vendor = fs::read_to_string("/sys/class/dmi/id/sys_vendor").ok()?;
        vendor_cloud(&vendor).map(str::to_owned)
    })
}

fn vendor_cloud(vendor: &str) -> Option<&'static str> {
    let vendor = vendor.trim();
    let known = [
        ("Amazon EC2", "aws"),
        ("Google", "gcp"),
        ("Microsoft Corporation", "azure"),
        ("DigitalOcean", "digitalocean"),
        ("Hetzner", "hetzner"),
    ];
    known.iter().find(|(name, _)| vendor.starts_with(name)).map(|(_, cloud)| *cloud)
}

/// The kind of container this runs in.
pub(crate) fn container(env: Env<'_>) -> Option<String> {
    let kind = if env("KUBERNETES_SERVICE_HOST").is_some() {
        "kubernetes"
    } else if Path::new("/.dockerenv").exists() {
        "docker"
    } else if Path::new("/run/.containerenv").exists() {
        "podman"
    } else if env("WSL_DISTRO_NAME").is_some() {
        "wsl"
    } else {
        return env("container");
    };
    Some(kind.to_owned())
}

/// The host's name.
pub(crate) fn host(env: Env<'_>) -> Option<String> {
    let read = |path: &str| fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .into_iter()
        .find_map(read)
        .or_else(|| env("HOSTNAME"))
        .or_else(|| env("COMPUTERNAME"))
        .filter(|name| !name.is_empty())
}

/// The operating system and its version.
pub(crate) fn os() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let pretty = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    match pretty.map(|name| name.trim_matches('"')).filter(|name| !name.is_empty()) {
        Some(name) => format!("{} ({name})", std::env::consts::OS),
        None => std::env::consts::OS.to_owned(),
    }
}

/// The name of the operating system's user.
pub(crate) fn os_user(env: Env<'_>) -> Option<String> {
    env("USER").or_else(|| env("LOGNAME")).or_else(|| env("USERNAME")).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_known_by_its_variable() {
        for (variable, ci_is, cloud_is) in [
            ("GITHUB_ACTIONS", Some("github-actions"), None),
            ("CI", Some("ci"), None),
            ("CODESPACES", None, Some("codespaces")),
        ] {
            let env = |name: &str| (name == variable).then(|| "true".to_owned());
            assert_eq!(ci(&env).as_deref(), ci_is, "{variable}");
            assert_eq!(marked(CLOUDS, &env).as_deref(), cloud_is, "{variable}");
        }
        assert_eq!(vendor_cloud("Amazon EC2\n"), Some("aws"));
        assert_eq!(vendor_cloud("LENOVO"), None);
    }
}
