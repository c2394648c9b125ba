//! From words to the texts a program gets: braces, tildes, variables, substitutions, splitting. Globs stay, for what they
//! match is a question of the world.

use std::rc::Rc;

use super::machine::Machine;
use super::programs::{keys, of_variable};
use super::state::{Content, State, Stream};
use super::syntax::*;
use super::value::{Origin, Piece, Text};

/// Most words that braces make of one.
const MAX_BRACES: usize = 64;

/// The longest word in which braces are looked for, in bytes; a longer one is no command's.
const MAX_BRACED: usize = 4096;

/// Most fields of a command.
const MAX_FIELDS: usize = 4096;

/// What is known of a variable.
enum Known {
    Unset,
    Unknown(Origin),
    Values(Vec<Text>),
}

impl Known {
    /// Of one value, if there is any.
    fn of(value: Option<Text>) -> Self {
        value.map_or(Self::Unset, |value| Self::Values(vec![value]))
    }

    fn first(&self) -> Option<&Text> {
        match self {
            Self::Values(values) => values.first(),
            Self::Unset | Self::Unknown(_) => None,
        }
    }
}

impl Machine<'_> {
    /// The fields that words are expanded to.
    pub(super) fn fields(&mut self, state: &mut State, words: &[Word]) -> Vec<Text> {
        let mut fields = Vec::new();
        for word in words {
            let length: usize =
                word.parts.iter().map(|part| if let Part::Bare(text) = part { text.len() } else { 1 }).sum();
            let expanded = if length <= MAX_BRACED { braces(word) } else { vec![word.clone()] };
            self.incomplete |= length > MAX_BRACED;
            for word in expanded {
                if fields.len() >= MAX_FIELDS {
                    self.incomplete = true;
                    return fields;
                }
                self.field(state, &word, &mut fields);
            }
        }
        fields
    }

    /// What a word is expanded to where it is not split: as a value, a file's name, a text.
    pub(super) fn text(&mut self, state: &mut State, word: &Word) -> Text {
        let mut text = Text::default();
        for (number, part) in word.parts.iter().enumerate() {
            text.push(&Text::line(self.part(state, part, number == 0)));
        }
        text
    }

    fn field(&mut self, state: &mut State, word: &Word, fields: &mut Vec<Text>) {
        let separators = self.separators(state);
        let mut current = Text::default();
        // A word that is nothing but unquoted expansions vanishes where they are empty.
        let mut stands = false;
        for (number, part) in word.parts.iter().enumerate() {
            let values = self.part(state, part, number == 0);
            let splits = matches!(part, Part::Variable(_, Quoted::No) | Part::Output(_, Quoted::No));
            if !splits {
                stands |= !matches!(part, Part::Variable(Variable { name, .. }, _) if name == "@" && values.is_empty());
                for (at, value) in values.iter().enumerate() {
                    if at > 0 {
                        fields.push(std::mem::take(&mut current));
                    }
                    current.push(value);
                }
                continue;
            }
            for (at, value) in values.iter().enumerate() {
                let starts = matches!(value.pieces().first(), Some(Piece::Known { text, .. }) if text.starts_with(&separators[..]));
                if (at > 0 || starts) && (stands || !current.is_empty()) {
                    fields.push(std::mem::take(&mut current));
                    stands = false;
                }
                let mut parts = value.split(&separators).into_iter();
                if let Some(first) = parts.next() {
                    current.push(&first);
                    stands = true;
                }
                for part in parts {
                    fields.push(std::mem::replace(&mut current, part));
                }
            }
        }
        if stands || !current.is_empty() {
            fields.push(current);
        }
    }

    /// What a shell splits values at.
    pub(super) fn separators(&self, state: &State) -> Vec<char> {
        match state.variable("IFS").and_then(|ifs| ifs.values.as_ref()).and_then(|values| values.first()) {
            Some(ifs) => ifs.as_known().map_or_else(|| vec![' ', '\t', '\n'], |ifs| ifs.chars().collect()),
            None => vec![' ', '\t', '\n'],
        }
    }

    fn part(&mut self, state: &mut State, part: &Part, first: bool) -> Vec<Text> {
        match part {
            Part::Bare(text) => {
                let mut made = Text::default();
                let rest = if first { self.tilde(state, text, &mut made) } else { text };
                made.push_decoded(rest, true);
                vec![made]
            }
            Part::Text(text) => vec![Text::decoded(text)],
            Part::Variable(variable, _) => self.variable(state, variable),
            Part::Output(script, _) => vec![self.output_of(state, script)],
            Part::Process(script, writes) => vec![self.process(state, script, *writes)],
            Part::Arithmetic(word) => {
                let text = self.text(state, word);
                vec![match text.as_known().and_then(|text| arithmetic(&text)) {
                    Some(number) => Text::known(number.to_string()),
                    None => Text::hole(Origin::UNKNOWN),
                }]
            }
        }
    }

    /// Expands a tilde at the start; gives what stands behind it.
    fn tilde<'t>(&self, state: &State, text: &'t str, made: &mut Text) -> &'t str {
        let Some(rest) = text.strip_prefix('~') else { return text };
        let end = rest.find(['/', ':']).unwrap_or(rest.len());
        let folder = match &rest[..end] {
            "" => match self.lookup(state, "HOME") {
                Known::Values(values) => values.first().cloned(),
                // A shell without the variable asks the system for the home.
                Known::Unset => self.facts.home().map(Text::known),
                Known::Unknown(_) => Some(Text::hole(Origin::UNKNOWN)),
            },
            "+" => state.shell.directory.clone().map(Text::known),
            "-" => state.shell.previous.clone().map(Text::known),
            user if Some(user) == self.facts.user() => self.facts.home().map(Text::known),
            "root" => Some(Text::known("/root")),
            user if user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) => {
                Some(Text::known(format!("/home/{user}")))
            }
            _ => None,
        };
        match folder {
            Some(folder) => {
                made.push(&folder);
                &rest[end..]
            }
            None => text,
        }
    }

    /// What is known of a variable; where nothing is, what its name tells.
    fn lookup(&self, state: &State, name: &str) -> Known {
        self.found(state, name).unwrap_or_else(|| Known::Unknown(of_variable(name)))
    }

    /// What is known of a variable otherwise than by its name.
    fn found(&self, state: &State, name: &str) -> Option<Known> {
        if let Some(variable) = state.variable(name) {
            return Some(variable.values.clone().map_or(Known::Unset, Known::Values));
        }
        let one = |text: Option<String>| {
            text.map_or(Known::Unknown(Origin::UNKNOWN), |text| Known::Values(vec![Text::known(text)]))
        };
        Some(match name {
            "IFS" => one(Some(" \t\n".to_owned())),
            "PWD" => one(state.shell.directory.clone()),
            "OLDPWD" => one(state.shell.previous.clone()),
            "@" | "*" => Known::Values(state.shell.arguments.clone()),
            "#" => one(Some(state.shell.arguments.len().to_string())),
            "?" => one(state.status.map(|status| u8::from(!status).to_string())),
            "0" => match state.variable("0").and_then(|variable| variable.values.clone()) {
                Some(values) => Known::Values(values),
                None => one(Some("bash".to_owned())),
            },
            _ if name.bytes().all(|byte| byte.is_ascii_digit()) => {
                let number: usize = name.parse().unwrap_or(usize::MAX);
                Known::of(state.shell.arguments.get(number.wrapping_sub(1)).cloned())
            }
            _ if state.shell.cleared => Known::Unset,
            // What a sourced file or an evaluated output set is not known; that it moved the home is not assumed.
            "HOME" => one(self.facts.variable(name).or_else(|| self.facts.home().map(str::to_owned))),
            // Whichever it is, it runs what it is given.
            "SHELL" => one(self.facts.variable(name).or_else(|| Some("/bin/sh".to_owned()))),
            "USER" | "LOGNAME" => one(self.facts.user().map(str::to_owned)),
            _ if state.shell.keyed => Known::Unknown(Origin::SECRET),
            _ if state.shell.clouded => return None,
            _ => Known::Values(vec![Text::known(self.facts.variable(name)?)]),
        })
    }

    /// Whether a variable is known to have a value.
    pub(super) fn is_set(&self, state: &State, name: &str) -> bool {
        matches!(self.found(state, name), Some(Known::Values(values)) if values.first().is_some_and(|value| value.as_known().is_some()))
    }

    /// The value of a variable as a text, where it has one value.
    pub(super) fn value_of(&self, state: &State, name: &str) -> Option<Text> {
        match self.lookup(state, name) {
            Known::Values(values) => values.first().cloned(),
            Known::Unset => None,
            Known::Unknown(origin) => Some(Text::hole(origin)),
        }
    }

    /// What is known of a variable, or of those elements of it that are asked for.
    fn asked(&self, state: &State, variable: &Variable) -> Known {
        let found = self.lookup(state, &variable.name);
        let Known::Values(values) = found else { return found };
        match variable.index.as_deref() {
            Some("@" | "*") => Known::Values(values),
            Some(index) => match index.trim().parse::<usize>() {
                Ok(index) => Known::of(values.into_iter().nth(index)),
                Err(_) => Known::Unknown(origin_of(&values)),
            },
            None if matches!(variable.name.as_str(), "@" | "*") => Known::Values(values),
            None => Known::of(values.into_iter().next()),
        }
    }

    fn variable(&mut self, state: &mut State, variable: &Variable) -> Vec<Text> {
        let found = self.asked(state, variable);
        if state.variable(&variable.name).is_none()
            && !matches!(variable.operation, Operation::Length | Operation::Alternative(..))
        {
            self.key = keys::of_variable(&variable.name).or(self.key);
        }
        let missing = |emptiness: &Emptiness| match &found {
            Known::Unset => Some(true),
            Known::Values(values) => Some(*emptiness == Emptiness::Unset && values.iter().all(Text::is_empty)),
            Known::Unknown(_) => None,
        };
        if !state.shell.uncertain.is_empty()
            && matches!(variable.operation, Operation::Require(_) | Operation::Default(..))
            && let Known::Values(values) = &found
        {
            // Whoever says what becomes of an empty value has thought of it.
            super::machine::looked_at(state, values);
        }
        match &variable.operation {
            // What stands in for an unset variable is what happens at worst.
            Operation::Default(word, emptiness) if missing(emptiness) != Some(false) => vec![self.text(state, word)],
            Operation::Assign(word, emptiness) if missing(emptiness) != Some(false) => {
                let value = self.text(state, word);
                state.assign(&variable.name, vec![value.clone()], false);
                vec![value]
            }
            Operation::Alternative(_, emptiness) if missing(emptiness) == Some(true) => vec![Text::default()],
            Operation::Alternative(word, _) => vec![self.text(state, word)],
            Operation::Length => {
                let text = found.first().and_then(Text::as_known);
                vec![text.map_or(Text::hole(Origin::UNKNOWN), |text| Text::known(text.chars().count().to_string()))]
            }
            Operation::Indirect if matches!(found, Known::Values(_)) => {
                let name = found.first().and_then(Text::as_known);
                vec![name.and_then(|name| self.value_of(state, &name)).unwrap_or_default()]
            }
            Operation::Indirect => vec![Text::hole(Origin::UNKNOWN)],
            Operation::Change(operator, word) => {
                let operand = self.text(state, word);
                match found {
                    Known::Values(values) => values.iter().map(|value| changed(value, *operator, &operand)).collect(),
                    Known::Unset => vec![Text::default()],
                    Known::Unknown(origin) => vec![Text::hole(origin)],
                }
            }
            Operation::Value | Operation::Require(_) | Operation::Default(..) | Operation::Assign(..) => match found {
                Known::Values(values) if values.is_empty() && variable.name != "@" => vec![Text::default()],
                Known::Values(values) => values,
                Known::Unset => vec![Text::default()],
                Known::Unknown(origin) => vec![Text::hole(origin)],
            },
        }
    }

    /// What a script writes, as a substitution takes it.
    pub(super) fn output_of(&mut self, state: &mut State, script: &Script) -> Text {
        if let [Item { pipeline, .. }] = script.items.as_slice()
            && let [Command::Simple(simple)] = pipeline.commands.as_slice()
            && let ([], [], [Redirect { kind: RedirectKind::Read, target, .. }]) =
                (simple.assignments.as_slice(), simple.words.as_slice(), simple.redirects.as_slice())
        {
            let file = self.text(state, target);
            let content = self.read_file(state, &file);
            return content.without_final_lines();
        }
        self.captured(state, script).without_final_lines()
    }

    /// The name of a pipe from or to a script.
    fn process(&mut self, state: &mut State, script: &Script, writes: bool) -> Text {
        let fd = state.free_descriptor();
        let stream =
            if writes { Stream::Into(Rc::new(script.clone())) } else { Stream::Text(self.captured(state, script)) };
        state.set_stream(fd, stream);
        Text::known(format!("/dev/fd/{fd}"))
    }

    /// What is known of a file's content; reading a credential is an effect.
    pub(super) fn read_file(&mut self, state: &State, file: &Text) -> Text {
        let Some(path) = self.path(state, file) else { return Text::hole(file.origin().unwrap_or_default()) };
        self.reads(state, &path);
        self.reads_emptied(state, &path);
        self.content(state, &path)
    }

    /// What is known of the content at a path, as far as the script made it, or the name tells.
    pub(super) fn content(&self, state: &State, path: &str) -> Text {
        if let Some(fd) = super::machine::descriptor(path) {
            return self.content_of_stream(state, &state.stream(fd));
        }
        if path == "/dev/null" {
            return Text::default();
        }
        let path = self.real(state, path);
        match state.files.get(&path) {
            Some(Content::Is(text)) => text.clone(),
            Some(Content::Gone) => Text::default(),
            Some(Content::CopyOf(from)) => Text::hole(self.origin_of_path(state, from, true)),
            Some(Content::Link(_)) | None => Text::hole(self.origin_of_path(state, &path, false)),
        }
    }

    pub(super) fn content_of_stream(&self, state: &State, stream: &Stream) -> Text {
        match stream {
            Stream::Text(text) => text.clone(),
            Stream::File(path) => self.content(state, path),
            Stream::Net(_) => Text::hole(Origin::FETCHED),
            Stream::Null => Text::default(),
            Stream::Out | Stream::Into(_) => Text::hole(Origin::UNKNOWN),
        }
    }
}

