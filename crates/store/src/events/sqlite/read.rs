//! Blocks as they are read: found by position, decoded when asked for.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::StoreError;
use crate::block::{self, Heads};
use crate::model::{Seq, StoredEvent};

/// A block being looked at. Its heads and its payloads are read only when needed.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) first_seq: Seq,
    pub(super) count: usize,
    pub(super) min_at: i64,
    pub(super) max_at: i64,
    pub(super) received_at: i64,
    pub(super) raw_len: usize,
    pub(super) bloom: Vec<u8>,
    heads: Option<Heads>,
    payloads: Option<String>,
}

/// The columns [`Block::from_row`] reads.
macro_rules! block_columns {
    () => {
        "first_seq, count, min_at, max_at, received_at, raw_len, bloom"
    };
}
pub(super) use block_columns;

impl Block {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            first_seq: row.get(0)?,
            count: row.get(1)?,
            min_at: row.get(2)?,
            max_at: row.get(3)?,
            received_at: row.get(4)?,
            raw_len: row.get(5)?,
            bloom: row.get(6)?,
            heads: None,
            payloads: None,
        })
    }

    /// The block a position lies in.
    pub(super) fn of(connection: &Connection, seq: Seq) -> Result<Option<Self>, StoreError> {
        let sql =
            concat!("SELECT ", block_columns!(), " FROM blocks WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1");
        let found = connection.prepare_cached(sql)?.query_row([seq], Self::from_row).optional()?;
        Ok(found.filter(|block| block.holds(seq)))
    }

    pub(super) fn holds(&self, seq: Seq) -> bool {
        (self.first_seq..self.first_seq + self.count as Seq).contains(&seq)
    }

    /// Whether the heads are yet to be read.
    pub(super) fn is_unread(&self) -> bool {
        self.heads.is_none()
    }

    /// Whether the payloads are yet to be read.
    pub(super) fn is_packed(&self) -> bool {
        self.payloads.is_none()
    }

    /// The heads of its events.
    pub(super) fn heads(&mut self, connection: &Connection) -> Result<&Heads, StoreError> {
        if self.heads.is_none() {
            let mut statement = connection.prepare_cached("SELECT heads FROM block_data WHERE first_seq = ?")?;
            let (first_seq, count) = (self.first_seq, self.count);
            let heads = statement.query_row(params![first_seq], |row| {
                Ok(Heads::decode(first_seq, count, row.get_ref(0)?.as_blob()?))
            })??;
            self.heads = Some(heads);
        }
        self.heads.as_ref().ok_or_else(missing)
    }

    /// Its payloads, beside the heads to find one's way in them.
    fn opened(&mut self, connection: &Connection) -> Result<(&Heads, &str), StoreError> {
        if self.payloads.is_none() {
            let mut statement = connection.prepare_cached("SELECT payloads FROM block_data WHERE first_seq = ?")?;
            let raw_len = self.raw_len;
            let payloads = statement
                .query_row(params![self.first_seq], |row| Ok(block::payloads(row.get_ref(0)?.as_blob()?, raw_len)))??;
            self.payloads = Some(payloads);
        }
        self.heads(connection)?;
        self.heads.as_ref().zip(self.payloads.as_deref()).ok_or_else(missing)
    }

    /// The payload of its `at`th event.
    pub(super) fn payload(&mut self, connection: &Connection, at: usize) -> Result<&str, StoreError> {
        let (heads, payloads) = self.opened(connection)?;
        heads.payload(at, payloads)
    }

    /// Its `at`th event.
    pub(super) fn event(&mut self, connection: &Connection, at: usize) -> Result<StoredEvent, StoreError> {
        let (heads, payloads) = self.opened(connection)?;
        heads.event(at, payloads)
    }
}

fn missing() -> StoreError {
    StoreError::Corrupt("a block of events is missing".to_owned())
}
