//! Who is made somebody that may do everything: by the arguments of a tool, or by a statement for a database.

use super::arguments::Arguments;
use super::call::{TRIED, speaks};
use crate::policy::lists::{holds, is, letters};

const ADMINISTRATORS: &str = "admin|admins|administrator|administrators|owner|owners|superuser|superusers|superadmin|superadmins|\
    sysadmin|root|wheel|sudo|globaladmin|orgadmin|accountadmin|securityadmin|useradmin|dbowner";

/// What a role is called, in lower case and letters alone, and what is true of an administrator.
const AS: &str = "role|roles|rolename|rolenames|roleid|roleids|rolekey|roleslug|permission|permissions|permissionlevel|accesslevel|\
    access|usertype|accounttype|group|groups|groupname|groupnames|orgrole|privilege|privileges|userrole|accessrole|profile|level";
const SWITCHES: &str = "isadmin|admin|issuperuser|superuser|isowner|isadministrator|siteadmin|grantadmin";

/// Whether a value stands for somebody who may do everything.
fn is_administrator(value: &str) -> bool {
    speaks(value, ADMINISTRATORS)
}

/// Whether the arguments of a call say so of whom it makes or changes.
pub(super) fn are_given(given: &Arguments<'_>) -> bool {
    given.values(AS).any(is_administrator) || given.is_on(SWITCHES)
}

/// Whether a text of SQL makes an administrator: sets it in somebody's row, adds one that says so, or grants it.
pub(super) fn are_made(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.split(';').any(|statement| {
        let mut words = statement.split_whitespace();
        match words.next() {
            Some("update" | "merge" | "with") => {
                let set = statement.split_once(" set ").map_or("", |(_, rest)| rest);
                let set = set.split(" where ").next().unwrap_or_default();
                set.split(',').filter_map(|part| part.split_once('=')).any(|(name, value)| says_so(name, value))
            }
            Some("insert") => {
                let (columns, values) = statement.split_once("values").unwrap_or((statement, statement));
                let names_role = columns.split(|char: char| !char.is_alphanumeric() && char != '_').any(|word| {
                    is(&letters(word), AS) || word.split('_').any(|word| is(word, "role|roles|admins|administrators"))
                });
                names_role
                    && values
                        .split('\'')
                        .skip(1)
                        .step_by(2)
                        .any(|literal| literal.len() <= 32 && is_administrator(literal))
            }
            Some("grant") => words.by_ref().take(2).any(is_administrator),
            _ => false,
        }
    })
}

/// Whether a text of SQL gives rights to everybody who has an account, whatever a database calls them. What is only tried, by the name of what
/// it is given on, is nobody's.
pub(super) fn let_everybody(text: &str) -> bool {
    const EVERYBODY: &str = "allusers|allauthenticatedusers|public|rolepublic|grouppublic|users|accountusers|allaccountusers|everyone|everybody|\
        groupusers|groupeveryone|authenticatedusers|groupaccountusers|grouppublicusers|anon|anonymous|guest|usersaccountusers|loginpublic|domainusers|\
        allemployees|principalusers|specialgroupallusers|specialgroupallauthenticatedusers";
    text.split(';').any(|statement| {
        let lines = statement.lines().filter(|line| !line.trim_start().starts_with("--"));
        let dense = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ").to_ascii_lowercase();
        let grant = dense.strip_prefix("grant ").or_else(|| {
            dense.strip_prefix("alter default privileges ").and_then(|rest| rest.split_once("grant ")).map(|(_, it)| it)
        });
        let Some((given, to)) = grant.and_then(|grant| grant.rsplit_once(" to ")) else { return false };
        let to = to.split(" with ").next().and_then(|to| to.split(" copy ").next()).unwrap_or_default();
        let of_everybody = |who: &str| is(&letters(who), EVERYBODY);
        let tried = given.split_once(" on ").is_some_and(|(_, on)| speaks(on, TRIED));
        !tried && to.split(',').any(of_everybody)
    })
}

/// Columns by which somebody proves who they are: what is put there, and what is on where it is asked for.
const PROOFS: &str = "passwordhash|hashedpassword|encryptedpassword|passworddigest|pwdhash|password|passwd|passhash|bcrypthash|passwordhashed";
const FACTORS: &str = "mfaenabled|mfa|twofactorenabled|twofaenabled|2faenabled|istwofactorenabled|totpenabled|otpenabled|otprequired|\
    otprequiredforlogin|mfarequired|requiremfa|twofactor|webauthnenabled|has2fa|hasmfa|twofactorauth";
const FACTOR_SECRETS: &str =
    "mfasecret|totpsecret|otpsecret|twofactorsecret|totpkey|twofactorconfirmedat|mfaconfirmedat|webauthnid|twofasecret";

/// Tables of what somebody proves it by.
const FACTOR_TABLES: &str = "mfa|totp|otp|webauthn|passkey|passkeys|2fa|authenticator|authenticators";

/// Signs that nobody's account is meant.
const NOBODYS: &str = "test|demo|seed|dev@|qa@|qa+|localhost|fixture|dummy|staging";

