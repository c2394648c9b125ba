//! Money by figures: what things are sold for, what is spent on advertising, where what is paid goes to, and what people earn.

use super::arguments::{Arguments, words};
use super::call::{Call, TRIED};
use crate::policy::lists::{holds, is, letters};
use crate::policy::spans;

/// Verbs that make a figure another one.
const CHANGES: &str = "update|set|change|edit|modify|patch|put|bulk|batch|mass|replace|adjust|upsert|apply|save|sync|import|increase|raise|decrease|lower|\
    mutate|reprice|markdown|post|amend|revise|award|override";
const MAKES: &str = "create|add|new|generate|make|issue|insert|enable|activate|launch|resume|start|publish|submit";
const LOOKS: &str = "estimate|calculate|simulate|report|forecast|suggest";

/// What something is sold for, and what is sold.
const PRICES: &str = "price|prices|unitprice|saleprice|specialprice|regularprice|variantprice|listprice|baseprice|priceamount|retailprice|\
    sellingprice|newprice|\
    unitamount|fare|rate|pricecents|priceusd|priceeur|amount";
const SOLD: &str = "price|prices|pricing|product|products|variant|variants|catalog|catalogue|listing|listings|sku|skus|offer|offers|item|items|\
    inventory|room|rooms|\
    fare|fares|rate|rates|plan|plans|productupdate|shop|store|shopify|woocommerce|magento|bigcommerce|prestashop|etsy|ebay|amazon|seller";
/// What names all of them.
const ALL: &str = "bulk|batch|mass|all|catalog|everything|reprice";

/// So little is no price but a slip.
const LEAST: f64 = 0.1;

/// What is taken off a price, in percent, that leaves next to nothing.
const DISCOUNTS: &str = "percentoff|percentage|percent|discountpercentage|discountpercent|discount|valuepercentage|amountpercent|discountvalue|value|rate";
const MOST_OFF: f64 = 80.0;

/// What is spent each day on being seen.
const ADVERTISING: &str =
    "ads|ad|adwords|adset|adsets|campaign|campaigns|advertising|adgroup|meta|tiktok|linkedin|marketing|dsp|bidding|bid";
const SPENDING: &str = "budget|dailybudget|lifetimebudget|budgetamount|amountmicros|amount|bidamount|bid|cpcbid|cpcbidmicros|cpc|maxcpc|spendcap|\
    dailyspend|budgetmicros|\
    dailybudgetmicros|targetcpa|campaignbudget|totalbudget|spendlimit";

/// Where money goes that is paid.
const ACCOUNTS: &str = "bankaccountnumber|accountnumber|iban|routingnumber|sortcode|bankaccount|bankaccounts|payoutaccount|bankdetails|\
    billpaybankaccount|externalaccount|\
    swift|swiftcode|bic|bsb|payoutaddress|walletaddress|withdrawaladdress|settlementaccount|directdeposit|bankaccountid|beneficiaryaccount|\
    payeeaccount|remitto|accountno|\
    payoutiban|bankiban|acct|clabe|destinationaccount|depositaccount";
const PAYEES: &str = "vendor|vendors|supplier|suppliers|payee|payees|beneficiary|beneficiaries|employee|employees|payroll|bank|payout|payouts|\
    creditor|creditors|recipient|\
    recipients|contractor|merchant|seller|partner|account|accounts|contact|contacts|settings|profile|company|customer|person|worker|counterparty|\
    object|objects|record";

/// What somebody earns, and what a person's work has come to.
const PAY: &str = "payrate|salary|basesalary|annualsalary|monthlysalary|grosssalary|compensation|wage|wages|hourlyrate|bonus|basepay|grosspay|\
    paygrade|payraise|totalcompensation|stipend|\
    equitygrant|newsalary|overtimepay|commission|commissionrate";
const WORKERS: &str = "employee|employees|worker|workers|staff|payroll|compensation|salary|salaries|personnel|hris|hr|bamboohr|workday|gusto|\
    personio|rippling|deel|adp|hibob|paychex|remote|paylocity|\
    factorial|sap|successfactors|ukg|zenefits|job";
const ENDED: &str = "terminated|terminate|dismissed|fired|inactive|offboarded|resigned|laidoff|separated|left";

/// What holds spending back.
const CAPS: &str = "limit|limits|cap|caps|quota|quotas|threshold|approval|overage|ceiling";
const COSTS: &str = "spend|spending|billing|cost|costs|card|credit|expense|expenses|payment|payments|usage|transfer|withdrawal|purchase|overage|refund|payout";

