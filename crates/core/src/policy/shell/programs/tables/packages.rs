//! Packages: installed, removed, published, and from where.

use super::super::super::state::State;
use super::super::super::value::Text;
use super::{Entry, Tool, on, pass, single, spec, unless, with};
use crate::policy::effects::Kind::{
    CloudDeploy, CloudDestroy, DatabaseDestroy, PackagePublish, PackageRemove, PackageUntrusted,
};
use crate::policy::lists::is;
use crate::policy::shell::options::Spec;

const NODE: Spec = spec(
    "wC",
    &[
        "registry=",
        "tag=",
        "otp=",
        "prefix=",
        "workspace=",
        "access=",
        "cwd=",
        "location=",
        "filter=",
        "omit=",
        "loglevel=",
        "npmrc-auth-file=",
    ],
);

const NODE_ENTRIES: &[Entry] = &[
    with("deploy*|release:*|ship:*", &["@production"], CloudDeploy),
    on("publish|unpublish|deprecate|undeprecate", PackagePublish),
    on("npm publish|tag", PackagePublish),
    on("pm|workspaces|workspace publish", PackagePublish),
    on("recursive|exec publish", PackagePublish),
    on("workspace * publish", PackagePublish),
    on(
        "owner|access|team|dist-tag|token|org|hook|trust add|rm|grant|revoke|set|create|delete|remove|destroy|public|restricted",
        PackagePublish,
    ),
    on("config|c set strict-ssl|enableStrictSsl|unsafeHttpWhitelist false|0", PackageUntrusted),
    on("set strict-ssl false", PackageUntrusted),
    with("config|c|set", &["~strict-ssl=false"], PackageUntrusted),
    with("config|c|set", &["~registry=http://*"], PackageUntrusted),
    on("config|c set registry http://*", PackageUntrusted),
    on("set registry http://*", PackageUntrusted),
    on("install|i|add http://*", PackageUntrusted),
    // Whoever has forked a repository can have this of it.
    with("install|i|add github:*|git+*|gitlab:*|bitbucket:*", &["g", "global"], PackageUntrusted),
    on("install|i|add https://*.tgz|https://*.tar.gz", PackageUntrusted),
    with("install|i|add|ci|update", &["registry=http://*", "strict-ssl=false", "no-strict-ssl"], PackageUntrusted),
];

/// Options of Python's and others' publishing tools.
const PUBLISH: Spec = spec(
    "rupkhsi",
    &[
        "repository=",
        "repository-url=",
        "username=",
        "password=",
        "key=",
        "source=",
        "host=",
        "api-key=",
        "index=",
        "publish-url=",
        "token=",
        "registry=",
        "index-url=",
        "config-file=",
        "repo=",
        "remote=",
        "otp=",
        "tag=",
        "server=",
        "user=",
    ],
);

/// Programs that bring packages, variables by which they check no longer where these come from, and a part of what is said so: nothing
/// where any value does.
const UNCHECKED: &[(&str, &str, &str)] = &[
    ("go", "GOFLAGS", "-insecure"),
    ("go", "GOINSECURE", "*"),
    ("go", "GONOSUMDB", "*"),
    ("go", "GONOSUMCHECK", "1"),
    ("npm|pnpm|yarn|npx", "NODE_TLS_REJECT_UNAUTHORIZED", "0"),
    ("npm|pnpm|yarn|npx", "npm_config_strict_ssl", "false"),
    ("pip|pip3|uv", "PIP_TRUSTED_HOST", ""),
    ("uv", "UV_INSECURE_HOST", ""),
    ("bundle|gem", "BUNDLE_SSL_VERIFY_MODE", "0"),
];

/// Whether a program brings packages from wherever they come, by the variables that the script set for it.
pub(super) fn takes_unchecked(state: &State, name: &str) -> bool {
    let said = |name: &str| state.variable(name)?.values.as_ref()?.first().map(Text::shown);
    let of_program = UNCHECKED.iter().filter(|(programs, ..)| is(name, programs));
    of_program.filter_map(|(_, variable, part)| Some((said(variable)?, *part))).any(|(value, part)| {
        value == part || !value.is_empty() && (part.is_empty() || part.len() > 1 && value.contains(part))
    })
}

