//! Code of a server that lets whoever asks do what only its keeper may: it runs what a request says, or answers with its whole environment.
//!
//! What a request says may be an argument of many a call; it is a door where it is the program itself. Where it goes as a part
//! of something longer is followed in `flows.rs`.

use super::source::{Written, code_lines, dense, is_test};
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;

/// How a language speaks of it.
struct Speech {
    /// The ends of its files' names.
    files: &'static str,
    /// What runs a program or code, without blanks.
    runs: &'static str,
    /// How what somebody asked begins.
    asked: &'static str,
    /// An answer with the whole environment, without blanks.
    answers: &'static str,
    /// The same of what a function gives back, where the text has one of [`ROUTES`].
    returns: &'static str,
}

const SPEECHES: &[Speech] = &[
    Speech {
        files: "js|mjs|cjs|ts|tsx|jsx|mts|cts",
        runs: "exec(|execSync(|spawn(|spawnSync(|execa(|execaCommand(|eval(|newFunction(|execFile(|execFileSync(|execAsync(|\
            runInThisContext(|runInNewContext(|Bun.spawn([|Deno.Command(|$.raw(",
        asked: "req.|request.|ctx.req|c.req|ctx.query|ctx.body|event.body|event.query|url.searchParams|searchParams.get(|\
            JSON.parse(req|JSON.parse(event|params.get(|h.req|body.|msg.content|message.content|interaction.options",
        answers: "json(process.env)|json({env:process.env|json({...process.env|res.send(process.env)|reply.send(process.env)|\
            json(Bun.env)|json(Deno.env.toObject()|json(c.env)|ctx.body=process.env;|body:process.env}|\
            res.end(JSON.stringify(process.env|res.write(JSON.stringify(process.env|text(JSON.stringify(process.env|\
            Response(JSON.stringify(process.env|send(JSON.stringify(process.env|html(JSON.stringify(process.env|body:JSON.stringify(process.env)",
        returns: "=>process.env)|returnprocess.env;",
    },
    Speech {
        files: "py",
        runs: "os.system(|os.popen(|eval(|exec(|subprocess.run(|subprocess.call(|subprocess.Popen(|check_output(|check_call(|getoutput(|\
            create_subprocess_shell(|import_module(|__import__('os').system(|__import__(\"os\").system(|__import__('os').popen(|\
            __import__(\"os\").popen(|__import__('subprocess').getoutput(|__import__('subprocess').check_output(",
        asked: "request.|flask.request.|self.request.|self.get_argument(|event[|event.get(|message.content|update.message.text|ctx.message",
        answers: "jsonify(dict(os.environ|jsonify(os.environ)|jsonify(**os.environ|JsonResponse(dict(os.environ|JSONResponse(dict(os.environ|\
            HttpResponse(os.environ|HttpResponse(str(os.environ|HttpResponse(json.dumps(dict(os.environ|Response(json.dumps(dict(os.environ|\
            self.write(dict(os.environ|web.json_response(dict(os.environ",
        returns: "returndict(os.environ)|returnos.environ\n|return{**os.environ|return{\"env\":dict(os.environ|returnjson.dumps(dict(os.environ|\
            returnstr(os.environ",
    },
    Speech {
        files: "rb|ru|rake",
        runs: "system|exec|eval|Open3.capture2|Open3.capture2e|Open3.capture3|IO.popen|instance_eval|`#{",
        asked: "params|request.",
        answers: "renderjson:ENV.to_h|renderjson:ENV\n|renderplain:ENV.|jsonENV.to_h|json(ENV.to_h|renderinline:ENV.",
        returns: "ENV.to_h.to_json|ENV.to_json",
    },
    Speech {
        files: "go",
        runs: "exec.Command(|exec.CommandContext(ctx,|exec.CommandContext(r.Context(),|exec.CommandContext(c,",
        asked: "r.URL.|r.FormValue(|r.PostFormValue(|r.Form|req.URL.|req.FormValue(|c.Query(|c.Param(|c.PostForm(|c.FormValue(|c.QueryParam(|\
            ctx.Query(|string(body)|r.Header.",
        answers: "Encode(os.Environ()|Fprintln(w,os.Environ()|Fprint(w,os.Environ()|Fprintf(w,\"%v\",os.Environ()|JSON(200,os.Environ()|\
            JSON(http.StatusOK,os.Environ()|c.JSON(os.Environ()|strings.Join(os.Environ(),\"\\n\")))",
        returns: "",
    },
    Speech {
        files: "java|kt|kts|scala|groovy",
        runs: "getRuntime().exec(|ProcessBuilder(|GroovyShell().evaluate(|.eval(",
        asked: "request.getParameter(|req.getParameter(|request.getHeader(|body.|payload.get(|call.receiveText(|call.parameters[|call.request.",
        answers: "ok(System.getenv()|ResponseEntity.ok(System.getenv|call.respond(System.getenv()",
        returns: "returnSystem.getenv();|returnSystem.getenv()\n|=System.getenv()\n",
    },
    Speech {
        files: "cs",
        runs: "Process.Start(|CSharpScript.EvaluateAsync(",
        asked: "Request.|request.|context.Request.|ctx.Request.|body.",
        answers: "Ok(Environment.GetEnvironmentVariables()|Json(Environment.GetEnvironmentVariables()|=>Environment.GetEnvironmentVariables()",
        returns: "returnEnvironment.GetEnvironmentVariables()",
    },
    Speech {
        files: "rs",
        runs: "Command::new(|Command::new(\"sh\").arg(\"-c\").arg(|Command::new(\"bash\").arg(\"-c\").arg(",
        asked: "body|&body|payload.|query.|params.|&params|&query",
        answers: "Json(std::env::vars()|Json(env::vars()|json(std::env::vars()|json(env::vars()|json(&std::env::vars()",
        returns: "",
    },
    Speech {
        files: "php|phtml",
        runs: "",
        asked: "",
        answers: "json_encode($_ENV|json_encode(getenv())|print_r($_ENV|var_dump($_ENV|print_r(getenv())|json($_ENV|json(getenv())|json($_SERVER)",
        returns: "",
    },
];

