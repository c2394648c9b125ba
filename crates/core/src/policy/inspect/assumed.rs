//! Who somebody is and what they may, taken for granted where a program asked: an answer that is always yes, a role that stands in the text,
//! a policy that allows what nothing forbids, a name that a request tells of itself.

use std::collections::HashSet;

use super::arguments::words;
use super::source::{Written, code_lines, dense, folded, is_prose, is_test, without_remark};
use crate::policy::lists::{holds, is, letters, parts};

const DATA: &str = "json|lock|css|scss|less|html|svg|csv|tsv|xml|map|snap|toml|po|pot|sum|yml|yaml|md|txt";

/// What a line speaks of that asks who somebody is, in small letters.
const ASKS: &str = "role|admin|permi|authoriz|authoris|authentic|owner|user_id|userid|.can(|can?(|scope|allowed|is_staff|is_superuser|is_active|logged|\
    principal|tenant|verif|compare|password|signature|hmac|digest|claims|policy|grant|member|csrf|token|access|credential|bcmp|memcmp|is_valid|isvalid";

/// Answers that are always yes, in small letters and without blanks.
const YES: &str = "returntrue|returntrue;|return1;|return1|return;|returnnext()|returnnext();|next();|next()|returnnil|true|ok(())|returnok(());|returnok(())|\
    conn|returnnull;|returnnone|=>true|=>true;|returnok|return0;|returnpass|returnallow|return{allowed:true}|return{allowed:true};|\
    returntrue,nil|returnnil,nil|returnsuccess|returnpromise.resolve(true);|returntask.fromresult(true);|c.next()|returntrue}|pass|yestrue";

/// Names of what somebody is or may, in letters alone, and values by which they are and may all.
const STANDING: &str = "role|roles|userrole|isadmin|admin|isauthenticated|authenticated|isauthorized|isauthorised|authorized|authorised|allowed|isallowed|isstaff|\
    issuperuser|permitted|ispermitted|verified|isverified|valid|isvalid|ok|match|matches|hasaccess|canaccess|haspermission|canedit|candelete|passwordok|\
    passwordvalid|passwordmatches|signaturevalid|validsignature|isowner|isloggedin|loggedin|granted|accessgranted|trusted|istrusted|ispasswordvalid|\
    istokenvalid|tokenvalid|isvalidsignature|isvalidpassword|scopes|permissions|isinternal|csrfvalid|ismember";
const ALL: &str =
    "true|admin|superadmin|owner|root|superuser|administrator|all|roleadmin|roleroot|roleowner|adminrole|useradmin";

/// What lets in everybody by a switch of its own.
const SWITCHES: &str = "bypass|skipauth|authbypass|bypassauth|disableauth|skiplogin|skipverif|skipcheck|skippermission|skipsignature|noauth|allowall|\
    disablecsrf|skipcsrf|disablepermission|forceadmin|godmode|trustall|acceptall|ignoresignature|ignoreauth";

/// By which nobody is asked whether a request is their own, without blanks.
const UNASKED: &str = "@csrf_exempt|csrf_exempt(|csrf->csrf.disable()|csrf().disable()|csrf(AbstractHttpConfigurer::disable)|csrf{disable()}|csrf(c->c.disable())|\
    csrf{it.disable()}|CsrfConfigurer::disable|skip_before_action:verify_authenticity_token|skip_before_filter:verify_authenticity_token|skip_forgery_protection|\
    [IgnoreAntiforgeryToken|WTF_CSRF_ENABLED=False|WTF_CSRF_ENABLED']=False|WTF_CSRF_ENABLED\"]=False|csrf_protection'=>false|csrf_protection:false|\
    csrf.exempt|@csrf.exempt|protect_from_forgerywith::null_session|csrf:false|csrfProtection:false|enableCsrf:false|CSRF_ENABLED=False|checkOrigin:false";

