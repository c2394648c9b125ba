//! People who are told of in a text that goes to somebody: who they are, what is theirs alone, what ails them, what they earn.

use crate::policy::lists::{holds, is, letters, parts};
use crate::policy::spans;

/// The most of a text that is looked at, in bytes.
const MOST: usize = 8 << 10;

/// What says that nobody is meant.
const NOBODY: &str = "example|sample data|sample c|sample u|sample p|samples|dummy|fake|synthetic|mock|test data|testdata|placeholder|lorem|format|regex|validator|validate|schema|anonymi|\
    pseudonymi|how to|fictional|template|john doe|jane doe|mustermann|fhir|hl7";

/// Numbers by which a state, an insurance or a bank knows somebody, by what stands before them.
const NUMBERED: &str = "ssn|social security|nhs|passport|national id|nino|national insurance|aadhaar|tax id|steuer-id|steueridentifikation|personnummer|\
    versichertennummer|sozialversicherung|insurance number|medicare|mrn|medical record|driver's license|driving licence|driver license|dni|nie|cpf|\
    codice fiscale|bsn|id card|ausweis|iban|account number|patient id|patient no|employee id|id number|sin |curp|pesel|cnp|nric|hkid|my number|\
    emirates id|cnic|rut ";
const BORN: &str = "born|dob|d.o.b|date of birth|birthday|geboren|geb.|geburtsdatum|né le|née le|nacid|nato il|birth date|birthdate|year-old|years old|aged ";
const AILS: &str = "cancer|carcinoma|tumor|tumour|diabet|hiv|aids|depress|schizo|bipolar|diagnos|pregnan|abortion|leukemia|leukaemia|lymphoma|\
    melanoma|sclerosis|\
    epilep|hepatitis|addict|rehab|psychiat|chemother|chemo |carboplatin|stage ii|stage iv|metasta|krebs|schwanger|erkrank|parkinson|alzheimer|dementia|suicid|\
    overdose|syphilis|gonorrh|miscarriage|transplant|dialysis|asthma|covid|patient|medication|therapy|icd-10|biopsy|infarct|stroke|anorexia|autis|adhd";
const LIVES: &str = "home address|lives at|lives in|address|street|phone number|phone|whereabouts|where does|relatives|wohnt|adresse|telefon|email address";
const EARNS: &str = "salar|payroll|wage|pay rise|bonus|compensation|earns|gehalt|gehälter|performance plan|pip|severance|termination|redundan|layoff|\
    laid off|disciplinar|sick leave|warning letter|fired|underperform|salaire|nómina|sueldo|dismissal|appraisal";

/// By what people are known, in letters alone, as columns, fields and variables are called: what is somebody's alone, and what makes a row
/// somebody's beside another such.
const SURE: &str = "mrn|nhsnumber|ssn|surname|fullname|dateofbirth|dob|birthdate|passport|passportno|passportnumber|nationalid|iban|bankaccount|\
    cardnumber|diagnosis|icd10|salary|medicalrecord|insuranceno|taxid|email|phone|homeaddress|lastname|customername|dischargenote";
const KNOWN: &str = "firstname|name|address|street|postcode|zip|zipcode|patientid|patient|mobile|ipaddress|username|lat|lon|gender|age|\
    dischargenotes|attending";

/// What somebody did as a customer, and what says that a company is looked for.
const BOUGHT: &str = "order|customer|chargeback|refund|invoice|account|complaint|fraud|debt|subscription|client|claim|policy|bestellung|rechnung|kunde|kundin|unpaid|payment";
const OF_COMPANIES: &str = "hotline|support|kundenservice|customer service|customer care|helpline|contact number|opening hours|gmbh| inc| ltd|headquarters|office|museum|hotel|restaurant";

/// Whether a column, however it is written, is one of those by which a person is known.
pub(super) fn is_known(column: &str) -> bool {
    let column = letters(column);
    is(&column, SURE) || is(&column, KNOWN)
}

/// Whether a column, however it is written, is somebody's alone.
pub(super) fn is_sure(column: &str) -> bool {
    is(&letters(column), SURE)
}

