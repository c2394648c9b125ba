//! What a server's tool does at the service behind it, by the words of its name and of what it is told to do.
//!
//! Nobody knows all servers, but their tools are named alike: a verb, and what it is done to. The first verb that is known tells
//! whether something is only looked at; what is looked at is never a deed.

use std::ops::Deref;

use super::arguments::{Arguments, words};
use super::call::{Call, FORGES, PRODUCTION, TRIED, speaks};
use super::given::quoted;
use super::{
    access, announced, bought, clicks, customers, deployments, equipment, figures, guards, live, powers, records,
    replaced, reruns, scripted, scripts, telephone, typed, walls,
};
use crate::policy::effects::Kind;
use crate::policy::hosts;
use crate::policy::lists::{holds, is};

/// More verbs that only look, and those that bring back.
const LOOKS: &str = "count|plan|inspect|browse|suggest|summarize|analyze|compare|diff|watch|estimate|simulate|is|has|download|\
    retrieve|undo|restore|recover|undelete|prevent|help|documentation|dry|verify|monitor|stat|status|ls";

/// Verbs that leave nothing.
const DESTROYS: &str = "delete|del|destroy|drop|purge|terminate|wipe|erase|truncate|flush|flushall|flushdb|nuke|obliterate|\
    uninstall|decommission|deprovision|expunge|unpublish|teardown|annihilate|deletion|destruction";

/// Verbs that take away, for good only where much is meant.
const TAKES: &str = "remove|rm|clear|reset|empty|prune|archive|stop|shutdown|poweroff|detach|deallocate";

/// Verbs that make, change or hand over.
pub(super) const CHANGES: &str = "create|add|update|set|insert|put|change|modify|edit|grant|assign|attach|enable|promote|invite|share|\
    make|apply|patch|configure|upsert|replace|transfer|approve|allow|open|expose|forward|delegate|\
    impersonate|register|issue|generate|new|toggle|publicize|elevate|authorize";

/// Verbs that switch off.
pub(super) const SWITCHES_OFF: &str =
    "disable|deactivate|suspend|bypass|mute|silence|pause|revoke|rotate|unprotect|dismiss|off";

/// What vanishes all day and is missed by nobody: marks and notes, views of a page, what an agent keeps for itself.
pub(super) const SLIGHT: &str = "label|labels|reaction|reactions|cell|cells|breakpoint|breakpoints|tab|tabs|window|session|sessions|\
    memory|memories|entity|entities|observation|observations|relation|relations|bookmark|bookmarks|cache|\
    caches|draft|drafts|temp|tmp|line|lines|text|element|shape|shapes|layer|selection|cursor|timer|reminder|\
    notification|notifications|pin|star|favorite|todo|todos|preview|process|terminal|shell|console|\
    index|view|cookie|cookies|storage|worktree|node|subtask|whitespace|interactive|highlight|mark|vote|\
    watcher|like|emoji|marker|annotation|override|mock|stub|edge";

/// What is made to be thrown away.
pub(super) const THROWAWAY: &str = "pending|draft|drafts|sandbox|sandboxes|sim|sims|simulator|simulators|emulator|tmp|temp|temporary|preview|\
    local|scratch|ephemeral|test|tests|dev|fixture|fixtures|demo";

/// Servers in front of a program on this desk, which takes back what is done in it.
const DESKS: &str = "serena|blender|unity|godot|unreal|figma|xcodebuild|xcode|mobile|android|ios|taskmaster|jupyter|ide|vscode|\
    jetbrains|playwright|puppeteer|browser|chrome|memory|spotify|notebook|excel|word|powerpoint|pptx|task|emacs|neovim|nvim";

/// What many rely on: to take it away is as much as to delete it.
const WEIGHTY: &str = "repository|repo|database|table|collection|namespace|cluster|bucket|stack|volume|volumes|project|\
    workspace|organization|organisation|team|account|accounts|server|device|domain|site|backup|backups|\
    snapshot|snapshots|channel|calendar|drive|certificate|instance|instances|vm|droplet|trash|queue|topic|\
    schema|system|all|everything|factory|environment|history|branch";

/// Data within a database: to delete some of it by a condition is everyday work.
const DATA: &str = "row|rows|record|records|document|documents|doc|docs|item|items|key|keys|point|points|vector|vectors|\
    many|one|object|objects|data|query|hash|field|member|set|list|value|nodes|edges|embedding|embeddings";

