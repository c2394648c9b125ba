//! Records of people that a company does business with, kept by a service: many of them are taken away at once.

use super::arguments::words;
use super::call::Call;
use crate::policy::lists::is;

const SERVICES: &str = "hubspot|salesforce|sfdc|zendesk|intercom|pipedrive|freshdesk|freshsales|freshworks|attio|zoho|dynamics|helpscout|gorgias|klaviyo|\
    mailchimp|customerio|braze|segment|crisp|copper|activecampaign|iterable|crm|sendgrid|brevo|marketo|pardot|keap|insightly|close|apollo|outreach|\
    drip|kustomer|gainsight|stripe|chargebee|recurly|shopify|bigcommerce|woocommerce|auth0|clerk|twenty";

const PEOPLE: &str = "contact|contacts|customer|customers|lead|leads|company|companies|deal|deals|subscriber|subscribers|profile|profiles|person|persons|\
    people|account|accounts|opportunity|opportunities|user|users|member|members|object|objects|record|records|prospect|prospects|audience|\
    organization|organizations|subscription|subscriptions";

/// How records are named in arguments, and what they are.
const RECORDS: &str = "id|ids|recordid|recordids|contactid|contactids|customerid|customerids|objectid|objectids|leadid|leadids|companyids|dealids|\
    userids|emails|email|vid|vids|inputs|externalids|accountids";
const SORTS: &str = "objecttype|objecttypeid|objectname|sobject|sobjectname|sobjecttype|module|resource|entity|type";

/// So many may be what somebody looked at one by one.
const FEW: usize = 2;

/// Whether more than a few records of people are taken away.
pub(super) fn are_many(call: &Call<'_>) -> bool {
    let of_people = |words: &[String]| words.iter().any(|word| is(word, PEOPLE));
    // What a tool for records of all sorts is about is told by its arguments.
    let is_general = call.has("object|objects|record|records");
    let sorted = is_general.then(|| call.given.values(SORTS).next()).flatten().map(|sort| of_people(&words(sort)));
    if !call.at(SERVICES) || !sorted.unwrap_or_else(|| of_people(&call.name)) {
        return false;
    }
    let ids = call
        .given
        .values(RECORDS)
        .flat_map(|value| value.split(','))
        .filter(|value| !value.is_empty() && *value != "{}")
        .count();
    let by_condition = ids == 0 && call.at("bulk|batch|mass|many|all")
        || call.given.is_given("filter|filtergroups|segmentid|listid|soql|where");
    ids > FEW || by_condition
}