fn origin_of(values: &[Text]) -> Origin {
    values.iter().filter_map(Text::origin).fold(Origin::UNKNOWN, Origin::and)
}

/// The value after an operation, where both are known and the pattern has no globs.
fn changed(value: &Text, operator: char, operand: &Text) -> Text {
    let unknown = || Text::hole(value.origin().unwrap_or_default());
    // `${names[@]/#/:}` puts a text before each, `${name/%/.txt}` behind.
    match (operator, operand.prefix().get(..2)) {
        ('/', Some("#/")) => {
            let mut made = operand.after(2);
            made.push(value);
            return made;
        }
        ('/', Some("%/")) => {
            let mut made = value.clone();
            made.push(&operand.after(2));
            return made;
        }
        _ => {}
    }
    let (Some(text), Some(pattern)) = (value.as_known(), operand.as_known()) else { return unknown() };
    let longest = pattern.starts_with(operator);
    let pattern = if longest { &pattern[operator.len_utf8()..] } else { &pattern };
    if pattern.contains(['*', '?', '[']) {
        return unknown();
    }
    let made = match operator {
        '%' => text.strip_suffix(pattern).unwrap_or(&text).to_owned(),
        '#' => text.strip_prefix(pattern).unwrap_or(&text).to_owned(),
        '/' => {
            let (from, to) = pattern.split_once('/').unwrap_or((pattern, ""));
            if from.is_empty() {
                text.into_owned()
            } else if longest {
                text.replace(from, to)
            } else {
                text.replacen(from, to, 1)
            }
        }
        '^' if longest => text.to_uppercase(),
        ',' if longest => text.to_lowercase(),
        _ => return unknown(),
    };
    Text::known(made)
}

