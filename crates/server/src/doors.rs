//! Every door of the server, once: its path, who may use it, what it takes, and the function behind it.
//!
//! The router and `/openapi.json` are both made from this list, so a door that is not documented does not exist.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use hookrail_store::registry::Scope;

use crate::app::App;
use crate::error::Problem;
use crate::{api, assets, auth, guard, ingest, live, openapi, otlp};

/// Declares the doors: the variant, its method and path, who may use it, its handler.
macro_rules! doors {
    ($($(#[doc = $doc:literal])+ $door:ident = $method:ident $path:literal $access:ident => $handler:path;)+) => {
        /// A door of the server.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Door { $($(#[doc = $doc])+ $door),+ }

        impl Door {
            /// Every door.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$door),+];

            /// Its method in lower case, its path with `{name}` for what varies, who may use it, and what it does.
            pub(crate) const fn facts(self) -> Facts {
                match self {
                    $(Self::$door => Facts {
                        name: stringify!($door),
                        method: stringify!($method),
                        path: $path,
                        access: Access::$access,
                        doc: concat!($($doc, "\n"),+),
                    }),+
                }
            }

            fn handler(self) -> MethodRouter<Arc<App>> {
                match self { $(Self::$door => $method($handler)),+ }
            }
        }
    };
}

/// Who may use a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody who reaches the server.
    Open,
    /// Whoever holds a good key.
    Any,
    /// Who may send events; and, on a server that has keys, whoever shows none at all: those events wait for their session.
    Hook,
    /// Who may send events.
    Ingest,
    /// Who may read what is stored.
    Read,
    /// Who may manage keys.
    Admin,
}

impl Access {
    /// Its word in the API's document.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Any => "any",
            Self::Hook => "hook",
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    /// What a key must be for.
    pub(crate) const fn scope(self) -> Option<Scope> {
        match self {
            Self::Open | Self::Any => None,
            Self::Hook | Self::Ingest => Some(Scope::Ingest),
            Self::Read => Some(Scope::Read),
            Self::Admin => Some(Scope::Admin),
        }
    }
}

/// What there is to know about a door but its handler.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) doc: &'static str,
}

