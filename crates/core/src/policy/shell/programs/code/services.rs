//! What a piece of code does at services by their libraries: orders that are real, money that goes out, messages to many people, records
//! that are deleted one after the other, devices that lose their configuration. And what code does to data where that is production's.

use super::super::super::machine::Machine;
use super::super::super::state::State;
use super::super::super::value::Origin;
use super::super::devices::DEVICES;
use super::super::tables::production;
use super::super::tables::requests::Request;
use super::super::tables::services;
use super::origins::is_throwaway;
use super::{MAX_NAMES, has};
use crate::policy::effects::Kind;
use crate::policy::hosts;
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;

/// What a library does that a person wants to hear of first.
struct Library {
    /// How the names of its modules begin.
    modules: &'static str,
    /// Calls, as they begin.
    calls: &'static str,
    /// Words with which nothing is real.
    trial: &'static str,
    /// Whether one such call is everyday work, and only many are more.
    many: bool,
    kind: Kind,
}

const LIBRARIES: &[Library] = &[
    Library {
        modules: "stripe|paypal|braintree|squareup|square.client|adyen|gocardless|dwolla|mollie|razorpay|wise|plaid",
        calls: "Payout.create|Transfer.create|Refund.create|Charge.create|payouts.create|transfers.create|refunds.create|refunds->create|payouts->create|transfers->create|charges->create|charges.create|\
            external_account|ExternalAccount|paymentIntents.confirm|PaymentIntent.confirm|paymentIntents.capture|\
            PaymentIntent.capture|.transfer_create(|transferCreate(|.refund(|create_payout(|createPayout(",
        trial: "sk_test|TEST|test_key|sandbox|Sandbox|stripe-mock|localhost|127.0.0.1",
        many: false,
        kind: Kind::MoneyMove,
    },
    Library {
        modules: "alpaca",
        calls: "submit_order(|close_all_positions(|close_position(|createOrder(|closeAllPositions(",
        // Without a word about it the account is one of paper.
        trial: "paper=True|paper: true|paper-api",
        many: false,
        kind: Kind::MoneyMove,
    },
    Library {
        modules: "ccxt|binance|ib_insync|ibapi|robin_stocks|krakenex|coinbase|oandapy|kucoin|pybit|MetaTrader5|kiteconnect|schwab|tda|\
            bitget|okx",
        calls: "create_order(|create_market|create_limit|createOrder(|createMarket|createLimit|place_order(|placeOrder(|.order_buy|\
            .order_sell|.order_market|.order_limit|withdraw(|market_order(|limit_order(|order_send(|futures_create_order(|AddOrder|\
            orders.order_",
        trial: "set_sandbox_mode|setSandboxMode|sandbox|testnet|practice|demo|7497|4002|create_test_order|paper",
        many: false,
        kind: Kind::MoneyMove,
    },
    Library {
        modules: "web3|ethers|viem|solana|bitcoinlib|xrpl|stellar_sdk",
        calls: "send_raw_transaction(|send_transaction(|sendTransaction(|sendRawTransaction(|sendAndConfirmTransaction(|send_to(|\
            .transfer(",
        trial: "testnet|devnet|sepolia|holesky|goerli|amoy|localhost|127.0.0.1|anvil|hardhat|EthereumTesterProvider|regtest",
        many: false,
        kind: Kind::MoneyMove,
    },
    Library {
        modules: "tweepy|twitter-api-v2|atproto|mastodon|praw|linkedin_api",
        calls: "create_tweet(|update_status(|.v2.tweet(|send_post(|status_post(|.toot(|.submit(|.submit_post(",
        trial: "",
        many: false,
        kind: Kind::PackagePublish,
    },
    Library {
        modules: "twilio|vonage|nexmo|messagebird|plivo|sinch|telnyx|whatsapp|boto3|aws-sdk",
        calls: "messages.create(|calls.create(|send_sms(|sms.send|PhoneNumber|client.sms|sendSms(|send_email(|sendEmail(|\
            SendEmailCommand",
        trial: "",
        many: true,
        kind: Kind::NetMailing,
    },
    Library {
        modules: "smtplib|sendgrid|mailgun|postmark|resend|nodemailer|mailchimp|sib_api|brevo|mailjet|yagmail|PHPMailer|net/smtp|mail|\
            pony|django.core.mail|flask_mail|googleapiclient|googleapis",
        calls: ".sendmail(|send_message(|.send(|sendMail(|emails.send|send_email(|sendEmail(|SendEmailCommand|send_mail(|messages.send|\
            deliver!",
        trial: "mailhog|mailpit|mailcatcher|mailtrap|1025",
        many: true,
        kind: Kind::NetMailing,
    },
    Library {
        modules: "slack_sdk|slack/|discord|telegram|teams",
        calls: "chat_postMessage(|chat.postMessage(|member.send(|user.send(|send_message(",
        trial: "",
        many: true,
        kind: Kind::NetMailing,
    },
    Library {
        modules: "googleapiclient|google.cloud|google-cloud|googleapis|boto3|aws-sdk|Aws::|azure|msgraph|slack_sdk|slack/|github|gitlab|\
            octokit|jira|atlassian|notion|airtable|hubspot|simple_salesforce|jsforce|zendesk|zenpy|intercom|shopify|stripe|\
            firebase_admin|firebase-admin|cloudflare|digitalocean|hcloud|linear_sdk|linear/sdk|asana|trello|dropbox|boxsdk|okta|auth0|mailchimp|\
            klaviyo|contentful|sanity|algolia|twilio|discord|praw|tweepy|imaplib|imap_tools|exchangelib|O365|supabase|pydrive|\
            spotipy|openai|vimeo|woocommerce|kubernetes|proxmoxer|pyVmomi|openstack|meraki|ldap3",
        calls: ".delete(|delete_object|deleteObject|DeleteObject|.destroy(|.archive(|conversations_archive|conversations.archive|\
            .trash(|batchDelete|.purge(|.kick(|.ban(|.terminate(|.expunge(|.revoke(|.suspend(|.deactivate(|.wipe(|_delete(|.del(|\
            .delete_|remove_from_collaborators|deleteMessage|delete_user|deleteUser|\\\\Deleted",
        trial: "emulator|EMULATOR|localstack",
        many: true,
        kind: Kind::ServiceChange,
    },
    // Runs, data sets and models; samples, images and archives; the things of a map, a course, a network. Many of them may stand here.
    Library {
        modules: "wandb|mlflow|neptune|comet_ml|clearml|polyaxon|labelbox|roboflow|label_studio|encord|supervisely|cvat_sdk|huggingface_hub|\
            langsmith|langfuse|pinecone|weaviate|qdrant|pymilvus|kaggle|omero|synapseclient|globus|girder|pyxnat|xnat|flywheel|dxpy|bioblend|\
            sevenbridges|benchling|labguru|elabapi|redcap|pycap|pyorthanc|irods|ckanapi|dspace|pydataverse|arcgis|geoserver|canvasapi|frappe|\
            civicrm|pynetbox|panos|pyzabbix|datadog|grafana|jenkins|buildkite|pyzotero|monday_sdk|pipedrive|cloudinary|posthog|launchdarkly",
        calls: ".delete(|.delete_|.deleteObjects(|delete_objects(|.destroy(|.purge(|.terminate(|deleteItems|batch_delete|bulk_delete",
        trial: "localhost|127.0.0.1|sqlite|file:|mlruns|:memory:|smoke|'test|\"test|tests|sandbox|dry_run|debug|offline",
        many: true,
        kind: Kind::ServiceChange,
    },
    // What is put where everybody who looks for data or models finds it.
    Library {
        modules: "huggingface_hub|datasets|transformers|sentence_transformers|diffusers|peft|kagglehub",
        calls: "private=False|push_to_hub(|dataset_upload(|model_upload(",
        trial: "private=True|private = True|hub_private_repo=True",
        many: false,
        kind: Kind::PackagePublish,
    },
    // The books of a company, by its own interface.
    Library {
        modules: "odoorpc|erppeek|xmlrpc",
        calls: "'unlink'|\"unlink\"|.unlink(",
        trial: "localhost|127.0.0.1|test|_dev|sandbox|staging",
        many: false,
        kind: Kind::ServiceChange,
    },
    Library {
        modules: "netmiko|paramiko|napalm|ncclient|scrapli|pexpect|telnetlib|serial|fabric|nornir|asyncssh|ssh2|net/ssh",
        calls: DEVICES,
        trial: "containerlab|clab-|gns3|eve-ng",
        many: false,
        kind: Kind::ServiceChange,
    },
    Library {
        modules: "pymavlink|mavutil|dronekit|mavsdk|rtde|urx|pymodbus|snap7|opcua|asyncua|bacpypes|BAC0|pylogix|pycomm3|djitellopy",
        calls: "ARM_DISARM|arducopter_arm|arducopter_disarm|.armed =|.armed=|action.arm(|action.kill(|action.disarm(|action.takeoff(|\
            takeoff(|FLIGHTTERMINATION|moveJ(|moveL(|movej(|movel(|write_coil|write_register|db_write(|plc_stop(|set_value(|\
            write_value(|.write(|MISSION_CLEAR|PREFLIGHT_REBOOT|PREFLIGHT_STORAGE",
        trial: "sitl|SITL|simulator|gazebo|localhost|127.0.0.1|URSim",
        many: false,
        kind: Kind::ServiceChange,
    },
];

