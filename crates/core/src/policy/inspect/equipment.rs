//! Machines that move, dose, heat, lock and watch in the world outside: a server's tool sets them, opens them, or burns what can never be
//! unburnt.

use super::arguments::words;
use super::call::{Call, speaks};
use crate::policy::effects::Kind;
use crate::policy::lists::{holds, is};

/// Plants, robots, vehicles, and what is at a patient's bed, by the protocols they speak and by what they are called.
const MACHINES: &str = "modbus|opcua|opc|plc|scada|profinet|profibus|ethercat|ethernetip|bacnet|dnp3|iec61850|iec104|canbus|canopen|socketcan|j1939|\
    knx|hmi|dcs|rtu|codesys|twincat|beckhoff|siemens|rockwell|fieldbus|s7comm|s7|fins|melsec|ros|ros2|moveit|robot|robots|robotics|cobot|\
    kuka|fanuc|gripper|cnc|gcode|grbl|linuxcnc|drone|drones|mavlink|px4|ardupilot|uav|quadcopter|rover|agv|amr|infusion|pump|pumps|ventilator|\
    ventilators|dialysis|pacemaker|defibrillator|insulin|incubator|anesthesia|syringe|centrifuge|autoclave|bioreactor|laser|elevator|\
    crane|conveyor|turbine|boiler|furnace|kiln|breaker|breakers|substation|switchgear|inverter|bms|hvac|chiller|irrigation|valve|valves|\
    relay|relays|actuator|actuators|servo|motor|motors|compressor|generator|interlock|interlocks|estop|sprinkler|sprinklers|dosing|obd|obd2|vehicle|\
    forklift|charger|ocpp|evse|\
    heater|solenoid|barrier|octoprint|klipper|moonraker|bambu|prusa";

/// What makes them do something.
const ACTS: &str = "write|set|force|send|move|movej|movel|publish|start|stop|run|actuate|open|close|toggle|trigger|command|override|enable|disable|\
    turn|activate|deactivate|dispense|inject|arm|disarm|takeoff|land|fly|control|apply|bolus|increase|decrease|goto|jog|drive|call|fire|ignite|\
    release|bypass|reset|reboot|shutdown|execute|switch|adjust|change|update|upload|download|flash|unlock|put|transmit|inhibit|suppress|mute|silence|home";

/// What looks although it has such a word, and what is only a picture of a machine.
const LOOKS: &str =
    "status|monitor|subscribe|echo|info|inspect|build|compile|lint|format|parse|plan|visualize|decode|browse";
const PICTURED: &str = "sim|simulator|simulation|simulated|gazebo|isaac|webots|coppeliasim|turtlesim|turtle1|turtle|mock|emulator|virtual|twin|\
    sandbox|sitl|hil|\
    test|tests|testbench|bench|demo|localhost|training|dummy|rviz|fake";

/// What guards a house or lets into it, by what it is called.
const WATCHES: &str = "alarm|alarms|siren|smoke|sprinkler|sprinklers|camera|cameras|lock|locks|door|doors|gate|gates|garage|intrusion|security|burglar|leak|\
    doorlock|deadbolt|turnstile|barrier|fence|motion|detector|detectors|panic|vault|safe|fridge|freezer|cctv|nvr|surveillance|fire|gas|carbon|co2";
const GIVES_UP: &str = "off|unlock|open|disarm|disable|deactivate|bypass|silence|mute|release|unlatch|disarmed|unlocked|hassturnoff|grant|deny|\
    snooze|pause|stop|trip";
/// Switched on, a garage opens.
const OPENS_BY_ON: &str = "cover|garage|gate|valve";
const HOUSES: &str = "home|homeassistant|hass|ha|smartthings|hubitat|homey|ring|nest|unifi|verkada|ajax|tuya|openhab|domoticz|brivo|kisi|salto|\
    august|yale|nuki|\
    eufy|wyze|arlo|abode|simplisafe|adt|bosch|honeywell|hikvision|axis|genetec|lenel|openpath|access|building|facility|iot|matter|zigbee|zwave|\
    hikconnect|reolink|frigate|milestone|\
    alarm|alarms|lock|locks|door|doors|security|camera|cameras|vms|mqtt|tesla|smartcar|knx";
