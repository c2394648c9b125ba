//! Source code and settings of servers by which every page on the web acts as whoever looks at it: any origin is let in, with cookies.

use super::source::{Written, code_lines, unquoted};
use crate::policy::lists::{holds, parts};
use crate::policy::spans;

const FORMS: &str =
    "js|mjs|cjs|ts|tsx|mts|cts|py|go|rs|rb|php|java|kt|kts|scala|cs|lua|yml|yaml|json|toml|conf|tf|properties|ex|exs";

/// What says that cookies come along, in a text without its blanks and quotes.
const WITH_COOKIES: &str = "credentials:true|credentials=true|credentials=True|credentials=>true|credentials(true)|Credentials:true|Credentials(true)|\
    Credentials=true|Credentials()|CREDENTIALS=True|Allow-Credentials,true|Allow-Credentials:true|Allow-Credentialstrue|\
    Allow-Credentials]=true|allow-credentials,true|allow-credentials:true|allow-credentials]=true|ALLOW_CREDENTIALS,|Allow-Credentials]={true|\
    Allow-Credentials]=[true|Allow-Credentials,[true|very_permissive()";

/// What says that any origin will do: by itself, or by giving back the origin that asks.
const ANY: &str = "origin:true|origin:*|origins:*|origin:[*]|origins:[*]|origins=*|origins=[*]|origin:/.*/|origin=.*|origins=.*|\
    origin_regex=.*|origin_regex=https?://.*|ALLOW_ALL_ORIGINS=True|ORIGIN_ALLOW_ALL=True|ORIGIN_REGEXES=[.*|\
    AllowedOrigins:[]string{*}|AllowOrigins:[]string{*}|AllowAllOrigins:true|AllowAllOrigins=true|OriginPatterns(*)|OriginPattern(*)|\
    allowedOrigins(*)|allowedOrigins=*|SetIsOriginAllowed(_=>true)|SetIsOriginAllowed(origin=>true)|SetIsOriginAllowed(x=>true)|\
    allowed_origins=>[*]|origins*|mirror_request()|AllowOrigin::any()|very_permissive()|origins(/.*/)|origins/.*/|origins(*)|origins(->(|anyHost()|allowOrigins:-*|allow_origins=[*]";
const GIVEN_BACK: &str =
    "origin:(o)=>o|origin:o=>o|origin:(origin)=>origin|origin:origin=>origin|origin:req.headers.origin";

/// How code reads the origin that asks, in small letters, and without blanks, quotes and low lines.
const READS: &str = "headers.origin|header.origin|headers[origin|headers.get(origin|header.get(origin|header(origin|.get(origin|http-origin|getorigin()|\
    headers().origin|header(conn,origin|headers.get(header::origin|headers().get(origin|headers.get(http::header::origin|headers.getone(origin|\
    headers.value(origin|request.header.origin}|headerstring(origin|headers.fetch(origin|headers.first(origin|headers.getfirst(origin|headers[:origin|env[http-origin|\
    %{origin}e";

/// What looks at an origin before it is given back, written the same way.
const LOOKS: &str = "allowed|allowlist|whitelist|trusted|permitted|known|includes(|.has(|.test(|indexof(|match(|matches(|startswith(|endswith(|hasprefix(|\
    hassuffix(|inarray|in-array|contains(|contains?(|containskey(|include?(|originin|==origin|some(|any(|valid|\
    map$http-origin|localhost|127.0.0.1|origins[|origins.|isorigin|checkorigin|matchstring(|setenvif";

/// What a function that is asked about an origin says of each.
const YES: &str = "(null,true)|(null,origin)|=>true|->true|returntrue|{true}";
const ASKED: &str = "origin:(|origin:function|origin(|AllowOriginFunc:|origin:_|origin:o|setOriginAllowed";

/// What compares an origin with those that are known, or asks where a program runs.
const COMPARES: &str = "includes(|.has(|.test(|indexOf(|match(|startsWith(|endsWith(|inarray|in_array|==|whitelist|allowlist|allowedOrigins.|\
    ALLOWED_ORIGINS|if(|?|map$http_origin|localhost|127.0.0.1";

/// How far a function is read, and how far two settings of one thing stand apart, in bytes without blanks.
const NEAR: usize = 120;
const TOGETHER: usize = 600;

/// Whether a text, outside of what is only tried, lets in any origin with cookies, and the one before it did not.
pub(super) fn are_all(written: &Written<'_>) -> bool {
    written.is_form(FORMS)
        && written.holds("redentials|REDENTIALS|very_permissive")
        && !written.is_tried()
        && written.gains(lets_in_all)
}

fn lets_in_all(text: &str) -> bool {
    let dense: String = code_lines(text).map(unquoted).collect();
    let places = parts(WITH_COOKIES).flat_map(|word| dense.match_indices(word).take(super::MAX_PLACES));
    places.map(|(at, _)| at).any(|at| {
        let around = spans::around(&dense, at, TOGETHER);
        holds(around, ANY) && !holds(around, "NODE_ENV|DEBUG|isDev|development")
            || holds(around, GIVEN_BACK) && !holds(around, COMPARES)
            || gives_back(around)
            || parts(ASKED).flat_map(|asked| around.match_indices(asked).take(super::MAX_PLACES)).any(|(at, _)| {
                let answer = spans::behind(around, at, NEAR);
                parts(YES).filter_map(|yes| answer.find(yes)).min().is_some_and(|end| !holds(&answer[..end], COMPARES))
            })
            // What says nothing of origins means all of them.
            || around.contains("CORS(app,supports_credentials=True)")
    })
}