/// The names of conditions, and of what is meant by its own name.
const CONDITIONS: &str = "filter|filters|where|query|selector|condition|conditions|criteria|ids|id|key|keys|documentid|docid|pk|\
    points|recordids|recordid|rowid|q|whereclause|match";

const DATABASES: &str = "postgres|postgresql|mysql|mariadb|mongodb|mongo|redis|sqlite|elasticsearch|elastic|opensearch|qdrant|\
    pinecone|weaviate|chroma|milvus|dynamodb|cassandra|neo4j|clickhouse|duckdb|bigquery|snowflake|supabase|\
    firestore|firebase|couchbase|neon|database|db|sql|valkey|planetscale|cockroachdb|influxdb|d1|turso|\
    mssql|oracle|redshift|memcached|etcd";

const CLUSTERS: &str = "kubernetes|k8s|kubectl|helm|openshift|argocd|rancher|nomad|istio";

pub(super) const CLOUDS: &str = "aws|gcp|gcloud|azure|cloudflare|digitalocean|vercel|netlify|heroku|railway|fly|flyio|render|terraform|\
    pulumi|hetzner|linode|vultr|oci|alibaba|cloud|ec2|s3|lambda|gcs|cloudrun|scaleway|upstash|supabase|neon|\
    openstack|proxmox|vsphere|route53|rds|eks";

const CLOUD_THINGS: &str = "bucket|buckets|instance|instances|stack|stacks|vpc|droplet|vm|vms|zone|distribution|loadbalancer|\
    balancer|lambda|cluster|subnet|infrastructure";

const CLUSTER_THINGS: &str = "kubectl|namespace|namespaces|deployment|deployments|helm|statefulset|pod|pods|pvc|chart";

/// Money, and what is as good.
const MONEY: &str = "payment|payments|refund|refunds|payout|payouts|charge|charges|funds|money|crypto|eth|btc|sol|usdc|usdt|\
    coins|nft|sats|lightning|wire|withdrawal|wallet|transaction|transactions|swap|trade|stock|stocks|\
    position|positions|credit|giftcard|donation";

/// Where everybody reads what somebody says in a company's name.
const IN_PUBLIC: &str = "twitter|x|linkedin|facebook|instagram|mastodon|bluesky|threads|reddit|tiktok|youtube|pinterest|medium|devto|hashnode|\
    substack|tumblr|hackernews|producthunt|buffer|hootsuite|typefully|ayrshare|nostr|warpcast|farcaster|quora|weibo|xing|vk";

/// What a tool does, and to what; nothing where it does nothing that a person wants to hear of first.
pub(super) fn deed(call: &Call<'_>) -> Option<Kind> {
    if is_rehearsed(call.given) || is_of_trial_account(call) {
        return None;
    }
    let deed = Deed::of(call);
    deed.beyond_its_name()
        .or_else(|| match deed.verb {
            Verb::Destroys => deed.destroyed(),
            Verb::Takes => deed.taken(),
            Verb::Other => None,
        })
        .or_else(|| deed.of_money())
        .or_else(|| (!deed.looks && access::is_widened(&deed, call)).then_some(Kind::McpAccess))
        .or_else(|| deed.published())
}

/// Whether it is only tried.
fn is_rehearsed(given: &Arguments<'_>) -> bool {
    given.is_on("dryrun|preview|previewonly|validateonly|checkonly|planonly|simulate|testonly|whatif|noop")
        || given.value("dryrun").is_some_and(|value| matches!(value, "client" | "server" | "All"))
}

/// Whether it is done where nothing is real: a server that is named for it, an account on paper, a program that stands in for a service.
fn is_of_trial_account(call: &Call<'_>) -> bool {
    call.served("test|tests|testing|sandbox|paper|emulator|simulator|sitl|localstack") && !call.at(PRODUCTION)
        || call.given.is_on("paper|papertrading|testmode|useemulator|emulator|sandbox")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Destroys,
    Takes,
    Other,
}

/// A call, of which the words of the tool's name are followed by those of what it is told to do, and to do it to.
struct Deed<'d> {
    call: Call<'d>,
    /// The call by its names alone.
    named: &'d Call<'d>,
    verb: Verb,
    /// Whether a tool's name says that it only looks.
    looks: bool,
}

impl<'d> Deref for Deed<'d> {
    type Target = Call<'d>;

    fn deref(&self) -> &Call<'d> {
        &self.call
    }
}

