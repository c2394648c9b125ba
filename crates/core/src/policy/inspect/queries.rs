//! Queries that were asked with values beside them, and now have the values within: whoever writes the value writes the query.

use super::source::{Written, code_lines, is_test};
use crate::policy::lists::{holds, parts};
use crate::policy::spans;

const FORMS: &str = "js|mjs|cjs|ts|tsx|jsx|mts|cts|py|go|rs|rb|php|java|kt|kts|scala|cs|dart|swift|ex|exs|vue|svelte|groovy|vb|pl|pm|lua|cr|cc|cpp|clj|sql";

/// What stands before a value in a query, in small letters.
const BEFORE_VALUE: &str = "=|<|>|like|ilike|in|values|between|and|limit|offset|,|concat|any|by|against|regexp|rlike";

/// What tells that a text is a query, in small letters, and how far before the value.
const QUERY: &str = "select |insert into|update |delete from| where |where(|whereraw|.raw(|order by|having";
const REACH: usize = 320;

/// The longest beginning of a template that is looked back over, in bytes.
const TEMPLATE: usize = 4 << 10;

/// Calls by which a query is made without being written.
const BUILT: &str = ".where(|.filter(|filter_by(|.findMany(|.findOne(|.findUnique(|.findFirst(|.eq(|.objects.|.find_by(|.andWhere(|.find(|\
    prepareStatement(|.prepare(|setParameter(|.bind(|bindValue(|.bindParam(";

/// What begins a value within a text, by how languages write it.
const SPLICES: &str =
    "${|#{|\\(|{|\" +|' +|\"+|'+|` +|`+|\" ..|' ..|\"..|'..|\" .|' .|\".|'.|\" &|\" <<|\").append(|%s|%d|%v|%q|%+v|$";

/// The same in a procedure of a database.
const IN_SQL: [&str; 2] = ["' || ", "'||"];

/// What tells that a program chooses by what a query is ordered, in small letters.
const CHOSEN: &str = "allowed|sortable|whitelist|allowlist|permitted|includes(|.has(|contains(|in_array(|orderby[|columns[|sorts[|sort_columns|sortcolumns|\
    quote_ident|quoteident|identifier(|order_map|ordermap|%i";

/// What somebody asked, as it stands in such a value.
const ASKED: &str = "req.|request.|params[|params.|$_GET|$_POST|$_REQUEST|ctx.query|c.Query(|r.URL|r.FormValue|searchParams|_GET[|_POST[|_REQUEST[";

/// Whether a query takes its values into its own text where it had them beside it, or takes what a request says.
pub(super) fn are_spliced(written: &Written<'_>) -> bool {
    if !written.is_form(FORMS)
        || is_test(written.path)
        || !written.holds("select|SELECT|Select|where|WHERE|Where|insert|INSERT|delete|DELETE|update|UPDATE")
    {
        return false;
    }
    let now = Values::of(&written.text);
    let had = written.before.map(Values::of).unwrap_or_default();
    let was_built = || written.before.is_some_and(|before| holds(before, BUILT));
    let orders = |text: &str| holds(text, "order by|ORDER BY|Order By");
    let chooses = |text: &str| holds(&text.to_ascii_lowercase(), CHOSEN);
    let orders_as_asked = || {
        now.spliced > 0
            && now.spliced >= had.spliced
            && written.before.is_some_and(|before| orders(&written.text) && chooses(before) && !chooses(&written.text))
    };
    // As many marks as there are values are no value.
    let marks_places =
        || holds(&written.text, "laceholder|strings.Repeat(|Repeat(\"?|\"?,\"|'?,'|join(\"?|'?').join|'?' *|\"?\" *");
    now.asked > had.asked
        || orders_as_asked()
        || written.before.is_some()
            && !marks_places()
            && now.spliced > had.spliced
            && (now.bound < had.bound || was_built() && had.bound == 0)
}

/// How many values the queries of a text have beside them, within, and of these straight from a request.
#[derive(Default)]
struct Values {
    bound: usize,
    spliced: usize,
    asked: usize,
}

