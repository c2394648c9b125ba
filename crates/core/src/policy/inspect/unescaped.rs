//! Pages that showed what somebody wrote as a text, and show it as a part of the page now: whoever wrote it writes the page.

use super::arguments::words;
use super::flows::argument;
use super::source::{Written, code_lines, dense};
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;

/// Forms of pages, each with how it shows something as it is: what opens it, and what closes it. What opens with a bracket goes on to the
/// one that closes it; what opens with nothing stands before its sign.
const SHOWN: &[(&str, &[(&str, &str)])] = &[
    (
        "jsx|tsx|js|ts|mjs|mts|cjs",
        &[
            ("__html:", "}"),
            ("unsafeHTML(", ""),
            ("bypassSecurityTrustHtml(", ""),
            ("bypassSecurityTrustScript(", ""),
            ("bypassSecurityTrustUrl(", ""),
            ("bypassSecurityTrustResourceUrl(", ""),
            ("innerHTML={", "}"),
            (".innerHTML =", ";"),
            (".innerHTML +=", ";"),
            (".innerHTML=", ";"),
            (".outerHTML =", ";"),
            ("document.write(", ""),
            ("insertAdjacentHTML('beforeend',", ")"),
            (".html(", ""),
            ("SafeString(", ""),
            ("raw(", ""),
        ],
    ),
    (
        "vue|svelte|html|astro|hbs|handlebars|mustache|njk|jinja|jinja2|j2|twig|liquid|ejs|eta|pug|jade|haml|slim|ftl|tpl|erb|php|jsp|cshtml|razor|heex|eex|leex|gohtml|tmpl|xhtml",
        &[
            ("v-html=\"", "\""),
            ("set:html={", "}"),
            ("{@html ", "}"),
            ("{{{", "}}}"),
            ("{{", "|safe"),
            ("{{", "| safe"),
            ("{{", "|raw"),
            ("{{", "| raw"),
            ("{{", "|safeHTML"),
            ("{{", "| safeHTML"),
            ("<%-", "%>"),
            ("<%~", "%>"),
            ("<%==", "%>"),
            ("<%= raw ", "%>"),
            ("<%= raw(", ""),
            ("<%=", ".html_safe"),
            ("{!!", "!!}"),
            ("th:utext=\"", "\""),
            ("Html.Raw(", ""),
            ("!= ", "\n"),
            ("!{", "}"),
            ("== ", "\n"),
            ("{$", "nofilter}"),
            ("${", "?no_esc"),
            (".innerHTML =", ";"),
            ("[innerHTML]=\"", "\""),
        ],
    ),
    ("py", &[("mark_safe(", ""), ("Markup(", ""), ("SafeString(", ""), ("SafeText(", "")]),
    ("rb", &[("raw(", ""), ("raw ", "\n"), ("\n", ".html_safe"), ("=", ".html_safe")]),
    ("go", &[("template.HTML(", ""), ("template.JS(", ""), ("template.URL(", ""), ("template.HTMLAttr(", "")]),
    ("cs", &[("Html.Raw(", ""), ("new HtmlString(", ""), ("(MarkupString)", ";"), ("new MarkupString(", "")]),
    ("ex|exs", &[("raw(", ""), ("{:safe,", "}")]),
    ("php", &[("new HtmlString(", ""), ("Markup(", "")]),
    ("rs", &[("PreEscaped(", ""), ("inner_html=", "\n"), ("Html(format!(", "")]),
    ("kt|java|scala", &[("unsafe { +", "}"), ("Html(", ""), ("UnsafeRaw(", "")]),
];

/// What makes a text harmless, or is no text of somebody's, in small letters.
const HARMLESS: &str = "sanit|escap|purif|clean|stringify|json|i18n|translat|icon|svg|csrf|highlight|include|yield|content_for|partial|layout|render|style|css|\
    markdown|marked|__(|trans(|trans |widget|form|pagina|links|vite|asset|encode|t(|$t(|strip_tags|nl2br(e(|safehtml|block|slot|body_attr|head|script|template|\
    schema|structured|snippet|qr|chart|editor_config";

/// Words for what somebody else writes, and for who does.
const OF_PEOPLE: &str = "comment|comments|review|reviews|message|messages|msg|user|profile|reply|replies|feedback|bio|about|query|search|param|params|request|req|\
    note|notes|nickname|caption|chat|ticket|customer|guest|username|testimonial|signature|displayname|visitor|author|inbox";