/// Most addresses of a piece of code that are looked at.
const MAX_SERVICES: usize = 6;

/// Most modules of a piece of code that are looked at.
const MAX_MODULES: usize = 96;

/// How much of what stands behind such a word is looked at, in bytes.
const MAX_STATEMENT: usize = 120;

/// Notes what code does at services.
pub(super) fn note(machine: &mut Machine<'_>, state: &State, code: &str) {
    if production::is_meant(machine, state)
        && let Some(word) = changed(code)
    {
        machine.act(Kind::ServiceChange, word);
    }
    let says = |words: &str| !words.is_empty() && holds(code, words);
    let modules = modules(code);
    let uses =
        |library: &&Library| modules.iter().any(|module| parts(library.modules).any(|name| begins(module, name)));
    for library in LIBRARIES.iter().filter(uses) {
        let is_enough = !library.many || machine.many || is_looping(code);
        if is_enough
            && (says(library.calls) || library.kind == Kind::ServiceChange && library.many && calls_delete(code))
            && !says(library.trial)
            && (library.kind == Kind::MoneyMove || !is_throwaway(code))
        {
            machine.act(library.kind, parts(library.modules).next().unwrap_or_default());
        }
    }
    if code.contains("://") || has(code, HOSTS) {
        asks(machine, code, machine.many || is_looping(code));
    }
}