/// Whether a search tells of somebody who can be told by it: by a name or a number, with what is nobody else's business.
pub(super) fn are_searched(query: &str) -> bool {
    // There is nobody without a digit here, and few searches have one.
    let query = spans::start(query, MOST);
    let digits = query.bytes().filter(u8::is_ascii_digit).count();
    if digits < 4 {
        return false;
    }
    let lower = spoken(query);
    if holds(&lower, NOBODY) {
        return false;
    }
    let named = is_named(query);
    let born = says(&lower, BORN) && has_date(query);
    let numbered = says(&lower, NUMBERED) && longest_number(query) >= 6;
    let ails = holds(&lower, AILS);
    let lives = says(&lower, LIVES);
    let reached = has_telephone(query) && !holds(&lower, OF_COMPANIES);
    let housed = has_house(&lower);
    let bought = says(&lower, BOUGHT) && !holds(&lower, OF_COMPANIES);
    named && (born || numbered) && (numbered || ails || lives)
        || named
            && (reached && (housed || bought || ails || born || numbered || lives)
                || housed && (bought || ails || born || numbered))
        || numbered && (born || ails) && longest_number(query) >= 7
}

/// Whether a text hands several people's records to whoever is asked: how each is reached or called, with an account or
/// a day of birth.
pub(super) fn are_handed_over(text: &str) -> bool {
    const LEAST: usize = 2;
    const LEAST_DIGITS: usize = 8;
    const LAST_BORN: u16 = 2012;
    const MADE_UP: &str = "sample data|sample c|sample u|sample p|samples|made up|made-up|dummy|fake|synthetic|mock|test data|testdata|placeholder|lorem|anonymi|pseudonymi|fictional|john doe|jane doe|mustermann";
    let text = spans::start(text, MOST);
    let digits = text.bytes().filter(u8::is_ascii_digit).take(LEAST_DIGITS).count();
    if digits < LEAST_DIGITS || holds(&spoken(text), MADE_UP) {
        return false;
    }
    let words = || text.split(|char: char| char.is_whitespace() || ";,|\t\"".contains(char));
    let mails =
        words().filter(|word| word.split_once('@').is_some_and(|(who, at)| !who.is_empty() && at.contains('.')));
    let is_birth = |word: &str| {
        let year = word.split(['-', '.', '/']).filter(|part| part.len() == 4).find_map(|part| part.parse::<u16>().ok());
        has_date(word) && year.is_some_and(|year| (1900..=LAST_BORN).contains(&year))
    };
    let dates = words().filter(|word| is_birth(word)).count();
    if mails.take(LEAST).count() == LEAST {
        return accounts(text) + dates >= LEAST;
    }
    // Rows and fields, whose names and signs stand between what they say.
    let is_told = || accounts(text) >= LEAST || dates >= LEAST && says(&spoken(text).replace('_', " "), BORN);
    let plain = || {
        let fields = text.replace("\\r", " ").replace("\\n", " ");
        fields.replace(|char: char| "{}[]():\",;|\\=".contains(char), " ")
    };
    is_told() && names(&plain()) >= LEAST
}

/// How many accounts at banks a text names, as they are numbered in most of Europe: two letters, two digits, and what follows with or
/// without blanks.
pub(super) fn accounts(text: &str) -> usize {
    const SHORTEST: usize = 15;
    const LONGEST: usize = 34;
    const DIGITS: usize = 10;
    let text = spans::start(text, MOST);
    let bytes = text.as_bytes();
    let starts = |at: usize| {
        at.checked_sub(1).is_none_or(|before| !bytes[before].is_ascii_alphanumeric())
            && bytes[at..].len() >= SHORTEST
            && bytes[at..at + 2].iter().all(u8::is_ascii_uppercase)
            && bytes[at + 2..at + 4].iter().all(u8::is_ascii_digit)
    };
    let is_account = |at: usize| {
        let part = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() || *byte == b' ';
        // A word in capitals behind a number is none of it.
        let signs: Vec<u8> =
            bytes[at..].iter().take(LONGEST + 8).copied().take_while(part).filter(|byte| *byte != b' ').collect();
        signs.len() >= SHORTEST && signs.iter().take(LONGEST).filter(|byte| byte.is_ascii_digit()).count() >= DIGITS
    };
    (0..bytes.len()).filter(|at| starts(*at) && is_account(*at)).take(super::MAX_PLACES).count()
}

/// Whether a message tells what several people earn, or what is held against them.
pub(super) fn are_exposed(text: &str) -> bool {
    let text = spans::start(text, MOST);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits < 4 {
        return false;
    }
    let lower = spoken(text);
    if lists_contacts(&lower) || tells_of_reached(text, &lower) {
        return true;
    }
    if !holds(&lower, EARNS) && !holds(&lower, AILS) && !says(&lower, NUMBERED) || holds(&lower, NOBODY) {
        return false;
    }
    let names = names(text);
    holds(&lower, EARNS) && names > 1 && amounts(&lower) > 1
        || names > 0
            && says(&lower, NUMBERED)
            && longest_number(text) >= 7
            && (says(&lower, BORN) || holds(&lower, AILS))
        || names > 0 && says(&lower, BORN) && has_date(text) && holds(&lower, AILS)
}

