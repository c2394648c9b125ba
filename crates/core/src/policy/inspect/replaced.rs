//! What a call replaces as a whole: what it does not name is gone.

use super::call::{Call, TRIED, speaks};
use crate::policy::lists::{is, letters};

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

/// What people read together, how its text is called in arguments, and texts that are as good as none, in letters alone.
const READ: &str = "page|pages|wiki|document|documents|doc|docs|article|articles|notion|confluence|coda|outline|gitbook|sharepoint|slab|nuclino|guru|\
    runbook|handbook|knowledge|kb|space|readme";
const TEXT: &str = "newstr|content|body|text|markdown|html|newcontent|bodyvalue|pagecontent|storage|newtext|value";
const NOTHING: &str = "|cleared|deleted|removed|empty|emptied|gone|blank|obsolete|wiped|na|none|null|tbd|deprecated|x|p|pp|tobedeleted|nolongerneeded";

/// What goes with a page: what stands below it.
const WITH_CHILDREN: &str = "allowdeletingcontent|allowdeletion|deletechildren|includechildren|erasecontent|deletesubpages|removechildren|allowdelete";

/// Whether a page is replaced by nothing, or by something in whose place its own pages go too.
pub(super) fn is_page_gone(call: &Call<'_>) -> bool {
    if is_tree_gone(call) {
        return true;
    }
    let given = call.given;
    let whole = call.has("replace|update|put|set|overwrite|write|edit")
        && call.at(READ)
        && !call.has("property|properties|title|status|label|labels|icon|cover|version|permission|style|metadata|tags")
        && !given
            .is_given("oldstr|oldtext|oldstring|find|search|selectionwithellipsis|range|blockid|after|position|draft")
        && !call.at(TRIED);
    let is_nothing = |text: &str| text.len() <= 48 && is(&letters(text), NOTHING);
    let is_text = |value: &str| value != "{}" && value != "null" && is_nothing(value);
    whole && (given.is_on(WITH_CHILDREN) || given.values(TEXT).any(is_text))
}

/// Where something is sold or handed out, and how a call says that this is so no more.
const SOLD: &str = "availability|territory|territories|countries|country|market|markets|storefront|sale|distribution|listing|store|stores";
const OFFERED: &str = "available|availability|insale|onsale|forsale|isavailable|listed|isforsale|isonsale|sellable";
const OUT_OF: &str = "remove|withdraw|delist|unlist|retire|discontinue|down";

/// Whether what is live is offered nowhere any more: in no country, in no shop.
pub(super) fn is_withdrawn(call: &Call<'_>) -> bool {
    call.has(SOLD)
        && !call.at(TRIED)
        && (call.has("update|set|put|patch|change|edit|modify|save|replace|configure")
            && (call.given.is_empty("territories|countries|availableterritories|availablecountries|markets|regions|territoryids|countrycodes|storefronts")
                || call.given.is_off(OFFERED))
            || call.has(OUT_OF) && call.has("app|apps|product|version|bundle|extension|addon|game|title|sale"))
}

/// Whether a page goes of which its own name, or the call, says that much stands below it.
fn is_tree_gone(call: &Call<'_>) -> bool {
    const GONE: &str = "archived|intrash|trashed|isarchived|deleted|istrashed|isdeleted";
    const TREES: &str =
        "root|wiki|home|homepage|handbook|runbooks|playbooks|knowledgebase|documentation|hub|headquarters|company";
    const BELOW: &str = "recursive|childrenrecursive|recursivechildren|includechildren|withchildren|cascade|includedescendants|descendants";
    let given = call.given;
    let goes = given.is_on(GONE)
        || given.values("status|state").any(|state| is(&state.to_ascii_lowercase(), "trashed|deleted"))
        || call.has("archive|trash");
    goes && call.has("update|patch|set|edit|put|move|archive|trash|change|modify")
        && call.at(READ)
        && !call.at(TRIED)
        && (given.is_on(BELOW)
            || given.values("title|name|content|plaintext|pagetitle").any(|title| speaks(title, TREES)))
}

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
    fn a_page_of_which_nothing_is_left_is_seen() {
        for (name, given, gone) in [
            ("update-page", r#"{"page_id":"p","command":"replace_content","new_str":"(cleared)"}"#, true),
            ("update-page", r##"{"page_id":"p","new_str":"# Runbook","allow_deleting_content":true}"##, true),
            ("update-page", r#"{"page_id":"p","in_trash":true,"title":"Engineering wiki"}"#, true),
            ("update-page", r#"{"page_id":"p","archived":true,"title":"Standup 4 March"}"#, false),
            ("update-page", r#"{"page_id":"p","old_str":"a typo","new_str":""}"#, false),
            ("update-page", r#"{"page_id":"p","properties":{"Status":"Done"}}"#, false),
            ("create-pages", r#"{"pages":[{"content":""}]}"#, false),
        ] {
            assert_eq!(is_page_gone(&Call::of("notion", name, &Arguments::read(given))), gone, "{name} {given}");
        }
    }

    #[test]
    fn what_is_offered_nowhere_is_seen() {
        for (name, given, withdrawn) in [
            ("update_app_availability", r#"{"appId":"1","territories":[]}"#, true),
            ("update_app_availability", r#"{"appId":"1","territories":["NOR"]}"#, false),
            ("remove_app_from_sale", r#"{"appId":"1"}"#, true),
            ("update_market", r#"{"id":"1","name":"EU"}"#, false),
        ] {
            assert_eq!(is_withdrawn(&Call::of("store", name, &Arguments::read(given))), withdrawn, "{name} {given}");
        }
    }

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
