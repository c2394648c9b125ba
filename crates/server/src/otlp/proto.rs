//! OTLP as protobuf: the messages of opentelemetry-proto 1.x as far as they are read, by their field numbers.

use std::fmt::Debug;

use prost::Message;
use serde_json::Value;

use super::flatten;
use super::model::{Attributes, Detail, Group, Record, Signal, temporality};

/// Reads a request; the text of the error is for whoever sent it.
pub(super) fn read(signal: Signal, bytes: &[u8]) -> Result<Vec<Group>, String> {
    let wrong = |error: prost::DecodeError| error.to_string();
    Ok(match signal {
        Signal::Logs => groups(Request::<LogRecord>::decode(bytes).map_err(wrong)?, |record, found| {
            found.push(record.into());
        }),
        Signal::Traces => groups(Request::<Span>::decode(bytes).map_err(wrong)?, |span, found| found.push(span.into())),
        Signal::Metrics => groups(Request::<Metric>::decode(bytes).map_err(wrong)?, points),
    })
}

/// The three requests have one shape: resources with scopes with records.
#[derive(Clone, PartialEq, Message)]
struct Request<T: Message + Default + Debug> {
    #[prost(message, repeated, tag = "1")]
    resources: Vec<ResourceRecords<T>>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceRecords<T: Message + Default + Debug> {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<ScopeRecords<T>>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeRecords<T: Message + Default + Debug> {
    #[prost(message, optional, tag = "1")]
    scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    records: Vec<T>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct Scope {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(oneof = "any_value::Value", tags = "1, 2, 3, 4, 5, 6, 7")]
    value: Option<any_value::Value>,
}

mod any_value {
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub(super) enum Value {
        #[prost(string, tag = "1")]
        Text(String),
        #[prost(bool, tag = "2")]
        Bool(bool),
        #[prost(int64, tag = "3")]
        Int(i64),
        #[prost(double, tag = "4")]
        Double(f64),
        #[prost(message, tag = "5")]
        Array(super::ArrayValue),
        #[prost(message, tag = "6")]
        List(super::KeyValueList),
        #[prost(bytes, tag = "7")]
        Bytes(Vec<u8>),
    }
}

#[derive(Clone, PartialEq, Message)]
struct ArrayValue {
    #[prost(message, repeated, tag = "1")]
    values: Vec<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValueList {
    #[prost(message, repeated, tag = "1")]
    values: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct LogRecord {
    #[prost(fixed64, tag = "1")]
    time: u64,
    #[prost(fixed64, tag = "11")]
    observed: u64,
    #[prost(string, tag = "3")]
    severity: String,
    #[prost(message, optional, tag = "5")]
    body: Option<AnyValue>,
    #[prost(message, repeated, tag = "6")]
    attributes: Vec<KeyValue>,
    #[prost(bytes = "vec", tag = "9")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    span_id: Vec<u8>,
    #[prost(string, tag = "12")]
    event_name: String,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(int64, tag = "6")]
    kind: i64,
    #[prost(fixed64, tag = "7")]
    start: u64,
    #[prost(fixed64, tag = "8")]
    end: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
    #[prost(message, repeated, tag = "11")]
    events: Vec<SpanEvent>,
    #[prost(message, optional, tag = "15")]
    status: Option<Status>,
}

#[derive(Clone, PartialEq, Message)]
struct SpanEvent {
    #[prost(fixed64, tag = "1")]
    time: u64,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(message, repeated, tag = "3")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(string, tag = "2")]
    message: String,
    #[prost(int64, tag = "3")]
    code: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Metric {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "3")]
    unit: String,
    #[prost(message, optional, tag = "5")]
    gauge: Option<Numbers>,
    #[prost(message, optional, tag = "7")]
    sum: Option<Numbers>,
    #[prost(message, optional, tag = "9")]
    histogram: Option<Histograms>,
    #[prost(message, optional, tag = "10")]
    exponential: Option<Exponentials>,
    #[prost(message, optional, tag = "11")]
    summary: Option<Summaries>,
}

#[derive(Clone, PartialEq, Message)]
struct Numbers {
    #[prost(message, repeated, tag = "1")]
    points: Vec<Number>,
    #[prost(int64, tag = "2")]
    temporality: i64,
    #[prost(bool, tag = "3")]
    monotonic: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Number {
    #[prost(message, repeated, tag = "7")]
    attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "2")]
    start: u64,
    #[prost(fixed64, tag = "3")]
    time: u64,
    #[prost(double, optional, tag = "4")]
    double: Option<f64>,
    #[prost(sfixed64, optional, tag = "6")]
    int: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Histograms {
    #[prost(message, repeated, tag = "1")]
    points: Vec<Histogram>,
    #[prost(int64, tag = "2")]
    temporality: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Histogram {
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "2")]
    start: u64,
    #[prost(fixed64, tag = "3")]
    time: u64,
    #[prost(fixed64, tag = "4")]
    count: u64,
    #[prost(double, optional, tag = "5")]
    sum: Option<f64>,
    #[prost(double, optional, tag = "11")]
    min: Option<f64>,
    #[prost(double, optional, tag = "12")]
    max: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
struct Exponentials {
    #[prost(message, repeated, tag = "1")]
    points: Vec<Exponential>,
    #[prost(int64, tag = "2")]
    temporality: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Exponential {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "2")]
    start: u64,
    #[prost(fixed64, tag = "3")]
    time: u64,
    #[prost(fixed64, tag = "4")]
    count: u64,
    #[prost(double, optional, tag = "5")]
    sum: Option<f64>,
    #[prost(double, optional, tag = "12")]
    min: Option<f64>,
    #[prost(double, optional, tag = "13")]
    max: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
struct Summaries {
    #[prost(message, repeated, tag = "1")]
    points: Vec<Summary>,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "7")]
    attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "2")]
    start: u64,
    #[prost(fixed64, tag = "3")]
    time: u64,
    #[prost(fixed64, tag = "4")]
    count: u64,
    #[prost(double, tag = "5")]
    sum: f64,
}

