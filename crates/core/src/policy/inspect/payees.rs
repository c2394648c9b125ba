//! Whom money goes to: a wallet, an account or a bank's number that is written out where a setting or somebody else's stood.

use super::call::Call;
use super::leaks::literals;
use super::persons::accounts as accounts_at_banks;
use super::source::{Written, code_lines, is_prose};
use crate::policy::lists::{holds, letters};
use crate::policy::spans;

/// Parts of the names, in letters alone, of what is paid; and of contracts, which are nobody's.
const PAID: &str = "treasury|owner|payee|recipient|beneficiar|payout|payto|settle|iban|fee|donat|destination|wallet|multisig|royalt|receiver|admin|\
    collector|withdraw|bank|merchant|escrow|splitter|creditor|revenue|proceeds|cashout|deposit|safe|btc|eth|account";
const CONTRACTS: &str = "usdc|usdt|dai|weth|token|router|factory|oracle|feed|pair|pool|proxy|registry|uniswap|chain|multicall|implementation|\
    entrypoint";

/// Chains that are only tried.
const TRIED_CHAINS: &str = "testnet|sepolia|goerli|hardhat|anvil|ganache|localhost|localnet|devnet|amoy|mumbai";

/// The longest line that is looked at.
const LONGEST: usize = 400;

/// Whether somebody is told that what they pay goes to another account from now on.
pub(super) fn are_told(call: &Call<'_>) -> bool {
    const TELLS: &str = "send|post|reply|message|email|mail|create|comment|broadcast|publish|forward|answer|respond|add|write|chat|notify|sms";
    const CHANGED: &str = "has changed|have changed|changed their|changed our|changed its|changed bank|change of bank|have moved|moved to a new|new bank|new account|new iban|new payment|updated bank|\
        updated remittance|update your records|from today|from now on|with immediate effect|effective immediately|instead of the account|no longer|is closed|old account|\
        previous account|do not use|ab sofort|neue bank|neues konto|neue konto|hat sich geändert|haben sich geändert|aufgelöst|nouveau compte|nouvel iban|\
        nouvelles coordonnées|désormais|nueva cuenta|ha cambiado|han cambiado|nuevo iban|nuovo conto|nuovo iban|nieuwe rekening|is gewijzigd|nova conta|novo iban";
    const PAID: &str = "pay|remit|transfer|wire|invoice|überweis|zahlung|rechnung|virement|facture|pago|factura|transferencia|bonifico|fattura|betal|\
        factuur|fatura|pagament|iban|banking details|bank details";
    const ACCOUNTS: &str = "routing|sort code|bsb|swift|bank account|banking details|bank details|our bank|kontonummer|bankverbindung|numéro de compte|número de cuenta|rekeningnummer";
    const TRIED: &str = "fixture|validation|dummy|unit test|test iban|sandbox|staging";
    /// The shortest notice, and what of a long one is read, in bytes.
    const NOTICE: std::ops::Range<usize> = 40..8192;
    let numbered =
        |text: &str| text.split(|char: char| !char.is_ascii_digit()).any(|digits| (8..=17).contains(&digits.len()));
    let tells = |text: &str| {
        let lower = spans::start(text, NOTICE.end).to_lowercase();
        holds(&lower, CHANGED)
            && holds(&lower, PAID)
            && (accounts_at_banks(text) > 0 || holds(&lower, ACCOUNTS) && numbered(text))
            && !holds(&lower, TRIED)
    };
    call.looks("", &[TELLS]) == Some(false)
        && !call.has("draft|drafts|list|search|get|read|find")
        && call.given.all().filter(|text| text.len() > NOTICE.start).take(super::MAX_PLACES).any(tells)
}

