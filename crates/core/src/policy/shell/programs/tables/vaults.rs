//! Keepers of secrets, of settings and of what a fleet of machines agrees on.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::read;
use super::super::super::state::State;
use super::super::super::value::{Origin, Text};
use super::super::{Program, base_name};
use super::{Tool, on, pass, single, spec, throwaway, unless, with};
use crate::policy::effects::Kind::{
    self, CloudAccess, CloudDestroy, ClusterDestroy, SafetyDisable, SecretRead, SecretWrite,
};
use crate::policy::lists::is;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "ssh-keygen" => ssh_keygen,
        "keytool" => keytool,
        _ => return None,
    })
}

/// A key that is taken out of a store, or whose password is another: what was signed by it can be signed by nobody else.
fn keytool(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = single(&["keystore=", "alias=", "storepass=", "keypass=", "new=", "storetype=", "file=", "delete"]);
    let options = read(&call.args, &spec);
    if options.has(&["delete", "storepasswd", "keypasswd"]) && !options.is_help() {
        let own = Text::known(".keystore");
        machine.unlocks(state, options.value(&["keystore"]).unwrap_or(&own));
    }
}

/// Making a key where one may be already asks first; where the answer comes from elsewhere, it is written over. A passphrase that
/// is changed without a question is the script's from then on, or none.
fn ssh_keygen(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("abCDEFfGIJjKMmNnOPRrSstVWYZzw", &[]));
    let asks_only = options.has(&["l", "y", "e", "i", "F", "R", "H", "B", "c", "p", "A", "Y", "s", "Q", "D", "L", "r"]);
    if let Some(file) =
        options.value(&["f"]).filter(|_| options.has(&["p"]) && (options.has(&["N"]) || Machine::has_input(state)))
    {
        return machine.unlocks(state, file);
    }
    let Some(file) = options.value(&["f"]).filter(|_| !asks_only && Machine::has_input(state)) else { return };
    if let Some(path) = machine.path(state, file) {
        machine.writes(state, &path, false);
    }
}

impl Machine<'_> {
    /// Notes that what protects a key is taken off or replaced, unless it is a test's or was made just now.
    pub(in super::super) fn unlocks(&mut self, state: &State, key: &Text) {
        let Some(path) = self.path(state, key) else { return self.act(Kind::SecretWrite, key.shown()) };
        let path = self.real(state, &path);
        let is_made = state.files.get(&path).is_some();
        if !is_made && !throwaway::is_trial_file(self, state, key) {
            let place = self.place(&path);
            self.note(Kind::SecretWrite, path, place, false, Origin::UNKNOWN);
        }
    }
}

/// Variables that name an editor.
const EDITORS: &[&str] = &["EDITOR", "VISUAL", "SOPS_EDITOR", "KUBE_EDITOR", "RUBY_EDITOR"];

/// Programs that show or keep what they are given to edit.
const SHOWS: &str = "cat|tee|cp|less|more|head|tail|base64|xxd|od|mv|ln|curl|strings|bat|nl|tac|grep|awk|sh|bash|python|python3|install|rsync|scp|dd";

/// Whether what is opened in an editor is shown or taken along: what is called an editor is none.
pub(super) fn shows_what_it_opens(machine: &Machine<'_>, state: &State) -> bool {
    EDITORS.iter().filter_map(|name| throwaway::variable(machine, state, name)).any(|editor| shows(&editor))
}

/// Whether what is called an editor shows or keeps what it is given.
fn shows(editor: &str) -> bool {
    let program = editor.split_whitespace().next().unwrap_or_default();
    is(base_name(program), SHOWS)
}

