//! The folder of `--data`: one process at a time, private files, and a clear word where a file
//! is damaged or was emptied.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::Error;

pub(crate) const DYNAMODB: &str = "dynamodb.sqlite";
pub(crate) const JOURNAL: &str = "journal.sqlite";
pub(crate) const SECRETS: &str = "secrets.json";
/// Locked as long as a process has the folder; says that it was set up in full.
const LOCK: &str = "lock";
const SET_UP: &str = "Carillon keeps its data in this folder. One process has it at a time.\n";
/// What SQLite has beside a database.
const BESIDE: [&str; 2] = ["-wal", "-shm"];
/// For its owner alone.
const PRIVATE: u32 = 0o600;

/// A folder that this process has to itself until this is dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    lock: File,
    was_set_up: bool,
}

impl DataFolder {
    /// Takes a folder, which is made where there is none, and looks through its files.
    ///
    /// # Errors
    /// Where another process has it, it cannot be used, or one of its files is damaged, empty or
    /// gone: the error names it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let named = |what: &str| Error::io(format!("{what} {}", path.display()));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(named("making the folder"))?;
        let mut lock = create(&path.join(LOCK)).map_err(named("writing to the folder"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(named("locking the folder")(error)),
        }
        let mut said = String::new();
        lock.read_to_string(&mut said)
            .map_err(named("reading in the folder"))?;
        let folder = Self {
            path: path.to_owned(),
            lock,
            was_set_up: !said.is_empty(),
        };
        for name in [DYNAMODB, JOURNAL, SECRETS] {
            folder.look_at(name)?;
        }
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an earlier start has made everything that belongs into it.
    pub fn was_set_up(&self) -> bool {
        self.was_set_up
    }

    /// Notes that everything is there: what is missing from now on was taken away.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub fn note_set_up(&mut self) -> Result<(), Error> {
        if self.was_set_up {
            return Ok(());
        }
        let written = self.lock.write_all(SET_UP.as_bytes());
        let written = written.and_then(|()| self.lock.sync_all());
        written.map_err(Error::io(format!("writing to {}", self.path.display())))
    }

    fn look_at(&self, name: &str) -> Result<(), Error> {
        let path = self.path.join(name);
        let length = fs::metadata(&path).map(|found| found.len()).ok();
        match length {
            None | Some(0) if self.was_set_up => {
                let how = length.map_or("is gone", |_| "is empty");
                return Err(Error::damaged(&path, how));
            }
            // SQLite makes its files readable to all; these it takes as they are.
            None if name != SECRETS => drop(create(&path).map_err(named(&path))?),
            None => return Ok(()),
            Some(_) => make_private(&path)?,
        }
        if name != SECRETS {
            for beside in BESIDE {
                let beside = self.path.join(format!("{name}{beside}"));
                if beside.exists() {
                    make_private(&beside)?;
                }
            }
            if length.is_some_and(|length| length > 0) {
                check_database(&path, self.was_set_up)
                    .map_err(|reason| Error::damaged(&path, reason))?;
            }
        }
        Ok(())
    }
}

fn named(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    Error::io(format!("writing {}", path.display()))
}

fn create(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(PRIVATE)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(PRIVATE))?;
    Ok(file)
}

fn make_private(path: &Path) -> Result<(), Error> {
    fs::set_permissions(path, Permissions::from_mode(PRIVATE)).map_err(named(path))
}

fn check_database(path: &Path, has_tables: bool) -> Result<(), String> {
    let text = |error: rusqlite::Error| error.to_string();
    let connection = Connection::open(path).map_err(text)?;
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(text)?;
    if found != "ok" {
        return Err(found);
    }
    let tables: u32 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(text)?;
    match has_tables && tables == 0 {
        true => Err("has no tables any more".to_owned()),
        false => Ok(()),
    }
}

/// Replaces a file as a whole, so that a crash leaves the old or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let new = path.with_extension("new");
    let written = create(&new).and_then(|mut file| {
        file.set_len(0)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    });
    written.map_err(named(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// A folder as a first start leaves it.
    fn set_up() -> TempDir {
        let kept = TempDir::new().unwrap();
        let path = kept.path();
        let mut folder = DataFolder::open(path).unwrap();
        for name in [DYNAMODB, JOURNAL] {
            let connection = Connection::open(path.join(name)).unwrap();
            connection.execute_batch("CREATE TABLE t (x)").unwrap();
        }
        replace(&path.join(SECRETS), b"{}").unwrap();
        folder.note_set_up().unwrap();
        kept
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_folder_is_one_process_s_at_a_time_and_the_error_names_it() {
        let kept = set_up();
        let path = kept.path();
        let first = DataFolder::open(path).unwrap();
        let error = DataFolder::open(path).unwrap_err();
        assert!(matches!(error, Error::InUse(_)));
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
        drop(first);
        DataFolder::open(path).unwrap();
    }

    #[test]
    fn files_are_for_their_owner_alone_also_where_they_were_not() {
        let kept = set_up();
        let path = kept.path();
        for name in [DYNAMODB, JOURNAL, SECRETS] {
            fs::set_permissions(path.join(name), Permissions::from_mode(0o644)).unwrap();
        }
        drop(DataFolder::open(path).unwrap());
        for name in [DYNAMODB, JOURNAL, SECRETS, LOCK] {
            assert_eq!(mode(&path.join(name)), PRIVATE, "{name}");
        }
    }

    #[test]
    fn a_file_that_is_damaged_empty_or_gone_is_named() {
        for name in [DYNAMODB, JOURNAL, SECRETS] {
            for spoil in [
                (|path| fs::write(path, b"").unwrap()) as fn(PathBuf),
                |path| fs::remove_file(path).unwrap(),
                |path| fs::write(path, [7; 8_192]).unwrap(),
            ] {
                let kept = set_up();
                let path = kept.path();
                spoil(path.join(name));
                // What is in the secrets' file is looked at by who reads it.
                let is_read_later = name == SECRETS
                    && path.join(name).exists()
                    && fs::metadata(path.join(name)).unwrap().len() > 0;
                match DataFolder::open(path) {
                    Ok(_) => assert!(is_read_later, "{name}"),
                    Err(error) => assert!(error.to_string().contains(name), "{error}"),
                }
            }
        }
    }

    #[test]
    fn a_database_without_its_tables_is_no_new_one() {
        let kept = set_up();
        let path = kept.path();
        let connection = Connection::open(path.join(JOURNAL)).unwrap();
        connection.execute_batch("DROP TABLE t").unwrap();
        drop(connection);
        let error = DataFolder::open(path).unwrap_err().to_string();
        assert!(error.contains(JOURNAL), "{error}");
    }

    #[test]
    fn a_start_that_was_cut_off_is_made_again() {
        let kept = TempDir::new().unwrap();
        let path = kept.path();
        drop(DataFolder::open(path).unwrap());
        drop(DataFolder::open(path).unwrap());
    }
}