/// What says that a function answers requests.
const ROUTES: &str = ".get('/|.get(\"/|.route('/|.route(\"/|.all('/|.all(\"/|.post('/|.post(\"/|GetMapping|RequestMapping|PostMapping|HttpGet|\
    HttpPost|get '/|get \"/|@GET|api_view|def index|def show|defineEventHandler|.use('/";

/// A shell that is told to run what follows.
const SHELLS: &str = "sh|bash|/bin/sh|/bin/bash|zsh|cmd|cmd.exe|powershell|-c|-lc|/c|/C|-Command";

/// Most variables that hold what somebody asked.
const MAX_VARIABLES: usize = 16;

/// What whoever asks gets from a server by a text, and did not by the one before it.
pub(super) fn open(written: &Written<'_>) -> Option<&'static str> {
    let speech = SPEECHES.iter().find(|speech| written.is_form(speech.files))?;
    let is_php = speech.files.starts_with("php");
    if !is_test(written.path) && written.gains(|text| splits_names(text) || is_php && calls_unnamed(text)) {
        return Some(UNNAMED);
    }
    let hints = "exec|eval|spawn|subprocess|check_|import_module|system|open|environ|ENV|.env|getenv|Environ|env::vars|Command|Process|Function(|runIn|capture|EvaluateAsync|$.raw|`#{";
    if !written.holds(hints) || is_test(written.path) {
        return None;
    }
    let found = speech.opened(&written.text)?;
    (written.before.and_then(|before| speech.opened(before)) != Some(found)).then_some(found)
}

/// Whether code puts the name of what runs a text together from pieces: nobody does but to keep it from being found.
fn splits_names(text: &str) -> bool {
    const NAMES: &str = "'eval'|'system'|'exec'|'assert'|'shell_exec'|'passthru'|'child_process'|'base64_decode'|'Function'|'execSync'|'popen'";
    const JOINTS: [&str; 6] = ["'+'", "' + '", "\"+\"", "\" + \"", "' . '", "'.'"];
    if !JOINTS.iter().any(|joint| text.contains(joint)) {
        return false;
    }
    let dense = dense(text).replace('"', "'");
    let count = |text: &str| parts(NAMES).map(|name| text.matches(name).count()).sum::<usize>();
    count(&dense.replace("'+'", "").replace("'.'", "")) > count(&dense)
}

/// What is found where nobody can read which function it is that a request's words are given to.
const UNNAMED: &str = "runs what somebody asks";

/// Whether what a request says is decoded, or given as it is, for a function whose name a variable holds that was put together:
/// `$f = base64_decode('…'); $f($_COOKIE['x'])`.
fn calls_unnamed(text: &str) -> bool {
    const GIVEN: &str = "($_COOKIE|($_POST|($_REQUEST|($_GET|($_SERVER[|($_FILES|(file_get_contents('php://input|(file_get_contents(\"php://input";
    const DECODED: &str =
        "(base64_decode|(gzinflate|(gzuncompress|(str_rot13|(hex2bin|(strrev|(urldecode|(stripslashes|(openssl_decrypt";
    const MADE: &str = "base64_decode(|strrev(|str_rot13(|hex2bin(|gzinflate(|chr(|implode(|str_replace(|'|\"|pack(|substr(|convert_uudecode(";
    if !text.contains("$_") && !text.contains("php://input") {
        return false;
    }
    let dense = dense(text);
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
    parts(GIVEN).flat_map(|given| dense.match_indices(given)).take(super::MAX_PLACES).any(|(at, _)| {
        let before = &dense[..at];
        let inner = parts(DECODED).find_map(|decoder| before.strip_suffix(decoder));
        let before = inner.unwrap_or(before);
        let Some(called) = before.rfind(|char| !is_part(char)).filter(|at| before[*at..].starts_with('$')) else {
            return false;
        };
        let name = format!("{}=", &before[called..]);
        let is_made = |at: usize| parts(MADE).any(|made| dense[at..].starts_with(made));
        let mut set = dense.match_indices(&name).take(super::MAX_PLACES);
        !before[..called].ends_with(['>', ':', '('])
            && before.len() > called + 1
            && set.any(|(at, _)| is_made(at + name.len()))
    })
}

impl Speech {
    fn opened(&self, text: &str) -> Option<&'static str> {
        let lines: Vec<&str> = code_lines(text).collect();
        let dense: String = lines.iter().map(|line| dense(line) + "\n").collect();
        // What stands in a text that speaks of such answers is none.
        let is_done = |at: usize| !dense[..at].ends_with(['"', '\'', '|']);
        let answers = |list: &str| {
            parts(list)
                .filter(|it| !it.is_empty())
                .any(|it| dense.match_indices(it).take(super::MAX_PLACES).any(|(at, _)| is_done(at)))
        };
        if answers(self.answers) || answers(self.returns) && holds(text, ROUTES) {
            return Some("its whole environment for whoever asks");
        }
        self.runs_asked(&lines, &dense).then_some("a shell for whoever asks")
    }

    /// Whether something is run that a request tells, at once or by a variable that holds it.
    fn runs_asked(&self, lines: &[&str], dense: &str) -> bool {
        if self.runs.is_empty() || ![self.asked, ROUTED, MARKS, PARTS].iter().any(|asked| holds(dense, asked)) {
            return false;
        }
        let held = lines.iter().flat_map(|line| self.held(line));
        let variables: Vec<&str> = held.chain(taken(lines)).take(MAX_VARIABLES).collect();
        let handlers = if self.files.starts_with("js") { handlers(dense) } else { Vec::new() };
        let asks = |given: &str| {
            let given = unwrapped(given);
            if is_of_handler(given, &handlers) {
                return true;
            }
            parts(self.asked).any(|asked| given.starts_with(asked))
                || variables.iter().any(|name| {
                    given.strip_prefix(*name).is_some_and(|rest| {
                        !rest.starts_with(|char: char| char.is_alphanumeric() || "_(=".contains(char))
                    })
                })
        };
        const WHOSE: &str = "child_process.|childProcess.|child_process').|child_process\").|cp.|vm.|subprocess.|asyncio.|importlib.|process::|await|return|new";
        parts(self.runs).any(|call| {
            dense.match_indices(call).take(super::MAX_PLACES).any(|(at, _)| {
                // A pattern is executed too: `/a/.exec(req.url)`; and so is a query.
                let of = &dense[..at];
                let of_other = of.ends_with(|char: char| char.is_alphanumeric() || "_.".contains(char));
                let is_own = !(of_other || of.ends_with("::"))
                    || parts(WHOSE).any(|whose| of.ends_with(whose))
                    || call.starts_with("getRuntime");
                is_own && asks(&dense[at + call.len()..])
            })
        })
    }

    /// The names that a line gives to what somebody asked: `const { cmd } = req.body`, `cmd = request.args['cmd']`.
    fn held<'l>(&self, line: &'l str) -> Vec<&'l str> {
        let Some((names, value)) = line.split_once(":=").or_else(|| line.split_once('=')) else { return Vec::new() };
        let dense = dense(value);
        if value.starts_with(['=', '>']) || !parts(self.asked).any(|asked| unwrapped(&dense).starts_with(asked)) {
            return Vec::new();
        }
        let is_part = |char: char| char.is_alphanumeric() || char == '_';
        let names = names.split(|char: char| !is_part(char));
        names
            .filter(|name| !name.is_empty() && !is(name, "const|let|var|val|String|string|final|auto|mut|err|await"))
            .collect()
    }
}

