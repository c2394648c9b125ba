//! What a request says, and where code lets it go as it is: into a shell's line, an evaluation, a page, a path, an address that is fetched, a
//! redirect. What was looked at on its way is another matter.

use super::endpoints;
use super::source::{Written, code_lines, is_test};
use crate::pairs::Pairs;
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;

const FORMS: &str = "js|mjs|cjs|ts|tsx|jsx|mts|cts|vue|svelte|html|ejs|py|rb|erb|php|phtml|java|kt|kts|scala|groovy|jsp|cs|cshtml|aspx|go|rs|pl|pm|cgi|\
    swift|ex|exs|lua|dart|cr|clj";

/// How code reads what a request says.
const ASKED: &str = "req.query|req.body|req.params|req.headers|req.cookies|req.nextUrl.searchParams|request.query|request.body|request.params|\
    request.args|request.form|request.values|request.json|request.get_json|request.data|request.GET|request.POST|request.COOKIES|\
    request.cookies|request.query_params|request.match_info|request.getParameter(|request.getHeader(|request.getQueryString(|\
    req.getParameter(|req.getHeader(|req.param(|request.param(|$request->|$this->request->|$req->|Input::get(|request()->|$_GET|$_POST|$_REQUEST|\
    $_COOKIE|->param(|->query_param(|r.URL.Query()|r.FormValue(|r.PostFormValue(|r.Header.Get(|r.PathValue(|mux.Vars(r)|\
    chi.URLParam(|req.URL.Query()|req.FormValue(|c.Query(|c.Param(|c.Params(|c.PostForm(|c.FormValue(|c.QueryParam(|c.GetHeader(|c.DefaultQuery(|c.req.query(|\
    c.req.param(|ctx.query|ctx.params|ctx.request.body|ctx.request.query|ctx.Query(|ctx.Param(|ctx.FormValue(|searchParams.get(|\
    URLSearchParams(location|URLSearchParams(window.location|location.search|location.hash|window.name|document.referrer|event.body|\
    event.queryStringParameters|event.pathParameters|req.json()|request.json()|req.text()|request.text()|self.get_argument(|self.get_query_argument(|call.parameters|call.receiveText(|\
    call.request.queryParameters|Request.Query|Request.Form|Request.QueryString|Request.Headers|Request.Cookies|Request[|Request.Params|\
    Request.RouteValues|conn.params|conn.query_params|conn.body_params|route.params|$route.query|route.query|getQuery(event|readBody(event|\
    ngx.var.arg_|req.parameters|req.content.get(|req.match|info.arguments";

/// The same by names that mean it in some languages alone.
const ASKED_IN: &[(&str, &str)] = &[
    ("rb|erb", "params[|params.|cookies["),
    ("ex|exs", "params[|params."),
    ("rs", "query.|params.|form.|payload.|body."),
    ("py", "payload.|form.cleaned_data|event[|event.get(|flask.request"),
    ("js|ts|mjs|cjs|mts|cts|tsx|jsx", "query.get(|ctx.body"),
    ("php|phtml", "$query->get("),
];

/// Where of what a call is given it must not stand.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Anywhere.
    Any,
    /// In the first of what is given: a program's further arguments are no part of a line.
    First,
    /// At the beginning of one of the first so many: what an address or a path begins with says where it leads.
    Start(usize),
    /// Anywhere, beside a mark of a page.
    Page,
    /// Anywhere, where a shell is told to run it.
    Shell,
}

/// Calls, or signs of a value that is given, of one sort.
struct Sink {
    /// The forms of the files that have them; none are all.
    forms: &'static str,
    /// What ends with a bracket goes on to the one that closes it, the rest to the end of its line.
    calls: &'static str,
    place: Place,
    /// What makes it harmless, in small letters and beside what makes anything so.
    safe: &'static str,
}

const JS: &str = "js|mjs|cjs|ts|tsx|jsx|mts|cts|vue|svelte|html|ejs";

