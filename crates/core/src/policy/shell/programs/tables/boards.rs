//! Devices that hang on this machine, and the controllers of servers: what wipes them, burns what cannot be unburnt, opens what protects
//! them, or takes their power. To write a program to a board is what they are there for.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::{Spec, read};
use super::super::super::state::State;
use super::super::super::value::Text;
use super::super::Program;
use super::{Entry, Tool, on, pass, single, spec, unless, with};
use crate::policy::effects::Kind::{SystemChange, SystemPower};

/// What is done to a phone, and to no emulator of one.
const fn unless_emulated(path: &'static str, with: &'static [&'static str]) -> Entry {
    Entry {
        path,
        with,
        without: &["e", "s=emulator*", "s=localhost*", "s=127.0.0.1*", "~/data/local/tmp*"],
        kind: SystemChange,
        token: false,
    }
}

/// Applications that came with a phone, and those in which people talk: what they hold is nowhere else. Others may be under test.
const OF_PERSON: &[&str] = &[
    "~com.android.*",
    "~com.google.*",
    "~com.apple.*",
    "~com.samsung.*",
    "~com.whatsapp*",
    "~org.telegram.*",
    "~org.thoughtcrime.*",
    "~com.facebook.*",
    "~com.viber.*",
    "~*authenticator*",
];

/// Where a phone keeps what its owner made.
const PICTURES_AND_KIN: &[&str] = &[
    "~/sdcard",
    "~/sdcard/",
    "~/sdcard/[*]*",
    "~/storage/emulated/0",
    "~/storage/emulated/0/[*]*",
    "~/data/media*",
    "~*/dcim*",
    "~*/pictures*",
    "~*/movies*",
    "~*/music*",
    "~*/documents*",
    "~*/recordings*",
    "~*/android/media*",
];

const ADB: Spec = spec("stHPL", &[]);

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "adb" => adb,
        "esptool.py" | "esptool" | "idf.py" | "st-flash" | "nrfjprog" | "pyocd" | "picotool" => board,
        _ => return None,
    })
}

/// A board that is erased to be written anew has lost nothing.
fn board(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    super::table(machine, call, state);
    let writes = ["write", "write_flash", "write-flash", "flash", "app-flash", "load", "--program"];
    if call.args.iter().any(|arg| writes.contains(&arg.prefix())) {
        machine.takes_back(SystemChange, &call.name, "erase");
    }
}

/// `adb shell 'a; b'` is given lines of the phone's own shell: each of their commands is read as one that stands alone.
fn adb(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &ADB);
    let is_shell = |arg: &Text| matches!(arg.prefix(), "shell" | "exec-out" | "exec-in");
    let Some(from) = call.args.iter().position(is_shell).filter(|_| options.operands.iter().any(is_shell)) else {
        return super::table(machine, call, state);
    };
    // Of options of the phone's own programs those of `rm` alone are as they stand; the others are not to be taken for those of `adb`.
    let word = |word: &str| match word.strip_prefix('-') {
        Some(letters) if !letters.starts_with('-') && !letters.chars().all(|letter| "rRf".contains(letter)) => {
            format!("--{letters}")
        }
        _ => word.to_owned(),
    };
    let line: Vec<String> = call.inner(from + 1).iter().map(Text::shown).collect();
    for command in line.join(" ").split([';', '&', '|', '\n']).take(MAX_COMMANDS) {
        let words =
            command.split_whitespace().map(|given| Text::known(word(given.trim_matches(['\'', '"', '(', ')']))));
        let mut args = call.args[..from].to_vec();
        args.push(Text::known("shell"));
        args.extend(words);
        super::table(machine, &Call { name: call.name.clone(), args }, state);
    }
}

/// The most commands of a phone's line that are read.
const MAX_COMMANDS: usize = 16;