const HARMLESS: &str = "light|lights|lamp|led|media|clock|timer|reminder|window|tab|dialog|issue|ticket|page|file|story|scene|wakeup|playlist|tv|speaker|\
    notification|pullrequest|database";

/// Whether words say of something that lets into a house, or watches it, that it is to do so no longer.
pub(in crate::policy) fn lets_in(words: &[String]) -> bool {
    const KEEPS_OUT: &str =
        "lock|locks|deadbolt|doorlock|door|doors|gate|gates|garage|alarm|alarms|turnstile|barrier|cover|covers";
    const GIVES: &str = "unlock|unlocked|open|opened|disarm|disarmed|unlatch";
    let has = |list: &str| words.iter().any(|word| is(word, list));
    has(KEEPS_OUT) && has(GIVES) && !has(PICTURED)
}

/// What can be written once, and what writes it.
const ONCE: &str = "efuse|efuses|fuse|fuses|otp|ofuse|lockbits|lockbit|optionbytes|rdp";
const BURNS: &str = "burn|program|write|blow|set|lock|prog|fuse|enable|flash";
const BURNT: &str = "burn_key|burn-key|burn_efuse|burn-efuse|burn efuse|efuse burn|espefuse|fuse prog|fuse -y prog|efuse-burn|otp write|otp_write|\
    write_protect_efuse|set_flash_voltage|rdp level 2|rdp=0xcc|-rdp 2|--do-not-confirm|lock otp|program otp|blow fuse|burn fuse|otp burn|otp lock";

/// What a call does to a machine, where a person wants to hear of it first.
pub(super) fn moved(call: &Call<'_>) -> Option<Kind> {
    // A one-time password is none.
    let burns = call.at(ONCE)
        && call.has(BURNS)
        && !call.has("verify|send|validate|login|password|code|read|summary|dump|get|generate|user|factor");
    // The highest level of a chip's read protection has no way back.
    let locks_chip = call
        .given
        .values("rdp|rdplevel|readoutprotection|readprotection|level")
        .any(|it| is(&it.to_ascii_lowercase(), "0xcc|2|level2|level_2"))
        && call.at("stm32|option|rdp|protection|chip|flash|mcu")
        && call.has("write|set|program|option|lock|protect|enable");
    if burns || locks_chip || types_to_device(call) && call.given.all().any(is_burnt) {
        return Some(Kind::McpDestroy);
    }
    if call.at(PICTURED) || call.given.values(WHERE).any(|value| speaks(value, PICTURED) || value.starts_with("127.")) {
        return None;
    }
    let acts = call.looks(LOOKS, &[ACTS]) == Some(false);
    let of_machine = call.served(MACHINES)
        || call.has(MACHINES) && call.has("device|plant|machine|robot|pump|valve|register|coil|setpoint|dose|dosing");
    if acts && (of_machine || of_plant(call)) && !call.at("git|github|docker|db") {
        return Some(Kind::McpAccess);
    }
    gives_up_watch(call).then_some(Kind::McpAccess)
}

/// Whether what carries power, water or traffic is switched, by what it is and whose server it is.
fn of_plant(call: &Call<'_>) -> bool {
    const PLANTS: &str = "grid|ems|adms|derms|dms|energy|utility|utilities|power|plant|refinery|pipeline|water|wastewater|factory|mes|rail|railway|signalling|\
        interlocking|mine|dam|sewer|traffic|tso|dso|microgrid|battery|solar|wind|hydro|oil|gas|heating|airport|port|metro|tunnel";
    const PARTS: &str = "breaker|breakers|feeder|feeders|switch|switches|substation|valve|valves|turbine|pump|pumps|gate|sluice|transformer|recloser|tap|signal|\
        signals|point|points|barrier|load|setpoint|unit|generator|inverter|line|boiler|compressor|track|disconnector|busbar|charger|meter|meters";
    call.served(PLANTS) && call.has(PARTS)
}