const SINKS: &[Sink] = &[
    // What is evaluated.
    Sink {
        forms: "",
        calls: "eval(|new Function(|vm.runInNewContext(|vm.runInThisContext(|runInContext(|instance_eval(|class_eval(|instance_eval |\
            Code.eval_string(|Code.eval_quoted(|EvaluateAsync<object>(|EvaluateAsync(|CSharpScript.RunAsync(|parseExpression(|\
            Ognl.getValue(|MVEL.eval(|GroovyShell().evaluate(|shell.evaluate(|engine.eval(|create_function(|loadstring(|\
            render_template_string(|from_string(|ERB.new(|Handlebars.compile(|pug.compile(|ejs.compile(|ejs.render(|_.template(|nunjucks.renderString(|\
            renderString(|Velocity.evaluate(|->createTemplate(|Blade::render(|render inline:|Template(|import_module(|__import__(|Class.forName(|Type.GetType(|\
            Activator.CreateInstance(|call_user_func(|call_user_func_array(|getattr(globals|globals()[|NSExpression(format:|pd.eval(|df.query(|df.eval(|\
            $where:|\"$where\":|'$where':|xpath(|XPath.compile(|selectNodes(|SelectSingleNode(|ldap_search(|search_s(|search_ext_s(|String.to_atom(",
        place: Place::Any,
        safe: "getattr(self|literal_eval",
    },
    Sink { forms: "py", calls: "exec(|compile(", place: Place::Any, safe: "re.compile" },
    Sink {
        forms: "rb|erb",
        calls: ".send(|.public_send(|.try(|.const_get(|method(|.constantize|.safe_constantize|.permit!|.to_unsafe_h",
        place: Place::Any,
        safe: "permit(",
    },
    Sink { forms: JS, calls: "require(|import(|setTimeout(|setInterval(", place: Place::Start(1), safe: "=>" },
    Sink {
        forms: "php|phtml",
        calls: "include |include(|include_once |include_once(|require |require(|require_once |require_once(|assert(|new $_GET|new $_POST",
        place: Place::Any,
        safe: "basename",
    },
    // What a shell runs.
    Sink {
        forms: "",
        calls: "os.system(|os.popen(|subprocess.getoutput(|subprocess.getstatusoutput(|create_subprocess_shell(|commands.getoutput(|\
            execSync(|execAsync(|child_process.exec(|cp.exec(|promisify(exec)(|exec.exec(|shelljs.exec(|shell.exec(|execaCommand(|\
            shell_exec(|passthru(|proc_open(|popen(|system(|pcntl_exec(|fromShellCommandline(|getRuntime().exec(|%x(|%x{|IO.popen(|Open3.capture2(|\
            Open3.capture2e(|Open3.capture3(|Open3.popen3(|Kernel.system(|Kernel.exec(|:os.cmd(|System.shell(|io.popen(|os.execute(|system |exec \"",
        place: Place::First,
        safe: "shlex|escapeshell|shellescape|shell_quote|shellquote",
    },
    Sink {
        forms: "js|mjs|cjs|ts|mts|cts|php|pl|pm|rb",
        calls: "exec(",
        place: Place::First,
        safe: "shlex|escapeshell|shellescape|shellquote",
    },
    Sink {
        forms: "",
        calls: "subprocess.run(|subprocess.call(|subprocess.Popen(|subprocess.check_output(|subprocess.check_call(|spawn(|spawnSync(|execa(|exec.Command(|\
            exec.CommandContext(|ProcessBuilder(|Process.Start(|ProcessStartInfo(|System.cmd(|Command::new(\"sh\")|Command::new(\"bash\")|\
            Command::new(\"/bin/sh\")|Command::new(\"cmd\")|.launchPath =|.arguments =",
        place: Place::Shell,
        safe: "shlex|escapeshell|shellescape",
    },
    // What a path leads to.
    Sink {
        forms: "",
        calls: "send_file(|FileResponse(|open(|Path(|aiofiles.open(|os.path.join(|os.remove(|os.unlink(|shutil.rmtree(|shutil.copy(|shutil.move(|readFile(|readFileSync(|\
            createReadStream(|createWriteStream(|writeFile(|writeFileSync(|fs.unlink(|unlinkSync(|rmSync(|sendFile(|res.download(|path.join(|\
            path.resolve(|http.ServeFile(|os.Open(|os.ReadFile(|ioutil.ReadFile(|os.Create(|os.WriteFile(|os.Remove(|os.RemoveAll(|filepath.Join(|\
            c.File(|new File(|Paths.get(|Path.of(|new FileInputStream(|new FileReader(|Files.readString(|Files.readAllBytes(|FileSystemResource(|File.read(|File.open(|File.binread(|File.join(|\
            File.delete(|IO.read(|send_file |File.ReadAllText(|File.ReadAllBytes(|File.OpenRead(|File.Delete(|Path.Combine(|PhysicalFile(|readfile(|\
            file_get_contents(|file_put_contents(|fopen(|unlink(|response()->download(|response()->file(|Storage::get(|fs::read(|fs::read_to_string(|File::open(|NamedFile::open(|\
            .push(&|.join(&|File.read!(|File.stream!(|Path.join(|send_download(|contentsOfFile:|io.open(",
        place: Place::Any,
        safe: "basename|secure_filename|safe_join|securejoin|filepath.base|path.base|getfilename|file_name()|realpath|is_relative_to|commonpath|\
            normalize|filepath.clean|filepath.rel|root:|root :|islocal|tmp_name|resolve().relative|canonical|expand_path|path.relative|zod|http://|https://",
    },
    // What a program fetches for somebody.
    Sink {
        forms: "",
        calls: "requests.get(|requests.post(|requests.put(|requests.head(|httpx.get(|httpx.post(|urlopen(|urllib.request.urlopen(|urlretrieve(|session.get(|fetch(|axios.get(|axios.post(|axios(|\
            axios.head(|got(|got.get(|needle.get(|superagent.get(|http.get(|https.get(|http.Get(|http.Head(|client.Get(|http.Post(|\
            URI.open(|Net::HTTP.get(|HTTParty.get(|Faraday.get(|RestClient.get(|RestClient.post(|Excon.get(|getForObject(|getForEntity(|Jsoup.connect(|\
            GetAsync(|GetStringAsync(|GetByteArrayAsync(|DownloadString(|curl_init(|Http::get(|Http::post(|get_headers(|getimagesize(|reqwest::get(|HTTPoison.get(|\
            HTTPoison.get!(|Req.get!(|Tesla.get(|page.goto(|$ua->get(|URLSession.shared.data(from:|ofetch(|$fetch(",
        place: Place::Start(1),
        safe: "host|public|private|ssrf|internal|is_global|same_origin|sameorigin|origin",
    },
    Sink { forms: "java|kt|kts|scala|groovy", calls: "new URL(|URL(", place: Place::Start(1), safe: "host|gethost" },
    Sink {
        forms: "",
        calls: "http.NewRequest(|http.NewRequestWithContext(|requests.request(|httpx.request(|CURLOPT_URL, |CURLOPT_URL => |CURLOPT_URL=>|Net::HTTP.start(|$client->request(|client.request(|URI.create(",
        place: Place::Start(3),
        safe: "host|public|private|ssrf|internal|is_global",
    },
    // Where somebody is led.
    Sink {
        forms: "",
        calls: "redirect(|redirect_to |redirect_to(|HttpResponseRedirect(|RedirectResponse(|http.Redirect(|c.Redirect(|res.redirect(|reply.redirect(|Response.redirect(|NextResponse.redirect(|\
            sendRedirect(|Redirect(|RedirectView(|respondRedirect(|Redirect::to(|header('Location: '.|header('Location: ' .|header(\"Location: \" .|\
            header(\"Location: \".|Redirect::temporary(|window.location =|window.location.href =|location.href =|location.assign(|location.replace(|\
            redirect(conn, external:|sendRedirect(event,|RedirectToUrl(",
        place: Place::Start(3),
        safe: "url_from|is_local|islocal|only_path|host|relative|same_origin|sameorigin|origin|back(",
    },
    // What a page shows as it is.
    Sink {
        forms: "",
        calls: "res.send(|res.write(|res.end(|reply.send(|c.html(|HttpResponse(|Response(|make_response(|HTMLResponse(|fmt.Fprintf(w,|fmt.Fprint(w,|fmt.Fprintln(w,|\
            io.WriteString(w,|w.Write([]byte(|out.print(|out.println(|getWriter().print(|getWriter().println(|getWriter().write(|Response.Write(|Html(|Content(|\
            return `<|return f\"<|return f'<|return \"<|return '<|call.respondText(|send_resp(conn, 200,|html(conn,|print \"<|print '<",
        place: Place::Page,
        safe: "htmlescape|htmlentities|htmlspecialchars|text/plain|application/json|render(|jsonify|json",
    },
    Sink {
        forms: JS,
        calls: "innerHTML =|innerHTML=|innerHTML +=|outerHTML =|document.write(|document.writeln(|insertAdjacentHTML(|.html(|srcdoc =|dangerouslySetInnerHTML=|v-html=|createContextualFragment(",
        place: Place::Any,
        safe: "purify|textcontent",
    },
    Sink {
        forms: "php|phtml",
        calls: "echo |<?= |<?=|print |printf(",
        place: Place::Any,
        safe: "htmlspecialchars|htmlentities|json_encode|esc_|strip_tags|urlencode|filter_var| e(|=e(|count(|isset(|csrf|->is|route(",
    },
    Sink {
        forms: "jsp|aspx|cshtml",
        calls: "<%= |<%=|out.print(|@Html.Raw(",
        place: Place::Any,
        safe: "fn:|c:out|encode|html.encode",
    },
    Sink { forms: "rb|erb", calls: "raw |raw(|.html_safe|<%== |render html:", place: Place::Any, safe: "sanitize|h(" },
];

