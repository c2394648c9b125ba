//! Who gets in where people sign in: members of a directory's groups, whoever an application takes for its own page, and new owners.

use super::arguments::Arguments;
use super::call::Call;
use crate::policy::lists::is;

/// Where a company keeps its people, and asks who they are.
const DIRECTORIES: &str = "okta|entra|azuread|aad|msgraph|jumpcloud|onelogin|keycloak|authentik|ldap|activedirectory|ad|cognito|iam|ping|pingone|\
    auth0|workos|scim|directory|\
    zitadel|fusionauth|clerk|descope|stytch|frontegg|googleworkspace|gsuite|admin|freeipa|duo|cyberark|sailpoint|teleport|tailscale|identity|idp|sso";

/// Who is put among others, and among whom.
const WHO: &str = "user|users|account|principal|person|people|identity";
const AMONG: &str = "group|groups|role|roles|application|app|permission|permissions|admin|tier|entitlement";

/// Addresses at which an application takes what somebody signed in with, and pages that may ask for it.
const ADDRESSES: &str = "callbacks|callback|callbackurl|callbackurls|redirecturi|redirecturis|redirecturl|redirecturls|allowedcallbackurls|\
    allowedredirecturis|weborigins|allowedorigins|\
    alloweddomains|logouturls|allowedlogouturls|postlogoutredirecturis|additionalredirecturls|uriallowlist|validredirecturis|replyurls|\
    initiateloginuri|allowedwebsites";

/// What nobody proves by which it is the application that asks.
const PROOFS: &str =
    "tokenendpointauthmethod|tokenendpointauthenticationmethod|clientauthenticatortype|clientauthmethod|authmethod";
const GRANTS: &str = "granttypes|granttype|allowedgranttypes|allowedoauthflows";

/// What is given to somebody else as a whole.
const OWNED: &str = "ownership|repository|repo|project|domain|organization|organisation|owner|account|app|apps|application|site|sites|workspace|team|\
    database|bucket|server|servers|droplet|\
    zone|subscription|billing|certificate|package|crate|gem|tenant|stack|volume|license|licence|number|phonenumber|dashboard|form|space|channel";
const NEW_OWNERS: &str = "newowner|newownerid|newownerlogin|newowneremail|targetowner|toowner|destinationaccount|targetaccount|toaccount|receiver|\
    transferto|newaccount|destinationorg|targetorg|neworganization";

/// Whether somebody is put among those who may do something in a company, or an application gives itself up to any page.
pub(super) fn let_in(call: &Call<'_>) -> bool {
    let of_directory = || call.at(DIRECTORIES);
    let tried = || call.served("test|dev|local|sandbox|staging");
    let puts = call.has("add|assign|put|attach|join|grant|enroll|provision") && call.has(WHO) && call.has(AMONG);
    puts && of_directory() && !tried()
        || call.has(CHANGES) && (takes_any_address(call.given) || asks_for_no_proof(call.given))
}

const CHANGES: &str = "create|add|update|set|put|patch|modify|edit|configure|register|replace|upsert|save";

/// Whether an application takes for its own whatever page is named to it.
fn takes_any_address(given: &Arguments<'_>) -> bool {
    given.values(ADDRESSES).flat_map(|value| value.split([',', ' '])).any(|address| {
        let host = address.split_once("://").map_or(address, |(_, rest)| rest).split(['/', ':']).next();
        matches!(host, Some("*" | "**" | "*.*" | "0.0.0.0" | "*.com"))
    })
}

/// Whether an application that acts by itself, or takes passwords, proves nothing.
fn asks_for_no_proof(given: &Arguments<'_>) -> bool {
    given.values(PROOFS).any(|proof| is(proof, "none|public"))
        && given.values(GRANTS).any(|grant| is(grant, "client_credentials|password|implicit|ROPC"))
}

/// Whether something that many rely on gets another owner.
pub(super) fn hand_over(call: &Call<'_>) -> bool {
    let hands = call.has("transfer") && (call.has(OWNED) || call.given.is_given(NEW_OWNERS));
    let changes =
        call.has("change|update|set|assign|reassign") && call.has("owner|ownership") && call.given.is_given(NEW_OWNERS);
    (hands || changes)
        && !call.has("list|accept|file|files|data|call|chat|ticket|conversation|issue|request|requests|get|status")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_let_in_is_seen() {
        for (server, name, given, lets) in [
            ("okta", "add_user_to_group", r#"{"group_id":"g","user_id":"u"}"#, true),
            ("slack", "add_user_to_group", r#"{"group_id":"g","user_id":"u"}"#, false),
            ("auth0", "update_application", r#"{"callbacks":["https://*"]}"#, true),
            (
                "auth0",
                "update_application",
                r#"{"callbacks":["https://shop.example/callback","http://localhost:3000"]}"#,
                false,
            ),
            ("supabase", "update_auth_config", r#"{"uri_allow_list":"https://*-shop.vercel.app/**"}"#, false),
            (
                "auth0",
                "update_application",
                r#"{"token_endpoint_auth_method":"none","grant_types":["authorization_code"]}"#,
                false,
            ),
            (
                "auth0",
                "update_application",
                r#"{"token_endpoint_auth_method":"none","grant_types":["client_credentials"]}"#,
                true,
            ),
        ] {
            assert_eq!(let_in(&Call::of(server, name, &Arguments::read(given))), lets, "{name} {given}");
        }
        for (name, given, hands) in [
            ("transfer_app", r#"{"app":"shop","recipient":"a@x.example"}"#, true),
            ("transfer_file", r#"{"path":"a"}"#, false),
            ("move_pages", r#"{"new_owner":"a"}"#, false),
        ] {
            assert_eq!(hand_over(&Call::of("", name, &Arguments::read(given))), hands, "{name}");
        }
    }
}
