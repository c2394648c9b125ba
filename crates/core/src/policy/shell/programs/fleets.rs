//! What is said to machines in the field: by the brokers that devices listen to, and by the programs that robots are moved with.

use super::super::machine::{Call, Machine};
use super::super::options::{Spec, read};
use super::super::state::State;
use super::super::value::{HOLE, Text};
use super::Program;
use super::tables::production::is_rehearsal;
use crate::policy::effects::{Kind, Where};
use crate::policy::hosts;
use crate::policy::inspect::lists::{holds, is};

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "mosquitto_pub" | "mqttx" | "mqtt" | "mqttcli" | "hivemq" | "amqp-publish" => publishes,
        "ros2" | "rostopic" | "rosservice" | "rosparam" | "rosaction" => moves,
        _ => return None,
    })
}

/// Orders by which a switch, a router or a firewall is left without its configuration.
pub(super) const DEVICES: &str = "write erase|erase startup|erase nvram|delete flash:|format flash|factory-reset|factory reset|factoryreset|reset saved-configuration|request system zeroize|no router bgp|write default|reset-configuration|load factory-default|\"reload|'reload";

impl Machine<'_> {
    /// Notes that a device is told so by a remote shell.
    pub(super) fn tells_device(&mut self, host: &Text, line: &Text) {
        let line = line.shown();
        if holds(&line, DEVICES) || line.trim() == "reload" {
            self.act(Kind::ServiceChange, host.shown());
        }
    }
}

/// Words of topics and messages by which devices are given other programs, settings or orders.
const ORDERS: &str = "ota|firmware|fw|update|upgrade|reboot|restart|reset|factoryreset|factory|wipe|erase|shutdown|poweroff|unlock|open|cmd|command|commands|\
    disarm|arm|flash|rollout|config|setpoint|valve|relay|disable";

/// Words by which all devices are meant.
const ALL: &str = "all|broadcast|everyone|fleet|group";

fn publishes(machine: &mut Machine<'_>, call: &Call, _: &mut State) {
    let long = &[
        "host=",
        "topic=",
        "message=",
        "hostname=",
        "port=",
        "cafile=",
        "cert=",
        "key=",
        "username=",
        "password=",
        "file=",
        "id=",
    ];
    let options = read(&call.args, &Spec { short: "htmpuPfiqL", long, ..Spec::default() });
    let host = options.value(&["h", "host", "hostname"]).map(Text::shown).unwrap_or_default();
    let host = options.value(&["L"]).map_or(host, |url| hosts::host(&url.shown()));
    if host.is_empty() || !hosts::is_far(&host) || is_rehearsal(&host) {
        return;
    }
    let topic = options.value(&["t", "topic"]).map(Text::shown).unwrap_or_default();
    let message = options.value(&["m", "message"]).map(Text::shown).unwrap_or_default();
    let says = |text: &str, list: &str| {
        text.split(|char: char| !char.is_ascii_alphanumeric()).any(|word| is(&word.to_ascii_lowercase(), list))
    };
    let orders = says(&topic, ORDERS) || says(&message, ORDERS);
    let all = topic.contains(['+', '#']) || says(&topic, ALL) || machine.many && topic.contains(HOLE);
    if orders && all {
        machine.act(Kind::ServiceChange, topic);
    }
}

/// A device is talked to by a script.
pub(super) fn expects(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let mut script = super::wrappers::joined(&call.args);
    if Machine::has_input(state) {
        script.push(&machine.input(state, 0));
    }
    if holds(&script.shown(), "spawn ssh|spawn telnet|spawn screen|spawn cu") {
        machine.tells_device(&Text::known("expect"), &script);
    }
}

/// A robot elsewhere is moved, or loses what keeps it safe.
fn moves(machine: &mut Machine<'_>, call: &Call, _: &mut State) {
    let words: Vec<String> = call.args.iter().map(|arg| arg.shown().to_ascii_lowercase()).collect();
    let has = |list: &str| words.iter().any(|word| is(word, list));
    let speaks = |parts: &[&str]| words.iter().any(|word| parts.iter().any(|part| word.contains(part)));
    let unsafe_now =
        has("set|call") && speaks(&["safety", "estop", "e_stop", "emergency", "collision", "limit", "protective"]);
    let moved = has("send_goal|pub|call")
        && speaks(&["traject", "cmd_vel", "joint", "navigate", "motor", "gripper", "arming", "takeoff"]);
    let simulated = speaks(&["sim", "gazebo", "turtle"]);
    if machine.at == Where::Remote && (unsafe_now || moved) && !simulated {
        machine.act(Kind::ServiceChange, words.join(" "));
    }
}
