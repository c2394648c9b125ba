//! Code that takes people's rows out of a database and writes them to where a server or a page gives them to whoever asks.

use super::arguments::words;
use super::persons;
use super::served;
use super::source::{Written, code_lines, dense};
use crate::policy::lists::{holds, is};

/// Where rows come from, by how code asks for them.
const ROWS: &str = "select |SELECT |findMany(|find_each|findAll(|find_all|.all(|::all|.Query(|.query(|fetchall|.ToList|find({|.find()|.pluck(|.select(|\
    .objects.|Repo.all|->get()|all()|read_sql|.execute(|.load::<|query_as|.get_results|.Find(&|.values_list(|cursor|aggregate(|scan(";

/// How a file is written.
const WRITES: &str = "CSV.open(|File.write|File.open(|writeFile|createWriteStream|open(|File::put(|Storage::|file_put_contents(|fputcsv|fopen(|os.Create(|\
    os.WriteFile(|Files.write|FileWriter(|WriteAllText|StreamWriter(|.to_csv(|.to_json(|.to_excel(|File.write!(|File::create|fs::write|write_csv|\
    WriteAllLines|writeAsString|csv.writer(|COPY (|copy (|.storeAs(|Bun.write(|.write_text(|.save(|OUTFILE|outputFile|write_parquet|writeText(|psql |mysql |> ";

/// What names a server's public folder without its path.
const FOLDERS: &str = "public_path|Rails.public_path|WebRootPath|disk('public')|disk(\"public\")|STATIC_ROOT|staticDir|publicDir|PUBLIC_DIR|app.static_folder|\
    static_folder|ContentRootPath,\"wwwroot|join('public'|join(\"public\"|join('static'|join(\"static\"|'public','|\"public\",\"|,'public',|,\"public\",|\
    DOCUMENT_ROOT|priv_dir(:|getRealPath(\"/|webapp_dir|web_root|webroot|/usr/share/nginx/html|/var/www/";

/// Forms of files of data, and what hides whose a row is.
const DATA: &str = ".csv|.json|.xlsx|.sql|.zip|.tsv|.parquet|.ndjson|.jsonl|.xml|.txt|.gz|.html|.xls|.db|.sqlite";
const HIDES: &str = "anonymi|Anonymi|pseudonym|sha256|hashlib|mask|Mask|redact|faker|Faker|synthetic|count(*)|COUNT(*)|group by|GROUP BY|.count()";

/// What a page is made of, and is nobody's.
const OF_PAGES: &str = "locale|i18n|/lang|translation|schema|manifest|openapi|swagger|sitemap";

/// Columns besides those of [`persons`] that make a row somebody's.
const OWN: &str = "password|passwordhash|encryptedpassword|firstname|card";

/// Whether code writes what is known of people into a public folder.
pub(super) fn are_people(written: &Written<'_>) -> bool {
    const FORMS: &str = "js|mjs|cjs|ts|mts|py|rb|rake|php|go|rs|java|kt|cs|ex|exs|sh|scala|swift|ipynb|pl";
    written.is_form(FORMS)
        && !written.is_tried()
        && written.holds("public|static|www|html|WebRoot|webroot|STATIC|DOCUMENT_ROOT|downloads")
        && written.gains(|text| {
            holds(text, ROWS) && holds(text, WRITES) && !holds(text, HIDES) && goes_public(text) && knows_people(text)
        })
}

/// Whether a line of code names a file of data in a folder whose files everybody may load.
fn goes_public(text: &str) -> bool {
    code_lines(text).take(4096).any(|line| {
        let is_file = |literal: &str| holds(literal, DATA) && served::is_public(literal);
        holds(line, DATA)
            && !holds(line, OF_PAGES)
            && (line.split(['"', '\'', '`', ' ', '>', '=', '(', ',']).any(is_file) || holds(&dense(line), FOLDERS))
    })
}

/// Whether code names two things that are known of people, one of which is somebody's alone.
fn knows_people(text: &str) -> bool {
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let named = code_lines(text).take(4096).flat_map(|line| line.split(move |char| !is_part(char)));
    let names = named.filter(|name| (2..=24).contains(&name.len())).map(|name| {
        let words = words(name);
        // What asks an object for a column is called after it.
        let from = usize::from(words.first().is_some_and(|word| word == "get") && words.len() > 1);
        words[from..].concat()
    });
    let mut known: Vec<String> = names.filter(|name| persons::is_known(name) || is(name, OWN)).collect();
    known.sort_unstable();
    known.dedup();
    known.len() > 1 && known.iter().any(|name| persons::is_sure(name) || is(name, OWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_who_are_laid_open_are_seen() {
        for (name, text, seen) in [
            (
                "a.mjs",
                "const u = await db.user.findMany();\nfs.writeFileSync('public/u.json', s(u.map(({ name, email }) => x)));",
                true,
            ),
            (
                "a.mjs",
                "const u = await db.user.findMany();\nfs.writeFileSync('tmp/u.json', s(u.map(({ name, email }) => x)));",
                false,
            ),
            (
                "a.mjs",
                "const p = await db.page.findMany();\nfs.writeFileSync('public/p.json', s(p.map(({ slug }) => x)));",
                false,
            ),
            (
                "a.rb",
                "CSV.open(Rails.public_path.join('e.csv'), 'w') { |c| User.find_each { |u| c << [u.name, u.email] } }",
                true,
            ),
        ] {
            let path = format!("/home/you/work/shop/jobs/{name}");
            assert_eq!(are_people(&Written::of(text, None, &path)), seen, "{text}");
        }
    }
}
