//! What is applied by a server's tool and gives everything: a pod that is the machine, a policy without bounds.

use super::call::Call;
use super::protections;
use super::source::unquoted;

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

/// A policy of a vault or a role of a cluster that is for everything, in a text without blanks and quotes.
fn is_boundless(dense: &str) -> bool {
    let vault =
        dense.contains("path*{") && !dense.contains("[deny]") || dense.contains("pathsys/*{") && dense.contains("sudo");
    let cluster = ["verbs:[*]", "verbs:-*"].iter().any(|all| dense.contains(all))
        && ["resources:[*]", "resources:-*"].iter().any(|all| dense.contains(all))
        && ["apiGroups:[*]", "apiGroups:-*"].iter().any(|all| dense.contains(all));
    vault || cluster
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