/// Settings by which no page is escaped any more, without blanks, and what they stood for.
const OFF: &[(&str, &str)] = &[
    ("autoescape=False", "autoescape"),
    ("autoescape:false", "autoescape"),
    ("'autoescape'=>false", "autoescape"),
    ("\"autoescape\":False", "autoescape"),
    ("'autoescape':False", "autoescape"),
    ("{%autoescapeoff%}", ""),
    ("{%autoescapefalse%}", ""),
    ("noEscape:true", ""),
    ("escapeHtml:false", ""),
    ("escape_html=False", ""),
    ("escape=\"false\"", ""),
    ("sanitize:false", "sanitize:true"),
    ("sanitize=False", "sanitize=True"),
    ("allowDangerousHtml:true", "allowDangerousHtml:false"),
    ("setDefaultEscape(false)", ""),
];

/// Whether a page shows more as it is than the one before it.
pub(super) fn is_shown(written: &Written<'_>) -> bool {
    if written.is_tried() || !may_show(written) {
        return false;
    }
    let code = |text: &str| code_lines(text).map(|line| line.to_owned() + "\n").collect::<String>();
    let (now, before) = (code(&written.text), written.before.map(code));
    let had: Vec<String> = before.as_deref().map(|text| shown(text, written)).unwrap_or_default();
    let dense_before = before.as_deref().map(dense);
    let is_new = |it: &String| {
        !had.contains(it) && (of_people(it) || dense_before.as_deref().is_some_and(|before| takes_off(it, before)))
    };
    let shows = shown(&now, written).iter().any(is_new);
    shows || escapes_no_more(written)
}

/// A cheap sign.
fn may_show(written: &Written<'_>) -> bool {
    const SIGNS: &str = "__html|unsafeHTML|bypassSecurity|innerHTML|outerHTML|document.write|insertAdjacent|.html(|v-html|set:html|@html|{{{|safe|raw|<%-|<%~|<%==|{!!|\
        th:utext|Raw(|nofilter|no_esc|Markup|template.|HtmlString|:safe|PreEscaped|inner_html|scape|sanitize|DangerousHtml|/template\"|!= |!{|== |SafeString";
    SHOWN.iter().any(|(forms, _)| written.is_form(forms)) && written.holds(SIGNS)
}

/// What a text shows as it is, without blanks, but for what is harmless.
fn shown(text: &str, written: &Written<'_>) -> Vec<String> {
    let ways = SHOWN.iter().filter(|(forms, _)| written.is_form(forms)).flat_map(|(_, ways)| ways.iter());
    // Of pages that are written by their indents, a line begins with the sign.
    let of_indents = written.is_form("pug|jade|haml|slim");
    let mut all = Vec::new();
    for (open, close) in ways {
        for (at, _) in text.match_indices(open).take(super::MAX_PLACES) {
            if text[..at].ends_with(|char: char| char.is_alphanumeric() || char == '_')
                && open.starts_with(char::is_alphabetic)
                || open.starts_with("raw") && text[..at].ends_with('.')
                || matches!(*open, "!= " | "== " | "!{") && !of_indents
            {
                continue;
            }
            let said = match *close {
                "" => argument(&text[at..], open),
                close => {
                    let rest = &text[at + open.len()..];
                    let rest = spans::start(rest, 400);
                    match rest.find(close).or_else(|| (close == ";").then(|| rest.find('\n')).flatten()) {
                        Some(end) => &rest[..end],
                        None => continue,
                    }
                }
            };
            // Another value begins before this one ends.
            let crosses = (close.contains('|') || close.starts_with('.')) && holds(said, "}}|%>|\n");
            let is_opened_twice = *open == "{{" && said.starts_with(['{', '%', '#', '!', '>']);
            if !crosses && !is_opened_twice && !is_harmless(said) {
                all.push(dense(said));
            }
        }
    }
    all
}

