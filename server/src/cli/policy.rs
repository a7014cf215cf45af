use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use sluice_domain::{
    canonical::Digest,
    policy::{self, MAX_SOURCE_BYTES, Policy, PolicyErrors},
    words::{self, Label as _},
};

use super::Failed;

/// The name that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Says of each file whether it is a sound policy, and if not, everything that is wrong with it.
pub(super) fn check(files: &[impl AsRef<Path>]) -> Result<(), Failed> {
    let mut unsound = 0;
    for file in files {
        let file = file.as_ref();
        match read(file)? {
            Ok(policy) => println!("{}: sound: {}", file.display(), size(&policy)),
            Err(errors) => {
                say(file, &errors);
                unsound += 1;
            }
        }
    }
    match (unsound, files.len()) {
        (0, _) => Ok(()),
        (_, 1) => Err("the policy is not sound".into()),
        (_, all) => Err(format!("{unsound} of {all} policies are not sound").into()),
    }
}

/// Says what a later version of a policy changes.
pub(super) fn compare(before: &Path, later: &Path) -> Result<(), Failed> {
    let (before, later) = (sound(before)?, sound(later)?);
    let difference = before.difference(&later);
    if difference.is_empty() {
        println!("Both say the same.");
    }
    for change in &difference.changes {
        let effect = change.effect.label();
        println!("{:<10}  {}", format!("{effect}:"), words::policy_change(change));
    }
    Ok(())
}

/// Prints the JSON Schema of policy files.
pub(super) fn schema() -> Result<(), Failed> {
    println!("{}", serde_json::to_string_pretty(&policy::schema())?);
    Ok(())
}

/// A policy of which everything is sound, with the digest of its text.
pub(super) fn sound_text(file: &Path) -> Result<(Policy, Digest), Failed> {
    let source = source(file)?;
    let policy = policy::parse(&source).map_err(|errors| unsound(file, &errors))?;
    Ok((policy, Digest::of(source.as_bytes())))
}

fn sound(file: &Path) -> Result<Policy, Failed> {
    read(file)?.map_err(|errors| unsound(file, &errors))
}

fn unsound(file: &Path, errors: &PolicyErrors) -> Failed {
    say(file, errors);
    format!("{}: the policy is not sound", file.display()).into()
}

/// One line for each problem, in the form that editors jump by.
fn say(file: &Path, errors: &PolicyErrors) {
    let file = file.display();
    for error in errors.errors() {
        let code = error.problem.code();
        eprintln!("{file}:{}:{}: {code}: {}", error.line, error.column, error.problem);
    }
    if errors.left_off() > 0 {
        eprintln!("{file}: … and {} more", errors.left_off());
    }
}

fn read(file: &Path) -> Result<Result<Policy, PolicyErrors>, Failed> {
    Ok(policy::parse(&source(file)?))
}

fn source(file: &Path) -> Result<String, Failed> {
    let source = if file == Path::new(STANDARD_INPUT) {
        text(io::stdin().lock())
    } else {
        File::open(file).and_then(text)
    };
    source.map_err(|error| format!("{}: {error}", file.display()).into())
}

/// As much as tells that a text is too long, and no more.
fn text(source: impl Read) -> io::Result<String> {
    let most = u64::try_from(MAX_SOURCE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    source.take(most).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_SOURCE_BYTES {
        // It is refused for its length; where it was cut, a character may be broken.
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "this is not a text in UTF-8"))
}

fn size(policy: &Policy) -> String {
    let counted = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let controls = policy.phases.iter().map(|phase| phase.controls.len()).sum();
    let (phases, controls) = (counted(policy.phases.len(), "phase"), counted(controls, "control"));
    format!("{} {}, {phases}, {controls}", policy.key, policy.version)
}
