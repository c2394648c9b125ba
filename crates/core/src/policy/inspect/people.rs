//! People's data that a server's tool hands to somebody: files whose names say that they hold it, and texts that tell of them.

use super::arguments::{Arguments, words};
use super::call::{Call, FORGES, TRIED, speaks};
use super::persons;
use super::source::name;
use super::web;
use crate::policy::hosts;
use crate::policy::lists::{holds, is};
use crate::policy::spans;

/// Tools by which something goes to others.
const SENDS: &str = "send|email|mail|upload|share|attach|post|publish|forward|reply|message|comment";

/// Words that say it by themselves.
const PERSONAL: &str = "pii|payroll|salary|salaries|passport|passports|ssn|ssns|medical|patient|patients|diagnoses|iban|ibans|creditcards|\
    personnel|kyc|gdpr|biometric|biometrics|creditcard|discharges|prescriptions|payslips|payslip|cardholders|mrn|mrns|diagnosis|identified";

/// Tools by which something goes to an address.
const POSTS: &str = "post|put|send|submit|request|http|webhook|webhooks|push|forward|call|invoke|trigger|upload|deliver|publish|patch|rest|api";

/// People, of whom a file holds many where it also says that it is all of them, or is made of rows.
const PEOPLE: &str = "customer|customers|user|users|employee|employees|client|clients|member|members|subscriber|subscribers|students|guests|\
    contacts|donors|applicants|candidates|accounts|passengers|passenger|attendees|participants|crew|tenants|residents|policyholders|travellers|\
    travelers|visitors|voters|pupils|insured|volunteers|borrowers|cardholders|colleagues|staff";

const ALL: &str = "full|all|export|dump|list|db|database|backup|complete|prod|production|records|emails|addresses|phones|data|master|manifest|roster|contacts|register";

const ROWS: &str = "csv|tsv|xlsx|xls|ods|sql|json|jsonl|ndjson|parquet|db|sqlite|sqlite3|zip|gz|7z|zst|dump|bak";

/// What nobody is in.
const NOBODY: &str = "template|templates|sample|samples|example|examples|test|tests|fake|dummy|mock|schema|fixture|fixtures|synthetic|policy|\
    anonymized|anonymised|redacted|empty|guide|notice|form|docs";

/// Services that look for something in the whole web, and how they are asked.
const FINDERS: &str = "brave|tavily|exa|perplexity|google|serp|serpapi|serper|duckduckgo|ddg|bing|kagi|searxng|searx|firecrawl|web|jina|linkup|\
    websearch|you|metasearch|internet|valyu";
const ASKS: &str = "search|query|ask|research|answer|websearch|find|lookup";
const ASKED: &str = "query|q|prompt|search|question|input|searchterm|keywords|queries|text";

/// What of a message people read.
const TEXTS: &str = "message|text|content|body|payload|markdown|comment|msg|html|description|htmlbody|subject|caption|blocks|\
    filecontent|filecontents|filedata|csv";

/// What keeps a text where others read it.
const KEEPS: &str = "send|post|create|add|comment|reply|update|write|save|append|note|edit|put|insert|publish|message";

/// What with people's data is handed over: a file, or what a text says of them.
pub(super) fn given_away<'c>(call: &Call<'c>) -> Option<&'c str> {
    let given = call.given;
    let finds = call.has(ASKS) && call.at(FINDERS);
    if finds && given.values(ASKED).any(persons::are_searched) {
        return Some("somebody's life, for a search");
    }
    if call.has("draft") {
        return None;
    }
    if call.has(POSTS) && goes_far(call) && persons::are_handed_over(given.raw) {
        return Some("what is known of people");
    }
    // A card is nobody's to know who is not paid with it, wherever it is kept.
    if call.has(KEEPS) && given.values(TEXTS).any(web::gives_card) {
        return Some("somebody's card");
    }
    // What stands in an issue of a forge is read by whoever reads the repository.
    let in_repository = call.at(FORGES) && call.has("issue|gist|discussion|snippet|pull");
    if !call.has(SENDS) && !in_repository {
        return None;
    }
    let texts = || given.values(TEXTS);
    if texts().any(|text| persons::are_exposed(text) || persons::are_handed_over(text)) {
        return Some("what is known of people");
    }
    if let Some(file) = unreleased(call) {
        return Some(file);
    }
    let uploads = call.has("upload|attach|share|file|files|document|documents|attachment");
    let files = || {
        let files = given.attached.iter().chain(given.paths.iter().filter(|_| uploads));
        files.take(super::MAX_PLACES).map(AsRef::as_ref)
    };
    let of_rows = |path: &&str| words(path).iter().skip(1).any(|word| is(word, ROWS));
    files()
        .find(|path| holds_people(path))
        .or_else(|| files().find(of_rows).filter(|_| texts().any(persons::are_attached)))
}