impl<'d> Deed<'d> {
    fn of(named: &'d Call<'d>) -> Self {
        const ACTIONS: &str = "action|operation|op|verb|method|subcommand|command|httpmethod|service";
        const THINGS: &str = "resourcetype|kind|type|objecttype|entity|entitytype|resource|resourcekind|object";
        let (given, mut call) = (named.given, named.clone());
        call.name.extend(of_request(&named.name, given));
        // The first verb of a name only looks, and no other is joined to it.
        let acts = [DESTROYS, TAKES, CHANGES, SWITCHES_OFF, "publish|send|execute|exec|run|upgrade|buy|purchase|renew"];
        let looks = call.looks(LOOKS, &acts) == Some(true) && !call.has("and");
        let simple = |value: &&str| value.len() <= 48 && !value.contains([' ', '/', '\n']);
        // What a wall drops is what knocks at it.
        let of_wall = walls::are_ruled(&call);
        let told = given.values(ACTIONS).filter(simple).filter(|value| !of_wall || !value.eq_ignore_ascii_case("drop"));
        let told: Vec<String> = told.take(4).flat_map(words).collect();
        let of_action = told.iter().any(|word| is(word, DESTROYS) || is(word, TAKES));
        call.name.extend(told);
        let verb = call.name.iter().find_map(|word| match word.as_str() {
            word if is(word, DESTROYS) => Some(Verb::Destroys),
            word if is(word, TAKES) => Some(Verb::Takes),
            _ => None,
        });
        call.name.extend(given.values(THINGS).filter(simple).take(4).flat_map(words));
        let verb = verb.filter(|_| !looks || of_action).unwrap_or(Verb::Other);
        Self { call, named, verb, looks }
    }

    /// What is told by more than the verb of its name, whatever the tool is called.
    fn beyond_its_name(&self) -> Option<Kind> {
        if self.shows_secrets() {
            return Some(Kind::SecretRead);
        }
        // What a tool for searches does is what it is asked.
        if scripts::erase_records(self.named) {
            return Some(Kind::McpDestroy);
        }
        if self.looks {
            return None;
        }
        self.of_the_world()
            .or_else(|| self.is_all_data_changed().then_some(Kind::DatabaseDestroy))
            .or_else(|| self.of_infrastructure())
            .or_else(|| self.before_people())
            .or_else(|| self.is_guard_set().then_some(Kind::SafetyDisable))
    }

    /// Whether it gives back what is kept secret, or opens it.
    fn shows_secrets(&self) -> bool {
        const STORES: &str =
            "1password|onepassword|op|bitwarden|lastpass|keepass|keepassxc|keychain|dashlane|passbolt|vault";
        const SECRETS: &str = "secret|secrets|credential|credentials|password|passwords";
        const REVEALS: &str = "decrypt|reveal|withdecryption|showsecrets|showvalues|includevalues";
        const HASHES: &str = "passwordhash|hashedpassword|encryptedpassword|passworddigest|pwdhash|apikey|apitoken|apisecret|resettoken|\
            resetpasswordtoken|refreshtoken|accesstoken|totpsecret|mfasecret|recoverycodes";
        const WHICH: &str = "filter|query|selector|condition";
        let of_names = self.has("list|scanning|alert|alerts|policy|names|metadata|exists|search|describe");
        let reads = |verbs: &str| !of_names && self.has(verbs);
        let output = || self.given.value("output|format").unwrap_or_default();
        let is_table = || self.has("kubectl") && !output().contains(['y', 'j']) && !self.has("value");
        let all_rows = || !self.given.is_given(WHICH) || self.given.is_empty(WHICH);
        self.has(SECRETS)
            && (reads("get|read|fetch|reveal|retrieve|access|view|show|export") && !is_table()
                || self.has("reveal|decrypt|unseal"))
            || self.at(STORES) && reads("get|read|fetch|retrieve|reveal|show|resolve|inject")
            || self.looks && self.given.is_on(REVEALS)
            || self.looks && self.at(DATABASES) && self.given.is_on(HASHES) && all_rows()
    }

    /// Whether all that a database has is changed or deleted at once.
    fn is_all_data_changed(&self) -> bool {
        let changes_all = self.has("update|replace|set|patch|modify") && self.has("many|all");
        let of_graph = || {
            let told = self.given.raw.to_ascii_uppercase();
            told.contains("DELETE ") && !holds(told.get(1..).unwrap_or_default(), "WHERE|{")
        };
        changes_all && self.given.is_empty(CONDITIONS) || self.at("neo4j|memgraph|cypher|graph") && of_graph()
    }

