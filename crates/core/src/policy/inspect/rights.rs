//! Code that asked who somebody is, what they may, or whether there is enough of what they want, and goes on without asking.

use std::collections::HashSet;

use super::source::{code_lines, dense, without_remark};
use crate::policy::lists::{holds, is_any_case, parts};

/// Lines by which what follows is for those alone who may: marks of functions, filters of controllers, rules of routes.
const ONLY_FOR: &str = "@login_required|@permission_required|@user_passes_test|@staff_member_required|@admin_required|@require_role|@requires_auth|\
    @roles_required|@jwt_required|@PreAuthorize(|@Secured(|@RolesAllowed(|[Authorize|@UseGuards(|@Roles(|before_action :authenticate|\
    before_action :require_|before_action :authorize|before_action :ensure_|IsAuthenticated]|IsAdminUser]|LoginRequiredMixin|\
    PermissionRequiredMixin|.hasRole(|.hasAuthority(|.hasAnyRole(|.RequireAuthorization(|#[IsGranted(|->middleware('auth|->middleware('can|\
    authorize!|Gate::authorize|Depends(require_|Depends(get_current_|Security(|.authenticated()|.fullyAuthenticated()|.denyAll()|\
    @require_auth|@require_scope|@require_perm|@require_role|@require_login|@require_admin|@require_user|@requires_|@has_role|@has_permission|\
    @admin_|@auth_|@auth.|@check_permission|@secured|@authorize|\
    ->authorize(|->authorizeResource(|authorizeOrFail(|assertCan(|requirePermission(|checkPermission(|ensureCan(|requireScope(|requireRole(|\
    assertOwner(|ensureOwner(|ensureAuthorized(|enforce(|\
    app.use(helmet|app.use(csrf|app.use(csurf|app.use(rateLimit|app.use(limiter|app.use(requireAuth|app.use(authenticate|app.use(auth|\
    .use(verifyToken|router.use(requireAuth|\
    router.use(auth|.use(passport.authenticate|throttle_classes|@limiter.limit|@ratelimit|@throttle|Throttle(|auth_basic \"|deny all;|\
    require valid-user|Require all denied|AuthType Basic|ssl_verify_client on|limit_req zone|auth_request /|\
    @csrf_protect|protect_from_forgery|verify_authenticity_token|@requires_csrf|[ValidateAntiForgeryToken|@RolesRequired|@Auth(|@RequirePermission|\
    Require ip |Require host |Require group |Require user |Deny from all|satisfy all;|forward_auth |basic_auth {|basic_auth /|basicauth {|basicauth /|ipAllowList|ipWhiteList|\
    whitelist-source-range|allowlist-source-range|auth-type: basic|auth-url: |ssl_verify_client on|SSLVerifyClient require|http-request deny unless|\
    http-request deny if !|@auth.required|@token_required|@require_http_auth|@authenticated|@requires(|\
    throttle('|throttle(\"|blocklist('|blocklist(\"";

/// What a route is given before its handler so that it asks who comes, without blanks.
const MIDDLEWARE: &str = ",requireAdmin,|,requireAuth,|,requireUser,|,requireLogin,|,isAdmin,|,isAuthenticated,|\
    ,ensureAuthenticated,|,ensureAdmin,|,ensureLoggedIn,|,authenticate,|,authenticateToken,|,authorize,|,checkAuth,|\
    ,checkPermission,|,verifyToken,|,adminOnly,|,authMiddleware,|,AuthRequired(),|,RequireAuth,|,RequireAdmin,|,requireAuth(),|\
    ,requireAdmin(),|,requireRole('admin'),|,requireRole(\"admin\"),|,auth,|,protect,";

/// What tells a route or a list of what stands before handlers, what stands there on its own, and what it is called in small letters.
const ROUTES: &str = ".get(|.post(|.put(|.delete(|.patch(|.use(|.all(|.Get(|.Post(|.Put(|.Delete(|.Patch(|.Handle|HandleFunc(|.route(|.Route(|Route::|path(|\
    pipe_through|middleware|Middleware|.Group(|.group(|dependencies|preHandler|beforeEnter|onRequest|canActivate|pre:|guards|.layer(|.wrap(|get '|post '|\
    get \"|post \"|@app.|@router.|Filters|before_action";
const PUTS_BEFORE: &str = ".use(|.Use(|.register(|add_middleware(|middleware.use|middleware.insert|app.Use|plug :|plug |::class,|Middleware'|Middleware\"|\
    before_request|.layer(|.wrap(|addFilterBefore|http.addFilter|Depends(";