/// What makes anything harmless, in small letters: it is one of a few, a number, or was looked at.
const LOOKED_AT: &str = "allowed|allowlist|allow_list|whitelist|permitted|valid|sanit|escap|safe|clean|trusted|known|in_array|.has(|includes(|contains(|containskey|\
    check|assert|regex|match(|matches(|matchstring|.test(|=~|parseint|intval|(int)| int(|=int(|(int(|number(|to_i|atoi|parselong|parsefloat|uuid|guid|enum|encode|\
    startswith|starts_with|hasprefix|fetch(params|_map[|lookup| in [| in {| in (|switch|case |schema|.parse(req|lambda";

/// Most variables that hold what was asked, most places of one call that are looked at, and the longest argument, in bytes.
const MAX_VARIABLES: usize = 24;
const MAX_ARGUMENT: usize = 600;

/// How many lines before and behind a call are read for what looks at what it is given.
const AROUND: usize = 200;

/// Whether a text lets go what a request says, where the one before it did not.
pub(super) fn go_through(written: &Written<'_>) -> bool {
    if !written.is_form(FORMS) || is_test(written.path) {
        return false;
    }
    let own = ASKED_IN.iter().find(|(forms, _)| written.is_form(forms)).map_or("", |(_, own)| *own);
    let asks = written.holds(ASKED)
        || !own.is_empty() && written.holds(own)
        || written.holds(endpoints::ROUTED)
        || written.holds(endpoints::MARKS);
    asks && written.gains(|text| Code::of(text, own).reaches(written)) || composes(written)
}