/// Notes that code within an application deletes what it goes through, or all that a search gives: by the calls of applications whose
/// records are no rows of a statement.
pub(super) fn note_within(machine: &mut Machine<'_>, code: &str) {
    const EACH: &str = "wp_delete_|wp_trash_post|wc_delete_|delete_doc(|node_delete|entity_delete|user_delete|civicrm_api|->forceDelete(|\
        .unlink()|->delete()|.delete()|.destroy|&:destroy|&:delete";
    const ALL: &str = "objects.all()|objects.iterator()|query.all()|get_posts(|get_users(|get_all(|get_list(|->loadMultiple()|get_terms(|\
        wc_get_orders(|wc_get_products(|wc_get_customers(|::all()|.search([])|.search_read(|.find_each|.all.each";
    const CHOSEN: &str = "filter(|where(|exclude(|limit(|'id'|\"id\"";
    let dense: String = code.chars().filter(|char| !char.is_whitespace()).collect();
    let goes_through = is_looping(code) && holds(&dense, ALL) && holds(&dense, EACH);
    // A recordset of Odoo goes as a whole, an entity's storage with all that it is given.
    let as_whole = dense.contains(".unlink()") && dense.contains(".search(")
        || dense.contains("getStorage(") && holds(&dense, "->delete($|->delete(...|->delete(\\Drupal");
    if (goes_through || as_whole) && !holds(&dense, CHOSEN) {
        machine.act(Kind::DatabaseDestroy, "what an application keeps");
    }
}

