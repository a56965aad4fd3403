mod support;

use std::error::Error as _;
use std::fs;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::Duration;

use msal_extensions_wasm::{CacheMerger, Cipher, Code, Document, Error, Options, TokenCache};
use support::{document, names, secrets, Folder};

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, secret)| (key.to_string(), secret.to_string())).collect()
}

#[test]
fn nothing_is_stored_at_first() {
    let folder = Folder::new();
    assert_eq!(TokenCache::open(folder.cache()).unwrap().load().unwrap().content, None);
    assert!(!folder.cache().exists());
}

#[cfg(unix)]
#[test]
fn a_location_may_be_below_the_home_folder() {
    let home = std::path::PathBuf::from(std::env::var_os("HOME").unwrap());
    assert_eq!(TokenCache::open("~/cache.json").unwrap().location(), home.join("cache.json"));
    assert_eq!(TokenCache::open("~").unwrap().load().unwrap_err().code(), Code::NotAFile);
    let beside = TokenCache::open("~cache.json").unwrap();
    assert_eq!(beside.location(), std::path::absolute("~cache.json").unwrap());
}

#[test]
fn files_dated_before_1970_are_read_and_replaced() {
    let folder = Folder::new();
    let mut cache = TokenCache::open(folder.cache()).unwrap();
    cache.commit(None, &document(&[("a", 1)])).unwrap();
    let lock = folder.cache().with_file_name("cache.json.lockfile");
    fs::write(&lock, "").unwrap();
    let lease = folder.cache().with_file_name("cache.json.lockfile.lock");
    fs::create_dir(&lease).unwrap();
    let before = std::time::UNIX_EPOCH - Duration::from_secs(1);
    let times = fs::FileTimes::new().set_modified(before).set_accessed(before);
    for path in [&folder.cache(), &lock, &lease] {
        fs::File::open(path).unwrap().set_times(times).unwrap();
    }
    let loaded = TokenCache::open(folder.cache()).unwrap().load().unwrap();
    assert_eq!(secrets(&loaded.content.unwrap()), pairs(&[("a", "secret of 1")]));
    let merged = cache.commit(None, &document(&[("b", 1)])).unwrap();
    assert_eq!(secrets(&merged.content), pairs(&[("a", "secret of 1"), ("b", "secret of 1")]));
    assert_eq!(names(folder.cache().parent().unwrap()), ["cache.json"]);
}

#[test]
fn commits_of_two_are_merged_three_ways() {
    let folder = Folder::new();
    let mut one = TokenCache::open(folder.cache()).unwrap();
    let mut other = TokenCache::open(folder.cache()).unwrap();
    let base = one.commit(None, &document(&[("a", 1), ("b", 1)])).unwrap().content;
    let loaded = other.load().unwrap().content;
    other.commit(loaded.as_deref(), &document(&[("a", 1), ("b", 1), ("c", 1)])).unwrap();
    let merged = one.commit(Some(&base), &document(&[("a", 2)])).unwrap();
    assert_eq!(secrets(&merged.content), pairs(&[("a", "secret of 2"), ("c", "secret of 1")]));
    assert_eq!((merged.added, merged.updated, merged.removed, merged.unchanged), (0, 1, 1, false));
    assert_eq!(other.load().unwrap().content, Some(merged.content));
}

#[cfg(unix)]
#[test]
fn file_and_folder_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    TokenCache::open(folder.cache()).unwrap().commit(None, &document(&[("a", 1)])).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.cache()), 0o600);
    assert_eq!(mode(folder.cache().parent().unwrap()), 0o700);
    assert_eq!(names(folder.cache().parent().unwrap()), ["cache.json"]);
}