/// Code, with what in it holds what a request says.
struct Code<'t> {
    lines: Vec<&'t str>,
    joined: String,
    pairs: Pairs,
    /// Of the ways to read a request, and of those of its language, the few that stand anywhere in it: each line is held against them.
    asked: Vec<&'static str>,
    own: Vec<&'static str>,
    variables: Vec<&'t str>,
}

impl<'t> Code<'t> {
    fn of(text: &'t str, own: &'static str) -> Self {
        let lines: Vec<&str> = code_lines(text).collect();
        let joined = lines.join("\n");
        let pairs = Pairs::of(&joined);
        let [asked, own] = [ASKED, own]
            .map(|list| parts(list).filter(|word| !word.is_empty() && pairs.hold(word, &joined)).collect::<Vec<_>>());
        let mut code = Self { asked, own, variables: endpoints::taken(&lines), joined, pairs, lines };
        for at in 0..code.lines.len() {
            if code.variables.len() >= MAX_VARIABLES {
                break;
            }
            let line = code.lines[at];
            if let Some((names, _)) = assigned(line).filter(|(_, value)| code.is_kept(value)) {
                code.variables.extend(names_in(names));
            }
        }
        code
    }

    /// Whether what is said here reads a request, or one of the variables that hold what one says.
    fn is_asked(&self, said: &str) -> bool {
        let bare = bare(said);
        let own = |word: &str| bare.match_indices(word).any(|(at, _)| is_alone(&bare[..at]));
        self.asked.iter().any(|word| begins_word(&bare, word))
            || self.own.iter().any(|word| own(word))
            || self.variables.iter().any(|name| has_name(&bare, name))
    }

    /// Whether a value is what a request says, or a text that has it within. What a call makes of it is another thing.
    fn is_kept(&self, value: &str) -> bool {
        const PUT_TOGETHER: &str = "Sprintf(|format!(|.format(|String.format(| + |os.path.join(|path.join(|filepath.Join(|Path.Combine(|File.join(|sprintf(| . ";
        let value = value.trim();
        let is_text =
            || value.starts_with(['"', '\'', '`', '$']) || value.starts_with("f\"") || value.starts_with("f'");
        let is_condition = || {
            let behind = value.split_once(first_term(value)).map_or("", |(_, behind)| behind.trim_start());
            behind.starts_with('?')
                && !behind.starts_with("??")
                && !behind.starts_with("?.")
                && !behind.starts_with("?:")
        };
        let begins = self.begins_asked(first_term(value)) && !is_condition();
        (begins || (is_text() || holds(value, PUT_TOGETHER)) && self.is_asked(value))
            && !holds(&value.to_ascii_lowercase(), LOOKED_AT)
            && !value.contains("=>")
    }

    /// Whether a term begins with such, and is no call that is given it.
    fn begins_asked(&self, term: &str) -> bool {
        const OF: &str =
            "this.|self.|context.|ctx.|HttpContext.|httpContext.|flask.|exchange.|url.|nextUrl.|event.url.|req.url.";
        let term = parts(OF)
            .find_map(|of| term.strip_prefix(of))
            .filter(|rest| !self.is_asked_name(term) && self.is_asked_name(rest))
            .unwrap_or(term);
        self.is_asked_name(term) || term.starts_with('$') && term.contains("->param(")
    }

    fn is_asked_name(&self, term: &str) -> bool {
        self.asked.iter().chain(&self.own).any(|word| term.starts_with(*word))
            || self.variables.iter().any(|name| term.starts_with(*name) && has_name(term, name))
    }