/// Whether a message says that what is attached is about many people: *export of all 212 patients*.
pub(super) fn are_attached(text: &str) -> bool {
    const PEOPLE: &str = "patients|customers|employees|clients|users|members|subscribers|students|applicants|candidates|donors|guests|citizens|\
        residents|tenants|colleagues|staff|participants|drivers|policyholders|cardholders|patient|contacts|leads|kunden|patienten|mitarbeiter";
    const ALL: &str = "all|full|every|entire|complete|list|export|dump|records|data|database|whole|copy|alle|details";
    const OF_THEM: &str = "phone|address|email|e-mail|birth|diagnos|names|salar|iban|passport|record|contact details|numbers|medical|health|diabetic|\
        personal|full list|export|dump|payment|card|insurance|ssn|identit";
    let text = spoken(spans::start(text, MOST));
    let words = || text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    // What is told of each says whose it is, where it is much.
    const SORTS: &str = "names|phone|contact number|home address|address|birth|dob|diagnos|hiv|mrn|salar|iban|passport|ssn|card number|insurance|e-mail|\
        national id|medication|tax id";
    const MUCH: usize = 3;
    let attached = || {
        holds(&text, "attach|enclos|anbei|anhang|export|sheet|spreadsheet|file")
            && parts(SORTS).filter(|sort| text.contains(sort)).count() >= MUCH
    };
    !holds(&text, NOBODY)
        && (words().any(|word| is(word, PEOPLE)) && words().any(|word| is(word, ALL)) && holds(&text, OF_THEM)
            || attached())
}

/// A text in small letters, without the ends of addresses that only sound as if they were examples.
fn spoken(text: &str) -> String {
    text.to_lowercase().replace(".example", "")
}

/// Whether a text lists several people, each with a mail address and a telephone number. A team's own list of whom to call is none.
fn lists_contacts(lower: &str) -> bool {
    const LEAST: usize = 3;
    const OWN: &str = "on-call|oncall|on call|escalation|rota|bereitschaft|our team|emergency contact|support line|hotline|imprint|impressum";
    if !lower.contains('@') || holds(lower, NOBODY) || holds(lower, OWN) {
        return false;
    }
    let reaches = |line: &&str| line.contains('@') && longest_number(line) >= 7;
    lower.lines().filter(reaches).take(LEAST).count() == LEAST
}

/// Whether a line names somebody, how they are reached, and what ails them or what they pay with.
fn tells_of_reached(text: &str, lower: &str) -> bool {
    const OF_CARE: &str = "cancer|diabet|hiv|depress|schizo|bipolar|diagnos|pregnan|abortion|epilep|hepatitis|addict|psychiat|chemo|dementia|suicid|\
        overdose|miscarriage|medication|prescri|symptom|disab|allerg|illness";
    const PAYS: &str =
        "card ending|card no|iban|home address|date of birth|dob|passport|ssn|social security|born|salary|arrears|debt";
    if !lower.contains('@') || holds(lower, NOBODY) {
        return false;
    }
    let told = |line: &str| {
        let small = line.to_lowercase();
        let reached = small.contains('@') && longest_number(&small) >= 7;
        reached && names(line) > 0 && (holds(&small, OF_CARE) || holds(&small, PAYS))
    };
    text.lines().take(super::MAX_PLACES).any(told)
}

