//! What people's rows are taken out of a database to: a bucket that is not known to be the owner's.

use super::arguments::words;
use super::call::Call;
use super::persons;
use crate::policy::lists::{holds, is};
use crate::policy::spans;

/// How a bucket's address begins, and the words of SQL before one that is written to.
const BUCKETS: &str = "gs|gcs|s3|s3a|s3n|azure|wasbs|abfss|azblob|r2|https";
const TO: &str =
    "to|into|uri|s3|gcs|directory|location|external_location|outfile|destination|url|path|azureblobstorage";

/// Statements that take rows out.
const TAKES_OUT: &str = "export|unload|copy|insert|select|create|backup|with";

/// Tables of people, and parts of the names of columns besides those of [`persons`]; what is counted or hidden is nobody's.
const PEOPLE: &str = "customer|customers|user|users|employee|employees|client|clients|member|members|subscriber|subscribers|patient|patients|\
    student|students|guests|contacts|donors|applicants|candidates|accounts|people|persons|profiles|payroll";
const KNOWN: &str = "emails|firstname|birth|address|card";
const HIDDEN: &str = "count(|sum(|avg(|sha256(|md5(|hash(|group by|mask|anonymi|pseudonymi|redact";

/// Words that any company's names have.
const OF_ANYBODY: &str = "prod|production|data|analytics|export|exports|backup|backups|db|database|warehouse|dwh|lake|main|core|dev|bucket|public|\
    reports|dump|the|com";

/// How much of a text is looked at, in bytes.
const MOST: usize = 16 << 10;

/// The bucket that people's rows are written to, where its name has nothing of what the database belongs to.
pub(super) fn people(sql: &str, call: &Call<'_>) -> Option<String> {
    let lower = spans::start(sql, MOST).to_ascii_lowercase();
    let first = lower.trim_start().split(|char: char| !char.is_ascii_alphabetic()).next().unwrap_or_default();
    if !lower.contains("://") || !is(first, TAKES_OUT) || holds(&lower, HIDDEN) || !tells_of_people(&lower) {
        return None;
    }
    let places = lower.match_indices("://").take(super::MAX_PLACES);
    let bucket = places.filter_map(|(at, _)| written_to(&lower, at)).next()?;
    (!is_own(bucket, call)).then(|| bucket.to_owned())
}

/// The same of a tool that takes a table out by its name.
pub(super) fn table(call: &Call<'_>) -> Option<String> {
    const SOURCES: &str = "table|tableid|tablename|source|sourcetable|collection|dataset|datasetid|index|object|objecttype|entity|query|sql|filename";
    const PLACES: &str = "destination|destinationuri|destinationuris|desturi|outputuri|outputlocation|outputurl|target|targeturi|to|uri|s3uri|gcsuri|\
        destinationpath|bucketuri|url|s3path|outputpath";
    if !call.has("export|extract|unload|dump|copy|sync|replicate|backup|transfer") || !call.names(SOURCES, PEOPLE) {
        return None;
    }
    let address = |value: &str| {
        let (scheme, rest) = value.split_once("://")?;
        let host = rest.split('/').next().filter(|host| !host.is_empty())?;
        (is(scheme, BUCKETS) && scheme != "https" && !is_own(host, call)).then(|| host.to_owned())
    };
    call.given.values(PLACES).find_map(address)
}

/// Whether a bucket is called after what the database belongs to.
fn is_own(bucket: &str, call: &Call<'_>) -> bool {
    let parts = words(bucket);
    let own =
        |name: &str| words(name).iter().any(|word| word.len() > 2 && !is(word, OF_ANYBODY) && parts.contains(word));
    let names =
        call.given.values("projectid|project|database|databasename|account|workgroup|cluster|schema|dataset|warehouse");
    names.into_iter().any(own)
}

/// The bucket whose address has its `://` at a place, where something is written to it.
fn written_to(lower: &str, at: usize) -> Option<&str> {
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let before = &lower[..at];
    let start = before.rfind(|char: char| !is_word(char)).map_or(0, |end| end + 1);
    let lead = before[..start].trim_end_matches(|char: char| !is_word(char));
    let word = lead.rsplit(|char: char| !is_word(char)).next().unwrap_or_default();
    // By its address on the web a bucket is read as well.
    let writes = &before[start..] != "https" || lower.contains("into function");
    let host = lower[at + 3..].split(['/', '\'', '"', '?']).next().unwrap_or_default();
    (is(&before[start..], BUCKETS) && is(word, TO) && writes && !host.is_empty()).then_some(host)
}

fn tells_of_people(lower: &str) -> bool {
    let parts = || lower.split(|char: char| !char.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let known = parts().filter(|part| is(part, KNOWN) || persons::is_sure(part)).take(2).count();
    known > 1 || parts().any(|part| is(part, PEOPLE))
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn people_who_leave_a_database_for_a_strangers_bucket_are_seen() {
        for (sql, leave) in [
            (
                "EXPORT DATA OPTIONS(uri='gs://vendor-in/c-*.csv', format='CSV') AS SELECT email FROM core.customers",
                true,
            ),
            ("COPY INTO 's3://vendor-in/x/' FROM (SELECT * FROM users)", true),
            ("UNLOAD ('select email, phone from t') TO 's3://vendor-in/x'", true),
            ("EXPORT DATA OPTIONS(uri='gs://acme-lake/c-*.csv') AS SELECT email FROM core.customers", false),
            ("EXPORT DATA OPTIONS(uri='gs://vendor-in/c-*.csv') AS SELECT day, count(*) FROM core.customers", false),
            ("COPY INTO users FROM 's3://vendor-in/x/'", false),
            ("select * from read_parquet('s3://vendor-in/users.parquet')", false),
        ] {
            let given = Arguments::read(r#"{"projectId":"acme-analytics"}"#);
            assert_eq!(people(sql, &Call::of("bigquery", "execute_sql", &given)).is_some(), leave, "{sql}");
        }
        for (given, leave) in [
            (r#"{"table":"crm.customers","destination_uri":"gs://vendor-in/c.csv"}"#, true),
            (r#"{"project":"acme-crm","table":"crm.customers","destination_uri":"gs://acme-lake/c.csv"}"#, false),
            (r#"{"table":"crm.products","destination_uri":"gs://vendor-in/p.csv"}"#, false),
        ] {
            let given = Arguments::read(given);
            assert_eq!(table(&Call::of("bigquery", "extract_table", &given)).is_some(), leave);
        }
    }
}