    fn reaches(&self, written: &Written<'_>) -> bool {
        let sinks = SINKS.iter().filter(|sink| sink.forms.is_empty() || written.is_form(sink.forms));
        sinks.into_iter().any(|sink| {
            parts(sink.calls).filter(|call| self.pairs.may_hold(call)).any(|call| {
                self.joined
                    .match_indices(call)
                    .take(super::MAX_PLACES)
                    .any(|(at, _)| is_own(&self.joined[..at], call) && self.is_given(sink, call, at))
            })
        }) || is_line_of_ticks(written) && self.runs_ticks()
    }

    /// Whether a call that stands somewhere is given what a request says, as it is.
    fn is_given(&self, sink: &Sink, call: &str, at: usize) -> bool {
        let code = &self.joined;
        // What is called on something has it before the dot.
        let given = match call.starts_with('.') && !call.ends_with(['(', '=', '&']) {
            true => code[..at].rsplit(['\n', ';', '=']).next().unwrap_or_default(),
            false => argument(&code[at..], call),
        };
        let safe = |said: &str| {
            let lower = said.to_ascii_lowercase();
            holds(&lower, LOOKED_AT) || holds(&lower, sink.safe)
        };
        let said = match sink.place {
            Place::Any => given,
            Place::Page if !is_page(&code[at..], given) => return false,
            Place::Page => given,
            Place::First if given.trim_start().starts_with('[') => return false,
            Place::First => arguments(given).next().unwrap_or_default(),
            Place::Shell if !is_shell(call, given, &code[at..]) => return false,
            Place::Shell if call.starts_with('C') => line_of(&code[at..]),
            Place::Shell => given,
            Place::Start(most) => {
                match arguments(given).take(most).map(first_term).find(|term| self.begins_asked(term)) {
                    Some(term) => return !safe(term) && !self.is_looked_at(term, at, sink.safe),
                    None => return false,
                }
            }
        };
        self.is_asked(said) && !safe(given) && !self.is_looked_at(said, at, sink.safe)
    }

    /// Whether what is given is looked at in another line.
    fn is_looked_at(&self, said: &str, at: usize, safe: &str) -> bool {
        let named: Vec<&str> = self.variables.iter().filter(|name| has_name(said, name)).copied().collect();
        let term = first_term(said);
        let own = self.joined[..at].matches('\n').count();
        let of_it = |line: &str| {
            named.iter().any(|name| has_name(line, name)) || named.is_empty() && term.len() > 6 && line.contains(term)
        };
        let first = own.saturating_sub(AROUND);
        self.lines.iter().enumerate().skip(first).take(2 * AROUND).any(|(number, line)| {
            number != own && of_it(line) && {
                let lower = line.to_ascii_lowercase();
                holds(&lower, LOOKED_AT) || holds(&lower, safe)
            }
        })
    }

    /// Whether a line between backticks, which a shell runs, has it.
    fn runs_ticks(&self) -> bool {
        self.lines.iter().any(|line| {
            let mut inside = line.split('`').skip(1).step_by(2).take(4);
            inside.any(|ran| self.is_asked(&format!("\"{ran}\"")) && !holds(ran, "quote|escape"))
        })
    }
}

/// Whether a language runs what stands between backticks.
fn is_line_of_ticks(written: &Written<'_>) -> bool {
    written.is_form("rb|erb|pl|pm|cgi|php|phtml")
}

/// What a line gives to names, and the names.
fn assigned(line: &str) -> Option<(&str, &str)> {
    let (names, value) = line.split_once(":=").or_else(|| line.split_once('='))?;
    (!value.starts_with(['=', '>', '~']) && !names.ends_with(['!', '<', '>', '+', '.']) && !names.contains('('))
        .then_some((names, value))
}

/// The names that are given something: the last before a sign, or all within braces.
fn names_in(names: &str) -> impl Iterator<Item = &str> {
    const KEYWORDS: &str = "const|let|var|val|my|our|String|string|str|final|auto|mut|err|ok|await|as|Some|def|int|public|private|static|List|Optional|any|unknown|self|this";
    let is_part = |char: char| char.is_alphanumeric() || char == '_' || char == '$' || char == '@';
    let several = names.contains(['{', '[', ',']);
    // A type behind the name is none.
    let names = if several { names } else { names.split(':').next().unwrap_or_default() };
    let mut found: Vec<&str> =
        names.split(move |char: char| !is_part(char)).filter(|name| !name.is_empty() && !is(name, KEYWORDS)).collect();
    if !several {
        found = found.pop().into_iter().collect();
    }
    found.into_iter()
}

/// Whether what follows is no part of another name, and of nothing.
fn is_alone(before: &str) -> bool {
    !before.ends_with(|char: char| char.is_alphanumeric() || char == '_' || char == '.')
}

