//! Paths, and effects on what is at them.

use super::super::state::{Content, State};
use super::super::value::{HOLE, Origin, Text};
use super::{MAX_EFFECTS, Machine};
use crate::policy::effects::{Effect, Kind, Where};
use crate::policy::facts::Look;
use crate::policy::hosts;
use crate::policy::inspect::{is_checking_hook, is_hook_of_linters, people, tells_agents};
use crate::policy::lists::is_any_case;
use crate::policy::places::{self, Place};
use crate::policy::secrets::{self, Secrecy};

impl Machine<'_> {
    /// The absolute path a text names. Holes become a mark; `None` where nothing of it is known.
    pub(in crate::policy::shell) fn path(&self, state: &State, text: &Text) -> Option<String> {
        let text = text.as_path()?;
        let directory = state.shell.directory.as_deref();
        if text.starts_with('/') || text.as_bytes().get(1) == Some(&b':') {
            return Some(places::absolute(&text, "/"));
        }
        Some(places::absolute(&text, directory?))
    }

    /// The path behind links, those of the script and those of the machine.
    pub(in crate::policy::shell) fn real(&self, state: &State, path: &str) -> String {
        let path = state.linked_folder(&state.linked(path));
        if self.at != Where::Here || state.files.get(&path).is_some() {
            return path;
        }
        self.facts.real(&path).or_else(|| self.real_by_folder(&path)).unwrap_or(path)
    }

    /// The path behind the links of the folders that are there, for a file that is yet to be made.
    fn real_by_folder(&self, path: &str) -> Option<String> {
        const MAX_LEVELS: usize = 4;
        let slashes = path.rmatch_indices('/').map(|(at, _)| at).filter(|at| *at > 0).take(MAX_LEVELS);
        let mut folders = slashes.map(|at| path.split_at(at));
        folders.find_map(|(folder, rest)| Some(format!("{}{rest}", self.facts.real(folder)?.trim_end_matches('/'))))
    }

    pub(in crate::policy::shell) fn place(&self, path: &str) -> Place {
        places::place(path, self.facts)
    }

    /// Whether a folder is one for what may vanish, whatever of its name is not known.
    pub(in crate::policy::shell) fn is_scratch(&self, folder: &str) -> bool {
        self.place(folder) == Place::Temporary
    }

    pub(in crate::policy::shell) fn look(&self, path: &str) -> Look {
        if self.at == Where::Here { self.facts.look(path) } else { Look::Unknown }
    }

    /// How secret a file is, by its own name or by that of the file behind it.
    pub(in crate::policy::shell) fn secrecy(&self, state: &State, path: &str) -> Secrecy {
        let home = self.facts.home();
        let real = self.real(state, path);
        secrets::secrecy(path, home).max(secrets::secrecy(&real, home))
    }

    /// Notes that a file's content is read, where that matters: the names of its settings alone are no secret.
    pub(in crate::policy::shell) fn reads(&mut self, state: &State, path: &str) {
        let secrecy = match state.files.get(path) {
            Some(Content::Is(_) | Content::Gone) => Secrecy::None,
            Some(Content::CopyOf(from)) => self.secrecy(state, &from.clone()),
            Some(Content::Link(_)) | None => self.secrecy(state, path),
        };
        if secrecy >= if self.named { Secrecy::Credential } else { Secrecy::Environment } {
            self.note(Kind::SecretRead, path.to_owned(), self.place(path), false, Origin::SECRET);
        }
        self.touches(path, false);
    }

    /// Notes that a file is written.
    pub(in crate::policy::shell) fn writes(&mut self, state: &State, path: &str, appends: bool) {
        let real = self.real(state, path);
        let kind = if appends { Kind::FileAppend } else { Kind::FileWrite };
        self.file(kind, &real, false);
    }

    /// Notes something done to a file.
    pub(in crate::policy::shell) fn file(&mut self, kind: Kind, path: &str, recursive: bool) {
        let changes = matches!(kind, Kind::FileWrite | Kind::FileAppend);
        let removes = matches!(kind, Kind::FileDelete | Kind::FileMove);
        let loses = changes || removes;
        if changes && places::is_disk(path) {
            return self.note(Kind::DiskWipe, path.to_owned(), Place::Device, false, Origin::UNKNOWN);
        }
        if loses && places::is_git_data(path) {
            self.note(Kind::GitMetadata, path.to_owned(), self.place(path), recursive, Origin::UNKNOWN);
        }
        if changes && places::is_startup(path, self.facts.home()) {
            self.note(Kind::SystemStartup, path.to_owned(), self.place(path), false, Origin::UNKNOWN);
        }
        if (removes || kind == Kind::FileWrite) && places::is_trace(path, self.facts.home()) {
            self.note(Kind::SafetyDisable, path.to_owned(), self.place(path), false, Origin::UNKNOWN);
        }
        if removes && places::is_hook(path) {
            self.note(Kind::GitBypass, path.to_owned(), self.place(path), recursive, Origin::UNKNOWN);
        }
        if loses && secrets::secrecy(path, self.facts.home()) == Secrecy::Credential {
            self.note(Kind::SecretWrite, path.to_owned(), self.place(path), false, Origin::UNKNOWN);
        }
        for (kind, is) in [
            (Kind::ProjectCi, places::is_ci as fn(&str) -> bool),
            (Kind::ProjectLock, places::is_lock),
            (Kind::McpConfigure, places::is_mcp_setting),
        ] {
            if changes && is(path) {
                self.note(kind, path.to_owned(), self.place(path), false, Origin::UNKNOWN);
            }
        }
        let is_kernel = ["/proc/sys/", "/sys/kernel/", "/boot/"].iter().any(|folder| path.starts_with(folder));
        let is_setting = matches!(path, "/etc/hosts" | "/etc/resolv.conf" | "/etc/default/grub" | "/etc/fstab");
        let is_program = changes && places::stands_for_system(path, self.facts.home());
        if changes && self.at == Where::Here && (is_kernel || is_setting || is_program) {
            self.note(Kind::SystemChange, path.to_owned(), self.place(path), false, Origin::UNKNOWN);
        }
        self.touches(path, true);
        let place = self.place(path);
        let anew = kind == Kind::FileDelete
            && self.at == Where::Container
            && !self.live
            && places::is_made_anew_in_container(path);
        self.note(kind, path.to_owned(), place, recursive && !anew, Origin::UNKNOWN);
    }

    pub(super) fn touches(&mut self, path: &str, changes: bool) {
        if changes && places::is_own(path, self.facts) {
            self.note(Kind::SelfTamper, path.to_owned(), self.place(path), false, Origin::UNKNOWN);
        }
    }

    /// Notes that a whole tree is written over with what another one or an archive holds.
    pub(in crate::policy::shell) fn covers(&mut self, state: &State, folder: &Text) {
        let Some(path) = self.path(state, folder) else { return };
        let path = self.real(state, &path);
        let place = self.place(&path);
        let is_free = places::is_temporary(&path) || matches!(path.as_str(), "/opt" | "/mnt" | "/media" | "/srv");
        if matches!(place, Place::Home | Place::System) && !is_free {
            self.note(Kind::FileWrite, path, place, true, Origin::UNKNOWN);
        }
    }

    /// Where the content at a path comes from.
    pub(in crate::policy::shell) fn origin_of_path(&self, state: &State, path: &str, below: bool) -> Origin {
        let secrecy = self.secrecy(state, path).max(secrets::tree_secrecy(path));
        if secrecy >= if self.named { Secrecy::Credential } else { Secrecy::Sensitive } {
            return Origin::SECRET;
        }
        if matches!(path, "/dev/zero" | "/dev/urandom" | "/dev/random" | "/dev/full") {
            return Origin::ENDLESS;
        }
        // What is typed, seen and heard.
        if ["/dev/input/", "/dev/video", "/dev/snd/", "/dev/fb"].iter().any(|device| path.starts_with(device)) {
            return Origin::DUMPED;
        }
        if below && self.holds_secret(state, path) {
            return Origin::SECRET;
        }
        if people::is_private(path) {
            return Origin::DUMPED;
        }
        if lists_people(path) { Origin::QUERIED } else { Origin::UNKNOWN }
    }

    /// Whether a file below a path is secret: by what the script put there, and by what is there.
    pub(in crate::policy::shell) fn holds_secret(&self, state: &State, path: &str) -> bool {
        let home = self.facts.home();
        let secret = |path: &str| secrets::secrecy(path, home) >= Secrecy::Sensitive;
        let folder = path.trim_end_matches('/');
        let made = state.files.iter().any(|(file, content)| {
            places::is_within(file, folder)
                && match content {
                    Content::Is(text) => secret(file) || text.origin().is_some_and(|origin| origin.secret),
                    Content::Gone => false,
                    Content::Link(target) | Content::CopyOf(target) => {
                        secret(file) || secret(target) || self.origin_of_path(state, target, true).secret
                    }
                }
        });
        if made {
            return true;
        }
        let gone = |file: &String| matches!(state.files.get(file), Some(Content::Gone));
        let (folder, pattern) = match folder.rsplit_once('/') {
            Some((folder, name)) if name.contains(['*', '?', '[']) => (folder, Some(name)),
            _ => (folder, None),
        };
        let listed = self.facts.below(if folder.is_empty() { "/" } else { folder });
        listed.paths.iter().filter(|file| !gone(file)).any(|file| {
            let first =
                file[folder.len().min(file.len())..].trim_start_matches('/').split('/').next().unwrap_or_default();
            secret(file) && pattern.is_none_or(|pattern| places::glob(pattern, first))
        })
    }

    /// Notes that a variable is set or taken away, where it decides whether hookrail is asked.
    pub(in crate::policy::shell) fn sets(&mut self, variable: &str) {
        if variable.starts_with("HOOKRAIL_") {
            self.act(Kind::SelfTamper, variable);
        }
    }

    /// Notes that data leaves the machine for whoever listens there: what a database holds is a secret to them.
    pub(in crate::policy::shell) fn sends(&mut self, host: &str, origin: Origin) {
        let to = hosts::host(host);
        if hosts::is_drop(&to) || hosts::is_listener(&to) {
            self.act(Kind::NetCatcher, to.clone());
        }
        if hosts::is_messenger(&to) && origin.queried {
            self.act(Kind::NetMailing, to.clone());
        }
        let goes_out = || !hosts::is_local(&to);
        let is_taken = || origin.packed && hosts::is_bare_address(&to);
        self.carries(host, Origin { secret: origin.secret || origin.dumped && goes_out() || is_taken(), ..origin });
    }

    /// Notes that data leaves the machine for one that the person has a key to: one without a name is a stranger's all the same.
    pub(in crate::policy::shell) fn hands_over(&mut self, host: &str, origin: Origin) {
        let is_strange = || hosts::is_bare_address(&hosts::host(host));
        self.carries(host, Origin { secret: origin.secret || origin.dumped && is_strange(), ..origin });
    }

    /// Notes that data leaves the machine, whatever it is worth there.
    pub(in crate::policy::shell) fn carries(&mut self, host: &str, origin: Origin) {
        self.note(Kind::DataSend, host.to_owned(), Place::Unknown, false, origin);
    }

    /// A path of which not even the folder is known, where its name is one that Python runs when it starts.
    pub(in crate::policy::shell) fn of_python(&self, file: &Text) -> Option<String> {
        let shown = file.shown();
        places::runs_with_python(&shown).then(|| format!("/{shown}"))
    }

    /// Notes what is remarkable about a text that takes the place of another one in a file.
    pub(in crate::policy::shell) fn replaces(&mut self, path: &str, before: &str, text: &str) {
        if self.at == Where::Here {
            let effects = crate::policy::inspect::changed_by_command(text, before, path, &self.program, self.facts);
            for effect in effects {
                self.note(effect.kind, effect.target, effect.place, effect.recursive, effect.origin);
            }
        }
    }

    /// Notes what is remarkable about a text that a file is given: that it has no end, that Python runs it whenever it starts,
    /// that it answers for a program of the system.
    pub(in crate::policy::shell) fn receives(&mut self, path: &str, text: &Text) {
        if matches!(self.at, Where::Here | Where::Remote) {
            if places::runs_with_python(path) && runs_code(path, text) {
                self.note(Kind::SystemStartup, path.to_owned(), self.place(path), false, Origin::UNKNOWN);
            }
            if text.prefix().starts_with("#!") && wraps(text, path) {
                self.stands_in(path);
            }
        }
        if let (Where::Here, Some(known)) = (self.at, text.as_known()) {
            if is_hook_of_linters(path, &known) {
                self.effects.retain(|effect| effect.kind != Kind::SystemStartup || effect.target != path);
            }
            let effects = crate::policy::inspect::written_by_command(&known, path, &self.program, self.facts);
            for effect in effects {
                self.note(effect.kind, effect.target, effect.place, effect.recursive, effect.origin);
            }
        }
        if text.origin().is_some_and(|origin| origin.fetched) {
            self.instructs(path);
        }
        let is_dump = text.origin().is_some_and(|origin| origin.dumped);
        if is_dump && self.at != Where::Throwaway && places::is_served(path) && !path.ends_with(".php") {
            self.note(Kind::NetExpose, path.to_owned(), self.place(path), false, Origin::UNKNOWN);
        }
        let endless = text.origin().is_some_and(|origin| origin.endless);
        if endless && !path.starts_with("/dev/") && self.at != Where::Throwaway {
            self.note(Kind::DiskFill, path.to_owned(), self.place(path), false, Origin::ENDLESS);
        }
    }

    /// Notes that agents are told from now on what comes from elsewhere, and nobody has read: the file at this path, or all in this folder.
    pub(in crate::policy::shell) fn instructs(&mut self, path: &str) {
        if matches!(self.at, Where::Here | Where::Remote) && tells_agents(path) {
            self.note(Kind::AgentOrders, "what nobody has read".to_owned(), self.place(path), false, Origin::FETCHED);
        }
    }

    /// Notes that a whole tree is written over with what another one or an archive holds; `from` tells where that comes from.
    pub(in crate::policy::shell) fn lays_over(&mut self, state: &State, folder: &Text, from: Origin) {
        if from.fetched {
            self.fills(state, folder);
        }
        self.covers(state, folder);
    }

    /// Notes that a folder gets what comes from elsewhere, where agents are told what is in it.
    pub(in crate::policy::shell) fn fills(&mut self, state: &State, folder: &Text) {
        let Some(path) = self.path(state, folder) else { return };
        let path = self.real(state, &path);
        let path = path.trim_end_matches('/');
        // What an agent keeps in its own folder are its commands and rules.
        let own = [".claude", ".cursor", ".gemini", ".codex"].iter().any(|own| path.ends_with(own));
        self.instructs(&format!("{path}/{}", if own { "AGENTS.md" } else { "" }));
    }

    /// Notes that what a file holds can be had by everybody, now that it is where a server shows it.
    pub(in crate::policy::shell) fn shows(&mut self, source: &str, target: &str) {
        let home = self.facts.home();
        let is_key = || secrets::is_told_whole(source, home) || secrets::secrecy(source, home) == Secrecy::Credential;
        let is_given = places::is_given_away(source, target) || places::is_served(target) && is_key();
        if self.at != Where::Throwaway && is_given {
            self.note(Kind::NetExpose, target.to_owned(), self.place(target), false, Origin::UNKNOWN);
        }
    }

    /// A hook that the project brings along is what its people have agreed on.
    pub(in crate::policy::shell) fn installs(&mut self, state: &State, source: &str, target: &str) {
        let is_agreed = is_checking_hook(target) && self.place(source) == Place::Project;
        if (is_agreed || self.is_unit_for_developing(source, target)) && state.files.get(source).is_none() {
            self.effects.retain(|effect| effect.kind != Kind::SystemStartup || effect.target != target);
        }
    }

    /// Whether a unit of the project that by its folder is for developing comes to the person's own: it runs by itself from when it is
    /// enabled on, and that is a deed of its own.
    fn is_unit_for_developing(&self, source: &str, target: &str) -> bool {
        let inside = self.facts.project().and_then(|project| source.strip_prefix(project));
        let folder = inside.and_then(|inside| inside.rsplit_once('/')).map_or("", |(folder, _)| folder);
        target.contains("/.config/systemd/user/") && folder.split('/').any(super::super::programs::is_developed)
    }

    /// Notes that a file answers for a program of the system from now on.
    fn stands_in(&mut self, path: &str) {
        if places::is_in_place_of_system(path, self.facts.home()) {
            self.note(Kind::SystemChange, path.to_owned(), self.place(path), false, Origin::UNKNOWN);
        }
    }

    pub(super) fn bomb(&mut self, why: &str) {
        self.note(Kind::ProcessBomb, why.to_owned(), Place::Unknown, false, Origin::UNKNOWN);
    }

    /// Notes an effect of the command that is gone through, once.
    pub(in crate::policy::shell) fn note(
        &mut self,
        kind: Kind,
        target: String,
        place: Place,
        recursive: bool,
        origin: Origin,
    ) {
        let effect = Effect {
            kind,
            target,
            place,
            recursive: recursive || self.sweeping,
            origin,
            at: self.at,
            program: self.program.clone(),
            command: self.command.clone(),
        };
        if self.effects.len() >= MAX_EFFECTS {
            self.incomplete = true;
        } else if !self.effects.contains(&effect) {
            self.effects.push(effect);
        }
    }

    /// Notes that what was asked for of other machines since then is asked for without end and without a pause.
    pub(in crate::policy::shell) fn floods(&mut self, since: usize) {
        let fetched =
            self.effects.get(since..).unwrap_or_default().iter().filter(|effect| effect.kind == Kind::NetFetch);
        let others = fetched.map(|effect| hosts::host(&effect.target)).find(|host| is_known_far(host));
        if let Some(host) = others {
            self.act(Kind::NetAttack, host);
        }
    }

    /// Takes back what a program was said to do by commands with this word: what came behind has made it good.
    pub(in crate::policy::shell) fn takes_back(&mut self, kind: Kind, program: &str, word: &str) {
        let is_good =
            |effect: &Effect| effect.kind == kind && effect.program == program && effect.command.contains(word);
        self.effects.retain(|effect| !is_good(effect));
    }

    /// Notes an effect on something that is no path.
    pub(in crate::policy::shell) fn act(&mut self, kind: Kind, target: impl Into<String>) {
        self.note(kind, target.into(), Place::Unknown, false, Origin::UNKNOWN);
    }
}

