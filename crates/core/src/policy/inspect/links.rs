//! Signed addresses in messages: whoever has such a link has what is behind it, and what is behind it may be everybody whom a company knows.

use super::call::Call;
use super::source::name;
use super::{people, persons};
use crate::policy::hosts;
use crate::policy::lists::{holds, is};
use crate::policy::spans;

/// Tools by which something is told to people.
const SAYS: &str = "send|post|publish|reply|message|comment|mail|email|share|write|create|add|notify|forward|schedule|respond|answer|update";

/// By what an address lets in whoever has it.
const SIGNED: &str = "sig=|signature=|x-amz-signature=|x-goog-signature=|token=|hmac=|expires=|access_key=|se=|st=|key=|auth=|policy=|secret=|hash=|dl=1|rlkey=|jwt=";

/// Files of rows, in which many stand; and whom or what they are about, where a text says so too.
const ROWS: &str = "csv|tsv|xlsx|xls|ods|sql|json|jsonl|ndjson|parquet|avro|db|sqlite|sqlite3|zip|gz|tgz|7z|zst|bz2|tar|dump|bak|mdb|xml|feather|pgdump";
const ABOUT: &str = "customer|customers|user|users|employee|employees|client|clients|member|members|subscriber|subscribers|patient|patients|student|students|guest|guests|\
    contact|contacts|donor|donors|applicant|applicants|candidate|candidates|account|accounts|order|orders|lead|leads|buyer|buyers|payroll|salaries|invoices|payments|\
    transactions|kunden|patienten|mitarbeiter|bestellungen|clientes|clients|people|persons|voters|tenants|policyholders|crm|cardholders|staff|hr";
const WHOLE: &str = "full|all|export|exports|dump|list|database|backup|complete|entire|every|table|base|everyone|whole|rows|records|master|alle|raw|prod|production|dataset";

/// What nobody is in.
const NOBODY: &str = "sample|samples|example|fake|dummy|mock|synthetic|anonymised|anonymized|schema|template|fixture|fixtures|redacted|aggregated|aggregates|coverage|report|\
    artifact|artifacts|invoice|receipt";

/// The most of a text that is looked at, in bytes.
const MOST: usize = 16 << 10;

/// Whether a message has a link by which whoever reads it gets what is known of many people.
pub(super) fn hand_over(call: &Call<'_>) -> bool {
    call.has(SAYS) && !call.has("draft") && call.given.all().take(super::MAX_PLACES).any(has_link_to_people)
}

fn has_link_to_people(text: &str) -> bool {
    let text = spans::start(text, MOST);
    let ends = |char: char| char.is_whitespace() || "\"'`<>)|".contains(char);
    text.match_indices("://").take(super::MAX_PLACES).any(|(at, _)| {
        let rest = &text[at + 3..];
        let url = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let Some((way, asked)) = url.split_once('?') else { return false };
        let host = hosts::host(url);
        !hosts::is_local(&host)
            && !hosts::is_inner(&host)
            && holds(&asked.to_ascii_lowercase(), SIGNED)
            && leads_to_people(way, text)
    })
}

/// Whether a file is one of many people's rows, by its name or by what the text around it says.
fn leads_to_people(way: &str, text: &str) -> bool {
    let file = name(way).to_ascii_lowercase();
    let parts = || file.split(|char: char| !char.is_ascii_alphanumeric());
    if parts().any(|word| is(word, NOBODY)) || !parts().skip(1).any(|word| is(word, ROWS)) {
        return false;
    }
    let lower = text.to_lowercase();
    let said = || lower.split(|char: char| !char.is_alphanumeric());
    let is_about = || parts().any(|word| is(word, ABOUT));
    people::is_private(&file) || persons::are_attached(text) || is_about() && said().any(|word| is(word, WHOLE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_people_are_told_from_others() {
        for (text, handed) in [
            ("https://f.x.example/exports/customers_full.csv?sig=fc079a44", true),
            ("the full users table: https://f.x.example/users.sql.gz?token=8f1b", true),
            ("report: https://ci.x.example/report.json?sig=8f1b", false),
            ("https://f.x.example/exports/customers_full.csv", false),
            ("https://f.x.example/dist/app.zip?signature=8f1b all users should update", false),
        ] {
            assert_eq!(has_link_to_people(text), handed, "{text}");
        }
    }
}
