//! What is kept secret, or is people's, and is moved or copied to where a server or a page gives it to whoever asks; and an environment
//! that is built into what everybody loads.

use super::people;
use super::source::{Written, unquoted};
use crate::policy::lists::{holds, is, parts};
use crate::policy::secrets::{Secrecy, secrecy};

/// Folders whose files everybody may load.
const PUBLIC: &str =
    "public|static|dist|www|htdocs|wwwroot|html|public_html|webroot|site|_site|downloads|assets|docroot";

/// Folders that only few may look into, and what in them is made to be shown.
const PRIVATE: &str = "secrets|secret|private|keys|.ssh|.aws|certs|credentials|vault|backup|backups|dump|dumps";
const SHOWN: &str = "example|examples|sample|template|schema|public|pub|readme|md|gitkeep|crt|cer|csr";

/// Whether a file, by its paths before and after, is carried from where it was kept to where everybody gets it.
pub(super) fn is_laid_open(from: &str, to: &str) -> bool {
    is_public(to) && !is_public(from) && is_kept(from)
}

fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.rsplit_once(['/', '\\']).map_or("", |(folders, _)| folders).split(['/', '\\'])
}

pub(super) fn is_public(path: &str) -> bool {
    folders(path).any(|folder| is(folder, PUBLIC))
}

fn is_kept(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let name = super::source::name(&path);
    let is_shown = name.split(|char: char| !char.is_ascii_alphanumeric()).any(|word| is(word, SHOWN));
    let private = || folders(&path).any(|folder| is(folder, PRIVATE));
    let key = || name.ends_with(".key") || name.ends_with(".pem") || name.ends_with(".p12") || name.ends_with(".pfx");
    !is_shown && (secrecy(&format!("/{path}"), None) > Secrecy::None || key() || private() || people::is_private(&path))
}

/// Whether a recipe for an image copies what is kept secret to where its server serves files from.
pub(super) fn is_copied(text: &str) -> bool {
    let copies = text.lines().filter_map(|line| {
        let line = line.trim_start();
        ["COPY ", "ADD "].iter().find_map(|verb| line.strip_prefix(verb))
    });
    copies.take(super::MAX_PLACES).any(|words| {
        let words: Vec<&str> = words.split_whitespace().filter(|word| !word.starts_with("--")).collect();
        words.split_last().is_some_and(|(to, from)| {
            let to = format!("{}/", to.trim_end_matches('/'));
            is_public(&to)
                && from.iter().any(|from| is_kept(from) || from.ends_with('/') && is_kept(&format!("{from}x")))
        })
    })
}

/// Whether settings of what builds a page put all of the environment into it, where those before did not.
pub(super) fn is_environment_built_in(written: &Written<'_>) -> bool {
    const BUILDERS: &str = "vite.config.|webpack.|rollup.config.|esbuild|nuxt.config.|vue.config.|astro.config.|rspack.config.|rsbuild.config.|\
        next.config.|\
        gatsby-config.|app.config.|svelte.config.|metro.config.";
    let name = written.name();
    written.holds("process.env")
        && parts(BUILDERS).any(|builder| name.starts_with(builder))
        && written.gains(|text| builds_in(text, holds(name, "next.|nuxt.|app.|gatsby")))
}

fn builds_in(text: &str, has_own_name: bool) -> bool {
    const WHOLE: &str = "process.env:JSON.stringify(process.env)|process.env:process.env|define:process.env|define:{...process.env|\
        EnvironmentPlugin(process.env)|EnvironmentPlugin({...process.env|EnvironmentPlugin(Object.keys(process.env))|\
        __ENV__:JSON.stringify(process.env)|\
        ENV:JSON.stringify(process.env)|env:JSON.stringify(process.env)|publicRuntimeConfig:{...process.env|publicRuntimeConfig:process.env|\
        public:{...process.env|extra:{...process.env|extra:process.env";
    let dense = unquoted(text);
    holds(&dense, WHOLE) || has_own_name && holds(&dense, "env:{...process.env|env:process.env,|env:process.env}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_laid_open_is_seen() {
        for (from, to, open) in [
            (".env.production", "apps/web/public/config.txt", true),
            (".env.example", "public/env.txt", false),
            ("config/master.key", "public/assets/master.txt", true),
            ("src/assets/logo.svg", "public/logo.svg", false),
            ("data/customers_full.csv", "www/downloads/c.csv", true),
            ("data/products.csv", "www/downloads/p.csv", false),
            ("secrets/prod.json", "static/sa.json", true),
            ("secrets/prod.json", "ops/prod.json", false),
        ] {
            assert_eq!(is_laid_open(from, to), open, "{from} {to}");
        }
        for (text, copied) in [
            ("COPY .env /usr/share/nginx/html/.env", true),
            ("COPY dist/ /usr/share/nginx/html/", false),
            ("COPY secrets/ /usr/share/nginx/html/s/", true),
            ("COPY .env /app/.env", false),
        ] {
            assert_eq!(is_copied(text), copied, "{text}");
        }
    }
}
