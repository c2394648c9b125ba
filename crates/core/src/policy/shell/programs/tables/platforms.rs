//! Infrastructure as code, platforms that run applications, stores of objects, name servers.

use super::{Tool, on, single, spec, token, unless, with};
use crate::policy::effects::Kind::{CloudAccess, CloudDestroy, ClusterDestroy, SafetyDisable, SecretRead};
use crate::policy::shell::options::Spec;

const TERRAFORM: Spec = single(&[
    "chdir=",
    "var=",
    "var-file=",
    "target=",
    "state=",
    "out=",
    "backend-config=",
    "auto-approve",
    "destroy",
    "working-dir=",
    "terragrunt-working-dir=",
    "lock=",
    "replace=",
]);

/// Every tool of this file.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["terraform", "tofu", "terragrunt", "tflocal"],
        spec: TERRAFORM,
        entries: &[
            on("destroy|destroy-all", CloudDestroy),
            on("run-all|stack destroy", CloudDestroy),
            with("run", &["destroy"], CloudDestroy),
            with("** apply|apply-all", &["destroy", "auto-approve"], CloudDestroy),
            with("run-all apply", &["terragrunt-non-interactive", "non-interactive"], CloudDestroy),
            on("state rm|push|replace-provider", CloudDestroy),
            on("workspace delete", CloudDestroy),
            with("force-unlock", &["force"], CloudDestroy),
            on("taint", CloudDestroy),
        ],
    },
    Tool {
        names: &["pulumi", "pulumilocal"],
        spec: spec("sCm", &["stack=", "cwd=", "message="]),
        entries: &[
            on("destroy|down", CloudDestroy),
            on("stack rm", CloudDestroy),
            on("state delete|edit", CloudDestroy),
            on("stack import", CloudDestroy),
            with("config|stack", &["show-secrets"], SecretRead),
            with("up|update", &["yes", "y", "f", "skip-preview"], CloudDestroy),
        ],
    },
    Tool {
        names: &[
            "cdk",
            "cdklocal",
            "sam",
            "samlocal",
            "serverless",
            "sls",
            "amplify",
            "eb",
            "chalice",
            "zappa",
            "sst",
            "cdktf",
            "nitric",
            "ecs-cli",
            "cf",
            "dokku",
            "caprover",
        ],
        spec: spec("srp", &["stage=", "region=", "profile=", "stack-name=", "name=", "app=", "env="]),
        entries: &[
            on(
                "destroy|remove|delete|terminate|undeploy|delete-org|delete-space|delete-service|apps:destroy",
                CloudDestroy,
            ),
            on("app|env|svc|service|job|pipeline|task delete", CloudDestroy),
            on("*:destroy|*:unlink-all", CloudDestroy),
        ],
    },
    Tool {
        names: &["eksctl", "kops", "gcloud-beta", "rosa", "openshift-install", "clusterctl", "rke"],
        spec: spec("f", &["name=", "cluster=", "region=", "state=", "dir="]),
        entries: &[
            on("delete|destroy|remove", ClusterDestroy),
            on("create iamidentitymapping", CloudAccess),
            with("scale nodegroup", &["nodes=0"], ClusterDestroy),
        ],
    },
    Tool {
        names: &["heroku"],
        spec: spec("arc", &["app=", "remote=", "confirm=", "team=", "command="]),
        entries: &[
            on(
                "apps:destroy|destroy|apps:delete|pg:reset|pg:copy|pg:killall|addons:destroy|addons:detach|domains:clear|domains:remove|pipelines:destroy|pg:backups:delete|pg:backups:restore|pg:credentials:destroy|redis:reset|spaces:destroy|certs:remove|container:rm|buildpacks:clear",
                CloudDestroy,
            ),
            on("pg backups restore|delete", CloudDestroy),
            on("access:add|members:add|apps:transfer|keys:add|authorizations:create", CloudAccess),
            with("ps:scale", &["~*=0"], CloudDestroy),
            on("config|config:get|pg:credentials:url|authorizations:info", SecretRead),
            token("auth:token"),
        ],
    },
    Tool {
        names: &["fly", "flyctl"],
        spec: spec("ac", &["app=", "config=", "command="]),
        entries: &[
            on("apps|app destroy", CloudDestroy),
            on("destroy", CloudDestroy),
            on("volumes|volume|vol destroy|delete|rm", CloudDestroy),
            on("machine|machines|m destroy|remove|rm", CloudDestroy),
            on("postgres|pg|redis|storage|extensions|mpg|tokens destroy|delete|revoke", CloudDestroy),
            on("secrets unset", CloudDestroy),
            on("destroy-pipeline|destroy-team|prune-worker", CloudDestroy),
            with("scale count", &["0"], CloudDestroy),
            on("ips|certs release|remove|delete", CloudDestroy),
            token("auth token"),
            on("tokens create", SecretRead),
        ],
    },
    Tool {
        names: &["wrangler"],
        spec: spec("ce", &["config=", "env=", "name=", "command=", "file="]),
        entries: &[
            unless("delete", &["local"], CloudDestroy),
            unless(
                "r2|d1|kv|kv:namespace|kv:key|kv:bulk|pages|queues|vectorize|hyperdrive|secret|workflows|dispatch-namespace|versions|certs delete|purge",
                &["local"],
                CloudDestroy,
            ),
            unless(
                "r2|kv|pages|queues|d1 bucket|object|namespace|key|bulk|project|deployment|consumer|secret|insights delete|purge",
                &["local"],
                CloudDestroy,
            ),
            on("d1 time-travel restore", CloudDestroy),
            on("rollback", CloudDestroy),
        ],
    },
    Tool {
        names: &["supabase"],
        spec: spec("p", &["project-ref=", "db-url=", "password=", "workdir="]),
        entries: &[
            with("db reset", &["linked", "db-url"], CloudDestroy),
            on("projects|branches|secrets|functions|storage|domains|snippets delete|unset|rm", CloudDestroy),
            on("projects api-keys", SecretRead),
            on("network-restrictions|network-bans|ssl-enforcement update|remove", CloudAccess),
        ],
    },
    Tool {
        names: &[
            "vercel",
            "netlify",
            "railway",
            "firebase",
            "neonctl",
            "neon",
            "pscale",
            "turso",
            "surge",
            "appwrite",
            "nhost",
            "porter",
            "koyeb",
            "northflank",
            "zeabur",
            "upstash",
            "deployctl",
        ],
        spec: spec(
            "tpPS",
            &["token=", "scope=", "project=", "env=", "name=", "site=", "org=", "environment=", "service="],
        ),
        entries: &[
            on(
                "remove|rm|delete|down|teardown|sites:delete|projects:delete|firestore:delete|database:remove|hosting:disable|functions:delete|auth:import|apps:delete|remoteconfig:rollback|storage:delete|blobs:delete",
                CloudDestroy,
            ),
            on(
                "project|projects|sites|db|database|databases|branch|branches|org|group|groups|service|services|volume|environment|env-group|app|apps|domain|domains|dns|blob|bucket|backup|password|redis|cluster delete|destroy|remove|rm|reset|reset-data",
                CloudDestroy,
            ),
            on("env rm|remove", CloudDestroy),
            with("deploy", &["delete"], CloudDestroy),
            on("env:list|env:get", SecretRead),
            with("variables|vars|variable", &["kv", "json", "k"], SecretRead),
        ],
    },
    Tool {
        names: &["rclone"],
        spec: spec(
            "",
            &["config=", "transfers=", "checkers=", "filter=", "exclude=", "include=", "log-file=", "bwlimit="],
        ),
        entries: &[
            unless("purge|delete|rmdirs|cleanup|sync|deletefile|bisync", &["n"], CloudDestroy),
            on("config show|dump", SecretRead),
            on("link", CloudAccess),
        ],
    },
    Tool {
        names: &["s3cmd", "mc", "s5cmd", "mcli"],
        spec: spec("c", &["config=", "host=", "endpoint-url=", "host-bucket="]),
        entries: &[
            with("rm|del", &["r", "recursive", "force", "versions"], CloudDestroy),
            on("rm s3://*", CloudDestroy),
            on("rb", CloudDestroy),
            with("mirror", &["remove"], CloudDestroy),
            with("sync", &["delete-removed", "delete"], CloudDestroy),
            with("setacl", &["acl-public", "P"], CloudAccess),
            on("anonymous|policy set|public|download", CloudAccess),
            on("admin user|policy|group|service remove|rm|delete|disable|stop", CloudDestroy),
            on("ilm|lifecycle rule|set|import|add", CloudDestroy),
            on("version suspend", SafetyDisable),
            on("setlifecycle|expire", CloudDestroy),
        ],
    },
    Tool {
        names: &["flarectl", "cloudflared", "dnsimple", "gandi", "namecheap", "pdnsutil", "octodns-sync", "gcore"],
        spec: spec("", &["zone=", "id=", "name=", "config-file="]),
        entries: &[
            on("zone|dns|tunnel|record|domain delete|d", CloudDestroy),
            on("delete-zone|delete-rrset|clear-zone", CloudDestroy),
            with("", &["doit"], CloudDestroy),
            on("zone purge", CloudDestroy),
        ],
    },
    Tool {
        names: &[
            "sentry-cli",
            "datadog-ci",
            "grafana-cli",
            "pagerduty",
            "auth0",
            "okta",
            "stripe",
            "twilio",
            "algolia",
        ],
        spec: spec("od", &["org=", "project=", "api-key=", "confirm="]),
        entries: &[
            with("**", &["live"], CloudDestroy),
            on(
                "releases|projects|apps|users|apis|clients|roles|rules|actions|connections|organizations|tenants|customers|subscriptions|products|indices|index delete|rm|remove|cancel|clear",
                CloudDestroy,
            ),
            on("delete", CloudDestroy),
            on("admin reset-admin-password", CloudAccess),
        ],
    },
];