/// Every tool of this file.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["fastboot"],
        spec: spec("sS", &["slot=", "fs-options="]),
        entries: &[
            pass("flashing get_unlock_ability"),
            on("flashing|oem unlock*|lock*|unlock_critical", SystemChange),
            on(
                "erase|format*|flash|flashall|update|wipe-super|delete-logical-partition|resize-logical-partition",
                SystemChange,
            ),
            with("", &["w", "wipe"], SystemChange),
        ],
    },
    Tool {
        names: &["adb"],
        spec: ADB,
        entries: &[
            unless_emulated("shell rm|rmdir", &["r", "R"]),
            unless_emulated("shell rm|find|truncate|shred", PICTURES_AND_KIN),
            unless_emulated("shell recovery", &["wipe_data", "wipe-data"]),
            unless_emulated("shell mke2fs|mkfs*|make_f2fs|wipe|sgdisk|blkdiscard", &[]),
            unless_emulated("shell dd", &["~of=/dev/block*"]),
            unless_emulated("shell am", &["~*master_clear*", "~*factory_reset*", "~*factoryreset*"]),
            unless_emulated("shell pm clear|uninstall", OF_PERSON),
            unless_emulated("shell cmd testharness enable", &[]),
            unless_emulated("shell cmd package clear|uninstall", OF_PERSON),
            unless_emulated("shell content delete", &["~content://*"]),
            unless_emulated("shell dpm wipe*|set-device-owner|remove-*", &[]),
            unless_emulated("shell locksettings clear|set-disabled", &[]),
            unless_emulated("shell sm partition|forget|format", &[]),
            unless_emulated("uninstall", OF_PERSON),
            unless_emulated("disable-verity|restore", &[]),
        ],
    },
    Tool {
        names: &["ideviceinstaller"],
        spec: spec("uUi", &["udid=", "uninstall=", "install="]),
        entries: &[with("", OF_PERSON, SystemChange), on("uninstall com.apple.*", SystemChange)],
    },
    Tool {
        names: &["idevicebackup2"],
        spec: spec("ui", &["udid="]),
        entries: &[on("erase|restore|changepw", SystemChange), on("encryption off", SystemChange)],
    },
    Tool {
        names: &["pymobiledevice3", "go-ios", "ios"],
        spec: spec("", &["udid=", "tunnel="]),
        entries: &[
            on("** erase|erase-device|restore|wipe", SystemChange),
            with("apps uninstall", OF_PERSON, SystemChange),
        ],
    },
    Tool {
        names: &["openocd"],
        spec: spec("cfsld", &["command=", "file=", "search=", "log_output="]),
        entries: &[with(
            "",
            &[
                "c=*unlock*",
                "c=*mass_erase*",
                "c=*options_write*",
                "c=*option_write*",
                "c=*flash erase*",
                "c=*recover*",
                "command=*unlock*",
                "command=*mass_erase*",
            ],
            SystemChange,
        )],
    },
    Tool {
        names: &["idf.py"],
        spec: spec("pbCBD", &["port=", "baud=", "project-dir=", "build-dir="]),
        entries: &[on("** efuse-burn*|efuse-write-protect|efuse-read-protect|erase-flash|erase_flash", SystemChange)],
    },
    Tool {
        names: &["mokutil"],
        spec: spec("", &["delete=", "import=", "revoke-import"]),
        entries: &[with("", &["disable-validation", "reset", "delete", "trust-mok"], SystemChange)],
    },
    Tool { names: &["heimdall", "odin4"], spec: spec("", &["pit="]), entries: &[on("flash", SystemChange)] },
    Tool {
        names: &["idevicerestore"],
        spec: spec("ui", &["udid=", "ecid="]),
        entries: &[with("", &["e", "erase"], SystemChange)],
    },
    Tool { names: &["cfgutil"], spec: spec("e", &["ecid="]), entries: &[on("erase|restore|revive", SystemChange)] },
    Tool {
        names: &["espefuse.py", "espefuse"],
        spec: spec("pbc", &["port=", "baud=", "chip=", "before=", "debug"]),
        entries: &[on(
            "** burn*|write_protect*|write-protect*|read_protect*|read-protect*|set_flash_voltage|set-flash-voltage",
            SystemChange,
        )],
    },
    Tool {
        names: &["esptool.py", "esptool"],
        spec: spec("pbc", &["port=", "baud=", "chip=", "before=", "after=", "connect-attempts="]),
        entries: &[on("** erase_flash|erase-flash", SystemChange)],
    },
    Tool {
        names: &["avrdude"],
        spec: spec("pcPbBUCxE", &["part=", "programmer=", "port=", "memory="]),
        entries: &[with("", &["U=*fuse*:w:*", "U=lock*:w:*", "memory=*fuse*:w:*", "memory=lock*:w:*"], SystemChange)],
    },
    Tool {
        names: &["STM32_Programmer_CLI", "STM32_Programmer.sh", "ST-LINK_CLI"],
        spec: single(&[
            "c=",
            "w=",
            "d=",
            "el=",
            "ob",
            "optbyte",
            "rdu",
            "readunprotect",
            "tzenreg",
            "regressiontz",
            "otp",
        ]),
        entries: &[Entry {
            path: "",
            with: &["ob", "OB", "optbyte", "rdu", "readunprotect", "tzenreg", "regressiontz", "otp"],
            // They are only shown.
            without: &["displ"],
            kind: SystemChange,
            token: false,
        }],
    },
    Tool {
        names: &["st-flash"],
        spec: spec("", &["serial=", "area=", "freq="]),
        entries: &[on("erase", SystemChange), with("write", &["area=option*"], SystemChange)],
    },
    Tool {
        names: &["nrfjprog"],
        spec: spec("fs", &["family=", "snr=", "rbp=", "program="]),
        entries: &[with("", &["recover", "eraseall", "rbp", "erasepage"], SystemChange)],
    },
    Tool {
        names: &["nrfutil"],
        spec: spec("", &["serial-number="]),
        entries: &[on("device recover|erase|protection-set", SystemChange)],
    },
    Tool {
        names: &["pyocd"],
        spec: spec("tuM", &["target=", "uid=", "pack="]),
        entries: &[with("erase", &["mass", "chip", "c"], SystemChange)],
    },
    Tool {
        names: &["picotool"],
        spec: spec("", &[]),
        entries: &[
            with("erase", &["a", "all"], SystemChange),
            on("otp set|load|permissions|white-label", SystemChange),
        ],
    },
    Tool {
        names: &["flashrom"],
        spec: spec("pcrwvl", &["programmer=", "chip=", "read=", "write=", "verify=", "erase"]),
        entries: &[with("", &["w", "write", "E", "erase"], SystemChange)],
    },
    Tool {
        names: &["ykman"],
        spec: spec("d", &["device=", "password="]),
        entries: &[
            on("piv|fido|oath|openpgp|hsmauth|otp reset|delete", SystemChange),
            on("config reset", SystemChange),
        ],
    },
    Tool { names: &["tpm2_clear", "tpm2_changeauth"], spec: spec("c", &[]), entries: &[on("", SystemChange)] },
    // Controllers of servers.
    Tool {
        names: &["ipmitool"],
        spec: spec("HUPILfkpyKoCNRtlSe", &[]),
        entries: &[
            pass("chassis|power power|status status"),
            on("power off|cycle|reset|soft|diag", SystemPower),
            on("chassis power off|cycle|reset|soft|diag", SystemPower),
            on("raw|i2c|spd", SystemChange),
            on("mc|bmc reset", SystemChange),
            on("user set|enable|disable|priv", SystemChange),
            on("lan set", SystemChange),
            on("chassis bootdev|bootparam|policy", SystemChange),
            on("sel clear", SystemChange),
            on("hpm|ekanalyzer upgrade", SystemChange),
        ],
    },
    Tool {
        names: &["ipmipower", "ipmi-power"],
        spec: spec("hup", &["hostname=", "username=", "password="]),
        entries: &[with("", &["off", "f", "cycle", "c", "reset", "r", "soft", "pulse"], SystemPower)],
    },
    Tool {
        names: &["racadm"],
        spec: spec("rupi", &[]),
        entries: &[
            on("serveraction powerdown|powercycle|hardreset|graceshutdown|nmi", SystemPower),
            on("racreset|racresetcfg|systemerase|clrsel|sslresetcfg", SystemChange),
            on(
                "storage|raid resetconfig|deletevd|secureerase|cryptographicerase|deletevd*|init|clearconfig",
                SystemChange,
            ),
        ],
    },
    Tool {
        names: &["redfishtool"],
        spec: spec("rupASM", &["rhost=", "user=", "password="]),
        entries: &[
            on(
                "** reset ForceOff|ForceRestart|GracefulShutdown|GracefulRestart|PowerCycle|PushPowerButton|Nmi",
                SystemPower,
            ),
            on("raw DELETE|PATCH|POST|PUT", SystemChange),
        ],
    },
    Tool {
        names: &["ilorest", "hponcfg", "hprest"],
        spec: spec("up", &["url=", "user=", "password="]),
        entries: &[
            unless("reboot", &["On"], SystemPower),
            on(
                "factorydefaults|biosdefaults|onebuttonerase|clearrestapistate|deletevolume|drivesanitize|factoryresetcontroller",
                SystemChange,
            ),
        ],
    },
];