impl Values {
    fn of(text: &str) -> Self {
        let code = code_lines(text).collect::<Vec<_>>().join("\n");
        let lower = code.to_ascii_lowercase();
        let mut values = Self::default();
        if !holds(&lower, QUERY) {
            return values;
        }
        let mut end = 0;
        for (at, char) in code.char_indices().filter(|(_, char)| "$#\\{\"'`%?:@".contains(*char)) {
            if at < end || !is_value(&lower, at) {
                continue;
            }
            let rest = &code[at..];
            if is_bound(&code, at, char) {
                values.bound += 1;
            } else if let Some(splice) = parts(SPLICES).chain(IN_SQL).find(|splice| rest.starts_with(splice)) {
                let inside = rest[splice.len()..].trim_start_matches([' ', '{', '(']);
                if splices(&code, at, splice, inside) {
                    values.spliced += 1;
                    values.asked += usize::from(parts(ASKED).any(|asked| inside.starts_with(asked)));
                }
                end = at + splice.len();
            }
        }
        values
    }
}

/// Whether a place is where a query has a value.
fn is_value(lower: &str, at: usize) -> bool {
    let near = spans::before(lower, at, REACH);
    let before = near.trim_end_matches([' ', '\'', '"', '%', '(', '\\', '\n', '|']);
    let led = parts(BEFORE_VALUE).any(|word| {
        before.strip_suffix(word).is_some_and(|rest| {
            !word.as_bytes()[0].is_ascii_alphabetic()
                || !rest.ends_with(|char: char| char.is_alphanumeric() || char == '_')
        })
    });
    led && holds(near, QUERY)
}

/// Whether what stands here is told beside the query: `$1`, `?`, `:id`, `@id`, `%s`, or a value of a template that is called.
fn is_bound(code: &str, at: usize, first: char) -> bool {
    let next = code[at + first.len_utf8()..].bytes().next().unwrap_or_default();
    match first {
        '$' if next == b'{' => is_tagged(code, at),
        '{' => is_interpolated(code, at),
        '$' => next.is_ascii_digit(),
        '?' => true,
        ':' | '@' => next.is_ascii_alphabetic(),
        '%' => (next == b's' || next == b'(') && !is_formatted(code, at),
        _ => false,
    }
}

/// Whether the template that a value stands in is handed to a function, which binds it.
fn is_tagged(code: &str, at: usize) -> bool {
    let near = spans::before(code, at, TEMPLATE);
    let Some((before, _)) = near.rsplit_once('`') else { return false };
    before.ends_with(|char: char| char.is_alphanumeric() || "_)]".contains(char))
        || before.ends_with('>') && !before.ends_with("=>")
}

/// Whether the text that a value stands in is handed to a call of C#'s that binds it.
fn is_interpolated(code: &str, at: usize) -> bool {
    let near = spans::before(code, at, REACH);
    holds(near, "Interpolated($|ExecuteSql($|FromSql($|SqlQuery<") && near.contains("$\"")
}

/// Whether a place ends a text that stands beside a query, and is none: `"%" + name`.
fn is_beside(code: &str, at: usize, quote: char) -> bool {
    let near = spans::before(code, at, REACH);
    let beside = |(before, text): (&str, &str)| {
        text.trim_matches(['%', ' ']).is_empty() && before.trim_end().ends_with([',', '[', '{'])
    };
    near.rsplit_once(quote).is_some_and(beside)
}

/// Whether the text around a place is put together by a format.
fn is_formatted(code: &str, at: usize) -> bool {
    let before = spans::before(code, at, REACH);
    let behind = spans::behind(code, at, REACH);
    let behind = behind.split_once(['\n', ';']).map_or(behind, |(line, _)| line);
    holds(before, "printf(|String.format(|Sprintf(") || holds(behind, "\" % |' % |\" %(|.formatted(|\"\"\" %")
}

