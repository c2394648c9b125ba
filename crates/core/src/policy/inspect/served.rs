//! What whoever asks a server of pages and files is given that is nobody else's: the machine's whole disk or a private folder, by what the
//! server is told; what is kept secret or is people's, moved or copied to where it is given away; and an environment that is built into
//! what everybody loads.

use super::people;
use super::source::{Written, code_lines, dense, form, is_test, name, unquoted};
use crate::policy::lists::{holds, is, parts};
use crate::policy::places;
use crate::policy::secrets::{Secrecy, secrecy};
use crate::policy::spans;

/// Folders that nobody serves, and how a server's settings name what it serves.
const TREES: &str =
    "/|/etc|/root|/home|/proc|/var|/var/lib|/etc/|/root/|/home/|/proc/|/var/|/usr|/usr/|C:/|C:\\|D:/|~|~/|$HOME";
const NAMES: &str = "alias|root|DocumentRoot|server.document-root|documentroot|docroot|document_root";

/// The same in code, without blanks, up to what opens the folder's name.
const CALLS: &str = "express.static(|serveStatic(|serve-static(|http.Dir(|os.DirFS(|StaticFiles(directory=|ServeDir::new(|PhysicalFileProvider(|\
    addResourceLocations(|SimpleHTTPRequestHandler,directory=|send_from_directory(|static_folder=|gin.Dir(|koaStatic(|staticPlugin({assets:|\
    fastifyStatic,{root:|FileServer(|NamedFile::open(|fs::dir(|warp::fs::dir(|Rack::Directory.new(|Rack::Files.new(|serveDir(|handler(|Plug.Static,from:";

/// Whether a server gives away such a folder by a text, and did not by the one before it.
pub(super) fn is_disk(written: &Written<'_>) -> bool {
    let of_settings = || {
        is(form(written.path), "conf|j2|tpl|tmpl|erb|nginx|vhost|htaccess|template")
            || holds(written.path, "nginx|apache|httpd|caddy|lighttpd")
            || name(written.path).starts_with("Caddyfile")
    };
    if is_test(written.path)
        || !written.holds("alias|Alias|root|Root|static|Static|Dir|dir|file_server|Resource|allow|Allow|granted")
    {
        return false;
    }
    match written.is_form("js|mjs|cjs|ts|mts|cts|py|go|rs|rb|java|kt|cs|ex|exs|php") {
        true => written.gains(by_code),
        false => of_settings() && written.gains(by_settings),
    }
}

fn by_settings(text: &str) -> bool {
    const GUARDS: &str = "deny all|auth_basic |auth_request |internal;|Require ip|Require valid-user|Require host|Require local|basicauth|basic_auth|\
        forward_auth|Require all denied|jwt";
    let is_guarded = holds(text, GUARDS);
    if shows_hidden(text) {
        return true;
    }
    let statements = code_lines(text).flat_map(|line| line.split_inclusive(['{', ';']));
    statements.map(str::trim).any(|line| {
        let mut words = line.split_whitespace().map(|word| word.trim_matches(['"', '\'', ';', '{', '}']));
        let Some(first) = words.next() else { return false };
        // An alias of Apache's and a root of Caddy's have something before the folder.
        let folder = words.rfind(|word| !word.is_empty() && !matches!(*word, "=" | "*"));
        let named =
            is(first, NAMES) || first == "Alias" || first == "<Directory" && text.contains("Require all granted");
        let folder = folder.map(|folder| folder.trim_end_matches(['>', '"', ';']));
        named && folder.is_some_and(|folder| is(folder, TREES) || !is_guarded && keeps_what_is_private(folder))
    })
}

