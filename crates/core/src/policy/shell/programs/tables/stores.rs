//! Stores that are given no SQL: Redis and MongoDB.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::{Options, ordered, read, spec};
use super::super::super::state::State;
use super::super::super::value::{HOLE, Origin, Text};
use super::super::{Program, has};
use super::clients::of_rows;
use super::throwaway::{self, Reach};
use super::{production, rows, sql};
use crate::policy::effects::Kind::{self, DatabaseDestroy, DatabaseOpen};
use crate::policy::hosts;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "redis-cli" | "valkey-cli" | "keydb-cli" | "dragonfly-cli" | "redli" => redis,
        "mongosh" | "mongo" => mongo,
        _ => return None,
    })
}

fn redis(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options =
        read(&call.args, &ordered("hpaunrisD", &["user=", "pass=", "eval=", "rdb=", "pattern=", "scan", "count="]));
    if options.is_help() {
        return;
    }
    if options.has(&["rdb"]) {
        machine.emit(state, 1, Text::hole(Origin::SECRET));
    }
    let mut line = options.operands.iter().map(Text::shown).collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        line = machine.input(state, 0).shown();
    }
    let host =
        options.value(&["h"]).map(Text::shown).or_else(|| options.value(&["u"]).map(|url| hosts::host(&url.shown())));
    let reach = throwaway::reach(machine, host.as_deref());
    let port = options.value(&["p"]).or(options.value(&["u"])).map(Text::shown);
    let port = port.as_deref().map(|port| throwaway::port(port).unwrap_or(port));
    let own = throwaway::is_inside(machine) || throwaway::is_own_port(state, port);
    let lost = reach == Reach::Here && own;
    let number = options.value(&["n"]).map(Text::shown).or_else(|| {
        let url = options.value(&["u"])?.shown();
        url.rsplit_once('/').map(|(_, number)| number.to_owned())
    });
    let numbered = reach == Reach::Here && number.is_some_and(|number| is_of_tests(&number));
    const DESTROYS: &[&str] = &[
        "flushall",
        "flushdb",
        "shutdown",
        "debug segfault",
        "debug reload",
        "cluster reset",
        "cluster forget",
        "cluster flushslots",
        "replicaof",
        "slaveof",
        "function flush",
        "sentinel remove",
        "sentinel reset",
        "del *",
        "failover abort",
    ];
    const REMOVES: &[&str] = &["del ", "unlink "];
    const KEYS: &[&str] = &["del ", "unlink ", "flushdb", "flushall"];
    const OPENS: &[&str] = &[
        "config set dir",
        "config set dbfilename",
        "config set requirepass",
        "config set protected-mode no",
        "config set bind",
        "module load",
        "acl setuser",
        "acl deluser",
        "config set appendonly no",
        "config set save \"\"",
        "config set save ''",
        "config set masterauth",
        "config set user",
    ];
    for line in line.lines().filter(|_| !lost) {
        let lower = line.trim().to_ascii_lowercase();
        let is = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
        let scripted = lower.starts_with("eval ")
            && ["flushall", "flushdb", "'del'", "\"del\""].iter().any(|word| lower.contains(word));
        let trims = (lower.starts_with("xtrim ") || lower.starts_with("ltrim ")) && lower.contains("maxlen 0");
        // `no one` takes a replica out of its group and loses nothing.
        let of_tests = numbered && !lower.starts_with("flushall") || reach == Reach::Here && takes_trials(&lower);
        if of_tests && is(KEYS) {
            continue;
        }
        if is(DESTROYS) && !lower.contains("no one") || is(REMOVES) && lower.contains(HOLE) || scripted || trims {
            machine.act(DatabaseDestroy, line);
        } else if is(OPENS) && !lower.contains("notify-keyspace") {
            machine.act(DatabaseOpen, line);
        }
    }
    let mut found = Text::known(sought(&options, &line).unwrap_or_default());
    found.push_hole(Origin::UNKNOWN);
    machine.emit(state, 1, found);
}

/// Whether a database of Redis is one that tests are given: people count theirs from the first, tests from the last of sixteen.
fn is_of_tests(number: &str) -> bool {
    number.parse::<u8>().is_ok_and(|number| number >= 8)
}

/// Whether all keys that a line removes are a test's, or of a cache, by what they begin with.
fn takes_trials(line: &str) -> bool {
    let is_nobodys = |start: &str| throwaway::is_trial(start) || throwaway::words(start).any(|word| word == "cache");
    let mut keys = line.split_whitespace().skip(1).peekable();
    keys.peek().is_some() && keys.all(|key| key.split_once(':').is_some_and(|(start, _)| is_nobodys(start)))
}