fn splices(code: &str, at: usize, splice: &str, inside: &str) -> bool {
    if splice.starts_with(['"', '\'', '`']) && splice.chars().next().is_some_and(|quote| is_beside(code, at, quote)) {
        return false;
    }
    let is_name = inside.starts_with(|char: char| char.is_alphabetic() || char == '_' || char == '$');
    let near = || spans::before(code, at, REACH);
    match splice {
        "' || " | "'||" => is_name && !inside.starts_with("quote_") && near().to_ascii_lowercase().contains("execute"),
        "%s" | "%d" | "%v" | "%q" | "%+v" => is_formatted(code, at),
        "{" if inside.starts_with(['}', ':']) => near().contains("format!("),
        "{" => holds(near(), "f\"|f'|$\"|$@\"|format!(") && is_name || is_formatted_later(code, at),
        "$" => is_name && near().contains('"'),
        _ => is_name,
    }
}

/// Whether braces are filled by a call behind the text.
fn is_formatted_later(code: &str, at: usize) -> bool {
    spans::behind(code, at, REACH).contains(".format(")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_move_into_a_query_are_seen() {
        for (name, before, text, seen) in [
            (
                "a.py",
                "db.fetch(\"SELECT a FROM t WHERE id = $1\", id)",
                "db.fetch(f\"SELECT a FROM t WHERE id = {id}\")",
                true,
            ),
            (
                "a.py",
                "db.execute('SELECT a FROM t WHERE id = %s', (id,))",
                "db.execute('SELECT a FROM t WHERE id = %s' % id)",
                true,
            ),
            (
                "a.ts",
                "db.query('SELECT a FROM t WHERE id = ?', [id])",
                "db.query('SELECT a FROM t WHERE id = ' + id)",
                true,
            ),
            ("a.ts", "sql`SELECT a FROM t WHERE id = ${id}`", "db.query(`SELECT a FROM t WHERE id = ${id}`)", true),
            ("a.ts", "db.query(`SELECT a FROM t WHERE id = ${id}`)", "sql`SELECT a FROM t WHERE id = ${id}`", false),
            (
                "a.go",
                "db.Query(\"SELECT a FROM t WHERE id = ?\", id)",
                "db.Query(fmt.Sprintf(\"SELECT a FROM t WHERE id = '%s'\", id))",
                true,
            ),
            ("a.rb", "User.where(name: name)", "User.where(\"name = '#{name}'\")", true),
            (
                "a.go",
                "db.Query(`SELECT a FROM t WHERE n ILIKE '%' || $1 || '%'`, q)",
                "db.Query(\"SELECT a FROM t WHERE n ILIKE '%\" + q + \"%'\")",
                true,
            ),
            (
                "a.ts",
                "db.query(`SELECT a FROM t ORDER BY ${ALLOWED[sort]}`)",
                "db.query(`SELECT a FROM t ORDER BY ${sort}`)",
                true,
            ),
            (
                "a.php",
                "$db->prepare('SELECT a FROM t WHERE id = ?')",
                "$db->query('SELECT a FROM t WHERE id = ' . $id)",
                true,
            ),
            (
                "a.py",
                "db.fetch(\"SELECT a FROM t WHERE id = $1\", id)",
                "db.fetch(f\"SELECT a FROM {table} WHERE id = $1\", id)",
                false,
            ),
            (
                "a.py",
                "db.fetch(\"SELECT a FROM t WHERE id = $1\", id)",
                "db.fetch(\"SELECT a, b FROM t WHERE id = $1\", id)",
                false,
            ),
        ] {
            let path = format!("/home/you/work/shop/src/{name}");
            assert_eq!(are_spliced(&Written::of(text, Some(before), &path)), seen, "{text}");
        }
        let path = "/home/you/work/shop/src/a.js";
        assert!(are_spliced(&Written::of("db.query(`SELECT a FROM t WHERE id = ${req.query.id}`)", None, path)));
        assert!(!are_spliced(&Written::of("db.query('SELECT a FROM t WHERE id = $1', [req.query.id])", None, path)));
    }
}
