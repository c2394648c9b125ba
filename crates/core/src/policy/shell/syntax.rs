//! The shape of a shell script, as far as what it does depends on it.
//!
//! The tree keeps what decides which programs run with which arguments, and drops what does not (comments, layout).
//! What could not be parsed is in the tree too, as [`Command::Broken`]: it is never taken for nothing.

/// A list of pipelines, run one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The pipelines, in order.
    pub items: Vec<Item>,
}

/// A pipeline and what stands between it and the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// How it was reached from the one before.
    pub after: After,
    /// Whether it runs in the background.
    pub background: bool,
}

/// When a pipeline runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Whatever came of the one before.
    Always,
    /// Where the one before succeeded (`&&`).
    Success,
    /// Where the one before failed (`||`).
    Failure,
}

/// Commands whose output and input are connected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipeline {
    /// The commands, from the first writer to the last reader.
    pub commands: Vec<Command>,
    /// Whether success counts as failure (`!`).
    pub negated: bool,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Assignments, a program with its arguments, redirections: each may be missing.
    Simple(Simple),
    /// A compound command and its redirections.
    Compound(Compound, Vec<Redirect>),
    /// The definition of a function.
    Function(String, Box<Self>),
    /// What is no command of the grammar: its text.
    Broken(String),
}

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simple {
    /// The assignments before it: its environment, or the shell's own where there is no program.
    pub assignments: Vec<Assignment>,
    /// The program and its arguments.
    pub words: Vec<Word>,
    /// The redirections, in order.
    pub redirects: Vec<Redirect>,
}

/// A compound command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compound {
    /// `{ …; }`.
    Group(Script),
    /// `( … )`.
    Subshell(Script),
    /// `if`: the conditions and what follows from each, then `else`.
    If(Vec<(Script, Script)>, Option<Script>),
    /// `while`, or `until` (the last part), and a C-style `for`: the condition and the body.
    While(Script, Script, bool),
    /// `for` or `select`: the variable, the words (`None` for the positional parameters), the body.
    For(String, Option<Vec<Word>>, Script),
    /// `case`: the word, and each arm's patterns and script.
    Case(Word, Vec<(Vec<Word>, Script)>),
    /// `[[ … ]]`: its words.
    Test(Vec<Word>),
    /// `(( … ))`: its text.
    Arithmetic(Word),
    /// `coproc`: its name and the command.
    Coprocess(String, Box<Command>),
}

/// An assignment to a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The variable, without an index.
    pub name: String,
    /// Whether it is added to what the variable holds (`+=`).
    pub append: bool,
    /// The value; an array's values one after the other.
    pub values: Vec<Word>,
    /// Whether it is one element, or all, of an array.
    pub array: bool,
}

/// A redirection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The file descriptor it is about; `None` for the operator's own.
    pub fd: Option<u32>,
    /// The variable that gets the number of a descriptor the shell chooses, or holds it (`{name}>file`).
    pub name: Option<String>,
    /// What it does.
    pub kind: RedirectKind,
    /// The file, the descriptor, or the text.
    pub target: Word,
}

/// What a redirection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// `<`: reads a file.
    Read,
    /// `>`, `>|`: writes a file from its start.
    Write,
    /// `>>`: writes at a file's end.
    Append,
    /// `<>`: opens a file for both.
    ReadWrite,
    /// `&>`, `>&file`: writes standard output and error to a file.
    WriteBoth,
    /// `&>>`.
    AppendBoth,
    /// `>&` with a descriptor, or `-`.
    Duplicate,
    /// `<&` with a descriptor, or `-`.
    DuplicateInput,
    /// `<<`, `<<-`: the text of a here-document.
    HereDocument,
    /// `<<<`: a text.
    HereString,
}

/// A word before it is expanded: its parts, joined without a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// The parts.
    pub parts: Vec<Part>,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text outside quotes: may hold globs, braces and a leading tilde.
    Bare(String),
    /// Text that stands for itself.
    Text(String),
    /// A variable. `quoted` where it stands within double quotes and is not split.
    Variable(Variable, Quoted),
    /// The output of a script.
    Output(Script, Quoted),
    /// The name of a pipe to or from a script: `<(…)` (false) or `>(…)` (true).
    Process(Script, bool),
    /// The result of arithmetic; what is substituted within it.
    Arithmetic(Box<Word>),
}

/// Whether a part stands within double quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoted {
    /// It does: its value is one word.
    Yes,
    /// It does not: its value is split into words, and globs in it are expanded.
    No,
}

/// A variable's expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name: a name, a digit, or one of `@*#?$!-`.
    pub name: String,
    /// The index of an array's element (`@` and `*` for all).
    pub index: Option<String>,
    /// What is done with its value.
    pub operation: Operation,
}

/// What is done with a variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Nothing.
    Value,
    /// `${x:-word}`, or without the colon: the word where it is unset (or empty).
    Default(Box<Word>, Emptiness),
    /// `${x:=word}`: the same, and it is assigned.
    Assign(Box<Word>, Emptiness),
    /// `${x:+word}`: the word where it is set.
    Alternative(Box<Word>, Emptiness),
    /// `${x:?word}`: ends the script where it is unset.
    Require(Emptiness),
    /// `${#x}`: its length.
    Length,
    /// `${!x}`: the variable it names.
    Indirect,
    /// Anything else: cutting, replacing, changing case.
    Change(char, Box<Word>),
}

/// Whether an empty value counts as unset (with the colon).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emptiness {
    /// It does.
    Unset,
    /// It does not.
    Set,
}

impl Word {
    /// A word of text that stands for itself.
    pub fn text(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }

    /// The word's text where it is made of text alone, quotes taken off.
    pub fn literal(&self) -> Option<String> {
        self.parts.iter().try_fold(String::new(), |mut text, part| match part {
            Part::Bare(more) | Part::Text(more) => {
                text.push_str(more);
                Some(text)
            }
            _ => None,
        })
    }

    /// The word's text where it is bare, as reserved words and names of functions must be.
    pub fn bare(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Bare(text)] => Some(text),
            _ => None,
        }
    }
}
