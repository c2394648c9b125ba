//! Clusters and containers, and the machines that are made on this one for trying things.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::{Options, Spec, read};
use super::super::super::state::State;
use super::super::super::value::{Origin, Text};
use super::super::Program;
use super::{Entry, Tool, UNGUARDED, is_harmless, on, pass, production, spec, throwaway, with};
use crate::policy::effects::Kind::{
    CloudAccess, CloudDeploy, ClusterDestroy, CodeFetched, ContainerDestroy, ContainerEscape, PackagePublish,
    SafetyDisable, SecretRead, ServiceChange, StorageDestroy, SystemChange,
};

const KUBECTL: Spec = spec(
    "nfloskcp",
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
        "patch=",
        "type=",
        "image=",
        "overrides=",
        "raw=",
        "address=",
        "clusterrole=",
        "role=",
        "serviceaccount=",
        "as=",
        "as-group=",
        "cascade?",
        "wait?",
        "all",
        "all-namespaces",
        "force",
        "prune",
        "privileged",
        "insecure-skip-tls-verify?",
        "accept-hosts=",
        "verbs=",
        "resource=",
    ],
);

const KUBECTL_ENTRIES: &[Entry] = &[
    with(
        "delete pod|pods|po",
        &["all", "A", "all-namespaces", "f", "filename", "k", "kustomize", "force", "l", "selector", "field-selector"],
        ClusterDestroy,
    ),
    pass("delete pod|pods|po|event|events|lease|leases *"),
    pass("delete pod/*|pods/*|po/*"),
    on("delete *", ClusterDestroy),
    with("delete", &["f", "filename", "k", "kustomize", "raw", "l", "selector"], ClusterDestroy),
    on("drain|cordon", ClusterDestroy),
    with("taint", &["~*noexecute*"], ClusterDestroy),
    with("scale", &["replicas=0"], ClusterDestroy),
    with("autoscale", &["max=0"], ClusterDestroy),
    with("replace", &["force"], ClusterDestroy),
    with("apply", &["prune"], ClusterDestroy),
    with("patch", &["~*finalizers*"], ClusterDestroy),
    with(
        "patch",
        &["~*allowprivilegeescalation*true*", "~*\"privileged\"*true*", "~*hostpid*", "~*hostpath*"],
        ContainerEscape,
    ),
    with("label|annotate", &["~pod-security.kubernetes.io/enforce=privileged"], SafetyDisable),
    with(
        "get secret|secrets",
        &[
            "o=yaml",
            "o=json",
            "output=yaml",
            "output=json",
            "o=jsonpath*",
            "output=jsonpath*",
            "o=go-template*",
            "output=go-template*",
            "o=custom-columns=*.data*",
            "template",
        ],
        SecretRead,
    ),
    with("get secret/*|secrets/*", &["o", "output", "template"], SecretRead),
    with("edit secret|secrets|secret/*", &["@shown"], SecretRead),
    on("view-secret|view-secrets", SecretRead),
    with("config view", &["raw"], SecretRead),
    with("extract secret/*", &["to"], SecretRead),
    on("create clusterrolebinding", CloudAccess),
    with("apply|replace", &["@production"], CloudDeploy),
    with("set image", &["@production"], CloudDeploy),
    with("set env", UNGUARDED, SafetyDisable),
    with("set env|resources|selector|serviceaccount", &["@there"], CloudDeploy),
    with("rollout restart|undo|pause", &["@there"], CloudDeploy),
    with("rollout undo", &["@many"], CloudDeploy),
    with("scale|autoscale|patch|edit", &["@there"], ServiceChange),
    with("create rolebinding", &["clusterrole=cluster-admin", "clusterrole=admin"], CloudAccess),
    with("create clusterrole|role", &["verb=*[*]*"], CloudAccess),
    on("set subject", CloudAccess),
    on("certificate approve", CloudAccess),
    with("proxy", &["accept-hosts"], CloudAccess),
    on("debug node/*|nodes/*", ContainerEscape),
    on("adm policy add-*|remove-*", CloudAccess),
    on("policy add-*|remove-*", CloudAccess),
    on("adm drain|cordon", ClusterDestroy),
    with("adm prune", &["confirm"], ClusterDestroy),
];

const DOCKER: &[&str] = &[
    "filter=",
    "host=",
    "context=",
    "file=",
    "project-name=",
    "profile=",
    "time=",
    "timeout=",
    "format=",
    "env-file=",
    "project-directory=",
    "tag=",
    "platform=",
    "progress=",
    "target=",
    "build-arg=",
];