/// Whether an address tells of somebody in what it asks for: two things or more of those by which people are known.
pub(super) fn are_in_address(url: &str) -> bool {
    const LEAST: usize = 2;
    // Each with how many digits at least its value has.
    const KNOWN_BY: &[(&str, usize)] = &[
        ("phone|tel|mobile|msisdn|phonenumber|telephone", 6),
        ("dob|birthdate|dateofbirth|birthday|born", 4),
        (
            "ssn|passport|iban|nationalid|taxid|nin|cardnumber|cardlast4|pan|card|personnummer|nhs|mrn|patientid|insuranceno",
            4,
        ),
        ("diagnosis|diagnoses|icd10|icd|salary|medication|religion", 0),
        ("street|homeaddress|streetaddress|address", 1),
        ("lastname|surname|fullname|patient|customername", 0),
    ];
    let Some((_, asked)) = url.split_once('?') else { return false };
    let lower = spoken(spans::start(asked, MOST));
    if holds(&lower, NOBODY) || lower.contains("test%40") || lower.contains("test@") {
        return false;
    }
    let pairs = || lower.split('&').take(super::MAX_PLACES).filter_map(|pair| pair.split_once('='));
    let told = |(names, digits): &&(&str, usize)| {
        pairs().any(|(name, value)| {
            let name: String = name.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
            value.len() > 2
                && !value.starts_with(['{', '<', '$', ':'])
                && value.bytes().filter(u8::is_ascii_digit).count() >= *digits
                && is(&name, names)
        })
    };
    let by_mail = pairs().any(|(name, value)| name.contains("mail") && (value.contains("%40") || value.contains('@')));
    KNOWN_BY.iter().filter(told).count() + usize::from(by_mail) >= LEAST
}

/// Whether a text holds a part of a list where a word begins.
fn says(lower: &str, list: &str) -> bool {
    parts(list).any(|part| {
        lower.match_indices(part).take(super::MAX_PLACES).any(|(at, _)| {
            let goes_on = part.len() <= 4 && lower[at + part.len()..].starts_with(char::is_alphanumeric);
            !lower[..at].ends_with(char::is_alphanumeric) && !goes_on
        })
    })
}

fn is_named(text: &str) -> bool {
    names(text) > 0
}

/// How many pairs of words look like somebody's name.
fn names(text: &str) -> usize {
    const LEAST: usize = 2;
    let is_name = |word: &&str| {
        let bare = word.trim_start_matches(['"', '\'', '(']).trim_end_matches([',', ';', ':', '(', '"', '\'', ')']);
        bare.chars().count() > LEAST
            && bare.split('-').all(|part| {
                let mut chars = part.chars();
                chars.next().is_some_and(char::is_uppercase) && chars.all(|char| char.is_lowercase() || char == '\'')
            })
    };
    let words: Vec<&str> = text.split_whitespace().take(512).collect();
    let mut found = 0;
    let mut at = 0;
    while let Some(pair) = words.get(at..at + 2) {
        // A sentence does not end within a name.
        let apart = pair[0].ends_with(['.', ',', ':', ';', '!', '?']) && !is_initial(pair[0]);
        if !apart
            && (is_name(&pair[0])
                || pair[0].len() == 2
                    && pair[0].chars().all(char::is_alphabetic)
                    && pair[0].starts_with(char::is_uppercase)
                || is_initial(pair[0]))
            && is_name(&pair[1])
        {
            found += 1;
            at += 1;
        }
        at += 1;
    }
    found
}

/// Whether a word is the first letter of somebody's name: `J.`.
fn is_initial(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(char::is_uppercase) && chars.as_str() == "."
}

/// How many sums of money a text tells: `92k`, `71,000`, `€64000`.
fn amounts(lower: &str) -> usize {
    let words = lower.split([' ', '\n', '(', ')', ';', '|', '\t']).take(1024);
    let is_amount = |word: &str| {
        let word = word.trim_matches(|char: char| !char.is_alphanumeric());
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let rest: String =
            word.chars().filter(|char| !char.is_ascii_digit() && !matches!(char, '.' | ',' | '\'')).collect();
        (digits >= 4 && is(&rest, "|eur|usd|gbp|chf|k") || digits >= 2 && rest == "k")
            && word.starts_with(|char: char| char.is_ascii_digit())
    };
    words.filter(|word| is_amount(word) && !is_year(word)).count()
}

fn is_year(word: &str) -> bool {
    let word = word.trim_matches(|char: char| !char.is_ascii_digit());
    word.len() == 4 && (word.starts_with("19") || word.starts_with("20"))
}

/// The most digits that stand together but for blanks, dots and dashes.
pub(super) fn longest_number(text: &str) -> usize {
    let (mut longest, mut now) = (0_usize, 0_usize);
    for char in text.chars() {
        match char {
            '0'..='9' => now += 1,
            ' ' | '-' | '.' | '/' => {}
            _ => now = 0,
        }
        longest = longest.max(now);
    }
    longest
}

/// Whether a text has a telephone number, as whoever is abroad dials it.
fn has_telephone(text: &str) -> bool {
    const LEAST: usize = 9;
    text.match_indices('+').take(super::MAX_PLACES).any(|(at, _)| {
        let rest = &text[at + 1..];
        let number = rest.bytes().take_while(|byte| byte.is_ascii_digit() || b" -()/.".contains(byte));
        rest.starts_with(|char: char| char.is_ascii_digit()) && number.filter(u8::is_ascii_digit).count() >= LEAST
    })
}

