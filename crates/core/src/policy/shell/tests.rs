#![allow(clippy::unwrap_used)]
use super::parse::parse;
use super::syntax::*;

/// A script written down shortly: words joined by their expansion, structure by brackets.
fn shown(script: &Script) -> String {
    let items: Vec<String> = script
        .items
        .iter()
        .map(|item| {
            let commands: Vec<String> = item.pipeline.commands.iter().map(command).collect();
            let after = match item.after {
                After::Always => "",
                After::Success => "&& ",
                After::Failure => "|| ",
            };
            format!("{after}{}{}", commands.join(" | "), if item.background { " &" } else { "" })
        })
        .collect();
    items.join("; ")
}

fn command(command: &Command) -> String {
    match command {
        Command::Simple(simple) => {
            let mut parts: Vec<String> = Vec::new();
            for assignment in &simple.assignments {
                let values: Vec<String> = assignment.values.iter().map(word).collect();
                let values = if assignment.array { format!("({})", values.join(" ")) } else { values.join(" ") };
                parts.push(format!("{}{}={values}", assignment.name, if assignment.append { "+" } else { "" }));
            }
            parts.extend(simple.words.iter().map(word));
            parts.extend(simple.redirects.iter().map(redirect));
            parts.join(" ")
        }
        Command::Compound(compound, redirects) => {
            let mut text = match compound {
                Compound::Group(script) => format!("{{{}}}", shown(script)),
                Compound::Subshell(script) => format!("({})", shown(script)),
                Compound::If(branches, otherwise) => {
                    let branches: Vec<String> =
                        branches.iter().map(|(when, then)| format!("{}?{}", shown(when), shown(then))).collect();
                    format!("if[{}|{}]", branches.join("|"), otherwise.as_ref().map(shown).unwrap_or_default())
                }
                Compound::While(condition, body, _) => format!("while[{}?{}]", shown(condition), shown(body)),
                Compound::For(name, words, body) => {
                    let words = words.as_ref().map(|words| words.iter().map(word).collect::<Vec<_>>().join(" "));
                    format!("for[{name} {}:{}]", words.unwrap_or_else(|| "@".to_owned()), shown(body))
                }
                Compound::Case(subject, arms) => {
                    let arms: Vec<String> = arms
                        .iter()
                        .map(|(patterns, script)| {
                            format!("{}:{}", patterns.iter().map(word).collect::<Vec<_>>().join(","), shown(script))
                        })
                        .collect();
                    format!("case[{} {}]", word(subject), arms.join("|"))
                }
                Compound::Arithmetic(word) => format!("test[{}]", self::word(word)),
                Compound::Coprocess(_, inner) => format!("{{{}}}", self::command(inner)),
                Compound::Test(words) => format!("test[{}]", words.iter().map(word).collect::<Vec<_>>().join(" ")),
            };
            for each in redirects {
                text.push(' ');
                text.push_str(&redirect(each));
            }
            text
        }
        Command::Function(name, body) => format!("{name}(){}", self::command(body)),
        Command::Broken(text) => format!("BROKEN<{text}>"),
    }
}

fn redirect(redirect: &Redirect) -> String {
    let fd = redirect.fd.map(|fd| fd.to_string()).unwrap_or_default();
    format!("{fd}{:?}:{}", redirect.kind, word(&redirect.target))
}

fn word(word: &Word) -> String {
    word.parts
        .iter()
        .map(|part| match part {
            Part::Bare(text) => text.clone(),
            Part::Text(text) => format!("'{text}'"),
            Part::Variable(variable, how) => {
                let operation = match &variable.operation {
                    Operation::Value => String::new(),
                    Operation::Default(word, emptiness) => format!(":-{}{emptiness:?}", self::word(word)),
                    Operation::Assign(word, _) => format!(":={}", self::word(word)),
                    Operation::Alternative(word, _) => format!(":+{}", self::word(word)),
                    Operation::Require(_) => ":?".to_owned(),
                    Operation::Length => "#".to_owned(),
                    Operation::Indirect => "!".to_owned(),
                    Operation::Change(operator, word) => format!("{operator}{}", self::word(word)),
                };
                let index = variable.index.as_ref().map(|index| format!("[{index}]")).unwrap_or_default();
                let quote = if *how == Quoted::Yes { "\"" } else { "" };
                format!("{quote}${{{}{index}{operation}}}{quote}", variable.name)
            }
            Part::Output(script, how) => {
                let quote = if *how == Quoted::Yes { "\"" } else { "" };
                format!("{quote}$({}){quote}", shown(script))
            }
            Part::Process(script, writes) => format!("{}({})", if *writes { ">" } else { "<" }, shown(script)),
            Part::Arithmetic(inner) => format!("$(({}))", self::word(inner)),
        })
        .collect()
}

