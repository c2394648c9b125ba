//! What is known of all the people in a database, asked for as it stands: numbers of cards, days of birth, what ails somebody. Whoever asks
//! an agent has it in a conversation; counts and somebody's own row are another matter.

use super::call::{Call, TRIED, speaks};
use super::live;
use crate::policy::lists::{holds, is, letters, parts};
use crate::policy::spans;

/// Columns that nobody needs of many people, in letters alone: those that say so by all of their name, and parts that say so by themselves.
const GRAVE: &str = "pan|fullpan|cardpan|nin|nino|mrn|iban|ibans|bsn|cpf|dni|pesel|salary|basesalary|wage|grosspay|netpay|religion|ethnicity|\
    caste|sexuality|disability|disabilities|disabled|pincode|cvv|cvc|cvv2|cvc2|ssn|allergies|medications|medication|prescriptions|symptoms|diagnosis|\
    icd|icd10|icdcode|genotype|crime|offense|offence|gpa|taxid|vatid|taxnumber|nhs|nhsno|nhsnumber|curp|pregnant|pregnancy|blood|hiv|\
    unionmember|bankaccount|accountnumber|clabe|sortcode|routingnumber|password|passwd|pwd|userpassword";
const SPEAKS: &str = "cardnumber|cardno|creditcard|debitcard|ccnum|icd10|icd9|icdcode|reasonforvisit|chiefcomplaint|socialsecurity|nationalid|nationalinsurance|passport|aadhaar|personnummer|\
    driverlicen|driverslicen|diagnos|hivstatus|medicalhistory|medicalrecord|healthrecord|bloodtype|prescription|specialneed|mentalhealth|\
    sexualorient|politicalopin|unionmember|criminalrecord|basesalary|annualsalary|monthlysalary|bankaccount|accountiban|motherm|biometric|fingerprintdata|\
    genetic|insurancenumber|insuranceid|insurancepolicyno|patientnotes|clinicalnote|therapynote|testresult|labresult|identitynumber|idnumber|\
    idcardno|identitycard|immigrationstatus|asylum|safeword|disciplin|versichertennummer|steuerid|sozialversicherung|codicefiscale";

/// Days of birth, where somebody is, and who it is.
const BORN: &str = "dob|dateofbirth|birthdate|birthday|birthdt|bornon|geburtsdatum|birth";
const WHERE: &str =
    "lat|latitude|lon|lng|longitude|geom|geolocation|gpslat|gpslon|cellid|lastlocation|position|coordinates";
const WHO: &str = "name|fullname|firstname|lastname|surname|forename|givenname|familyname|email|emailaddress|phone|phonenumber|mobile|msisdn|imsi|imei|\
    address|homeaddress|streetaddress|street|username|customername|patientname|studentname|employeename|cardholder|cardholdername|holdername|\
    membername|guestname|displayname|telephone|guardianphone|guardianname|parentphone|userid|customerid|patientid|subscriberid|employeeid|studentid|\
    driverid|personid|memberid|playerid|ssn|plate|homephone|mobilephone|cellphone|workphone|contactnumber|mailingstreet|mailingaddress|street1|licenseplate|addressline1|postcode|zip";

/// Of these what only people have: a station has a name, too.
const KNOWN: &str = "email|phone|phonenumber|mobile|msisdn|imsi|imei|fullname|firstname|lastname|userid|customerid|subscriberid|employeeid|driverid|\
    patientid|studentid|personid|memberid|playerid|plate|licenseplate|username";

/// What a name ends with that tells no more than whether something is so.
const ABOUT: &str = "at|verified|valid|provided|required|present|masked|last4|lastfour|hash|hashed|checked|count|type|flag|set|bucket|band|token|tokenized|\
    expires|expiry|month|year|country|currency|ts|hmac|updated|created|version";

/// Tables that hold nothing else, where all columns are asked for.
const TABLES: &str = "patients|patient|payroll|salaries|paymentcards|creditcards|cards|cardholders|medicalrecords|healthrecords|diagnoses|prescriptions|\
    passports|kyc|kycdocuments|criminalrecords|inmates|asylumseekers|victims|therapynotes|labresults|customers|employees|students|citizens|voters|users|\
    persons|people|members|subscribers|guests|donors|applicants|claimants|policyholders|residents|minors|children|pupils";

/// Names of people, and tables in which each row is something that few should know of them.
const NAMED: &str = "name|fullname|firstname|lastname|surname|patientname|studentname|employeename|customername|membername|email|phone|displayname";
const ILLNESSES: &str = "labresults|labresult|diagnoses|diagnosis|prescriptions|medicalrecords|healthrecords|therapynotes|conditions|screenings|vaccinations|\
    testresults|psychevaluations|disciplinaryactions|disciplinary|criminalrecords|sickleave|sickleaves|absences|accommodations|sanctions|creditscores|\
    garnishments|terminations|warnings|convictions|abuses|abortions|pregnancies|allergies|medications";