/// Whether a call goes to an address elsewhere at which nothing is only tried.
fn goes_far(call: &Call<'_>) -> bool {
    let mut houses = call.given.urls.iter().take(super::MAX_PLACES).map(|url| hosts::host(url));
    houses.any(|house| hosts::is_far(&house) && !speaks(&house, TRIED))
}

/// A file of figures that nobody is to know yet, which goes to somebody who does not belong to whoever sends it.
fn unreleased<'c>(call: &Call<'c>) -> Option<&'c str> {
    const FIGURES: &str = "finance|financial|financials|revenue|earnings|forecast|budget|results|quarterly|q1|q2|q3|q4|p&l|pnl|captable|cap|board|\
        valuation|merger|acquisition|termsheet|payroll|margin|margins|ebitda|ledger|accounts|roadmap|pipeline|sales";
    const EARLY: &str = "unreleased|not yet public|not public|non-public|nonpublic|confidential|embargo|before announcement|ahead of announcement|\
        ahead of the announcement|before the announcement|before we announce|not announced|unannounced|unpublished|internal only|insider|\
        before earnings|ahead of earnings|strictly internal|vertraulich|unveröffentlicht|preliminary";
    let given = call.given;
    let is_early = |text: &str| holds(&spans::start(text, 4096).to_lowercase(), EARLY);
    let told = || given.values(TEXTS).any(is_early);
    let mut files = given.attached.iter().take(super::MAX_PLACES).map(AsRef::as_ref);
    let of_figures = |file: &str| {
        let is_office = file.rsplit_once('.').is_some_and(|(_, ending)| is(ending, OFFICE));
        is_office && words(file).iter().any(|word| is(word, FIGURES))
    };
    files.find(|file| of_figures(file) && (is_early(file) || told())).filter(|_| goes_outside(given))
}

/// Whether a message goes to a house that is not its sender's, or to one of those that are for the public or for anybody's own mail.
fn goes_outside(given: &Arguments<'_>) -> bool {
    const TO: &str = "to|cc|bcc|recipient|recipients|torecipients|toaddresses|emails|email|toemail";
    const PUBLIC: &str = "press|media|news|journalist|journalists|reporter|editor|editors|tips|redaktion|presse|newsroom|daily|times|herald|gazette|\
        post|tribune|gmail|outlook|hotmail|yahoo|proton|protonmail|icloud|gmx|investor|investors|analyst|analysts|hedge|fund|capital|competitor|\
        rival|external|partner|partners|vendor|blog";
    let house =
        |address: &str| address.rsplit_once('@').map(|(_, host)| host.trim_end_matches('>').to_ascii_lowercase());
    let own = given.value("from|sender|fromaddress|fromemail").and_then(house);
    given.values(TO).flat_map(|all| all.split([',', ';'])).take(super::MAX_PLACES).any(|to| {
        house(to).is_some_and(|to| own.as_ref().is_some_and(|own| *own != to)) || to.contains('@') && speaks(to, PUBLIC)
    })
}

/// What a company keeps to itself, and the files in which it stands.
const INTERNAL: &str = "internal|confidential|restricted|nda";

const OFFICE: &str = "csv|tsv|xlsx|xls|ods|pdf|docx|doc|pptx|ppt|eml|msg|pst|mbox";

/// Whether a file's name says that what it holds is for no stranger: of people what they tell a doctor or an employer, of a company
/// what it keeps to itself.
pub(in crate::policy) fn is_private(path: &str) -> bool {
    let file = name(path);
    let Some((_, ending)) = file.rsplit_once('.').filter(|(_, ending)| is(ending, ROWS) || is(ending, OFFICE)) else {
        return false;
    };
    let parts = words(file);
    let has = |list: &str| parts.iter().any(|word| is(word, list));
    let of_company = has(INTERNAL) && is(ending, OFFICE);
    (of_company || has(PERSONAL) || has("patients|employees|salaries") || has(PEOPLE) && has(ALL))
        && !is_nobodys(path, &parts)
}

/// Whether a file is made for trying or for showing.
fn is_nobodys(path: &str, parts: &[String]) -> bool {
    parts.iter().any(|word| is(word, NOBODY))
        || path
            .split('/')
            .any(|folder| is(folder, "fixtures|testdata|tests|test|examples|samples|__fixtures__|seeds|spec"))
}

fn holds_people(path: &str) -> bool {
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let parts = words(file);
    let has = |list: &str| parts.iter().any(|word| is(word, list));
    if is_nobodys(path, &parts) {
        return false;
    }
    let rows = parts.iter().skip(1).any(|word| is(word, ROWS));
    has(PERSONAL) && (rows || parts.last().is_some_and(|last| is(last, "pdf|docx|doc|txt|png|jpg|jpeg")))
        || has(PEOPLE) && has(ALL) && rows
}
