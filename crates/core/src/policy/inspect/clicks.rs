//! Clicks in a page whose own words say that there is no way back: what is clicked is told by the agent, as the page has it.

use super::call::Call;
use crate::policy::effects::Kind;
use crate::policy::lists::{holds, is};

/// What a click is called by servers of browsers.
const CLICKS: &str = "click|press|tap|submit|check|act|dblclick|doubleclick";

/// What is called so when a text is typed, and what a field is called that asks for one before it deletes.
const TYPES: &str = "type|fill|input|enter";
const CONFIRMS: &str = "confirm deletion|confirm delet|to delete|confirm the deletion|confirm repository|confirm project|type delete|\
    confirm transfer|verify deletion|delete confirmation";

/// Words of what is deleted with all that is in it, at whoever's page.
const DESTROYS: &str = "delete this repository|delete this repo|delete repository|delete this project|delete this organization|\
    delete organization|delete this organisation|delete this workspace|delete workspace|delete this database|delete database|\
    delete this cluster|delete cluster|delete this app|delete this site|delete this team|delete this environment|delete this account|\
    delete permanently|permanently delete|delete forever|delete everything|erase everything|erase all|empty trash|empty bin|\
    delete all data|drop database|destroy droplet|destroy cluster|terminate instance|delete stack|delete bucket|delete zone|\
    i understand, delete|i understand that this|i understand the consequences|yes, delete this|archive this repository|\
    close my account|close your account|deactivate my account|remove this project|remove this repository|close account permanently|factory reset|remove all data|delete release|delete domain|release ip|\
    schedule key deletion|reset all data|wipe device|unpublish package";

/// Words of what somebody else gets to have, see or do.
const OPENS: &str = "transfer ownership|transfer this repository|transfer repository|make this repository public|make repository public|\
    change repository visibility|change visibility|make public|disable branch protection|delete branch protection|disable two-factor|\
    disable 2fa|turn off two-factor|turn off 2-step|disable protection|bypass branch protection|bypass rules and merge|\
    merge without waiting for requirements|authorize application|grant access|anyone with the link|make owner|make admin|generate new token";

/// Words of money that is gone.
const PAYS: &str = "confirm payment|confirm and pay|submit payment|make payment|complete purchase|confirm purchase|place your order|place order|\
    buy now|pay now|confirm transfer|send money|confirm withdrawal|withdraw funds|confirm order|send payment|complete order|approve transaction|\
    confirm transaction|confirm swap|upgrade plan|start subscription|issue refund|confirm refund|authorize payment|authorise payment|\
    approve payment|approve transfer|release payment|release funds|execute transfer|submit transfer|transfer now|sign and send|confirm and send|wire now|send funds|confirm buy|confirm sell|place trade|place bid|\
    zahlungspflichtig|kostenpflichtig bestellen|jetzt bezahlen|jetzt zahlen|jetzt kaufen|jetzt \u{fc}berweisen|zahlung best\u{e4}tigen|\
    zahlung freigeben|zahlung ausf\u{fc}hren|\u{fc}berweisung best\u{e4}tigen|\u{fc}berweisung freigeben|\u{fc}berweisung ausf\u{fc}hren|\
    \u{fc}berweisung senden|auftrag freigeben|confirmer le paiement|confirmer le virement|valider le paiement|valider le virement|\
    valider la commande|payer maintenant|passer la commande|passer commande|confirmer et payer|effectuer le virement|effectuer le paiement|\
    confirmar pago|confirmar el pago|confirmar la transferencia|confirmar transferencia|confirmar compra|pagar ahora|realizar pago|\
    realizar el pago|realizar pedido|realizar transferencia|comprar ahora|conferma pagamento|conferma il pagamento|paga ora|\
    conferma bonifico|conferma il bonifico|conferma ordine|conferma acquisto|acquista ora|esegui bonifico|confirmar pagamento|\
    confirmar o pagamento|confirmar transfer\u{ea}ncia|confirmar a transfer\u{ea}ncia|pagar agora|finalizar compra|comprar agora|\
    fazer transfer\u{ea}ncia|nu betalen|betaling bevestigen|bevestig betaling|bestelling plaatsen|overboeking bevestigen";

/// Verbs by which money goes where an amount stands beside them, and what is a sum.
const MOVES: &str = "transfer|send|wire|withdraw|pay|remit|release|approve|authorize|authorise|confirm|refund|buy|sell|donate|bid|invest|swap|subscribe|freigeben|abonnieren|\u{fc}berweisen|\
    bezahlen|zahlen|kaufen|senden|abheben|spenden|payer|virer|envoyer|acheter|retirer|pagar|transferir|enviar|comprar|retirar|paga|trasferisci|\
    invia|acquista|preleva|bonifico|betalen|overmaken";