/// How a part of a request is named, whatever it is called itself.
const PARTS: &str = ".body.|.query.|.params.|.body[|.query[|.params[";

/// Whether what is given is a part of what a handler was asked, whatever it calls that: `(q, s) => exec(q.body.c)`.
fn is_of_handler(given: &str, handlers: &[&str]) -> bool {
    let end = given.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(given.len());
    let (name, rest) = given.split_at(end);
    handlers.contains(&name) && parts(PARTS).any(|part| rest.starts_with(part))
}

/// What the functions of JavaScript that code hands on call the first thing they are given.
fn handlers(dense: &str) -> Vec<&str> {
    const LONGEST: usize = 80;
    let arrows = dense.match_indices("=>").take(super::MAX_PLACES).filter_map(|(at, _)| {
        let given = spans::before(dense, at, LONGEST).strip_suffix(')')?;
        given.rfind('(').map(|open| &given[open + 1..])
    });
    let functions = dense.match_indices("function(").take(super::MAX_PLACES).map(|(at, word)| {
        let given = &dense[at + word.len()..];
        spans::start(given, LONGEST)
    });
    let first = |given: &'_ str| given.find([',', ')', ':']).unwrap_or(given.len());
    arrows.chain(functions).map(|given| &given[..first(given)]).filter(|name| !name.is_empty()).collect()
}

