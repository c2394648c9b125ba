//! Programs that earn somebody money with this machine's time.

use crate::policy::hosts;
use crate::policy::lists::{holds, is};
use crate::policy::spans;

/// Programs that do nothing else.
const PROGRAMS: &str = "xmrig|xmr-stak|xmrig-proxy|minerd|cpuminer|cpuminer-multi|ccminer|cgminer|bfgminer|ethminer|nbminer|t-rex|\
    lolminer|phoenixminer|gminer|teamredminer|srbminer-multi|srbminer|wildrig-multi|nanominer|claymore|xmrigdaemon|xmrigminer";

/// Programs that speak of another one.
const SPEAKS: &str = "grep|egrep|fgrep|rg|ag|ack|echo|printf|sed|awk|git|cat|find|fd|pgrep|pkill|killall|which|whereis|ps|man|\
    jq|tee|gh|curl|less|head|tail|ls|rm|apt-cache|brew|npm|docker-compose|diff|test|[|suricata|yara|nft|iptables|ufw";

/// The pools' hosts that are known best.
const POOLS: &str = "supportxmr.com|minexmr.com|nanopool.org|moneroocean.stream|hashvault.pro|c3pool.com|2miners.com|\
    unmineable.com|nicehash.com|f2pool.com|herominers.com|kryptex.network|xmrpool.eu|monerohash.com";

/// What stands in every text that these rules speak of.
const SIGNS: &str = "stratum+|miner|xmr|coinhive|CoinHive|donate-level|t-rex";

/// How far from a miner's name stands what it is to do, in bytes.
const NEAR: usize = 200;

fn may_mine(text: &str) -> bool {
    holds(text, SIGNS)
}

/// Whether a command starts a miner: by its name with whatever it is to do, or with the address of a pool.
pub(super) fn is_started(command: &str) -> bool {
    may_mine(command)
        && command.split(['\n', ';', '|', '&', '(', ')']).any(|part| {
            let words: Vec<&str> = part.split_whitespace().map(|word| word.trim_matches(['"', '\'', '`'])).collect();
            let before =
                "sudo|nohup|env|nice|ionice|screen|setsid|exec|time|timeout|-n|-19|-dm|-d|-S|then|do|sh|bash|-c|-lc";
            let own =
                words.iter().position(|word| !is(word, before) && !word.contains('=') && word.parse::<f64>().is_err());
            let Some(own) = own else { return false };
            let program = words[own].rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            let given = &words[own + 1..];
            let told = given.iter().any(|word| !is(word, "--version|--help|-h|-V"));
            let mines = is(&program, PROGRAMS) && told;
            let of_pool = !is(&program, SPEAKS) && given.iter().any(|word| names_pool(word));
            let in_container = is(&program, "docker|podman|nerdctl|kubectl")
                && given.iter().any(|word| is(word, "run|create"))
                && given.iter().any(|word| {
                    word.rsplit('/')
                        .next()
                        .is_some_and(|image| is(image.split(':').next().unwrap_or_default(), PROGRAMS))
                });
            mines || of_pool || in_container
        })
}

/// Whether what is written starts a miner whenever it is run or opened.
pub(super) fn are_written(text: &str) -> bool {
    if !may_mine(text) {
        return false;
    }
    const STARTS: &str = "-o |--url|chmod +x|\"pools\"|randomx";
    const MINES: &str = "donate-level|donate_level|rx/0|--algo";
    // Rules by which miners are found hold what they are found by.
    let is_rule = holds(text, "detection:|condition:|strings:|alert tcp");
    // What it is to do stands where it is named.
    let named = || text.match_indices("xmrig").take(super::MAX_PLACES).map(|(at, _)| spans::around(text, at, NEAR));
    text.split(|char: char| char.is_whitespace() || "\"'`,<>".contains(char)).any(names_pool)
        || !is_rule
            && named()
                .any(|part| holds(part, MINES) || holds(part, STARTS) && (part.contains("http") || holds(part, POOLS)))
        || holds(text, "CoinHive.Anonymous(|CoinHive.User(|coinhive.min.js|CoinImp.Anonymous(")
}

/// Whether a word is the address of a pool elsewhere.
fn names_pool(word: &str) -> bool {
    let Some((scheme, rest)) = word.split_once("://") else { return false };
    let scheme = scheme.rsplit(['=', ' ']).next().unwrap_or_default();
    scheme.starts_with("stratum") && hosts::elsewhere(rest).is_some_and(|host| !host.ends_with("example.com"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_miner_is_started_by_its_name_or_its_pool() {
        for (command, expected) in [
            ("./xmrig -o pool.x.example:3333 -u 4abc -k", true),
            ("nohup nice -n 19 /tmp/.x/kworker -o stratum+tcp://pool.x.example:3333 -u 4abc &", true),
            ("cd /opt && sudo ./t-rex -a kawpow --url=stratum+ssl://pool.x.example:4444", true),
            ("docker run -d metal3d/xmrig:latest", true),
            ("xmrig --version", false),
            ("grep -rn 'stratum+tcp://' /var/log", false),
            ("pkill -f xmrig; ps aux | grep minerd", false),
            ("cargo test miner_fees -- --nocapture", false),
            ("./pool -o stratum+tcp://127.0.0.1:3333", false),
            ("npm run test:miners", false),
        ] {
            assert_eq!(is_started(command), expected, "{command}");
        }
    }
}
