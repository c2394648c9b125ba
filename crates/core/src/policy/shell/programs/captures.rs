//! Programs that capture what is the person's: the screen, the clipboard, what is heard and seen, what is typed. It may be kept,
//! and is nothing for strangers.

use super::super::machine::{Call, Machine};
use super::super::options::{Spec, read, single, spec};
use super::super::state::{Content, State};
use super::super::value::{Origin, Text};
use super::Program;
use super::sieve::knows;
use super::tables::is_given;

/// Where a capture goes.
enum To {
    /// To the file that the last operand names; to the output where there is none, or it is `-`.
    Operand,
    /// To the file that one of these options names, or to the output with one of those.
    Option(&'static [&'static str], &'static [&'static str]),
    /// To the output.
    Output,
}

/// A program that captures.
struct Capture {
    names: &'static [&'static str],
    spec: Spec,
    to: To,
    /// What makes it capture, where it does other things too: options, or first words.
    with: &'static [&'static str],
}

const fn of(names: &'static [&'static str], short: &'static str, long: &'static [&'static str], to: To) -> Capture {
    Capture { names, spec: spec(short, long), to, with: &[] }
}

const CAPTURES: &[Capture] = &[
    // The screen.
    of(
        &["scrot"],
        "dtqeFklnawWDCM",
        &["file=", "delay=", "quality=", "exec=", "thumb=", "window=", "display="],
        To::Operand,
    ),
    of(&["grim", "grimshot"], "gstqlo", &[], To::Operand),
    of(&["maim"], "xiwgdtfmbpnqk", &["window=", "geometry=", "delay=", "format=", "quality="], To::Operand),
    of(&["screencapture"], "lRTtVDGg", &[], To::Operand),
    of(&["gnome-screenshot"], "fdB", &["file=", "delay="], To::Option(&["f", "file"], &[])),
    of(&["xfce4-screenshooter", "mate-screenshot"], "sdo", &["save=", "delay="], To::Option(&["s", "save"], &[])),
    of(&["spectacle"], "od", &["output=", "delay="], To::Option(&["o", "output"], &[])),
    of(
        &["shutter", "ksnip", "deepin-screenshot"],
        "osp",
        &["output=", "save=", "save-path="],
        To::Option(&["o", "s", "p", "output", "save", "save-path"], &[]),
    ),
    of(&["flameshot"], "pdn", &["path=", "delay=", "region="], To::Option(&["p", "path"], &["r", "raw"])),
    of(
        &["wf-recorder", "wl-screenrec"],
        "fgoca",
        &["file=", "geometry=", "codec=", "filename="],
        To::Option(&["f", "file", "filename"], &[]),
    ),
    of(&["recordmydesktop", "byzanz-record"], "od", &["output=", "duration="], To::Option(&["o", "output"], &[])),
    Capture {
        spec: single(&[
            "window=",
            "display=",
            "crop=",
            "delay=",
            "resize=",
            "quality=",
            "depth=",
            "geometry=",
            "density=",
            "pause=",
        ]),
        ..of(&["import"], "", &[], To::Operand)
    },
    Capture { spec: single(&["out=", "display=", "id=", "name="]), ..of(&["xwd"], "", &[], To::Option(&["out"], &[])) },
    // What is seen and heard.
    of(&["fswebcam"], "drSFDpilfst", &["device=", "resolution=", "skip=", "frames=", "delay=", "save="], To::Operand),
    of(&["imagesnap"], "dwt", &[], To::Operand),
    of(&["streamer"], "ocsdtr", &[], To::Option(&["o"], &[])),
    of(&["arecord"], "Dtfrcd", &["device=", "format=", "rate=", "channels=", "duration=", "file-type="], To::Operand),
    of(
        &["parecord", "parec", "pw-record"],
        "drns",
        &["device=", "rate=", "format=", "channels=", "target=", "file-format="],
        To::Operand,
    ),
    of(&["rec"], "drcbt", &[], To::Operand),
    Capture { with: &["d", "default-device"], ..of(&["sox"], "rcbte", &[], To::Operand) },
    Capture {
        spec: single(&[
            "f=",
            "i=",
            "t=",
            "r=",
            "s=",
            "c:v=",
            "c:a=",
            "vcodec=",
            "acodec=",
            "framerate=",
            "video_size=",
            "vframes=",
            "frames:v=",
            "b:v=",
            "b:a=",
            "ar=",
            "ac=",
            "vf=",
            "af=",
            "preset=",
            "crf=",
            "loglevel=",
            "map=",
            "ss=",
            "to=",
            "update=",
            "q:v=",
            "pix_fmt=",
        ]),
        with: &[
            "f=x11grab",
            "f=kmsgrab",
            "f=fbdev",
            "f=gdigrab",
            "f=avfoundation",
            "f=dshow",
            "f=pulse",
            "f=alsa",
            "f=v4l2",
            "f=video4linux2",
            "f=jack",
            "f=pipewire",
        ],
        ..of(&["ffmpeg", "avconv"], "", &[], To::Operand)
    },
    // The clipboard.
    Capture {
        spec: single(&["selection=", "sel=", "target=", "t=", "display=", "loops="]),
        with: &["o", "out"],
        ..of(&["xclip"], "", &[], To::Output)
    },
    Capture { with: &["o", "output"], ..of(&["xsel"], "tl", &[], To::Output) },
    of(&["wl-paste"], "ts", &["type=", "seat="], To::Output),
    of(&["pbpaste", "termux-clipboard-get"], "", &["Prefer="], To::Output),
    Capture { with: &["read", "clipboard", "selection", "eval"], ..of(&["copyq"], "", &[], To::Output) },
    Capture {
        with: &["decode", "list", "print", "pick"],
        ..of(&["cliphist", "greenclip", "clipman"], "", &[], To::Output)
    },
    // What is typed.
    Capture { with: &["test", "test-xi2"], ..of(&["xinput"], "", &[], To::Output) },
    Capture { with: &["debug-events", "record"], ..of(&["libinput"], "", &[], To::Output) },
    of(&["evtest", "showkey", "xev"], "", &[], To::Output),
    of(&["logkeys"], "ok", &["output=", "keymap="], To::Option(&["o", "output"], &[])),
];