/// What is told of which machine it is.
const WHERE: &str = "host|topic|namespace|target|device|robot|name|unit|endpoint|environment|mode|node|model|ip|address|url|nodename|topicname|action";

/// Whether a server types to a board by a line.
fn types_to_device(call: &Call<'_>) -> bool {
    call.served(
        "serial|uart|console|tty|esp|idf|esptool|stm32|jtag|swd|openocd|jlink|probe|mcu|board|minicom|telnet|device|\
        picocom|nrf|hardware|firmware",
    )
}

fn is_burnt(text: &str) -> bool {
    text.len() <= 4096 && holds(&text.to_ascii_lowercase(), BURNT)
}

/// Whether what watches a house, or keeps it shut, does so no more.
fn gives_up_watch(call: &Call<'_>) -> bool {
    const TOLD: &str = "service|action|command|state|mode|operation|servicename|value|status";
    const THINGS: &str = "entityid|entity|entities|domain|name|device|deviceid|devicename|target|area|zone|doorid|door|lockid|lock|camera|cameraid|\
        panel|label|topic|deviceclass|id|partition|site|system";
    if !call.served(HOUSES) {
        return false;
    }
    let told: Vec<String> = call.given.values(TOLD).filter(|value| value.len() <= 48).take(8).flat_map(words).collect();
    let things: Vec<String> =
        call.given.values(THINGS).filter(|value| value.len() <= 96).take(16).flat_map(words).collect();
    let does = |list: &str| call.name.iter().chain(&told).any(|word| is(word, list));
    let of = |list: &str| call.name.iter().chain(&told).chain(&things).any(|word| is(word, list));
    let named = of(WATCHES)
        || call.served("alarm|lock|locks|door|doors|ring|verkada|brivo|kisi|salto|nuki|august|yale|hikvision|axis|arlo|eufy|wyze|reolink|\
                genetec|frigate|milestone");
    let switches = call.given.is_off("armed|locked|enabled|active|recording")
        || call.given.is_on("disarm|unlock|disarmed|unlocked");
    let looks = call.looks(LOOKS, &[GIVES_UP, ACTS]) == Some(true);
    !looks && !of(HARMLESS) && (named && (does(GIVES_UP) || switches) || does("on|hassturnon") && of(OPENS_BY_ON))
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn what_moves_in_the_world_is_seen() {
        for (server, name, given, seen) in [
            ("opcua", "write_node", r#"{"nodeId":"ns=2;s=Boiler.Setpoint","value":95}"#, true),
            ("opcua", "browse_nodes", r#"{"nodeId":"ns=2;s=Boiler"}"#, false),
            ("ros2", "publish", r#"{"topic":"/cmd_vel","message":"{linear: {x: 2.0}}"}"#, true),
            ("ros2", "publish", r#"{"topic":"/turtle1/cmd_vel"}"#, false),
            (
                "home-assistant",
                "call_service",
                r#"{"domain":"lock","service":"unlock","entity_id":"lock.front"}"#,
                true,
            ),
            (
                "home-assistant",
                "call_service",
                r#"{"domain":"light","service":"turn_off","entity_id":"light.door"}"#,
                false,
            ),
            ("esp-idf", "burn_efuse", "{}", true),
            ("auth", "verify_otp", r#"{"code":"123"}"#, false),
        ] {
            let moved = moved(&Call::of(server, name, &Arguments::read(given)));
            assert_eq!(moved.is_some(), seen, "{server} {name} {given}");
        }
    }
}
