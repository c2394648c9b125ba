//! Programs that run another program for each of many.

use super::super::machine::{Call, Machine};
use super::super::options::{ordered, read};
use super::super::state::{State, Stream};
use super::super::value::Text;
use super::Program;
use super::wrappers::joined;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "xargs" | "gxargs" => xargs,
        "parallel" | "sem" => parallel,
        _ => return None,
    })
}

fn xargs(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = ordered(
        "aEIJLnPdsRS",
        &[
            "arg-file=",
            "delimiter=",
            "eof?",
            "replace?",
            "max-lines?",
            "max-args=",
            "max-procs=",
            "max-chars=",
            "process-slot-var=",
            "no-run-if-empty",
            "null",
            "interactive",
            "help",
            "version",
        ],
    );
    let options = read(&call.args, &spec);
    if options.is_help() {
        return;
    }
    let input = match options.value(&["a", "arg-file"]) {
        Some(file) => machine.read_file(state, &file.clone()),
        None => machine.input(state, 0),
    };
    if input.is_empty() && options.has(&["r", "no-run-if-empty"]) {
        return;
    }
    let mut fields = if options.operands.is_empty() { vec![Text::known("echo")] } else { options.operands.clone() };
    let replaced = options
        .value(&["I", "J", "replace"])
        .map(Text::shown)
        .or_else(|| options.has(&["replace", "i"]).then(|| "{}".to_owned()));
    let lines = match (options.value(&["d", "delimiter"]).map(Text::shown), replaced.is_some()) {
        (Some(mark), _) => input.parts(&[mark.chars().next().filter(|mark| *mark != '\\').unwrap_or('\n'), '\n']),
        (None, true) => input.parts(&['\n', '\0']),
        (None, false) if options.has(&["0", "null"]) => input.parts(&['\n', '\0']),
        (None, false) => input.parts(&[' ', '\t', '\n']),
    };
    let outer = state.stream(0);
    state.set_stream(0, Stream::Null);
    let (many, before) = (machine.many, machine.effects.len());
    machine.many |= lines.iter().any(|line| line.as_known().is_none());
    match replaced {
        Some(word) => {
            machine.incomplete |= lines.len() > MAX_LINES;
            for line in lines.iter().take(MAX_LINES) {
                machine.child_for_each(state, fields.iter().map(|field| field.replaced(&word, line)).collect());
            }
        }
        None => {
            fields.extend(lines);
            machine.child(state, fields);
        }
    }
    machine.many = many;
    let at_once = options.value(&["P", "max-procs"]).and_then(|procs| procs.shown().parse::<usize>().ok());
    if at_once.is_some_and(|procs| procs >= WIDE) {
        machine.floods(before);
    }
    state.set_stream(0, outer);
}

/// So many at once are a load on whoever is asked.
const WIDE: usize = 50;

/// Most lines for each of which a program is gone through.
const MAX_LINES: usize = 8;

fn parallel(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let separator = call.args.iter().position(|arg| matches!(arg.shown().as_str(), ":::" | "::::" | ":::+"));
    let options = read(
        &call.args[..separator.unwrap_or(call.args.len())],
        &ordered(
            "jSnNLaIPdC",
            &[
                "jobs=",
                "sshlogin=",
                "max-args=",
                "arg-file=",
                "delay=",
                "timeout=",
                "retries=",
                "joblog=",
                "results=",
                "colsep=",
                "tagstring=",
            ],
        ),
    );
    let values: Vec<Text> = match separator {
        Some(at) => call.args[at + 1..].to_vec(),
        None => {
            let list = options.value(&["a", "arg-file"]).cloned();
            let text = list.map(|list| machine.read_file(state, &list));
            text.unwrap_or_else(|| machine.input(state, 0)).parts(&['\n', '\0'])
        }
    };
    let code = joined(&options.operands);
    if code.is_empty() {
        for value in &values {
            machine.code(state, value, Vec::new());
        }
        return;
    }
    const PLACES: &[&str] = &["{}", "{.}", "{/}", "{//}", "{/.}", "{1}", "{2}"];
    let encoded = code.encoded();
    let has_place = PLACES.iter().any(|place| encoded.contains(place));
    if values.is_empty() && call.name == "sem" {
        return machine.code(state, &code, Vec::new());
    }
    let many = machine.many;
    machine.many |= values.iter().any(|value| value.as_known().is_none());
    for value in values.iter().take(MAX_LINES) {
        let mut line = PLACES.iter().fold(code.clone(), |line, place| line.replaced(place, value));
        if !has_place {
            line.push_known(" ", false);
            line.push(&value.quoted());
        }
        machine.code(state, &line, Vec::new());
        // Of many that a pattern stands for, the second shows what it does to the first.
        if value.has_glob() && line.shown().contains("mv ") {
            machine.code(state, &line, Vec::new());
        }
    }
    machine.many = many;
}
