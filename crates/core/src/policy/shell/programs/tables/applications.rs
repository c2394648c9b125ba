//! Applications that a house runs for its people, by their own command lines: sites and shops, books and members, chats, archives and
//! collections. What such a line deletes is what people have entrusted to it.

use super::{Entry, Tool, on, spec, unless, with};
use crate::policy::effects::Kind::{self, CloudAccess, CloudDestroy, DatabaseDestroy, PackageUntrusted, SafetyDisable};

/// Sites of the machine on which they are developed.
const DEVELOPED: &[&str] = &["~*localhost", "~*.local", "~*.test", "~test*", "~*_test", "~dev*"];

/// What is lost with a site that nobody is developing.
const fn of_site(path: &'static str, kind: Kind) -> Entry {
    unless(path, DEVELOPED, kind)
}

/// Every tool of this file.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["wp", "drush", "magento", "occ", "craft", "typo3"],
        spec: spec("", &["path=", "url=", "uri=", "root=", "ssh=", "post_type=", "post_status=", "format=", "field="]),
        entries: &[
            on("db drop|reset|clean", DatabaseDestroy),
            on("site empty|delete", DatabaseDestroy),
            with("plugin|theme install|activate", &["~http://*", "~*nulled*", "~*cracked*"], PackageUntrusted),
            on("sql-drop|sql:drop|site:install|site-install|setup:uninstall|setup:rollback", DatabaseDestroy),
            with("setup:install", &["cleanup-database"], DatabaseDestroy),
            with("module:uninstall", &["remove-data", "r"], DatabaseDestroy),
            on("db/drop-all-tables|db/drop-table-prefix|elements/delete*|users/delete*", DatabaseDestroy),
            with("entity:delete|edel", &["@production", "@there"], CloudDestroy),
            with("trashbin:cleanup|versions:cleanup", &["all-users"], CloudDestroy),
            on("group:delete", CloudDestroy),
            on("encryption:decrypt-all|encryption:disable", SafetyDisable),
            // Of all that a list gives.
            with("post|comment|term|media|menu|user|site delete", &["@each"], CloudDestroy),
        ],
    },
    Tool {
        names: &["yii", "spark", "cake"],
        spec: spec("tcpd", &["interactive=", "target=", "connection=", "plugin=", "date="]),
        entries: &[
            on("migrate/fresh|migrate:refresh|migrate:reset|db:drop|db:wipe|fixture/unload", DatabaseDestroy),
            on("migrate/down|migrate/redo|migrate/to all|0", DatabaseDestroy),
            with("migrate:rollback", &["all", "b=0"], DatabaseDestroy),
            with("migrations rollback", &["t=0", "target=0", "t=all"], DatabaseDestroy),
        ],
    },
    // Books, stocks and people of a company.
    Tool {
        names: &["bench"],
        spec: spec("", &["site=", "admin-password=", "root-password=", "db-root-password="]),
        entries: &[
            of_site("drop-site|reinstall|restore|partial-restore|trim-database|trim-tables", DatabaseDestroy),
            of_site("uninstall-app|remove-app|bulk-rename|destroy-all-sessions", DatabaseDestroy),
        ],
    },
    Tool {
        names: &["odoo", "odoo-bin", "click-odoo-dropdb"],
        spec: spec("dcriuwp", &["database=", "config=", "init=", "update=", "db_host="]),
        entries: &[
            of_site("db drop", DatabaseDestroy),
            with("db load|duplicate|rename", &["force", "f"], DatabaseDestroy),
        ],
    },
    Tool {
        names: &["cv"],
        spec: spec("u", &["user=", "cwd=", "level=", "out="]),
        entries: &[
            on("core:uninstall", DatabaseDestroy),
            with(
                "api|api3|api4 *.delete",
                &["~usetrash=0", "~skip_undelete=1", "~* < *", "~* > *", "~*like*", "@each"],
                CloudDestroy,
            ),
            with(
                "api|api3|api4 *.Delete",
                &["~usetrash=0", "~skip_undelete=1", "~* < *", "~* > *", "~*like*", "@each"],
                CloudDestroy,
            ),
        ],
    },
    // What a company reports by, and is told of.
    Tool {
        names: &["tabcmd"],
        spec: spec("sutpf", &["server=", "username=", "site=", "project=", "filename=", "password-file="]),
        entries: &[
            on(
                "delete|deleteproject|deleteworkbook|deletedatasource|deletesite|deletesiteusers|deleteusers|deletegroup|removeusers",
                CloudDestroy,
            ),
            on("createsiteusers|createusers|addusers|set", CloudAccess),
        ],
    },
    Tool {
        names: &["superset"],
        spec: spec("", &["username=", "firstname=", "lastname=", "email=", "password=", "role="]),
        entries: &[with(
            "fab create-admin|create-user|reset-password|delete-user",
            &["@production", "@there"],
            CloudAccess,
        )],
    },
    Tool {
        names: &["amtool"],
        spec: spec("dcas", &["duration=", "comment=", "author=", "alertmanager.url=", "start=", "end="]),
        // Of every alert there is.
        entries: &[with("silence add", &["~*=~.+", "~*=~.\\*", "~*=~\".+\"", "~*=~\".\\*\""], SafetyDisable)],
    },
    // Where people talk.
    Tool {
        names: &["mmctl", "mattermost"],
        spec: spec("", &["config=", "team="]),
        entries: &[
            on("user|team|channel|post deleteall|delete|deleteusers", CloudDestroy),
            on("permissions|db reset", CloudDestroy),
            with("roles system-admin|system_admin", &[], CloudAccess),
            on("user resetmfa|change-password", CloudAccess),
        ],
    },
    Tool {
        names: &["tootctl"],
        spec: spec("", &["role=", "email="]),
        entries: &[
            on("self-destruct", CloudDestroy),
            on("accounts delete|merge|suspend", CloudDestroy),
            on("domains|emoji purge", CloudDestroy),
            with("accounts create|modify", &["role=Owner", "role=Admin", "disable-2fa", "reset-password"], CloudAccess),
        ],
    },
    Tool {
        names: &["synadm"],
        spec: spec("", &[]),
        entries: &[on("user|room|media|history deactivate|delete|purge|block|prune-devices", CloudDestroy)],
    },
    // What is taught, collected and kept for good.
    Tool {
        names: &["moosh"],
        spec: spec("np", &["path=", "moodle-path="]),
        entries: &[
            on("*-delete|*-delete-*|sql-run|course-reset", CloudDestroy),
            on("*-reset-password|user-mod", CloudAccess),
        ],
    },
    Tool {
        names: &["ckan", "dspace", "invenio", "omero"],
        spec: spec("cue", &["config=", "email="]),
        entries: &[
            on("db|database|index clean|drop|destroy|delete", DatabaseDestroy),
            on("dataset|user|sysadmin|vocabulary delete|purge|remove", CloudDestroy),
            on("delete *", CloudDestroy),
        ],
    },
    Tool { names: &["koha-remove"], spec: spec("", &[]), entries: &[on("*", DatabaseDestroy)] },
    Tool {
        names: &["photoprism", "n8n", "strapi", "directus"],
        spec: spec("f", &["file=", "to=", "from="]),
        entries: &[
            on("reset|restore", DatabaseDestroy),
            with("import|transfer", &["force"], DatabaseDestroy),
            on("users|user rm|delete", CloudDestroy),
            on("user-management:reset|ldap:reset|mfa:disable|users passwd", CloudAccess),
        ],
    },
    Tool {
        names: &["gitea", "forgejo"],
        spec: spec("cwu", &["config=", "username=", "password=", "email="]),
        entries: &[
            on("admin user delete", CloudDestroy),
            on("admin user change-password|must-change-password", CloudAccess),
            with("admin user create", &["admin"], CloudAccess),
        ],
    },
];
