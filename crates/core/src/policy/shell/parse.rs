//! From text to [`Script`]: the grammar of POSIX shells and of bash, forgiving where they are not.
//!
//! A guard reads what an agent is about to run, and what it reads may be cut off, of another shell, or wrong. So nothing
//! fails: what does not fit becomes [`Command::Broken`] and parsing goes on behind it. Time and memory grow with the length
//! of the text alone: every byte is looked at a bounded number of times, nesting is bounded, and what lies deeper is broken.

use super::syntax::*;
use super::{documents, words};

/// How deep compound commands and substitutions may nest.
pub(super) const MAX_DEPTH: usize = 48;

/// Reads a script. The second part tells whether all of it was understood.
pub fn parse(text: &str) -> (Script, bool) {
    parse_at(text, 0)
}

/// Reads a script found at this depth of another.
pub(super) fn parse_at(text: &str, depth: usize) -> (Script, bool) {
    let mut parser = Parser::new(text, depth);
    let mut script = Script::default();
    loop {
        parser.list(&mut script, &[]);
        if parser.at_end() {
            break;
        }
        // A word that closes what was never opened.
        let start = parser.at;
        parser.skip_line();
        parser.whole = false;
        script.items.push(alone(Command::Broken(parser.text[start..parser.at].to_owned())));
    }
    documents::fill(&mut script, &mut parser.bodies);
    (script, parser.whole)
}

