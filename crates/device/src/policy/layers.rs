//! From the files of all layers to one list of rules: who may loosen whose.
//!
//! built in < organisation < project < person. Every layer may add rules and make those of others stricter. To loosen a rule, by an
//! [`Adjustment`](super::file::Adjustment) or an exception, is a matter of whose it is:
//!
//! | who | built in | organisation's | project's | person's |
//! |---|---|---|---|---|
//! | organisation | yes | yes | yes | yes |
//! | project | no | no | its own | no |
//! | person | unless locked | where it `yields` | yes | yes |
//!
//! What protects hookrail itself is loosened by an organisation alone; a person has `hookrail pause`.
//! What is not allowed is left out and told as a note: it never keeps another layer's rules from holding.

use std::fmt;

use hookrail_core::policy::{self, Decision};
use hookrail_core::time::Timestamp;
use serde::Serialize;

use super::file::{OnFailure, PolicyFile, Rule, RuleMode, means};
use crate::profile::Terms;

/// The longest an exception may last, in days.
const MAX_EXCEPTION_DAYS: i64 = 366;
const DAY_NANOS: i64 = 86_400_000_000_000;

/// The area of rules that protect hookrail itself.
const SELF_PROTECTION: &str = "self-protection.";

/// Where rules come from, from the most general to the most particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// Part of hookrail.
    BuiltIn,
    /// The organisation's, from its server.
    Organisation,
    /// The project's, from its repository.
    Project,
    /// The person's own.
    Person,
}

impl Layer {
    /// The layer's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Organisation => "organisation",
            Self::Project => "project",
            Self::Person => "person",
        }
    }
}

/// A file of rules, and whose it is.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Whose.
    pub layer: Layer,
    /// Its path, or the name of a pack.
    pub name: String,
    /// What it says.
    pub file: PolicyFile,
}

/// Something a person should know of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The file.
    pub file: String,
    /// What is the matter, and what to do.
    pub message: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.message)
    }
}

/// A rule as it is carried out, with what all layers say of it.
#[derive(Clone, Debug)]
pub struct Standing<'s> {
    /// Whose it is.
    pub layer: Layer,
    /// As it is written.
    pub rule: &'s Rule,
    /// How it is carried out.
    pub mode: RuleMode,
    /// Until when it says nothing.
    pub silent_until: Option<Timestamp>,
}

impl Standing<'_> {
    /// The rule as the hook reads it.
    pub fn prepared(&self) -> policy::Rule<'static> {
        self.rule.prepared(self.mode, self.silent_until)
    }
}

/// All rules, in the order in which they are asked.
#[derive(Clone, Debug)]
pub struct Standings<'s> {
    /// The rules.
    pub rules: Vec<Standing<'s>>,
    /// What was left out, and what is over.
    pub notes: Vec<Note>,
    /// What holds where the guard cannot judge.
    pub on_failure: OnFailure,
}

/// Joins the layers, which are given from the most general to the most particular.
pub fn join(sheets: &[Sheet], now: Timestamp) -> Standings<'_> {
    let mut all = Standings {
        rules: sheets.iter().flat_map(standings).collect(),
        notes: Vec::new(),
        on_failure: sheets
            .iter()
            .filter(|sheet| sheet.layer != Layer::Project)
            .map(|sheet| sheet.file.on_failure)
            .max()
            .unwrap_or_default(),
    };
    let locks = locks(sheets);
    for sheet in sheets {
        all.twins(sheet);
        if sheet.layer != Layer::Organisation && !sheet.file.lock.is_empty() {
            all.note(sheet, "only an organisation locks rules; this lock is ignored");
        }
        if sheet.layer == Layer::Project && sheet.file.on_failure != OnFailure::Open {
            all.note(sheet, "on_failure is said of a whole device, not by a project; it is ignored");
        }
        for adjustment in &sheet.file.adjustments {
            all.adjust(sheet, adjustment.rule.as_ref(), adjustment.mode, &locks);
        }
        for exception in &sheet.file.exceptions {
            all.except(sheet, exception.rule.as_ref(), exception.ends(), &locks, now);
        }
    }
    all
}

/// The rules that no person may loosen.
fn locks(sheets: &[Sheet]) -> Vec<&str> {
    let of_organisation = sheets.iter().filter(|sheet| sheet.layer == Layer::Organisation);
    of_organisation.flat_map(|sheet| sheet.file.lock.iter().map(|lock| lock.as_ref().as_str())).collect()
}

