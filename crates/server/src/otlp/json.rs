//! OTLP as JSON, read leniently: numbers as texts, names of enum values, `null`s, snake case, unknown fields. What is of a
//! wrong type is as if it were not there, so one odd record costs the batch nothing.

use serde_json::{Map, Value};

use super::model::{Attributes, Detail, Group, Record, Signal, temporality};

/// Reads a request; the text of the error is for whoever sent it.
pub(super) fn read(signal: Signal, bytes: &[u8]) -> Result<Vec<Group>, String> {
    let request: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let Value::Object(request) = request else { return Err("expected a JSON object".to_owned()) };
    let (resources, scopes, records) = match signal {
        Signal::Logs => ("resourceLogs", "scopeLogs", "logRecords"),
        Signal::Metrics => ("resourceMetrics", "scopeMetrics", "metrics"),
        Signal::Traces => ("resourceSpans", "scopeSpans", "spans"),
    };
    let mut groups = Vec::new();
    for resource in objects(field(&request, resources)) {
        let attributes = match field(resource, "resource") {
            Some(Value::Object(resource)) => self::attributes(field(resource, "attributes")),
            _ => Vec::new(),
        };
        for scope in objects(field(resource, scopes)) {
            let name = match field(scope, "scope") {
                Some(Value::Object(scope)) => text(field(scope, "name")),
                _ => String::new(),
            };
            let mut found = Vec::new();
            for record in objects(field(scope, records)) {
                match signal {
                    Signal::Logs => found.push(log(record)),
                    Signal::Traces => found.push(span(record)),
                    Signal::Metrics => metric(record, &mut found),
                }
            }
            groups.push(Group { resource: attributes.clone(), scope: name, records: found });
        }
    }
    Ok(groups)
}

/// A field by its name in lower camel case, or in snake case.
fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = object.get(name).or_else(|| {
        let mut snake = String::with_capacity(name.len() + 4);
        for char in name.chars() {
            if char.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(char.to_ascii_lowercase());
        }
        object.get(&snake)
    });
    found.filter(|value| !value.is_null())
}

