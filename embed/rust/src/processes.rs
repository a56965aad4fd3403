//! Whether the holder of a lock still runs.

/// Whether [`is_alive`] can tell.
pub(crate) const SEEN: bool = cfg!(unix);

/// Is there such a process on this machine? One that has ended and waits for its parent to notice is gone.
#[cfg(unix)]
pub(crate) fn is_alive(pid: u32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{test_kill_process, Pid};
    let Some(process) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    test_kill_process(process) != Err(Errno::SRCH) && !is_zombie(pid)
}

#[cfg(unix)]
fn is_zombie(pid: u32) -> bool {
    match std::fs::read(format!("/proc/{pid}/stat")) {
        // "pid (name) state …", and the name may hold parentheses and spaces.
        Ok(status) => {
            let end_of_name = status.iter().rposition(|&byte| byte == b')').unwrap_or(0);
            matches!(status.get(end_of_name + 2), Some(b'Z' | b'X'))
        }
        // Gone between the two looks; without /proc the word of the signal stands.
        Err(error) => error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()),
    }
}

#[cfg(not(unix))]
pub(crate) fn is_alive(_pid: u32) -> bool {
    true
}
