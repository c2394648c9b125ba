//! What is applied by a server's tool and gives everything: a pod that is the machine, a policy without bounds.

use super::call::Call;
use super::protections;
use super::source::{Written, unquoted};
use crate::policy::lists::{holds, parts};
use crate::policy::spans;

/// Tools that put something where it holds.
const APPLIES: &str = "apply|create|put|write|update|set|add|attach|deploy|run|replace|patch|install|upsert";

/// Whether a tool applies a manifest or a policy by which somebody may do everything, or a container is as good as its machine.
pub(super) fn are_all_given(call: &Call<'_>, of_cluster: bool) -> bool {
    if !call.has(APPLIES) {
        return false;
    }
    let of_policy = call.has("policy|policies|role|roles|acl|permission|permissions|rbac|iam|grant");
    let of_manifest = of_cluster || call.has("kubectl|manifest|manifests|helm|resource|resources|pod|yaml");
    if !of_policy && !of_manifest {
        return false;
    }
    call.given.all().take(super::MAX_PLACES).filter(|text| text.contains('\n') || text.len() > 24).any(is_everything)
        || is_everything(call.given.raw)
}

/// Whether a text gives all rights, or all of a machine.
fn is_everything(text: &str) -> bool {
    let dense = unquoted(text);
    protections::opens_to_everybody(text, false) || is_boundless(&dense) || breaks_out(&dense)
}

/// Whether a file holds a policy by which somebody may do everything in a store of secrets, or of services.
pub(super) fn are_all_written(written: &Written<'_>) -> bool {
    written.is_form("hcl|tf|json|yaml|yml|j2|tpl|tftpl|sh|nomad|policy")
        && written.holds("sudo|capabilities|acl|namespace|key_prefix")
        && !written.is_tried()
        && written.gains(|text| of_vault(&unquoted(text)))
}

/// A policy of a vault, or of those who find services, that is for everything, in a text without blanks and quotes.
fn of_vault(dense: &str) -> bool {
    const LONGEST: usize = 1024;
    const ALL: &str = "path*{|path:{*:{|path:{sys/*:{|pathsys/*{|rule{path=*|rule{path=sys/*";
    const WRITES: &str = "namespace*{policy=write|key_prefix{policy=write|acl=write|acl:write";
    let block = |at: usize| spans::behind(dense, at, LONGEST).split('}').next().unwrap_or_default();
    let blocks = |start| dense.match_indices(start).take(super::MAX_PLACES);
    let gives = |start: &str, at: usize| match start.contains("sys/") {
        true => block(at + start.len()).contains("sudo"),
        false => dense.contains("capabilities") && !block(at + start.len()).contains("deny"),
    };
    parts(ALL).any(|start| blocks(start).any(|(at, start)| gives(start, at))) || holds(dense, WRITES)
}

/// A policy of a vault or a role of a cluster that is for everything, in a text without blanks and quotes.
fn is_boundless(dense: &str) -> bool {
    let cluster = ["verbs:[*]", "verbs:-*"].iter().any(|all| dense.contains(all))
        && ["resources:[*]", "resources:-*"].iter().any(|all| dense.contains(all))
        && ["apiGroups:[*]", "apiGroups:-*"].iter().any(|all| dense.contains(all));
    of_vault(dense) || cluster
}

/// A pod from which the machine below it is entered, in such a text.
fn breaks_out(dense: &str) -> bool {
    let whole = dense.contains("hostPath:{path:/}")
        || dense.contains("hostPath:path:/type")
        || dense.contains("hostPath:path:/-");
    let enters = dense.contains("nsenter")
        || dense.contains("chroot,/host")
        || dense.contains("docker.sock")
        || dense.contains("containerd.sock");
    let all = dense.contains("hostPID:true") || dense.contains("privileged:true");
    (whole || enters) && all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_for_everything_is_seen() {
        for (text, seen) in [
            ("path \"*\" { capabilities = [\"read\", \"sudo\"] }", true),
            ("path \"sys/*\" { capabilities = [\"read\", \"sudo\"] }", true),
            ("path \"*\" { capabilities = [\"deny\"] }", false),
            ("path \"secret/data/a\" { capabilities = [\"read\"] }", false),
            ("namespace \"*\" { policy = \"write\" }", true),
        ] {
            let written = Written::of(text, None, "/home/you/work/infra/vault/ci.hcl");
            assert_eq!(are_all_written(&written), seen, "{text}");
        }
    }
}