const CURRENCIES: &str = "eur|usd|gbp|chf|jpy|cny|inr|cad|aud|sek|nok|dkk|pln|czk|brl|mxn|sgd|hkd|btc|eth|usdc|usdt|sol|xrp|ltc|xmr|dai|bnb|matic";

/// What only tells of money that went, or leads to another page.
const ONLY_TOLD: &str = "history|past|cancel|abbrechen|annuler|annulla|cancelar|annuleren|receipt|statement|filter|row|tab|dismiss|details|learn|how|\
    list|heading|tooltip|close|back|input|field|textbox|checkbox|radio|dropdown|combobox|download|view|edit";

/// Signs that a page is one under test.
const TRIED: &str = "test|localhost|127.0.0.1|sandbox|staging|preview|dev |demo|storybook|mock|fixture|cart|under ";

/// Verbs, and words near them, by which something of weight is gone for good.
const ENDS: &str = "delete|erase|destroy|terminate|wipe|purge";
const WHOSE: &str = "this|my|your|our|the|entire";
const WEIGHTY: &str = "account|repository|repo|project|organization|organisation|workspace|database|cluster|app|application|site|team|\
    environment|server|bucket|stack|domain|zone|tenant|instance|droplet|volume|backup|backups|release|channel|calendar|vault|subscription";
const FOR_GOOD: &str = "permanently|forever|irreversibly|irrevocably";

/// Whether a text ends something of weight: *delete my account*, *erase … permanently*.
fn ends(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let Some(at) = words.iter().position(|word| is(word, ENDS)) else { return false };
    let weighty = || {
        let behind = &words[at + 1..];
        behind.iter().take(3).any(|word| is(word, WEIGHTY)) && behind.first().is_some_and(|word| is(word, WHOSE))
    };
    words.iter().any(|word| is(word, FOR_GOOD)) || weighty()
}

/// Whether a text says that a sum goes somewhere: *Transfer 3,200.00 EUR now*.
fn moves(text: &str) -> bool {
    let words: Vec<&str> = text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
    let in_currency = words
        .windows(2)
        .any(|two| is_number(&two[0]) && is(two[1], CURRENCIES) || is(two[0], CURRENCIES) && is_number(&two[1]));
    let is_sum = in_currency || text.contains(['$', '\u{20ac}', '\u{a3}', '\u{a5}']) && words.iter().any(is_number);
    let says = |list: &str| words.iter().any(|word| is(word, list));
    is_sum && says(MOVES) && !says(ONLY_TOLD)
}

/// What a click confirms that cannot be taken back.
pub(super) fn confirmed(call: &Call<'_>) -> Option<Kind> {
    let clicks = call.has(CLICKS);
    let types = !clicks && call.has(TYPES);
    if !clicks && !types {
        return None;
    }
    // What is typed is what it is; the field that it is typed into says what for.
    const FIELDS: &str = "element|label|name|description|title|placeholder|elementdescription|accessiblename";
    const TEXTS: &str = "element|text|label|name|description|title|selector|button|instruction|action|target|elementdescription|accessiblename";
    let told: Vec<String> = call
        .given
        .values(if types { FIELDS } else { TEXTS })
        .filter(|text| text.len() <= 512)
        .take(8)
        .map(|text| text.to_lowercase().replace(['-', '_', '#', '.'], " "))
        .collect();
    if !types {
        return said(&told);
    }
    let says = |list: &str| told.iter().any(|text| holds(text, list));
    (!says(TRIED) && says(CONFIRMS)).then_some(Kind::McpDestroy)
}

/// What the words of what is clicked say that cannot be taken back, in small letters.
pub(super) fn said(told: &[String]) -> Option<Kind> {
    let says = |list: &str| told.iter().any(|text| holds(text, list));
    if says(TRIED) {
        return None;
    }
    // A price says that it is a shop's page, and no one's own.
    let priced = || {
        told.iter().any(|text| text.contains(['$', '€', '£', '¥']) && text.bytes().any(|byte| byte.is_ascii_digit()))
    };
    match () {
        () if says(DESTROYS) || told.iter().any(|text| ends(text)) => Some(Kind::McpDestroy),
        () if says(OPENS) => Some(Kind::McpAccess),
        () if says(PAYS) || says("pay |buy |purchase|order|checkout|donate") && priced() => Some(Kind::McpPay),
        () if told.iter().any(|text| moves(text)) => Some(Kind::McpPay),
        () => None,
    }
}