    /// What becomes of clouds, containers, repositories and clusters by what is asked of them.
    fn of_infrastructure(&self) -> Option<Kind> {
        const OPENS: &str = "\"/\":|\"/:/|docker.sock";
        const BINDS_ALL: &str = "cluster-admin|system:anonymous|system:unauthenticated|system:masters";
        let given = self.given;
        let none_left = || given.value("replicas|count|size|desiredcount|desiredcapacity") == Some("0");
        match () {
            () if self.at(CLOUDS) && given.is_on("isdestroy|destroy|forcedestroy|allowdestroy")
                || runs_destruction(self) =>
            {
                Some(Kind::CloudDestroy)
            }
            () if self.at("docker|podman|container|containers|pod")
                && (given.is_on("privileged|hostpid|hostipc") || holds(given.raw, OPENS)) =>
            {
                Some(Kind::ContainerEscape)
            }
            () if self.at(FORGES) && self.has("ref|branch|push|commit") && given.is_on("force|forcepush") => {
                Some(Kind::GitForcePush)
            }
            () if (self.has("scale|resize|replicas") && none_left() || self.has("drain") && self.at(CLUSTERS))
                && !live::is_of_local_cluster(self) =>
            {
                Some(Kind::ClusterDestroy)
            }
            () => {
                let binds = holds(given.raw, "Binding|binding") && holds(given.raw, BINDS_ALL);
                binds.then_some(Kind::CloudAccess)
            }
        }
    }

    /// What somebody hears of, gets or pays for.
    fn before_people(&self) -> Option<Kind> {
        let tells = announced::is_mailing(self) || telephone::reaches_somebody(self);
        let pays = || typed::pays(self) || bought::are_ordered(self.named);
        tells
            .then_some(Kind::NetMailing)
            .or_else(|| deployments::reach_everybody(self).then_some(Kind::CloudDeploy))
            .or_else(|| powers::are_all_given(self, self.at(CLUSTERS)).then_some(Kind::McpAccess))
            .or_else(|| pays().then_some(Kind::McpPay))
            .or_else(|| clicks::confirmed(self))
            .or_else(|| scripted::done(self))
    }

    /// Whether a server's own settings are changed by which it guards.
    fn is_guard_set(&self) -> bool {
        const GUARDS: &str = "block|allowed|denied|deny|restrict|safe|readonly|read_only|sandbox|confirm|approval|guard|protect|\
            permission|audit|whitelist|blacklist";
        let setting = || self.given.value("key|name|setting|option").unwrap_or_default().to_ascii_lowercase();
        self.has("config|configuration|setting|settings|option|preferences")
            && !self.at(FORGES)
            && holds(&setting(), GUARDS)
    }

    /// What is done to machines, to figures that cost money, to what guards, and before everybody.
    fn of_the_world(&self) -> Option<Kind> {
        equipment::moved(self)
            .or_else(|| announced::to_many(self))
            .or_else(|| records::decided(self))
            .or_else(|| figures::are_changed(self).then_some(Kind::McpPay))
            .or_else(|| reruns::pay(self.named).then_some(Kind::McpPay))
            .or_else(|| guards::are_lowered(self).then_some(Kind::McpAccess))
            .or_else(|| live::is_changed_for_all(self.named).then_some(Kind::ServiceChange))
            .or_else(|| scripts::delete_all(self).then_some(Kind::McpDestroy))
            .or_else(|| scripts::change_each(self.named))
            .or_else(|| {
                (replaced::are_gone(self) || replaced::is_page_gone(self) || replaced::is_withdrawn(self.named))
                    .then_some(Kind::McpDestroy)
            })
    }

    /// Whether nothing, or little, is left of what an agent was told to remember: all of it goes, or many things that are not said to be old.
    fn forgets(&self) -> bool {
        const KEEPS: &str =
            "memory|memories|mem0|openmemory|supermemory|zep|letta|graphiti|cognee|knowledge|graph|memento|basicmemory";
        const KEPT: &str =
            "entitynames|entities|names|ids|memoryids|memories|keys|nodes|uuids|documents|documentids|observations";
        const OLD: &str = "old|stale|obsolete|deprecated|duplicate|dup|unused|tmp|temp|test|tests|demo|draft|scratch|copy|wrong|outdated|sandbox";
        const MANY: usize = 5;
        let things = self.given.values(KEPT).filter(|thing| *thing != "{}" && !speaks(thing, OLD));
        let all = self.named.has("all|everything|wipe|purge|nuke|erase|reset|graph|store")
            && !self.named.has("session|cache");
        self.at(KEEPS)
            && self.named.at("memory|memories|mem0|openmemory|supermemory|entities")
            && (all || things.take(MANY).count() == MANY)
    }