impl<'s> Standings<'s> {
    /// Carries out the rules within what profiles say. To lower one is a person's word, and counts where theirs does; a rule that
    /// allows is left alone, because to carry it out more strictly would let more pass.
    pub fn within(mut self, terms: &Terms, sheets: &[Sheet]) -> Self {
        let locks = locks(sheets);
        for standing in self.rules.iter_mut().filter(|standing| standing.rule.decision != Decision::Allow) {
            if may_loosen(Layer::Person, standing, &locks).is_ok() {
                standing.mode = standing.mode.min(terms.at_most);
            }
            standing.mode = standing.mode.max(terms.at_least);
        }
        self.on_failure = self.on_failure.max(terms.on_failure);
        self
    }

    /// The rules of an id or of an area, each with whether this layer may loosen it.
    fn meant(&mut self, name: &str) -> Vec<&mut Standing<'s>> {
        self.rules.iter_mut().filter(|standing| means(name, standing.rule.id.as_ref())).collect()
    }

    fn adjust(&mut self, sheet: &Sheet, name: &str, mode: RuleMode, locks: &[&str]) {
        let mut refused = None;
        let meant = self.meant(name);
        let is_unknown = meant.is_empty();
        for standing in meant {
            let before = standing.prepared().weight();
            let after = Standing { mode, ..standing.clone() }.prepared().weight();
            match may_loosen(sheet.layer, standing, locks) {
                Err(why) if after < before => refused = Some(why),
                _ => standing.mode = mode,
            }
        }
        if is_unknown {
            self.note(sheet, &format!("there is no rule {name} to adjust; remove the adjustment"));
        }
        if let Some(why) = refused {
            self.note(sheet, &format!("{name} is not loosened to {}: {why}", mode.as_str()));
        }
    }

    fn except(&mut self, sheet: &Sheet, name: &str, ends: Option<Timestamp>, locks: &[&str], now: Timestamp) {
        let until = match ends {
            Some(until) if until > now => until,
            _ => return self.note(sheet, &format!("the exception of {name} is over; remove it")),
        };
        let latest = now.as_nanos().saturating_add(MAX_EXCEPTION_DAYS * DAY_NANOS);
        if until.as_nanos() > latest {
            let message = format!("the exception of {name} is ignored: it may last {MAX_EXCEPTION_DAYS} days at most");
            return self.note(sheet, &message);
        }
        let mut refused = None;
        let meant = self.meant(name);
        let is_unknown = meant.is_empty();
        for standing in meant {
            match may_loosen(sheet.layer, standing, locks) {
                Err(why) => refused = Some(why),
                Ok(()) => standing.silent_until = standing.silent_until.max(Some(until)),
            }
        }
        if is_unknown {
            self.note(sheet, &format!("there is no rule {name} to except; remove the exception"));
        }
        if let Some(why) = refused {
            self.note(sheet, &format!("the exception of {name} is ignored: {why}"));
        }
    }

    /// Tells of rules that have the id of a rule of a more general layer.
    fn twins(&mut self, sheet: &Sheet) {
        let ids = sheet.file.rules.iter().map(|rule| rule.id.as_ref());
        let is_twin =
            |id: &&String| self.rules.iter().any(|other| other.layer < sheet.layer && other.rule.id.as_ref() == *id);
        // Every layer may have its own list of approved servers.
        let twins: Vec<&String> = ids.filter(|id| *id != super::mcp::UNAPPROVED).filter(is_twin).collect();
        for id in twins {
            self.note(sheet, &format!("{id} is another rule's id already; both hold, give this one a name of its own"));
        }
    }

    fn note(&mut self, sheet: &Sheet, message: &str) {
        self.notes.push(Note { file: sheet.name.clone(), message: message.to_owned() });
    }
}

/// A file's own rules, as it says that they are carried out.
fn standings(sheet: &Sheet) -> impl Iterator<Item = Standing<'_>> {
    sheet.file.rules.iter().map(|rule| Standing {
        layer: sheet.layer,
        rule,
        mode: rule.mode.unwrap_or(sheet.file.mode),
        silent_until: None,
    })
}