/// The value of an arithmetic expression of numbers, `+`, `-` and `*`.
pub(super) fn arithmetic(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() > 64 {
        return None;
    }
    for operators in [['+', '-'], ['*', '*']] {
        if let Some(at) = text.rfind(operators).filter(|at| *at > 0) {
            let (left, right) = (arithmetic(&text[..at])?, arithmetic(&text[at + 1..])?);
            return match text.as_bytes()[at] {
                b'+' => left.checked_add(right),
                b'-' => left.checked_sub(right),
                _ => left.checked_mul(right),
            };
        }
    }
    text.parse().ok()
}

/// A character of a word, or a part that is none.
#[derive(Clone)]
enum Token {
    Char(char),
    Part(Part),
}

/// The words that braces make of one.
fn braces(word: &Word) -> Vec<Word> {
    if !word.parts.iter().any(|part| matches!(part, Part::Bare(text) if text.contains('{'))) {
        return vec![word.clone()];
    }
    let mut tokens = Vec::new();
    for part in &word.parts {
        match part {
            Part::Bare(text) => tokens.extend(text.chars().map(Token::Char)),
            other => tokens.push(Token::Part(other.clone())),
        }
    }
    let mut made = vec![tokens];
    let mut at = 0;
    // Each round takes the first group of one word apart; a word without any is done.
    while let Some(tokens) = made.get(at) {
        match group(tokens) {
            Some((open, close, alternatives)) if made.len() + alternatives.len() <= MAX_BRACES => {
                let (before, after) = (tokens[..open].to_vec(), tokens[close + 1..].to_vec());
                let words = alternatives.into_iter().map(|middle| [before.clone(), middle, after.clone()].concat());
                let words: Vec<_> = words.collect();
                made.splice(at..=at, words);
            }
            _ => at += 1,
        }
    }
    made.into_iter().map(joined).collect()
}

