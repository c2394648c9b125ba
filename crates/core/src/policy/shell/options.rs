//! The options and operands of a program's arguments, as its own parser would read them.

use super::value::Text;

/// What a program's options look like.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spec {
    /// Short options that take a value; with a `?` behind it, one that has it in its own word or not at all.
    pub(super) short: &'static str,
    /// Long options; those that take a value end in `=`, those that may in `?`.
    pub(super) long: &'static [&'static str],
    /// Whether options end at the first operand.
    pub(super) ordered: bool,
    /// Whether long options begin with one hyphen.
    pub(super) single: bool,
}

/// [`Spec`] of most programs.
pub(super) const fn spec(short: &'static str, long: &'static [&'static str]) -> Spec {
    Spec { short, long, ordered: false, single: false }
}

/// [`spec`] for programs that take what stands behind the first operand as it is.
pub(super) const fn ordered(short: &'static str, long: &'static [&'static str]) -> Spec {
    Spec { ordered: true, ..spec(short, long) }
}

/// [`spec`] for programs whose long options begin with one hyphen.
pub(super) const fn single(long: &'static [&'static str]) -> Spec {
    Spec { single: true, ..spec("", long) }
}

/// An option as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flag {
    /// Its name: one letter, or a long option's whole name.
    pub(super) name: String,
    pub(super) value: Option<Text>,
}

/// Arguments, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) flags: Vec<Flag>,
    pub(super) operands: Vec<Text>,
    /// Which of the operands stood behind `--`: those from here on.
    pub(super) literal_from: Option<usize>,
}

impl Options {
    /// Whether any of these was given.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.flags.iter().any(|flag| names.contains(&flag.name.as_str()))
    }

    /// The value of the last of these that was given.
    pub(super) fn value(&self, names: &[&str]) -> Option<&Text> {
        self.flags.iter().rev().find(|flag| names.contains(&flag.name.as_str())).and_then(|flag| flag.value.as_ref())
    }

    /// The values of all of these.
    pub(super) fn values<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a Text> {
        self.flags.iter().filter(|flag| names.contains(&flag.name.as_str())).filter_map(|flag| flag.value.as_ref())
    }

    /// Which of two groups was given last: true for the first.
    pub(super) fn last_of(&self, yes: &[&str], no: &[&str]) -> bool {
        let last =
            self.flags.iter().rev().find(|flag| yes.contains(&flag.name.as_str()) || no.contains(&flag.name.as_str()));
        last.is_some_and(|flag| yes.contains(&flag.name.as_str()))
    }

    /// Whether it only shows how it is used.
    pub(super) fn is_help(&self) -> bool {
        self.has(&["help", "version"])
    }
}

/// Reads arguments.
#[inline(never)]
pub(super) fn read(args: &[Text], spec: &Spec) -> Options {
    let mut options = Options::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let known = arg.prefix();
        if options.literal_from.is_some() || known.len() < 2 || !known.starts_with('-') {
            options.operands.push(arg.clone());
            if spec.ordered {
                options.operands.extend(args.cloned());
                break;
            }
            continue;
        }
        if known == "--" && arg.as_known().is_some() {
            options.literal_from = Some(options.operands.len());
        } else if known.starts_with("--") || spec.single {
            options.flags.push(long(arg, spec, &mut args));
        } else {
            bundle(arg, spec, &mut args, &mut options.flags);
        }
    }
    options
}

/// `--name`, `--name=value`, `--name value`, and what abbreviates them.
fn long<'a>(arg: &Text, spec: &Spec, args: &mut impl Iterator<Item = &'a Text>) -> Flag {
    let whole = arg.clone();
    let dashes = if arg.prefix().starts_with("--") { 2 } else { 1 };
    let (name, value) = match arg.prefix().find('=') {
        Some(at) => (arg.prefix()[dashes..at].to_owned(), Some(whole.after(at + 1))),
        None => (arg.prefix()[dashes..].to_owned(), None),
    };
    let plain = |option: &&&str| option.trim_end_matches(['=', '?']) == name;
    let mut like = spec.long.iter().filter(|option| option.starts_with(&name));
    let found = spec.long.iter().find(plain).or_else(|| match (like.next(), like.next()) {
        (Some(only), None) if !name.is_empty() && !spec.single => Some(only),
        _ => None,
    });
    let takes = found.is_some_and(|option| option.ends_with('='));
    let value = if takes && value.is_none() { args.next().cloned() } else { value };
    Flag { name: found.map_or(name, |option| option.trim_end_matches(['=', '?']).to_owned()), value }
}

/// `-abc`, `-ovalue`, `-o value`; `-i`, `-ivalue`.
fn bundle<'a>(arg: &Text, spec: &Spec, args: &mut impl Iterator<Item = &'a Text>, flags: &mut Vec<Flag>) {
    let letters = arg.prefix();
    for (at, letter) in letters.char_indices().skip(1) {
        let known = spec.short.split_once(letter).filter(|_| letter != '?');
        let value = known.and_then(|(_, behind)| match arg.after(at + letter.len_utf8()) {
            rest if !rest.is_empty() => Some(rest),
            _ if behind.starts_with('?') => None,
            _ => Some(args.next().cloned().unwrap_or_default()),
        });
        flags.push(Flag { name: letter.to_string(), value });
        if known.is_some() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = spec("oi?t", &["recursive", "reference=", "target-directory=", "color?"]);

    #[test]
    fn arguments_are_read_as_a_program_reads_them() {
        type Case = (&'static [&'static str], &'static [(&'static str, Option<&'static str>)], &'static [&'static str]);
        let cases: &[Case] = &[
            (&["-rf", "a"], &[("r", None), ("f", None)], &["a"]),
            (&["a", "-r"], &[("r", None)], &["a"]),
            (&["-rofile", "b"], &[("r", None), ("o", Some("file"))], &["b"]),
            (&["-o", "-x", "b"], &[("o", Some("-x"))], &["b"]),
            (&["-ri.bak", "b"], &[("r", None), ("i", Some(".bak"))], &["b"]),
            (&["-ri", "b"], &[("r", None), ("i", None)], &["b"]),
            (&["--rec", "/"], &[("recursive", None)], &["/"]),
            (&["--re", "/"], &[("re", None)], &["/"]),
            (&["--target-directory=/tmp"], &[("target-directory", Some("/tmp"))], &[]),
            (&["--target", "/tmp", "x"], &[("target-directory", Some("/tmp"))], &["x"]),
            (&["--color", "x"], &[("color", None)], &["x"]),
            (&["--", "-r"], &[], &["-r"]),
            (&["-"], &[], &["-"]),
        ];
        for (args, flags, operands) in cases {
            let args: Vec<Text> = args.iter().map(|arg| Text::known(*arg)).collect();
            let read = read(&args, &SPEC);
            let found: Vec<(&str, Option<String>)> =
                read.flags.iter().map(|flag| (flag.name.as_str(), flag.value.as_ref().map(Text::shown))).collect();
            let wanted: Vec<(&str, Option<String>)> =
                flags.iter().map(|(name, value)| (*name, value.map(str::to_owned))).collect();
            assert_eq!(found, wanted, "{args:?}");
            assert_eq!(read.operands.iter().map(Text::shown).collect::<Vec<_>>(), *operands, "{args:?}");
        }
    }
}