    /// What is deleted.
    fn destroyed(&self) -> Option<Kind> {
        let has = |list: &str| self.has(list);
        let on_desk = self.served(DESKS);
        if on_desk && self.given.paths.iter().any(|path| is_all_of_a_desk(path)) || self.forgets() {
            return Some(Kind::McpDestroy);
        }
        // What is called off is not deleted.
        if has("cancel|abort") && has("deletion|destruction|delete") {
            return None;
        }
        // What kept an alarm quiet does so no more.
        if has("silence|silences|downtime|downtimes|snooze|mute") || has("maintenance") && has("window|windows") {
            return None;
        }
        if on_desk || has(THROWAWAY) || self.given.is_given("pid|sessionid|processid|shellid|terminalid") {
            return None;
        }
        // Of several things the last is meant: a repository's label.
        let things = self.name.iter().rev().filter(|word| !is(word, DESTROYS) && !is(word, TAKES));
        let slight = things.take(1).any(|last| is(last, SLIGHT));
        if slight && !self.at(CLUSTERS) && !self.at(CLOUDS) && !self.at(DATABASES) {
            return None;
        }
        if has("protection|ruleset|rulesets|protections") {
            return Some(Kind::McpAccess);
        }
        if has("file|files") && has("container|containers") {
            return None;
        }
        if has("branch|branches|tag|ref") && (self.at(FORGES) || self.at("git")) {
            return Some(Kind::GitDeleteRemote);
        }
        if live::is_of_local_cluster(self) {
            return None;
        }
        if has("repository|repo|organization|organisation|release") && !self.at(CLUSTERS) {
            return Some(Kind::ForgeDestroy);
        }
        if self.at(DATABASES) || has("table|database|schema|collection|many") {
            return self.of_database();
        }
        if self.at(CLUSTERS) || has(CLUSTER_THINGS) && !self.at(CLOUDS) {
            // What runs in a namespace for trying is made anew; the namespace itself is not.
            let tried =
                !has("namespace") && (self.names("namespace|ns", TRIED) || self.names("namespace|ns", "review"));
            return (!tried).then_some(Kind::ClusterDestroy);
        }
        if has(CLOUD_THINGS) || self.at(CLOUDS) && !slight {
            return Some(Kind::CloudDestroy);
        }
        if self.at("docker|podman") {
            return has("volume|volumes|prune|system").then_some(Kind::ContainerDestroy);
        }
        let method = self.given.value("method|httpmethod").is_some_and(|value| value.eq_ignore_ascii_case("delete"));
        if method && self.given.urls.iter().any(|url| hosts::is_local(&hosts::host(url))) {
            return None;
        }
        // What is a file here is judged by its path, and what is one of a repository is in its history.
        let of_files = has("file|files|directory|folder|path");
        if of_files && (!self.given.paths.is_empty() || self.at(FORGES)) || self.at("git|filesystem") {
            return None;
        }
        (!has(SLIGHT)).then_some(Kind::McpDestroy)
    }

    fn of_database(&self) -> Option<Kind> {
        if live::is_of_test_base(self) {
            return None;
        }
        let whole = self.has(
            "table|tables|database|databases|schema|collection|collections|keyspace|bucket|flushall|flushdb|flush|\
            all|branch|project|namespace|truncate|wipe|purge|class|dataset",
        );
        // What begins alike goes all at once, unless it is missed by nobody.
        let by_range = self.has("range|prefix|pattern|glob")
            || self.given.is_given("rangeend|prefix|pattern|keyprefix|keypattern");
        if by_range && !self.names("key|keys|pattern|prefix|keyprefix|keypattern|index", SLIGHT) {
            return Some(Kind::DatabaseDestroy);
        }
        let matches_all = holds(self.given.raw, "match_all|\"where\":\"1=1\"|1 = 1");
        let is_data = self.has(DATA) || self.name.len() == 1 || self.given.is_given(CONDITIONS);
        if self.has("index|view|trigger|function|procedure|constraint") && !self.has("database") {
            return (self.at("elasticsearch|elastic|opensearch|pinecone") && self.has("index"))
                .then_some(Kind::DatabaseDestroy);
        }
        if is_data && (!whole || self.has("many|one|row|rows|record|records|document|documents")) {
            let one = self.has("one|row|document|record|key|item") && !self.has("many");
            let limited = self.given.is_given(CONDITIONS) && !self.given.is_empty(CONDITIONS);
            if matches_all || !one && !limited {
                return Some(Kind::DatabaseDestroy);
            }
            // What everybody relies on is deleted by somebody who says so, be it little.
            let slight = self.names("key|keys|collection|table|path|paths", SLIGHT);
            let tried = self.given.is_on("useemulator|emulator");
            let keeps = self.given.values("key|keys").any(is_relied_on);
            return (!tried && (keeps || !slight && live::is_meant(self.named))).then_some(Kind::McpDestroy);
        }
        (whole || !self.has(SLIGHT)).then_some(Kind::DatabaseDestroy)
    }

