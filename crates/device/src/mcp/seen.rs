//! Servers whose tools were called here, by what of the record is still on the device.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};

use hookrail_core::agents;
use hookrail_core::wire::Record;
use hookrail_hook::Home;
use hookrail_hook::spool::Spool;

/// How much of the record is read.
const MAX_BYTES: usize = 64 << 20;

/// The agents and the raw names of the servers.
pub(super) fn called(home: &Home) -> BTreeSet<(String, String)> {
    let spool = Spool::at(home.spool());
    let files = fs::read_dir(spool.dir()).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found = BTreeSet::new();
    let mut left = MAX_BYTES;
    for file in files.filter(|path| path.is_file()) {
        let Ok(file) = fs::File::open(file) else { continue };
        for line in BufReader::new(file).split(b'\n') {
            let Ok(line) = line else { break };
            left = left.saturating_sub(line.len());
            if left == 0 {
                return found;
            }
            found.extend(server(&line));
        }
    }
    found
}

fn server(line: &[u8]) -> Option<(String, String)> {
    let record: Record<'_> = serde_json::from_slice(line).ok()?;
    let parsed = agents::parse_named(&record.agent, record.name.as_deref(), record.payload.as_ref()?.get());
    let server = parsed.tool?.mcp_server()?.to_owned();
    Some((record.agent.to_string(), server))
}