/// Whether a folder, by its path, holds what few may read: a home, records, settings, keys, copies of databases.
fn keeps_what_is_private(folder: &str) -> bool {
    const OF_MACHINE: &str = "/etc|/root|/proc|/sys|/var/log|/var/backups|/var/spool|/var/mail|/var/lib/postgresql|/var/lib/mysql|/var/lib/mongodb|\
        /var/lib/redis|/var/lib/docker|/run/secrets|/var/run";
    const KEPT: &str = "backup|backups|dump|dumps|secrets|private|.ssh|.aws|.git|.config|keys";
    const SERVED: &str = "html|www|static|public|acme|.well-known|well-known|htdocs";
    let folder = folder.trim_end_matches('/');
    let components = || folder.split('/').filter(|part| !part.is_empty());
    let has = |list: &str| components().any(|part| is(part, list));
    let is_home = || matches!(components().next(), Some("home" | "Users")) && components().count() == 2;
    folder.starts_with('/')
        && !has(SERVED)
        && (parts(OF_MACHINE).any(|tree| places::is_within(folder, tree)) || is_home() || has(KEPT))
}

/// Whether hidden files, which a server kept to itself, are everybody's.
fn shows_hidden(text: &str) -> bool {
    const HIDDEN: &str = "/\\.|\\.env|\\.git|<Files \".|<FilesMatch \"^\\.|<DirectoryMatch \"";
    const SHOWN: &str = "allow all|Require all granted|Allow from all";
    let lines: Vec<&str> = code_lines(text).take(super::MAX_PLACES * 16).collect();
    let shows = |at: usize| {
        let block = &lines[at..lines.len().min(at + 4)];
        let end = block.iter().position(|line| holds(line, "}|</")).map_or(block.len(), |end| end + 1);
        holds(lines[at], HIDDEN) && block[..end].iter().any(|line| holds(line, SHOWN))
    };
    (0..lines.len()).any(shows)
}

fn by_code(text: &str) -> bool {
    let dense: String = code_lines(text).map(dense).collect();
    parts(CALLS).any(|call| {
        dense.match_indices(call).take(super::MAX_PLACES).any(|(at, _)| {
            let folder = dense[at + call.len()..].trim_start_matches("file:");
            let Some(quote) = folder.chars().next().filter(|quote| "\"'`".contains(*quote)) else {
                return holds(spans::start(folder, 24), "os.homedir()|process.env.HOME|Path.home()|os.Getenv(\"HOME");
            };
            let inside = folder[1..].split(quote).next().unwrap_or_default();
            is(inside.strip_prefix("file:").unwrap_or(inside), TREES)
        })
    })
}

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
    let name = name(&path);
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
    fn a_served_disk_is_seen() {
        for (name, text, seen) in [
            ("nginx/a.conf", "location /f/ {\n  alias /;\n}", true),
            ("nginx/a.conf", "location /f/ {\n  alias /srv/f/;\n}", false),
            ("nginx/a.conf", "location / {\n  root /srv/www;\n}", false),
            ("nginx/a.conf", "location /l {\n  alias /var/log/;\n  autoindex on;\n}", true),
            ("nginx/a.conf", "location /l {\n  alias /var/log/;\n  deny all;\n}", false),
            ("nginx/a.conf", "location /h/ { alias /home/you/; }", true),
            ("nginx/a.conf", "location /h/ { alias /home/you/shop/public/; }", false),
            ("nginx/a.conf", "location ~ /\\.env { allow all; }", true),
            ("nginx/a.conf", "location ~ /\\.env { deny all; }", false),
            ("Caddyfile", "a.example {\n  root * /\n  file_server browse\n}", true),
            ("Caddyfile", "a.example {\n  root * /srv/www\n  file_server\n}", false),
            ("src/a.ts", "app.use('/f', express.static('/'));", true),
            ("src/a.ts", "app.use('/', express.static('public'));", false),
            ("a.go", "http.FileServer(http.Dir(\"/\"))", true),
        ] {
            let path = format!("/home/you/work/shop/{name}");
            assert_eq!(is_disk(&Written::of(text, None, &path)), seen, "{text}");
        }
    }

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
