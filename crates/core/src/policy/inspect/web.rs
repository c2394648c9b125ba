//! Addresses that a tool opens.

use super::given::Given;
use crate::base64;
use crate::policy::effects::{Effect, Kind};
use crate::policy::facts::Facts;
use crate::policy::hosts;
use crate::policy::published::unhex;
use crate::policy::shell::{self, Touch};
use crate::policy::spans;
use crate::redact;

use super::{acting, content, disclosed, inner, orders, persons};
use crate::policy::lists::{holds, is, parts};

/// The longest address that is looked at, in bytes.
const MAX_URL: usize = 64 << 10;

/// The least text, in bytes, that is somebody's data and no cursor of a list.
const LEAST_DATA: usize = 96;

/// The same of a part of a host's name, in its digits; and of one that is read as a text.
const LEAST_LABEL: usize = 32;
const LEAST_ENCODED: usize = 20;

/// The effects of fetching or searching.
pub(super) fn effects(given: &Given<'_>, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let mut effects: Vec<Effect> = given.urls().iter().flat_map(|url| opened(url, tool, facts)).collect();
    let told = [(given.query(), "a search"), (given.prompt(), "whatever reads a page")];
    let gives = |text: &str| gives_credential(text) || persons::are_searched(text) || persons::are_handed_over(text);
    let given_away = told.iter().filter(|(text, _)| text.as_deref().is_some_and(gives));
    effects.extend(given_away.map(|(_, to)| Effect::gives_away(*to, tool)));
    if given.prompt().is_some_and(|prompt| carries_file(&prompt)) {
        effects.push(Effect::gives_away("an address that a file is put into", tool));
    }
    // Some agents call what they ask of a page a query.
    let of_page = given.query().filter(|_| !given.urls().is_empty());
    if given.prompt().into_iter().chain(of_page).any(|asked| orders::obeys(&asked)) {
        effects.push(Effect::without_place(Kind::AgentOrders, "to obey a page", tool));
    }
    effects
}

/// Whether a prompt has what stands in a file of this machine put into an address, or sent to it.
fn carries_file(prompt: &str) -> bool {
    const FILES: &str = "~/|/home/|/users/|/etc/|/root/|/var/|/srv/|/opt/|/tmp/|./|.env|c:\\|/proc/|id_rsa";
    const HELD: &str = "content|the text|its text|base64|its value|the value|the file|encoded|upload|read |the first|the last|lines of|output of|put |paste |insert |fill ";
    const INTO: &str = "url-encod|urlencod|percent-encod|append|followed by|query string|query parameter|as the parameter|as a parameter|as parameter|in the address|\
        to the url|to the address|in the url|upload|put it after|put after|after src=|after data=|after q=|post it|post the|send the|send it|attach|as the value of|submit|in place of|\
        instead of the placeholder|fill in";
    let text = orders::folded(spans::start(prompt, orders::MAX_PROMPT));
    if !text.contains("://") || !holds(&text, FILES) || !holds(&text, HELD) {
        return false;
    }
    let quotes = |char: char| "\"'`,()<>".contains(char);
    let bare = |word| str::trim_end_matches(str::trim_matches(word, quotes), '.');
    let words = || text.split_whitespace().map(bare);
    let far = |word: &str| {
        hosts::scheme(word).is_some_and(|scheme| scheme.starts_with("http")) && !hosts::is_local(&hosts::host(word))
    };
    // A file that an address names is that machine's.
    let own = words().any(|word| !word.contains("://") && word.len() > 2 && holds(word, FILES));
    let open = words().any(|word| far(word) && (word.ends_with(['=', '{', '}']) || holds(word, "={|=<|=[|=$")));
    own && words().any(far) && (open || holds(&text, INTO)) && !holds(&text, "do not |don't |never ")
}

/// Whether a text for a machine elsewhere holds a credential, by its shape, in an address or in words, or somebody's payment card. The
/// addresses in it that are opened are looked at by themselves.
fn gives_credential(text: &str) -> bool {
    content::holds_key(text)
        || content::gives_password(text)
        || content::names_key_of_cloud(text)
        || disclosed::in_words(text).is_some()
        || gives_card(text)
}