/// Where no browser's session stands behind a request, in small letters.
const NO_SESSION: &str = "webhook|hook|callback|stateless|bearer|oauth2resourceserver|/api/|signature|hmac|apikey|api_key|graphql|jwt|token_auth|tokenauth|stripe|csp-report|jsonwebtoken";

/// How a program gets to know who somebody is by what a request tells of itself, in small letters and without blanks.
const TELLS_ITSELF: &str = "x-user-id|x-user|x-userid|x-role|x-user-role|x-email|x-user-email|x-admin|x-tenant-id|x-customer-id|x_user_id|x-account-id|http_x_user|x-authenticated-user|\
    x-forwarded-user|x-remote-user|req.query.userid|req.query.user_id|req.body.userid|req.body.user_id|req.body.role|req.body.isadmin|params[:user_id]|\
    params[:role]|request.args['user_id|request.args.get('user|request.args.get(\"user|$_get['user|$_cookie['user|$_get['uid|request.cookies['user|\
    request.cookies.get('user|cookies[:user_id]|req.cookies.userid|req.cookies.role|req.query.role|r.url.query().get(\"user|r.header.get(\"x-user|\
    request.json['user_id|params[\"user_id|header(\"x-user|headers['x-user|headers['x-role|headers[\"x-user";

/// How it gets to know it by what was proved, in small letters and without blanks.
const PROVED: &str = "req.auth|.auth.|verif|decode|session|claims|current_user|currentuser|req.user|request.user|principal|jwt|auth()->|auth::|getuser(|oauth|token|identity|authenticat|ctx.user|\
    context.user|locals.user|locals.current|subject|assigns";

/// Whether a text takes for granted what the one before it asked for.
pub(super) fn are_taken_for_granted(written: &Written<'_>) -> bool {
    if is_test(written.path) || is_prose(written.name()) {
        return false;
    }
    if written.is_form("rego|cedar|polar") {
        return written.gains(allows_all);
    }
    if written.is_form(DATA) {
        return false;
    }
    let Some(before) = written.before else { return false };
    let (gone, new) = changed(before, &written.text);
    says_yes(&gone, &new, written)
        || stands_in_text(&gone, &new)
        || begins_as_all(&gone, &new)
        || lets_all_pass(&gone, &new, written)
        || asks_no_more(written)
        || believes_itself(&gone, &new)
}

/// The lines of code that are gone, and those that are new.
fn changed<'t>(before: &'t str, text: &'t str) -> (Vec<&'t str>, Vec<&'t str>) {
    let lines = |text| -> Vec<&str> {
        code_lines(text).map(without_remark).map(str::trim).filter(|line| !line.is_empty()).take(4096).collect()
    };
    let (had, has) = (lines(before), lines(text));
    let (old, now): (HashSet<&str>, HashSet<&str>) = (had.iter().copied().collect(), has.iter().copied().collect());
    (
        had.iter().filter(|line| !now.contains(*line)).copied().collect(),
        has.iter().filter(|line| !old.contains(*line)).copied().collect(),
    )
}

/// Whether a policy allows what nothing forbids.
fn allows_all(text: &str) -> bool {
    let dense: String = code_lines(text).map(|line| dense(without_remark(line)) + "\n").collect();
    let by_default = "defaultallow:=true|defaultallow=true|defaultauthorized=true|defaultauthorized:=true|defaultdeny:=false|defaultdeny=false|\
        defaultallowed:=true|defaultallowed=true|permit(principal,action,resource);|allow:=true\n|allow=true\n|allow{true}|allowif{true}|allowiftrue\n|\
        allow(_,_,_);|allow(_actor,_action,_resource);|allow{\ntrue\n}|allowif{\ntrue\n}";
    holds(&format!("{dense}\n"), by_default) && !dense.contains("defaultdeny:=false\nallow")
}

