//! One node process: started, killed without warning, started again.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

/// The `musubi` binary that tests start: the one that `SOAK_BINARY` names, such as a release build of the same sources, else the one that was
/// built beside the running test.
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("SOAK_BINARY") {
        let binary = PathBuf::from(named);
        assert!(
            binary.is_file(),
            "SOAK_BINARY names {}, which is no file",
            binary.display()
        );
        return binary;
    }
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

    /// Stops the process where it is (SIGSTOP), as a machine that hangs: its connections stay open, and it says nothing.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen process go on (SIGCONT).
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.pid().expect("it runs").to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.expect("kill runs").success(), "pid {pid}");
    }

    /// The most memory that the process ever had at once since it started, in bytes (`VmHWM`).
    pub fn peak_memory(&self) -> u64 {
        let pid = self.pid().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it is alive");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next());
        let kibibytes: u64 = kibibytes.expect("a figure").parse().expect("a number");
        kibibytes << 10
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