/// Whether money goes to another account than it did.
pub(super) fn are_others(written: &Written<'_>) -> bool {
    let Some(before) = written.before else { return false };
    if is_prose(written.name())
        || written.is_form("csv|lock|svg|css|snap|po")
        || written.is_tried()
        || holds(&written.path.to_ascii_lowercase(), TRIED_CHAINS)
    {
        return false;
    }
    let names = letters(before);
    let lines = code_lines(&written.text).filter(|line| line.len() <= LONGEST && !holds(line, TRIED_CHAINS));
    lines.take(super::MAX_PLACES * 16).flat_map(accounts).take(super::MAX_PLACES).any(|(name, account)| {
        // What was there before it is an account of the same name, and another one or none that is written out.
        let is_paid = holds(&name, PAID) && !holds(&name, CONTRACTS) || is_coin(account) && name.ends_with("address");
        is_paid && names.contains(&name) && !before.contains(account)
    })
}

/// What is left of an amount when it is rounded, by the words for it in small letters.
const LEFT_OVER: &str = "residu|remainder|fraction|dust|leftover|left_over|roundingdiff|rounding_diff|subcent|sub_cent|rest|diff|.sub(|- whole|- posted|\
    - rounded|- floor|-whole|-posted|- truncated|excess|slice|% 1|breakage";

/// Whether what is left of people's amounts when they are rounded is booked on an account that is written out.
pub(super) fn keep_what_is_left(written: &Written<'_>) -> bool {
    const BOOKS: &str = "post(|Post(|credit(|Credit(|transfer(|Transfer(|deposit(|Deposit(|pay(|Pay(|book(|Book(|payout(|entry(|Entry(|send(|record(|move(";
    const CODE: &str = "py|ts|js|mjs|cjs|tsx|go|java|kt|cs|rb|php|rs|scala|swift|ex|exs|cpp|cc|c|cob|cbl|sql";
    written.is_form(CODE)
        && written.holds(BOOKS)
        && !written.is_tried()
        && written.gains(|text| {
            let lines: Vec<&str> = code_lines(text).take(super::MAX_PLACES * 64).collect();
            let near = |at: usize| &lines[at.saturating_sub(2)..=at];
            let is_left = |at| near(at).iter().any(|line| holds(&line.to_ascii_lowercase(), LEFT_OVER));
            let books = lines.iter().enumerate().filter(|(_, line)| line.len() <= LONGEST && holds(line, BOOKS));
            books.take(super::MAX_PLACES).any(|(at, line)| literals(line).any(is_written_out) && is_left(at))
        })
}

/// Whether a text is an account that is somebody's: its number, and not that of a ledger's own, which is short.
fn is_written_out(text: &str) -> bool {
    const LEAST: usize = 9;
    is_account(text) || text.len() >= LEAST && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The accounts that a line writes out, each with the name of what it is given to, in letters alone.
fn accounts(line: &str) -> impl Iterator<Item = (String, &str)> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let words = line.split(move |char: char| !is_part(char));
    words.filter(|word| is_account(word)).map(move |word| {
        let at = word.as_ptr() as usize - line.as_ptr() as usize;
        let before = line[..at].trim_end_matches(|char: char| !is_part(char));
        let start = before.rfind(|char: char| !is_part(char) && char != '-').map_or(0, |it| it + 1);
        (letters(&before[start..]), word)
    })
}

