//! Who people are and what they may: directories of a house, its mailboxes, its telephones and laptops, and the users of its sites.

use super::super::super::machine::{Call, Machine};
use super::super::super::state::State;
use super::super::super::value::Text;
use super::super::Program;
use super::super::sieve::knows;
use super::{Entry, Tool, clients, on, pass, spec, with};
use crate::policy::effects::Kind::{CloudAccess, CloudDestroy, SafetyDisable, SystemChange};
use crate::policy::effects::Where;

/// What a site's users become when they become everything.
const RULERS: &[&str] =
    &["~administrator*", "~admin", "~super_admin", "~superadmin", "~*=administrator", "~shop_manager"];

const GAM_ENTRIES: &[Entry] = &[
    pass("print|info|show|report|reports|version|whatis|select|config|oauth|check"),
    pass("user|users|group|ou|all|cros * show|print|info|check|list"),
    pass("user|all * users show|print|info|check|list"),
    with(
        "",
        &[
            "~wipe*",
            "~*_wipe",
            "~*_wipe_*",
            "~deprovision*",
            "~delete",
            "~purge",
            "~undelete",
            "~trash",
            "~remove",
            "~empty",
            "~signout",
        ],
        CloudDestroy,
    ),
    // What lets somebody read another's mail, be them, or keep them out.
    with(
        "",
        &[
            "~delegate*",
            "~forward*",
            "~sendas",
            "~imap",
            "~imap4",
            "~pop",
            "~pop3",
            "~turnoff2sv",
            "~backupcode*",
            "~verificationcodes",
            "~asp*",
            "~admin",
            "~admins",
            "~password",
            "~suspended",
            "~datatransfer",
            "~transfer",
            "~drivefileacl",
            "~becomeadmin",
            "~owner",
            "~manager",
            "~filter*",
        ],
        CloudAccess,
    ),
];

/// Every tool of this file.
pub(super) const TOOLS: &[Tool] = &[
    Tool { names: &["gam", "gam7", "gamadv-xtd3", "gyb"], spec: spec("", &[]), entries: GAM_ENTRIES },
    Tool {
        names: &["samba-tool"],
        spec: spec("HU", &["URL=", "username=", "newpassword=", "filter="]),
        entries: &[
            pass("user|group|domain|computer|ou|dns list*|show|info|query|listmembers"),
            on("user setpassword|create|add|enable|unlock|setexpiry|edit|rename|sensitive", CloudAccess),
            on("user|group|computer|ou|dns delete|remove|disable", CloudDestroy),
            on("group addmembers|removemembers|add", CloudAccess),
            on("domain passwordsettings set", SafetyDisable),
            on("domain demote|trust|level", CloudDestroy),
            on("dsacl set", CloudAccess),
        ],
    },
    Tool {
        names: &["ipa"],
        spec: spec("", &["users=", "groups=", "minlength=", "hosts="]),
        entries: &[
            on("*-del|user-disable|host-disable|service-disable", CloudDestroy),
            on("passwd|user-mod|user-unlock|group-add-member|role-add-*|sudorule-*|hbacrule-*|otptoken-*", CloudAccess),
            on("pwpolicy-mod|config-mod", SafetyDisable),
        ],
    },
    Tool {
        names: &["ldapdelete", "dsrm"],
        spec: spec("DHWwxyYf", &[]),
        entries: &[Entry {
            path: "",
            with: &[],
            without: &["n", "~ldap://localhost*", "~ldap://127.0.0.1*", "~ldapi:*"],
            kind: CloudDestroy,
            token: false,
        }],
    },
    Tool {
        names: &["ldapmodify", "ldappasswd", "ldapmodrdn", "dsmod", "dsadd"],
        spec: spec("DHWwxyYfsaS", &[]),
        entries: &[Entry {
            path: "",
            with: &[],
            without: &["n", "~ldap://localhost*", "~ldap://127.0.0.1*", "~ldapi:*"],
            kind: CloudAccess,
            token: false,
        }],
    },
    Tool {
        names: &["kadmin", "kadmin.local"],
        spec: spec("pqrwk", &[]),
        entries: &[
            with("", &["q=delprinc*", "q=delete_principal*", "q=purgekeys*"], CloudDestroy),
            with("", &["q=cpw*", "q=change_password*", "q=addprinc*", "q=modprinc*", "q=ktadd*"], CloudAccess),
        ],
    },
    Tool {
        names: &["kcadm.sh", "kcadm"],
        spec: spec("rs", &["server=", "realm=", "user=", "username=", "new-password=", "rolename=", "uusername="]),
        entries: &[
            pass("get|get-roles|config"),
            Entry { path: "delete", with: &[], without: &["~http://localhost*"], kind: CloudDestroy, token: false },
            on("remove-roles", CloudAccess),
            with("add-roles", &["~*admin*"], CloudAccess),
            with("set-password", &["@production"], CloudAccess),
        ],
    },
    Tool {
        names: &["m365"],
        spec: spec("", &["userName=", "id=", "name=", "url=", "role="]),
        entries: &[
            pass("** list|get"),
            on("** remove|clear|delete", CloudDestroy),
            on("entra|aad user passw* set|reset", CloudAccess),
            on("entra|aad|pp|outlook|exo ** roleassignment|role|permission|forward* add|set", CloudAccess),
        ],
    },
    // What manages the devices of a house.
    Tool {
        names: &["fleetctl"],
        spec: spec("fc", &["host=", "query=", "script-path=", "payload="]),
        entries: &[on("mdm lock|wipe|erase|run-command|unlock", SystemChange), on("run-script|delete", CloudDestroy)],
    },
    Tool {
        names: &["profiles"],
        spec: spec("pFu", &["identifier=", "type=", "path="]),
        entries: &[on("remove", SafetyDisable), with("", &["D", "R"], SafetyDisable)],
    },
    Tool {
        names: &["jamf", "jumpcloud", "munki", "mdmclient", "kandji", "intunewin"],
        spec: spec("", &["event=", "id="]),
        entries: &[on(
            "removeFramework|removeMdmProfile|removeMDMProfile|deleteAccount|createAccount|resetPassword",
            SafetyDisable,
        )],
    },
];