/// Whether code calls something whose name begins with `delete`: `deleteNetwork(`, `delete_blob(`.
fn calls_delete(code: &str) -> bool {
    code.match_indices(".delete").take(MAX_NAMES).any(|(at, word)| {
        let rest = &code[at + word.len()..];
        let name = rest.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_')).unwrap_or(rest.len());
        rest[name..].starts_with('(') && !rest.starts_with('d')
    })
}

/// The modules that code takes, as they are named behind `import`, `from`, `require` and `use`.
fn modules(code: &str) -> Vec<&str> {
    let keywords = ["import", "from", "require", "use", "new \\"].iter();
    let behind =
        keywords.flat_map(|word| code.match_indices(word).take(MAX_NAMES).map(|(at, word)| &code[at + word.len()..]));
    let named = behind.flat_map(|rest| {
        let rest = spans::start(rest, MAX_STATEMENT);
        let statement = rest.split([';', '\n']).next().unwrap_or_default();
        statement.split(|char: char| !(char.is_ascii_alphanumeric() || "_.@/-:".contains(char)))
    });
    named
        .map(|name| name.trim_start_matches(['@', '/', '.', '-', ':']))
        .filter(|name| name.len() > 2)
        .take(MAX_MODULES)
        .collect()
}

/// Whether a module's name begins so, in large or small letters.
fn begins(module: &str, name: &str) -> bool {
    module.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name))
}

/// Whether code does something for each of many.
fn is_looping(code: &str) -> bool {
    holds(code, "for |for(|while |while(|foreach|forEach|.each|map(|.find_each|Promise.all|loop do")
}

/// Methods of requests: the call of that name, and the other ways in which code names them.
const METHODS: &[(&str, &str, &str)] = &[
    ("DELETE", ".delete(", "'DELETE'|\"DELETE\"|`DELETE`|::Delete|HttpDelete"),
    ("PUT", ".put(", "'PUT'|\"PUT\"|::Put|HttpPut"),
    ("PATCH", ".patch(", "'PATCH'|\"PATCH\"|::Patch|HttpPatch"),
    ("POST", ".post(", "'POST'|\"POST\"|::Post|post_form|HttpPost"),
];

/// What requests are called on.
const ASKERS: &str = "requests|httpx|axios|http|https|session|sess|client|api|got|ky|superagent|conn|s|c|h|r|httparty|faraday|restclient|unirest|opener|agent|\
    instance|aiohttp|self|sf|rest";

/// Whether code makes requests by a method: a call of that name on what makes requests, or with an address; other things have such calls too.
fn is_asked_by(code: &str, call: &str, others: &str) -> bool {
    let of_request = |(at, call): (usize, &str)| {
        let on =
            code[..at].rsplit(|char: char| !(char.is_ascii_alphanumeric() || char == '_')).next().unwrap_or_default();
        let given = code[at + call.len()..].trim_start_matches(['f', '"', '\'', '`', '\n', ' ']);
        is(&on.to_ascii_lowercase(), ASKERS)
            || given.starts_with("http")
            || given.starts_with('/')
            || given.starts_with("${")
    };
    holds(code, others) || code.match_indices(call).take(MAX_NAMES).any(of_request)
}

/// What stands before the name of a host that code connects to.
const HOSTS: &[&str] = &["HTTPSConnection(", "HTTP.start(", "HTTP.new(", "hostname:", "host:"];

/// Whether code asks without end and without a pause, many times at once.
fn is_flooding(code: &str) -> bool {
    let dense: String = code.chars().filter(|char| !char.is_whitespace()).collect();
    holds(&dense, "whileTrue:|while1:|while(true)|while(1)|for(;;)|loopdo|loop{")
        && holds(&dense, "Thread|gather(|multiprocessing|Pool(|Promise.all|Worker(|cluster.fork|goroutine")
        && !holds(&dense, "sleep|setTimeout|delay(")
}