const STANDS_BEFORE: &str = "auth|limit|throttl|captcha|csrf|require|ensure|verif|protect|guard|permission|signature|turnstile|attack|helmet|\
    twofactor|two_factor|mfa|isadmin|is_admin|adminonly|admin_only|hasrole|bruteforce|slowdown";

/// What a condition is about that asks for rights, and what a program answers whom it refuses, in small letters.
const RIGHTS: &str = "role|admin|permission|permit|authoriz|authoris|authentic|owner|userid|user_id|user.id|.can(|can?(|scope|allowed|is_staff|\
    is_superuser|req.user|currentuser|current_user|session.user|request.user|logged|principal|tenant|ctx.user|\
    private|loopback|is_internal|isinternal|linklocal|blocked_host|allowed_host|allowedhost|metadata_ip";
const REFUSES: &str = "(401|(403| 401| 403|=401|=403|forbid|unauthori|denied|notauthori|not authori|permissionerror|permissionexception|not allowed|notallowed";

/// What a condition is about that keeps money and what it stands for, or what a machine believes, and what is done where it does not hold.
const LIMITS: &str = "approv|four_eyes|foureyes|second_sign|secondsign|verify_|verify(|signature|checksum|kyc|sanction|fraud|.balance|payout|withdraw|refund|\
    amount >|amount>|amountcents >|amount_cents >|total >|credit_limit|creditlimit|daily_limit|dailylimit|max_amount|maxamount|spend_limit|available|\
    insufficient|out_of_stock|outofstock|stock <|stock<|attempts >|attempts>|consent|\
    interlock|overheat|max_dose|maxdose|over_temp|overtemp|emergency|pressure >|temp >|dose >|rate_limit|ratelimit|is_verified|isverified|user.age|\
    minimum_age|blocklist|blacklist|is_blocked|isblocked|revoked|is_locked|islocked|expired|expiresat|expires_at|hash !=|hash !==|csrf|nonce|tampered";
const STOPS: &str = "throw |raise |revert|panic(|panic!|return err|return false|return null|return none|return esp_|abort|reject|return res.status(4|.status(4|.status(httpstatus.|status: 4|statuscode(4|\
    requireapproval|require_approval|needsapproval|hold(|queueforapproval|return bad|return -|return error|\
    halt|shutdown(|stop_|stop(|return invalid|return nil, err|fmt.errorf|errors.new|bail!|err(|anyhow!|redirect|throw(|http_response_bad|badrequest|exception";

/// Words of a line that keeps it in another form, in small letters.
const STILL_KEEPS: &str = "approv|balance|limit|amount|check|verif|valid|ensure|assert|max|require|available|threshold|quota|signature|guard|enforce|\
    polic|throw|raise|expired|expires|consent|revoked|locked|nonce|clamp|min(";

/// What names a check to have none, in small letters.
const NO_MORE: &str = "skip|disable|bypass|insecure|ignore";

/// Words of a line that asks in another form, in small letters.
const STILL_ASKS: &str = "auth|role|admin|permi|allow|forbid|403|401|guard|protect|require|.can(|can?|policy|scope|owner|denied|ensure|assert|\
    login|staff|tenant|access|awaitcan|(can|!can";

/// What has such words and asks nobody, without blanks.
const ASKS_NOBODY: &[&str] = &[
    "if(false",
    "if(true",
    "false&&",
    "&&false",
    "||true",
    "true||",
    "permitall",
    "allowany",
    "allowanonymous",
    "skip_before",
    "skip_auth",
    "skipauth",
    "skip_around",
    "withoutmiddleware",
    "csrf_exempt",
    "[public]",
    "@public()",
    "noauth",
    "no_auth",
    "allowall",
    "allowfromall",
    "requireallgranted",
    "satisfyany",
    "auth_basicoff",
    "0.0.0.0/0",
    "::/0",
];

/// Most lines of a text that are compared.
const MAX_LINES: usize = 4096;

/// How many lines behind its condition a refusal stands.
const REACH: usize = 4;