/// What tells that rows are counted or hidden.
const HIDDEN: &str = "count(|sum(|avg(|sha256(|md5(|hash(|group by|mask(|anonymi|pseudonymi|redact|percentile|stddev|approx_|uniq(|having ";

/// So many rows are looked at for what they look like.
const FEW: u64 = 10;

/// How much of a text is looked at, in bytes.
const MOST: usize = 16 << 10;

/// Whether a call asks a database for what is known of many people.
pub(super) fn are_people(call: &Call<'_>) -> bool {
    if live::is_tried(call) {
        return false;
    }
    let given = call.given;
    given.statements.iter().take(super::MAX_PLACES).any(|sql| asks(sql)) || finds(call)
}

/// Whether a query asks for it.
fn asks(sql: &str) -> bool {
    let sql = spans::start(sql, MOST);
    let lower = sql.to_ascii_lowercase();
    if !begins(&lower) {
        return false;
    }
    if holds(&lower, HIDDEN) || is_for_few(&lower) {
        return false;
    }
    let dense = lower.replace(['\n', '\t', '\r'], " ");
    let of_graph = || dense.split_once(" return ").map(|(rest, columns)| (columns, rest));
    let told = dense.split_once("select ").and_then(|(_, rest)| rest.split_once(" from ")).or_else(of_graph);
    let Some((columns, rest)) = told else { return false };
    let table = rest.split_whitespace().next().unwrap_or_default();
    if speaks(table, TRIED) || speaks(table, "information_schema|pg_catalog|fixtures|seed") {
        return false;
    }
    let columns: Vec<String> = columns.split(',').take(super::MAX_PLACES).map(column).collect();
    let all = columns.iter().any(String::is_empty);
    let named = || columns.iter().any(|column| is(column, NAMED));
    tell_of_people(columns.iter().map(String::as_str))
        || all && is_whole(table, &lower)
        || named() && rest.split_whitespace().take(super::MAX_PLACES).any(of_illness)
}

/// Whether a text is a query that only reads.
fn begins(lower: &str) -> bool {
    let lines = lower.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with("--"));
    lines.is_some_and(|line| ["select", "with ", "match "].iter().any(|first| line.starts_with(first)))
}

/// What a column is called, in letters alone, whatever it is in and whatever it is called then; nothing for all of them.
fn column(told: &str) -> String {
    let name = told.trim().trim_start_matches("distinct ").split(" as ").next().unwrap_or_default();
    let name = name.rsplit('.').next().unwrap_or_default();
    letters(name.split_whitespace().next().unwrap_or_default())
}

/// Whether a query names one row, or so few that they are only looked at.
fn is_for_few(lower: &str) -> bool {
    const KEYS: &str = "id|ids|email|uuid|guid|key|number|no|mrn|pk|ssn|iban|reference|sub";
    const NAMES: &str = "name|username|fullname|full_name|login|slug|phone|token|code|handle";
    let number = |rest: &str| {
        let digits: String = rest.trim_start_matches([' ', '(']).chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok()
    };
    let few = |word: &str| {
        lower
            .match_indices(word)
            .take(8)
            .any(|(at, _)| number(&lower[at + word.len()..]).is_some_and(|rows| rows <= FEW))
    };
    if few("limit ") || few(" top ") || few("fetch first ") || few("top(") {
        return true;
    }
    let Some((_, condition)) = lower.split_once("where ") else { return false };
    condition.match_indices(['=', '(']).take(super::MAX_PLACES).any(|(at, sign)| {
        let before = condition[..at].trim_end();
        let before = if sign == "(" { before.strip_suffix(" in").unwrap_or("") } else { before };
        let name = before.rsplit([' ', '.', '(', '"', '`']).find(|part| !part.is_empty()).unwrap_or_default();
        let told = condition[at + 1..].trim_start();
        // What one column has in common with another joins two tables.
        let is_value = told.starts_with(['\'', '"', '$', ':', '?', '@', '%'])
            || told.starts_with(|char: char| char.is_ascii_digit());
        is_value
            && (is(name, NAMES) || name.rsplit('_').next().is_some_and(|last| is(last, KEYS) || last.ends_with("id")))
    })
}

/// Whether a table's own name says whose rows all of its columns are, and nothing picks some of them.
fn is_whole(table: &str, lower: &str) -> bool {
    let name = letters(table.rsplit('.').next().unwrap_or_default());
    is(&name, TABLES) && !lower.contains("where ") && !lower.contains("limit ") && !lower.contains(" top ")
}