/// Notes what the requests of code do at services: at each address that it names, by each method.
fn asks(machine: &mut Machine<'_>, code: &str, loops: bool) {
    let starts = ["https://", "http://"].iter().flat_map(|start| code.match_indices(start)).take(MAX_NAMES);
    let bare = HOSTS.iter().flat_map(|name| code.match_indices(name).map(|(at, name)| at + name.len())).take(MAX_NAMES);
    let bare = bare.filter_map(|at| super::literal(code[at..].trim_start())).map(|host| format!("https://{host}/"));
    let addresses: Vec<String> = starts.map(|(at, _)| address(&code[at..])).chain(bare).collect();
    let mut services: Vec<&str> =
        addresses.iter().map(String::as_str).filter(|url| services::is_service(&hosts::host(url))).collect();
    services.dedup();
    services.truncate(MAX_SERVICES);
    let Some(first) = services.first() else { return };
    if loops && is_flooding(code) {
        machine.act(Kind::NetAttack, *first);
    }
    for (method, ..) in METHODS.iter().filter(|(_, call, others)| is_asked_by(code, call, others)) {
        for url in &services {
            // What is asked in a loop is asked of another record each time.
            let url = if loops { format!("{url}/\u{2026}") } else { (*url).to_owned() };
            let request = Request { method, url: &url, body: code, socket: None, by: code, origin: Origin::UNKNOWN };
            if let Some(kind) = services::deed(&request, loops) {
                machine.act(kind, url.as_str());
            }
        }
    }
}

/// The address that a text begins with; what is put into it is unknown.
fn address(text: &str) -> String {
    let end = text.find(|char: char| char.is_whitespace() || "\"'`<>)\\,;".contains(char)).unwrap_or(text.len());
    text[..end].replace(['{', '}', '$', '#'], "\u{2026}")
}

/// Names of calls by which an application's data is changed, or its people are written to.
const CHANGES: &str = "update|update!|update_all|update_columns|update_column|update_attribute|update_attributes|updateMany|updateOne|update_one|\
    update_many|updateAll|bulk_update|save|save!|saveQuietly|delete|delete!|delete_all|deleteMany|deleteOne|deleteAll|destroy|\
    destroy!|destroy_all|forceDelete|create|create!|create_superuser|create_user|send|createMany|bulk_create|insert|insert_all|insertMany|upsert|upsert_all|\
    increment!|decrement!|toggle!|touch|touch_all|set_password|setPassword|reset_password|reset_password!|make_password|\
    disable_two_factor!|deliver_now|deliver_later|deliver|send_mail|send_mass_mail|sendMail|EmailMessage|truncate|sync|revoke|\
    revoke!|add_role|assignRole|makeSuperuser|update_or_create|updateOrCreate|disable|suspend!|ban!|confirm!|approve!|refund!|\
    cancel!|charge!|capture!|notify_all";

/// The first call of code that changes an application's data.
fn changed(code: &str) -> Option<&str> {
    code.split(['\n', ';']).find_map(changed_by)
}

/// The first call of a statement that does. What stands behind a cache is done to that.
fn changed_by(statement: &str) -> Option<&str> {
    let words = statement.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_' || char == '!'));
    let mut words = words.take_while(|word| !word.contains("cache"));
    words.find(|word| {
        // What is called on something, or handed to what goes through all.
        let before = &statement[..word.as_ptr() as usize - statement.as_ptr() as usize];
        let is_called = before.ends_with(['.', '>', ':']) || matches!(*word, "send_mail" | "send_mass_mail");
        word.len() > 2 && is_called && is(word, CHANGES)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_data_is_called_on_something() {
        for (code, expected) in [
            ("User.where(a: 1).update_all(b: 2)", Some("update_all")),
            ("User.find_each(&:touch)", Some("touch")),
            ("u.set_password('x'); u.save()", Some("set_password")),
            ("User::where('a', 1)->update(['b' => 2])", Some("update")),
            ("Enum.each(us, &Shop.Accounts.reset_password/1)", Some("reset_password")),
            ("puts User.where(state: 'delete').count", None),
            ("Rails.cache.delete('a')", None),
            ("print(Order.objects.count())", None),
        ] {
            assert_eq!(changed(code), expected, "{code}");
        }
    }

    #[test]
    fn an_address_ends_where_its_literal_does() {
        assert_eq!(address("https://a.example/x/${id}', {"), "https://a.example/x/\u{2026}\u{2026}id\u{2026}");
        assert_eq!(address("http://b.example\")"), "http://b.example");
    }
}
