//! Requests that destroy or open something at a provider or a server, by whatever program they are made.

use super::super::super::machine::Machine;
use super::super::super::state::State;
use super::super::super::value::{HOLE, Origin};
use super::super::has;
use super::throwaway::{self, Reach};
use super::{clients, services};
use crate::policy::effects::Kind::{
    self, CloudAccess, CloudDestroy, ClusterDestroy, ContainerDestroy, DatabaseDestroy, ForgeDestroy, PackagePublish,
    SafetyDisable, SecretRead,
};
use crate::policy::hosts;
use crate::policy::inspect::acting;
use crate::policy::inspect::equipment::lets_in;
use crate::policy::lists::is;
use crate::policy::spans;

/// A request, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Request<'r> {
    /// Its method, in capitals.
    pub(in super::super) method: &'r str,
    /// Its address.
    pub(in super::super) url: &'r str,
    /// What it sends.
    pub(in super::super) body: &'r str,
    /// The socket of this machine that it goes to, if it goes to one.
    pub(in super::super) socket: Option<&'r str>,
    /// Who asks: headers, a user with a password.
    pub(in super::super) by: &'r str,
    /// Where what is unknown of all this comes from.
    pub(in super::super) origin: Origin,
}

/// Providers by the ends of their hosts' names, and what a deletion there destroys.
const PROVIDERS: &[(&str, Kind)] = &[
    ("api.github.com", ForgeDestroy),
    ("gitlab.com", ForgeDestroy),
    ("bitbucket.org", ForgeDestroy),
    ("codeberg.org", ForgeDestroy),
    ("gitea.com", ForgeDestroy),
    ("dev.azure.com", ForgeDestroy),
    ("circleci.com", ForgeDestroy),
    ("buildkite.com", ForgeDestroy),
    ("atlassian.net", ForgeDestroy),
    ("api.linear.app", ForgeDestroy),
    ("registry.npmjs.org", PackagePublish),
    ("crates.io", PackagePublish),
    ("hub.docker.com", PackagePublish),
    ("rubygems.org", PackagePublish),
    ("api.nuget.org", PackagePublish),
    ("api.digitalocean.com", CloudDestroy),
    ("api.cloudflare.com", CloudDestroy),
    ("api.heroku.com", CloudDestroy),
    ("api.netlify.com", CloudDestroy),
    ("api.vercel.com", CloudDestroy),
    ("api.render.com", CloudDestroy),
    ("railway.app", CloudDestroy),
    ("railway.com", CloudDestroy),
    ("api.fly.io", CloudDestroy),
    ("api.machines.dev", CloudDestroy),
    ("api.linode.com", CloudDestroy),
    ("api.hetzner.cloud", CloudDestroy),
    ("robot-ws.your-server.de", CloudDestroy),
    ("dns.hetzner.com", CloudDestroy),
    ("api.vultr.com", CloudDestroy),
    ("api.scaleway.com", CloudDestroy),
    ("api.exoscale.com", CloudDestroy),
    ("api.ovh.com", CloudDestroy),
    ("management.azure.com", CloudDestroy),
    ("graph.microsoft.com", CloudDestroy),
    ("core.windows.net", CloudDestroy),
    ("vault.azure.net", CloudDestroy),
    ("googleapis.com", CloudDestroy),
    ("amazonaws.com", CloudDestroy),
    ("r2.cloudflarestorage.com", CloudDestroy),
    ("api.supabase.com", CloudDestroy),
    ("supabase.co", DatabaseDestroy),
    ("neon.tech", CloudDestroy),
    ("api.planetscale.com", CloudDestroy),
    ("api.turso.tech", CloudDestroy),
    ("cloud.mongodb.com", CloudDestroy),
    ("elastic-cloud.com", CloudDestroy),
    ("confluent.cloud", CloudDestroy),
    ("upstash.com", CloudDestroy),
    ("upstash.io", CloudDestroy),
    ("aiven.io", CloudDestroy),
    ("pinecone.io", DatabaseDestroy),
    ("app.terraform.io", CloudDestroy),
    ("api.pulumi.com", CloudDestroy),
    ("sentry.io", CloudDestroy),
    ("api.datadoghq.com", CloudDestroy),
    ("api.pagerduty.com", CloudDestroy),
    ("grafana.net", CloudDestroy),
    ("newrelic.com", CloudDestroy),
    ("api.godaddy.com", CloudDestroy),
    ("api.namecheap.com", CloudDestroy),
    ("api.dnsimple.com", CloudDestroy),
    ("api.gandi.net", CloudDestroy),
    ("api.name.com", CloudDestroy),
    ("porkbun.com", CloudDestroy),
    ("api.stripe.com", CloudDestroy),
    ("api.sendgrid.com", CloudDestroy),
    ("api.mailgun.net", CloudDestroy),
    ("api.twilio.com", CloudDestroy),
    ("auth0.com", CloudDestroy),
    ("okta.com", CloudDestroy),
    ("api.openai.com", CloudDestroy),
    ("api.notion.com", CloudDestroy),
    ("slack.com", CloudDestroy),
    ("algolia.net", DatabaseDestroy),
];

