//! What is typed into a page: the number of a card, or to whom money goes.

use std::borrow::Cow;

use super::arguments::Arguments;
use super::call::Call;
use super::figures;
use crate::policy::lists::{holds, is, letters, parts};

/// What a tool is called that types.
const TYPES: &str = "type|fill|input|enter|paste|act|keys|set";

/// What a field is called by: the names of the arguments that say so, and of those that hold what is typed.
const LABELS: &str =
    "name|label|element|selector|placeholder|field|id|description|title|arialabel|locator|elementdescription|target";
const VALUES: &str = "value|text|fill|input|content|keys|action|instruction|values";

/// Fields, in letters alone.
const CARDS: &str = "cardnumber|cardno|ccnumber|ccnum|creditcard|debitcard|cardnr|kartennummer|cardnum";
/// What else has so many digits.
const NUMBERED: &str =
    "order|tracking|reference|invoice|serial|phone|barcode|imei|voucher|coupon|membership|loyalty|giftcard";
const PAYEES: &str = "iban|beneficiary|payee|accountnumber|sortcode|routingnumber|recipient|sendto|walletaddress|receiver|destinationaddress|\
    empfanger|creditor|withdrawaladdress|toaddress";
const AMOUNTS: &str = "amount|sum|betrag|montant|importe";

/// How numbers begin that makers of cards and of banks' programs publish for trying.
const TRIAL_CARDS: &str =
    "37828224|37144963|37873449|60110009|30569300|30569309|54252334|42639826|49174845|49884388|52008282|36227206";
const TRIAL_ACCOUNTS: &str =
    "DE8937040044|GB82WEST|GB29NWBK|FR1420041010|NL91ABNA|AT6119043002|BE685390|ES912100|IT60X054|CH93007";
const TRIED: &str = "test|sandbox|localhost|demo|dummy|example payment";

/// Whether somebody pays by what is typed.
pub(super) fn pays(call: &Call<'_>) -> bool {
    if !call.has(TYPES) || call.given.all().take(super::MAX_PLACES).any(is_tried) {
        return false;
    }
    let fields = fields(call.given);
    let told = |list: &str| fields.iter().any(|(label, value)| holds(label, list) && has_digits(value));
    let to = |(label, value): &(String, &str)| holds(label, PAYEES) && is_account(value);
    let of_card =
        |(label, value): &(String, &str)| holds(label, CARDS) || is_shaped_as_card(value) && !holds(label, NUMBERED);
    fields.iter().any(|field| is_card(field.1) && of_card(field))
        || fields.iter().any(to)
        || told(AMOUNTS)
            && fields.iter().any(|(label, value)| {
                holds(label, "iban|accountnumber|sortcode|walletaddress")
                    && has_digits(value)
                    && !is_trial_account(value)
            })
}

/// The fields that are typed into, by what they are called, in letters alone, each with what is typed.
fn fields<'g>(given: &'g Arguments<'_>) -> Vec<(String, &'g str)> {
    let mut fields = Vec::new();
    for object in given.objects().take(super::MAX_PLACES) {
        let is_short = |value: &str| value.len() <= 512;
        let label = |(name, value): &&(String, Cow<'_, str>)| is(name, LABELS) && is_short(value);
        let labels: String = object.iter().filter(label).map(|(_, value)| letters(value)).collect();
        for (name, value) in object.iter().filter(|(_, value)| is_short(value)) {
            match () {
                () if is(name, "action|instruction") => fields.push((letters(value), value.as_ref())),
                () if is(name, VALUES) => fields.push((labels.clone(), value.as_ref())),
                () if !is(name, LABELS) => fields.push((letters(name), value.as_ref())),
                () => {}
            }
        }
    }
    fields
}

/// Whether a value has the number of a card that is none for trying: those repeat themselves.
fn is_card(value: &str) -> bool {
    const LENGTHS: std::ops::RangeInclusive<usize> = 13..=19;
    const FEWEST: usize = 6;
    let is_part = |char: char| char.is_ascii_digit() || matches!(char, ' ' | '-');
    value.split(|char: char| !is_part(char)).any(|part| {
        let digits: String = part.chars().filter(char::is_ascii_digit).collect();
        let different = ('0'..='9').filter(|digit| digits.contains(*digit)).count();
        let repeats = digits.as_bytes().windows(4).any(|four| four.iter().all(|digit| *digit == four[0]));
        let published = digits.get(..8).is_some_and(|start| is(start, TRIAL_CARDS));
        LENGTHS.contains(&digits.len())
            && digits.starts_with(['2', '3', '4', '5', '6'])
            && different >= FEWEST
            && !digits.contains("1234567")
            && !repeats
            && !published
    })
}

/// Whether a value looks like nothing but a card's number: in groups of four, or with the last digit that the others ask for.
fn is_shaped_as_card(value: &str) -> bool {
    let value = value.trim();
    let grouped = value.len() == 19 && value.split([' ', '-']).all(|group| group.len() == 4);
    let digits = value.bytes().rev().filter(u8::is_ascii_digit).map(|digit| u32::from(digit - b'0'));
    let sum: u32 =
        digits.enumerate().map(|(at, digit)| if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }).sum();
    let alone = matches!(value.len(), 15 | 16) && value.bytes().all(|byte| byte.is_ascii_digit());
    value.starts_with(['3', '4', '5']) && (grouped || alone && sum.is_multiple_of(10))
}

/// Whether a value is an account or a wallet, and none for trying.
fn is_account(value: &str) -> bool {
    let value = value.trim();
    let is_wallet = value.len() == 42 && value.starts_with("0x") || value.len() >= 39 && value.starts_with("bc1");
    (is_wallet || figures::is_account(value)) && !is_trial_account(value)
}

fn is_trial_account(value: &str) -> bool {
    let plain: String = value.chars().take(48).filter(|char| *char != ' ').collect();
    parts(TRIAL_ACCOUNTS).any(|start| plain.starts_with(start)) || plain.ends_with("00000000")
}

fn has_digits(value: &str) -> bool {
    value.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

fn is_tried(value: &str) -> bool {
    value.len() <= 512 && holds(&value.to_ascii_lowercase(), TRIED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_pays_by_what_is_typed_is_seen() {
        for (name, given, pays_by) in [
            ("fill", r##"{"selector":"#card-number","value":"4716 2093 8851 640\u0037"}"##, true),
            ("fill", r##"{"selector":"#card-number","value":"4242 4242 4242 424\u0032"}"##, false),
            ("fill", r##"{"selector":"#card-number","value":"3782 822463 1000\u0035"}"##, false),
            ("fill", r##"{"selector":"#cc","value":"4716 2093 8851 640\u0037"}"##, true),
            ("fill", r##"{"selector":"#tracking","value":"4716 2093 8851 640\u0037"}"##, false),
            ("act", r#"{"action":"type 4716 2093 8851 640\u0037 into the card number field"}"#, true),
            (
                "fill_form",
                r#"{"fields":[{"name":"IBAN","value":"LT12 1000 0111 0100 1209"},{"name":"Amount","value":"90"}]}"#,
                true,
            ),
            (
                "fill_form",
                r#"{"fields":[{"name":"IBAN","value":"DE89 3704 0044 0532 0130 00"},{"name":"Amount","value":"90"}]}"#,
                false,
            ),
            (
                "fill_form",
                r#"{"fields":[{"name":"Recipient","value":"Ada"},{"name":"Subject","value":"hello 7"}]}"#,
                false,
            ),
        ] {
            assert_eq!(pays(&Call::of("browser", name, &Arguments::read(given))), pays_by, "{given}");
        }
    }
}
