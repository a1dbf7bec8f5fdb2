//! One node process: started, killed without warning, started again.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

/// The `musubi` binary that was built beside the running test.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("tests lie in <target>/<profile>/deps");
    let binary = folder.join("musubi");
    assert!(
        binary.is_file(),
        "{} is missing: build it with  cargo build --workspace --all-targets",
        binary.display()
    );
    binary
}

/// A node process, killed when dropped.
#[derive(Debug)]
pub struct NodeProcess {
    config: PathBuf,
    log: PathBuf,
    environment: Vec<(&'static str, String)>,
    child: Option<Child>,
}

impl NodeProcess {
    /// A node with this configuration that is not started yet; its output will go to `log` beside it.
    pub fn prepare(config: &Path) -> Self {
        Self {
            config: config.to_path_buf(),
            log: config.with_file_name("log"),
            environment: Vec::new(),
            child: None,
        }
    }

    /// Sets the environment variables that it has beside the test's own from the next start on.
    pub fn surround(&mut self, environment: Vec<(&'static str, String)>) {
        self.environment = environment;
    }

    /// Starts the node with this configuration.
    pub fn start(config: &Path) -> Self {
        let mut process = Self::prepare(config);
        process.restart();
        process
    }

    /// Starts the node, again if it ran before; its log goes on.
    pub fn restart(&mut self) {
        self.kill();
        let log = File::options()
            .create(true)
            .append(true)
            .open(&self.log)
            .expect("the log can be written");
        let error_log = log.try_clone().expect("a file handle can be copied");
        let child = Command::new(binary())
            .args(["node", "--config"])
            .arg(&self.config)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(error_log)
            .spawn()
            .expect("the node starts");
        self.child = Some(child);
    }

    /// Kills the process at once (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("a child can be killed");
            child.wait().expect("a killed child can be waited for");
        }
    }

    /// Waits until the process ends by itself.
    pub fn wait(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it was started");
        child.wait().expect("a child can be waited for")
    }

    /// How the process ended, if it has ended by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let child = self.child.as_mut()?;
        child.try_wait().expect("a child can be waited for")
    }

    /// What the node has written so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        self.kill();
    }
}
