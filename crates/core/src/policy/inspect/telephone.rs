//! Calls and short messages to people's telephones: they cost money, come in a company's name, and nobody takes them back.

use super::call::Call;

const SERVICES: &str = "twilio|vonage|nexmo|messagebird|plivo|sinch|telnyx|infobip|clicksend|textmagic|bandwidth|whatsapp|sms|aircall|ringcentral|\
    voip|dialpad|sns|signal|vapi|bland|textbelt|msg91|africastalking|kaleyra|gupshup|telephony";

const REACHES: &str = "send|create|make|start|place|initiate|dial|post|publish|trigger|call|broadcast|text";

const WHAT: &str =
    "message|messages|sms|mms|call|calls|whatsapp|voice|text|texts|phone|template|media|verification|broadcast|publish";

const TO: &str = "to|recipient|recipients|tonumber|tonumbers|phonenumber|phonenumbers|phone|phones|number|numbers|destination|destinations|\
    destinationnumber|msisdn|customernumber|target";

/// The least digits of a number that leads to somebody.
const LEAST: usize = 8;

/// Whether a tool writes to a telephone, or calls it: one that is no number for trying.
pub(super) fn reaches_somebody(call: &Call<'_>) -> bool {
    call.at(SERVICES)
        && call.has(REACHES)
        && call.has(WHAT)
        && !call.has("get|list|read|search|fetch|check|lookup|draft|delete|simulate|test")
        && call.given.values(TO).flat_map(|value| value.split(',')).any(is_somebodys)
}

/// Whether a number is somebody's: of some it is known that they are nobody's, for services and films need such.
pub(in crate::policy) fn is_somebodys(number: &str) -> bool {
    let number = number.trim().trim_start_matches("whatsapp:").trim_start_matches("tel:");
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let is_number = number.chars().all(|char| char.is_ascii_digit() || "+-() .".contains(char));
    // What a service answers by itself (+1 500 555 …), and what is kept for plays: +1 … 555 01.., +44 7700 900...
    let national = digits.strip_prefix('1').filter(|rest| rest.len() == 10);
    let of_films = national.is_some_and(|rest| &rest[3..8] == "55501");
    let is_trial = digits.starts_with("1500555") || of_films || digits.starts_with("447700900");
    is_number && digits.len() >= LEAST && !is_trial
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_trying_are_nobodys() {
        for (number, somebodys) in [
            ("+4915550100234", true),
            ("whatsapp:+12025550923", true),
            ("+15005550006", false),
            ("+1 202 555 0123", false),
            ("+447700900123", false),
            ("49", false),
            ("#support", false),
            ("team@shop.example", false),
        ] {
            assert_eq!(is_somebodys(number), somebodys, "{number}");
        }
    }
}