pub(super) fn program(name: &str) -> Option<Program> {
    knows!(name, SITES).then_some(site)
}

/// What is done to the users of a site; all else of it stands in another table.
fn site(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let known = SITES.iter().find(|site| site.names.contains(&call.name.as_str()));
    let each = || machine.many && call.args.iter().filter_map(Text::origin).any(|origin| !origin.trial);
    let counts = matches!(machine.at, Where::Here | Where::Remote) || machine.at == Where::Container && each();
    if let Some(tool) = known.filter(|_| counts)
        && super::does(machine, call, state, tool)
    {
        return;
    }
    clients::program(&call.name).unwrap_or(super::table)(machine, call, state);
}

/// What becomes of the users of a site. In a container, where sites are made and tried, anybody may be anything, but not all that a list
/// gives, one after the other.
const SITES: &[Tool] = &[
    Tool {
        names: &["wp"],
        spec: spec("", &["path=", "url=", "ssh=", "role=", "user_pass=", "http="]),
        entries: &[
            with("user create|set-role|add-role|add-cap|update|import-csv", RULERS, CloudAccess),
            on("super-admin add|remove", CloudAccess),
            on("user application-password|session create|destroy", CloudAccess),
            on("user reset-password", CloudAccess),
            with("user update", &["user_pass", "user_email"], CloudAccess),
            on("user delete|spam", CloudDestroy),
            with("option update|set", &["~default_role", "~users_can_register", "~admin_email"], CloudAccess),
            on("config set DISALLOW_FILE_*", SafetyDisable),
            on("role|cap create|add|reset", CloudAccess),
        ],
    },
    Tool {
        names: &["drush"],
        spec: spec("", &["uri=", "root=", "uid=", "mail=", "password="]),
        entries: &[
            with("user:role:add|user-add-role|urol", RULERS, CloudAccess),
            on("user:password|user-password|upwd|user:cancel|ucan|user:block", CloudAccess),
        ],
    },
    Tool {
        names: &["occ"],
        spec: spec("g", &["group=", "display-name=", "email="]),
        entries: &[
            with("user:add|group:adduser", &["~admin"], CloudAccess),
            on("user:resetpassword|user:delete|user:disable|twofactorauth:disable|twofactorauth:enforce", CloudAccess),
        ],
    },
    Tool {
        names: &["magento"],
        spec: spec("", &["admin-user=", "admin-email=", "admin-password="]),
        entries: &[on(
            "admin:user:create|admin:user:unlock|security:tfa:*|module:disable *TwoFactorAuth*",
            CloudAccess,
        )],
    },
];
