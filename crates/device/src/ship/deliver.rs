//! One segment to the server, batch by batch, and the account of it.

use std::ops::Range;
use std::time::Duration;

use hookrail_hook::Home;
use hookrail_hook::spool::{Dropped, Name, Spool};

use super::account::{Account, now};
use super::answer::{Acknowledgement, Outcome, judge};
use super::batch::{Batch, Waiting, body};
use super::enrich::Enricher;
use super::upload::{self, Look, Upload, Uploads};
use super::{Progress, Summary, Trouble, rejected};
use crate::config::Config;
use crate::http::Client;
use crate::import::Follower;
use crate::outbox::Waiting as Content;
use crate::place::Place;
use crate::policy::organisation::Refresher;
use crate::report::Reporter;

/// The door.
const PATH: &str = "/v1/events";

/// Sends what the spool holds and keeps the account.
pub(super) struct Deliverer<'a> {
    home: &'a Home,
    config: &'a Config,
    client: Client,
    report: &'a mut dyn FnMut(Progress),
    account: Account,
    enricher: Enricher,
    reporter: Reporter,
    uploads: Uploads,
    refresher: Refresher,
    /// Follows the transcripts that delivered events name.
    pub(super) follower: Option<Follower<'a>>,
    /// What this run did.
    pub(super) summary: Summary,
    /// Bytes of the spool this run settled.
    pub(super) settled: u64,
}

impl<'a> Deliverer<'a> {
    pub(super) fn new(home: &'a Home, config: &'a Config, client: Client, report: &'a mut dyn FnMut(Progress)) -> Self {
        let mut account = Account::load(home);
        account.pid = std::process::id();
        account.server = Some(client.server().to_owned());
        let follower = Follower::new(home, config, client.clone());
        let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let enricher = Enricher::new(Place::new(config, &env).for_others(), config.source_app.clone());
        Self {
            home,
            config,
            client,
            report,
            account,
            enricher,
            reporter: Reporter::default(),
            uploads: Uploads::new(home, config),
            refresher: Refresher::default(),
            follower,
            summary: Summary::default(),
            settled: 0,
        }
    }

    /// Delivers a segment from its cursor on and removes it.
    pub(super) fn segment(&mut self, spool: &Spool, name: &Name, stop: &dyn Fn() -> bool) -> Result<(), Trouble> {
        let mut from = spool.acknowledged(name);
        let Some(mut reader) = spool.read(name, from)? else { return Ok(()) };
        loop {
            let batch = Batch::read(&mut reader, self.config.batch_bytes, &mut self.enricher, &self.config.privacy)?;
            let Some(end) = batch.end else { break };
            from = self.batch(spool, name, from, &batch.records)?;
            if let Some(follower) = &mut self.follower {
                batch.records.iter().for_each(|record| follower.heard(&record.line));
            }
            if let Some(unusable) = &batch.unusable {
                self.set_aside(&unusable.bytes, unusable.reason)?;
                spool.advance(name, end)?;
                self.delivered(0, 0, 1, end - from)?;
                from = end;
            }
            if stop() {
                return Err(Trouble::Asked);
            }
        }
        Ok(spool.remove(name)?)
    }

    /// Delivers records in order, whole if the server takes them so and else in ever smaller parts, moving the cursor
    /// behind each part. Returns where the cursor then stands.
    fn batch(&mut self, spool: &Spool, name: &Name, mut from: u64, records: &[Waiting]) -> Result<u64, Trouble> {
        let mut parts: Vec<Range<usize>> = Vec::new();
        parts.extend((!records.is_empty()).then_some(0..records.len()));
        while let Some(part) = parts.pop() {
            let sent = &records[part.clone()];
            let (taken, rejected) = match self.send(sent)? {
                Outcome::Acknowledged(taken) => {
                    self.account.last_success = Some(now());
                    for it in &taken.rejected {
                        self.set_aside(sent[it.index].line.as_bytes(), &it.reason)?;
                    }
                    let rejected = taken.rejected.len() as u64;
                    (taken, rejected)
                }
                Outcome::TooMuch(_) if part.len() > 1 => {
                    let middle = part.start + part.len() / 2;
                    parts.push(middle..part.end);
                    parts.push(part.start..middle);
                    continue;
                }
                Outcome::TooMuch(why) => {
                    self.set_aside(sent[0].line.as_bytes(), &why)?;
                    (Acknowledgement::default(), 1)
                }
                Outcome::Later(why, wait) => return Err(Trouble::Later { why, wait }),
                Outcome::Stop(why) => return Err(Trouble::Stop(why)),
            };
            let end = records[part.end - 1].end;
            spool.advance(name, end)?;
            self.delivered(taken.accepted + taken.duplicates, taken.duplicates, rejected, end - from)?;
            from = end;
        }
        Ok(from)
    }