/// Whether headers that are set by hand name the origin that asks, whichever it is. By what the request is made, be it a preflight, is
/// another matter.
fn gives_back(dense: &str) -> bool {
    const NAMED: &str = "allow-origin";
    const VALUE: usize = 72;
    let lower = dense.to_ascii_lowercase().replace('_', "-").replace("?.", ".");
    let value = |at: usize| {
        let value = spans::behind(&lower, at + NAMED.len(), VALUE);
        value.trim_start_matches([',', ':', '=', ']', '>', ')', '.', '+', '{', '$', '&', '[', '('])
    };
    let named = || lower.match_indices(NAMED).take(super::MAX_PLACES).map(|(at, _)| value(at));
    let reads = |value: &str| parts(READS).filter_map(|read| value.find(read)).min();
    let is_given_back = named().any(|value| {
        let name = &value[..value.bytes().take_while(u8::is_ascii_alphanumeric).count()];
        let end = value.find([';', ',']).unwrap_or(value.len());
        reads(value).is_some_and(|at| at <= end) || holds_origin(&lower, name)
    });
    is_given_back && !holds(&lower.replace("access-control-allow-", ""), LOOKS) && !compares(&lower)
}

/// Whether the origin is compared with another one: that there is one at all says nothing.
fn compares(lower: &str) -> bool {
    const NOTHING: &str = "null|nil|none|undefined|void";
    ["origin==", "origin!="].iter().flat_map(|sign| lower.match_indices(sign)).take(super::MAX_PLACES).any(
        |(at, sign)| {
            let other = lower[at + sign.len()..].trim_start_matches('=');
            other.starts_with(|char: char| char.is_alphanumeric())
                && !parts(NOTHING).any(|nothing| other.starts_with(nothing))
        },
    )
}

/// Whether a name is given to the origin that asks.
fn holds_origin(lower: &str, name: &str) -> bool {
    const NEAR: usize = 56;
    let given = |(at, _): (usize, &str)| {
        let rest = spans::behind(lower, at + name.len(), NEAR);
        let value = rest.strip_prefix(":=").or_else(|| rest.strip_prefix('='));
        let value = value.map(|value| value.split(';').next().unwrap_or_default());
        value.is_some_and(|value| holds(value, READS)) || rest.starts_with("}=") && holds(rest, "headers")
    };
    !name.is_empty() && lower.match_indices(name).take(super::MAX_PLACES).any(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_origin_with_cookies_is_seen_in_every_language() {
        for (path, text, all) in [
            ("src/server.ts", "app.use(cors({ origin: (_o, cb) => cb(null, true), credentials: true }));", true),
            ("src/server.ts", "app.use(cors({ credentials: true, origin: true }))", true),
            ("app/main.py", "app.add_middleware(CORSMiddleware, allow_origins=[\"*\"], allow_credentials=True)", true),
            (
                "cmd/api/main.go",
                "cors.New(cors.Options{AllowedOrigins: []string{\"*\"}, AllowCredentials: true})",
                true,
            ),
            ("src/Cors.java", "config.addAllowedOriginPattern(\"*\");\nconfig.setAllowCredentials(true);", true),
            (
                "nginx/shop.conf",
                "add_header Access-Control-Allow-Origin $http_origin;\nadd_header Access-Control-Allow-Credentials true;",
                true,
            ),
            (
                "src/server.ts",
                "res.setHeader('Access-Control-Allow-Origin', req.headers.origin ?? '*');\nres.setHeader('Access-Control-Allow-Credentials', 'true');\nif (req.method === 'OPTIONS') return res.end();",
                true,
            ),
            (
                "app/views.py",
                "resp['Access-Control-Allow-Origin'] = request.META.get('HTTP_ORIGIN')\nresp['Access-Control-Allow-Credentials'] = 'true'",
                true,
            ),
            (
                "src/server.ts",
                "const origin = req.headers.origin;\nif (origin && ALLOWED.has(origin)) res.setHeader('Access-Control-Allow-Origin', origin);\nres.setHeader('Access-Control-Allow-Credentials', 'true');",
                false,
            ),
            (
                "src/server.ts",
                "res.setHeader('Access-Control-Allow-Origin', config.webOrigin);\nres.setHeader('Access-Control-Allow-Credentials', 'true');",
                false,
            ),
            ("src/server.ts", "app.use(cors({ origin: config.allowedOrigins, credentials: true }));", false),
            ("src/server.ts", "app.use(cors({ origin: '*' }));", false),
            (
                "src/server.ts",
                "app.use(cors({ origin: (o, cb) => cb(null, allowed.includes(o)), credentials: true }));",
                false,
            ),
            (
                "src/server.ts",
                "cors({ origin: (o, cb) => { if (allowed.has(o)) return cb(null, true); cb(new Error('no')); }, credentials: true })",
                false,
            ),
            ("src/server.ts", "cors({ origin: 'http://localhost:5173', credentials: true })", false),
            ("tests/server.ts", "cors({ origin: true, credentials: true })", false),
            ("src/api.ts", "axios.get(url, { withCredentials: true })", false),
        ] {
            assert_eq!(are_all(&Written::of(text, None, &format!("/home/dev/work/shop/{path}"))), all, "{text}");
        }
    }
}
