//! `hookrail tail`

use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::api::{Api, Query, parse};
use crate::connection::Connection;
use crate::filters::EventFilters;
use crate::output::{Clock, Display, width};
use crate::rows::EventRow;

/// The wait before the first attempt to get back to a server that went away; each further one waits twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Show the latest events, then each new one as it happens, until Ctrl-C
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Begin with this many of the latest events
    #[arg(long, short = 'n', default_value_t = 10, value_name = "COUNT")]
    lines: u64,
    /// Follow new events; this is the default
    #[arg(long, short, overrides_with = "no_follow")]
    follow: bool,
    /// End after the latest events
    #[arg(long)]
    no_follow: bool,
    #[command(flatten)]
    filters: EventFilters,
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    connection: Connection,
}

/// Prints the latest events and follows.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.connection)?;
    let query = args.filters.query(&api)?;
    // The place to resume from is taken before the latest events are read, so that none falls in between.
    let mut place = Place { id: newest_event(&api)?, seq: i64::MIN };
    let mut printer = Printer { json: args.display.json, clock: args.display.clock(), out: io::stdout().lock() };
    let latest: Vec<_> = api.items("/api/v1/events", query.clone(), Some(args.lines)).collect::<anyhow::Result<_>>()?;
    for event in latest.iter().rev() {
        place.seq = place.seq.max(printer.print(event)?);
    }
    if args.no_follow {
        return Ok(ExitCode::SUCCESS);
    }
    let mut wait = FIRST_WAIT;
    loop {
        let before = place.seq;
        let told = match follow(&api, &query, &mut place, &mut printer)? {
            Ended::ByServer => "the server ended the stream".to_owned(),
            Ended::By(error) => error.to_string(),
        };
        wait = if place.seq > before { FIRST_WAIT } else { (wait * 2).min(LONGEST_WAIT) };
        writeln!(io::stderr(), "hookrail: {told}; trying again in {:.1} s", wait.as_secs_f32())?;
        thread::sleep(wait);
    }
}

/// How far the feed was read.
struct Place {
    /// The event to resume after.
    id: Option<String>,
    /// The greatest position printed.
    seq: i64,
}

/// Why the stream ended without this being the end.
enum Ended {
    ByServer,
    By(anyhow::Error),
}

/// Prints new events until the stream ends.
///
/// # Errors
/// What makes a further attempt pointless: standard output is gone, the server refuses us.
fn follow(api: &Api, query: &Query, place: &mut Place, printer: &mut Printer<impl Write>) -> anyhow::Result<Ended> {
    let mut messages = match api.stream(query, place.id.as_deref()) {
        Ok(messages) => messages,
        Err(error) if crate::failure::is_passing(&error) => return Ok(Ended::By(error)),
        Err(error) => return Err(error),
    };
    loop {
        let message = match messages.next() {
            Ok(Some(message)) => message,
            Ok(None) => return Ok(Ended::ByServer),
            Err(error) => return Ok(Ended::By(anyhow::anyhow!("the stream broke off: {error}"))),
        };
        match message.event.as_str() {
            "event" => {
                let event: Box<RawValue> = serde_json::from_str(&message.data)?;
                let seq = parse::<Position>(&event)?.seq;
                if seq > place.seq {
                    place.seq = printer.print(&event)?;
                }
                place.id = message.id.or_else(|| place.id.take());
            }
            "lagged" => {
                let missed = serde_json::from_str::<Missed>(&message.data).map_or(0, |lagged| lagged.missed);
                writeln!(io::stderr(), "hookrail: {missed} events came too fast to be shown here")?;
            }
            _ => {}
        }
    }
}

#[derive(Deserialize)]
struct Position {
    seq: i64,
}

#[derive(Deserialize)]
struct Missed {
    missed: u64,
}

fn newest_event(api: &Api) -> anyhow::Result<Option<String>> {
    let newest = api.items("/api/v1/events", Query::default(), Some(1)).next().transpose()?;
    newest.map(|event| Ok(parse::<EventRow>(&event)?.id)).transpose()
}

struct Printer<W> {
    json: bool,
    clock: Clock,
    out: W,
}

impl<W: Write> Printer<W> {
    /// Prints an event, returns its position.
    fn print(&mut self, event: &RawValue) -> anyhow::Result<i64> {
        let row: EventRow = parse(event)?;
        if self.json {
            writeln!(self.out, "{event}")?;
        } else {
            row.write_line(&mut self.out, &self.clock, width())?;
        }
        self.out.flush()?;
        Ok(row.seq)
    }
}