/// Whether a search names a payment card as somebody's: by a name or an address beside it, or by what is on its back. The numbers
/// that payment services publish for trials, told by how they begin, are nobody's.
pub(super) fn gives_card(query: &str) -> bool {
    const TRIALS: &str = "42424242|41111111|40128888|40000000|40000566|55555555|51051051|22230031|37828224|37144963|\
        60111111|60110009|30569309|38520000|35301113|35660020|49176100|54240000";
    let digits: String = query.chars().filter(char::is_ascii_digit).take(512).collect();
    if digits.len() < 13 || holds(&digits, TRIALS) {
        return false;
    }
    let personal = redact::Redactor { key: None, personal: true };
    if !personal.text(query).found().contains(&redact::Secret::Card) {
        return false;
    }
    let lower = query.to_lowercase();
    fn words(text: &str) -> Vec<&str> {
        text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
    }
    const BACK: &str = "cvv|cvc|cvv2|cvc2|cid|exp|expiry|expires|cardholder|pin";
    let named = words(query).windows(2).any(|pair| {
        pair.iter().all(|word| {
            let mut chars = word.chars();
            chars.next().is_some_and(char::is_uppercase) && word.len() > 2 && chars.all(char::is_lowercase)
        })
    });
    let asks_for_trial = holds(&lower, "test card|test number|sandbox|dummy|fake|luhn");
    !asks_for_trial && (named || words(&lower).iter().any(|word| is(word, BACK)) || says_until_when(query))
}

/// Whether a text has the month and the year until which a card is good: `09/27`.
fn says_until_when(text: &str) -> bool {
    let is_month = |word: &str| {
        let Some((month, year)) = word.split_once('/') else { return false };
        matches!(year.len(), 2 | 4)
            && year.parse::<u16>().is_ok()
            && month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month))
    };
    text.split([' ', ',', ';', '|', '\n', '&']).any(is_month)
}

/// The effects of opening an address.
pub(super) fn opened(url: &str, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let url = url.trim();
    let url = spans::start(url, MAX_URL);
    let scheme = hosts::scheme(url).unwrap_or("https").to_ascii_lowercase();
    match scheme.as_str() {
        "file" => return shell::touched(&file(url), Touch::Read, tool, facts),
        "http" | "https" | "ws" | "wss" | "about" => {}
        _ => {
            return vec![Effect::without_place(Kind::NetScheme, scheme, tool)];
        }
    }
    let mut effects = shell::fetched(url, tool, facts);
    let host = hosts::host(url);
    effects.extend(inner::opened(url).map(|kind| Effect::without_place(kind, url, tool)));
    if hosts::is_local(&host) {
        return effects;
    }
    effects.extend(acting::opened(url).map(|kind| Effect::without_place(kind, url, tool)));
    let read = hosts::decoded(url);
    if content::holds_key(&read)
        || holds_password(url)
        || content::gives_password(&read)
        || hides_credential(url)
        || hides_variable(url)
        || assigns_within(url)
        || persons::are_in_address(url)
        || carries_people(url)
    {
        effects.push(Effect::gives_away(&host, tool));
    }
    if hosts::is_catcher(url) {
        effects.push(Effect::without_place(Kind::NetCatcher, &host, tool));
    }
    if carries_text(url) {
        effects.push(Effect::without_place(Kind::DataEncoded, host, tool));
    }
    effects
}

/// Whether what an address asks for tells of people in a text: their rows, a card with what is on its back, the addresses of several, the
/// accounts of a machine.
fn carries_people(url: &str) -> bool {
    const SEVERAL: usize = 3;
    const ACCOUNTS: &str = "root:x:0:0:|root:$6$|root:$y$|:/bin/bash\nroot|nobody:x:";
    let Some((_, asked)) = url.split_once('?') else { return false };
    let said = hosts::decoded(&asked.replace(['+', '=', '&'], " "));
    let addresses = || said.split([',', ';', ' ', '|', '\n']).filter(|word| is_mail(word)).take(SEVERAL).count();
    holds(&said, ACCOUNTS)
        || said.contains('@') && addresses() == SEVERAL
        || persons::are_handed_over(&said)
        || persons::are_searched(&said)
        || gives_card(&said)
}