#[test]
fn accounts_that_come_and_go_are_named() {
    let folder = Folder::new();
    let mut cache = TokenCache::open(folder.cache()).unwrap();
    let account = r#"{"Account":{"ada":{"home_account_id":"ada","environment":"e"}, "half of a pair: \ud83d":{}}}"#;
    let base = cache.commit(None, account.as_bytes()).unwrap();
    assert_eq!(base.accounts_added, ["ada", "half of a pair: \u{fffd}\u{fffd}\u{fffd}"]);
    assert_eq!(cache.commit(Some(&base.content), br#"{"Account":{}}"#).unwrap().accounts_removed.len(), 2);
}

#[test]
fn update_edits_what_is_stored() {
    let folder = Folder::new();
    let mut cache = TokenCache::open(folder.cache()).unwrap();
    let added = cache.update(|content| Ok(content.map_or_else(|| document(&[("a", 1)]), <[u8]>::to_vec))).unwrap();
    assert_eq!(added.added, 1);
    let edit = |content: Option<&[u8]>| {
        Ok(String::from_utf8(content.unwrap().to_vec())?.replace("secret of 1", "edited").into())
    };
    cache.update(edit).unwrap();
    assert_eq!(secrets(&cache.load().unwrap().content.unwrap()), pairs(&[("a", "edited")]));
}

#[test]
fn an_edit_that_fails_changes_nothing_and_lets_go_of_the_lock() {
    let folder = Folder::new();
    let mut cache = TokenCache::open(folder.cache()).unwrap();
    let stored = cache.commit(None, &document(&[("a", 1)])).unwrap().content;
    let error = cache.update(|_content| Err("no idea".into())).unwrap_err();
    assert_eq!((error.code(), error.code().name()), (Code::CallbackFailed, "callback_failed"));
    assert_eq!(error.source().unwrap().to_string(), "no idea");
    assert_eq!(cache.load().unwrap().content, Some(stored));
    assert_eq!(names(folder.cache().parent().unwrap()), ["cache.json"]);
}

#[test]
fn an_edit_that_panics_lets_go_of_the_lock() {
    let folder = Folder::new();
    let mut cache = TokenCache::open(folder.cache()).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| cache.update(|_content| panic!("as it should"))));
    assert!(panicked.is_err());
    assert_eq!(names(folder.cache().parent().unwrap()), [""; 0]);
    assert_eq!(cache.commit(None, &document(&[("a", 1)])).unwrap().added, 1);
}