/// Whether a call changes such a figure.
pub(super) fn are_changed(call: &Call<'_>) -> bool {
    let (given, makes, changes) = (call.given, call.has(MAKES), call.has(CHANGES));
    if !changes && !makes
        || call.at(TRIED)
        || call.at("draft|mock")
        || given.is_on("test|testmode|sandbox|dryrun|draft")
    {
        return false;
    }
    if call.looks(LOOKS, &[CHANGES, MAKES]) == Some(true) {
        return false;
    }
    changes && (call.at(SOLD) && sells_for_nothing(call) || has_none_left(call))
        || call.at(
            "discount|discounts|coupon|coupons|promo|promotion|promotions|voucher|vouchers|pricerule|rule|code|codes|giftcard|sale",
        ) && gives_all_off(given)
        || call.at(ADVERTISING) && spends(changes, given)
        || (changes || makes && call.has("bank|payout|external|beneficiary|payee|direct|deposit"))
            && call.has(PAYEES)
            && pays_to(given)
        || makes && call.has(PAID_BY) && pays_elsewhere(given)
        || call.at(WORKERS) && changes && (call.given.is_given(PAY) || earns_other(given) || ends_work(given))
        || changes && call.has(CAPS) && call.at(COSTS)
        || call.has("gift|giftcard|giftcards|storecredit|loyalty|points|credits|balance")
            && (makes || changes)
            && call.given.is_given("amount|value|balance|credits|initialvalue|points|credit")
        || call.has("exchange|currency|tax|vat|fee|fees|commission|shipping|interest")
            && changes
            && call.has("rate|rates|settings|fee|fees|config|price|prices")
}

/// Whether something is sold for next to nothing, or all of it for another price.
fn sells_for_nothing(call: &Call<'_>) -> bool {
    let all = || {
        call.has(ALL)
            || call
                .given
                .values("mutation|scope|mode|target|apply|applyto")
                .any(|value| is(value, "bulk|all|everything|catalog"))
            || call.given.values("query|filter|selector|where|ids|products|selection").any(|value| {
                is(value, "all|*") || holds(value, "status:active|status:*|published|all") && !value.contains("id:")
            })
    };
    let all = all();
    let in_cents = call.given.values("centamount|amountcents|pricecents").filter_map(number);
    call.given
        .values(PRICES)
        .filter_map(number)
        .chain(in_cents.map(|cents| cents / 100.0))
        .any(|price| price <= LEAST || all)
        || all
            && call
                .given
                .is_given("pricechange|adjustment|percentage|percent|multiplier|factor|delta|formula|changepercent")
}

/// Whether nothing is left in stock of what is sold.
fn has_none_left(call: &Call<'_>) -> bool {
    const LEFT: &str = "quantity|available|availablequantity|stock|stockquantity|onhand|qty|inventoryquantity|stocklevel|inventorylevel";
    call.has("inventory|stock|stocks|quantity|quantities|availability")
        && call.given.values(LEFT).filter_map(number).any(|left| left <= 0.0)
}

/// Whether what is left of a price is next to nothing.
fn gives_all_off(given: &Arguments<'_>) -> bool {
    let by_part = given.is_given("percentoff|percentage|percent|discountpercentage|discountpercent|valuepercentage")
        || given
            .values("type|valuetype|discounttype|kind|amounttype")
            .any(|kind| kind.to_ascii_lowercase().contains("percent"));
    let off = |value: f64| {
        (MOST_OFF..=100.0).contains(&value.abs())
            || (MOST_OFF / 100.0..=1.0).contains(&value.abs()) && value.fract() != 0.0
    };
    by_part && given.values(DISCOUNTS).filter_map(number).any(off)
}

/// Whether a campaign gets another budget, or begins to spend one.
fn spends(changes: bool, given: &Arguments<'_>) -> bool {
    let status = || given.values("status|state|campaignstatus|effectivestatus|configuredstatus");
    let sleeps = status().any(|it| holds(&it.to_ascii_lowercase(), "pause|draft|removed|archived|disabled|inactive"));
    let wakes = status().any(|it| holds(&it.to_ascii_lowercase(), "enabled|active|running|live"));
    !sleeps && (wakes || changes && given.values(SPENDING).filter_map(number).any(|amount| amount > 0.0))
}

/// Whether what is paid to somebody goes to another account.
fn pays_to(given: &Arguments<'_>) -> bool {
    given.is_given(ACCOUNTS) || given.all().take(64).any(is_account)
}

/// By what customers pay.
const PAID_BY: &str =
    "payment|payments|checkout|link|links|charge|charges|intent|invoice|subscription|donation|paymentlink|plan";

/// Whether what customers pay goes to an account that is named beside it, and is not only tried.
fn pays_elsewhere(given: &Arguments<'_>) -> bool {
    const TO: &str = "destination|onbehalfof|destinationaccount|payeemerchantid|merchantid|receiver|receiveraccount|payoutto|settlementaccount|payee";
    let is_account = |value: &str| value.starts_with("acct_") || is_account(value) || value.starts_with("0x");
    !given.is_off("livemode|live") && given.values(TO).any(is_account)
}

