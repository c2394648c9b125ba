//! What protects programs and devices once they are in people's hands, switched off where they are built: secure boot, signed images, the
//! certificates that an app asks for, the walls around a page.

use std::collections::HashSet;

use super::source::{Written, dense, dense_code, form, is_test};
use crate::policy::lists::holds;

/// Settings of firmware and kernels that protect while they are on, by parts of their names.
const PROTECTS: &str = "SECURE_BOOT|SECURE_FLASH_ENC|FLASH_ENCRYPTION|SECURE_SIGNED|SECURE_ROM_DL|SIGNATURE_TYPE_|SIGNATURE_KEY|MODULE_SIG|\
    STACKPROTECTOR|STACK_PROTECTOR|STACK_CANARIES|STACK_SENTINEL|SECURITY_SELINUX|SECURITY_APPARMOR|SECURITY_LOCKDOWN|SECCOMP|RANDOMIZE_BASE|\
    FORTIFY_SOURCE|STRICT_KERNEL_RWX|HARDENED_USERCOPY|TRUSTED_EXECUTION|BUILD_WITH_TFM|ANTI_ROLLBACK|ROLLBACK_PROTECTION|DOWNGRADE_PREVENTION|\
    DM_VERITY|FIT_SIGNATURE|VERIFIED_BOOT|IMA_APPRAISE|SSL_VERIFY|TLS_VERIFY|CERTIFICATE_BUNDLE|TLS_PEER_VERIFY|\
    BT_SMP|NVS_ENCRYPTION|VALIDATE_PRIMARY_SLOT|MPU_STACK_GUARD|USERSPACE|HW_STACK_PROTECTION|APPROTECT|READBACK_PROTECTION|ENCRYPT_IMAGE|SECURITYFS|\
    DISABLE_DOWNLOAD_MODE|PAGE_TABLE_ISOLATION|INIT_ON_ALLOC|CFI_CLANG|SHADOW_CALL_STACK|AUDIT|BOOT_SIGNATURE|MTE|SIGNED_APPS";
/// And those that expose.
const EXPOSES: &str = "ALLOW_HTTP|_INSECURE|SKIP_SERVER_CERT|SIGNATURE_TYPE_NONE|SKIP_VALIDATE|VERIFY_NONE|ALLOW_JTAG|ALLOW_ROM_BASIC|ALLOW_UNSIGNED|\
    SKIP_COMMON_NAME|SECURE_BOOT_ALLOW|DEVMEM|ALLOW_SHORT_APP|TLS_INSECURE|NO_SIGNATURE|BT_FIXED_PASSKEY|SMP_ALLOW_UNAUTH|ALLOW_DOWNGRADE|\
    UART_BOOTLOADER_ENC";

/// Whether a text leaves a build without a protection that it had, or with a door that nobody needs.
pub(super) fn are_bared(written: &Written<'_>) -> bool {
    let path = written.path;
    match form(path) {
        _ if is_firmware(written.name()) => firmware(&written.text, written.before),
        "plist" | "entitlements" if !holds(path, "/Tests/|UITests|Debug|debug") => written.gains(opens_app),
        "xml" if !is_test(path) && !path.contains("/debug/") => written.gains(opens_android),
        "gradle" | "kts" => written.gains(releases_open),
        "js" | "ts" | "mjs" | "cjs" | "mts" | "json" | "yml" | "yaml" | "tsx" | "jsx" => {
            written.holds(DESKTOP) && !written.is_tried() && written.gains(opens_desktop)
        }
        _ => false,
    }
}

fn is_firmware(name: &str) -> bool {
    name.starts_with("sdkconfig")
        || name.ends_with("defconfig")
        || name.starts_with("prj") && name.ends_with(".conf")
        || name == ".config"
        || name.ends_with(".config") && !name.contains("app.") && !name.contains("web.") && !name.contains("nuget")
        || name == "mcuboot.conf"
        || name.ends_with("sysbuild.conf")
        || name.ends_with(".cfg") && name.contains("kernel")
        || name.ends_with("_overlay.conf")
        || name.starts_with("overlay") && name.ends_with(".conf")
}

/// Whether a setting that protected is gone, or one is on that exposes.
fn firmware(text: &str, before: Option<&str>) -> bool {
    let on = |text: &'_ str| -> HashSet<String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| line.split_once('='))
            .filter(|(name, value)| name.starts_with("CONFIG_") && !matches!(value.trim(), "n" | "" | "\"\""))
            .map(|(name, _)| name.trim().to_owned())
            .collect()
    };
    let now = on(text);
    let had = before.map(on).unwrap_or_default();
    let gone = had.iter().any(|name| {
        !now.contains(name)
            && holds(name, PROTECTS)
            && !holds(name, EXPOSES)
            && (says_no(text, name) || !stands_in(name, &now))
    });
    let exposed = now.iter().any(|name| holds(name, EXPOSES) && !had.contains(name));
    gone || exposed
}

fn says_no(text: &str, name: &str) -> bool {
    text.contains(&format!("{name} is not set")) || text.contains(&format!("{name}=n"))
}

/// Whether something of the same family is on in its place: another kind of signature.
fn stands_in(name: &str, now: &HashSet<String>) -> bool {
    let family = |name: &str| name.split('_').take(3).collect::<Vec<_>>().join("_");
    now.iter().any(|other| family(other) == family(name) && !holds(other, EXPOSES))
}