    /// What is taken away, where much is meant.
    fn taken(&self) -> Option<Kind> {
        let has = |list: &str| self.has(list);
        if has("collaborator|user|users|member|members|permission|permissions|role|password") {
            return Some(Kind::McpAccess);
        }
        if has("reset") && has("pg|db|database|postgres|mysql|redis") && !has(THROWAWAY) {
            return Some(Kind::DatabaseDestroy);
        }
        if has("prune") {
            let all = has("volume|volumes|system|all") || self.given.is_on("all|volumes");
            return (all || self.at("docker|podman")).then_some(Kind::ContainerDestroy);
        }
        let stops = has("stop|shutdown|poweroff|deallocate|detach");
        let running = "instance|instances|vm|cluster|database|droplet|machine|node";
        if stops {
            return (has(running) && !has("local|dev")).then_some(Kind::McpDestroy);
        }
        if has("archive") {
            let whole = "repository|repo|project|channel|conversation|conversations|workspace|team|organization";
            let by_many = has("bulk|mass|all") && !has("notification|notifications|log|logs|test|tests");
            let is_much = has(whole) || by_many || customers::are_many(self);
            return is_much.then_some(Kind::McpDestroy);
        }
        if !has(WEIGHTY) || self.at("docker|podman") && !has("volume|volumes") {
            return None;
        }
        let stores = "database|table|tables|collection|bucket|queue|topic|trash|all|everything|schema|branch|factory|environment|\
            project|cluster|server|account|device|volume|index";
        if has("clear|reset|empty") && !has(stores) {
            return None;
        }
        // A branch is reset in a database's service; that of git is judged as git's own command.
        if has("branch") && !self.at(DATABASES) || has("history|system|all") && has(SLIGHT) {
            return None;
        }
        self.destroyed()
    }

    /// Money is moved.
    fn of_money(&self) -> Option<Kind> {
        if self.looks {
            return None;
        }
        let has = |list: &str| self.has(list);
        let pays = has("refund|payout|withdraw|pay") && !has("webhook|config|template")
            || has("create|confirm|capture|send|make|execute|transfer|initiate|submit|sign")
                && (has(MONEY) && !has("link|method|reports|database|session|webhook|page|intent")
                    || has("transfer") && self.given.is_given("amount|value|amountusd"))
            || has("confirm|capture") && has("intent|payment")
            || has("finalize|send|pay|void") && has("invoice")
            || has("cancel")
                && has(
                    "subscription|order|booking|reservation|flight|plan|event|meeting|appointment|webinar|shipment|surgery|visit|delivery",
                )
            || has("place|submit|buy|sell|execute") && has("order|trade|stock|position|swap")
            || has("close") && has("position|positions")
            || self.is_trade()
            || has("swap|mint|broadcast|purchase|checkout") && self.given.is_given("amount|to|quantity|price")
            || has("accept|close|submit|update") && has("dispute")
            || has("book|purchase|buy|checkout")
                && has("flight|hotel|ticket|tickets|cart|domain|item|product|car|room|license|licence|credits");
        pays.then_some(Kind::McpPay)
    }