/// Whether a text of SQL lets somebody sign in as somebody else: it puts another password there, or asks for no second proof any more.
pub(super) fn take_over(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    /// Those who are above a company's own administrators.
    const ABOVE: &str = "'superadmin'|'super_admin'|'superuser'|'sysadmin'|'root'|'globaladmin'|'global_admin'";
    !holds(&lower, NOBODYS) && (holds(&lower, ABOVE) && are_made(&lower) || lower.split(';').any(takes_over))
}

/// Whether the arguments of a call put another password into somebody's record.
pub(super) fn sign_in(given: &Arguments<'_>) -> bool {
    given.is_given("passwordhash|hashedpassword|encryptedpassword|passworddigest|pwdhash|passhash")
        && !holds(given.raw, NOBODYS)
}

fn takes_over(statement: &str) -> bool {
    let mut words = statement.split_whitespace();
    match words.next() {
        Some("update") => {
            let set = statement.split_once(" set ").map_or("", |(_, rest)| rest);
            let (set, whose) = set.split_once(" where ").unwrap_or((set, ""));
            // What is made of a column of the same row is nobody's new password.
            let told = |name: &str, value: &str| {
                let (name, value) = (letters(name.rsplit('.').next().unwrap_or_default()), value.trim());
                let is_off = is(value, "false|0|null|'f'|'false'|'0'|'off'|'disabled'");
                is(&name, PROOFS) && value.contains('\'') && !value.starts_with("''")
                    || is(&name, FACTORS) && is_off
                    || is(&name, FACTOR_SECRETS) && value.starts_with("null")
            };
            !whose.is_empty()
                && set.split(',').filter_map(|part| part.split_once('=')).any(|(name, value)| told(name, value))
        }
        Some("delete") => {
            let table = words.nth(1).unwrap_or_default();
            table.split(['.', '_', '"']).any(|part| is(part, FACTOR_TABLES)) && !holds(statement, "expire|created|used")
        }
        _ => false,
    }
}

/// Whether a text of SQL ends the transaction that it is kept in, and goes on to write: what was to be read only is not.
pub(super) fn breaks_out(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let dense: String = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    const LETS_WRITE: &str = "transaction read write|transaction_read_only = off|transaction_read_only=off|\
        transaction_read_only to off|transaction_read_only = false|transaction_read_only = 0|query_only = off|\
        query_only=off|query_only = 0|query_only=0|'default_transaction_read_only', 'off'";
    let mut statements = dense.split(';').map(str::trim).filter(|statement| !statement.is_empty());
    let ends = statements.next().is_some_and(|first| {
        is(first, "commit|rollback|end|abort|commit work|rollback work|commit transaction|rollback transaction|end transaction")
    });
    let writes = |statement: &str| {
        let first = statement.split(' ').next().unwrap_or_default();
        is(first, "update|insert|delete|drop|alter|create|grant|truncate|copy|do|merge|call|set|revoke|begin")
    };
    ends && statements.any(writes) || holds(&dense, LETS_WRITE)
}

/// Whether what a column is set to is what an administrator has in it.
fn says_so(name: &str, value: &str) -> bool {
    let name = letters(name.rsplit('.').next().unwrap_or_default());
    let value = value.trim();
    let (literal, bare) =
        (value.strip_prefix('\'').and_then(|rest| rest.split('\'').next()), value.split_whitespace().next());
    is(&name, AS) && literal.is_some_and(is_administrator)
        || is(&name, SWITCHES) && (matches!(bare, Some("true" | "1")) || matches!(literal, Some("t" | "true" | "1")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_made_an_administrator_is_seen() {
        for (text, made) in [
            ("UPDATE users SET role = 'admin' WHERE email = 'a@x.example' RETURNING id, role", true),
            ("update accounts set name = 'x', is_admin = true where id = 7", true),
            ("insert into user_roles (user_id, role) values (7, 'owner')", true),
            ("insert into admins (email) values ('admin@x.example')", true),
            ("GRANT admin TO dev", true),
            ("update users set last_seen = now() where role = 'admin'", false),
            ("update users set role = 'member' where id = 7", false),
            ("update users set is_admin = false where id = 7", false),
            ("insert into notes (text) values ('admin')", false),
            ("select role from users where role = 'admin'", false),
        ] {
            assert_eq!(are_made(text), made, "{text}");
        }
    }

    #[test]
    fn who_signs_in_as_somebody_else_is_seen() {
        for (text, taken) in [
            ("UPDATE users SET mfa_enabled = false WHERE email = 'owner@shop.example'", true),
            ("update auth.users set encrypted_password = crypt('x', gen_salt('bf')) where id = 7", true),
            ("delete from auth.mfa_factors where user_id = 7", true),
            ("update users set role = 'superadmin' where email = 'kim@x.example'", true),
            ("update users set role = 'member' where role = 'superadmin'", false),
            ("update users set totp_secret = null where id = 7", true),
            ("update users set password_hash = '$2b$12$x' where email = 'test@shop.example'", false),
            ("update users set mfa_enabled = true where id = 7", false),
            ("update users set password_hash = legacy_hash where id = 7", false),
            ("delete from otp_codes where expires_at < now()", false),
            ("update users set name = 'x' where mfa_enabled = false", false),
        ] {
            assert_eq!(take_over(text), taken, "{text}");
        }
    }
}
