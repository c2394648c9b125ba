//! What a call replaces as a whole: what it does not name is gone.

use super::call::{Call, TRIED};

/// What stands in a list that something live goes by.
const LISTED: &str = "environment|env|envs|variables|variable|vars|envvars|secrets|config|records|record|dns|rules|rule|members|policy|policies|acl|\
    grants|permissions|\
    routes|redirects|subscribers|collaborators|bindings|iam|domains|headers|rrsets|contacts|audience|inventory";

/// How a call says that all of it is replaced.
const REPLACES: &str = "replace|replaceall|replaceexisting|overwriteall|purge|prune|deletemissing|removemissing|deleteothers|removeothers|\
    clearexisting|deleteexisting|removeunlisted|deleteunlisted";
const KEEPS: &str = "merge|append|keepexisting|preserveexisting|keepothers|retainexisting";

const WHERE: &str = "environment|env|environmentname|stage|service|servicename|app|appname|project|projectname|name|target|zone|domain|namespace|\
    context";

/// Whether what is not named goes, and nothing says that it is only tried.
pub(super) fn are_gone(call: &Call<'_>) -> bool {
    let replaces = call.given.is_on(REPLACES) || call.given.is_off(KEEPS) || call.has("replace") && call.has("all");
    replaces
        && call.has("update|set|put|replace|sync|import|upsert|patch|bulk|push|apply|save|upload")
        && call.has(LISTED)
        && !call.has("text|string|content|file|feature|branch|pull|commit|workflow")
        && !call.names(WHERE, TRIED)
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn what_is_not_named_is_gone() {
        for (name, given, gone) in [
            ("update_environment_variables", r#"{"serviceId":"s","replace":true}"#, true),
            ("update_environment_variables", r#"{"serviceId":"s","replace":false}"#, false),
            ("update_environment_variables", r#"{"service":"shop-staging","replace":true}"#, false),
            ("set_dns_records", r#"{"zone":"shop.example","delete_missing":true}"#, true),
            ("replace_text", r#"{"replace":true}"#, false),
        ] {
            assert_eq!(are_gone(&Call::of("", name, &Arguments::read(given))), gone, "{name} {given}");
        }
    }
}