/// Whether a script takes away only what an application keeps for a while: `db.sessions.deleteMany({})`.
fn takes_what_passes(dense: &str) -> bool {
    let calls = [".deleteMany(", ".remove(", ".drop("];
    let mut taken = calls.iter().flat_map(|call| dense.match_indices(call)).take(MAX_CALLS).peekable();
    let collection = |at: usize| dense[..at].rsplit(['.', ';', '(', '\n']).next().unwrap_or_default();
    taken.peek().is_some() && !dense.contains("dropDatabase") && taken.all(|(at, _)| sql::is_passing(collection(at)))
}

/// Most calls of a script that are looked at.
const MAX_CALLS: usize = 32;

/// What all keys begin with that a search asks for: `--scan --pattern 'test:*'`, `KEYS 'test:*'`.
fn sought(options: &Options, line: &str) -> Option<String> {
    let keys =
        || line.split_once(' ').filter(|(verb, _)| verb.eq_ignore_ascii_case("keys")).map(|(_, keys)| keys.to_owned());
    let pattern = options.value(&["pattern"]).map(Text::shown).or_else(keys)?;
    let begins = pattern.split(['*', '?', '[']).next().unwrap_or_default();
    Some(begins.to_owned())
}

fn mongo(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &spec("uphf", &["eval=", "file=", "host=", "port=", "username=", "password=", "authenticationDatabase="]),
    );
    let mut texts: Vec<Text> = options.values(&["eval", "f", "file"]).cloned().collect();
    let scripts =
        options.operands.iter().filter(|operand| operand.shown().ends_with(".js")).cloned().collect::<Vec<_>>();
    texts.extend(scripts.iter().map(|file| machine.read_file(state, file)).collect::<Vec<_>>());
    if texts.is_empty() {
        texts.push(machine.input(state, 0));
    }
    let base = options.operands.first().map(Text::shown).filter(|base| !base.ends_with(".js"));
    let (host, name) = base.as_deref().map_or((None, None), throwaway::database);
    let host = options.value(&["h", "host"]).map(Text::shown).or(host);
    let reach = match base.as_deref() {
        Some(base) if base.starts_with(HOLE) => Reach::Elsewhere,
        _ => throwaway::reach(machine, host.as_deref()),
    };
    let port = options.value(&["port"]).map(Text::shown);
    let port = port.as_deref().or_else(|| base.as_deref().and_then(throwaway::port));
    let own = throwaway::is_inside(machine) || throwaway::is_own_port(state, port);
    let inside = reach == Reach::Here && own;
    let is_live = production::is_meant(machine, state) || options.operands.iter().take(1).any(production::speaks);
    for text in &texts {
        let shown = text.shown();
        if is_live && rows::are_documents_changed(&shown) {
            machine.act(Kind::ServiceChange, name.as_deref().unwrap_or_default());
        }
        let sibling = ["getSiblingDB(", "getDB("]
            .iter()
            .find_map(|call| shown.split_once(call))
            .and_then(|(_, rest)| super::super::code::literal(rest));
        let name = sibling.or_else(|| name.clone());
        if inside || throwaway::may_be_lost(reach, name.as_deref().into_iter()) {
            continue;
        }
        let dense: String = shown.chars().filter(|char| !char.is_whitespace()).collect();
        let developed = reach == Reach::Here && name.as_deref().is_some_and(throwaway::is_developed);
        if developed && takes_what_passes(&dense) {
            continue;
        }
        let empties = |call: &str| dense.contains(&format!("{call}({{}}")) || dense.contains(&format!("{call}()"));
        let has = |words: &[&str]| has(&dense, words);
        if has(&[
            "dropDatabase(",
            ".drop(",
            "dropUser",
            "dropAllUsers",
            "dropAllRoles",
            "shutdownServer(",
            "rs.remove(",
            "dropConnections",
            "removeShard",
            "dropDatabase:",
            "{drop:",
            "fsyncLock(",
        ]) || empties("deleteMany")
            || empties("remove")
            || empties("updateMany")
        {
            machine.act(Kind::DatabaseDestroy, shown);
        } else if has(&[
            "grantRolesToUser",
            "role:'root'",
            "role:\"root\"",
            "roles:['root",
            "roles:[\"root",
            "dbOwner",
            "userAdminAnyDatabase",
            "__system",
            "clusterAdmin",
        ]) && has(&["createUser", "grantRoles", "updateUser", "createRole"])
        {
            machine.act(Kind::DatabaseOpen, shown);
        }
    }
    machine.emit(state, 1, Text::hole(of_rows(reach, name.as_deref())));
}