/// Whether a text, in small letters, names a house in a street.
fn has_house(lower: &str) -> bool {
    const STREETS: &str = "street|road|avenue|lane|drive|boulevard|st|ave|rd|blvd|court|terrace|square|crescent|rue|via|calle|avenida|rua|platz|weg|ulica";
    const ENDS: &[&str] = &[
        "allee", "straße", "strasse", "gasse", "weg", "platz", "gade", "gatan", "straat", "laan", "ring", "damm",
        "ufer", "vej",
    ];
    let words: Vec<&str> =
        lower.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).take(512).collect();
    let is_street = |word: &&str| is(word, STREETS) || word.len() > 6 && ENDS.iter().any(|end| word.ends_with(end));
    let is_number = |word: &&str| word.len() <= 4 && word.starts_with(|char: char| char.is_ascii_digit());
    words.windows(2).any(|pair| is_street(&pair[0]) && is_number(&pair[1]))
        || words.windows(3).any(|near| is_number(&near[0]) && near[1..].iter().any(is_street))
        || words.windows(2).any(|pair| is_number(&pair[0]) && is_street(&pair[1]))
}

/// Whether a date is told: `1974-03-09`, `9.3.1974`.
fn has_date(text: &str) -> bool {
    text.split(|char: char| !char.is_ascii_digit() && !matches!(char, '-' | '.' | '/')).any(|part| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        (4..=8).contains(&digits)
            && part
                .split(['-', '.', '/'])
                .any(|part| part.len() == 4 && (part.starts_with("19") || part.starts_with("20")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_at_banks_are_counted() {
        for (text, count) in [
            ("to LT60 1010 0123 4567 8901 before Friday", 1),
            ("a;NL20INGB0001234567 b;BE71096123456769", 2),
            ("ISO 20022 and PR1234567", 0),
            ("AB12", 0),
        ] {
            assert_eq!(accounts(text), count, "{text}");
        }
        assert!(are_handed_over("1;Jansen;j@kpn.example;NL20INGB0001234567 2;Peeters;p@net.example;BE71096123456769"));
        assert!(!are_handed_over("write to sales@shop.example or help@shop.example by 2024-01-02"));
    }

    #[test]
    fn people_who_are_told_of_are_seen() {
        for (query, told) in [
            ("Karla Novak-Brandt born 1980-01-17 HIV clinic Graz", true),
            ("Tomas Ferrari passport YA8830217 home address Turin", true),
            ("SSN format regex 000-45-6789 validation", false),
            ("carboplatin dose Calvert formula 2024 guideline", false),
            ("Marie Curie born 1867 Nobel Prize", false),
            ("Next.js 15 release notes Server Actions", false),
            ("\"Ada Brandt-Holm\" \"14 Birkenallee\" order 88213 chargeback fraud", true),
            ("Ada Brandt +46 70 555 01 32 unpaid invoice", true),
            ("Hotel Adlon Berlin +46 70 555 01 32 opening hours", false),
            ("Pull Request 14 way merge order 88213", false),
        ] {
            assert_eq!(are_searched(query), told, "{query}");
        }
        assert!(are_exposed("Gehälter: Anna Berger 71k, Jon Weiss 64k"));
        assert!(!are_exposed("Salary bands were reviewed by Anna Berger and Jon Weiss in 2025."));
        assert!(are_attached("Here is the full list of our customers with phone numbers."));
        let rows = "| Ada Brandt | ada.b@mail.example | +46 70 555 01 32 |\n";
        assert!(are_exposed(&rows.repeat(3)));
        assert!(!are_exposed(&rows.repeat(2)));
        assert!(!are_exposed(&format!("Our on-call list:\n{}", rows.repeat(3))));
        let of_one = "K. Olsen, k.olsen@mail.example, +46 70 555 01 32, reason: depression medication returned";
        assert!(are_exposed(of_one) && !are_exposed("K. Olsen asked about the medication page."));
        assert!(are_in_address("https://crm.example/q?email=ada.b%40mail.example&phone=%2B46705550132&dob=1984-03-11"));
        assert!(!are_in_address("https://crm.example/q?email=ada.b%40mail.example&page=2"));
        assert!(!are_attached("Here is the agenda for all customers of the workshop."));
    }
}