/// Servers by the port they listen on, and what a deletion there destroys.
const SERVERS: &[(&str, Kind)] = &[
    ("9200", DatabaseDestroy),
    ("9243", DatabaseDestroy),
    ("5984", DatabaseDestroy),
    ("8983", DatabaseDestroy),
    ("8086", DatabaseDestroy),
    ("6333", DatabaseDestroy),
    ("7700", DatabaseDestroy),
    ("8108", DatabaseDestroy),
    ("2379", DatabaseDestroy),
    ("15672", DatabaseDestroy),
    ("15671", DatabaseDestroy),
    ("8500", CloudDestroy),
    ("8200", CloudDestroy),
    ("4646", ClusterDestroy),
    ("6443", ClusterDestroy),
    ("2375", ContainerDestroy),
    ("2376", ContainerDestroy),
];

/// The ports of those of them that are searched in.
const SEARCHED: &str = "9200|9243|7700|8108|8983|6333";

/// Parts of paths by which a server is known on whatever host it is.
const PATHS: &[(&str, Kind)] = &[
    ("/api/v4/projects", ForgeDestroy),
    ("/api/v4/groups", ForgeDestroy),
    ("/api/v3/repos", ForgeDestroy),
    ("/api/v1/repos/", ForgeDestroy),
    ("/api/v1/namespaces/", ClusterDestroy),
    ("/apis/apps/v1/", ClusterDestroy),
    ("/api/v2.0/projects", PackagePublish),
    ("/service/rest/v1/", PackagePublish),
    ("/_all", DatabaseDestroy),
    ("/_data_stream", DatabaseDestroy),
    ("/_snapshot/", DatabaseDestroy),
    ("/_cat/", DatabaseDestroy),
    ("/v1/sys/", CloudDestroy),
    ("/v1/secret/", CloudDestroy),
    ("/api/queues/", DatabaseDestroy),
    ("/api/vhosts/", DatabaseDestroy),
    ("/subjects/", DatabaseDestroy),
];

/// What a deletion destroys at the provider that a host is of.
fn provider(host: &str) -> Option<Kind> {
    let ends = |end: &str| host == end || host.strip_suffix(end).is_some_and(|before| before.ends_with('.'));
    PROVIDERS.iter().find(|(end, _)| ends(end)).map(|(_, kind)| *kind)
}

/// Whether a host is of a provider's interface, which asks for a token with each request.
pub(in super::super) fn is_provider(host: &str) -> bool {
    provider(host).is_some()
}