#[test]
fn the_lock_is_renewed_while_an_edit_takes_its_time() {
    let folder = Folder::new();
    let lease = folder.cache().with_file_name("cache.json.lockfile.lock");
    let renewed = || fs::metadata(&lease).unwrap().modified().unwrap();
    let edit = |_content: Option<&[u8]>| {
        let taken = renewed();
        while renewed() == taken {
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(document(&[("a", 1)]))
    };
    assert_eq!(TokenCache::open(folder.cache()).unwrap().update(edit).unwrap().added, 1);
}

#[test]
fn clear_says_whether_there_was_anything() {
    let folder = Folder::new();
    let mut cache = TokenCache::open(folder.cache()).unwrap();
    cache.commit(None, &document(&[("a", 1)])).unwrap();
    assert_eq!((cache.clear().unwrap(), cache.clear().unwrap()), (true, false));
    assert_eq!(cache.load().unwrap().content, None);
}

#[test]
fn a_folder_that_was_removed_is_made_again() {
    let folder = Folder::new();
    let mut cache = TokenCache::open(folder.cache()).unwrap();
    cache.commit(None, &document(&[("a", 1)])).unwrap();
    fs::remove_dir_all(folder.cache().parent().unwrap()).unwrap();
    assert_eq!(cache.load().unwrap().content, None);
    fs::remove_dir_all(folder.cache().parent().unwrap()).unwrap();
    TokenCache::open(folder.cache()).unwrap().commit(None, &document(&[("b", 1)])).unwrap();
    let merged = cache.commit(None, &document(&[("c", 1)])).unwrap();
    assert_eq!(secrets(&merged.content), pairs(&[("b", "secret of 1"), ("c", "secret of 1")]));
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_a_link_is_what_it_leads_to_by_now() {
    let folder = Folder::new();
    let link = folder.cache().parent().unwrap().to_owned();
    let targets = ["one", "other"].map(|name| link.with_file_name(name));
    let mut cache = None;
    for target in &targets {
        let _ = fs::remove_file(&link);
        fs::create_dir(target).unwrap();
        std::os::unix::fs::symlink(target, &link).unwrap();
        let cache = cache.get_or_insert_with(|| TokenCache::open(folder.cache()).unwrap());
        assert_eq!(cache.load().unwrap().content, None);
        cache.commit(None, &document(&[("a", 1)])).unwrap();
        assert_eq!(names(target), ["cache.json"]);
    }
}

#[test]
fn nothing_that_is_printed_holds_content() {
    let folder = Folder::new();
    let mut cache = TokenCache::open(folder.cache()).unwrap();
    let committed = cache.commit(None, &document(&[("a", 1)])).unwrap();
    let printed = format!("{committed:?} {:?} {}", cache.load().unwrap(), cache.inspect().unwrap());
    assert!(printed.contains("\"AccessToken\":1") && !printed.contains("secret"), "{printed}");
    // So that what holds one can be printed too.
    let printed = format!("{cache:?} {:?}", CacheMerger::new().unwrap());
    assert!(printed.contains("cache.json") && !printed.contains("secret"), "{printed}");
}

#[test]
fn a_torn_file_is_salvaged_and_kept() {
    let folder = Folder::new();
    let whole = document(&[("a", 1), ("b", 2)]);
    fs::create_dir_all(folder.cache().parent().unwrap()).unwrap();
    fs::write(folder.cache(), &whole[..whole.len() - 20]).unwrap();
    let loaded = TokenCache::open(folder.cache()).unwrap().load().unwrap();
    assert!(loaded.salvaged && loaded.set_aside);
    assert_eq!(secrets(&loaded.content.unwrap()), pairs(&[("a", "secret of 1")]));
    assert_eq!(names(folder.cache().parent().unwrap()).len(), 2);
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    let folder = Folder::new();
    let error = TokenCache::open(folder.cache()).unwrap().commit(None, br#"{"a":"#).unwrap_err();
    assert_eq!(error.code(), Code::JsonUnexpectedEnd);
    assert_eq!((error.document(), error.offset()), (Some(Document::Ours), Some(5)));
    assert_eq!(error.location(), Some(folder.cache().as_path()));
}

#[test]
fn a_document_over_the_limit_is_refused() {
    let folder = Folder::new();
    let options = Options { max_bytes: 1000, ..Options::default() };
    let mut cache = TokenCache::open_with(folder.cache(), options).unwrap();
    let error = cache.commit(None, &vec![b' '; 1001]).unwrap_err();
    assert_eq!(error.code(), Code::DocumentTooLarge);
    assert_eq!(cache.commit(None, &document(&[("a", 1)])).unwrap().added, 1);
}

#[test]
fn what_can_be_stored_can_be_inspected() {
    let folder = Folder::new();
    let options = Options { max_bytes: 128 << 20, ..Options::default() };
    let mut cache = TokenCache::open_with(folder.cache(), options).unwrap();
    let foreign = format!(r#"{{"foreign":"{}","#, "x".repeat(65 << 20));
    let large = [foreign.as_bytes(), &document(&[("a", 1)])[1..]].concat();
    cache.commit(None, &large).unwrap();
    assert!(cache.inspect().unwrap().contains(r#""AccessToken":1"#));
}

#[test]
fn a_folder_that_cannot_be_is_a_typed_error() {
    let folder = Folder::new();
    let file = folder.cache().parent().unwrap().to_owned();
    fs::write(&file, "").unwrap();
    let code_of = |path: &std::path::Path| TokenCache::open(path).err().unwrap().code();
    assert_eq!(code_of(&file.join("cache.json")), Code::NotAFile);
    assert_eq!(code_of(&file.with_file_name("a\0b").join("cache.json")), Code::InvalidLocation);
    #[cfg(unix)]
    {
        let circle = file.with_file_name("circle");
        std::os::unix::fs::symlink(&circle, &circle).unwrap();
        assert_eq!(code_of(&circle.join("folder").join("cache.json")), Code::InvalidLocation);
        assert_eq!(code_of(&file.with_file_name("x".repeat(300)).join("cache.json")), Code::InvalidLocation);
    }
}

#[test]
fn a_lock_that_is_held_is_a_timeout_that_names_its_holder() {
    let folder = Folder::new();
    let mut holder = TokenCache::open(folder.cache()).unwrap();
    let options = Options { lock_timeout: Duration::ZERO, ..Options::default() };
    let mut waiter = TokenCache::open_with(folder.cache(), options).unwrap();
    let edit = |_content: Option<&[u8]>| {
        let error = waiter.commit(None, &document(&[("b", 1)])).unwrap_err();
        assert_eq!(error.code(), Code::LockTimeout);
        assert_eq!(error.holder().unwrap().pid, Some(std::process::id()));
        let lock = folder.cache().with_file_name("cache.json.lockfile");
        assert_eq!(error.location(), Some(lock.as_path()));
        let who = format!(" {} It is held by process {} (token_cache-", lock.display(), std::process::id());
        assert!(error.to_string().contains(&who), "{error}");
        Ok(document(&[("a", 1)]))
    };
    assert_eq!(holder.update(edit).unwrap().added, 1);
}

#[test]
fn the_familys_lock_files_are_read_and_ones_that_name_no_process_are_said_to_name_none() {
    let folder = Folder::new();
    let options = Options { lock_timeout: Duration::ZERO, ..Options::default() };
    let mut waiter = TokenCache::open_with(folder.cache(), options).unwrap();
    let pid = std::process::id();
    for (written, expected) in [
        (format!("{{{pid}}} {{python3}}"), format!("by process {pid} (python3), ")),
        (format!("{{{pid}}}"), format!("by process {pid}, ")),
        ("nobody".to_owned(), "by a holder that names no process, ".to_owned()),
    ] {
        fs::write(folder.cache().with_file_name("cache.json.lockfile"), written).unwrap();
        let error = waiter.commit(None, &document(&[("a", 1)])).unwrap_err();
        assert!(error.to_string().contains(&expected), "{error}");
    }
}

#[test]
fn what_is_wrong_with_the_lock_file_names_it() {
    let folder = Folder::new();
    let lock = folder.cache().with_file_name("cache.json.lockfile");
    fs::create_dir_all(&lock).unwrap();
    let error = TokenCache::open(folder.cache()).unwrap().commit(None, &document(&[("a", 1)])).unwrap_err();
    assert_eq!((error.code(), error.location()), (Code::NotAFile, Some(lock.as_path())));
}

#[cfg(target_os = "linux")]
#[test]
fn the_lock_of_a_process_that_has_ended_is_taken_over() {
    let folder = Folder::new();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let state = format!("/proc/{}/stat", child.id());
    while !fs::read_to_string(&state).unwrap().contains(") Z ") {
        std::thread::yield_now();
    }
    for holder in [child.id(), u32::MAX] {
        let mut cache = TokenCache::open(folder.cache()).unwrap();
        fs::write(folder.cache().with_file_name("cache.json.lockfile"), format!("{holder} rust")).unwrap();
        cache.commit(None, &document(&[("a", 1)])).unwrap();
        assert_eq!(names(folder.cache().parent().unwrap()), ["cache.json"]);
    }
    child.wait().unwrap();
}

/// Each look at a lock is a few dozen calls of the host: none of them may leave anything on the stack.
#[test]
fn waiting_for_a_lock_needs_no_more_stack_the_longer_it_takes() {
    let folder = Folder::new();
    let options = Options { lock_timeout: Duration::from_secs(3), ..Options::default() };
    let mut waiter = Some(TokenCache::open_with(folder.cache(), options).unwrap());
    let edit = |_content: Option<&[u8]>| {
        let mut waiter = waiter.take().unwrap();
        let small = std::thread::Builder::new().stack_size(512 * 1024);
        let waiting = small.spawn(move || waiter.commit(None, &document(&[("b", 1)])).unwrap_err().code())?;
        assert_eq!(waiting.join().unwrap(), Code::LockTimeout);
        Ok(document(&[("a", 1)]))
    };
    TokenCache::open(folder.cache()).unwrap().update(edit).unwrap();
}

#[test]
fn threads_have_a_cache_each() {
    let folder = Folder::new();
    std::thread::scope(|scope| {
        for worker in 0..3 {
            let mut cache = TokenCache::open(folder.cache()).unwrap();
            scope.spawn(move || {
                for n in 0..5 {
                    cache.commit(None, &document(&[(&format!("{worker}-{n}"), 1)])).unwrap();
                }
            });
        }
    });
    assert_eq!(secrets(&fs::read(folder.cache()).unwrap()).len(), 15);
}

/// Turns every bit around: what it is told to write can be told from what it was given.
struct Inverting;

impl Cipher for Inverting {
    fn protect(&mut self, content: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(content.iter().map(|byte| !byte).collect())
    }

    fn unprotect(&mut self, content: &[u8]) -> Result<Vec<u8>, Error> {
        if content.starts_with(b"{") {
            return Err(Error::new(Code::NotEncrypted).with_source("a brace"));
        }
        self.protect(content)
    }
}

#[test]
fn a_cipher_sees_all_that_is_stored() {
    let folder = Folder::new();
    let open = || {
        let options = Options { cipher: Some(Box::new(Inverting)), ..Options::default() };
        TokenCache::open_with(folder.cache(), options).unwrap()
    };
    let committed = open().commit(None, &document(&[("a", 1)])).unwrap().content;
    let stored = fs::read(folder.cache()).unwrap();
    assert_eq!(stored.iter().map(|byte| !byte).collect::<Vec<_>>(), committed);
    assert_eq!(open().load().unwrap().content, Some(committed.clone()));

    fs::write(folder.cache(), &committed).unwrap();
    let error = open().load().unwrap_err();
    assert_eq!((error.code(), error.source().unwrap().to_string()), (Code::NotEncrypted, "a brace".to_owned()));
    assert_eq!(fs::read(folder.cache()).unwrap(), committed);
}

/// Says what it is told to.
struct Answering(fn() -> Result<Vec<u8>, Error>);

impl Cipher for Answering {
    fn protect(&mut self, _content: &[u8]) -> Result<Vec<u8>, Error> {
        self.0()
    }

    fn unprotect(&mut self, _content: &[u8]) -> Result<Vec<u8>, Error> {
        self.0()
    }
}

#[test]
fn a_cipher_cannot_make_the_store_look_empty() {
    let nothing = || Ok(Vec::new());
    let success = || Err(Error::new(Code::Ok));
    let not_found = || Err(Error::new(Code::NotFound));
    for answer in [nothing, success, not_found] {
        let folder = Folder::new();
        let cipher: Option<Box<dyn Cipher>> = Some(Box::new(Answering(answer)));
        let mut cache = TokenCache::open_with(folder.cache(), Options { cipher, ..Options::default() }).unwrap();
        assert_eq!(cache.commit(None, &document(&[("a", 1)])).unwrap_err().code(), Code::ProtectFailed);
        assert_eq!(names(folder.cache().parent().unwrap()), [""; 0]);
    }
    let folder = Folder::new();
    fs::create_dir_all(folder.cache().parent().unwrap()).unwrap();
    fs::write(folder.cache(), "encrypted").unwrap();
    let cipher: Option<Box<dyn Cipher>> = Some(Box::new(Answering(not_found)));
    let mut cache = TokenCache::open_with(folder.cache(), Options { cipher, ..Options::default() }).unwrap();
    let error = cache.load().unwrap_err();
    assert_eq!((error.code(), error.source().is_some()), (Code::UnprotectFailed, true));
    assert!(cache.clear().unwrap(), "what can no longer be decrypted can be cleared away");
    assert_eq!(names(folder.cache().parent().unwrap()), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_link_to_something_in_the_folder_is_followed_and_stays_one() {
    let folder = Folder::new();
    let at = folder.cache().parent().unwrap().to_owned();
    fs::create_dir_all(at.join("inner")).unwrap();
    let targets = ["beside", "inner/below"].map(|name| at.join(name));
    for target in [targets.as_slice(), &["relative".into()]].concat() {
        let _ = fs::remove_file(folder.cache());
        std::os::unix::fs::symlink(&target, folder.cache()).unwrap();
        for key in ["a", "b"] {
            TokenCache::open(folder.cache()).unwrap().commit(None, &document(&[(key, 1)])).unwrap();
        }
        assert!(folder.cache().is_symlink());
        assert_eq!(secrets(&fs::read(at.join(target)).unwrap()).len(), 2);
    }
    fs::remove_file(folder.cache()).unwrap();
    std::os::unix::fs::symlink(at.with_file_name("elsewhere"), folder.cache()).unwrap();
    let error = TokenCache::open(folder.cache()).unwrap().commit(None, &document(&[("a", 1)])).unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
}

/// One commit in a process of its own, started as the tokens before the program say.
#[cfg(target_os = "linux")]
fn commit_in_a_process(start: &mut std::process::Command, cache: &std::path::Path) -> std::process::Output {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().with_file_name("examples").join("contention");
    start.arg(program).arg(cache).args(["token", "1"]).output().unwrap()
}

/// No memory has room for a stack of this size.
#[cfg(target_os = "linux")]
#[test]
fn where_no_thread_can_be_started_commits_go_on() {
    let folder = Folder::new();
    let output = commit_in_a_process(
        std::process::Command::new("env").arg(format!("RUST_MIN_STACK={}", 1_u64 << 46)),
        &folder.cache(),
    );
    assert!(output.status.success(), "{output:?}");
    assert_eq!(names(folder.cache().parent().unwrap()), ["cache.json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn where_no_more_files_can_be_opened_the_error_says_so() {
    let folder = Folder::new();
    let failures: Vec<String> = (4..12)
        .filter_map(|limit| {
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", &format!(r#"ulimit -n {limit}; exec "$0" "$@""#)]);
            let output = commit_in_a_process(&mut shell, &folder.cache());
            (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
        })
        .collect();
    assert!(failures.iter().any(|text| text.contains("TooManyOpenFiles")), "{failures:?}");
    assert!(!failures.iter().any(|text| text.contains("PermissionDenied")), "{failures:?}");
}

/// Only root can give a folder away.
#[cfg(unix)]
#[test]
fn what_root_makes_is_given_to_the_owner_of_the_folder() {
    use std::os::unix::fs::{chown, symlink, MetadataExt};
    const USER: (u32, u32) = (12345, 12346);
    let owner = |path: &std::path::Path| fs::symlink_metadata(path).map(|found| (found.uid(), found.gid())).unwrap();
    let folder = Folder::new();
    let theirs = folder.cache().parent().unwrap().to_owned();
    fs::create_dir(&theirs).unwrap();
    if owner(&theirs).0 != 0 {
        eprintln!("not tested: needs the user root");
        return;
    }
    chown(&theirs, Some(USER.0), Some(USER.1)).unwrap();
    let cache = theirs.join("new").join("folder").join("cache.json");
    let beside = |end: &str| cache.with_file_name(format!("cache.json.lockfile{end}"));
    let edit = |_content: Option<&[u8]>| {
        for made in [&theirs.join("new"), cache.parent().unwrap(), &beside(""), &beside(".lock")] {
            assert_eq!(owner(made), USER, "{made:?}");
        }
        Ok(document(&[("a", 1)]))
    };
    TokenCache::open(&cache).unwrap().update(edit).unwrap();
    assert_eq!(owner(&cache), USER);
    assert_eq!(names(cache.parent().unwrap()), ["cache.json"]);

    let link = theirs.join("link.json");
    symlink("below/deeper/target.json", &link).unwrap();
    TokenCache::open(&link).unwrap().commit(None, &document(&[("a", 1)])).unwrap();
    for made in ["below", "below/deeper", "below/deeper/target.json"] {
        assert_eq!(owner(&theirs.join(made)), USER, "{made}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_system_that_is_read_only_is_a_typed_error() {
    let isolated = || {
        let mut command = std::process::Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount"]);
        command
    };
    if !isolated().arg("true").status().is_ok_and(|status| status.success()) {
        eprintln!("not tested: nothing can be mounted here");
        return;
    }
    let folder = Folder::new();
    let at = folder.cache().parent().unwrap().to_owned();
    fs::create_dir_all(&at).unwrap();
    let mounted = r#"mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@""#;
    for cache in [folder.cache(), at.join("folder").join("cache.json")] {
        let output = commit_in_a_process(isolated().args(["sh", "-c", mounted]).arg(&at), &cache);
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(printed.contains("ReadOnly"), "{printed}");
    }
}
