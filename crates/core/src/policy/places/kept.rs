//! What people keep, and what tools make anew.

use super::{is_one_of, is_within};
use crate::policy::lists::{is, parts};

/// Folders of a home in which people keep what is nowhere else.
const HOME_TREES: &str = ".aws|.azure|.bashrc|.config|.docker|.gitconfig|.gnupg|.kube|.local|.local/share|.mozilla|\
    .password-store|.profile|.ssh|.thunderbird|.zshrc|Applications|Desktop|Documents|Downloads|Library|Movies|Music|\
    Pictures|Projects|Videos|bin|code|dev|git|go|projects|repos|src|work|workspace";

/// Whether a path in the home, which begins below it, is one of those that people keep and have nowhere else: their folders and
/// settings and what is in these, but not what tools make anew.
pub(super) fn is_kept(inside: &str) -> bool {
    if is_one_of(inside, HOME_TREES) {
        return true;
    }
    if inside.split('/').any(is_generated) || ["go/pkg", "snap/"].iter().any(|made| inside.starts_with(made)) {
        return false;
    }
    !inside.starts_with('.')
        || parts(HOME_TREES).any(|tree| tree.starts_with('.') && tree != ".local" && is_within(inside, tree))
}

/// Folders that tools make anew, by their names.
const GENERATED: &str = "node_modules|bower_components|target|dist|build|_build|out|obj|.next|.nuxt|.turbo|\
    .svelte-kit|.vite|.output|.angular|.parcel|coverage|.coverage|htmlcov|.nyc_output|.tox|.nox|.venv|venv|\
    virtualenvs|envs|tmp|.tmp|temp|trash|.trash|scratch|.gradle|.terraform|.eggs|.dart_tool|deriveddata|\
    storybook-static|playwright-report|test-results|zig-out|elm-stuff|uv|pnpm|.ds_store|thumbs.db|desktop.ini|__macosx";

/// Endings of files that tools make anew, or leave behind.
const LEFTOVERS: &str = ".pyc|.pyo|.pyd|.o|.obj|.class|.swp|.swo|~|.tmp|.temp|.bak|.orig|.rej|.log|.pid|.sock|.map|\
    .tsbuildinfo|.d.ts|.profraw|.profdata|.gcda|.gcno|.gcov|.lcov|.part|.crdownload|.stackdump|.egg-info|.retry|\
    .hprof|.zone.identifier";

/// Whether a name, or what a pattern matches, is of something that tools make anew.
pub fn is_generated(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // `old-build`, `dist.bak`
    let part = |part: &str| is(part, "build|dist|tmp|temp|cache|coverage");
    is(&name, GENERATED)
        || name.contains("cache")
        || name.split(['-', '_', '.']).any(part)
        || name.starts_with("._")
        || parts(LEFTOVERS).any(|ending| name.len() > ending.len() && name.ends_with(ending))
}

/// Whether a path in a container is of something that tools make anew below an application's folder.
pub fn is_made_anew_in_container(path: &str) -> bool {
    const APPLICATIONS: &str = "/app/|/usr/src/|/var/www/|/opt/app/|/srv/app/|/code/|/src/|/workspace/|/workspaces/|/project/|/application/|\
        /work/|/rails/|/api/|/web/|/repo/|/backend/|/frontend/|/build/";
    parts(APPLICATIONS)
        .any(|folder| path.strip_prefix(folder).is_some_and(|inside| inside.split('/').any(is_generated)))
}
