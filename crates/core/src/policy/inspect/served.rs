//! Servers of pages and files that are told to give whoever asks the machine's whole disk, or a folder that is nobody else's.

use super::source::{Written, code_lines, dense, form, is_test, name};
use crate::policy::lists::{holds, is, parts};

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
    if is_test(written.path) || !written.holds("alias|root|Root|static|Static|Dir|dir|file_server|Resource") {
        return false;
    }
    match written.is_form("js|mjs|cjs|ts|mts|cts|py|go|rs|rb|java|kt|cs|ex|exs|php") {
        true => written.gains(by_code),
        false => of_settings() && written.gains(by_settings),
    }
}

fn by_settings(text: &str) -> bool {
    code_lines(text).any(|line| {
        let mut words = line.split_whitespace().map(|word| word.trim_matches(['"', '\'', ';', '{', '}']));
        let Some(first) = words.next() else { return false };
        // An alias of Apache's and a root of Caddy's have something before the folder.
        let folder = words.rfind(|word| !word.is_empty() && !matches!(*word, "=" | "*"));
        let named =
            is(first, NAMES) || first == "Alias" || first == "<Directory" && text.contains("Require all granted");
        named && folder.is_some_and(|folder| is(folder.trim_end_matches(['>', '"', ';']), TREES))
    })
}

fn by_code(text: &str) -> bool {
    let dense: String = code_lines(text).map(dense).collect();
    parts(CALLS).any(|call| {
        dense.match_indices(call).take(super::MAX_PLACES).any(|(at, _)| {
            let folder = dense[at + call.len()..].trim_start_matches("file:");
            let Some(quote) = folder.chars().next().filter(|quote| "\"'`".contains(*quote)) else {
                return holds(
                    &folder[..folder.floor_char_boundary(24)],
                    "os.homedir()|process.env.HOME|Path.home()|os.Getenv(\"HOME",
                );
            };
            let inside = folder[1..].split(quote).next().unwrap_or_default();
            is(inside.strip_prefix("file:").unwrap_or(inside), TREES)
        })
    })
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
}