const DOCKER_ENTRIES: &[Entry] = &[
    with("stop|kill|rm|pause", &["@guardian"], SafetyDisable),
    with("container stop|kill|rm|pause", &["@guardian"], SafetyDisable),
    with("stack deploy", &["@production"], CloudDeploy),
    on("system prune|reset", ContainerDestroy),
    on("volume rm|prune|remove", ContainerDestroy),
    with("image|images prune", &["a", "all"], ContainerDestroy),
    with("container prune", &["f", "force"], ContainerDestroy),
    with("builder prune", &["a", "all"], ContainerDestroy),
    // Containers by name come and go; what comes from a list, or with its volumes, is more than one knows.
    with("rm", &["v", "volumes", "a", "all"], ContainerDestroy),
    with("container rm|remove", &["v", "volumes", "a", "all"], ContainerDestroy),
    with("rm", &["~\u{2026}"], ContainerDestroy),
    with("container rm|remove", &["~\u{2026}"], ContainerDestroy),
    with("rm", &["~*prod*", "~*live*"], ContainerDestroy),
    with("container rm", &["~*prod*", "~*live*"], ContainerDestroy),
    with("rmi", &["~\u{2026}", "a", "all"], ContainerDestroy),
    with("image rm|remove", &["~\u{2026}", "a", "all"], ContainerDestroy),
    with("pod rm", &["a", "all", "f", "force"], ContainerDestroy),
    on("machine rm|reset", ContainerDestroy),
    on("swarm leave", ContainerDestroy),
    with("swarm join|init|update", &["autolock=false"], SafetyDisable),
    on("stack|service|secret|config|node|plugin rm|remove|down", ContainerDestroy),
    with("plugin install", &["grant-all-permissions"], ContainerEscape),
    on("push", PackagePublish),
    on("image|manifest|plugin|artifact push", PackagePublish),
    with("buildx build|bake", &["push"], PackagePublish),
    on("buildx imagetools create", PackagePublish),
    with("build|bake", &["push"], PackagePublish),
    on("trust revoke|key", PackagePublish),
];

const COMPOSE_ENTRIES: &[Entry] = &[
    with("down", &["v", "volumes", "rmi=all"], ContainerDestroy),
    with("rm", &["v", "volumes"], ContainerDestroy),
    on("push", PackagePublish),
    with("build|bake", &["push"], PackagePublish),
];

