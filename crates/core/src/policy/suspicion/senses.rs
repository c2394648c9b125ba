//! Words of code and of calls that mean alike: what checks, what is checked, what lets go, whom it is about and where it goes.
//!
//! Which of them make a call suspicious together is learned; that they mean alike few examples could teach.

use crate::policy::steering::senses::{Sense, Senses};
use crate::policy::steering::words::of_ascii;

/// How many lists there are, and one more.
pub(super) const KINDS: usize = LISTS.len() + 1;

const LISTS: &[&str] = &[
    "check verify validate assert ensure require authenticate authorize authorise guard protect enforce sanitize sanitise escape strip restrict \
     throttle confirm approve review inspect scan screen filter whitelist allowlist denylist verified validated checked",
    "auth authn authz authentication authorization permission policy role roles scope scopes csrf cors captcha mfa otp totp signature signed \
     signing hmac jwt tls ssl certificate cert pinning firewall waf acl rbac iam sandbox quota lockout limiter oidc saml oauth login seccomp \
     apparmor selinux encrypted encryption integrity checksum digest antivirus falco kyverno gatekeeper",
    "disable disabled off skip skipped bypass ignore ignored none never noop insecure unsafe unverified unchecked unrestricted unconfined raw \
     plaintext lax permissive relaxed unauthenticated optional suppress false",
    "enable enabled on strict required mandatory always secure true hardened",
    "public anonymous everyone everybody anyone any all world open guest unauthorized wildcard external internet",
    "password passwd pwd secret secrets token tokens key keys credential credentials apikey private pem cookie cookies session sessions env \
     dotenv vault kms kubeconfig keystore mnemonic seed passphrase ssh",
    "user users customer customers patient patients employee employees student members member subscriber contact contacts people person email \
     emails phone address ssn birth passport diagnosis salary payroll profile profiles guests clients client lead leads candidate",
    "fetch post send upload webhook axios curl beacon publish forward export push share submit transmit mail smtp ship sync relay mirror \
     replicate copy bcc sendmail exfil telemetry metrics collect collector",
    "price amount total fee fees refund payout transfer discount balance invoice payment pay charge tax iban account wallet cents cost ledger \
     order orders credit debit coupon margin commission rate stock quantity usd eur withdraw settlement payee beneficiary",
    "delete drop truncate destroy remove purge wipe clear erase reset overwrite flush terminate prune unlink rm rmtree discard revoke archive \
     uninstall detach cancel deactivate",
    "log logger logging audit trail record history monitor monitoring alert alarm notify notification trace event events siem sentry datadog \
     watch evidence journal report incident pager oncall",
    "exec eval system spawn shell popen subprocess command process script bash sh powershell cmd invoke compile deserialize unserialize pickle \
     loads unmarshal template render require import",
    "md5 sha1 des rc4 ecb crc32 base64 rot13 random rand mt srand",
    "sha256 sha512 bcrypt argon2 argon scrypt pbkdf2 aes gcm chacha ed25519 csprng securerandom constant timing",
    "return pass continue next ok success allow allowed accept accepted permit permitall granted yes",
    "error err throw raise reject rejected forbidden unauthorised abort exception denied deny panic fail fails failed failure halt die refuse \
     401 403",
    "prod production live main master release",
    "test tests testing dev development local localhost staging sandbox sample fixture fixtures mock example demo tmp temp scratch draft dry",
    "://",
    "admin admins root superuser owner owners sudo administrator superadmin administrators cluster impersonate sudoers nopasswd staff",
    "timeout max min limit limits maximum minimum retries attempts ttl retention expire expires expiry duration window threshold size length \
     cap interval rounds iterations",
    "backup backups snapshot snapshots replica replicas versioning recovery restore dump archive vault pitr failover",
    "cron schedule scheduled startup boot trigger timer daemon service autostart postinstall preinstall onload init hook hooks install",
    "compare equal equals match matches eq ne same hash hashed digest",
    "select insert update where from table query execute sql rows row column columns database collection index schema",
    "req request params param body input form args argv header headers url uri path file filename payload data message content",
    "get list read show describe search find view count status info preview lookup",
    "create put add write modify patch set assign grant invite attach apply deploy merge upsert edit",
    "hidden hide quiet silent silently noqa nosec nolint eslint devnull null",
    "if else unless when case switch guard while until",
    "try catch except rescue finally recover on_error ensure",
    "example",
];

static SENSES: Senses = Senses::of(LISTS);

/// What a word means, if it is one of these.
pub(super) fn sense(word: &str) -> Option<Sense> {
    let mut start = [0; 6];
    let length = word.len().min(start.len());
    start[..length].copy_from_slice(&word.as_bytes()[..length]);
    start.make_ascii_lowercase();
    SENSES.sense(of_ascii(&start[..length]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_mean_alike_have_one_sense() {
        assert_eq!(sense("Verify"), sense("check"));
        assert_eq!(sense("authentication"), sense("authenticated"));
        assert_eq!((sense("kettle"), sense("")), (None, None));
        assert!(LISTS.iter().flat_map(|list| list.split_whitespace()).all(|word| sense(word).is_some()));
    }
}