doors! {
    /// Stores a batch of records: one JSON object per line, optionally compressed. Answers after the commit.
    PostBatch = post "/v1/events" Hook => ingest::batch::post;
    /// Stores one event of an agent's own HTTP hook and answers in that agent's JSON; an empty answer is no opinion.
    PostHook = post "/v1/hooks/{agent}" Hook => ingest::hooks::post;
    /// Stores exported log records (OTLP over HTTP, as JSON or protobuf).
    OtlpLogs = post "/v1/logs" Ingest => otlp::logs;
    /// Stores exported data points of metrics (OTLP over HTTP, as JSON or protobuf).
    OtlpMetrics = post "/v1/metrics" Ingest => otlp::metrics;
    /// Stores exported spans (OTLP over HTTP, as JSON or protobuf).
    OtlpTraces = post "/v1/traces" Ingest => otlp::traces;
    /// Stores exported log records (OTLP over gRPC).
    GrpcLogs = post "/opentelemetry.proto.collector.logs.v1.LogsService/Export" Ingest => otlp::grpc_logs;
    /// Stores exported data points of metrics (OTLP over gRPC).
    GrpcMetrics = post "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" Ingest => otlp::grpc_metrics;
    /// Stores exported spans (OTLP over gRPC).
    GrpcTraces = post "/opentelemetry.proto.collector.trace.v1.TraceService/Export" Ingest => otlp::grpc_traces;
    /// Keeps a device's report of itself.
    PostDevice = post "/v1/devices" Ingest => api::devices::post;
    /// Stores one event in one of the shapes of older event senders: flat with event_type, or with hook_event_type and payload.
    PostObserved = post "/events" Ingest => ingest::ancestors::events;
    /// Stores one envelope of schema 1.0; 202 where its content is already stored.
    PostEnvelope = post "/ingest" Ingest => ingest::ancestors::ingest;
    /// Finds envelopes by collection and by any of their members, newest first. Every further parameter is a filter.
    QueryEnvelopes = get "/query" Read => ingest::query::get;
    /// Lists events, newest first.
    ListEvents = get "/api/v1/events" Read => api::events::list;
    /// Shows one event.
    GetEvent = get "/api/v1/events/{id}" Read => api::events::one;
    /// Lists sessions, the one with the latest event first.
    ListSessions = get "/api/v1/sessions" Read => api::sessions::list;
    /// Shows one session.
    GetSession = get "/api/v1/sessions/{id}" Read => api::sessions::one;
    /// Lists a session's events, oldest first.
    ListSessionEvents = get "/api/v1/sessions/{id}/events" Read => api::events::of_session;
    /// Lists a session's tool calls, oldest first.
    ListSessionTools = get "/api/v1/sessions/{id}/tools" Read => api::sessions::tools;
    /// Lists a session's subagents, oldest first.
    ListSessionSubagents = get "/api/v1/sessions/{id}/subagents" Read => api::sessions::subagents;
    /// Shows the use of each tool over a span, most used first.
    ListTools = get "/api/v1/tools" Read => api::overview::tools;
    /// Shows events over time, sessions by state, tools and agents over a span.
    GetOverview = get "/api/v1/overview" Read => api::overview::overview;
    /// Lists MCP servers with their use over a span (all time unless told) and what the project calls them.
    ListServers = get "/api/v1/servers" Read => api::servers::list;
    /// Lists handlers with how they ran over a span (the last day unless told; widened to whole hours), those that went wrong most often first.
    ListHandlers = get "/api/v1/handlers" Read => api::handlers::list;
    /// Calls an MCP server by another name, from now on and wherever it is shown. In place of a raw name, a pattern in which * stands for any text names every server that fits and has no name of its own.
    PutServer = put "/api/v1/servers/{raw}" Admin => api::servers::put;
    /// Takes the name of an MCP server back.
    DeleteServer = delete "/api/v1/servers/{raw}" Admin => api::servers::delete;
    /// Sums what was used of models by group_by (model, person, session, repository, day, hour, team, agent, device or mcp_server), the dearest first.
    GetUsage = get "/api/v1/usage" Read => api::usage::usage;
    /// Sums what sessions cost, and what their people and repositories did since the day, the week and the month began, for a device that limits what is spent.
    GetSpend = get "/api/v1/spend" Ingest => api::spend::get;
    /// Lists the people seen, or seen in a span, with what they used in all; whoever was here last first.
    ListPeople = get "/api/v1/people" Read => api::usage::people;
    /// Puts a person into a team.
    PutPerson = put "/api/v1/people/{person}" Admin => api::usage::put_person;
    /// Lists the devices seen, by name: what they report of themselves, what is seen of them, what is wrong.
    ListDevices = get "/api/v1/devices" Read => api::devices::list;
    /// Lists the repositories seen, or seen in a span, with what was used in them in all; the latest first.
    ListRepositories = get "/api/v1/repositories" Read => api::usage::repositories;
    /// Lists the artifacts that events tell of, the latest first, and whether their contents can be had.
    ListArtifacts = get "/api/v1/artifacts" Read => api::artifacts::list;
    /// Keeps the content of an artifact, named by its SHA-256. Answers when it is on the disk.
    PutArtifact = put "/api/v1/artifacts/{sha256}" Ingest => api::artifacts::put;
    /// Gives the content of an artifact back, as an attachment.
    GetArtifact = get "/api/v1/artifacts/{sha256}" Read => api::artifacts::get;
    /// Lists a session's prompts, oldest first, each with what was used for it.
    ListSessionPrompts = get "/api/v1/sessions/{id}/prompts" Read => api::usage::prompts;
    /// Shows what hooks, telemetry and transcript each say of a session, and the tool calls no hook reported.
    GetReconciliation = get "/api/v1/sessions/{id}/reconciliation" Read => api::usage::reconciliation;
    /// Says whether the project's sessions get titles from a model, and from which.
    GetTitles = get "/api/v1/titles" Read => api::titles::get;
    /// Says whether a model is to be asked for titles of the project's sessions. What it is sent are prompts and answers, redacted.
    PutTitles = put "/api/v1/titles" Admin => api::titles::put;
    /// Lists what was found in the record: secrets that were taken out, calls that were denied or asked about, that ran although denied, that no guard could judge, that the server's rules would have stopped. The newest first.
    ListFindings = get "/api/v1/findings" Read => api::findings::list;
    /// Changes the state or the owner of a finding.
    PatchFinding = patch "/api/v1/findings/{id}" Admin => api::findings::patch;
    /// Shows how far the project's events are looked through for findings.
    GetScan = get "/api/v1/scan" Read => api::findings::scan;
    /// Looks through all of them again.
    StartScan = post "/api/v1/scan" Admin => api::findings::rescan;
    /// Counts verdicts by group_by (rule, person, repository, day, agent or session), the most first, with what would have been denied where rules only observe or warn.
    ListVerdicts = get "/api/v1/verdicts" Read => api::verdicts::list;
    /// Lists calls that should not have been stopped, as people report them; the newest first.
    ListReports = get "/api/v1/reports" Read => api::verdicts::reports;
    /// Keeps a call that should not have been stopped, less its secrets.
    PostReport = post "/api/v1/reports" Ingest => api::verdicts::report;
    /// Shows the organisation's rules for its devices, signed. Answers 304 to a tag (If-None-Match) that is still right.
    GetPolicy = get "/api/v1/policy" Ingest => api::policy::get;
    /// Publishes the organisation's rules for its devices: the file of rules as it is, TOML; an empty one takes them back.
    PutPolicy = put "/api/v1/policy" Admin => api::policy::put;
    /// Shows the server's own figures.
    GetStatus = get "/api/v1/status" Read => api::status::status;
    /// Streams events as they are stored, as server-sent events; resumes after Last-Event-ID or last_event_id.
    Stream = get "/api/v1/stream" Read => live::sse::get;
    /// Streams events as they are stored, over a WebSocket; resumes after last_event_id.
    WebSocket = get "/api/v1/ws" Read => live::ws::get;
    /// Shows who the caller is: its project, its scopes, and what a page proves itself by.
    GetMe = get "/api/v1/me" Any => api::login::me;
    /// Lists the keys of the caller's organisation, the newest first; every organisation's for the operator.
    ListKeys = get "/api/v1/keys" Admin => api::keys::list;
    /// Makes a key, and its project where that is new. The key itself is in this answer and nowhere else.
    CreateKey = post "/api/v1/keys" Admin => api::keys::create;
    /// Makes a key in place of another, which goes on for a grace of a day unless told.
    RotateKey = post "/api/v1/keys/{id}/rotate" Admin => api::keys::rotate;
    /// Ends a key at once.
    RevokeKey = delete "/api/v1/keys/{id}" Admin => api::keys::revoke;
    /// Lists the projects of the caller's organisation; every organisation's for the operator.
    ListProjects = get "/api/v1/projects" Admin => api::projects::list;
    /// Makes a project; only the operator in another organisation than its own.
    CreateProject = post "/api/v1/projects" Admin => api::projects::create;
    /// Lists sessions without a key: those that wait to be claimed, then those nobody claimed in time. The operator's alone.
    ListQuarantine = get "/api/v1/quarantine" Admin => api::quarantine::list;
    /// Lists the events of such a session. The operator's alone.
    ListQuarantineEvents = get "/api/v1/quarantine/{session}/events" Admin => api::quarantine::events;
    /// Gives such a session's events to a project. The operator's alone.
    Attribute = post "/api/v1/quarantine/{session}/attribute" Admin => api::quarantine::attribute;
    /// Removes such a session's events from the quarantine. The operator's alone.
    PurgeQuarantine = delete "/api/v1/quarantine/{session}" Admin => api::quarantine::purge;
    /// Trades a key for the cookie of a session, for browsers.
    Login = post "/api/v1/login" Open => api::login::login;
    /// Ends the session: takes the cookie away.
    Logout = post "/api/v1/logout" Open => api::login::logout;
    /// Says that the process answers.
    Health = get "/healthz" Open => api::status::healthz;
    /// Says whether the server takes events and can read its store.
    Ready = get "/readyz" Open => api::status::readyz;
    /// Shows what the server counts, for Prometheus. Only the operator may see it.
    Metrics = get "/metrics" Read => api::status::metrics;
    /// Shows this document.
    OpenApi = get "/openapi.json" Any => openapi::get;
}

/// The router over every door, with the dashboard behind all other paths.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    for door in Door::ALL {
        let facts = door.facts();
        let handler = match facts.access {
            Access::Open => door.handler(),
            access => door.handler().layer(from_fn_with_state((app.clone(), access), auth::authenticate)),
        };
        router = router.route(facts.path, handler);
    }
    router
        .fallback(assets::serve)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(never_cached))
        .layer(from_fn_with_state(app.clone(), guard::check))
        .with_state(app.clone())
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This door is not used that way.",
        "GET /openapi.json lists every door and its method.",
    )
}

/// What the record shows is for the one who asked, now: nothing between may keep it.
async fn never_cached(request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
    use axum::http::{HeaderValue, header};
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