/// Every tool of this file that a table tells enough of.
pub(super) const TOOLS: &[Tool] = &[
    Tool { names: &["kubectl", "oc", "kubecolor", "microk8s.kubectl"], spec: KUBECTL, entries: KUBECTL_ENTRIES },
    Tool {
        names: &["helm"],
        spec: spec(
            "nfo",
            &[
                "namespace=",
                "kube-context=",
                "values=",
                "set=",
                "set-string=",
                "version=",
                "timeout=",
                "kubeconfig=",
                "output=",
                "repo=",
            ],
        ),
        entries: &[
            on("uninstall|delete|del|un", ClusterDestroy),
            with("upgrade|install|rollback", &["@production"], CloudDeploy),
            with("rollback", &["@many"], CloudDeploy),
            on("push|cm-push", PackagePublish),
            on("secrets|secret view|decrypt|dec", SecretRead),
        ],
    },
    Tool {
        names: &["helmfile", "kapp", "kpt", "kn", "skaffold", "devspace", "okteto", "werf", "ytt", "garden"],
        spec: spec("nefla", &["namespace=", "kube-context=", "environment=", "file=", "selector=", "app="]),
        entries: &[
            on("destroy|delete|dismiss|purge|cleanup", ClusterDestroy),
            with("run|deploy|apply|sync|up|converge", &["@production"], CloudDeploy),
            on("service|source|trigger|broker|route|app|app-group|namespace delete", ClusterDestroy),
            on("live destroy", ClusterDestroy),
        ],
    },
    Tool {
        names: &[
            "argocd", "flux", "istioctl", "velero", "linkerd", "cilium", "argo", "tkn", "kubeadm", "talosctl", "k0s",
            "kubens",
        ],
        spec: spec(
            "n",
            &[
                "namespace=",
                "server=",
                "context=",
                "kube-context=",
                "sync-policy=",
                "revision=",
                "path=",
                "nodes=",
                "kubeconfig=",
            ],
        ),
        entries: &[
            on(
                "app|cluster|repo|proj|project|appset|account|cert|gpg|repocreds delete|rm|delete-resource|delete-token",
                ClusterDestroy,
            ),
            on("uninstall|delete|reset|prune|bootstrap-reset", ClusterDestroy),
            on("experimental|x uninstall", ClusterDestroy),
            on(
                "backup|restore|schedule|pipelinerun|taskrun|pipeline|task|backup-location|snapshot-location delete",
                ClusterDestroy,
            ),
            with("app sync", &["prune", "force", "replace"], ClusterDestroy),
            with("app sync|rollback", &["@production"], CloudDeploy),
            with("app set", &["sync-policy=none"], SafetyDisable),
            on("suspend ks|kustomization|hr|helmrelease|source --all", SafetyDisable),
            with("suspend", &["all"], SafetyDisable),
            on("account update-password", CloudAccess),
            on("account generate-token", SecretRead),
            on("proj role add-policy|create-token", CloudAccess),
            on("admin initial-password", SecretRead),
            on("push artifact", PackagePublish),
        ],
    },
    Tool {
        names: &["k3s-uninstall.sh", "k3s-agent-uninstall.sh", "rke2-uninstall.sh", "k3s-killall.sh"],
        spec: spec("", &[]),
        entries: &[on("", ClusterDestroy)],
    },
    Tool {
        names: &["kind", "k3d", "minikube", "microk8s", "ctlptl"],
        spec: spec(
            "np",
            &["name=", "profile=", "config=", "wait=", "image=", "kubeconfig=", "driver=", "memory=", "cpus="],
        ),
        entries: &[on("delete|reset", ContainerDestroy), on("cluster|registry delete", ContainerDestroy)],
    },
    Tool {
        names: &["colima", "limactl", "docker-machine", "orb", "orbctl"],
        spec: spec("np", &["name=", "profile=", "provider="]),
        entries: &[
            on("delete|destroy|purge|rm|reset|prune", ContainerDestroy),
            on("storage|image|network|project|snapshot|profile|volume delete", ContainerDestroy),
        ],
    },
    Tool {
        names: &["qm", "pct"],
        spec: spec("", &[]),
        entries: &[on("destroy|delsnapshot|rollback", StorageDestroy), on("stop|shutdown|reset", SystemChange)],
    },
    Tool {
        names: &["virsh"],
        spec: spec("c", &["connect=", "domain="]),
        entries: &[
            with("undefine", &["remove-all-storage", "storage", "snapshots-metadata", "nvram"], StorageDestroy),
            on("vol-delete|vol-wipe|pool-delete|snapshot-delete|snapshot-revert|undefine", StorageDestroy),
        ],
    },
    Tool {
        names: &["VBoxManage", "vboxmanage"],
        spec: spec("", &[]),
        entries: &[
            with("unregistervm", &["delete", "delete-all"], StorageDestroy),
            with("closemedium", &["delete"], StorageDestroy),
            on("snapshot * delete|restore|restorecurrent", StorageDestroy),
        ],
    },
    Tool {
        names: &["lxc", "incus"],
        spec: spec("", &["project="]),
        entries: &[on("delete|rm", StorageDestroy), on("storage|image|snapshot|project delete|rm", StorageDestroy)],
    },
    Tool {
        names: &["multipass"],
        spec: spec("ncmd", &["name=", "cpus=", "memory=", "disk=", "cloud-init="]),
        entries: &[with("delete", &["p", "purge", "all"], StorageDestroy), on("purge", StorageDestroy)],
    },
    Tool { names: &["qemu-img"], spec: spec("f", &[]), entries: &[with("snapshot", &["d", "a"], StorageDestroy)] },
    Tool {
        names: &["vagrant"],
        spec: spec("", &[]),
        entries: &[on("destroy", ContainerDestroy), on("snapshot delete", ContainerDestroy)],
    },
    Tool { names: &["wsl"], spec: spec("", &[]), entries: &[with("", &["unregister"], StorageDestroy)] },
    Tool {
        names: &["govc", "xe", "prlctl", "vmrun"],
        spec: spec("", &["domain=", "unregister=", "distribution="]),
        entries: &[
            with("", &["unregister"], StorageDestroy),
            on(
                "undefine|vol-delete|pool-delete|pool-undefine|vol-wipe|snapshot-delete|net-undefine|save-remove",
                StorageDestroy,
            ),
            on(
                "unregistervm|closemedium|deleteVM|vm-destroy|vdi-destroy|vm.destroy|datastore.rm|pool.destroy|object.destroy",
                StorageDestroy,
            ),
            on("destroy|delete", StorageDestroy),
        ],
    },
    Tool { names: &["docker", "podman", "nerdctl"], spec: spec("Hct", DOCKER), entries: DOCKER_ENTRIES },
    Tool { names: &["docker-compose", "podman-compose"], spec: spec("fHcpt", DOCKER), entries: COMPOSE_ENTRIES },
    Tool {
        names: &["crictl", "ctr", "buildah"],
        spec: spec("n", &["namespace=", "runtime-endpoint="]),
        entries: &[
            with("rm|rmp|rmi|stopp", &["a", "all", "f", "force", "prune", "q"], ContainerDestroy),
            on("images|image|containers|container|snapshots|tasks|task rm|remove|delete|prune", ContainerDestroy),
            on("push", PackagePublish),
            on("images|image push", PackagePublish),
            with("run", &["privileged"], ContainerEscape),
        ],
    },
    Tool {
        names: &[
            "skopeo",
            "crane",
            "gcrane",
            "regctl",
            "oras",
            "ko",
            "pack",
            "imgpkg",
            "regclient",
            "img",
            "nix-copy",
            "apptainer",
            "singularity",
        ],
        spec: spec(
            "uaftd",
            &[
                "src-creds=",
                "dest-creds=",
                "creds=",
                "authfile=",
                "src-tls-verify=",
                "dest-tls-verify=",
                "platform=",
                "builder=",
                "tag=",
            ],
        ),
        entries: &[
            on("delete|rm", PackagePublish),
            on("tag|image|manifest|repo|blob|index delete|rm", PackagePublish),
            on("copy * docker://*", PackagePublish),
            on("sync", PackagePublish),
            on("push|cp|copy|attach|mutate|append", PackagePublish),
            on("image|index|artifact copy|put|import|mod", PackagePublish),
            with("build", &["publish"], PackagePublish),
        ],
    },
    Tool {
        names: &["kubectx", "kubie", "kubectl-ctx"],
        spec: spec("d", &[]),
        entries: &[with("", &["d"], ClusterDestroy)],
    },
];