/// Whether what answered by asking answers yes to everybody: all that is new are such answers.
fn says_yes(gone: &[&str], new: &[&str], written: &Written<'_>) -> bool {
    let is_yes = |line: &&str| is(folded(line).trim_end_matches(','), YES);
    let is_only_bracket = |line: &str| !line.contains(|char: char| char.is_alphanumeric());
    let answers = |line: &&str| {
        let lower = line.to_ascii_lowercase();
        holds(&lower, ASKS)
            && !is_yes(line)
            && (holds(&lower, "return|=>|guard |if |unless |raise|throw|assert|->") || line.contains("=="))
    };
    // A function whose arguments nobody reads any more is written with other names for them, or throws them away.
    let says_nothing =
        |line: &str| is_only_bracket(line) || is_unused(line) || is_head(line) && told_at_once(line).is_none();
    let told: Vec<&&str> = new.iter().filter(|line| !says_nothing(line)).collect();
    let is_called = |list: &str| {
        let mut named = code_lines(&written.text).filter(|line| is_head(line));
        named.any(|line| words(name_of(line)).iter().any(|word| is(word, list)))
    };
    let of_rights = || holds(&written.path.to_ascii_lowercase(), "polic|permission|guard|authz|abilit|/auth|acl|rbac");
    // By its name alone such a function asks, whatever it does for that.
    let asks_itself =
        || is_called(STRICT) && gone.iter().any(|line| line.contains('(') && !super::rights::defines(line));
    let says = |line: &&&str| {
        is_yes(line) || is_condition_of_all(line) || told_at_once(line).is_some_and(|answer| is(answer.as_str(), YES))
    };
    let is_plain = |line: &&str| {
        is(
            folded(line).as_str(),
            "return;|next();|next()|returnnil|returnnull;|returnnone|return0;|pass|conn|true|returnok",
        )
    };
    !told.is_empty()
        && told.iter().all(says)
        && (gone.iter().any(answers) || asks_itself())
        && (is_called(CHECKS)
            || of_rights()
            || told.iter().any(|line| !is_plain(line))
            || gone.iter().any(|line| holds(&line.to_ascii_lowercase(), "forbid|unauthor|denied|403|401")))
}

/// Words of names of functions that ask who somebody is.
const CHECKS: &str = "check|verify|verifies|validate|authorize|authorise|authenticate|can|may|allowed|permitted|permission|permissions|has|require|requires|guard|ensure|assert|\
    access|admin|auth|signature|password|owns|owner|is";

const STRICT: &str = "signature|signatures|signed|authentic|genuine|hmac|digest|checksum|authenticity|can|allowed|authorize|authorise|authorized|authorised|permitted|permission|permissions|verify|verified|authenticate|authenticated|\
    owns|authz|forbidden|entitled";

/// Whether a line begins something that has a name: of C it begins with what it gives.
fn is_head(line: &str) -> bool {
    const GIVES: &str = "bool |int |static |esp_err_t |psa_status_t |uint8_t |uint32_t |int32_t |void |BOOL |NSInteger |size_t |long |unsigned |- (|+ (|inline |status_t |\
        fih_ret |enum |struct |override |internal |open |protected |async |pub |export ";
    super::rights::defines(line)
        || line.contains('(') && !line.ends_with(';') && parts(GIVES).any(|gives| line.starts_with(gives))
}

/// What a function answers whose line begins it and ends it: `fun isValid(t: String) = true`, `bool Verify(…) => true;`.
fn told_at_once(line: &str) -> Option<String> {
    let behind = &line[line.rfind(')')? + 1..];
    let whole = behind.split_once("=>").or_else(|| behind.split_once('=')).or_else(|| behind.split_once('{'));
    // A type that is told ends before the answer.
    let answer = folded(whole?.1).trim_end_matches(['}', ';']).to_owned();
    (is_head(line) && !answer.is_empty()).then_some(answer)
}

/// Whether a line throws an argument away: `(void)sig;`, `_ = sig`, `let _ = sig;`.
fn is_unused(line: &str) -> bool {
    ["(void)", "(void) ", "_ = ", "let _ = ", "_ =", "UNUSED(", "Q_UNUSED(", "ARG_UNUSED("]
        .iter()
        .any(|start| line.starts_with(start))
}