fn objects(value: Option<&Value>) -> impl Iterator<Item = &Map<String, Value>> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A whole number, sent as a number or as a text.
fn whole(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(number) => number.as_i64().or_else(|| number.as_u64().and_then(|n| i64::try_from(n).ok())),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn time(value: Option<&Value>) -> u64 {
    match value {
        Some(Value::Number(number)) => number.as_u64().unwrap_or(0),
        Some(Value::String(text)) => text.parse().unwrap_or(0),
        _ => 0,
    }
}

fn attributes(value: Option<&Value>) -> Attributes {
    objects(value)
        .filter_map(|pair| {
            let key = field(pair, "key")?.as_str()?;
            Some((key.to_owned(), any(field(pair, "value")?)?))
        })
        .collect()
}

/// A value of an attribute as plain JSON.
fn any(value: &Value) -> Option<Value> {
    let Value::Object(value) = value else { return Some(value.clone()) };
    let (kind, inner) = value.iter().find(|(_, inner)| !inner.is_null())?;
    Some(match kind.as_str() {
        "intValue" | "int_value" => whole(Some(inner)).map_or_else(|| inner.clone(), Value::from),
        "doubleValue" | "double_value" => match inner {
            Value::String(text) => text.parse::<f64>().map_or_else(|_| inner.clone(), Value::from),
            _ => inner.clone(),
        },
        "arrayValue" | "array_value" => {
            let values = inner.as_object().and_then(|array| field(array, "values")).and_then(Value::as_array);
            Value::Array(values.into_iter().flatten().filter_map(any).collect())
        }
        "kvlistValue" | "kvlist_value" => {
            Value::Object(attributes(inner.as_object().and_then(|list| field(list, "values"))).into_iter().collect())
        }
        _ => inner.clone(),
    })
}

fn log(record: &Map<String, Value>) -> Record {
    Record {
        name: text(field(record, "eventName")),
        time: time(field(record, "timeUnixNano")),
        other_time: time(field(record, "observedTimeUnixNano")),
        attributes: attributes(field(record, "attributes")),
        trace_id: id(field(record, "traceId")),
        span_id: id(field(record, "spanId")),
        detail: Detail::Log {
            body: field(record, "body").and_then(any),
            severity: Some(text(field(record, "severityText"))).filter(|text| !text.is_empty()),
        },
    }
}

fn span(record: &Map<String, Value>) -> Record {
    let kind = field(record, "kind");
    let kinds = ["INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
    let named = || {
        let name = kind?.as_str()?.strip_prefix("SPAN_KIND_")?;
        kinds.iter().position(|known| *known == name).map(|at| at as i64 + 1)
    };
    let event = |event: &Map<String, Value>| {
        (text(field(event, "name")), time(field(event, "timeUnixNano")), attributes(field(event, "attributes")))
    };
    Record {
        name: text(field(record, "name")),
        time: time(field(record, "startTimeUnixNano")),
        other_time: time(field(record, "endTimeUnixNano")),
        attributes: attributes(field(record, "attributes")),
        trace_id: id(field(record, "traceId")),
        span_id: id(field(record, "spanId")),
        detail: Detail::Span {
            parent: id(field(record, "parentSpanId")),
            kind: whole(kind).or_else(named).unwrap_or(0),
            status: field(record, "status").and_then(status),
            events: objects(field(record, "events")).map(event).collect(),
        },
    }
}

/// A span's status where it says something.
fn status(value: &Value) -> Option<Value> {
    let value = value.as_object()?;
    let code = match field(value, "code") {
        Some(Value::String(name)) => match name.as_str() {
            "STATUS_CODE_OK" => 1,
            "STATUS_CODE_ERROR" => 2,
            number => number.parse().unwrap_or(0),
        },
        code => whole(code).unwrap_or(0),
    };
    super::flatten::status(code, &text(field(value, "message")))
}

/// An id in hexadecimal; of nothing but zeros, none.
fn id(value: Option<&Value>) -> String {
    let id = text(value).to_ascii_lowercase();
    if id.bytes().all(|byte| byte == b'0') { String::new() } else { id }
}

fn metric(metric: &Map<String, Value>, found: &mut Vec<Record>) {
    let (name, unit) = (text(field(metric, "name")), text(field(metric, "unit")));
    for kind in ["sum", "gauge", "histogram", "exponentialHistogram", "summary"] {
        let Some(Value::Object(data)) = field(metric, kind) else { continue };
        let temporality = match field(data, "aggregationTemporality") {
            Some(Value::String(name)) if name.ends_with("DELTA") => Some("delta"),
            Some(Value::String(name)) if name.ends_with("CUMULATIVE") => Some("cumulative"),
            number => whole(number).and_then(temporality),
        };
        let monotonic = field(data, "isMonotonic").and_then(Value::as_bool).unwrap_or(false);
        for point in objects(field(data, "dataPoints")) {
            found.push(Record {
                name: name.clone(),
                time: time(field(point, "timeUnixNano")),
                other_time: time(field(point, "startTimeUnixNano")),
                attributes: attributes(field(point, "attributes")),
                detail: Detail::Point {
                    unit: unit.clone(),
                    value: value(point),
                    temporality,
                    monotonic,
                    more: more(point),
                },
                ..Record::default()
            });
        }
    }
}

/// A data point's number: whole where it was sent as whole.
fn value(point: &Map<String, Value>) -> Option<Value> {
    if let Some(whole) = whole(field(point, "asInt")) {
        return Some(whole.into());
    }
    let double = field(point, "asDouble").or_else(|| field(point, "asInt"));
    match double? {
        Value::String(text) => text.parse::<f64>().ok().map(Value::from),
        other => Some(other.clone()),
    }
}

/// What a histogram or a summary has beside.
fn more(point: &Map<String, Value>) -> Attributes {
    let mut more = Vec::new();
    if let Some(count) = whole(field(point, "count")) {
        more.push(("count".to_owned(), count.into()));
    }
    for name in ["sum", "min", "max"] {
        if let Some(number) = field(point, name).and_then(Value::as_f64) {
            more.push((name.to_owned(), number.into()));
        }
    }
    more
}
