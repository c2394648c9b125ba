//! Which MCP servers are approved: `[mcp]` in a file of rules, which makes a rule of its own.

use hookrail_core::policy::Decision;
use serde::Deserialize;
use toml::Spanned;

use super::file::{PolicyFile, Rule, RuleMode};
use super::layers::{Layer, Sheet};

/// The id of the rule that `[mcp]` makes.
pub(super) const UNAPPROVED: &str = "mcp.unapproved";

/// What a file says of MCP servers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mcp {
    /// The servers that may be called, by their raw names (`hookrail mcp list` shows them) or globs of these.
    pub approved: Spanned<Vec<String>>,
    /// What becomes of a call of another one.
    #[serde(default)]
    pub unapproved: Unapproved,
}

/// What becomes of a call of a server that is not approved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unapproved {
    /// It is recorded as what would have been asked.
    #[default]
    Observe,
    /// A person is asked.
    Ask,
    /// It is stopped.
    Deny,
}

impl Mcp {
    /// The rule that calls of other servers meet.
    pub(super) fn rule(&self) -> Rule {
        let (decision, mode) = match self.unapproved {
            Unapproved::Observe => (Decision::Ask, RuleMode::Observe),
            Unapproved::Ask => (Decision::Ask, RuleMode::Enforce),
            Unapproved::Deny => (Decision::Deny, RuleMode::Enforce),
        };
        let here = |text: &str| Spanned::new(self.approved.span(), text.to_owned());
        let approved = self.approved.as_ref();
        Rule {
            mode: Some(mode),
            instead: Some("Use an approved server, or ask the person to have this one approved.".to_owned()),
            effects: vec![here("mcp.call")],
            except: approved.iter().map(|server| format!("{server}/*")).collect(),
            ..Rule::new(here(UNAPPROVED), decision, here("This MCP server is not approved here."))
        }
    }
}

/// The approved servers by the word of the person and of the organisation; `None` where nobody has said anything. A project's
/// word approves nothing.
pub fn approved(sheets: &[Sheet]) -> Option<Vec<String>> {
    let told = sheets.iter().filter(|sheet| sheet.layer != Layer::Project);
    let lists: Vec<&Mcp> = told.filter_map(|sheet: &Sheet| sheet.file.mcp.as_ref()).collect();
    (!lists.is_empty()).then(|| lists.iter().flat_map(|mcp| mcp.approved.as_ref().clone()).collect())
}

impl PolicyFile {
    /// The file with the rules that its sections make.
    pub(super) fn with_sections(mut self) -> Self {
        let made = self.mcp.as_ref().map(Mcp::rule);
        self.rules.extend(made);
        self
    }
}