    fn send(&self, records: &[Waiting]) -> Result<Outcome, Trouble> {
        let body = body(records)?;
        let answer = self.client.post(PATH, "application/x-ndjson", Some("gzip"), &body);
        Ok(judge(self.client.server(), answer, records.len()))
    }

    fn set_aside(&self, record: &[u8], reason: &str) -> Result<(), Trouble> {
        Ok(rejected::set_aside(&self.home.rejected(), record, reason)?)
    }

    /// Uploads one content of an artifact, if it is time; whether any waited. What fails is tried again later, and
    /// nothing waits for it.
    pub(super) fn upload(&mut self) -> std::io::Result<bool> {
        let forgotten = self.uploads.forget()?;
        if forgotten > 0 {
            self.account.not_uploaded += forgotten;
            self.account.failed(self.home, "contents of artifacts waited for too long and were removed");
        }
        match self.uploads.look(&self.client)? {
            Look::Nothing => return Ok(false),
            Look::Later => {}
            Look::Settled(content, upload) => self.uploaded(&content, upload)?,
            Look::Failed(why, wait) => self.waiting(why, wait),
        }
        Ok(true)
    }

    /// Uploads these contents, as far as they still wait.
    pub(super) fn upload_all(&mut self, contents: &[String]) -> Result<(), Trouble> {
        for content in self.uploads.outbox.waiting()?.into_iter().filter(|it| contents.contains(&it.sha256)) {
            let upload = upload::send(&self.client, &self.uploads.outbox, &content)?;
            self.uploaded(&content, upload)?;
        }
        Ok(())
    }

    /// Accounts for a content that was settled.
    fn uploaded(&mut self, content: &Content, upload: Upload) -> std::io::Result<()> {
        self.settled += content.bytes;
        match upload {
            Upload::Done => {
                self.account.uploaded += 1;
                self.summary.uploaded += 1;
                self.account.last_success = Some(now());
            }
            Upload::Refused(why) => {
                self.account.not_uploaded += 1;
                self.account.failed(self.home, &why);
            }
        }
        self.account.save(self.home)?;
        (self.report)(Progress::Delivered { records: 0, duplicates: 0, rejected: 0, bytes: content.bytes });
        Ok(())
    }

    /// Tells the server how this device is, if it is time.
    pub(super) fn report(&mut self) {
        self.reporter.look(self.home, self.config, &self.client);
    }

    /// Asks for the organisation's rules, if it is time.
    pub(super) fn rules(&mut self) {
        if let Some(error) = self.refresher.refresh(self.home, &self.client) {
            self.account.failed(self.home, &error.to_string());
        }
    }

    /// Sends what grew in transcripts, if it is time; `last` where there will be no other time.
    ///
    /// What fails now is sent at the next look, or by an import: a transcript stays where it is.
    pub(super) fn follow(&mut self, last: bool) {
        let Some(follower) = &mut self.follower else { return };
        let never = || false;
        let looked = if last { follower.look_now(&never) } else { follower.look(&never) };
        if let Err(error) = looked {
            self.account.failed(self.home, &error.to_string());
        }
    }

    /// Accounts for what was settled.
    fn delivered(&mut self, records: u64, duplicates: u64, rejected: u64, bytes: u64) -> Result<(), Trouble> {
        self.settled += bytes;
        self.summary.sent += records;
        self.summary.duplicates += duplicates;
        self.summary.rejected += rejected;
        self.account.sent += records;
        self.account.duplicates += duplicates;
        self.account.rejected += rejected;
        self.account.save(self.home)?;
        (self.report)(Progress::Delivered { records, duplicates, rejected, bytes });
        Ok(())
    }

    /// Accounts for what the limits of the spool removed, by this process or any other.
    pub(super) fn dropped(&mut self, spool: &Spool, now: &[Dropped]) -> std::io::Result<()> {
        let all = spool.dropped()?.iter().map(|it| it.lines).sum();
        if self.account.dropped != all {
            self.account.dropped = all;
            self.account.save(self.home)?;
        }
        if !now.is_empty() {
            let records = now.iter().map(|it| it.lines).sum();
            self.summary.dropped += records;
            (self.report)(Progress::Dropped { records, bytes: now.iter().map(|it| it.bytes).sum() });
        }
        Ok(())
    }

    /// Notes a failure that ends the run.
    pub(super) fn failed(&mut self, why: &str) {
        self.account.failed(self.home, why);
    }

    /// Notes a failure that is tried again.
    pub(super) fn waiting(&mut self, why: String, wait: Duration) {
        self.account.failed(self.home, &why);
        (self.report)(Progress::Waiting { why, wait });
    }
}