/// Whether columns together are of people: what nobody needs of them, with who it is or more of it; or where they are, or when they were born
/// and how they are reached.
fn tell_of_people<'c>(columns: impl Iterator<Item = &'c str>) -> bool {
    let mut found = [0; 4];
    let mut known = 0;
    for column in
        columns.filter(|column| !parts(ABOUT).any(|end| column.len() > end.len() + 2 && column.ends_with(end)))
    {
        known += usize::from(is(column, KNOWN));
        let sorts = [is_grave(column), is(column, WHO), is(column, BORN), is(column, WHERE)];
        if let Some(sort) = sorts.iter().position(|is| *is) {
            found[sort] += 1;
        }
    }
    let [grave, who, born, places] = found;
    grave > 1 || grave > 0 && who + born > 0 || born > 0 && who > 1 || places > 1 && known > 0
}

/// Whether a word of a query is a table in which it stands what ails somebody, or what is held against them.
fn of_illness(word: &str) -> bool {
    let name = word.rsplit('.').next().unwrap_or_default();
    name.len() > LEAST_TABLE && is(&letters(name), ILLNESSES)
}

const LEAST_TABLE: usize = 6;

fn is_grave(column: &str) -> bool {
    is(column, GRAVE) || holds(column, SPEAKS)
}

/// Whether a tool that finds rows by their fields is asked for such of everybody.
fn finds(call: &Call<'_>) -> bool {
    const FINDS: &str =
        "find|aggregate|scan|search|query|list|export|fetch|get|read|dump|pull|select|report|extract|download";
    const FIELDS: &str = "fields|columns|select|attributes|attributestoget|properties|source|include|projection|projectionexpression|columnnames|fieldlist|\
        returnfields|outfields";
    const WHICH: &str = "filter|query|where|selector|condition|conditions|criteria|id|ids|key|keys|email|patientid|userid|customerid|recordid|mrn|employeeid";
    const LIMITS: &str = "limit|size|top|maxresults|pagesize|first|count|maxrecords|max";
    let given = call.given;
    let few = given.values(LIMITS).filter_map(|value| value.parse::<u64>().ok()).any(|rows| rows <= FEW);
    let picks = given.is_given(WHICH) && !given.is_empty(WHICH) && !given.is_empty("matchall");
    if few || picks || !call.has(FINDS) {
        return false;
    }
    let told =
        given.values(FIELDS).flat_map(|value| value.split([',', ' '])).filter(|value| *value != "{}").map(letters);
    let projected = given.pairs().filter(|(_, value)| is(value, "1|true")).map(|(name, _)| name.to_owned());
    let columns: Vec<String> = told.chain(projected).take(super::MAX_PLACES).collect();
    tell_of_people(columns.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn what_is_known_of_everybody_is_seen() {
        for (sql, seen) in [
            ("SELECT name, ssn FROM employees", true),
            ("SELECT c.full_name, c.date_of_birth, k.pan FROM a c JOIN k ON k.cid = c.id ORDER BY c.id", true),
            ("SELECT CardNumber, CVV FROM dbo.PaymentCards", true),
            ("SELECT * FROM patients", true),
            ("SELECT * FROM patients LIMIT 5", false),
            ("SELECT name, ssn FROM employees WHERE id = 7", false),
            ("SELECT name, ssn FROM employees WHERE email = 'me@dev.example'", false),
            ("SELECT name, passport_verified_at FROM users", false),
            ("SELECT country, count(*) FROM users WHERE dob < now() GROUP BY country", false),
            ("SELECT id, email, name FROM users", false),
            ("SELECT p.name, l.value FROM lab_results l JOIN p USING (id) WHERE l.test_name = 'HIV'", true),
            ("SELECT p.name, l.value FROM lab_results l JOIN p USING (id) WHERE p.id = 7", false),
            ("INSERT INTO t SELECT name, ssn FROM employees", false),
        ] {
            assert_eq!(asks(sql), seen, "{sql}");
        }
        for (given, seen) in [
            (r#"{"collection":"p","filter":{},"projection":{"name":1,"diagnosis":1}}"#, true),
            (r#"{"collection":"p","filter":{"_id":"7"},"projection":{"name":1,"diagnosis":1}}"#, false),
            (r#"{"collection":"p","filter":{},"projection":{"name":1,"city":1}}"#, false),
            (r#"{"fields":["full_name","ssn"]}"#, true),
        ] {
            assert_eq!(finds(&Call::of("mongodb", "find", &Arguments::read(given))), seen, "{given}");
        }
    }
}