#[test]
fn scripts_are_read_as_shells_read_them() {
    for (text, tree) in [
        ("", ""),
        ("  # only a comment", ""),
        ("echo hello", "echo hello"),
        ("echo a\\ b 'c d' \"e f\"g", "echo a' 'b 'c d' 'e f'g"),
        ("a; b & c && d || e", "a; b &; c; && d; || e"),
        ("a | b |& c", "a | b | c"),
        ("! time -p a", "a"),
        ("A=1 B+='x y' c", "A=1 B+='x y' c"),
        ("A=(1 [2]=x \"$y\") ", "A=(1 [2]=x \"${y}\")"),
        (
            "echo $a ${b} \"$c\" ${d:-x} ${e%.*} ${#f} ${!g} ${h[0]} $1 $@ $",
            "echo ${a} ${b} \"${c}\" ${d:-xUnset} ${e%.*} ${f#} ${g!} ${h[0]} ${1} ${@} '$'",
        ),
        ("echo $(a | b) `c \\`d\\``", "echo $(a | b) $(c $(d))"),
        ("echo \"$(echo \"in \\\" side\")\"", "echo \"$(echo 'in \" side')\""),
        ("echo $((1 + $(x)))", "echo $(('1 + '\"$(x)\"))"),
        ("((i++)); (( $(x) ))", "test['i++']; test[' '\"$(x)\"' ']"),
        ("((a); (b))", "((a); (b))"),
        ("(a; b) > f", "(a; b) Write:f"),
        ("{ a; b; } 2>&1", "{a; b} 2Duplicate:1"),
        (
            "a >f 2>>g <h &>i >&j <>k <<<l",
            "a Write:f 2Append:g Read:h WriteBoth:i WriteBoth:j ReadWrite:k HereString:l",
        ),
        ("exec {fd}>f", "exec Write:f"),
        ("if a; then b; elif c; then d; else e; fi", "if[a?b|c?d|e]"),
        ("while a; do b; done", "while[a?b]"),
        ("until a\ndo\nb\ndone < f", "while[a?b] Read:f"),
        ("for x in 1 2; do echo $x; done", "for[x 1 2:echo ${x}]"),
        ("for x\ndo a; done", "for[x @:a]"),
        ("for ((i=0;i<3;i++)); do a; done", "while[test['i<3']?a]"),
        ("case $x in a|b) c;; (*) d; e ;; esac", "case[${x} a,b:c|*:d; e]"),
        ("f() { a; }; f", "f(){a}; f"),
        ("function f { a; }", "f(){a}"),
        ("[[ -f x && $(y) == z* ]] && rm q", "test[-f x $(y) == z*]; && rm q"),
        ("cat <<E\nhello $x\nE\nls", "cat HereDocument:'hello '\"${x}\"'\n'; ls"),
        ("cat <<'E' | sh\nhello $x\nE\n", "cat HereDocument:'hello $x\n' | sh"),
        ("cat <<-E\n\ta\n\tE\nb", "cat HereDocument:'\ta\n'; b"),
        ("cat <<A <<B\n1\nA\n2\nB\nc", "cat HereDocument:'1\n' HereDocument:'2\n'; c"),
        ("if a; then cat <<E\nx\nE\nfi; b", "if[a?cat HereDocument:'x\n'|]; b"),
        ("diff <(a) >(b)", "diff <(a) >(b)"),
        ("echo $'a\\x41\\n\\'b'", "echo 'aA\n'b'"),
        ("a \\\n b", "a b"),
        ("echo a#b #c", "echo a#b"),
        ("ls @(a|b)*", "ls @(a|b)*"),
        ("echo {a,b} ~/x *.rs", "echo {a,b} ~/x *.rs"),
    ] {
        let (script, whole) = parse(text);
        assert_eq!(shown(&script), tree, "{text}");
        assert!(whole, "{text}");
    }
}

#[test]
fn what_is_no_script_is_kept_as_broken_and_never_dropped() {
    for (text, tree) in [
        ("echo $(unclosed", "echo $(unclosed)"),
        ("echo 'unclosed", "echo 'unclosed'"),
        ("if a; then rm -rf x", "if[a?rm -rf x|]"),
        (") rm -rf x\nls", "BROKEN<) rm -rf x\n>; ls"),
        ("done; rm y", "done; rm y"),
        ("echo (rm x)", "{echo; (rm x)}"),
        ("cat <<", "cat HereDocument:"),
    ] {
        let (script, whole) = parse(text);
        assert_eq!(shown(&script), tree, "{text}");
        assert!(!whole || text.starts_with("done"), "{text}");
    }
}

#[test]
fn no_text_is_too_deep_or_too_long() {
    let times = 1 << 16;
    for piece in [
        "$(",
        "(",
        "((",
        "{ ",
        "`",
        "\\`",
        "\"$(",
        "${x:-",
        "<(",
        "if a; then ",
        "f() ",
        "'",
        "a|",
        "a&&",
        "<<E\n",
        "$((",
        "case x in ",
        "! ",
        "x=(",
        "[[ (",
        "a;\n",
        "\u{e9}",
        "> ",
    ] {
        let text = piece.repeat(times);
        let (script, _) = parse(&text);
        drop(script);
    }
}