/// Whether a word is somebody's mail address.
fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(who, house)| !who.is_empty() && house.contains('.') && !house.contains('/'))
}

/// Whether a part of an address decodes to a credential, or a value in it to the assignment of one. What is an object is a state of the
/// page.
fn hides_credential(url: &str) -> bool {
    const LEAST: usize = 20;
    let behind = url.split_once(['?', '#']).map_or("", |(_, behind)| behind);
    let values = behind.split(['?', '&', '#', ';']).take(super::MAX_PLACES);
    let values = values.map(|part| part.split_once('=').map_or(part, |(_, value)| value));
    values.filter(|value| value.len() >= LEAST).filter_map(|value| text_of(&hosts::decoded(value))).any(|text| {
        let found = redact::redact_text(&text);
        found.found().iter().any(|secret| secret.has_shape())
            || content::gives_password(&text)
            || !text.starts_with(['{', '['])
                && (found.found().iter().any(|secret| assigns(*secret)) || text.lines().any(names_secret))
    })
}

/// Whether a value in an address decodes to a variable of an environment with what it is set to, whatever bytes that has.
fn hides_variable(url: &str) -> bool {
    const NAME: std::ops::RangeInclusive<usize> = 6..=48;
    const LEAST_VALUE: usize = 8;
    let Some((_, asked)) = url.split_once(['?', '#']) else { return false };
    asked.split(['&', '#', ';']).take(super::MAX_PLACES).any(|part| {
        let value = part.split_once('=').map_or(part, |(_, value)| value);
        let Some(bytes) = bytes_of(&hosts::decoded(value)) else { return false };
        let is_part = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
        let name = bytes.iter().take_while(|byte| is_part(byte)).count();
        let has = |list: &str| {
            bytes[..name].split(|byte| *byte == b'_').any(|word| parts(list).any(|it| it.as_bytes() == word))
        };
        NAME.contains(&name)
            && bytes.get(name) == Some(&b'=')
            && bytes.len() - name > LEAST_VALUE
            && (has(SECRET) || has("URL|URI|DSN|DATABASE|CONNECTION") && bytes.contains(&b'@'))
    })
}

/// Whether a value in an address is a text that assigns or tells a credential: `?text=DB_PASSWORD%3D…`. What a parameter itself is called is
/// how a service is used.
fn assigns_within(url: &str) -> bool {
    const MADE_UP: &str =
        "example|your|test|demo|change|xxx|dummy|sample|fake|placeholder|redacted|1234|password|secret";
    let Some((_, asked)) = url.split_once(['?', '#']).filter(|(_, asked)| asked.contains('%') || asked.contains('+'))
    else {
        return false;
    };
    let values = asked.split(['&', ';']).take(super::MAX_PLACES).filter_map(|part| part.split_once('='));
    values.map(|(_, value)| hosts::decoded(value).replace('+', " ")).any(|said| {
        let mut lines = said.split([' ', '\n', '&', ';', ',', '|']).take(super::MAX_PLACES);
        let is_made =
            |line: &str| line.split_once('=').is_some_and(|(_, value)| !holds(&value.to_lowercase(), MADE_UP));
        lines.any(|line| names_secret(line) && is_made(line)) || disclosed::in_words(&said).is_some()
    })
}

/// Words in the names of variables that are secret.
const SECRET: &str = "SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|KEY|APIKEY|PWD|PASS|DSN";