/// Programs that make another file of what they are given, whose last operand is that file.
const CONVERTERS: &[&str] =
    &["convert", "magick", "gm", "ffmpeg", "avconv", "sox", "cwebp", "lame", "tesseract", "flac", "oggenc"];

pub(super) fn program(name: &str) -> Option<Program> {
    (knows!(name, CAPTURES) || CONVERTERS.contains(&name)).then_some(captures)
}

fn captures(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let found = CAPTURES.iter().find(|capture| capture.names.contains(&call.name.as_str()));
    let Some(capture) = found else { return converts(machine, call, state) };
    let options = read(&call.args, &capture.spec);
    if options.is_help() || options.has(&["h"]) {
        return;
    }
    let words: Vec<String> = options.operands.iter().take(1).map(Text::shown).collect();
    if !capture.with.is_empty() && !capture.with.iter().any(|sign| is_given(&options, &words, sign)) {
        return converts(machine, call, state);
    }
    // A screen that the command has set up for itself is not the person's.
    let origin = if has_own_screen(machine, state) { Origin::UNKNOWN } else { Origin::DUMPED };
    if let Some(code) = options.value(&["e", "exec"]).filter(|_| call.name == "scrot").cloned() {
        machine.code(state, &code, Vec::new());
    }
    let file = match &capture.to {
        To::Operand => options.operands.last().filter(|file| file.shown() != "png:-"),
        To::Option(files, outputs) => options.value(files).filter(|_| !options.has(outputs)),
        To::Output => None,
    };
    keep(machine, state, file, origin);
}

fn has_own_screen(machine: &Machine<'_>, state: &State) -> bool {
    let set = state.variable("DISPLAY").and_then(|_| machine.value_of(state, "DISPLAY"));
    set.is_some_and(|display| {
        !matches!(display.shown().trim_start_matches(':').split('.').next(), Some("0" | "1" | ""))
    })
}

/// Writes something to a file, an address, or the output.
fn keep(machine: &mut Machine<'_>, state: &mut State, file: Option<&Text>, origin: Origin) {
    match file.map(Text::shown).as_deref().and_then(|file| file.split_once("://")) {
        Some((_, host)) => machine.sends(host, origin),
        None => machine.puts(state, file, Text::hole(origin)),
    }
}

/// What was captured stays what it is in another form.
fn converts(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let is_private = |path: &str| match state.files.get(path) {
        Some(Content::Is(text)) => text.origin().is_some_and(|origin| origin.dumped),
        _ => false,
    };
    let paths = machine.paths(state, &call.args);
    let piped = Machine::has_input(state) && machine.input(state, 0).origin().is_some_and(|origin| origin.is_private());
    if !piped && !paths.iter().any(|path| is_private(path)) {
        let origin = machine.input(state, 0).origin().unwrap_or_default();
        return machine.emit(state, 1, Text::hole(Origin { endless: false, ..origin }));
    }
    let last = call.args.last().filter(|last| !matches!(last.shown().as_str(), "stdout" | "png:-" | "pipe:1"));
    keep(machine, state, last, Origin::DUMPED);
}