pub(super) fn program(name: &str) -> Option<Program> {
    matches!(name, "kubectx" | "kubens").then_some(kubectx)
}

fn kubectx(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    if let [context] = call.args.as_slice() {
        let words = ["config", "use-context", &context.shown()].map(str::to_owned);
        if call.name == "kubectx" {
            throwaway::uses_cluster(state, &words[2]);
        }
        production::chooses(state, "kubectx", &Options::default(), &words);
    }
    super::table(machine, call, state);
}

/// What `kubectl` and its kin do besides what the table tells: what they apply, and the pods they are told to start.
pub(in super::super) fn kubectl(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &KUBECTL);
    let words: Vec<String> = options.operands.iter().map(Text::shown).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_local = |machine: &Machine<'_>, state: &State| {
        throwaway::may_lose(machine, state, "kubectl", ClusterDestroy, &options, &[])
    };
    if !is_harmless(&options) {
        match words.as_slice() {
            ["config", "use-context", context, ..] => throwaway::uses_cluster(state, context),
            ["apply" | "create" | "replace", ..] if !is_local(machine, state) => manifests(machine, state, &options),
            ["run", ..] if !is_local(machine, state) => {
                let overrides = options.value(&["overrides"]).map(Text::shown).unwrap_or_default();
                if options.has(&["privileged"]) || is_powerful(&overrides) {
                    machine.act(ContainerEscape, "a pod with power over its node");
                }
            }
            _ => {}
        }
    }
    super::table(machine, call, state);
}

/// What is applied: from another machine unread, or with power over the node it runs on.
fn manifests(machine: &mut Machine<'_>, state: &mut State, options: &Options) {
    for file in options.values(&["f", "filename", "k", "kustomize"]).cloned().collect::<Vec<_>>() {
        let shown = file.shown();
        if shown.starts_with("http://") || shown.starts_with("https://") {
            if !throwaway::is_address_here(&shown) {
                machine.note(CodeFetched, shown, Default::default(), false, Origin::FETCHED);
            }
            continue;
        }
        let text = if shown == "-" { machine.input(state, 0) } else { machine.read_file(state, &file) };
        machine.runs_code(&text);
        if is_powerful(&text.shown()) {
            machine.act(ContainerEscape, shown);
        }
    }
}

/// Whether a pod's description gives it power over the machine it runs on.
fn is_powerful(text: &str) -> bool {
    let dense: String = text.chars().filter(|char| !char.is_whitespace() && *char != '"').collect();
    let has = |word: &str| dense.contains(word);
    has("privileged:true")
        || has("hostPID:true")
        || has("hostIPC:true")
        || has("hostPath:")
            && ["path:/,", "path:/}", "path:/etc", "path:/root", "path:/var/run/docker.sock", "path:/proc"]
                .iter()
                .any(|path| has(path))
        || has("hostPath:") && dense.ends_with("path:/")
        || has("name:cluster-admin") && has("ClusterRoleBinding")
}
