//! Node: npm, pnpm, yarn or bun, and the scripts and tools that `package.json` names.

use serde_json::Value;

use super::{ByFile, Check, Generated, Listing, Manager, Missing, Step, Tools, Version};

const SOURCES: &[&str] = &["*.{js,mjs,cjs,jsx,ts,mts,cts,tsx}", "package.json"];
const CODE: &[&str] = &["*.{js,mjs,cjs,jsx,ts,mts,cts,tsx}"];

/// Lock files and who writes them.
const LOCKS: &[(&str, Manager)] = &[
    ("pnpm-lock.yaml", Manager::Pnpm),
    ("yarn.lock", Manager::Yarn),
    ("bun.lock", Manager::Bun),
    ("bun.lockb", Manager::Bun),
    ("package-lock.json", Manager::Npm),
    ("npm-shrinkwrap.json", Manager::Npm),
];

fn package(listing: &Listing) -> Value {
    serde_json::from_str(listing.text("package.json")).unwrap_or_default()
}

/// The manager that `packageManager` names, else that of the lock file.
pub(super) fn manager(listing: &Listing, notes: &mut Vec<String>) -> Manager {
    let package = package(listing);
    let named = package["packageManager"].as_str().and_then(|text| text.split('@').next());
    let named = [Manager::Npm, Manager::Pnpm, Manager::Yarn, Manager::Bun]
        .into_iter()
        .find(|manager| named == Some(manager.as_str()));
    let locks: Vec<(&str, Manager)> = LOCKS.iter().copied().filter(|(file, _)| listing.has(file)).collect();
    let manager = named.or_else(|| locks.first().map(|(_, manager)| *manager)).unwrap_or(Manager::Npm);
    for (file, other) in locks.iter().filter(|(_, other)| *other != manager) {
        notes.push(format!("{file} is of {}, and {} is taken", other.as_str(), manager.as_str()));
    }
    manager
}

/// What `package.json` says.
struct Package {
    value: Value,
    manager: Manager,
}

impl Package {
    /// Whether there is a script that does something: npm makes a `test` that only says there is none.
    fn has_script(&self, name: &str) -> bool {
        self.value["scripts"][name].as_str().is_some_and(|script| !script.contains("no test specified"))
    }

    fn depends_on(&self, name: &str) -> bool {
        ["devDependencies", "dependencies"].iter().any(|kind| self.value[kind].get(name).is_some())
    }

    fn script(&self, name: &str) -> String {
        format!("{} run {name}", self.manager.as_str())
    }

    /// What runs a program of the project from a terminal.
    fn exec(&self) -> &'static str {
        match self.manager {
            Manager::Pnpm => "pnpm exec",
            Manager::Yarn => "yarn run",
            Manager::Bun => "bunx",
            _ => "npx --no-install",
        }
    }

    /// With plug'n'play yarn keeps no `node_modules`.
    fn has_modules(&self, listing: &Listing) -> bool {
        self.manager != Manager::Yarn || !self.is_new_yarn(listing)
    }

    fn is_new_yarn(&self, listing: &Listing) -> bool {
        let named = self.value["packageManager"].as_str().and_then(|text| text.strip_prefix("yarn@"));
        listing.has(".yarnrc.yml") || named.is_some_and(|version| !version.starts_with("1."))
    }
}

pub(super) fn tools(manager: Manager, listing: &Listing, notes: &mut Vec<String>) -> Tools {
    let package = Package { value: package(listing), manager };
    let has_modules = package.has_modules(listing);
    let needs = match has_modules {
        true => format!("{{ [ -d node_modules ] && command -v {}; }}", manager.as_str()),
        false => format!("command -v {}", manager.as_str()),
    };
    let test = package.has_script("test").then(|| Check {
        for_all: Some(package.script("test")),
        // Test runners that would watch files for changes do not where this is set.
        ..Check::whole(format!("CI=1 {}", package.script("test")), needs.clone(), SOURCES)
    });
    let lint = lint(&package, has_modules, &needs);
    if lint.is_none() {
        notes.push("no stop-lint.sh is written: package.json names neither a script `lint` nor a linter".into());
    }
    if test.is_none() {
        notes.push("no stop-test.sh is written: package.json has no script `test`".into());
    }
    let (formats, checks, format) = by_file(&package, has_modules);
    Tools {
        bin: has_modules.then_some("node_modules/.bin"),
        lint,
        test,
        format,
        versions: vec![Version { program: "node", command: "echo \"Node $(node --version)\"" }, version(manager)],
        missing: has_modules
            .then_some(Missing { test: "[ -d node_modules ]", told: "The dependencies are not installed yet" }),
        generated: generated(manager),
        formats,
        checks,
        data: vec!["package.json"],
        ignored: if has_modules { vec!["node_modules/"] } else { Vec::new() },
        init: vec![
            Step::new("dependencies", install(&package, listing), "10m")
                .inputs(&["package.json", lock(manager, listing)], listing)
                .outputs(if has_modules { &["node_modules"] } else { &[] }),
        ],
        maintenance: maintenance(manager),
    }
}