/// Whether code that let in those alone who may goes on without asking: what asked is gone, what it stood in is not, and nothing new asks.
pub(super) fn are_given_up(text: &str, before: &str) -> bool {
    if !may_ask(before) {
        return false;
    }
    // What a remark says at the end of a line is for people.
    let code = |text| code_lines(text).map(without_remark).filter(|line| !line.trim().is_empty()).take(MAX_LINES);
    let lines: Vec<&str> = code(before).collect();
    let had: HashSet<String> = lines.iter().map(|line| dense(line)).collect();
    let has: HashSet<String> = code(text).map(dense).collect();
    // Routes that are as they were but for what asked who comes.
    let opened: HashSet<String> =
        had.iter().filter_map(|line| unguarded(line)).filter(|line| has.contains(line)).collect();
    let is_gone = |line: &str| !has.contains(&dense(line));
    let gone = || lines.iter().enumerate().filter(|(_, line)| is_gone(line));
    let asked = gone().any(|(at, line)| {
        holds(line, ONLY_FOR) || puts_before(line) || refuses(&lines[at..], RIGHTS, REFUSES) || turns_away(&lines[at..])
    });
    // What is gone as a whole lets nobody in.
    let stands = |line: &&str| {
        !defines(line) || !is_gone(line) || unguarded(&dense(line)).is_some_and(|line| opened.contains(&line))
    };
    let asks = |line: &String| {
        let lower = line.to_ascii_lowercase();
        (holds(&lower, STILL_ASKS) || holds(line, ONLY_FOR)) && !ASKS_NOBODY.iter().any(|word| lower.contains(word))
    };
    let thinned = thinned(gone().map(|(_, line)| *line), code(text).filter(|line| !had.contains(&dense(line))));
    let new = || has.iter().filter(|line| !had.contains(*line) && !opened.contains(*line) && !thinned.contains(*line));
    let stands_elsewhere = |line: &String| holds(&line.to_ascii_lowercase(), STANDS_BEFORE) && asks(line);
    if !thinned.is_empty() && !new().any(stands_elsewhere) {
        return true;
    }
    if (asked || !opened.is_empty()) && lines.iter().all(stands) && !new().any(asks) {
        return true;
    }
    let keeps = |line: &String| {
        let lower = line.to_ascii_lowercase();
        holds(&lower, STILL_KEEPS) && !holds(&lower, NO_MORE) && !ASKS_NOBODY.iter().any(|word| lower.contains(word))
    };
    // A step that goes with its check is another matter than one that stays.
    gone().any(|(at, _)| refuses(&lines[at..], LIMITS, STOPS)) && lines.iter().all(stands) && !new().any(keeps)
}

/// Whether code may ask for rights: most of what is changed refuses nobody.
fn may_ask(code: &str) -> bool {
    let stands_before = || {
        holds(code, "uth|equire|dmin|rotect|heck|erif|imit|aptcha|srf|hrottl|ttack|elmet|uard|nsure|ermission|ignature")
    };
    holds(code, ONLY_FOR) || (holds(code, ROUTES) || holds(code, PUTS_BEFORE)) && stands_before() || {
        let lower = code.to_ascii_lowercase();
        holds(&lower, REFUSES) || holds(&lower, STOPS) && holds(&lower, LIMITS)
    }
}

/// Whether lines begin with a condition on one of these things, and go on with a refusal.
fn refuses(lines: &[&str], of: &str, refusals: &str) -> bool {
    const STARTS: &[&str] = &["if ", "if(", "unless ", "guard ", "} else if", "abort_if", "abort_unless", "assert "];
    let Some(first) = lines.first().map(|line| line.trim_start().to_ascii_lowercase()) else { return false };
    let is_condition = STARTS.iter().any(|start| first.starts_with(start)) || holds(&first, " unless | if ");
    is_condition
        && holds(&first, of)
        && lines.iter().take(REACH).any(|line| holds(&line.to_ascii_lowercase(), refusals))
}

/// Whether lines begin with a condition on whatever it be, and turn somebody away who is not let in. Who asks what another machine answered
/// is turned away itself.
fn turns_away(lines: &[&str]) -> bool {
    const AWAY: &str = "(401|(403|unauthorized|forbidden|accessdenied|access denied|permissiondenied|errforbidden|errunauth|:unauthorized|:forbidden|notauthorized";
    const ANSWERED: &str = "401|403|status|forbidden|denied|unauthor|catch|response|error";
    lines.first().is_some_and(|line| !holds(&line.to_ascii_lowercase(), ANSWERED)) && refuses(lines, "", AWAY)
}

/// Whether a line puts something before all handlers that asks who comes, or slows them down: what routes go where is another matter.
fn puts_before(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    holds(line, PUTS_BEFORE)
        && holds(&lower, STANDS_BEFORE)
        && !holds(&lower, "router|routes|controller|import |'/auth|\"/auth")
}

/// Those of the new lines, without blanks, that are a route of before but for something that stood before its handler.
fn thinned<'l>(gone: impl Iterator<Item = &'l str>, new: impl Iterator<Item = &'l str>) -> HashSet<String> {
    let gone: Vec<&str> = gone.filter(|line| holds(line, ROUTES)).take(super::MAX_PLACES).collect();
    if gone.is_empty() {
        return HashSet::new();
    }
    let is_thinner = |line: &&str| gone.iter().any(|old| is_thinner(line, old));
    new.take(super::MAX_PLACES).filter(is_thinner).map(dense).collect()
}

