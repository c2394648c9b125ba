//! Machines that may hurt somebody, and what keeps them from it in their code: the bound at which they refuse, and what a stop does.

use std::collections::HashSet;

use super::arguments::words;
use super::source::{Written, code_lines, dense, form, without_remark};
use crate::policy::lists::{holds, is};

const FORMS: &str = "c|cc|cpp|cxx|h|hpp|ino|rs|py|java|kt|go|cs|st|scl|lua|js|ts|swift|ads|adb|m|mm|vb";

/// Machines, by a word of the paths of their code; and words that speak of one in languages that machines are programmed in.
const MACHINES: &str = "firmware|fw|embedded|plc|robot|robots|robotics|agv|amr|cobot|drone|uav|autopilot|avionics|aircraft|pump|infusion|ventilator|\
    dialysis|insulin|pacemaker|defibrillator|anesthesia|incubator|oven|furnace|kiln|boiler|burner|reactor|turbine|crane|hoist|elevator|escalator|\
    conveyor|xray|linac|radiation|ecu|adas|brake|brakes|actuator|estop|interlock|interlocks|scada|bms|gripper|cnc|spindle|railway|forklift|\
    harvester|centrifuge|autoclave|substation|chlorine|dosing|tractor|combine|excavator|winch|mixer";
const PERHAPS: &str = "press|lift|laser|vehicle|steering|throttle|motor|motors|valve|valves|safety|battery|charger|saw|train|rail|signalling|gas|gate|door|doors|machine|controller|servo|drive|drives|hvac|inverter|flight|medical|heater|control|pneumatic|hydraulic";
const MACHINE_FORMS: &str = "c|cc|cpp|cxx|h|hpp|ino|st|scl|ads|adb";

/// What a bound is about, and what is done where it is passed, in small letters.
const BOUNDS: &str = "max|min_|limit|cutoff|cut_off|threshold|overt|overc|overp|overd|overs|range|interlock|fault|pressure|temp|dose|speed|load|current|\
    voltage|obstacle|guard|door|lid|present|watchdog|estop|emergency|torque|force|angle|altitude|level|flow|proximity|distance|occupied|\
    clear|armed|safe|verif|signature|sig_|crc|checksum|empty|air_in|occlusion";
const REFUSES: &str = "return false|return 0|return -|return err|return;|return none|return esp_|raise |throw |panic|abort|alarm|fault|trip|shutdown|shut_down|\
    _off(|off()|stop(|halt|disable|safe_state|safestate|emergency|reject|break;|return false;|return status|return e_|denied|refused|_blocked";

/// What else keeps to a bound, in small letters.
const KEEPS: &str = "max|limit|clamp|constrain|saturat|min(|bound|check|verif|valid|interlock|guard|safe|cutoff|threshold|assert|require";

/// When a machine is to stop, in small letters and without what stands between words.
const WHEN: &str = "estop|emergencystop|onpressed|obstacle|intrusion|onfault|overtemp|overcurrent|overpressure|collision|interlock|dooropen|lidopen|\
    guardopen|limitswitch|onlimit|watchdog|deadman|lightcurtain|failsafe|safestate|ontrip|lostsignal|linklost|occlusion|leakdetect|smokedetect|\
    gasdetect|flameout|protectivestop|safetystop|onlost|personindetect|humandetect|pinch";

/// The same in code that is a machine's by its path.
const WHEN_IN_MACHINE: &str = "fault|alarm|overspeed|overload|runaway|overheat|tilt|fire|smoke|leak|lost|loss|stall|jam|unsafe|panic|seat|nooperator|unoccupied|\
    pressed|opened|toohigh|toolow|outofrange|exceed";

/// What stops it, by a word of what is called, in small letters.
const STOPS: &str = "stop|halt|brake|brakes|engage|shutdown|disable|trip|estop|off|close|retract|reverse|abort|freeze|land|kill|zero|deenergize|cut|cutoff|\
    home|vent|hold|release|safe|safestate|sto|lock|poweroff|cutpower|disarm|deactivate|deactivated";

/// How many lines behind its condition a refusal stands, and how many are looked at.
const REACH: usize = 5;
const MAX_LINES: usize = 4096;

/// Whether the code of a machine refuses no longer what it refused, or stops no longer when it did.
pub(super) fn are_taken_out(written: &Written<'_>) -> bool {
    let Some(before) = written.before else { return false };
    if !written.is_form(FORMS) || written.is_tried() {
        return false;
    }
    let of_machine = of_machine(written.path);
    let squeezed = squeezed(before);
    let must = holds(&squeezed, WHEN) || of_machine && holds(&squeezed, WHEN_IN_MACHINE);
    (of_machine || must) && refuses_no_more(&written.text, before) || must && stops_no_more(&written.text, before)
}