/// What a line that begins a function says before what that is given. Go names whose it is in brackets first.
fn name_of(line: &str) -> &str {
    let line =
        line.trim_start().strip_prefix("func (").and_then(|rest| rest.split_once(')')).map_or(line, |(_, rest)| rest);
    line.split('(').next().unwrap_or_default()
}

/// Whether a condition holds for everybody.
fn is_condition_of_all(line: &str) -> bool {
    const ALWAYS: &str = "if(true)return|iftrue:return|iftrue{|if(1)return|if(true){|if1:return|returntrueiftrue|if(!false)return|returniftrue|iftrue{return|nextiftrue";
    parts(ALWAYS).any(|always| folded(line).starts_with(always))
}

/// Whether what somebody is or may stands in the text where it was asked for.
fn stands_in_text(gone: &[&str], new: &[&str]) -> bool {
    let asked: HashSet<String> =
        gone.iter().filter_map(|line| given(line)).filter(|(_, value)| is_asked(value)).map(|(name, _)| name).collect();
    new.iter().any(|line| {
        let Some((name, value)) = given(line) else { return false };
        let is_all = is(&letters(value), ALL) && value.len() < 40 && !value.contains('(');
        is(&name, STANDING) && is_all && asked.contains(&name)
    })
}

/// Whether who is new begins as somebody who may do everything, where it was somebody else: `role.default('admin')`.
fn begins_as_all(gone: &[&str], new: &[&str]) -> bool {
    const ROLES: &str = "role|accesslevel|access_level|usertype|user_type|accounttype|account_type";
    const SWITCHES: &str = "isadmin|is_admin|issuperuser|is_superuser|isstaff|is_staff|superuser";
    let begins = |line: &str| -> Option<(bool, bool)> {
        let line = line.to_ascii_lowercase();
        let (_, value) = line.split_once("default")?;
        let is_role = holds(&line, ROLES);
        let value = value.trim_start_matches("_value").trim_start_matches(|char: char| " (:='\"`>".contains(char));
        let end = value.find(|char: char| !char.is_alphanumeric() && !"._".contains(char)).unwrap_or(value.len());
        let word = letters(value[..end].trim_end_matches(".value").rsplit('.').next().unwrap_or_default());
        let is_all = if is_role { is(&word, ALL) && word != "true" } else { is(&word, "true|1") };
        (is_role || holds(&line, SWITCHES)).then_some((is_role, is_all))
    };
    let had: Vec<(bool, bool)> = gone.iter().filter_map(|line| begins(line)).collect();
    new.iter().filter_map(|line| begins(line)).any(|(role, all)| all && had.contains(&(role, false)))
}

/// The name that a line gives something to, in letters alone, and what.
fn given(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.split_once(":=").or_else(|| line.split_once('=').or_else(|| line.split_once(": ")))?;
    if value.starts_with(['=', '>', '~']) || name.ends_with(['!', '<', '>', '=']) || name.contains(" if ") {
        return None;
    }
    let name = name.split(':').next().unwrap_or_default();
    let name = name
        .trim()
        .split(',')
        .next()?
        .rsplit([' ', '.', '>', '"', '\'', '$', '[', '@'])
        .find(|part| letters(part).len() > 1)?;
    Some((letters(name), value.trim().trim_end_matches([';', ','])))
}

/// Whether a value is asked of something: a call, a field.
fn is_asked(value: &str) -> bool {
    value.contains(['(', '.', '[', '>']) && !value.starts_with(['"', '\''])
}