/// Whether a line gives a value to a variable whose name says that it is secret. Nobody encodes such a line to look at a page.
fn names_secret(line: &str) -> bool {
    const LEAST: usize = 8;
    let Some((name, value)) = line.trim_start_matches("export ").split_once('=') else { return false };
    let value = value.trim_matches(['"', '\'']);
    let is_variable = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    is_variable
        && name.split('_').any(|word| is(word, SECRET))
        && value.len() >= LEAST
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Whether a kind is what was assigned to a name.
fn assigns(secret: redact::Secret) -> bool {
    matches!(secret, redact::Secret::Password | redact::Secret::ApiSecret)
}

/// Whether an address names a user with a password.
fn holds_password(url: &str) -> bool {
    url.contains('@') && redact::redact_text(url).found().iter().any(|secret| secret.as_str() == "url-password")
}

/// The path of a `file:` address, in any of the ways it is written.
fn file(url: &str) -> String {
    let rest = url.split_once(':').map_or(url, |(_, rest)| rest);
    let path = match rest.strip_prefix("//") {
        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => rest,
    };
    hosts::decoded(path.split(['?', '#']).next().unwrap_or_default())
}

/// Whether a part of the address is a text in an encoding: signatures and keys of a session are none, for what they decode to
/// is no text; cursors are short, or an object.
fn carries_text(url: &str) -> bool {
    // Whoever serves a name's zone reads what stands before it. Of names that are digests nothing can be read.
    let host = hosts::host(url);
    if host.split('.').filter(|label| label.len() >= LEAST_ENCODED).any(hides_text) {
        return true;
    }
    // Two long names behind one another are cut from one text. What a cloud calls a thing of its own is one.
    if host.split('.').filter(|label| label.len() >= LEAST_LABEL && !label.contains('-') && is_mixed(label)).count() > 1
    {
        return true;
    }
    let behind = url.split_once("://").map_or(url, |(_, rest)| rest);
    let parts = behind.split(['/', '?', '&', '#', '=', ';', '.', ',']).filter(|part| part.len() >= LEAST_DATA);
    parts
        .filter_map(|part| text_of(&hosts::decoded(part)))
        .any(|text| text.len() >= LEAST_DATA && !text.starts_with('{'))
}

/// Whether letters and digits stand among each other, as in no word.
fn is_mixed(label: &str) -> bool {
    label.bytes().filter(u8::is_ascii_digit).count() >= 3 && label.bytes().filter(u8::is_ascii_alphabetic).count() >= 3
}

/// Whether a part of a host's name is a text in an encoding. Names are written in small letters alone, but where the letters' size matters.
fn hides_text(label: &str) -> bool {
    let has = |of: fn(&u8) -> bool| label.bytes().any(|byte| of(&byte));
    let is_cased = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && !label.contains('-');
    let in_base_32 = || unbase32(label).and_then(shown).filter(|text| text.is_ascii() && !text.contains(['\n', '\t']));
    unhex(label).and_then(shown).is_some() || is_cased && text_of(label).is_some() || in_base_32().is_some()
}

/// The bytes that digits of base 32 (RFC 4648) stand for, without what fills them up.
fn unbase32(label: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut group, mut bits) = (Vec::new(), 0_u32, 0_u32);
    for byte in label.bytes() {
        let digit = match byte.to_ascii_lowercase() {
            letter @ b'a'..=b'z' => letter - b'a',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        group = (group << 5 | u32::from(digit)) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(group >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// The text that a part decodes to; `None` where it is none.
fn text_of(part: &str) -> Option<String> {
    bytes_of(part).and_then(shown)
}

/// The bytes that a part decodes to.
fn bytes_of(part: &str) -> Option<Vec<u8>> {
    unhex(part).or_else(|| {
        let standard = part.trim_end_matches('=').replace('-', "+").replace('_', "/");
        base64::decode(&format!("{standard}{}", "=".repeat((4 - standard.len() % 4) % 4)))
    })
}

/// The text that these bytes are, if they are one that can be shown.
fn shown(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let shown = |char: char| !char.is_control() || matches!(char, '\n' | '\r' | '\t');
    text.chars().all(shown).then_some(text)
}
