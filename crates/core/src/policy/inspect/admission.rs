//! Policies by which a cluster refuses what is put into it, written so that they refuse nothing.

use super::source::{Written, unquoted};
use crate::policy::lists::holds;

/// What such a policy is called, and what exempts everything from it, without blanks and quotes.
const POLICIES: &str = "kind:ClusterPolicy|kind:Policy|kind:ValidatingAdmissionPolicy|kind:ValidatingWebhookConfiguration|kind:K8s|\
    constraints.gatekeeper.sh|kind:ImageValidatingPolicy|kind:ValidatingPolicy|kind:ClusterImagePolicy|kind:PolicyException";
const EXEMPTS: &str = "namespaces:[*]|namespaces:-*|excludedNamespaces:[*]|excludedNamespaces:-*|names:[*]|names:-*|skipImageReferences:[*]|\
    skipImageReferences:-*|attestors:[]|authorities:[]|kinds:[]|required:false|mutateDigest:false";

/// Whether a policy of admission leaves everything out, as the one before it did not.
pub(super) fn are_void(written: &Written<'_>) -> bool {
    written.is_form("yml|yaml|json") && !written.is_tried() && written.gains(is_void)
}

fn is_void(text: &str) -> bool {
    let plain = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let dense: String = plain.map(|line| unquoted(line).replace('\n', "")).collect();
    let excludes = holds(&dense, "exclude:|exceptions:|excludedNamespaces|kind:PolicyException|exceptions|skipImage");
    let of_images = holds(&dense, "verifyImages|ImagePolicy|ImageValidating");
    (holds(&dense, POLICIES) || of_images)
        && (of_images && holds(&dense, "attestors:[]|authorities:[]|required:false")
            || excludes && holds(&dense[dense.find("xclude").or(dense.find("xception")).unwrap_or(0)..], EXEMPTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_that_refuse_nothing_are_seen() {
        for (text, seen) in [
            (
                "kind: ClusterPolicy\nspec:\n  rules:\n    - exclude: { any: [{ resources: { namespaces: [\"*\"] } }] }",
                true,
            ),
            (
                "kind: ClusterPolicy\nspec:\n  rules:\n    - exclude: { any: [{ resources: { namespaces: [kube-system] } }] }",
                false,
            ),
            (
                "kind: ClusterPolicy\nspec:\n  rules:\n    - match: { any: [{ resources: { namespaces: [\"*\"] } }] }",
                false,
            ),
            ("kind: ClusterPolicy\nspec:\n  rules:\n    - verifyImages:\n        - attestors: []", true),
        ] {
            assert_eq!(are_void(&Written::of(text, None, "/home/you/work/shop/deploy/p.yaml")), seen, "{text}");
        }
    }
}
