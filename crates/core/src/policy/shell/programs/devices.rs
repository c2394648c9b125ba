//! What switches, routers and firewalls are told by a script or a remote shell.

use super::super::machine::{Call, Machine};
use super::super::state::State;
use super::super::value::Text;
use crate::policy::effects::Kind;
use crate::policy::lists::holds;

/// Orders by which a switch, a router or a firewall is left without its configuration.
pub(super) const DEVICES: &str = "write erase|erase startup|erase nvram|delete flash:|format flash|factory-reset|factory reset|factoryreset|reset saved-configuration|request system zeroize|no router bgp|write default|reset-configuration|load factory-default|\"reload|'reload";

/// Orders by which a switch, a router or a firewall lets pass what it kept out.
const OPENS: &str = "no access-list|no ip access-|no ipv6 access-|no aaa |no service password|undo acl|delete security policies|delete firewall|\
    delete policy-options|no switchport port-security|no ip inspect|no crypto|system services telnet|transport input telnet|no firewall|\
    firewall disable|set firewall all-ping|no snmp-server|no logging|delete access-control";

/// Whether a device is told to let pass what it kept out, or to answer whoever asks.
fn opens_itself(line: &str) -> bool {
    let of = |menu: &str, verbs: &str| line.split(';').any(|order| order.contains(menu) && holds(order, verbs));
    holds(line, OPENS)
        || of("firewall", " remove| disable| reset|action=accept chain=input|=ACCEPT")
        || of("ip service", " enable |disabled=no")
        || of("/user", " add| set| remove| disable")
        || of("snmp-server community", " RW| rw")
}

impl Machine<'_> {
    /// Notes that a device is told so by a remote shell.
    pub(super) fn tells_device(&mut self, host: &Text, line: &Text) {
        let line = line.shown();
        if holds(&line, DEVICES) || line.trim() == "reload" || opens_itself(&line) {
            self.act(Kind::ServiceChange, host.shown());
        }
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