/// How the marks begin by which a function of Python's answers requests.
pub(super) const ROUTED: &str = "@app.|@router.|@bp.|@api.|@blueprint.|@route(";

/// Marks of single arguments that are given what a request says.
pub(super) const MARKS: &str = "@RequestParam|@RequestBody|@PathVariable|@RequestHeader|@QueryParam|@QueryValue|@Query(|@Body(|[FromQuery]|[FromBody]|[FromRoute]|\
    [FromForm]|[FromHeader]";

/// The names of the arguments by which handlers of requests are given what these say: those of a function below a route's mark, and
/// those that have a mark of their own.
pub(super) fn taken<'l>(lines: &[&'l str]) -> Vec<&'l str> {
    const ROUTE: &str = ".get(|.post(|.put(|.delete(|.patch(|.route(|.websocket(|.api_route(";
    const ABOVE: usize = 4;
    let is_route = |line: &&str| line.trim_start().starts_with('@') && holds(line, ROUTE);
    let defines = |line: &str| line.trim_start().trim_start_matches("async ").starts_with("def ");
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if defines(line) && lines[at.saturating_sub(ABOVE)..at].iter().any(is_route) {
            let arguments = line.split_once('(').map_or("", |(_, rest)| rest);
            found.extend(arguments.split(',').filter_map(text_argument));
        }
        if line.contains(['@', '[']) {
            found.extend(parts(MARKS).flat_map(|mark| marked(line, mark)));
        }
    }
    found
}

/// The name of an argument of Python's that may be a text.
fn text_argument(argument: &str) -> Option<&str> {
    const NO_TEXT: &str = "int|float|bool|UploadFile|BackgroundTasks|Request|Session|AsyncSession|Response|WebSocket";
    let name = argument.split([':', '=', ')']).next().unwrap_or_default().trim();
    let sort =
        argument.split_once(':').map_or("", |(_, sort)| sort.split(['=', ')', '|']).next().unwrap_or_default().trim());
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name && !is(name, "self|request|req|db|session|user") && !is(sort, NO_TEXT) && !argument.contains("Depends("))
        .then_some(name)
}