    /// Whether somebody trades at an exchange or by a broker, and not on paper.
    fn is_trade(&self) -> bool {
        const EXCHANGES: &str = "coinbase|binance|kraken|bitstamp|bybit|okx|kucoin|bitfinex|bitvavo|bitpanda|bitget|gateio|deribit|hyperliquid|dydx|\
            ccxt|alpaca|ibkr|interactivebrokers|robinhood|etrade|schwab|tradier|degiro|saxo|oanda|trading212|zerodha|kite|upstox|questrade|\
            tastytrade|tastyworks|metatrader|mt4|mt5|ctrader|polymarket|kalshi|betfair|lmax|exchange|broker|brokerage|trading|webull|fidelity";
        const ON_PAPER: &str = "paper|papertrading|practice|simulator|simulated|sim|backtest|testnet|sandbox|demo|mock";
        const WHERE: &str = "environment|env|mode|account|accountid|accounttype|network|baseurl|broker";
        self.served(EXCHANGES)
            && self.has("create|new|place|submit|post|open|add|make|execute|market|limit|replace|modify|amend|send")
            && self.has("order|orders|trade|trades|bet|bets|position")
            && !self.has("preview|validate|simulate|alert|estimate|history|issue")
            && !self.at(ON_PAPER)
            && !self.names(WHERE, ON_PAPER)
            && !self.given.is_on("paper|sandbox|testnet|papertrading")
    }

    /// Everybody gets to see it.
    fn published(&self) -> Option<Kind> {
        let is_draft = |title: &str| title.to_ascii_lowercase().contains("draft");
        let is_kept = |state: &str| is(&state.to_ascii_lowercase(), "draft|paused");
        if self.looks
            || self.given.is_on("draft|isdraft")
            || self.given.values("mode|status|state").any(is_kept)
            || self.given.values("title|subject|subjectline|name").any(is_draft)
        {
            return None;
        }
        let has = |list: &str| self.has(list);
        let publishes = has("publish")
            && !has(
                "message|messages|event|events|topic|diagnostics|mqtt|queue|local|note|notes|review|comment|comments",
            )
            && !self.at("mqtt|kafka|redis|nats|rabbitmq|pubsub|sns|ros")
            || has("tweet|retweet")
            || has("post|create|send") && has("tweet|toot|newsletter|campaign|broadcast")
            || has("create") && has("release") && self.at(FORGES)
            || has("post|submit|share|reply|upload|thread") && self.at(IN_PUBLIC) && !has("schedule|comment|comments")
            || has("submit|release") && has("app") && has("store|review|production")
            || has("create|update|set|change|edit|patch|save|add")
                && has(
                    "post|page|article|video|site|theme|listing|episode|blog|story|document|course|app|playlist|content|entry|news",
                )
                && self
                    .given
                    .values("status|state|privacystatus|visibility|poststatus|publishstatus|published")
                    .any(|value| is(&value.to_ascii_lowercase(), "publish|published|public|live|true"))
                && !self.at("notion|confluence|jira|linear|local");
        publishes.then_some(Kind::PackagePublish)
    }
}

/// Whether a program for infrastructure is told to take all of a workspace away, by the sort of its run.
fn runs_destruction(call: &Call<'_>) -> bool {
    const BY: &str = "terraform|tofu|opentofu|terragrunt|tfe|hcp|spacelift|env0|scalr|atlantis|pulumi|cdk|crossplane|cloudformation|bicep";
    const SORTS: &str = "runtype|plantype|plan|runmode|operation|operationtype|mode|type|command|action|kind|runoperation|planmode|actiontype|run";
    call.at(BY)
        && !call.given.is_on("planonly|speculative|isspeculative")
        && call
            .given
            .values(SORTS)
            .any(|sort| is(&sort.to_ascii_lowercase(), "destroy|teardown|destroy-all|plan_destroy"))
}

/// Whether a key stands for all of something that is nowhere else: `leaderboard:global:alltime`, and not `cache:user:7`.
fn is_relied_on(key: &str) -> bool {
    const WHOLE: &str = "global|alltime|lifetime|total|totals|master|ledger|balances|inventory|signing|leaderboard|highscores|rankings|encryption|jwks|secrets|\
        counters|stock|entitlements|wallets|allusers|customers|orders|config|licenses|idempotency|sequence|autoincrement|keys";
    const SLIGHT: &str =
        "cache|cached|tmp|temp|test|tests|dev|staging|lock|locks|ratelimit|rate|local|demo|preview|throttle|draft";
    speaks(key, WHOLE) && !speaks(key, SLIGHT)
}