/// Notes what a request does at the other end.
pub(in super::super) fn request(machine: &mut Machine<'_>, state: &mut State, request: Request<'_>) {
    let host = hosts::host(request.url);
    let rest = request.url.split_once("://").map_or(request.url, |(_, rest)| rest);
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    let path = path.split('#').next().unwrap_or_default();
    let provider = provider(&host);
    let server = SERVERS.iter().find(|(number, _)| *number == port).map(|(_, kind)| *kind);
    if let Some(socket) = request.socket {
        if socket.ends_with("docker.sock") || socket.ends_with("podman.sock") {
            engine(machine, &request, path);
        }
        return;
    }
    let mut names = path.split(['/', '?', ',']).filter(|part| !part.is_empty());
    let reach = throwaway::reach(machine, Some(host.as_str()).filter(|host| !host.is_empty()));
    // What is searched in is made from something else: one that somebody develops by is filled anew.
    let is_search = is(port, SEARCHED);
    if reach == Reach::Here && names.any(|name| throwaway::is_trial(name) || is_search && throwaway::is_developed(name))
    {
        return;
    }
    if request.method == "GET"
        && reach != Reach::Here
        && let Some(kind) = acting::opened(request.url)
    {
        machine.act(kind, request.url);
    }
    if reach != Reach::Here && unlocks(&request, path) {
        machine.act(SafetyDisable, request.url);
    }
    if reach != Reach::Here
        && let Some(kind) = services::deed(&request, machine.many)
    {
        machine.act(kind, request.url);
    }
    match (provider, server) {
        (Some(kind), _) => of_provider(machine, &request, path, kind),
        (None, Some(kind)) => of_server(machine, state, &request, path, kind),
        (None, None) => {
            let kind = PATHS.iter().find(|(part, _)| path.contains(part)).map(|(_, kind)| *kind);
            let wildcard = path.ends_with("/*") || path.starts_with("/*");
            if request.method == "DELETE"
                && reach != Reach::Here
                && let Some(kind) = kind.or(wildcard.then_some(DatabaseDestroy))
            {
                machine.act(kind, request.url);
            }
            of_server(machine, state, &request, path, Kind::Unknown);
        }
    }
}

/// Whether a request has a house let somebody in: by its path, or by the one word that it sends there.
fn unlocks(request: &Request<'_>, path: &str) -> bool {
    const MOST: usize = 64;
    let said = if request.body.len() <= MOST { request.body } else { "" };
    let way = spans::start(path, 4 * MOST);
    let changes = !matches!(request.method, "GET" | "HEAD" | "OPTIONS" | "DELETE");
    changes && lets_in(&throwaway::words(way).chain(throwaway::words(said)).collect::<Vec<_>>())
}

/// Parts of a provider's paths by which something is gone, actions that say so, and what is sent to that end.
const ENDS: &[&str] = &[
    "/terminate",
    ":delete",
    ":purge",
    "/purge_cache",
    "/destroy",
    "chat.delete",
    "conversations.archive",
    "/suspend",
    "/rebuild",
    "/truncate",
];
const ACTIONS: &[&str] = &["Action=Delete", "Action=Terminate", "Action=Purge", "Action=Deregister", "Action=Schedule"];
const ENDED: &[&str] =
    &["\"type\":\"destroy\"", "\"type\":\"rebuild\"", "\"type\":\"restore\"", "\"purge_everything\":true"];

