//! Settings of servers that let in whoever asks: without a password, from everywhere, as whoever they like.

use super::source::{self, Written};

/// Files by their names, and the lines that open what they are for: words with one blank between them, in lower case.
const OPEN: &[(&str, &[&str])] = &[
    (
        "pg_hba.conf",
        &[
            "host all all 0.0.0.0/0 trust",
            "host all all ::/0 trust",
            "host all all all trust",
            "host all all * trust",
            "host replication all 0.0.0.0/0 trust",
        ],
    ),
    ("redis.conf", &["protected-mode no"]),
    ("valkey.conf", &["protected-mode no"]),
    ("sshd_config", &["permitemptypasswords yes", "permitrootlogin yes"]),
    ("sudoers", &["nopasswd: all", "nopasswd:all", "!authenticate"]),
    ("mongod.conf", &["authorization: disabled", "noauth = true"]),
    ("elasticsearch.yml", &["xpack.security.enabled: false"]),
    ("smb.conf", &["map to guest = bad user"]),
    ("exports", &["*(rw,no_root_squash", "*(rw,sync,no_root_squash"]),
    ("seccomp.json", &["\"defaultaction\": \"scmp_act_allow\"", "\"defaultaction\":\"scmp_act_allow\""]),
];

/// Whether settings of a server, outside of what is only tried, let everybody in, and those before them did not.
pub(super) fn are_open(written: &Written<'_>) -> bool {
    let Some((_, lines)) = OPEN.iter().find(|(name, _)| is_of(written.path, name)) else { return false };
    let open = |text: &str| {
        text.lines().take(super::MAX_PLACES * 64).any(|line| {
            let line = line.split('#').next().unwrap_or_default();
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
            lines.iter().any(|open| line.contains(open))
        })
    };
    // What is in an image is reached by what its container lets in.
    let in_image = || written.path.contains("docker") || written.path.contains("container");
    !written.is_tried() && !in_image() && written.gains(open)
}

/// Whether a path is that of a server's settings: the file, one that is made from it, or one of its folder (`sudoers.d`).
fn is_of(path: &str, name: &str) -> bool {
    let file = source::name(path);
    let of_folder = || path.rsplit('/').nth(1).is_some_and(|folder| folder.strip_suffix(".d") == Some(name));
    file == name
        || file.strip_prefix(name).is_some_and(|rest| matches!(rest, ".j2" | ".tpl" | ".tmpl" | ".erb"))
        || of_folder()
}