/// Every tool of this file.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["vault", "bao"],
        spec: single(&[
            "address=",
            "namespace=",
            "field=",
            "mount=",
            "format=",
            "policy=",
            "period=",
            "ttl=",
            "path=",
            "version=",
            "versions=",
            "mode=",
            "id=",
            "role=",
            "display-name=",
            "method=",
        ]),
        entries: &[
            on("kv get", SecretRead),
            on("read|print|unwrap", SecretRead),
            on("audit disable", SafetyDisable),
            on("write sys/audit/*|sys/config/*", SafetyDisable),
            on("kv delete|destroy|rollback", CloudDestroy),
            on("kv metadata delete", CloudDestroy),
            on("delete", CloudDestroy),
            on("secrets disable|move", CloudDestroy),
            on("auth disable", CloudDestroy),
            with("lease|token revoke", &["prefix", "force", "mode=path", "mode=orphan", "accessor"], CloudDestroy),
            on("operator seal|rekey|step-down|migrate", CloudDestroy),
            on("operator raft remove-peer", CloudDestroy),
            on("operator raft snapshot restore", CloudDestroy),
            on("operator generate-root|unseal", CloudAccess),
            on("policy write|delete", CloudAccess),
            on("auth enable|tune", CloudAccess),
            on("write auth/*|sys/policy/*|sys/policies/*|identity/*", CloudAccess),
            on("namespace delete", CloudDestroy),
            on("plugin register|reload", CloudAccess),
            with("token create", &["policy=root", "orphan", "period", "no-default-policy=false", "id"], CloudAccess),
            with("token create", &["field", "format"], SecretRead),
        ],
    },
    Tool {
        names: &["consul"],
        spec: single(&["http-addr=", "token=", "datacenter=", "id=", "name=", "prefix=", "node="]),
        entries: &[
            with("kv delete", &["recurse"], CloudDestroy),
            on("acl bootstrap", CloudAccess),
            on("acl * delete", CloudAccess),
            on("acl set-agent-token", CloudAccess),
            with("acl token|policy|role create|update", &["~*global-management*"], CloudAccess),
            on("leave|force-leave", ClusterDestroy),
            on("operator raft remove-peer", ClusterDestroy),
            on("snapshot restore", CloudDestroy),
            on("config|intention|namespace|partition|peering|services delete|deregister", CloudDestroy),
        ],
    },
    Tool {
        names: &["nomad"],
        spec: single(&["address=", "namespace=", "region=", "token=", "job=", "task=", "group="]),
        entries: &[
            on("job|system stop|gc", ClusterDestroy),
            on("stop", ClusterDestroy),
            with("job scale", &["0"], ClusterDestroy),
            with("node drain", &["enable", "force"], ClusterDestroy),
            with("node eligibility", &["disable"], ClusterDestroy),
            on("namespace|volume|quota|var|sentinel delete|deregister|purge|detach", ClusterDestroy),
            on("acl bootstrap", CloudAccess),
            on("acl policy|token|role delete|apply|create|update", CloudAccess),
            on("var get", SecretRead),
            on("server force-leave", ClusterDestroy),
            on("operator raft|snapshot remove-peer|restore", ClusterDestroy),
        ],
    },
    Tool {
        names: &["op"],
        spec: spec("", &["vault=", "fields=", "format=", "account=", "category=", "role=", "user="]),
        entries: &[
            on("read", SecretRead),
            on("item|document get", SecretRead),
            on("item|vault|document|user|group delete", CloudDestroy),
            on("item|document archive", CloudDestroy),
            on("vault user|group grant", CloudAccess),
            on("group user grant", CloudAccess),
            on("service-account create", CloudAccess),
            on("item share", CloudAccess),
        ],
    },
    Tool {
        names: &[
            "secret-tool",
            "pass",
            "gopass",
            "bw",
            "lpass",
            "keyring",
            "keepassxc-cli",
            "rbw",
            "gnome-keyring",
            "passage",
            "keeper",
            "dashlane",
            "dcli",
        ],
        spec: spec("", &["session=", "itemid="]),
        entries: &[
            on("lookup|search|show|get|export|otp|code|password", SecretRead),
            // Items are listed with all that they hold.
            on("list items", SecretRead),
            with("edit", &["@shown"], SecretRead),
            on("rm|delete|clear|remove|purge|destroy", CloudDestroy),
        ],
    },
    Tool {
        names: &[
            "doppler",
            "infisical",
            "chamber",
            "berglas",
            "credstash",
            "teller",
            "akeyless",
            "conjur",
            "summon",
            "envkey",
            "phase",
            "keyvault",
        ],
        spec: spec("pct", &["project=", "config=", "env=", "path=", "token=", "format=", "secret-name="]),
        entries: &[
            on("read|export|get|getall|get-secret-value|access|env|show|history", SecretRead),
            on("secrets|configs|variable|environments|projects|vaults delete|remove|unset", CloudDestroy),
            on("delete|delete-item|destroy", CloudDestroy),
            with("edit", &["@shown"], SecretRead),
            pass("secrets set|upload|notes|folders"),
            unless("secrets", &["only-names"], SecretRead),
        ],
    },
    Tool {
        names: &[
            "ansible-vault",
            "ejson",
            "dotenvx",
            "transcrypt",
            "senv",
            "kamal-secrets",
            "blackbox_cat",
            "git-secret",
        ],
        spec: spec(
            "",
            &[
                "vault-password-file=",
                "vault-id=",
                "output=",
                "output-type=",
                "input-type=",
                "extract=",
                "keydir=",
                "kms=",
            ],
        ),
        entries: &[
            on("decrypt|view|get|cat|reveal|show-raw|display|d", SecretRead),
            with("", &["d", "decrypt"], SecretRead),
            with("edit|create", &["@shown"], SecretRead),
        ],
    },
    // Without a verb these open in an editor what they are given.
    Tool {
        names: &["sops", "eyaml", "vlt", "age-edit", "agenix", "ragenix"],
        spec: spec("", &["output=", "output-type=", "input-type=", "extract=", "kms="]),
        entries: &[on("decrypt|d", SecretRead), with("", &["d", "decrypt", "@shown"], SecretRead)],
    },
    Tool {
        names: &["security"],
        spec: spec("asl", &[]),
        entries: &[
            with("find-generic-password|find-internet-password", &["w", "g"], SecretRead),
            on("dump-keychain|export|unlock-keychain", SecretRead),
            on(
                "delete-keychain|delete-generic-password|delete-internet-password|delete-certificate|delete-identity",
                CloudDestroy,
            ),
            on("add-trusted-cert|authorizationdb|set-key-partition-list", SafetyDisable),
        ],
    },
    // Keys that stand in a device, in a store of a browser or for the start of the machine.
    Tool {
        names: &[
            "pkcs11-tool",
            "pkcs15-tool",
            "pkcs15-init",
            "pkcs15-crypt",
            "softhsm2-util",
            "sbctl",
            "yubico-piv-tool",
        ],
        spec: spec(
            "ady",
            &["module=", "slot=", "token=", "label=", "type=", "id=", "pin=", "so-pin=", "action=", "serial="],
        ),
        entries: &[
            with(
                "",
                &[
                    "delete-object",
                    "init-token",
                    "erase-card",
                    "E",
                    "delete-objects",
                    "delete-token",
                    "action=delete*",
                    "action=reset",
                    "a=delete*",
                    "a=reset",
                    "change-puk",
                ],
                SecretWrite,
            ),
            on("reset|rotate-keys", SecretWrite),
        ],
    },
    Tool {
        names: &["certbot"],
        spec: spec("d", &["cert-name=", "cert-path=", "reason=", "domain="]),
        entries: &[on("delete|revoke|unregister", SecretWrite)],
    },
    Tool {
        names: &["step"],
        spec: spec("", &["out=", "key=", "password-file="]),
        entries: &[with("crypto change-pass *", &["no-password"], SecretWrite)],
    },
    Tool {
        names: &["puttygen"],
        spec: spec("tbCOo", &["new-passphrase=", "old-passphrase="]),
        entries: &[with("*", &["P", "new-passphrase"], SecretWrite)],
    },
    Tool {
        names: &["kubeseal", "sealed-secrets"],
        spec: spec("fo", &["format=", "cert=", "recovery-private-key="]),
        entries: &[with("", &["recovery-unseal"], SecretRead)],
    },
];