/// Whether a statement of SQL gives somebody more money, or has what they are paid go to another account, where it is one's row that is meant.
pub(super) fn are_raised(sql: &str) -> bool {
    const LONGEST: usize = 4096;
    const OWNED: &str = "balance|balanceminor|balancecents|accountbalance|walletbalance|creditbalance|availablebalance|storecredit|storecredits|credits|creditcents|\
        creditsbalance|loyaltypoints|rewardpoints|giftcardbalance|availablecredit|balanceusd|balanceeur|creditlimit|withdrawable|withdrawablebalance|\
        iban|bankaccount|accountnumber|payoutaccount|payoutiban|payoutaddress|walletaddress|routingnumber|salary|basesalary|hourlyrate|bankiban|commissionrate|bonus";
    const MADE_UP: &str = "test|demo|seed|fixture|qa|e2e|dummy|sandbox|staging";
    let lower = spans::start(sql, LONGEST).to_ascii_lowercase();
    if !holds(&lower, MADE_UP) && is_booked(&lower) {
        return true;
    }
    let Some((_, rest)) = lower.split_once("update ").and_then(|(_, rest)| rest.split_once(" set ")) else {
        return false;
    };
    if holds(&lower, MADE_UP) {
        return false;
    }
    let (set, condition) = rest.split_once("where").unwrap_or((rest, ""));
    set.split(',').filter_map(|part| part.split_once('=')).take(16).any(|(name, value)| {
        let name = letters(name.rsplit('.').next().unwrap_or_default());
        let value = value.trim();
        // What is worked out from other rows, and what becomes less, is a correction.
        let is_given =
            value.contains('+') || value.starts_with(['\'', '"']) || value.parse::<f64>().is_ok_and(|it| it > 0.0);
        is(&name, OWNED) && is_given && !value.contains("select") && !condition.is_empty()
    })
}

/// Whether a row is put by hand, in small letters, into a book of what people own or are paid.
fn is_booked(sql: &str) -> bool {
    const BOOKS: &str = "wallet|ledger|payout|credit|balance|withdrawal";
    const NO_BOOK: &str = "audit|log|history|type|setting|config|limit|card_type|migration";
    sql.trim_start().strip_prefix("insert into ").is_some_and(|rest| {
        let table = rest.split(['(', ' ']).next().unwrap_or_default();
        holds(table, BOOKS) && !holds(table, NO_BOOK) && rest.contains("values") && !rest.contains("select")
    })
}

/// Whether a value is the international number of an account.
pub(super) fn is_account(value: &str) -> bool {
    const LENGTHS: std::ops::RangeInclusive<usize> = 15..=34;
    let plain: String = value.chars().take(48).filter(|char| *char != ' ').collect();
    let bytes = plain.as_bytes();
    LENGTHS.contains(&bytes.len())
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
        && bytes.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        && bytes[4..].iter().filter(|byte| byte.is_ascii_digit()).count() >= 8
}

/// Whether a number is set under a name that speaks of pay: `fix_salary`, `comp_annual_base`.
fn earns_other(given: &Arguments<'_>) -> bool {
    given.said_like("salary|wage|payrate|compensation|bonus|hourlyrate").filter_map(number).any(|amount| amount > 0.0)
}

fn ends_work(given: &Arguments<'_>) -> bool {
    given.is_given("terminationdate|terminationreason|terminationtype|dismissaldate|lastworkingday")
        || given
            .values("status|employmentstatus|state|employeestatus|workerstatus")
            .any(|value| is(&letters(value), ENDED))
}

/// The number that a value is, with or without a currency.
fn number(value: &str) -> Option<f64> {
    if value.len() > 32 || words(value).len() > 4 {
        return None;
    }
    let plain = value.trim_matches(|char: char| !char.is_ascii_digit() && char != '-').replace(',', ".");
    plain.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_cost_money_are_seen() {
        for (server, name, given, seen) in [
            ("woocommerce", "update_product", r#"{"id":7,"regular_price":"0.00"}"#, true),
            ("woocommerce", "update_product", r#"{"id":7,"regular_price":"24.90"}"#, false),
            ("magento", "bulk_update_prices", r#"{"filter":"all","price":"1.00"}"#, true),
            ("shopify", "create_discount", r#"{"code":"X","percentage":1.0}"#, false),
            ("shopify", "create_discount_code", r#"{"code":"X","percentage":100}"#, true),
            ("shopify", "create_discount_code", r#"{"code":"X","percentage":10}"#, false),
            ("meta-ads", "update_adset", r#"{"id":"1","daily_budget":900000}"#, true),
            ("meta-ads", "create_campaign", r#"{"name":"x","status":"PAUSED","daily_budget":900}"#, false),
            ("xero", "update_contact", r#"{"contactId":"1","bankAccountDetails":"GB29NWBK60161331926819"}"#, true),
            ("xero", "update_contact", r#"{"contactId":"1","email":"x@x.example"}"#, false),
            ("gusto", "update_employee", r#"{"id":"1","salary":"90000"}"#, true),
            ("hr", "update_employee", r#"{"id":"1","phone":"1"}"#, false),
        ] {
            let changed = are_changed(&Call::of(server, name, &Arguments::read(given)));
            assert_eq!(changed, seen, "{server} {name} {given}");
        }
    }
}