/// Whether a line has the names of another one in their order, and none of those that stood before the handler.
fn is_thinner(line: &str, old: &str) -> bool {
    let names = |line| -> Vec<&str> {
        let is_part = |char: char| char.is_alphanumeric() || char == '_';
        str::split(line, move |char: char| !is_part(char)).filter(|name| !name.is_empty()).collect()
    };
    let (now, had) = (names(line), names(old));
    let mut left = now.iter().peekable();
    let gone: Vec<&&str> = had.iter().filter(|name| left.next_if_eq(name).is_none()).collect();
    let protects = |name: &&&str| {
        let lower = name.to_ascii_lowercase();
        holds(&lower, STANDS_BEFORE) && !holds(&lower, NO_MORE) && !is_switched_off(old, name)
    };
    !now.is_empty() && left.peek().is_none() && gone.iter().any(protects)
}

/// Whether a line gives a name a word by which it protects nothing: `verify=False`, `auth: false`.
fn is_switched_off(line: &str, name: &str) -> bool {
    const OFF: &str = "false|none|null|nil|no|off|undefined";
    let values = line
        .match_indices(name)
        .filter_map(|(at, _)| line[at + name.len()..].trim_start_matches(['"', '\'', ' ']).strip_prefix(['=', ':']));
    let is_off = |value: &str| {
        let value = value.trim_start_matches(['>', ' ', '"', '\'']);
        let word = value.split(|char: char| !char.is_alphanumeric()).next().unwrap_or_default();
        is_any_case(word, OFF) || word == "0"
    };
    values.into_iter().take(super::MAX_PLACES).any(is_off)
}

/// A route without what asks who comes, where it has such.
fn unguarded(line: &str) -> Option<String> {
    parts(MIDDLEWARE).find(|name| line.contains(*name)).map(|name| line.replacen(name, ",", 1))
}

/// Whether a line begins something that has a name: with it goes what stood in it.
pub(super) fn defines(line: &str) -> bool {
    const BEGINS: &str =
        "function |def |fn |func |fun |class |=> {|) => |public |private |.get(|.post(|.put(|.delete(|.patch(";
    // A part of a web server's settings has a name as well.
    const PARTS: &str =
        "location |<Location|<Directory|<Files|<VirtualHost|server {|handle |handle_path |frontend |backend |upstream ";
    let start = line.trim_start();
    holds(line, BEGINS) && !start.starts_with("if") || parts(PARTS).any(|part| start.starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_in_whoever_comes_is_seen() {
        let middleware = "function requireAdmin(req, res, next) {\n  if (!req.user || req.user.role !== 'admin') {\n    return res.status(403).end();\n  }\n  next();\n}";
        for (before, text, lets_in) in [
            (middleware, "function requireAdmin(req, res, next) {\n  // TODO: re-enable\n  next();\n}", true),
            (
                middleware,
                "function requireAdmin(req, res, next) {\n  if (!can(req.user, 'admin')) return res.status(403).end();\n  next();\n}",
                false,
            ),
            (middleware, "function health(req, res) {\n  res.end('ok');\n}", false),
            (middleware, "", false),
            ("  if (order.userId !== req.user.id) throw new ForbiddenError();\n", "", true),
            ("@login_required\ndef orders(request):", "def orders(request):", true),
            ("@login_required\ndef orders(request):", "@permission_required('orders')\ndef orders(request):", false),
            ("router.delete('/users/:id', requireAdmin, remove);", "router.delete('/users/:id', remove);", true),
            (
                "router.delete('/users/:id', requireAdmin, remove);",
                "router.delete('/users/:id', requireOwner, remove);",
                false,
            ),
            ("router.delete('/users/:id', requireAdmin, remove);", "router.get('/health', health);", false),
            ("    r = requests.post(url, json=body, verify=False)", "    r = requests.post(url, json=body)", false),
            ("permission_classes = [IsAdminUser]", "permission_classes = [AllowAny]", true),
            ("  if (items.length === 0) return res.status(404).end();", "", false),
            (".anyRequest().authenticated())", ".anyRequest().permitAll())", true),
            (
                "  if (amount > account.balance) {\n    throw new Error('no');\n  }\n  pay(amount);",
                "  pay(amount);",
                true,
            ),
            (
                "  if (amount > account.balance) {\n    throw new Error('no');\n  }\n  pay(amount);",
                "  ensureFunds(account, amount);\n  pay(amount);",
                false,
            ),
        ] {
            assert_eq!(are_given_up(text, before), lets_in, "{before}\n->\n{text}");
        }
    }
}