/// Whether a switch of its own, or a condition that always holds, lets everybody pass.
fn lets_all_pass(gone: &[&str], new: &[&str], written: &Written<'_>) -> bool {
    let is_on = |line: &&str| {
        given(line).is_some_and(|(name, value)| {
            holds(&name, SWITCHES) && is(&value.to_ascii_lowercase(), "true|1|yes|on") && !name.contains("cache")
        })
    };
    if new.iter().any(is_on) && !written.is_tried() {
        return true;
    }
    const TRIVIAL: [&str; 12] = [
        "||true)",
        "||true{",
        "(true||",
        "ortrue:",
        "ortrue)",
        "&&false)",
        "&&false{",
        "andfalse:",
        "andfalse)",
        "if(false&&",
        "iffalseand",
        "||1)",
    ];
    new.iter().any(|line| {
        let line = folded(line);
        let asks = || holds(&line, ASKS) || holds(&line, "user|sig|auth|secret");
        line.starts_with(['i', 'u', '}', 'e', 'r', 'g']) && TRIVIAL.iter().any(|it| line.contains(it)) && asks()
    }) || new.iter().any(|line| is_condition_of_all(line))
        && gone
            .iter()
            .any(|line| holds(&line.to_ascii_lowercase(), "denied|forbid|unauthor|403|401|permission|not allowed"))
}

/// Whether nobody is asked any more whether a request is their own.
fn asks_no_more(written: &Written<'_>) -> bool {
    if written.is_tried() || !written.holds("csrf|Csrf|CSRF|forgery|Forgery|authenticity|Antiforgery|checkOrigin") {
        return false;
    }
    let is_off = |text: &str| holds(&code_lines(text).map(dense).collect::<String>(), UNASKED);
    let has_none = || {
        let said = [written.path, written.before.unwrap_or_default(), &written.text].map(str::to_ascii_lowercase);
        said.iter().any(|text| holds(text, NO_SESSION))
    };
    written.gains(is_off) && !has_none()
}

/// Whether who somebody is is told by the request itself, where it was proved.
fn believes_itself(gone: &[&str], new: &[&str]) -> bool {
    const WHO: &str = "user|role|tenant|account|owner|principal|customer|identity|admin";
    let proved = |line: &&str| holds(&folded(line), PROVED) && !holds(&folded(line), TELLS_ITSELF);
    let tells = |line: &&str| {
        let line = folded(line);
        holds(&line, TELLS_ITSELF) && holds(&line, "=|return|:") && holds(&line, WHO)
    };
    let still = |line: &&str| holds(&folded(line), "verif|hmac|signature|trusted|jwt");
    gone.iter().any(proved) && new.iter().any(tells) && !new.iter().any(still)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_for_granted_is_seen() {
        for (name, before, text, seen) in [
            (
                "a.py",
                "def has_permission(r):\n    return r.user.is_staff",
                "def has_permission(r):\n    return True",
                true,
            ),
            ("a.py", "def is_empty(r):\n    return len(r) == 0", "def is_empty(r):\n    return True", false),
            ("a.java", "if (!rel.exists(u, p)) {\n  throw new AccessDeniedException();\n}", "if (true) return;", true),
            ("a.ts", "const role = claims.role;", "const role = 'admin';", true),
            ("a.ts", "const role = claims.role;", "const role = claims.role ?? 'viewer';", false),
            ("a.ts", "const label = t('role');", "const label = 'admin';", false),
            ("a.rego", "default allow := false", "default allow := true", true),
            ("a.rego", "default allow := true", "default allow := false", false),
            ("a.py", "@require_POST\ndef pay(r):", "@csrf_exempt\n@require_POST\ndef pay(r):", true),
            ("a.py", "def hook(r):", "@csrf_exempt\ndef stripe_webhook(r):", false),
            ("a.ts", "const userId = session.userId;", "const userId = req.headers['x-user-id'];", true),
            ("a.ts", "if (!user.isAdmin) return deny();", "if (!user.isAdmin && false) return deny();", true),
        ] {
            let path = format!("/home/you/work/shop/src/{name}");
            assert_eq!(are_taken_for_granted(&Written::of(text, Some(before), &path)), seen, "{text}");
        }
    }
}