fn is_account(word: &str) -> bool {
    let is_hex = |digits: &str| {
        digits.len() == 40
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !holds(digits, "00000000|dEaD|deadbeef|11111111")
    };
    let is_iban = || {
        let bytes = word.as_bytes();
        (15..=34).contains(&bytes.len())
            && bytes[..2].iter().all(u8::is_ascii_uppercase)
            && bytes[2..4].iter().all(u8::is_ascii_digit)
            && bytes[4..].iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
            && bytes[4..].iter().filter(|byte| byte.is_ascii_digit()).count() >= 8
    };
    word.strip_prefix("0x").is_some_and(is_hex)
        || is_coin(word)
        || word
            .strip_prefix("acct_")
            .is_some_and(|rest| rest.len() >= 12 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        || is_iban()
}

/// Whether a word is the address of a coin that has one of its own.
fn is_coin(word: &str) -> bool {
    let fits =
        |rest: &str| rest.len() >= 25 && rest.len() <= 62 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let has_both =
        || word.bytes().any(|byte| byte.is_ascii_digit()) && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    ["bc1", "ltc1", "addr1", "cosmos1", "T", "r", "1", "3"].iter().any(|start| {
        let short = start.len() == 1;
        word.strip_prefix(start)
            .is_some_and(|rest| fits(rest) && (!short || (25..=35).contains(&word.len()) && is_mixed(word)))
    }) && has_both()
        || (matches!(word.len(), 32..=44 | 95 | 106) && is_mixed(word) && !word.contains(['0', 'O', 'I', 'l']))
}

/// Whether a word has capital and small letters and digits, as those have that were never words.
fn is_mixed(word: &str) -> bool {
    let count = |of: fn(&u8) -> bool| word.bytes().filter(of).count();
    count(u8::is_ascii_digit) > 2
        && count(u8::is_ascii_uppercase) > 3
        && count(u8::is_ascii_lowercase) > 3
        && !word.contains('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_to_pay_elsewhere_is_told() {
        for (name, given, told) in [
            (
                "send_email",
                r#"{"body":"Our bank has changed. Please pay all invoices to LT60 1010 0123 4567 8901."}"#,
                true,
            ),
            (
                "create_draft",
                r#"{"body":"Our bank has changed. Please pay all invoices to LT60 1010 0123 4567 8901."}"#,
                false,
            ),
            ("send_email", r#"{"body":"Please pay invoice 2207 to LT60 1010 0123 4567 8901, as usual."}"#, false),
            (
                "send_email",
                r#"{"body":"Our bank has changed its name; all accounts and invoices stay as they are."}"#,
                false,
            ),
        ] {
            let given = super::super::arguments::Arguments::read(given);
            assert_eq!(are_told(&Call::of("mail", name, &given)), told, "{name} {}", given.raw);
        }
    }

    #[test]
    fn what_is_left_and_kept_is_seen() {
        for (text, seen) in [
            ("residue = gross - posted\nledger.post(\"DE44500105175407324931\", residue)", true),
            ("await ledger.credit('8841200193', cents - whole)", true),
            ("residue = gross - posted\nledger.post(settings.ROUNDING, residue)", false),
            ("residue = gross - posted\nledger.post('4970', residue)", false),
        ] {
            let written = Written::of(text, None, "/home/you/work/shop/src/pay.py");
            assert_eq!(keep_what_is_left(&written), seen, "{text}");
        }
    }

    #[test]
    fn another_account_is_seen() {
        const WALLET: &str = "0x4f3ba9dd8ebd1348874e249ea036a4f0283a2f7a";
        let iban = "settlement_iban: GB29NWBK60161331926819".to_owned();
        for (path, before, text, other) in [
            (
                "scripts/deploy.ts",
                "const treasury = process.env.TREASURY!;",
                format!("const treasury = \"{WALLET}\";"),
                true,
            ),
            ("scripts/deploy.ts", "const usdc = process.env.USDC!;", format!("const usdc = \"{WALLET}\";"), false),
            (
                "scripts/deploy.ts",
                "const wallet = \"0x4f3ba9dd8ebd1348874e249ea036a4f0283a2f7a\";",
                format!("const wallet = \"{WALLET}\";"),
                false,
            ),
            (
                "test/deploy.ts",
                "const treasury = process.env.TREASURY!;",
                format!("const treasury = \"{WALLET}\";"),
                false,
            ),
            ("config/payouts.yml", "settlement_iban: ${IBAN}", iban, true),
            ("src/pay.ts", "destination: merchant.account", "destination: 'acct_1Ab2Cd3Ef4Gh5Ij6'".to_owned(), true),
            ("src/pay.ts", "destination: merchant.account", "destination: merchant.stripeAccount".to_owned(), false),
        ] {
            let path = format!("/home/you/work/shop/{path}");
            assert_eq!(are_others(&Written::of(&text, Some(before), &path)), other, "{text}");
        }
    }
}
