//! Clouds, clusters, containers, forges and packages.

use super::{Entry, Tool, on, unless, with};
use crate::policy::effects::Kind::{
    CloudAccess, CloudDestroy, ClusterDestroy, ContainerDestroy, PackagePublish, PackageRemove, PackageUntrusted,
    SecretRead,
};
use crate::policy::shell::options::Spec;

const fn spec(short: &'static str, long: &'static [&'static str]) -> Spec {
    Spec { short, long, ordered: false, single: false }
}

const AWS: Spec = spec(
    "",
    &[
        "region=",
        "profile=",
        "output=",
        "query=",
        "endpoint-url=",
        "instance-ids=",
        "bucket=",
        "user-name=",
        "policy-arn=",
        "role-name=",
        "table-name=",
        "stack-name=",
        "name=",
        "db-instance-identifier=",
        "cluster=",
        "key=",
        "key-id=",
        "secret-id=",
        "group-name=",
        "policy-document=",
        "policy-name=",
        "acl=",
        "function-name=",
        "repository-name=",
        "id=",
        "prefix=",
        "filters=",
        "delete=",
        "policy=",
    ],
);

const AWS_ENTRIES: &[Entry] = &[
    on("ec2 terminate-*|delete-*|release-*|deregister-*", CloudDestroy),
    with("s3 rm", &["recursive"], CloudDestroy),
    on("s3 rb", CloudDestroy),
    with("s3 sync", &["delete"], CloudDestroy),
    on("s3api delete-*", CloudDestroy),
    with("s3api put-bucket-acl|put-object-acl", &["acl=public*"], CloudAccess),
    on("s3api put-bucket-policy|delete-public-access-block", CloudAccess),
    on("iam create-access-key|attach-*|put-*|add-*|update-assume-role-policy|create-login-profile", CloudAccess),
    on("iam delete-*|detach-*|remove-*|deactivate-*", CloudAccess),
    on("kms schedule-key-deletion|disable-key", CloudDestroy),
    on("secretsmanager delete-*", CloudDestroy),
    on("ecr get-login-password|get-authorization-token", SecretRead),
    on("configure get|export-credentials", SecretRead),
    on("ec2 authorize-security-group-*", CloudAccess),
    on("secretsmanager get-secret-value", SecretRead),
    with("ssm get-parameter|get-parameters", &["with-decryption"], SecretRead),
    on("cloudformation delete-*", CloudDestroy),
    on("organizations delete-*|leave-*|remove-*", CloudDestroy),
    on("cloudtrail delete-*|stop-logging", CloudDestroy),
    on("* delete-*|terminate-*|purge-*|destroy-*", CloudDestroy),
];

const GCLOUD: Spec = spec(
    "q",
    &[
        "project=",
        "zone=",
        "region=",
        "format=",
        "filter=",
        "member=",
        "role=",
        "account=",
        "location=",
        "cluster=",
        "secret=",
    ],
);

const GCLOUD_ENTRIES: &[Entry] = &[
    on("projects|organizations|* add-iam-policy-binding|remove-iam-policy-binding|set-iam-policy", CloudAccess),
    on("* * add-iam-policy-binding|remove-iam-policy-binding|set-iam-policy", CloudAccess),
    on("secrets versions access", SecretRead),
    on("auth print-access-token|print-identity-token", SecretRead),
    on("storage rm", CloudDestroy),
    on("* delete", CloudDestroy),
    on("* * delete", CloudDestroy),
    on("* * * delete", CloudDestroy),
];

const KUBECTL: Spec = spec(
    "nfloskc",
    &[
        "namespace=",
        "filename=",
        "selector=",
        "output=",
        "context=",
        "kubeconfig=",
        "cluster=",
        "user=",
        "field-selector=",
        "grace-period=",
        "timeout=",
        "replicas=",
        "container=",
        "dry-run?",
        "kustomize=",
        "token=",
        "server=",
    ],
);

const KUBECTL_ENTRIES: &[Entry] = &[
    on(
        "delete namespace|namespaces|ns|node|nodes|no|pv|pvc|persistentvolume|persistentvolumes|persistentvolumeclaim|persistentvolumeclaims|crd|crds|customresourcedefinition|customresourcedefinitions|secret|secrets|clusterrole|clusterrolebinding|statefulset|statefulsets|sts|deployment|deployments|deploy|service|services|svc|ingress|all|daemonset|ds|job|cronjob|configmap|cm",
        ClusterDestroy,
    ),
    with(
        "delete",
        &["all", "A", "all-namespaces", "f", "filename", "k", "kustomize", "force", "l", "selector"],
        ClusterDestroy,
    ),
    on("delete */*", ClusterDestroy),
    on("delete \u{2026}*", ClusterDestroy),
    on("drain|cordon", ClusterDestroy),
    with("scale", &["replicas=0"], ClusterDestroy),
    with("replace", &["force"], ClusterDestroy),
    with(
        "get secret|secrets",
        &["o=yaml", "o=json", "output=yaml", "output=json", "o=jsonpath*", "output=jsonpath*", "o=go-template*"],
        SecretRead,
    ),
    on("create clusterrolebinding", CloudAccess),
];

const DOCKER: Spec = spec(
    "fHcp",
    &["filter=", "host=", "context=", "file=", "project-name=", "profile=", "time=", "timeout=", "format="],
);
const DOCKER_RM: Spec =
    spec("Hc", &["filter=", "host=", "context=", "file=", "project-name=", "profile=", "time=", "timeout=", "format="]);

const DOCKER_ENTRIES: &[Entry] = &[
    on("system prune", ContainerDestroy),
    on("volume rm|prune|remove", ContainerDestroy),
    with("image prune", &["a", "all"], ContainerDestroy),
    with("container prune", &["f", "force"], ContainerDestroy),
    with("builder prune", &["a", "all"], ContainerDestroy),
    with("rm", &["f", "force", "v", "volumes"], ContainerDestroy),
    with("rmi", &["f", "force"], ContainerDestroy),
    with("image rm", &["f", "force"], ContainerDestroy),
    with("compose down", &["v", "volumes", "rmi"], ContainerDestroy),
    with("compose rm", &["v"], ContainerDestroy),
    on("swarm leave", ContainerDestroy),
    on("stack rm", ContainerDestroy),
    on("secret rm", ContainerDestroy),
    on("push", PackagePublish),
    with("buildx build|bake", &["push"], PackagePublish),
    with("build", &["push"], PackagePublish),
];

/// Every tool of this file.
pub(super) const TOOLS: &[Tool] = &[
    Tool { names: &["aws", "awslocal"], spec: AWS, entries: AWS_ENTRIES },
    Tool { names: &["gcloud"], spec: GCLOUD, entries: GCLOUD_ENTRIES },
    Tool {
        names: &["gsutil"],
        spec: spec("oh", &[]),
        entries: &[
            with("rm", &["r", "R", "a"], CloudDestroy),
            on("rb", CloudDestroy),
            with("-m rm|rm", &["r"], CloudDestroy),
            on("iam ch|set", CloudAccess),
            on("rsync", CloudDestroy),
        ],
    },
    Tool {
        names: &["az"],
        spec: spec("gno", &["resource-group=", "name=", "output=", "subscription=", "query=", "ids="]),
        entries: &[
            on("keyvault secret show|download", SecretRead),
            on("role assignment create|delete", CloudAccess),
            on("ad sp create*", CloudAccess),
            on("* delete|purge", CloudDestroy),
            on("* * delete|purge|delete-batch", CloudDestroy),
            on("* * * delete|purge", CloudDestroy),
        ],
    },
    Tool {
        names: &["doctl", "linode-cli", "hcloud", "scw", "oci", "ibmcloud", "exo", "vultr-cli"],
        spec: spec("t", &["access-token=", "context=", "output=", "format="]),
        entries: &[
            on("* delete|rm|destroy|terminate", CloudDestroy),
            on("* * delete|rm|destroy|terminate", CloudDestroy),
            on("* * * delete|rm|terminate", CloudDestroy),
        ],
    },
    Tool {
        names: &["terraform", "tofu", "terragrunt"],
        spec: Spec {
            short: "",
            long: &[
                "chdir=",
                "var=",
                "var-file=",
                "target=",
                "state=",
                "out=",
                "backend-config=",
                "auto-approve",
                "destroy",
            ],
            ordered: false,
            single: true,
        },
        entries: &[
            on("destroy", CloudDestroy),
            on("run-all destroy", CloudDestroy),
            with("apply", &["destroy", "auto-approve"], CloudDestroy),
            on("state rm|push", CloudDestroy),
            on("workspace delete", CloudDestroy),
            with("force-unlock", &["force"], CloudDestroy),
            on("taint", CloudDestroy),
        ],
    },
    Tool {
        names: &["pulumi"],
        spec: spec("sCm", &["stack=", "cwd=", "message="]),
        entries: &[
            on("destroy|down", CloudDestroy),
            on("stack rm", CloudDestroy),
            with("up", &["yes", "y"], CloudDestroy),
        ],
    },
    Tool {
        names: &["cdk", "sam", "serverless", "sls", "copilot", "amplify", "eb", "chalice", "zappa", "sst"],
        spec: spec("srp", &["stage=", "region=", "profile=", "stack-name="]),
        entries: &[
            on("destroy|remove|delete|terminate|undeploy", CloudDestroy),
            on("app|env|svc delete", CloudDestroy),
        ],
    },
    Tool {
        names: &["eksctl", "kops", "gcloud-beta"],
        spec: spec("f", &["name=", "cluster=", "region=", "state="]),
        entries: &[on("delete", ClusterDestroy)],
    },
    Tool {
        names: &["heroku"],
        spec: spec("ar", &["app=", "remote=", "confirm=", "team="]),
        entries: &[
            on("apps:destroy|destroy|pg:reset|pg:copy|addons:destroy|domains:clear|pipelines:destroy", CloudDestroy),
            on("config", SecretRead),
            on("config:get", SecretRead),
        ],
    },
    Tool {
        names: &["fly", "flyctl"],
        spec: spec("ac", &["app=", "config="]),
        entries: &[
            on("apps destroy", CloudDestroy),
            on("destroy", CloudDestroy),
            on("volumes destroy|delete", CloudDestroy),
            on("machine destroy", CloudDestroy),
            on("postgres destroy", CloudDestroy),
        ],
    },
    Tool {
        names: &[
            "vercel", "netlify", "wrangler", "railway", "render", "supabase", "firebase", "neonctl", "pscale", "turso",
        ],
        spec: spec("tp", &["token=", "scope=", "project=", "env=", "name="]),
        entries: &[
            on(
                "remove|rm|delete|down|sites:delete|projects:delete|firestore:delete|hosting:disable|functions:delete",
                CloudDestroy,
            ),
            on(
                "project|projects|sites|db|database|databases|branch|branches|r2|d1|kv|kv:namespace|pages|env remove|rm|delete|destroy|reset",
                CloudDestroy,
            ),
            on("r2 bucket delete", CloudDestroy),
            with("deploy", &["delete"], CloudDestroy),
        ],
    },
    Tool {
        names: &["rclone"],
        spec: spec("", &["config=", "transfers="]),
        entries: &[on("purge|delete|deletefile|rmdirs|cleanup|sync", CloudDestroy)],
    },
    Tool {
        names: &["s3cmd", "mc"],
        spec: spec("c", &["config=", "host="]),
        entries: &[
            with("rm|del", &["r", "recursive", "force"], CloudDestroy),
            on("rb", CloudDestroy),
            with("mirror", &["remove"], CloudDestroy),
        ],
    },
    Tool {
        names: &["vault"],
        spec: Spec {
            short: "",
            long: &["address=", "namespace=", "field=", "mount=", "format="],
            ordered: false,
            single: true,
        },
        entries: &[
            on("kv get", SecretRead),
            on("read|print", SecretRead),
            on("kv delete|destroy", CloudDestroy),
            on("kv metadata delete", CloudDestroy),
            on("delete", CloudDestroy),
            on("secrets disable|move", CloudDestroy),
            on("operator seal|rekey|step-down", CloudDestroy),
            on("policy write|delete", CloudAccess),
        ],
    },
    Tool { names: &["kubectl", "oc"], spec: KUBECTL, entries: KUBECTL_ENTRIES },
    Tool {
        names: &["op"],
        spec: spec("", &["vault=", "fields=", "format=", "account="]),
        entries: &[
            on("read", SecretRead),
            on("item|document get", SecretRead),
            on("item|vault|document delete", CloudDestroy),
        ],
    },
    Tool {
        names: &["secret-tool", "pass", "gopass", "bw", "lpass", "keyring"],
        spec: spec("", &[]),
        entries: &[on("lookup|search|show|get|export", SecretRead), on("rm|delete|clear|remove", CloudDestroy)],
    },
    Tool {
        names: &["helm"],
        spec: spec("nf", &["namespace=", "kube-context=", "values=", "set="]),
        entries: &[on("uninstall|delete|del|un", ClusterDestroy), on("rollback", ClusterDestroy)],
    },
    Tool {
        names: &["kind", "k3d", "minikube"],
        spec: spec("np", &["name=", "profile="]),
        entries: &[on("delete", ContainerDestroy), on("cluster delete", ContainerDestroy)],
    },
    Tool {
        names: &["argocd", "flux", "istioctl", "velero"],
        spec: spec("n", &["namespace=", "server="]),
        entries: &[
            on("app|cluster|repo|proj delete|rm", ClusterDestroy),
            on("uninstall|delete", ClusterDestroy),
            on("experimental uninstall", ClusterDestroy),
            on("backup|restore|schedule delete", ClusterDestroy),
            with("app sync", &["prune"], ClusterDestroy),
        ],
    },
    Tool { names: &["docker", "podman", "nerdctl"], spec: DOCKER_RM, entries: DOCKER_ENTRIES },
    Tool {
        names: &["docker-compose", "podman-compose"],
        spec: DOCKER,
        entries: &[with("down", &["v", "volumes", "rmi"], ContainerDestroy), with("rm", &["v"], ContainerDestroy)],
    },
    Tool {
        names: &["npm", "pnpm", "yarn", "bun"],
        spec: spec("wC", &["registry=", "tag=", "otp=", "prefix=", "workspace=", "access=", "cwd="]),
        entries: &[
            on("publish|unpublish|deprecate", PackagePublish),
            on("npm publish", PackagePublish),
            on("owner|access|team|dist-tag|token add|rm|grant|revoke|set|create|delete", PackagePublish),
            on("install|i|add http://*", PackageUntrusted),
            on("install|i|add https://*.tgz", PackageUntrusted),
            with("install|i|add|ci", &["registry=http://*"], PackageUntrusted),
        ],
    },
    Tool {
        names: &["cargo"],
        spec: spec(
            "pFZ",
            &[
                "package=",
                "features=",
                "registry=",
                "manifest-path=",
                "target=",
                "vers=",
                "version=",
                "token=",
                "config=",
            ],
        ),
        entries: &[unless("publish", &["n"], PackagePublish), on("yank", PackagePublish), on("owner", PackagePublish)],
    },
    Tool {
        names: &[
            "twine",
            "gem",
            "flit",
            "hatch",
            "maturin",
            "poetry",
            "rye",
            "pdm",
            "uv",
            "mvn",
            "gradle",
            "gradlew",
            "vsce",
            "ovsx",
            "goreleaser",
            "semantic-release",
            "lerna",
            "changeset",
            "nuget",
            "dotnet",
            "pod",
            "hex",
            "helm-push",
        ],
        spec: spec(
            "rupkh",
            &["repository=", "repository-url=", "username=", "password=", "key=", "source=", "host=", "api-key="],
        ),
        entries: &[
            on("upload|publish|push|yank|deploy|release", PackagePublish),
            on("nuget push|delete", PackagePublish),
            on("trunk push|delete", PackagePublish),
            on("hex.publish", PackagePublish),
        ],
    },
    Tool {
        names: &["pip", "pip3", "pipx"],
        spec: spec(
            "rcieft",
            &[
                "requirement=",
                "constraint=",
                "index-url=",
                "extra-index-url=",
                "trusted-host=",
                "target=",
                "prefix=",
                "find-links=",
                "editable=",
            ],
        ),
        entries: &[
            with(
                "install|download",
                &["index-url=http://*", "i=http://*", "extra-index-url=http://*", "trusted-host"],
                PackageUntrusted,
            ),
            on("install http://*|https://*", PackageUntrusted),
        ],
    },
    Tool {
        names: &[
            "apt",
            "apt-get",
            "aptitude",
            "dnf",
            "yum",
            "zypper",
            "apk",
            "pkg",
            "brew",
            "snap",
            "flatpak",
            "choco",
            "winget",
            "scoop",
            "port",
            "emerge",
            "xbps-remove",
        ],
        spec: spec("oct", &["option=", "target-release="]),
        entries: &[
            unless(
                "remove|purge|autoremove|erase|uninstall|del|delete|rm|full-upgrade|dist-upgrade|history",
                &["s", "simulate", "n"],
                PackageRemove,
            ),
            with("install", &["allow-unauthenticated", "force-yes", "nogpgcheck", "allow-untrusted"], PackageUntrusted),
        ],
    },
    Tool {
        names: &["pacman", "paru", "yay", "dpkg", "rpm"],
        spec: spec("", &["root=", "dbpath="]),
        entries: &[with("*", &["R", "r", "P", "purge", "e", "erase", "remove"], PackageRemove)],
    },
];