/// Whether a host is somebody's in the open network, as far as it is known.
fn is_known_far(host: &str) -> bool {
    hosts::is_far(host) && !host.contains(HOLE) && !super::super::programs::is_rehearsal(host)
}

/// Whether a file's name says that people stand in it, one a line: what a database was asked for before.
fn lists_people(path: &str) -> bool {
    const PEOPLE: &str = "customer|customers|subscriber|subscribers|recipient|recipients|newsletter|contacts|emails|addresses|leads|members|users|\
        clients|patients|donors|guests|numbers|phones|mobiles|list|mailing|audience|signups|waitlist|people|invitees|attendees|\
        participants|students|parents|employees|staff|applicants|candidates|prospects";
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    matches!(extension, "txt" | "csv" | "tsv" | "lst" | "list")
        && stem.split(['-', '_', '.']).any(|word| is_any_case(word, PEOPLE))
        && !["test", "fixture", "sample", "example"].iter().any(|word| path.contains(word))
}

/// Whether what a file holds that Python reads at its start is code: in a list of folders it is a line that imports. To start the
/// measuring of coverage is what is said to be done that way.
fn runs_code(path: &str, text: &Text) -> bool {
    let shown = text.shown();
    let imports = |line: &str| line.starts_with("import ") || line.starts_with("import\t");
    let runs = !path.ends_with(".pth") || shown.lines().any(imports);
    runs && !shown.trim().is_empty() && !shown.contains("coverage.process_startup()")
}

/// Whether a script runs the program whose name it has, by its path: it stands between the person and that.
fn wraps(text: &Text, path: &str) -> bool {
    let shown = text.shown();
    let called = format!("bin/{}", path.rsplit('/').next().unwrap_or_default());
    let mut lines = shown.lines().filter(|line| !line.starts_with("#!"));
    lines.any(|line| line.split([' ', '"', '\'', '(', ')', ';', '`', '|', '&']).any(|word| word.ends_with(&called)))
}
