//! `sluice policy`: what it says of files, where, and with which exit code. None of it needs a database.

use std::{
    error::Error,
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

type Outcome = Result<(), Box<dyn Error>>;

/// Runs `sluice policy` with this on its standard input, away from any database.
fn policy(arguments: &[&str], input: &[u8]) -> Result<(Output, String, String), Box<dyn Error>> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .arg("policy")
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // Whoever stops reading early, at what is too long, closes the pipe.
    let _ = program.stdin.take().ok_or("no standard input")?.write_all(input);
    let output = program.wait_with_output()?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
    let (out, err) = (text(&output.stdout)?, text(&output.stderr)?);
    Ok((output, out, err))
}

fn file(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    folder.join("../policies").join(name).display().to_string()
}

fn built_in() -> Result<String, Box<dyn Error>> {
    Ok(std::fs::read_to_string(file("sdl.toml"))?)
}

#[test]
fn sound_files_are_called_sound() -> Outcome {
    let (sdl, connector) = (file("sdl.toml"), file("connector.toml"));
    let (output, out, err) = policy(&["check", &sdl, &connector], b"")?;
    assert_eq!((output.status.code(), err.as_str()), (Some(0), ""));
    let lines: Vec<&str> = out.lines().collect();
    let [first, second] = lines.as_slice() else { return Err(out.into()) };
    assert!(first.starts_with(&format!("{sdl}: sound: sdl 2026.")), "{first}");
    assert!(first.contains(", 6 phases, ") && first.ends_with(" controls"), "{first}");
    assert!(second.starts_with(&format!("{connector}: sound: connector ")), "{second}");
    Ok(())
}

#[test]
fn everything_wrong_is_said_in_the_form_that_editors_jump_by() -> Outcome {
    let spoilt = built_in()?.replacen("key = \"sdl\"", "key = \"SDL\"", 1).replacen(
        "zone = \"",
        "zone = \"Nowhere/",
        1,
    );
    let line = spoilt.lines().position(|line| line.starts_with("key = \"SDL\"")).ok_or("no key")? + 1;
    let (output, out, err) = policy(&["check", "-"], spoilt.as_bytes())?;
    assert_eq!((output.status.code(), out.as_str()), (Some(1), ""));
    let lines: Vec<&str> = err.lines().collect();
    assert_eq!(
        lines.first().copied(),
        Some(format!("-:{line}:7: bad-key: “SDL” is not a key. A key has 1 to 40 lowercase letters, digits and single hyphens, a letter first.").as_str())
    );
    assert!(lines.get(1).is_some_and(|line| line.contains(": unknown-zone: “Nowhere/")), "{err}");
    assert_eq!(lines.get(2).copied(), Some("sluice: the policy is not sound"));
    Ok(())
}

#[test]
fn one_unsound_file_among_others_is_enough_to_fail() -> Outcome {
    let (output, out, err) = policy(&["check", &file("sdl.toml"), "-"], b"key = 1")?;
    assert_eq!(output.status.code(), Some(1));
    assert!(out.contains(": sound: "), "{out}");
    assert!(err.contains("-:1:7: wrong-type: ") && err.contains("1 of 2 policies are not sound"), "{err}");
    Ok(())
}

#[test]
fn what_is_no_policy_at_all_is_refused() -> Outcome {
    let (output, _, err) = policy(&["check", "/nowhere/policy.toml"], b"")?;
    assert_eq!(output.status.code(), Some(1));
    assert!(err.starts_with("sluice: /nowhere/policy.toml: "), "{err}");
    let (output, _, err) = policy(&["check", "-"], b"key = \"\xff\"")?;
    assert_eq!(output.status.code(), Some(1));
    assert!(err.contains("not a text in UTF-8"), "{err}");
    let (output, _, err) = policy(&["check", "-"], "é".repeat(1_000_000).as_bytes())?;
    assert_eq!(output.status.code(), Some(1));
    assert!(err.contains(": source-too-long: "), "{err}");
    let (output, ..) = policy(&["check"], b"")?;
    assert_eq!(output.status.code(), Some(2), "a wrong command line");
    Ok(())
}

#[test]
fn versions_are_compared_in_words() -> Outcome {
    let (output, out, _) = policy(&["compare", &file("sdl.toml"), &file("sdl.toml")], b"")?;
    assert_eq!((output.status.code(), out.as_str()), (Some(0), "Both say the same.\n"));
    let later = built_in()?.replacen("max_days = ", "max_days = 1", 1);
    let (output, out, err) = policy(&["compare", &file("sdl.toml"), "-"], later.as_bytes())?;
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(out.starts_with("asks less:  Waivers: the longest time was "), "{out}");
    assert_eq!(out.lines().count(), 1);
    Ok(())
}

#[test]
fn the_schema_is_printed() -> Outcome {
    let (output, out, _) = policy(&["schema"], b"")?;
    assert_eq!(output.status.code(), Some(0));
    let printed: serde_json::Value = serde_json::from_str(&out)?;
    assert_eq!(printed, sluice_domain::policy::schema());
    Ok(())
}
