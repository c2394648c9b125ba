//! What devices are told by the broker they listen to, through a server's tool: it is said as the broker's own program would be told, and judged
//! as that.

use super::call::Call;
use super::given::quoted;
use crate::policy::hosts;

/// Brokers, and clouds' own for devices.
const BROKERS: &str = "mqtt|mqttx|emqx|hivemq|mosquitto|nanomq|vernemq|kafka|redpanda|nats|jetstream|rabbitmq|rabbit|amqp|pulsar|activemq|artemis|iot|iothub|iotcore|awsiot|\
    azureiot|greengrass|thingsboard|thingspeak|coap|lwm2m|zigbee2mqtt|lorawan|chirpstack|ttn|broker|solace|balena|particle|losant|\
    hawkbit|mender|devicefarm|fleet|devices";
const TELLS: &str =
    "publish|pub|produce|send|emit|push|invoke|broadcast|post|put|create|command|execute|trigger|enqueue|write|update";

/// Who is told, and what.
const TO: &str = "topic|topics|subject|channel|routingkey|exchange|queue|stream|target|targets|deviceid|deviceids|device|devices|thinggroup|thinggroups|\
    thinggrouparn|thingname|thing|group|groups|key|partitionkey|scope|targetcondition|devicegroup|fleet|tag|tags|selector|topicname|address";
const SAID: &str = "payload|message|messages|value|body|data|document|method|methodname|command|action|operation|jobid|name|content|event|msg|text|cmd|type|url|uri|image|\
    firmware|version";

/// The most of what is told that is looked at, in bytes.
const MOST: usize = 4096;

/// The line that a program of a broker would be given for this call.
pub(super) fn as_broker(call: &Call<'_>) -> Option<String> {
    if !call.at(BROKERS) || !call.has(TELLS) || call.has("subscribe|list|get|topic|consumer|stream") {
        return None;
    }
    let given = call.given;
    let joined = |names: &'static str, by: &str| {
        let values: Vec<&str> = given.values(names).filter(|value| *value != "{}").take(super::MAX_PLACES).collect();
        let mut text = values.join(by);
        text.truncate(text.floor_char_boundary(MOST));
        text
    };
    let topic = joined(TO, "/");
    let said = format!(
        "{} {} {}",
        call.called[1],
        joined(SAID, " "),
        given.pairs().map(|(name, _)| name).collect::<Vec<_>>().join(" ")
    );
    let host = given.value("host|broker|brokerurl|server|endpoint|brokers|bootstrapservers").map(hosts::host);
    let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| "broker".to_owned());
    (!topic.is_empty())
        .then(|| format!("mosquitto_pub -h {} -t {} -m {}", quoted(&host), quoted(&topic), quoted(&said)))
}