/// A here-document whose body comes after the line.
struct Pending {
    delimiter: String,
    strip_tabs: bool,
    expands: bool,
    /// The body is put where the redirection with this number is.
    number: usize,
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) depth: usize,
    /// Whether everything so far was understood.
    pub(super) whole: bool,
    pending: Vec<Pending>,
    /// The bodies of here-documents, by number.
    pub(super) bodies: Vec<Option<Word>>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, depth: usize) -> Self {
        Self { text, at: 0, depth, whole: true, pending: Vec::new(), bodies: Vec::new() }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    pub(super) fn starts(&self, with: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(with.as_bytes())
    }

    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.starts(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    fn skip_line(&mut self) {
        self.at = self.rest().find('\n').map_or(self.text.len(), |end| self.at + end + 1);
    }

    /// Skips blanks, continued lines and a comment; not the end of the line.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => self.at += 2,
                Some(b'#') => self.at = self.rest().find('\n').map_or(self.text.len(), |end| self.at + end),
                _ => return,
            }
        }
    }

    /// Skips blanks and ends of lines.
    fn lines(&mut self) {
        loop {
            self.blanks();
            if self.peek() != Some(b'\n') {
                return;
            }
            self.end_line();
        }
    }

    /// Goes past the end of a line, and past the here-documents that were announced on it.
    fn end_line(&mut self) {
        self.at += 1;
        for pending in std::mem::take(&mut self.pending) {
            let body = self.document(&pending);
            if let Some(slot) = self.bodies.get_mut(pending.number) {
                *slot = Some(body);
            }
        }
    }

    fn document(&mut self, pending: &Pending) -> Word {
        let start = self.at;
        let mut end = self.text.len();
        while !self.at_end() {
            let line_start = self.at;
            self.skip_line();
            let line = self.text[line_start..self.at].trim_end_matches(['\n', '\r']);
            let line = if pending.strip_tabs { line.trim_start_matches('\t') } else { line };
            if line == pending.delimiter {
                end = line_start;
                break;
            }
        }
        let body = &self.text[start..end];
        if pending.expands { words::document(body, self.depth + 1) } else { Word::text(body) }
    }

    /// Reads pipelines until the end or until one of these reserved words or operators comes.
    fn list(&mut self, script: &mut Script, until: &[&str]) {
        let mut after = After::Always;
        loop {
            self.lines();
            if self.at_end() || self.closes(until) {
                break;
            }
            let before = self.at;
            let pipeline = self.pipeline();
            let background = self.background();
            if !pipeline.commands.is_empty() {
                script.items.push(Item { pipeline, after, background });
            }
            after = self.separator();
            if self.at == before {
                // Nothing that may stand here: a stray closing word or operator.
                break;
            }
        }
    }

    fn closes(&self, until: &[&str]) -> bool {
        match self.peek() {
            Some(b')') => true,
            Some(b';') => self.starts(";;") || self.starts(";&"),
            Some(b'}') => self.reserved("}"),
            _ => until.iter().any(|word| self.reserved(word)),
        }
    }

    /// Whether this reserved word stands here.
    fn reserved(&self, word: &str) -> bool {
        self.starts(word) && self.peek_at(word.len()).is_none_or(ends_word)
    }

    fn take_reserved(&mut self, word: &str) -> bool {
        let found = self.reserved(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn background(&mut self) -> bool {
        self.blanks();
        let found = self.peek() == Some(b'&') && self.peek_at(1) != Some(b'&');
        if found {
            self.at += 1;
        }
        found
    }

    fn separator(&mut self) -> After {
        self.blanks();
        if self.take("&&") {
            After::Success
        } else if self.take("||") {
            After::Failure
        } else {
            if self.peek() == Some(b';') && !self.starts(";;") && !self.starts(";&") {
                self.at += 1;
            }
            After::Always
        }
    }

    fn pipeline(&mut self) -> Pipeline {
        let mut pipeline = Pipeline::default();
        loop {
            self.blanks();
            if self.take_reserved("!") {
                pipeline.negated = !pipeline.negated;
                continue;
            }
            if self.take_reserved("time") {
                self.blanks();
                self.take_reserved("-p");
                continue;
            }
            break;
        }
        loop {
            if let Some(command) = self.command() {
                pipeline.commands.push(command);
            }
            self.blanks();
            if self.peek() != Some(b'|') || self.peek_at(1) == Some(b'|') {
                return pipeline;
            }
            self.at += 1;
            self.take("&");
            self.lines();
        }
    }

    fn command(&mut self) -> Option<Command> {
        if self.depth >= MAX_DEPTH {
            let start = self.at;
            self.at = self.text.len();
            self.whole = false;
            return Some(Command::Broken(self.text[start..].to_owned()));
        }
        self.depth += 1;
        let command = self.command_within();
        self.depth -= 1;
        command
    }

    fn command_within(&mut self) -> Option<Command> {
        self.blanks();
        let compound = match self.peek()? {
            b'(' if self.starts("((") => match self.arithmetic_command() {
                Some(compound) => Some(compound),
                None => Some(self.subshell()),
            },
            b'(' => Some(self.subshell()),
            b'{' if self.reserved("{") => {
                self.at += 1;
                let script = self.block(&[]);
                self.expect("}");
                Some(Compound::Group(script))
            }
            b'[' if self.reserved("[[") => Some(self.condition()),
            _ => self.keyword(),
        };
        match compound {
            Some(compound) => {
                let mut redirects = Vec::new();
                loop {
                    self.blanks();
                    match self.redirect() {
                        Some(redirect) => redirects.push(redirect),
                        None => return Some(Command::Compound(compound, redirects)),
                    }
                }
            }
            None if self.take_reserved("function") => Some(self.function()),
            None => self.simple(),
        }
    }

    /// The script of a block, up to one of these words or what closes any block.
    fn block(&mut self, until: &[&str]) -> Script {
        let mut script = Script::default();
        self.list(&mut script, until);
        script
    }

    fn expect(&mut self, word: &str) {
        self.lines();
        if !(self.take_reserved(word) || word == ")" && self.take(")")) {
            self.whole = false;
        }
    }

    fn subshell(&mut self) -> Compound {
        self.at += 1;
        let script = self.block(&[]);
        self.expect(")");
        Compound::Subshell(script)
    }

    /// The script up to a closing parenthesis; goes past it.
    pub(super) fn script_in_parentheses(&mut self) -> Script {
        self.depth += 1;
        let script = self.block(&[]);
        self.depth -= 1;
        self.expect(")");
        script
    }

    /// `(( … ))`; `None` where it is two subshells.
    fn arithmetic_command(&mut self) -> Option<Compound> {
        let start = self.at + 2;
        let end = words::arithmetic_end(self.text, start)?;
        self.at = end + 2;
        Some(Compound::Arithmetic(words::document(&self.text[start..end], self.depth + 1)))
    }

    fn condition(&mut self) -> Compound {
        self.at += 2;
        let mut found = Vec::new();
        loop {
            self.lines();
            if self.at_end() {
                self.whole = false;
                break;
            }
            if self.take_reserved("]]") {
                break;
            }
            match self.peek() {
                Some(b'(' | b')' | b'<' | b'>' | b'|' | b'&' | b';') => self.at += 1,
                _ => match words::word(self) {
                    Some(word) => found.push(word),
                    None => self.at += 1,
                },
            }
        }
        Compound::Test(found)
    }

    fn keyword(&mut self) -> Option<Compound> {
        let start = self.peek()?;
        if !matches!(start, b'i' | b'w' | b'u' | b'f' | b's' | b'c') {
            return None;
        }
        if self.take_reserved("if") {
            return Some(self.if_command());
        }
        for (word, until) in [("while", false), ("until", true)] {
            if self.take_reserved(word) {
                let condition = self.block(&["do"]);
                return Some(Compound::While(condition, self.body(), until));
            }
        }
        if self.take_reserved("for") || self.take_reserved("select") {
            return Some(self.for_command());
        }
        if self.take_reserved("case") {
            return Some(self.case_command());
        }
        if self.take_reserved("coproc") {
            return Some(self.coprocess());
        }
        None
    }

    /// What follows `coproc`: a command, before a compound one perhaps a name.
    fn coprocess(&mut self) -> Compound {
        self.blanks();
        let before = self.at;
        let name = self.name();
        self.blanks();
        let is_compound = matches!(self.peek(), Some(b'{' | b'(')) || self.reserved("while") || self.reserved("for");
        let name = if is_compound && before != self.at && !name.is_empty() && name != "{" {
            name
        } else {
            self.at = before;
            "COPROC".to_owned()
        };
        let command = self.command().unwrap_or_else(|| Command::Broken(String::new()));
        Compound::Coprocess(name, Box::new(command))
    }

    fn if_command(&mut self) -> Compound {
        let mut branches = Vec::new();
        loop {
            let condition = self.block(&["then"]);
            self.expect("then");
            let script = self.block(&["elif", "else", "fi"]);
            branches.push((condition, script));
            self.lines();
            if !self.take_reserved("elif") {
                break;
            }
        }
        let otherwise = self.take_reserved("else").then(|| self.block(&["fi"]));
        self.expect("fi");
        Compound::If(branches, otherwise)
    }

    /// `do … done`, or braces.
    fn body(&mut self) -> Script {
        self.separator();
        self.lines();
        if self.take_reserved("{") {
            let script = self.block(&[]);
            self.expect("}");
            return script;
        }
        self.expect("do");
        let script = self.block(&["done"]);
        self.expect("done");
        script
    }

    fn for_command(&mut self) -> Compound {
        self.blanks();
        if self.starts("((")
            && let Some(Compound::Arithmetic(head)) = self.arithmetic_command()
        {
            // What stands before the first semicolon runs once, what stands behind the second after each round.
            let condition = match head.literal() {
                Some(text) => {
                    Word::text(text.split(';').nth(1).map(str::trim).filter(|c| !c.is_empty()).unwrap_or("1"))
                }
                None => head,
            };
            let script = single(Command::Compound(Compound::Arithmetic(condition), Vec::new()));
            return Compound::While(script, self.body(), false);
        }
        let name = self.name();
        self.lines();
        let listed = self.take_reserved("in").then(|| {
            std::iter::from_fn(|| {
                self.blanks();
                words::word(self)
            })
            .collect()
        });
        Compound::For(name, listed, self.body())
    }

    fn case_command(&mut self) -> Compound {
        self.blanks();
        let word = words::word(self).unwrap_or_default();
        self.expect("in");
        let mut arms = Vec::new();
        loop {
            self.lines();
            if self.at_end() {
                self.whole = false;
                break;
            }
            if self.take_reserved("esac") {
                break;
            }
            let before = self.at;
            arms.push(self.arm());
            if self.at == before {
                // Nothing that an arm may begin with.
                self.at += self.rest().chars().next().map_or(0, char::len_utf8);
                self.whole = false;
            }
        }
        Compound::Case(word, arms)
    }

    /// An arm of `case`: its patterns, and what is run.
    fn arm(&mut self) -> (Vec<Word>, Script) {
        self.take("(");
        let mut patterns = Vec::new();
        loop {
            self.blanks();
            match words::word(self) {
                Some(pattern) => patterns.push(pattern),
                None if self.take("|") => {}
                None => break,
            }
        }
        self.whole &= self.take(")");
        let script = self.block(&["esac"]);
        self.lines();
        let _ = self.take(";;&") || self.take(";;") || self.take(";&");
        (patterns, script)
    }

    /// A word that is a name; of one that is more than text, nothing.
    fn name(&mut self) -> String {
        words::word(self).and_then(|word| word.literal()).unwrap_or_default()
    }

    /// What follows `function`.
    fn function(&mut self) -> Command {
        self.blanks();
        let name = self.name();
        self.blanks();
        if self.take("(") {
            self.blanks();
            self.take(")");
        }
        self.function_body(name)
    }

    fn function_body(&mut self, name: String) -> Command {
        self.lines();
        let body = self.command().unwrap_or_else(|| Command::Broken(String::new()));
        Command::Function(name, Box::new(body))
    }

    fn simple(&mut self) -> Option<Command> {
        let mut simple = Simple::default();
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect() {
                simple.redirects.push(redirect);
                continue;
            }
            if simple.words.is_empty()
                && let Some(assignment) = words::assignment(self)
            {
                simple.assignments.push(assignment);
                continue;
            }
            let Some(word) = words::word(self) else { break };
            if simple.words.is_empty()
                && simple.assignments.is_empty()
                && self.peek_after_blanks() == Some(b'(')
                && let Some(name) = word.literal()
                && self.take_parentheses()
            {
                return Some(self.function_body(name));
            }
            simple.words.push(word);
        }
        if self.peek() == Some(b'(') && !simple.words.is_empty() {
            // No command has a parenthesis here; what is in it may still run in a shell that knows better.
            self.whole = false;
            let inner = self.subshell();
            let commands = [Command::Simple(simple), Command::Compound(inner, Vec::new())];
            let script = Script { items: commands.into_iter().map(alone).collect() };
            return Some(Command::Compound(Compound::Group(script), Vec::new()));
        }
        let is_empty = simple.assignments.is_empty() && simple.words.is_empty() && simple.redirects.is_empty();
        (!is_empty).then_some(Command::Simple(simple))
    }

    fn peek_after_blanks(&self) -> Option<u8> {
        self.rest().bytes().find(|byte| !matches!(byte, b' ' | b'\t'))
    }

    /// `()` with blanks allowed; goes past it.
    fn take_parentheses(&mut self) -> bool {
        let before = self.at;
        self.blanks();
        if self.take("(") {
            self.blanks();
            if self.take(")") {
                return true;
            }
        }
        self.at = before;
        false
    }

    fn redirect(&mut self) -> Option<Redirect> {
        let before = self.at;
        let name = self.take_descriptor_name();
        let named = name.is_some();
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let fd = (!named && (1..=4).contains(&digits)).then(|| self.rest()[..digits].parse().ok()).flatten();
        if !named {
            self.at += digits;
        }
        let found = match self.peek() {
            Some(b'<' | b'>') if !self.starts("<(") && !self.starts(">(") => {
                REDIRECTS.iter().find(|(text, _)| self.starts(text))
            }
            Some(b'&') => REDIRECTS[..2].iter().find(|(text, _)| self.starts(text)),
            _ => None,
        };
        let Some((operator, kind)) = found else {
            self.at = before;
            return None;
        };
        self.at += operator.len();
        self.blanks();
        if *kind == RedirectKind::HereDocument {
            return Some(Redirect { fd, name, kind: *kind, target: self.announce(operator.ends_with('-')) });
        }
        let target = words::word(self).unwrap_or_else(|| {
            self.whole = false;
            Word::default()
        });
        let kind = match (kind, target.literal()) {
            // `>&file` writes both; `>&2` and `>&-` are about descriptors.
            (RedirectKind::Duplicate, Some(text)) if *operator == ">&" && !is_descriptor(&text) => {
                RedirectKind::WriteBoth
            }
            _ => *kind,
        };
        Some(Redirect { fd, name, kind, target })
    }

    /// `{name}` before an operator: the shell chooses the descriptor.
    fn take_descriptor_name(&mut self) -> Option<String> {
        if self.peek() != Some(b'{') {
            return None;
        }
        let name = self.rest()[1..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let is_name =
            name > 0 && self.peek_at(1 + name) == Some(b'}') && matches!(self.peek_at(2 + name), Some(b'<' | b'>'));
        let name = is_name.then(|| self.rest()[1..=name].to_owned())?;
        self.at += name.len() + 2;
        Some(name)
    }

    /// Reads the delimiter of a here-document; the body is read at the end of the line.
    fn announce(&mut self, strip_tabs: bool) -> Word {
        let start = self.at;
        let delimiter = words::word(self).and_then(|word| word.literal());
        let expands = !self.text[start..self.at].contains(['\'', '"', '\\']);
        let Some(delimiter) = delimiter else {
            self.whole = false;
            return Word::default();
        };
        let number = self.bodies.len();
        self.bodies.push(None);
        self.pending.push(Pending { delimiter, strip_tabs, expands, number });
        documents::placeholder(number)
    }
}

/// The operators of redirections: those that begin with `&`, and the longer of those that begin alike, before others.
const REDIRECTS: [(&str, RedirectKind); 12] = [
    ("&>>", RedirectKind::AppendBoth),
    ("&>", RedirectKind::WriteBoth),
    ("<<<", RedirectKind::HereString),
    ("<<-", RedirectKind::HereDocument),
    ("<<", RedirectKind::HereDocument),
    ("<&", RedirectKind::DuplicateInput),
    ("<>", RedirectKind::ReadWrite),
    ("<", RedirectKind::Read),
    (">>", RedirectKind::Append),
    (">&", RedirectKind::Duplicate),
    (">|", RedirectKind::Write),
    (">", RedirectKind::Write),
];

fn is_descriptor(text: &str) -> bool {
    text == "-" || (!text.is_empty() && text.trim_end_matches('-').bytes().all(|byte| byte.is_ascii_digit()))
}

/// A command as an item of its own.
fn alone(command: Command) -> Item {
    Item { pipeline: Pipeline { commands: vec![command], negated: false }, after: After::Always, background: false }
}

/// A command as a script.
fn single(command: Command) -> Script {
    Script { items: vec![alone(command)] }
}

/// Whether a byte ends a word.
pub(super) fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
}