/// Whether a text has a word of these letters that begins there.
fn begins_word(text: &str, word: &str) -> bool {
    let free = !word.starts_with(|char: char| char.is_alphanumeric());
    text.match_indices(word)
        .take(super::MAX_PLACES)
        .any(|(at, _)| free || !text[..at].ends_with(|char: char| char.is_alphanumeric() || char == '_'))
}

/// Whether a text has a name, and not as a part of another one or of something.
pub(super) fn has_name(text: &str, name: &str) -> bool {
    text.match_indices(name).take(super::MAX_PLACES).any(|(at, _)| {
        let is_part = |char: char| char.is_alphanumeric() || char == '_';
        let before = &text[..at];
        let behind = &text[at + name.len()..];
        // What is given to a name, or what an argument is called, is not what it holds.
        let is_named = behind.starts_with(['=', ':']) && !behind.starts_with("==") && !behind.starts_with("::");
        let is_within = before.ends_with(|char: char| is_part(char) || char == '.' || char == '$');
        let is_spread = before.ends_with("...") || name.starts_with('$');
        !behind.starts_with(is_part) && (is_spread || !is_within && !is_named)
    })
}

/// Whether a call is no other one whose name ends the same way, and none of something else's.
fn is_own(before: &str, call: &str) -> bool {
    !call.starts_with(|char: char| char.is_alphanumeric())
        || !before.ends_with(|char: char| char.is_alphanumeric() || "_.:$>".contains(char))
        || call.contains(['.', ':']) && !before.ends_with(|char: char| char.is_alphanumeric() || char == '_')
        // Files are opened, and pages shown, by what holds them.
        || before.ends_with(['.', ':']) && holds(call, OF_ANY)
        || holds(spans::end(before, 16), "fs.|fsp.|promises.|child_process.|cp.")
            && before.ends_with('.')
}

/// Calls that are known by their name alone, whoever has them.
const OF_ANY: &str = "readFile|sendFile|createReadStream|parseExpression|sendRedirect|getForObject|getForEntity|GetAsync|GetStringAsync|EvaluateAsync|\
    shell_exec|html_safe|innerHTML|outerHTML|insertAdjacentHTML|from_string|CombinePath|DownloadString|redirect(|writeFile|ProcessStartInfo|HttpResponse";

/// What a call that stands at the beginning is given: all up to the bracket that closes, or to the end of the line.
pub(super) fn argument<'c>(code: &'c str, call: &str) -> &'c str {
    // A text that begins with a mark of a page is given with its quote.
    let taken = call.len() - if call.ends_with('<') { 2 } else { 0 };
    let rest = code.get(taken..).unwrap_or_default();
    let rest = spans::start(rest, MAX_ARGUMENT);
    if !call.contains(['(', '{']) || !call.ends_with(['(', '{', ',']) {
        return line_of(rest);
    }
    let mut deep = 1;
    let mut quote = None;
    let mut escaped = false;
    for (at, char) in rest.char_indices() {
        match (quote, char) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), _) if open == char => quote = None,
            (Some('"' | '\''), '\n') => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(char),
            (None, '(' | '[' | '{') => deep += 1,
            (None, ')' | ']' | '}') => {
                deep -= 1;
                if deep == 0 {
                    return &rest[..at];
                }
            }
            _ => {}
        }
    }
    rest
}

/// The rest of a statement: up to the end of the line, or of what a page has of code.
fn line_of(rest: &str) -> &str {
    let end = rest.find(['\n', ';']).unwrap_or(rest.len());
    let end = [" ?>", "?>", "%>"].iter().filter_map(|mark| rest[..end].find(mark)).min().unwrap_or(end);
    &rest[..end]
}

/// The arguments that are given one after another.
fn arguments(given: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(given);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut deep, mut quote, mut escaped) = (0_i32, None, false);
        for (at, char) in text.char_indices() {
            match (quote, char) {
                _ if escaped => escaped = false,
                (_, '\\') => escaped = true,
                (Some(open), _) if open == char => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'' | '`') => quote = Some(char),
                (None, '(' | '[' | '{') => deep += 1,
                (None, ')' | ']' | '}') => deep -= 1,
                (None, ',') if deep == 0 => {
                    rest = Some(&text[at + 1..]);
                    return Some(&text[..at]);
                }
                _ => {}
            }
        }
        rest = None;
        Some(text)
    })
}

