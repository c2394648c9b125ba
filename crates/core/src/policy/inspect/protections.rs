//! Infrastructure as code: protections that are taken off, and doors that are opened to everybody.

use super::source::{Written, form, unquoted};
use super::{settings, ways};
use crate::policy::lists::{holds, is, letters, parts};
use crate::policy::spans;

/// Settings that protect while they are true, in letters alone: each tool has its own way to write them.
const PROTECTS: &str = "deletionprotection|preventdestroy|enabledeletionprotection|deletionprotectionenabled|terminationprotection|\
    enableterminationprotection|disableapitermination|blockpublicacls|blockpublicpolicy|ignorepublicacls|\
    restrictpublicbuckets|storageencrypted|encrypted|enablekeyrotation|pointintimerecoveryenabled|\
    purgeprotectionenabled|enablelogging|enablelogfilevalidation|requiressl|sslenforcementenabled|forcessl|enforcessl|\
    runasnonroot|readonlyrootfilesystem|httpsonly|enableguardduty|protect|retainondelete|enabledcloudwatchlogs|\
    transitencryptionenabled|atrestencryptionenabled|rbacenabled|enforceadmins|requiresignedcommits|requiredsignatures|\
    requireconversationresolution|requirecodeownerreviews|dismissstalereviews|vulnerabilityalerts|deleteprotection|\
    deleteprotectionenabled|uniformbucketlevelaccess|httpstrafficonlyenabled|enablesecureboot|mfadelete|\
    enablepurgeprotection|enablesoftdelete|supportshttpstrafficonly|versioned|encryptionatrestenabled|\
    nodetonodeencryptionenabled|ismultiregiontrail|sslenforcement|infrastructureencryption|authorizationenabled|\
    tlsenabled";

/// Settings that protect while they are false.
const EXPOSES: &str = "skipfinalsnapshot|forcedestroy|publiclyaccessible|publicnetworkaccessenabled|allowblobpublicaccess|\
    allownesteditemstobepublic|privileged|allowprivilegeescalation|hostnetwork|hostpid|forcedelete|\
    deleteautomatedbackups|associatepublicipaddress|allowsforcepushes|allowforcepushes|allowsdeletions|allowdeletions|\
    bypasspolicylockoutsafetycheck|publicreadaccess|autodeleteobjects|publicnetworkaccess|\
    anonymouspullenabled|allowanonymousaccess";

/// Numbers that protect while they are more than nothing.
const COUNTS: &str = "backupretentionperiod|backupretentiondays|backupretentionindays|requiredapprovingreviewcount|\
    recoverywindowindays|softdeleteretentiondays|retainedbackups|pointintimerecoveryretentiondays|backupretention|snapshotretentionlimit|\
    automatedsnapshotretentionperiod";

/// Words that protect, and those that do no longer.
const WORDS: &[(&str, &str, &str)] = &[
    ("deletionpolicy|updatereplacepolicy|reclaimpolicy|persistentvolumereclaimpolicy", "retain|snapshot", "delete"),
    ("podsecuritykubernetesioenforce", "restricted|baseline", "privileged"),
    ("publicaccessprevention", "enforced", "inherited|unspecified"),
    ("removalpolicy|deletionprotectionpolicy", "retain|snapshot|retain_on_update_or_delete", "destroy"),
    (
        "acl|cannedacl|accesscontrol",
        "private|bucket-owner-full-control",
        "public-read|public-read-write|authenticated-read",
    ),
    ("encryption", "s3_managed|kms|kms_managed", "unencrypted"),
    ("defaultaction", "deny|block", "allow"),
    ("httptokens", "required", "optional"),
    ("enforcement", "active", "disabled|evaluate"),
    (
        "validationfailureaction|failureaction|enforcementaction|validationactions",
        "enforce|deny",
        "audit|warn|dryrun|scoped",
    ),
    ("failurepolicy", "fail", "ignore"),
    ("mode|mtlsmode", "strict", "disable|permissive|unset"),
    ("imagetagmutability", "immutable", "mutable"),
    (
        "sslmode|requiresecuretransport",
        "require|verify-ca|verify-full|encrypted_only|on",
        "disable|allow|off|allow_unencrypted_and_encrypted",
    ),
];

