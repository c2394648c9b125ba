//! The members the suite runs on, each in a place of its own.

use hookrail_store::Settings;
use hookrail_store::bus::Parking;
use hookrail_store::bus::parking::Bounds;
use tempfile::TempDir;

pub(crate) struct Place {
    dir: TempDir,
    #[cfg(feature = "redis")]
    redis: Option<redis::Server>,
}

impl Place {
    pub(crate) fn local() -> Self {
        Self {
            dir: TempDir::new().unwrap(),
            #[cfg(feature = "redis")]
            redis: None,
        }
    }

    /// A Redis of its own; `None` where there is no `redis-server`, which is a failure in CI.
    #[cfg(feature = "redis")]
    pub(crate) async fn redis() -> Option<Self> {
        let dir = TempDir::new().unwrap();
        let redis = Some(redis::Server::start(dir.path()).await?);
        Some(Self { dir, redis })
    }

    /// The parking here, as a server that starts opens it.
    pub(crate) fn open(&self, bounds: Bounds) -> Parking {
        #[cfg(feature = "redis")]
        if let Some(redis) = &self.redis {
            return Parking::open(&redis.url, None, bounds, &Settings::default()).unwrap();
        }
        let file = self.dir.path().join("parking.db");
        Parking::open("local", Some(&file), bounds, &Settings::default()).unwrap()
    }

    /// The same place after whatever keeps it was killed.
    pub(crate) async fn killed(self) -> Self {
        #[cfg(feature = "redis")]
        if let Some(redis) = self.redis {
            drop(redis);
            let redis = Some(redis::Server::start(self.dir.path()).await.unwrap());
            return Self { dir: self.dir, redis };
        }
        self
    }
}

#[cfg(feature = "redis")]
mod redis {
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    /// A `redis-server` on a socket in a folder. It is killed, not asked, when it is dropped.
    pub(crate) struct Server {
        process: Child,
        pub(crate) url: String,
    }

    impl Server {
        pub(crate) async fn start(folder: &Path) -> Option<Self> {
            let socket = folder.join("redis.sock");
            let _ = std::fs::remove_file(&socket);
            let started = Command::new("redis-server")
                .args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--dir"])
                .arg(folder)
                .arg("--unixsocket")
                .arg(&socket)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            let Ok(process) = started else {
                assert!(std::env::var_os("CI").is_none(), "redis-server is missing");
                eprintln!("skipped: redis-server is missing");
                return None;
            };
            let deadline = Instant::now() + Duration::from_secs(20);
            while !answers(&socket).await {
                assert!(Instant::now() < deadline, "redis-server does not answer");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Some(Self { process, url: format!("redis+unix://{}", socket.display()) })
        }
    }

    /// Whether it has read what it kept, and answers.
    async fn answers(socket: &Path) -> bool {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let Ok(mut stream) = tokio::net::UnixStream::connect(socket).await else { return false };
        let mut answer = [0; 5];
        let asked = stream.write_all(b"PING\r\n").await.is_ok();
        asked && stream.read_exact(&mut answer).await.is_ok() && &answer == b"+PONG"
    }

    impl Drop for Server {
        fn drop(&mut self) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}