/// The names of a line's arguments that have a mark: `@RequestParam String cmd`, `@RequestParam("c") cmd: String`.
fn marked<'l>(line: &'l str, mark: &'static str) -> impl Iterator<Item = &'l str> {
    line.match_indices(mark).take(4).filter_map(move |(at, _)| {
        let behind = line[at + mark.len()..].trim_start();
        let behind = match behind.strip_prefix('(').or(mark.ends_with('(').then_some(behind)) {
            Some(inside) => inside.split_once(')')?.1,
            None => behind,
        };
        let argument = behind.split([',', ')']).next()?.trim();
        let name = match argument.split_once(':') {
            Some((name, _)) => name.split_whitespace().last()?,
            None => argument.split_whitespace().last()?,
        };
        let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        (fits && !holds(argument, "int |Integer |Long |long |: Int|: Long|boolean |UUID")).then_some(name)
    })
}

/// What is given first, without what stands around it: a wait, a conversion, a list, a shell that is to run it.
fn unwrapped(given: &str) -> &str {
    const AROUND: &str = "await|String(|str(|(|[|`${|f\"{|f'{|&|decodeURIComponent(|newString[]{|arrayOf(";
    let mut rest = given;
    loop {
        let quoted = rest.strip_prefix(['"', '\'']).and_then(|inside| inside.split_once(['"', '\'']));
        let shell = quoted.filter(|(word, _)| is(word, SHELLS)).and_then(|(_, rest)| rest.strip_prefix(','));
        match shell.or_else(|| parts(AROUND).find_map(|around| rest.strip_prefix(around))) {
            Some(inside) => rest = inside,
            None => return rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_does_for_whoever_asks_is_known() {
        for (name, text, is_open) in [
            ("a.ts", "app.get('/env', (c) => c.json(process.env));", true),
            ("a.ts", "app.post('/x', async (c) => c.text(execSync(await c.req.text()).toString()));", true),
            ("a.js", "const { cmd } = req.body;\nchild_process.exec(cmd, done);", true),
            ("a.js", "exec(`sh -c ${req.query.c}`)", false),
            ("a.js", "app.post('/x', (q, s) => s.send(execSync(q.body.cmd)))", true),
            ("a.js", "const row = await find(q); execSync(config.params.cmd)", false),
            ("a.js", "const m = /^a/.exec(req.url);", false),
            ("a.js", "res.json({ node: process.env.NODE_ENV });\nspawn('convert', [req.file.path]);", false),
            ("a.py", "@app.get('/env')\ndef env():\n    return dict(os.environ)", true),
            ("a.py", "def env():\n    return dict(os.environ)", false),
            ("a.py", "def home():\n    return os.environ\nos.environ.get('HOME')", false),
            ("a.py", "cmd = request.args.get('c')\nreturn os.popen(cmd).read()", true),
            ("a.py", "subprocess.run(['git', 'show', request.args['sha']])", false),
            ("a.py", "@app.post('/x')\ndef x(c: str = Body()):\n    subprocess.run(c, shell=True)", true),
            ("a.py", "@app.post('/x')\ndef x(name: str):\n    subprocess.run(['git', 'show', name])", false),
            ("a.py", "def x(c: str):\n    subprocess.run(c, shell=True)", false),
            ("A.java", "String x(@RequestParam String c) {\n  Runtime.getRuntime().exec(c);\n}", true),
            ("A.java", "String x(@RequestParam String c) {\n  new ProcessBuilder(\"git\", \"show\", c);\n}", false),
            ("a.rb", "get '/x' do\n  `#{params[:cmd]}`\nend", true),
            ("a.rb", "system params[:c]", true),
            ("a.go", "out, _ := exec.Command(\"sh\", \"-c\", r.URL.Query().Get(\"c\")).Output()", true),
            ("a.go", "exec.Command(\"git\", \"show\", r.FormValue(\"sha\"))", false),
            ("a.go", "json.NewEncoder(w).Encode(os.Environ())", true),
            ("a.test.ts", "app.get('/env', (c) => c.json(process.env));", false),
        ] {
            assert_eq!(
                open(&Written::of(text, None, &format!("/home/dev/work/shop/src/{name}"))).is_some(),
                is_open,
                "{text}"
            );
        }
    }
}