/// Resources and blocks that are protections themselves.
const PROTECTIONS: &str = "github_branch_protection|github_repository_ruleset|github_organization_ruleset|\
    gitlab_branch_protection|aws_s3_bucket_public_access_block|aws_s3_account_public_access_block|\
    aws_s3_bucket_versioning|aws_s3_bucket_object_lock_configuration|aws_guardduty_detector|aws_securityhub_account|\
    aws_cloudtrail|aws_config_configuration_recorder|aws_backup_plan|aws_backup_vault_lock_configuration|\
    aws_wafv2_web_acl_association|aws_organizations_policy|azurerm_management_lock|azurerm_backup_policy|\
    google_org_policy_policy|google_project_organization_policy|google_compute_resource_policy|\
    aws_flow_log|aws_shield_protection|aws_inspector2_enabler|aws_macie2_account|azurerm_monitor_diagnostic_setting|\
    google_project_iam_audit_config|google_compute_security_policy|azurerm_security_center_subscription_pricing|kubernetes_network_policy|required_pull_request_reviews|required_status_checks|prevent_destroy|\
    kind: NetworkPolicy|kind: ValidatingWebhookConfiguration";

/// Whether a text for infrastructure lacks a protection that the text before it had, or lets everybody in. A text without one before
/// it says only what is: of that, a production's protections count, and open doors.
pub(super) fn is_lifted(written: &Written<'_>) -> bool {
    let (text, path, name) = (&*written.text, written.path, written.name());
    let is_code = written.is_form("tf|hcl|tfvars|bicep") || name.ends_with(".tf.json");
    let of_code = || holds(path, "/infra|/cdk|/pulumi|/iac/|/stacks/|/terraform");
    let is_data = match form(path) {
        "yaml" | "yml" | "json" | "rules" => !name.contains("lock"),
        "ts" | "py" | "go" => of_code(),
        _ => false,
    };
    if !is_code && !is_data {
        return false;
    }
    let told = truths(text);
    let lifted = match written.before {
        Some(before) if loses(text, before) || ways::are_widened(text, before) => true,
        Some(before) if !written.is_tried() && (is_shown(text, before) || stops_copies(written, before)) => true,
        Some(before) if !written.is_tried() && is_unbound(text, before) => true,
        // A whole resource that is gone is another matter.
        Some(before) if before.contains("resource \"") && !text.contains("resource \"") => false,
        Some(_) if written.is_tried() => false,
        Some(before) => {
            let had = truths(&kept_of(before, text));
            had.iter().any(|(name, value)| {
                let now = told.iter().find(|(other, _)| other == name).map(|(_, value)| *value);
                // A line that is gone says less than one that says no: in code of infrastructure it is the same.
                is(name, PROTECTS) && *value && (now == Some(false) || now.is_none() && is_code && !moves(text, name))
                    || is(name, EXPOSES) && !*value && now == Some(true)
            })
        }
        None => false,
    };
    let production = || holds(path, "/prod|production|/live/");
    let weak = |(name, value): &(String, bool)| match value {
        true => is(name, EXPOSES),
        false => is(name, PROTECTS) && name.len() > 9,
    };
    lifted
        || is_code && production() && told.iter().any(weak)
        || written.gains(|text| opens_to_everybody(text, is_code))
}

/// What was told of the resources that are still there: with one that is gone goes what was told of it.
fn kept_of<'t>(before: &'t str, text: &str) -> std::borrow::Cow<'t, str> {
    let mut goes = false;
    let keeps = |line: &&str| {
        let is_start = line.starts_with("resource \"");
        goes = if is_start { !text.contains(line.trim_end_matches([' ', '{'])) } else { goes };
        let kept = !goes;
        goes &= !line.starts_with('}');
        kept
    };
    if !before.contains("resource \"") {
        return before.into();
    }
    before.lines().filter(keeps).collect::<Vec<_>>().join("\n").into()
}

/// Whether a text has none of what protected in the one before it, or a weaker word or number for it.
fn loses(text: &str, before: &str) -> bool {
    let is_gone = |protection: &str| {
        let family = protection.split('_').next().unwrap_or_default();
        // What takes the place of a protection is one of the same house: a ruleset that of a branch's.
        let stands_in = parts(PROTECTIONS).any(|other| other.starts_with(family) && text.contains(other));
        let lines = || before.lines().map(str::trim_start).filter(|line| !line.starts_with(['#', '/']));
        lines().any(|line| line.contains(protection) && !line.contains("false"))
            && !stands_in
            && !text.contains("moved {")
    };
    if parts(PROTECTIONS).any(is_gone)
        || lets_through(text) && !lets_through(before)
        || is_brought_out(text, before)
        || lets_in_pods(text) && !lets_in_pods(before)
    {
        return true;
    }
    let (had, has) = (settings::settings(before), settings::settings(text));
    // Of a value that has a name, the last of it: `RemovalPolicy.RETAIN`.
    let word = |value: &str| value.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    had.iter().any(|old| {
        let name = letters(&old.name);
        let (was, now) =
            (word(&old.value), || has.iter().find(|new| letters(&new.name) == name).map(|new| word(&new.value)));
        let counts = is(&name, COUNTS) && was.parse::<u32>().is_ok_and(|count| count > 0);
        counts && now().is_some_and(|now| now == "0")
            || WORDS.iter().any(|(names, strong, weak)| {
                is(&name, names) && is(&was, strong) && now().is_some_and(|now| is(&now, weak))
            })
    })
}