/// What a value begins with, without what is put around it.
fn first_term(given: &str) -> &str {
    const AROUND: &str = "await |to: |String(|str(|(|new URL(|new Uri(|URI(|URI.parse(|Uri.parse(|URI.create(|Uri(|`${|f\"{|f'{|$\"{|\"#{|string(|fmt.Sprint(|url=|\
        url:|decodeURIComponent(|JSON.parse(|base64.b64decode(|Base64.decode64(|base64_decode(|atob(|url.Parse(|urldecode(|trim(|(string)|unquote(|unescape(|HttpUtility.UrlDecode(|url.QueryEscape(|&|*|!|\"$|\"{$|\"";
    let mut rest = given.trim_start();
    while let Some(inside) = parts(AROUND).find_map(|around| rest.strip_prefix(around)) {
        if rest.starts_with('"') && !inside.starts_with(['$', '{', '#']) {
            // A name within a text of PHP's or Perl's begins with its sign.
            return if rest.starts_with("\"$") { &rest[1..] } else { "" };
        }
        rest = inside.trim_start();
    }
    if rest.starts_with(['"', '\'', '`', '/']) {
        return "";
    }
    let mut deep = 0_i32;
    let end = rest.char_indices().find(|(_, char)| {
        deep += i32::from(matches!(char, '(' | '[')) - i32::from(matches!(char, ')' | ']'));
        deep < 0 || deep == 0 && matches!(char, ' ' | '+' | ',' | '\n' | ';' | '`' | '}' | '?')
    });
    &rest[..end.map_or(rest.len(), |(at, _)| at)]
}

/// What of an argument is no text between quotes, but for what is put into one.
fn bare(said: &str) -> String {
    let mut kept = String::with_capacity(said.len());
    let (mut quote, mut inside, mut name, mut escaped) = (None, 0_u32, false, false);
    for char in said.chars() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        if char == '\\' {
            escaped = true;
            continue;
        }
        match quote {
            None => {
                quote = matches!(char, '"' | '\'' | '`').then_some(char);
                kept.push(char);
            }
            Some(open) if inside == 0 && (char == open || char == '\n' && open != '`') => {
                (quote, name) = (None, false);
                kept.push(char);
            }
            Some(_) => {
                inside = if char == '{' { inside + 1 } else { inside.saturating_sub(u32::from(char == '}')) };
                name = char == '$' || name && (char.is_alphanumeric() || "_->[]".contains(char));
                if inside > 0 || name || char == '}' {
                    kept.push(char);
                } else if !kept.ends_with(' ') {
                    kept.push(' ');
                }
            }
        }
    }
    kept
}

/// Whether what is given makes a page: it has a mark of one, or begins as a text with one.
fn is_page(code: &str, given: &str) -> bool {
    let marked = |text: &str| {
        text.match_indices('<').take(super::MAX_PLACES).any(|(at, _)| {
            text[at + 1..].starts_with(|char: char| char.is_ascii_alphabetic() || char == '/' || char == '!')
                && text[..at].ends_with(['"', '\'', '`', '>', ' ', '\n'])
        })
    };
    marked(given) || code.starts_with("return") && !code.starts_with("return <") || code.starts_with("print")
}

/// Whether a shell is told to run what a call is given.
fn is_shell(call: &str, given: &str, code: &str) -> bool {
    const TOLD: &str = "shell=True|shell: true|shell:true|\"sh\", \"-c\"|'sh', '-c'|\"bash\", \"-c\"|'bash', '-c'|\"/bin/sh\"|'/bin/sh'|\"/bin/bash\"|'/bin/bash'|\
        \"bash\", \"-lc\"|'bash', '-lc'|\"sh\",\"-c\"|'sh','-c'|\"bash\",\"-c\"|\"cmd\"|\"cmd.exe\"|\"powershell|\"-c\"|[\"-c\"";
    call.starts_with("Command::new(") && holds(line_of(code), "\"-c\"|\"/C\"|\"/c\"") || holds(given, TOLD)
}

/// Whether a program that was given its arguments one by one gets a line of a shell's instead, with something put into it.
fn composes(written: &Written<'_>) -> bool {
    const LISTS: &str = "subprocess.run([|subprocess.call([|Popen([|check_output([|check_call([|execFile(|execFileSync(|spawn(|spawnSync(|execa(|exec.Command(\
        |exec.CommandContext(|Command::new(|ProcessBuilder(|new Process([|system('|system(\"|Open3.|ArgumentList|escapeshellarg(|shlex.quote(|Shellwords|open(my ";
    const OWN: &str = "/scripts/|/script/|/tools/|/bin/|/ci/|/build/|/.github/|/hack/|/tasks/release";
    let Some(before) = written.before else { return false };
    if !written.held(LISTS) || written.is_tried() || holds(written.path, OWN) {
        return false;
    }
    let lines = |text: &str| -> usize { code_lines(text).filter(|line| is_composed(line, written)).count() };
    let listed = |text: &str| -> usize {
        code_lines(text).filter(|line| holds(line, LISTS) && !is_composed(line, written)).count()
    };
    lines(&written.text) > lines(before) && listed(&written.text) < listed(before)
}