/// The first group of braces with a comma or a range in it: where it opens and closes, and what stands in it.
fn group(tokens: &[Token]) -> Option<(usize, usize, Vec<Vec<Token>>)> {
    let char = |at: usize| match &tokens[at] {
        Token::Char(char) => Some(*char),
        Token::Part(_) => None,
    };
    let opens: Vec<usize> = (0..tokens.len()).filter(|at| char(*at) == Some('{')).take(MAX_BRACES).collect();
    for open in opens {
        let mut depth = 0usize;
        let mut commas = vec![open];
        for at in open..tokens.len() {
            match char(at) {
                Some('{') => depth += 1,
                Some('}') => {
                    depth -= 1;
                    if depth == 0 {
                        commas.push(at);
                        break;
                    }
                }
                Some(',') if depth == 1 => commas.push(at),
                _ => {}
            }
        }
        let close = *commas.last()?;
        if depth != 0 {
            continue;
        }
        if commas.len() > 2 {
            let parts = commas.windows(2).map(|pair| tokens[pair[0] + 1..pair[1]].to_vec()).collect();
            return Some((open, close, parts));
        }
        if let Some(parts) = range(&tokens[open + 1..close]) {
            return Some((open, close, parts));
        }
    }
    None
}

/// The members of `1..9` or `a..e`.
fn range(tokens: &[Token]) -> Option<Vec<Vec<Token>>> {
    let text: Option<String> =
        tokens.iter().map(|token| if let Token::Char(char) = token { Some(*char) } else { None }).collect();
    let text = text?;
    let (from, to) = text.split_once("..")?;
    let word = |text: String| text.chars().map(Token::Char).collect();
    if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
        let (low, high) = (from.min(to), from.max(to));
        return (high.checked_sub(low)? < MAX_BRACES as i64)
            .then(|| (low..=high).map(|n| word(n.to_string())).collect());
    }
    let (from, to) = (from.parse::<char>().ok()?, to.parse::<char>().ok()?);
    let is_letter = from.is_ascii_alphabetic() && to.is_ascii_alphabetic();
    is_letter.then(|| (from.min(to)..=from.max(to)).map(|char| word(char.to_string())).collect())
}

fn joined(tokens: Vec<Token>) -> Word {
    let mut parts: Vec<Part> = Vec::new();
    for token in tokens {
        match (token, parts.last_mut()) {
            (Token::Char(char), Some(Part::Bare(text))) => text.push(char),
            (Token::Char(char), _) => parts.push(Part::Bare(char.into())),
            (Token::Part(part), _) => parts.push(part),
        }
    }
    Word { parts }
}