/// Whether a wall lets through what it has no rule for.
fn lets_through(text: &str) -> bool {
    const DEFAULT: &str =
        "default_action{allow|default_action={allow|defaultAction:{allow|DefaultAction:Allow:|DefaultAction:{Allow";
    text.contains("efault") && holds(&unquoted(text), DEFAULT)
}

/// Whether a network's policy that told who may come in tells it of nobody any more.
fn lets_in_pods(text: &str) -> bool {
    text.contains("{}") && holds(&unquoted(text), "ingress:-{}|ingress=[{}]|ingress:[{}]|ingress:-from:[]|from:-{}")
}

/// Whether copies that were made by the clock are made no more.
fn stops_copies(written: &Written<'_>, before: &str) -> bool {
    const COPIES: &str = "backup|velero|snapshot|restic|borg|barman|pgbackrest|wal-g|longhorn|kasten|replicat";
    let about = || holds(&written.path.to_ascii_lowercase(), COPIES) || holds(&written.text, COPIES);
    let stops = |text: &str| {
        truths(text).iter().any(|(name, value)| *value && is(name, "paused|suspend|suspended|pause|specpaused|skip"))
    };
    written.holds("ause|uspend|skip") && stops(&written.text) && !stops(before) && about()
}

/// Whether a store that a cluster alone reached gets an address outside of it.
fn is_brought_out(text: &str, before: &str) -> bool {
    const STORES: &str = "5432|3306|6379|27017|9200|9042|5672|11211|postgres|mysql|redis|mongo|elastic|cassandra|rabbit|kafka|etcd|vault|memcache";
    let outside =
        |text: &str| holds(text, "type: LoadBalancer|type: NodePort|type = \"LoadBalancer\"|type: \"LoadBalancer\"");
    before.contains("ClusterIP") && outside(text) && !outside(before) && holds(text, STORES) && !holds(text, "internal")
}

/// Whether what nobody from outside could reach is everybody's: a bucket, a database.
fn is_shown(text: &str, before: &str) -> bool {
    const SHOWS: &str = "publiclyaccessible|publicreadaccess|allowblobpublicaccess|publicnetworkaccess|publicnetworkaccessenabled|\
        allownesteditemstobepublic";
    let shows = |text: &str| truths(text).iter().any(|(name, value)| *value && is(name, SHOWS));
    // A site is there for everybody.
    shows(text) && !shows(before) && !holds(text, "website|Website|index.html")
}

/// Whether a container that kept to what it needs gets its machine instead.
fn is_unbound(text: &str, before: &str) -> bool {
    const BOUND: &str = "runAsNonRoot: true|readOnlyRootFilesystem: true|allowPrivilegeEscalation: false|drop:|runAsUser: 1|RuntimeDefault|cap_drop|\
        no-new-privileges|read_only: true|privileged: false";
    const UNBOUND: &str = "privileged: true|SYS_ADMIN|SYS_MODULE|SYS_PTRACE|SYS_RAWIO|allowPrivilegeEscalation: true|hostPID: true|hostNetwork: true|\
        hostIPC: true|add: [ALL]|add: [\"ALL\"]|Unconfined|unconfined|runAsUser: 0|runAsNonRoot: false|docker.sock";
    parts(BOUND).any(|bound| before.contains(bound) && !text.contains(bound))
        && parts(UNBOUND).any(|unbound| text.contains(unbound) && !before.contains(unbound))
}

/// Whether a setting stands in a text in some other form: as a variable, a comment.
fn moves(text: &str, name: &str) -> bool {
    letters(text).contains(name)
}

/// Most lines in which truths are looked for.
const MAX_LINES: usize = 4096;

/// The truths that a text sets by name: `name = true`, `name: false`, `"name": true`.
fn truths(text: &str) -> Vec<(String, bool)> {
    let lines = text.lines().take(MAX_LINES).flat_map(|line| line.split([',', '{', '}', ';']));
    let pairs = lines.filter_map(|part| {
        let part = part.trim();
        if part.starts_with(['#', '/']) {
            return None;
        }
        let (name, value) = part.split_once(['=', ':'])?;
        let value = value.split('#').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        let is = |words: [&str; 3]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
        let on = is(["true", "yes", "enabled"]);
        let name = || letters(name);
        (on || is(["false", "no", "disabled"]) || value == "null").then(|| (name(), on))
    });
    pairs.collect()
}