/// The project's own script; else a linter it depends on; else the types.
fn lint(package: &Package, has_modules: bool, needs: &str) -> Option<Check> {
    let exec = package.exec();
    // Handlers find the programs of `node_modules` by PATH.
    let here = |command: &str| match has_modules {
        true => command.to_owned(),
        false => format!("{exec} {command}"),
    };
    let there = |program: &str| match has_modules {
        true => format!("command -v {program}"),
        false => needs.to_owned(),
    };
    if package.has_script("lint") {
        return Some(Check::whole(package.script("lint"), needs, SOURCES));
    }
    if package.depends_on("eslint") {
        let check = Check::of_files(here("eslint --"), there("eslint"), CODE);
        return Some(check.for_all(format!("{exec} eslint .")));
    }
    if package.depends_on("@biomejs/biome") {
        let check = Check::of_files(here("biome check --no-errors-on-unmatched"), there("biome"), CODE);
        return Some(check.for_all(format!("{exec} biome check")));
    }
    let types = || {
        let needs = format!("{{ [ -f tsconfig.json ] && {}; }}", there("tsc"));
        Check::whole(here("tsc --noEmit"), needs, SOURCES).for_all(format!("{exec} tsc --noEmit"))
    };
    package.depends_on("typescript").then(types)
}

/// Formatters and linters that the project depends on, for one file and for all.
fn by_file(package: &Package, has_modules: bool) -> (Vec<ByFile>, Vec<ByFile>, Option<String>) {
    let line = |program: &str, line: &str| match has_modules {
        true => format!("[ -x node_modules/.bin/{program} ] || exit 0; node_modules/.bin/{line}"),
        false => format!("command -v yarn >/dev/null || exit 0; yarn run {line}"),
    };
    let one = |glob, line| vec![ByFile { glob, line }];
    let formatted = "*.{js,mjs,cjs,jsx,ts,mts,cts,tsx,css,json,md}";
    let (formats, format) = match () {
        () if package.depends_on("@biomejs/biome") => (
            one(CODE[0], line("biome", "biome format --write --no-errors-on-unmatched {}")),
            Some(format!("{} biome format --write", package.exec())),
        ),
        () if package.depends_on("prettier") => (
            one(formatted, line("prettier", "prettier --write --ignore-unknown --log-level warn {}")),
            Some(format!("{} prettier --write .", package.exec())),
        ),
        () => (Vec::new(), None),
    };
    let checks = match package.depends_on("eslint") {
        true => one(CODE[0], line("eslint", "eslint {}")),
        false => Vec::new(),
    };
    let format = if package.has_script("format") { Some(package.script("format")) } else { format };
    (formats, checks, format)
}

fn version(manager: Manager) -> Version {
    match manager {
        Manager::Pnpm => Version { program: "pnpm", command: "echo \"pnpm $(pnpm --version)\"" },
        Manager::Yarn => Version { program: "yarn", command: "echo \"yarn $(yarn --version)\"" },
        Manager::Bun => Version { program: "bun", command: "echo \"bun $(bun --version)\"" },
        _ => Version { program: "npm", command: "echo \"npm $(npm --version)\"" },
    }
}

fn lock(manager: Manager, listing: &Listing) -> &'static str {
    let lock = LOCKS.iter().find(|(file, of)| *of == manager && listing.has(file));
    lock.map_or("", |(file, _)| *file)
}

fn generated(manager: Manager) -> Generated {
    let (lock, instead) = match manager {
        Manager::Pnpm => ("pnpm-lock.yaml", "change package.json (pnpm add, pnpm remove) and let pnpm write it"),
        Manager::Yarn => ("yarn.lock", "change package.json (yarn add, yarn remove) and let yarn write it"),
        Manager::Bun => ("bun.lock*", "change package.json (bun add, bun remove) and let bun write it"),
        _ => ("package-lock.json", "change package.json (npm install NAME, npm uninstall NAME) and let npm write it"),
    };
    Generated { paths: vec![lock, "**/node_modules/**"], instead }
}

/// Installs what the lock file says, where there is one.
fn install(package: &Package, listing: &Listing) -> String {
    let has_lock = LOCKS.iter().any(|(file, of)| *of == package.manager && listing.has(file));
    let command = match (package.manager, has_lock) {
        (Manager::Npm, true) => "npm ci --no-fund",
        (Manager::Npm, false) => "npm install --no-fund",
        (Manager::Pnpm, true) => "pnpm install --frozen-lockfile",
        (Manager::Yarn, true) if package.is_new_yarn(listing) => "yarn install --immutable",
        (Manager::Yarn, true) => "yarn install --frozen-lockfile",
        (Manager::Bun, true) => "bun install --frozen-lockfile",
        (Manager::Pnpm, false) => "pnpm install",
        (Manager::Bun, false) => "bun install",
        _ => "yarn install",
    };
    command.to_owned()
}

fn maintenance(manager: Manager) -> Vec<Step> {
    // `outdated` ends with an error where something is, which is news and no failure.
    let (outdated, audit) = match manager {
        Manager::Pnpm => ("pnpm outdated || true", "pnpm audit --prod"),
        Manager::Yarn => ("yarn outdated || true", "yarn npm audit || yarn audit"),
        Manager::Bun => ("bun outdated || true", "bun audit"),
        _ => ("npm outdated || true", "npm audit --omit=dev"),
    };
    vec![Step::new("outdated", outdated, "5m").optional(), Step::new("advisories", audit, "5m").optional()]
}