/// Whether what is shown is no text of somebody's: a constant, what was made harmless, what a program makes itself.
fn is_harmless(said: &str) -> bool {
    let said = said.trim();
    let is_constant =
        said.chars().all(|char| char.is_ascii_uppercase() || "_.".contains(char) || char.is_ascii_digit());
    let root = said.split(['.', '[', '(']).next().unwrap_or_default();
    let of_constant = root.len() > 1 && root.chars().all(|char| char.is_ascii_uppercase() || char == '_');
    let is_text =
        said.starts_with(['"', '\'', '`']) && !holds(said, "${|#{| + |+ |+'|+\"|.$| . |{$|' % |\" % |.format(");
    let is_made = said.ends_with("Html") || said.ends_with("HTML") || said.ends_with("_html");
    said.is_empty() || is_constant || of_constant || is_text || is_made || holds(&said.to_ascii_lowercase(), HARMLESS)
}

/// The most of the text before that is looked through, in bytes: what is edited in place is no longer.
const MAX_BEFORE: usize = 32 << 10;

/// Whether the text before, without its blanks, showed the same in another way.
fn takes_off(said: &str, before: &str) -> bool {
    let before = spans::start(before, MAX_BEFORE);
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let was_shown = |said: &str| {
        said.len() > 2
            && before
                .match_indices(said)
                .take(super::MAX_PLACES)
                .any(|(at, _)| !before[..at].ends_with(is_part) && !before[at + said.len()..].starts_with(is_part))
    };
    // What is put into a text is named in it.
    let fields = said.split(|char: char| !is_part(char) && !".->".contains(char)).filter(|name| name.len() > 4);
    was_shown(said) || fields.take(16).filter(|name| name.contains(['.', '>'])).any(was_shown)
}

/// Whether what is shown is by its names what somebody else writes.
fn of_people(said: &str) -> bool {
    said.split(|char: char| !char.is_alphanumeric() && char != '_')
        .take(32)
        .any(|name| words(name).iter().any(|word| is(word, OF_PEOPLE)))
}

/// Whether nothing is escaped any more, by a setting or by another library of templates.
fn escapes_no_more(written: &Written<'_>) -> bool {
    let Some(before) = written.before else { return false };
    let (had, has) = (dense(before), dense(&written.text));
    let is_off = |(off, stood): &(&str, &str)| has.contains(off) && !had.contains(off) && had.contains(stood);
    OFF.iter().any(is_off)
        || written.is_form("go")
            && had.contains("\"html/template\"")
            && !has.contains("\"html/template\"")
            && has.contains("\"text/template\"")
        || parts("DOMPurify|sanitizeHtml|rehype-sanitize|rehypeSanitize").any(|cleans| {
            had.contains(cleans) && !has.contains(cleans) && holds(&has, "rehypeRaw|rehype-raw|__html|innerHTML")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_as_it_is_is_seen() {
        for (name, before, text, seen) in [
            ("a.tsx", "<p>{r.body}</p>", "<p dangerouslySetInnerHTML={{ __html: r.body }} />", true),
            (
                "a.tsx",
                "<p>{r.body}</p>",
                "<p dangerouslySetInnerHTML={{ __html: DOMPurify.sanitize(r.body) }} />",
                false,
            ),
            ("a.tsx", "<i/>", "<i dangerouslySetInnerHTML={{ __html: ICONS.check }} />", false),
            ("a.vue", "<p>{{ p.title }}</p>", "<p v-html=\"p.title\"></p>", true),
            ("a.html", "{{ p.title }}", "{{ p.title|safe }}", true),
            ("a.html", "{{ a|safe }}", "{{ a|safe }} {{ b }}", false),
            ("a.erb", "<%= p.title %>", "<%= raw p.title %>", true),
            ("a.ejs", "<%= p.title %>", "<%- p.title %>", true),
            ("a.ejs", "<%= p.title %>", "<%= p.title %>\n<%- include('foot') %>", false),
            ("a.blade.php", "{{ $p->title }}", "{!! $p->title !!}", true),
            ("a.go", "x.Body = c.Body", "x.Body = template.HTML(c.Body)", true),
            ("a.go", "import \"html/template\"", "import \"text/template\"", true),
            ("a.js", "el.textContent = ''", "el.innerHTML = '';", false),
            ("a.js", "el.textContent = note;", "el.innerHTML = note;", true),
            ("a.py", "Environment(autoescape=True)", "Environment(autoescape=False)", true),
        ] {
            let path = format!("/home/you/work/shop/src/{name}");
            assert_eq!(is_shown(&Written::of(text, Some(before), &path)), seen, "{text}");
        }
    }
}