/// What a tool for any request at a service does to what, by its method and its path: `PATCH /users/7/roles`.
fn of_request(name: &[String], given: &Arguments<'_>) -> Vec<String> {
    const REQUESTS: &str = "graph|api|rest|http|request|odata|endpoint|call|invoke|proxy|fetch";
    if !name.iter().any(|word| is(word, REQUESTS)) {
        return Vec::new();
    }
    let method = given.values("method|httpmethod|verb").map(str::to_ascii_lowercase).find(|method| method.len() <= 8);
    let method = method.or_else(|| name.iter().find(|word| is(word, "get|post|put|patch|delete")).cloned());
    let verb = match method.as_deref() {
        Some("post") => "create",
        Some("put" | "patch") => "update",
        Some("delete") => "delete",
        Some("get" | "head") => return vec!["get".to_owned()],
        _ => return Vec::new(),
    };
    let paths = given.values("path|endpoint|uri|route|resourcepath|requestpath|url|resource");
    let is_path = |path: &&str| path.starts_with('/') && path.len() <= 512;
    let is_word = |word: &String| word.len() <= 32 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let words = paths.filter(is_path).take(1).flat_map(words).filter(is_word);
    std::iter::once(verb.to_owned()).chain(words).collect()
}

/// Whether a folder is all that a project on a desk is made of.
fn is_all_of_a_desk(path: &str) -> bool {
    const WHOLE: &str = "Assets|Packages|ProjectSettings|Content|Game|Source|src|res:|.|*|**";
    let path = path.trim_end_matches(['/', '*']).trim_start_matches("./").trim_start_matches('/');
    path.is_empty() || is(path, WHOLE)
}

/// The options and operands that a tool named after one of git's commands stands for: `git_reset` with `mode: hard`.
pub(super) fn as_git(call: &Call<'_>) -> Option<String> {
    const COMMANDS: &str =
        "push|reset|clean|checkout|branch|stash|rebase|commit|tag|restore|worktree|reflog|gc|switch|prune|config";
    const SWITCHES: &[(&str, &str)] = &[
        ("force", "--force"),
        ("forcewithlease", "--force-with-lease"),
        ("hard", "--hard"),
        ("directories", "-d"),
        ("includedirectories", "-d"),
        ("ignored", "-x"),
        ("includeignored", "-x"),
        ("x", "-x"),
        ("dryrun", "--dry-run"),
        ("delete", "--delete"),
        ("deletebranch", "--delete"),
        ("all", "--all"),
        ("mirror", "--mirror"),
        ("noverify", "--no-verify"),
        ("skiphooks", "--no-verify"),
        ("bypasshooks", "--no-verify"),
        ("discardchanges", "--discard-changes"),
        ("staged", "--staged"),
        ("worktree", "--worktree"),
        ("create", "-b"),
        ("createbranch", "-b"),
        ("newbranch", "-b"),
    ];
    let (words, given) = (&call.name, call.given);
    let command = words.iter().find(|word| is(word, COMMANDS))?;
    let mut line = format!("git {command}");
    let mut push = |word: &str| {
        line.push(' ');
        line.push_str(&quoted(word));
    };
    given.values("action|operation|subcommand").take(1).filter(|it| *it != command.as_str()).for_each(&mut push);
    // `force_push`, `hard_reset`, `branch_delete`, `stash_drop`.
    for word in words.iter().filter(|word| *word != command) {
        match word.as_str() {
            "force" => push("--force"),
            "hard" => push("--hard"),
            "delete" => push("--delete"),
            "drop" | "clear" | "remove" | "expire" if matches!(command.as_str(), "stash" | "worktree" | "reflog") => {
                push(word);
            }
            _ => {}
        }
    }
    for (name, switch) in SWITCHES {
        if given.is_on(name) {
            push(switch);
        }
    }
    if let Some(mode) = given.value("mode|resettype|resetmode") {
        let mode = mode.trim_start_matches('-');
        if command == "reset" { push(&format!("--{mode}")) } else { push(mode) }
    }
    given.words.iter().for_each(|word| push(word));
    given.values("remote|remotename").take(1).for_each(&mut push);
    let of = "branch|branchname|target|ref|refspec|commit|revision|to|tagname";
    given.values(of).take(2).for_each(&mut push);
    if matches!(command.as_str(), "checkout" | "restore") && given.is_given("files|file|paths|pathspec") {
        push("--");
        given.values("files|file|paths|pathspec").take(16).for_each(&mut push);
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_settled_is_no_look() {
        for (server, name, given, kind) in [
            ("pagerduty", "resolve_incident", r#"{"id":"x"}"#, Some(Kind::McpAccess)),
            ("context7", "resolve_library_id", r#"{"name":"x"}"#, None),
            ("github", "list_and_delete_repository", "{}", Some(Kind::ForgeDestroy)),
            ("github", "list_deleted_repos", "{}", None),
        ] {
            assert_eq!(deed(&Call::of(server, name, &Arguments::read(given))), kind, "{name}");
        }
    }
}