/// Whether a line gives a shell a text into which something is put.
fn is_composed(line: &str, written: &Written<'_>) -> bool {
    const PUT_IN: &str = "\" + |' + |\" . |' . |\".$|'.$|\"+|'+|format!(|Sprintf(|.format(|\" % |' % |\" <> ";
    let puts_in = |said: &str| {
        holds(said, "${|#{|{$") && !holds(said, "['\"") || holds(said, PUT_IN) || {
            let is_text = holds(said, "f\"|f'|$\"") && said.contains('{');
            is_text || said.contains('"') && written.is_form("php|phtml|pl|pm") && said.contains('$')
        }
    };
    if is_line_of_ticks(written) && line.split('`').skip(1).step_by(2).any(|ran| holds(ran, "$|#{")) {
        return true;
    }
    let shells = SINKS.iter().filter(|sink| matches!(sink.place, Place::First | Place::Shell));
    shells.filter(|sink| sink.forms.is_empty() || written.is_form(sink.forms)).any(|sink| {
        parts(sink.calls).filter(|call| line.contains(call)).any(|call| {
            let at = line.find(call).unwrap_or_default();
            let given = argument(&line[at..], call);
            let ran = match sink.place {
                Place::Shell if is_shell(call, given, &line[at..]) => &line[at..],
                Place::Shell => return false,
                _ if given.trim_start().starts_with('[') => return false,
                _ => arguments(given).next().unwrap_or_default(),
            };
            is_own(&line[..at], call) && puts_in(ran)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_says_is_followed_to_where_it_goes() {
        for (name, text, seen) in [
            ("a.js", "exec(`convert ${req.query.file} out.png`, done);", true),
            ("a.js", "execFile('convert', [req.query.file, 'out.png'], done);", false),
            ("a.js", "const m = /^a/.exec(req.query.file);", false),
            ("a.js", "const { url } = req.body;\nconst r = await fetch(url);", true),
            (
                "a.js",
                "const { url } = req.body;\nif (!ALLOWED.has(new URL(url).host)) return;\nawait fetch(url);",
                false,
            ),
            ("a.js", "await fetch(`${API}/orders/${req.params.id}`);", false),
            ("a.js", "await fetch(API, { method: 'POST', body: JSON.stringify(req.body) });", false),
            ("a.js", "res.send('<p>' + req.query.q + '</p>');", true),
            ("a.js", "res.send(req.query.challenge);", false),
            ("a.ts", "return NextResponse.redirect(new URL('/login', req.url));", false),
            ("a.py", "subprocess.run(f\"dig {request.args['host']}\", shell=True)", true),
            ("a.py", "subprocess.run(['dig', request.args['host']])", false),
            ("a.py", "name = request.args['name']\nreturn send_file(os.path.join(ROOT, name))", true),
            ("a.py", "name = secure_filename(request.args['name'])\nreturn send_file(os.path.join(ROOT, name))", false),
            ("a.py", "requests.post(HOOK, json=request.json)", false),
            ("a.py", "name = request.args['name']\nopen('name.txt')", false),
            ("a.rb", "redirect_to params[:back]", true),
            ("a.rb", "redirect_to order_path(params[:id])", false),
            ("a.rb", "system('convert', params[:file])", false),
            ("a.rb", "system(\"convert #{params[:file]}\")", true),
            ("a.php", "echo $_GET['q'];", true),
            ("a.php", "echo htmlspecialchars($_GET['q']);", false),
            ("a.go", "http.Get(r.URL.Query().Get(\"u\"))", true),
            ("a.go", "http.Redirect(w, r, \"/login\", http.StatusFound)", false),
            ("a.go", "http.Redirect(w, r, r.FormValue(\"next\"), http.StatusFound)", true),
            ("a.test.js", "exec(`convert ${req.query.file} out.png`, done);", false),
        ] {
            let path = format!("/home/you/work/shop/src/{name}");
            assert_eq!(go_through(&Written::of(text, None, &path)), seen, "{text}");
        }
    }

    #[test]
    fn a_list_of_arguments_that_becomes_a_line_is_seen() {
        for (name, before, text, seen) in [
            ("a.py", "subprocess.run(['tar', 'cf', out, name])", "os.system(f'tar cf {out} {name}')", true),
            ("a.pl", "system('tar', 'cf', $out, $name);", "`tar cf $out $name`;", true),
            ("a.pl", "`tar cf $out $name`;", "system('tar', 'cf', $out, $name);", false),
            ("a.js", "execFile('tar', ['cf', out, name])", "exec(`tar cf ${out} ${name}`)", true),
            ("a.js", "execFile('tar', ['cf', out, name])", "execFile('tar', ['czf', out, name])", false),
        ] {
            let path = format!("/home/you/work/shop/src/{name}");
            assert_eq!(go_through(&Written::of(text, Some(before), &path)), seen, "{text}");
        }
    }
}