/// What a request asks of a provider.
fn of_provider(machine: &mut Machine<'_>, request: &Request<'_>, path: &str, kind: Kind) {
    let lower = path.to_ascii_lowercase();
    let body: String = request.body.chars().filter(|char| !char.is_whitespace()).collect();
    let asks = |parts: &[&str]| has(&lower, parts);
    let says = |parts: &[&str]| has(&body, parts);
    let changes = !matches!(request.method, "GET" | "HEAD" | "OPTIONS");
    let ends = || is_deleting_mutation(request.body) || asks(ENDS) || says(ACTIONS) || says(ENDED);
    if request.method == "DELETE" || has(path, ACTIONS) || changes && ends() {
        return machine.act(kind, request.url);
    }
    if !changes {
        return;
    }
    if kind != ForgeDestroy {
        if asks(&["setiampolicy", "/roleassignments", "/permissions"]) || says(&["\"allUsers\""]) {
            machine.act(CloudAccess, request.url);
        }
    } else if asks(&["/protection", "/rulesets", "protected_branches"]) {
        machine.act(SafetyDisable, request.url);
    } else if says(&["\"private\":false", "\"visibility\":\"public\"", "\"archived\":true"]) || asks(&["/transfer"]) {
        machine.act(kind, request.url);
    } else if asks(&["/collaborators", "/memberships", "/invitations", "/members", "/hooks"])
        || lower.ends_with("/keys")
    {
        machine.act(CloudAccess, request.url);
    }
}

/// What a request asks of a server of data, of secrets or of builds.
fn of_server(machine: &mut Machine<'_>, state: &mut State, request: &Request<'_>, path: &str, kind: Kind) {
    let host = hosts::host(request.url);
    let reach = throwaway::reach(machine, Some(&host));
    let changes = !matches!(request.method, "GET" | "HEAD" | "OPTIONS");
    let asks = |parts: &[&str]| has(path, parts);
    if request.method == "DELETE" && kind != Kind::Unknown {
        return machine.act(kind, request.url);
    }
    if changes
        && (asks(&["_delete_by_query"]) && (request.body.contains("match_all") || path.contains("q=*"))
            || asks(&["/delete_series", "/kv/deleterange", "/api/v2/delete", "/truncate", "/_close"])
            || asks(&["/update"]) && request.body.contains("<delete><query>*:*")
            || asks(&["/doDelete", "/doWipeOutWorkspace", "/quietDown", "/safeExit"])
                && !host.is_empty()
                && reach != Reach::Here)
    {
        return machine.act(if kind == Kind::Unknown { DatabaseDestroy } else { kind }, request.url);
    }
    if changes && asks(&["/scriptText"]) && reach != Reach::Here {
        return machine.act(SecretRead, request.url);
    }
    if kind == ContainerDestroy {
        return engine(machine, request, path);
    }
    // SQL as the body, or as a parameter.
    let statement = if changes { request.body } else { "" };
    let parameter =
        ["query=", "q=", "sql="].iter().find_map(|key| path.split(['?', '&']).find_map(|part| part.strip_prefix(key)));
    if kind != Kind::Unknown
        || asks(&["/_sql", "/v1/statement", "/query", "/sql", "/exec"])
        || request.url.contains(":8123")
    {
        for text in std::iter::once(statement).chain(parameter) {
            // In a form a plus is a blank.
            let text = hosts::decoded(&text.replace('+', " "));
            if !text.is_empty() && !text.contains(HOLE) {
                clients::given(machine, state, &text, reach, None);
            }
        }
    }
}

/// What a request asks of the daemon that runs containers.
fn engine(machine: &mut Machine<'_>, request: &Request<'_>, path: &str) {
    let dense: String = request.body.chars().filter(|char| !char.is_whitespace()).collect();
    let powerful = ["\"Privileged\":true", "\"Binds\":[\"/:", "docker.sock", "\"PidMode\":\"host\""];
    if path.contains("/containers/create") && has(&dense, &powerful) {
        machine.act(Kind::ContainerEscape, request.url);
    } else if path.ends_with("/prune")
        || request.method == "DELETE" && (path.contains("/volumes/") || path.contains("v=true"))
    {
        machine.act(ContainerDestroy, request.url);
    }
}

/// Whether a body is a mutation of GraphQL whose name speaks of removal.
fn is_deleting_mutation(body: &str) -> bool {
    const VERBS: &[&str] = &["delete", "destroy", "remove", "purge", "terminate", "wipe", "drop"];
    let lower = body.to_ascii_lowercase();
    let Some((_, mutation)) = lower.split_once("mutation") else { return false };
    has(mutation, VERBS)
}