/// Whether a layer may loosen a rule; else why not.
fn may_loosen(who: Layer, standing: &Standing<'_>, locks: &[&str]) -> Result<(), &'static str> {
    let id = standing.rule.id.as_ref();
    match (who, standing.layer) {
        (Layer::Organisation | Layer::BuiltIn, _) => Ok(()),
        _ if id.starts_with(SELF_PROTECTION) => {
            Err("it protects hookrail itself; a person has `hookrail pause` for a while")
        }
        (Layer::Project, Layer::Project) | (Layer::Person, Layer::Project | Layer::Person) => Ok(()),
        (Layer::Project, _) => Err("a project may only be stricter"),
        (Layer::Person, Layer::BuiltIn) if locks.iter().any(|lock| means(lock, id)) => {
            Err("the organisation has locked it")
        }
        (Layer::Person, Layer::BuiltIn) => Ok(()),
        (Layer::Person, Layer::Organisation) if standing.rule.yields => Ok(()),
        (Layer::Person, Layer::Organisation) => Err("it is the organisation's, and does not yield"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::policy::file::read;

    const NOW: Timestamp = Timestamp::from_nanos(1_800_000_000_000_000_000);

    fn rule(id: &str) -> String {
        format!("[[rule]]\nid = \"{id}\"\ndecision = \"deny\"\nreason = \"r\"\nkeywords = [\"x\"]\n")
    }

    fn sheets(person: &str) -> Vec<Sheet> {
        let yields = format!("{}yields = true\n", rule("org.mild"));
        let texts = [
            (Layer::BuiltIn, format!("{}{}{}", rule("git.push"), rule("git.reset"), rule("self-protection.tamper"))),
            (Layer::Organisation, format!("lock = [\"git.reset\"]\n{}{yields}", rule("org.strict"))),
            (Layer::Project, format!("mode = \"observe\"\n{}", rule("shop.rule"))),
            (Layer::Person, person.to_owned()),
        ];
        let sheet = |(layer, text): (Layer, String)| Sheet {
            layer,
            name: layer.as_str().to_owned(),
            file: read(&text).unwrap_or_else(|mistakes| panic!("{text}: {mistakes:?}")),
        };
        texts.into_iter().map(sheet).collect()
    }

    fn as_layer(layer: Layer, text: &str) -> Vec<Sheet> {
        let mut sheets = sheets("");
        let more = Sheet { layer, name: "more".to_owned(), file: read(text).unwrap() };
        let at = sheets.iter().rposition(|sheet| sheet.layer <= layer).unwrap() + 1;
        sheets.insert(at, more);
        sheets
    }

    #[test]
    fn who_may_loosen_what_is_as_the_table_says() {
        use Layer::{Organisation, Person, Project};
        for (who, id, may) in [
            (Organisation, "git.push", true),
            (Organisation, "org.strict", true),
            (Organisation, "self-protection.tamper", true),
            (Project, "git.push", false),
            (Project, "org.mild", false),
            (Project, "shop.rule", true),
            (Person, "git.push", true),
            (Person, "git.reset", false),
            (Person, "org.strict", false),
            (Person, "org.mild", true),
            (Person, "shop.rule", true),
            (Person, "self-protection.tamper", false),
        ] {
            let adjusted = as_layer(who, &format!("[[adjust]]\nrule = \"{id}\"\nmode = \"observe\"\n"));
            let excepted = as_layer(
                who,
                &format!("[[exception]]\nrule = \"{id}\"\nowner = \"o\"\nreason = \"r\"\nuntil = \"2027-02-01\"\n"),
            );
            let of = |sheets: &[Sheet]| {
                let all = join(sheets, NOW);
                let standing = all.rules.iter().find(|standing| standing.rule.id.as_ref() == id).unwrap();
                (standing.mode == RuleMode::Observe, standing.silent_until.is_some(), all.notes.len())
            };
            let observed = if id == "shop.rule" { true } else { may };
            assert_eq!(of(&adjusted), (observed, false, usize::from(!may)), "{who:?} adjusts {id}");
            assert_eq!(of(&excepted).1, may, "{who:?} excepts {id}");
        }
    }

    #[test]
    fn a_limit_of_spending_is_loosened_by_nobody_who_may_not() {
        let limit = |id: &str, dollars: u32, mode: &str, more: &str| {
            format!("[[spend]]\nid = \"{id}\"\nper = \"day\"\nlimit = {dollars}\nmode = \"{mode}\"\n{more}\n")
        };
        let strict = limit("strict", 20, "stop", "");
        let mild = limit("mild", 10, "ask", "yields = true");
        let holding = |person: &str| {
            let mut sheets = as_layer(Layer::Organisation, &format!("{strict}{mild}"));
            let file = read(person).unwrap();
            sheets.push(Sheet { layer: Layer::Person, name: "more".to_owned(), file });
            let all = join(&sheets, NOW);
            let limits = all.rules.iter().filter(|standing| standing.rule.spend.is_some());
            let held = limits.map(|standing| {
                let prepared = standing.prepared();
                let dollars = prepared.spend.unwrap().limit.0 / 1_000_000_000;
                format!("{} {dollars} {:?} {}", prepared.id, standing.mode, standing.silent_until.is_some())
            });
            (held.collect::<Vec<_>>(), all.notes.len())
        };
        let organisation = ["spend.strict 20 Enforce false", "spend.mild 10 Enforce false"];
        let exception = |id: &str| {
            format!("[[exception]]\nrule = \"{id}\"\nowner = \"o\"\nreason = \"r\"\nuntil = \"2027-02-01\"\n")
        };
        let adjustment = |id: &str| format!("[[adjust]]\nrule = \"{id}\"\nmode = \"warn\"\n");
        for (person, expected, notes) in [
            // A larger amount is one more limit, and the smaller one holds; a smaller one is stricter, which everybody may be.
            (limit("own", 500, "stop", ""), [&organisation[..], &["spend.own 500 Enforce false"]].concat(), 0),
            (limit("own", 5, "stop", ""), [&organisation[..], &["spend.own 5 Enforce false"]].concat(), 0),
            (limit("strict", 500, "warn", ""), [&organisation[..], &["spend.strict 500 Warn false"]].concat(), 1),
            (adjustment("spend.strict"), organisation.to_vec(), 1),
            (exception("spend.strict"), organisation.to_vec(), 1),
            (adjustment("spend.mild"), vec![organisation[0], "spend.mild 10 Warn false"], 0),
            (exception("spend.mild"), vec![organisation[0], "spend.mild 10 Enforce true"], 0),
        ] {
            assert_eq!(holding(&person), (expected.into_iter().map(str::to_owned).collect(), notes), "{person}");
        }
    }

    #[test]
    fn everybody_may_be_stricter() {
        for who in [Layer::Organisation, Layer::Project, Layer::Person] {
            let sheets = as_layer(who, "[[adjust]]\nrule = \"shop.*\"\nmode = \"enforce\"\n");
            let all = join(&sheets, NOW);
            let standing = all.rules.iter().find(|standing| standing.rule.id.as_ref() == "shop.rule").unwrap();
            assert_eq!((standing.mode, all.notes.len()), (RuleMode::Enforce, 0), "{who:?}");
        }
    }

    #[test]
    fn what_cannot_count_is_told() {
        let exception = |rule: &str, until: &str| {
            format!("[[exception]]\nrule = \"{rule}\"\nowner = \"o\"\nreason = \"r\"\nuntil = \"{until}\"\n")
        };
        for (text, says) in [
            (exception("git.push", "2001-01-01"), "is over"),
            (exception("git.push", "2040-01-01"), "366 days"),
            (exception("git.pull", "2027-02-01"), "no rule git.pull to except"),
            ("[[adjust]]\nrule = \"no.*\"\nmode = \"warn\"".to_owned(), "no rule no.* to adjust"),
            ("lock = [\"git.*\"]".to_owned(), "only an organisation locks"),
            (rule("git.push"), "another rule's id"),
        ] {
            let sheets = sheets(&text);
            let all = join(&sheets, NOW);
            assert_eq!(all.notes.len(), 1, "{text}");
            assert!(all.notes[0].to_string().contains(says), "{}", all.notes[0]);
            assert!(all.rules.iter().all(|standing| standing.silent_until.is_none()));
        }
    }

    #[test]
    fn the_strictest_layer_says_what_holds_on_failure() {
        assert_eq!(join(&sheets(""), NOW).on_failure, OnFailure::Open);
        assert_eq!(join(&sheets("on_failure = \"closed\""), NOW).on_failure, OnFailure::Closed);
        let sheets = as_layer(Layer::Project, "on_failure = \"closed\"");
        let all = join(&sheets, NOW);
        assert_eq!((all.on_failure, all.notes.len()), (OnFailure::Open, 1));
    }
}