/// Every tool of this file.
pub(super) const TOOLS: &[Tool] = &[
    Tool { names: &["npm", "pnpm", "yarn", "bun", "cnpm", "tnpm"], spec: NODE, entries: NODE_ENTRIES },
    Tool {
        names: &["cargo"],
        spec: spec(
            "pFZ",
            &[
                "package=",
                "features=",
                "registry=",
                "index=",
                "manifest-path=",
                "target=",
                "vers=",
                "version=",
                "token=",
                "config=",
                "git=",
            ],
        ),
        entries: &[
            unless("publish", &["n"], PackagePublish),
            on("yank", PackagePublish),
            with("owner", &["add", "a", "remove", "r"], PackagePublish),
            with("release|smart-release", &["execute", "x"], PackagePublish),
            on("workspaces|ws publish", PackagePublish),
            on("dist upload", PackagePublish),
        ],
    },
    Tool {
        names: &["twine", "flit", "hatch", "maturin", "poetry", "rye", "pdm", "uv", "gem", "setup.py", "anaconda"],
        spec: PUBLISH,
        entries: &[
            on("upload|publish|push|yank|release", PackagePublish),
            with("owner", &["a", "add", "r", "remove"], PackagePublish),
            on("** upload", PackagePublish),
            with("sources", &["~http://*"], PackageUntrusted),
            with(
                "pip install",
                &["allow-insecure-host", "trusted-host", "index-url=http://*", "extra-index-url=http://*"],
                PackageUntrusted,
            ),
            with("add|sync", &["allow-insecure-host", "index=http://*", "default-index=http://*"], PackageUntrusted),
            on("config *certificates.*.cert false", PackageUntrusted),
            with("source add", &["~http://*"], PackageUntrusted),
            with("install", &["source=http://*", "~http://*"], PackageUntrusted),
        ],
    },
    Tool {
        names: &["mvn", "mvnw", "mvnd"],
        spec: single(&[
            "P=",
            "f=",
            "pl=",
            "T=",
            "rf=",
            "s=",
            "gs=",
            "file=",
            "projects=",
            "settings=",
            "activate-profiles=",
            "threads=",
            "l=",
            "b=",
        ]),
        entries: &[
            on("** flyway:clean|*:flyway-maven-plugin*:clean|liquibase:dropAll|liquibase:drop-all", DatabaseDestroy),
            unless(
                "** deploy|site-deploy|deploy:deploy|deploy:deploy-file|release:perform|release:clean-perform|nexus-staging:*|central-publishing:publish|gpg:sign-and-deploy-file|*:publish|*:stage-release|jreleaser:*release|jib:build|*:jib-maven-plugin*:build|dockerfile:push|docker:push|spring-boot:publish",
                &[
                    "Dmaven.deploy.skip",
                    "DskipDeploy",
                    "DdryRun",
                    "DdryRun=true",
                    "o",
                    "offline",
                    "Dmaven.deploy.skip=true",
                ],
                PackagePublish,
            ),
        ],
    },
    Tool {
        names: &["gradle", "gradlew"],
        spec: spec(
            "pPDbcIgx",
            &["project-dir=", "build-file=", "init-script=", "exclude-task=", "console=", "max-workers="],
        ),
        entries: &[
            on("** flywayClean|*:flywayClean|liquibaseDropAll|dropAll|*:liquibaseDropAll", DatabaseDestroy),
            unless(
                "** publish|*:publish|publishToSonatype|*:publishToSonatype|publish*ToMavenCentral*|*:publish*ToMavenCentral*|publishAndRelease*|publish*Repository|*:publish*Repository|publishPlugins|*:publishPlugins|publishPlugin|uploadArchives|*:uploadArchives|artifactoryPublish|*:artifactoryPublish|bintrayUpload|closeAndRelease*|jreleaser*elease|jreleaserDeploy|jib|*:jib|dockerPush*|*:dockerPush*|release|publishRelease*|publishBundle|publishApk|appDistributionUpload*|modrinth|curseforge",
                &["m", "offline"],
                PackagePublish,
            ),
        ],
    },
    Tool {
        names: &["sbt", "sbtn", "mill", "lein", "bazel", "bazelisk", "buck2", "pants"],
        spec: spec("", &["config="]),
        entries: &[
            pass("** *Local"),
            on(
                "** publish|publishSigned|*publishSigned|+publish|*/publish|*;publish*|sonatypeRelease|sonatypeBundleRelease|sonaRelease|sonaUpload|ci-release|release|*.publish|*.publishAll|mill.scalalib.PublishModule*",
                PackagePublish,
            ),
            on("deploy", PackagePublish),
            on("run *publish*|*push*|*deploy*|*release*", PackagePublish),
        ],
    },
    Tool {
        names: &["dotnet", "nuget", "paket"],
        spec: spec(
            "sk",
            &[
                "source=",
                "api-key=",
                "symbol-source=",
                "timeout=",
                "configuration=",
                "connection=",
                "startup-project=",
                "project=",
                "context=",
            ],
        ),
        entries: &[
            on("ef database drop", DatabaseDestroy),
            on("nuget push|delete", PackagePublish),
            on("push", PackagePublish),
            on("delete * *", PackagePublish),
            on("publish-release", PackagePublish),
            with("nuget add|update source", &["~http://*", "allow-insecure-connections"], PackageUntrusted),
        ],
    },
    Tool {
        names: &["vsce", "ovsx", "web-ext"],
        spec: PUBLISH,
        entries: &[
            on("publish|unpublish|upload|submit|sign|unpublish-extension", PackagePublish),
            on("delete-publisher|create-namespace|add-publisher", PackagePublish),
        ],
    },
    Tool {
        names: &["mix", "rebar3"],
        spec: spec("r", &["organization=", "replace="]),
        entries: &[
            on("hex.publish|hex.retire|hex.package", PackagePublish),
            on("hex publish|retire|cut", PackagePublish),
            on("hex.owner|hex.organization add|remove|transfer", PackagePublish),
            on("ecto.drop|ecto.reset|ash.reset|event_store.drop|event_store.reset", DatabaseDestroy),
            on("do ecto.drop*", DatabaseDestroy),
        ],
    },
    Tool {
        names: &["dart", "flutter", "pub"],
        spec: spec("n", &[]),
        entries: &[unless("pub publish|lish", &["n"], PackagePublish), unless("publish|lish", &["n"], PackagePublish)],
    },
    Tool {
        names: &[
            "luarocks",
            "opam",
            "nimble",
            "dune-release",
            "cpan-upload",
            "fez",
            "mops",
            "vcpkg",
            "xmake",
            "zef",
            "dub",
            "alr",
        ],
        spec: PUBLISH,
        entries: &[
            on("upload|publish|submit|distrib", PackagePublish),
            on("opam submit", PackagePublish),
            with("", &["upload"], PackagePublish),
        ],
    },
    Tool {
        names: &["cabal", "stack"],
        spec: spec("utp", &["username=", "token=", "password="]),
        entries: &[
            with("upload", &["publish", "d", "doc", "documentation"], PackagePublish),
            on("upload|hackage-upload", PackagePublish),
        ],
    },
    Tool {
        names: &["conan", "conda", "mamba"],
        spec: spec("rcn", &["remote=", "channel=", "name="]),
        entries: &[
            on("upload", PackagePublish),
            on("remote add * http://*", PackageUntrusted),
            with("config", &["~ssl_verify*false*"], PackageUntrusted),
            on("config set ssl_verify false|no", PackageUntrusted),
            on("** ssl_verify false|no|False", PackageUntrusted),
            with("install|create|update", &["insecure", "c=http://*", "channel=http://*"], PackageUntrusted),
        ],
    },
    Tool {
        names: &[
            "goreleaser",
            "jreleaser",
            "semantic-release",
            "lerna",
            "changeset",
            "changesets",
            "nx",
            "np",
            "release-it",
            "auto",
            "jsr",
            "deno",
            "release-plz",
            "release-please",
            "beachball",
        ],
        spec: spec("pft", &["skip=", "config=", "registry=", "token=", "projects=", "tag="]),
        entries: &[
            unless("release", &["skip=*publish*", "skip-publish", "skip-upload", "auto-snapshot", "d"], PackagePublish),
            unless("publish|full-release|upload|shipit|ship", &["list", "d"], PackagePublish),
            on("continue|announce", PackagePublish),
        ],
    },
    Tool {
        names: &[
            "pod",
            "swift",
            "fastlane",
            "expo",
            "altool",
            "xcrun",
            "snapcraft",
            "charmcraft",
            "rockcraft",
            "flatpak-builder",
            "butler",
        ],
        spec: spec("fu", &["platform=", "file=", "username=", "profile=", "path=", "release="]),
        entries: &[
            on("trunk push|delete|deprecate|add-owner", PackagePublish),
            on("repo push", PackagePublish),
            on("package-registry publish", PackagePublish),
            unless(
                "deliver|supply|pilot|release|upload_to_*|submit|publish|upload|push",
                &["~validate_only:true", "~verify_only:true"],
                PackagePublish,
            ),
            on("ios|android|mac release|deploy|publish|beta|production", PackagePublish),
            with("altool", &["upload-app", "upload-package"], PackagePublish),
            on("run match_nuke", CloudDestroy),
            on("match nuke", CloudDestroy),
            on("match change_password", CloudDestroy),
            on("cert|sigh revoke*", CloudDestroy),
            on(
                "run upload_to_*|deliver|supply|pilot|testflight|appstore|promote_build|produce|release*|google_play_*",
                PackagePublish,
            ),
        ],
    },
    // Stores of applications and games, by the programs of those who run them.
    Tool {
        names: &["steamcmd", "steamcmd.sh"],
        spec: spec("", &[]),
        entries: &[with(
            "",
            &[
                "~+run_app_build*",
                "~+app_set_build_live*",
                "~+app_build*",
                "~+workshop_build_item*",
                "~+app_set_branch*",
            ],
            PackagePublish,
        )],
    },
    Tool {
        names: &[
            "msstore",
            "wingetcreate",
            "tfx",
            "appcenter",
            "iTMSTransporter",
            "app-store-connect",
            "google-play",
            "BuildPatchTool",
            "gmpublish",
            "chrome-webstore-upload",
            "cws",
            "asc",
            "apkup",
            "fdroid",
            "chrome-webstore-upload-cli",
            "publish-extension",
            "asc-cli",
        ],
        spec: spec("m", &["mode=", "source=", "track=", "token="]),
        entries: &[
            on("publish|upload|submit|release|update|deploy|distribute", PackagePublish),
            on("* publish|submit|release|promote|upload", PackagePublish),
            with("", &["m=upload", "mode=upload*", "mode=Upload*"], PackagePublish),
        ],
    },
    Tool {
        names: &["eas"],
        spec: spec("pm", &["platform=", "message=", "branch=", "channel="]),
        entries: &[
            on("submit|update", PackagePublish),
            with("build", &["auto-submit", "auto-submit-with-profile"], PackagePublish),
        ],
    },
    Tool {
        names: &[
            "elm",
            "wasm-pack",
            "wapm",
            "wasmer",
            "spago",
            "bower",
            "jspm",
            "composer",
            "hf",
            "huggingface-cli",
            "kaggle",
            "ansible-galaxy",
            "puppet",
            "knife",
            "pulp",
        ],
        spec: spec("", &["token=", "repo-type=", "server=", "api-key=", "global", "working-dir="]),
        entries: &[
            on("publish|upload|upload-large-folder", PackagePublish),
            on("collection|role|module|supermarket|cookbook publish|import|share|delete|release", PackagePublish),
            on("repo|repos|datasets|kernels|models delete|create|version", PackagePublish),
            on("config disable-tls|secure-http|strict-ssl true|false", PackageUntrusted),
            with("config", &["~repositories.*http://*", "~http://*"], PackageUntrusted),
        ],
    },
    Tool {
        names: &["bundle", "bundler"],
        spec: spec("", &[]),
        entries: &[
            on("config ssl_verify_mode 0", PackageUntrusted),
            on("config set|--global|--local ssl_verify_mode 0", PackageUntrusted),
            on("config set disable_checksum_validation true", PackageUntrusted),
        ],
    },
    Tool {
        names: &["go"],
        spec: single(&["o=", "C=", "mod=", "run=", "tags=", "ldflags="]),
        entries: &[
            with(
                "env",
                &[
                    "~gosumdb=off",
                    "~gonosumdb=[*]",
                    "~gonosumcheck=*",
                    "~goinsecure=*",
                    "~goflags=*insecure*",
                    "~gonosumdb=*[*]*",
                ],
                PackageUntrusted,
            ),
            with("get", &["insecure"], PackageUntrusted),
        ],
    },
    Tool {
        names: &["pip", "pip3", "pipx", "pipenv"],
        spec: spec(
            "rcieft",
            &[
                "requirement=",
                "constraint=",
                "index-url=",
                "extra-index-url=",
                "trusted-host=",
                "target=",
                "prefix=",
                "find-links=",
                "editable=",
                "proxy=",
                "cert=",
            ],
        ),
        entries: &[
            with(
                "install|download|wheel",
                &[
                    "index-url=http://*",
                    "i=http://*",
                    "extra-index-url=http://*",
                    "trusted-host",
                    "find-links=http://*",
                    "f=http://*",
                ],
                PackageUntrusted,
            ),
            on("install http://*|https://*", PackageUntrusted),
            on("config set *trusted-host *", PackageUntrusted),
            on("config set *index-url http://*", PackageUntrusted),
        ],
    },
    Tool {
        names: &[
            "apt",
            "apt-get",
            "aptitude",
            "dnf",
            "yum",
            "zypper",
            "apk",
            "pkg",
            "brew",
            "snap",
            "flatpak",
            "choco",
            "winget",
            "scoop",
            "port",
            "emerge",
            "xbps-remove",
            "microdnf",
            "tdnf",
            "urpme",
            "eopkg",
            "nix-env",
            "guix",
        ],
        spec: spec("oct", &["option=", "target-release=", "repository=", "repo="]),
        entries: &[
            unless(
                "remove|purge|autoremove|erase|uninstall|del|delete|rm|full-upgrade|dist-upgrade|history",
                &["s", "simulate", "n", "dry-run", "assumeno"],
                PackageRemove,
            ),
            with(
                "install|add|update|upgrade|in|tap",
                &[
                    "allow-unauthenticated",
                    "force-yes",
                    "nogpgcheck",
                    "no-gpg-checks",
                    "allow-untrusted",
                    "allow-insecure-repositories",
                    "~*allowunauthenticated=true*",
                    "~*allowunauthenticated=1*",
                    "~*allowinsecurerepositories=true*",
                    "~*verify-peer=false*",
                    "~*verify-host=false*",
                    "dangerous",
                    "no-gpg-verify",
                    "ignore-checksums",
                    "skip-hash-check",
                ],
                PackageUntrusted,
            ),
            with("config-manager", &["add-repo=http://*", "~http://*"], PackageUntrusted),
            with("remote-add", &["no-gpg-verify", "~http://*"], PackageUntrusted),
            on("push|submit", PackagePublish),
            on("bump-formula-pr|bump-cask-pr", PackagePublish),
        ],
    },
    Tool {
        names: &["pacman", "paru", "yay", "dpkg", "rpm"],
        spec: spec("", &["root=", "dbpath="]),
        entries: &[
            with("*", &["R", "r", "P", "purge", "e", "erase", "remove"], PackageRemove),
            with("*", &["nosignature", "nodigest", "force-bad-verify", "nogpg", "nocheck"], PackageUntrusted),
        ],
    },
];
