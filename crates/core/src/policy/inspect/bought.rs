//! What is ordered for a company: plans, seats, and whatever a call says its price was agreed to.

use super::call::{Call, TRIED};
use crate::policy::lists::{is, letters};

/// How a call says that somebody agrees to a price.
const AGREES: &str = "confirmcostid|costconfirmationid|confirmationcostid|acceptedcost|confirmcost|costid";
const AGREES_BY: &str = "acceptcharges|acceptcost|confirmpurchase|confirmcharge|agreetopay|acceptpricing|confirmbilling|acceptbilling|acceptcosts|\
    confirmcost|confirmcharges|agreetocharges|confirmpayment";

/// What is ordered, and how.
const ORDERS: &str = "upgrade|order|add|increase|set|update|change|provision|create|activate|renew|extend|subscribe|switch|convert|start|register";
const LOOKS: &str = "estimate|compare|downgrade|cancel";
const PLANS: &str = "plan|seat|seats|tier|subscription|license|licenses|licence|licences|billing|addon|addons";
const HOLDERS: &str = "project|organization|organisation|org|team|workspace|account";

/// How a plan is called in arguments, and those that cost money, in letters alone.
const PLAN: &str =
    "plan|planid|planname|tier|planslug|targetplan|newplan|edition|plantype|subscriptionplan|billingplan|sku|package";
const PAID: &str =
    "pro|team|business|enterprise|scale|premium|plus|growth|paid|ultimate|professional|standard|advanced|max|teams";
const SEATS: &str = "seats|seatcount|numseats|numberofseats|additionalseats|licensecount|quantity|totalseats|licenses|seatsadded|newquantity|count";

/// Where a company says what its own customers pay, and where a plan is none that costs.
const BILLERS: &str = "stripe|paddle|chargebee|recurly|lemonsqueezy|braintree|revenuecat|polar|lago|orb|zuora|chargify|maxio|paypal|mollie|jira|linear|\
    asana|notion|trello|todo|task|tasks|taskmaster|planning|memory|planner|postgres|sql|redis|mongodb|salesforce|sfdc|hubspot|crm|attio|pipedrive|zoho|dynamics|intercom|zendesk|customerio|segment";

/// Whether something is ordered that is paid for.
pub(super) fn are_ordered(call: &Call<'_>) -> bool {
    let given = call.given;
    if call.at(TRIED) || call.has("branch|branches") {
        return false;
    }
    let acts = call.looks(LOOKS, &[ORDERS, "buy|purchase"]) == Some(false);
    let buys = call.name.first().is_some_and(|word| is(word, "buy|purchase")) && !call.has("order|orders|event|intent");
    let agrees = given.is_given(AGREES) || given.is_on(AGREES_BY);
    let paid = || given.values(PLAN).any(|plan| plan.len() <= 48 && is(&letters(plan), PAID));
    let seats = || call.has("seat|seats|license|licenses|licence|licences") && given.is_given(SEATS);
    acts && (buys
        || agrees
        || !call.at(BILLERS)
            && (call.has(PLANS) && (paid() || seats())
                || call.has(HOLDERS) && paid()
                || call.has("register|renew|order") && call.has("domain")))
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn what_is_paid_for_is_seen() {
        for (server, name, given, ordered) in [
            ("supabase", "create_project", r#"{"name":"x","confirm_cost_id":"c"}"#, true),
            ("supabase", "create_branch", r#"{"name":"x","confirm_cost_id":"c"}"#, false),
            ("supabase", "get_cost", r#"{"type":"project"}"#, false),
            ("vercel", "update_team", r#"{"plan":"enterprise"}"#, true),
            ("github", "add_copilot_seats", r#"{"org":"x","seat_count":40}"#, true),
            ("sentry", "create_project", r#"{"name":"x","platform":"python"}"#, false),
            ("stripe", "update_subscription", r#"{"plan":"pro"}"#, false),
            ("porkbun", "register_domain", r#"{"domain":"x.example"}"#, true),
        ] {
            let seen = are_ordered(&Call::of(server, name, &Arguments::read(given)));
            assert_eq!(seen, ordered, "{server} {name} {given}");
        }
    }
}