/// An app of Apple's that talks to whoever answers, or may be changed by whoever likes.
fn opens_app(text: &str) -> bool {
    let dense = dense(text);
    let on = |key: &str| dense.contains(&format!("{key}</key><true/>"));
    on("NSAllowsArbitraryLoads") && !on("NSAllowsLocalNetworking")
        || on("NSAllowsArbitraryLoads") && on("NSAllowsArbitraryLoadsInWebContent")
        || on("NSExceptionAllowsInsecureHTTPLoads") && !dense.contains("<key>localhost</key>")
        || [
            "com.apple.security.cs.disable-library-validation",
            "com.apple.security.cs.allow-unsigned-executable-memory",
            "com.apple.security.get-task-allow",
            "com.apple.security.cs.allow-dyld-environment-variables",
            "com.apple.security.cs.disable-executable-page-protection",
        ]
        .iter()
        .any(|key| on(key))
        || dense.contains("com.apple.security.app-sandbox</key><false/>")
}

/// The same of Android's.
fn opens_android(text: &str) -> bool {
    if !holds(text, "leartextTraffic|debuggable|certificates|overridePins") {
        return false;
    }
    let dense = dense(text);
    let base = dense.split("<debug-overrides").next().unwrap_or_default();
    dense.contains("usesCleartextTraffic=\"true\"")
        || dense.contains("android:debuggable=\"true\"")
        || base.contains("<base-configcleartextTrafficPermitted=\"true\"")
        || base.contains("<certificatessrc=\"user\"")
        || base.contains("overridePins=\"true\"")
}

/// A build for everybody that can be debugged by everybody, or is signed by a key that everybody has.
fn releases_open(text: &str) -> bool {
    let dense = dense(text);
    dense.match_indices("release{").chain(dense.match_indices("getByName(\"release\"){")).take(super::MAX_PLACES).any(
        |(at, _)| {
            let block = &dense[at..];
            let block = &block[..block.find('}').unwrap_or(block.len())];
            holds(block, "debuggabletrue|debuggable=true|isDebuggable=true|setDebuggable(true)")
        },
    )
}

/// A part of what is looked for in such a page.
const DESKTOP: &str = "webSecurity|nodeIntegration|contextIsolation|ignore-certificate-errors|allowRunningInsecureContent|\
    verifyUpdateCodeSignature|dangerousRemote|dangerousDisable|certificate-error|setCertificateVerifyProc";

/// A page in a window of its own that may do what the person may, or takes any certificate; an update that nobody signed.
fn opens_desktop(text: &str) -> bool {
    let dense = dense_code(text).replace(['"', '\''], "");
    let electron = holds(&dense, "webPreferences|BrowserWindow|electron|BrowserView|webContents");
    electron
        && (dense.contains("webSecurity:false")
            || dense.contains("allowRunningInsecureContent:true")
            || dense.contains("nodeIntegration:true") && dense.contains("contextIsolation:false"))
        || dense.contains("appendSwitch(ignore-certificate-errors")
        || dense.contains("verifyUpdateCodeSignature:false")
        || dense.contains("dangerousDisableAssetCspModification:true")
        || dense.contains("dangerousRemoteDomainIpcAccess:[{domain:*")
        || dense.contains("certificate-error,") && dense.contains("callback(true)")
        || dense.contains("setCertificateVerifyProc(") && dense.contains("callback(0)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_without_what_protected_them_are_seen() {
        for (path, text, before, bared) in [
            ("fw/sdkconfig.release", "# CONFIG_SECURE_BOOT is not set\n", Some("CONFIG_SECURE_BOOT=y\n"), true),
            ("fw/sdkconfig", "CONFIG_LOG_LEVEL=4\n", Some("CONFIG_LOG_LEVEL=3\n"), false),
            ("fw/sdkconfig", "# CONFIG_SECURE_BOOT is not set\nCONFIG_LOG_LEVEL=4\n", None, false),
            (
                "fw/prj.conf",
                "CONFIG_BOOT_SIGNATURE_TYPE_RSA=y\n",
                Some("CONFIG_BOOT_SIGNATURE_TYPE_ECDSA_P256=y\n"),
                false,
            ),
            ("ios/App/Info.plist", "<key>NSAllowsArbitraryLoads</key>\n<true/>", None, true),
            ("ios/App/Info.plist", "<key>NSAllowsLocalNetworking</key>\n<true/>", None, false),
            ("app/src/main/AndroidManifest.xml", "<application android:usesCleartextTraffic=\"true\">", None, true),
            ("app/src/debug/AndroidManifest.xml", "<application android:usesCleartextTraffic=\"true\">", None, false),
            ("app/build.gradle", "release {\n debuggable true\n}", None, true),
            ("src/main.ts", "new BrowserWindow({ webPreferences: { webSecurity: false } })", None, true),
            ("src/main.ts", "new BrowserWindow({ webPreferences: { contextIsolation: true } })", None, false),
        ] {
            assert_eq!(
                are_bared(&Written::of(text, before, &format!("/home/you/work/{path}"))),
                bared,
                "{path} {text}"
            );
        }
    }
}