fn groups<T: Message + Default + Debug>(request: Request<T>, each: impl Fn(T, &mut Vec<Record>)) -> Vec<Group> {
    let mut groups = Vec::new();
    for resource in request.resources {
        let attributes = attributes(resource.resource.unwrap_or_default().attributes);
        for scope in resource.scopes {
            let mut records = Vec::with_capacity(scope.records.len());
            scope.records.into_iter().for_each(|record| each(record, &mut records));
            let name = scope.scope.unwrap_or_default().name;
            groups.push(Group { resource: attributes.clone(), scope: name, records });
        }
    }
    groups
}

fn attributes(pairs: Vec<KeyValue>) -> Attributes {
    pairs.into_iter().filter_map(|pair| Some((pair.key, any(pair.value?)?))).collect()
}

fn any(value: AnyValue) -> Option<Value> {
    Some(match value.value? {
        any_value::Value::Text(text) => text.into(),
        any_value::Value::Bool(bool) => bool.into(),
        any_value::Value::Int(int) => int.into(),
        any_value::Value::Double(double) => double.into(),
        any_value::Value::Array(array) => Value::Array(array.values.into_iter().filter_map(any).collect()),
        any_value::Value::List(list) => Value::Object(attributes(list.values).into_iter().collect()),
        any_value::Value::Bytes(bytes) => hookrail_core::base64::encode(&bytes).into(),
    })
}

/// An id in hexadecimal; of nothing but zeros, none.
fn id(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| *byte == 0) {
        return String::new();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl From<LogRecord> for Record {
    fn from(record: LogRecord) -> Self {
        Self {
            name: record.event_name,
            time: record.time,
            other_time: record.observed,
            attributes: attributes(record.attributes),
            trace_id: id(&record.trace_id),
            span_id: id(&record.span_id),
            detail: Detail::Log {
                body: record.body.and_then(any),
                severity: Some(record.severity).filter(|text| !text.is_empty()),
            },
        }
    }
}

impl From<Span> for Record {
    fn from(span: Span) -> Self {
        Self {
            name: span.name,
            time: span.start,
            other_time: span.end,
            attributes: attributes(span.attributes),
            trace_id: id(&span.trace_id),
            span_id: id(&span.span_id),
            detail: Detail::Span {
                parent: id(&span.parent),
                kind: span.kind,
                status: span.status.and_then(|status| flatten::status(status.code, &status.message)),
                events: span.events.into_iter().map(|at| (at.name, at.time, attributes(at.attributes))).collect(),
            },
        }
    }
}

/// A data point of any kind, as far as all kinds are alike.
struct Point {
    attributes: Vec<KeyValue>,
    start: u64,
    time: u64,
    value: Option<Value>,
    more: Attributes,
}

fn points(metric: Metric, found: &mut Vec<Record>) {
    let Metric { name, unit, gauge, sum, histogram, exponential, summary } = metric;
    let mut push = |point: Point, of: i64, monotonic: bool| {
        found.push(Record {
            name: name.clone(),
            time: point.time,
            other_time: point.start,
            attributes: attributes(point.attributes),
            detail: Detail::Point {
                unit: unit.clone(),
                value: point.value,
                temporality: temporality(of),
                monotonic,
                more: point.more,
            },
            ..Record::default()
        });
    };
    for numbers in [sum, gauge].into_iter().flatten() {
        for point in numbers.points {
            let value = point.int.map(Value::from).or_else(|| point.double.map(Value::from));
            let Number { attributes, start, time, .. } = point;
            push(Point { attributes, start, time, value, more: Vec::new() }, numbers.temporality, numbers.monotonic);
        }
    }
    if let Some(histograms) = histogram {
        for Histogram { attributes, start, time, count, sum, min, max } in histograms.points {
            let more = summed(count, [("sum", sum), ("min", min), ("max", max)]);
            push(Point { attributes, start, time, value: None, more }, histograms.temporality, false);
        }
    }
    if let Some(histograms) = exponential {
        for Exponential { attributes, start, time, count, sum, min, max } in histograms.points {
            let more = summed(count, [("sum", sum), ("min", min), ("max", max)]);
            push(Point { attributes, start, time, value: None, more }, histograms.temporality, false);
        }
    }
    for Summary { attributes, start, time, count, sum } in summary.into_iter().flat_map(|summary| summary.points) {
        let more = summed(count, [("sum", Some(sum)), ("min", None), ("max", None)]);
        push(Point { attributes, start, time, value: None, more }, 0, false);
    }
}

fn summed(count: u64, numbers: [(&str, Option<f64>); 3]) -> Attributes {
    let mut more = vec![("count".to_owned(), Value::from(count))];
    more.extend(numbers.into_iter().filter_map(|(name, number)| Some((name.to_owned(), number?.into()))));
    more
}