/// Whether a path below the project says that its code is a machine's.
fn of_machine(path: &str) -> bool {
    let inside = path.splitn(5, '/').last().unwrap_or_default();
    let perhaps = is(form(path), MACHINE_FORMS);
    words(inside).iter().any(|word| is(word, MACHINES) || perhaps && is(word, PERHAPS))
}

/// A text in small letters, without what stands between words.
fn squeezed(text: &str) -> String {
    text.chars().filter(|char| !matches!(char, '_' | '-' | ' ')).map(|char| char.to_ascii_lowercase()).collect()
}

/// The lines of code of a text, in small letters but for a mark where a word begins within another, and without what is remarked at
/// their ends.
fn said(text: &str) -> Vec<String> {
    let lines = code_lines(text).take(MAX_LINES).map(|line| snaked(without_remark(line)));
    lines.filter(|line| !line.trim().is_empty()).collect()
}

/// A line with the words within its names apart, in small letters: `cutPower` is `cut_power`.
fn snaked(line: &str) -> String {
    let mut snaked = String::with_capacity(line.len() + 16);
    let mut before_lower = false;
    for char in line.chars() {
        if char.is_ascii_uppercase() && before_lower {
            snaked.push('_');
        }
        before_lower = char.is_ascii_lowercase();
        snaked.push(char.to_ascii_lowercase());
    }
    snaked
}

/// The lines of one text that the other has not.
fn apart(lines: &[String], others: &[String]) -> Vec<usize> {
    let others: HashSet<String> = others.iter().map(|line| dense(line)).collect();
    lines.iter().enumerate().filter(|(_, line)| !others.contains(&dense(line))).map(|(at, _)| at).collect()
}

/// Whether a condition on a bound is gone with what was done where it was passed, and what it stood in goes on.
fn refuses_no_more(text: &str, before: &str) -> bool {
    let (had, has) = (said(before), said(text));
    let is_condition = |line: &str| {
        let start = line.trim_start();
        start.starts_with("if ") || start.starts_with("if(") || start.starts_with("assert")
    };
    let refuses = |lines: &[String], at: usize| {
        is_condition(&lines[at])
            && lines[at..].iter().take(REACH).any(|line| holds(line, REFUSES) || stops(line) && compares(&lines[at]))
    };
    let refusals = |lines: &[String]| (0..lines.len()).filter(|at| refuses(lines, *at)).count();
    let is_bound = |line: &str| holds(line, BOUNDS) && line.contains(['<', '>', '!', '(', '=']) || compares(line);
    let goes_on = || has.iter().any(|line| line.trim().len() > 2 && !line.starts_with("@@"));
    let kept = || apart(&has, &had).iter().any(|at| holds(&has[*at], KEEPS)) || refusals(&has) >= refusals(&had);
    apart(&had, &has).iter().any(|at| is_bound(&had[*at]) && refuses(&had, *at)) && goes_on() && !kept()
}

/// Whether what stops a machine when it must is done no more, where what stood beside it, or something else in its place, is.
fn stops_no_more(text: &str, before: &str) -> bool {
    let (had, has) = (said(before), said(text));
    let (gone, new) = (apart(&had, &has), apart(&has, &had));
    let goes_on = || has.iter().any(|line| line.trim().len() > 2);
    gone.iter().any(|at| stops(&had[*at])) && !new.iter().any(|at| stops(&has[*at])) && goes_on()
}

/// Whether a line compares an amount.
fn compares(line: &str) -> bool {
    [" > ", " < ", " >= ", " <= "].iter().any(|sign| line.contains(sign))
}

/// Whether a line calls what stops a machine.
fn stops(line: &str) -> bool {
    let called = line
        .match_indices('(')
        .take(super::MAX_PLACES)
        .filter_map(|(at, _)| line[..at].rsplit(|char: char| !char.is_alphanumeric() && char != '_').next());
    !is_definition(line) && called.flat_map(words).any(|word| is(&word, STOPS))
}

fn is_definition(line: &str) -> bool {
    ["def ", "fn ", "void ", "func ", "fun ", "public ", "private ", "static "]
        .iter()
        .any(|start| line.trim_start().starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_its_bounds_is_seen() {
        let seen = |path: &str, before, text| {
            are_taken_out(&Written::of(text, Some(before), &format!("/home/you/work/plant/{path}")))
        };
        let bound = "if (t > T_MAX) {\n  heater_off();\n  return;\n}\nstep();";
        assert!(seen("firmware/heat.c", bound, "step();"));
        assert!(!seen("firmware/heat.c", bound, "if (over(T_MAX)) { heater_off(); return; }\nstep();"));
        assert!(!seen("firmware/heat.c", bound, ""));
        assert!(!seen("web/list.ts", bound, "step();"));
        let stop = "void onEstop() {\n  drives.cutPower();\n  log();\n}";
        assert!(seen("robot/stop.cpp", stop, "void onEstop() {\n  log();\n}"));
        assert!(!seen("robot/stop.cpp", stop, "void onEstop() {\n  safety.shutdown();\n  log();\n}"));
    }
}