/// Whether a policy, without blanks and quotes, is for every action on everything.
fn does_all(joined: &str) -> bool {
    let is_all = |names: &[&str]| {
        names.iter().flat_map(|name| joined.match_indices(name).map(|(at, _)| &joined[at + name.len()..])).any(
            |behind| {
                let value = behind.trim_start_matches([':', '=', '[', '-']);
                // `s3:*` is of one service, and `*.example` no wildcard for all.
                value.len() < behind.len()
                    && value.strip_prefix('*').is_some_and(|rest| {
                        rest.is_empty()
                            || rest.starts_with([',', ']', '}', ';'])
                            || rest.starts_with(char::is_alphabetic)
                    })
            },
        )
    };
    joined.contains('*') && is_all(&["Action", "ctions", "verbs"]) && is_all(&["Resource", "esources"])
}

/// Whether everybody may do or reach what few should: a public bucket, all rights for all, a way in for administrators or to a
/// database from everywhere.
pub(super) fn opens_to_everybody(text: &str, in_blocks: bool) -> bool {
    let dense: String = text.chars().filter(|char| !matches!(char, ' ' | '\t' | '"' | '\'')).collect();
    // What a list or a block of JSON holds stands on lines of its own.
    let joined: String = dense.chars().filter(|char| *char != '\n').collect();
    let has = |words: &[&str]| {
        words.iter().any(|word| if word.contains('\n') { dense.contains(word) } else { joined.contains(word) })
    };
    if has(&[
        "acl=public-read",
        "AccessControl:PublicRead",
        "predefinedAcl:public",
        "=allUsers",
        ":allUsers",
        "[allUsers",
        "-allUsers",
        "allAuthenticatedUsers",
    ]) {
        return true;
    }
    if has(&["kind:ClusterRoleBinding", "kubernetes_cluster_role_binding"]) && has(&["cluster-admin"])
        || has(&["name:system:anonymous", "name:system:unauthenticated"])
    {
        return true;
    }
    let allows = has(&["Effect:Allow", "Effect=Allow", "effect=Allow"]);
    // A piece of a statement need not say what it is for, and where nothing is said it allows.
    if (allows || !has(&["Deny", "DENY"])) && does_all(&joined)
        || has(&["iam::aws:policy/AdministratorAccess", "=roles/owner", ":roles/owner"])
    {
        return true;
    }
    if allows
        && (has(&[
            "Principal:*",
            "Principal=*",
            "Principal:AWS:*",
            "Principal:{AWS:*}",
            "Principal={AWS=*}",
            "Principal:{AWS:[*",
            "Principal={AWS=[*",
            "identifiers=[*]",
        ]) && !has(&["Condition", "condition{"]))
    {
        return true;
    }
    // A database of a page's that everybody writes to.
    if has(&[
        "allowread,write:iftrue",
        "allowread,write;",
        "allowwrite:iftrue",
        "allowwrite;",
        "{.write:true",
        ",.write:true",
        "allowread,write:ifrequest.time<",
    ]) {
        return true;
    }
    // A list of who may come in, with everybody in it.
    const LISTED: &str = "authorized_networks|authorizedNetworks|authorized_ip_ranges|authorizedIpRanges";
    let listed = parts(LISTED).flat_map(|list| joined.match_indices(list)).take(super::MAX_PLACES);
    if listed
        .map(|(at, _)| spans::behind(&joined, at, 300))
        .any(|list| list.find("0.0.0.0/0").is_some_and(|end| !list[..end].contains("}}")))
    {
        return true;
    }
    // The same of who may reach what runs a cluster.
    let reached = joined.match_indices("ublic_access_cidrs").chain(joined.match_indices("ublicAccessCidrs"));
    let listed = |at: usize| joined[at..].split(']').next().is_some_and(|list| holds(list, "0.0.0.0/0|::/0"));
    if reached.take(super::MAX_PLACES).any(|(at, _)| listed(at)) {
        return true;
    }
    // A container with all of the machine.
    if has(&["-/:/host\n", "-/:/mnt", "-/:/rootfs\n", "hostPath:\npath:/\n"])
        || has(&["privileged:true"]) && has(&["hostPID:true", "pid:host"])
        || has(&["source=/,target=/", "src=/,target=/", "src=/,dst=/"])
        || has(&["--privileged"]) && has(&["--pid=host", "docker.sock"])
    {
        return true;
    }
    ways::are_open(&dense, in_blocks)
}
