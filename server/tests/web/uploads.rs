//! Files: how large, how named, how hostile; and that nothing of them is lost, kept twice or brought to life.

use std::{convert::Infallible, error::Error, path::Path, process::Command};

use axum::body::Body;
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use http::header;
use sluice_app::assets::Assets;
use sluice_service::new_form_id;

use crate::support::{
    Answer, Browser, TestResult, World,
    cluster::settings,
    multipart::{CONTENT_TYPE, END, Part, body},
    request,
    seed::{DEVELOPER, MANAGER},
};

const LIST: &str = "/features/PAY-1/evidence";

/// The fields of a new item.
fn fields(title: &str) -> Vec<Part> {
    vec![Part::field("id", new_form_id()), Part::field("kind", "plan"), Part::field("title", title)]
}

fn item(title: &str, name: &str, bytes: impl Into<Vec<u8>>) -> Vec<Part> {
    let mut parts = fields(title);
    parts.push(Part::file(name, bytes));
    parts
}

/// Sends a body whose length nobody announced.
async fn send_stream(browser: &mut Browser, body: Body) -> TestResult<Answer> {
    let request = request("POST", LIST)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, CONTENT_TYPE)
        .body(body)?;
    browser.send(request).await
}

/// A body without a length. A piece comes at a time, as from a socket: whoever reads has to wait in between.
fn slowly<E>(pieces: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Body
where
    E: Into<Box<dyn Error + Send + Sync>> + Send + 'static,
{
    Body::from_stream(pieces.then(async |piece| {
        tokio::task::yield_now().await;
        piece
    }))
}

/// A body in small pieces, so that boundaries are split too.
fn in_pieces(bytes: &[u8]) -> Body {
    let pieces: Vec<Result<Bytes, Infallible>> = bytes
        .chunks((bytes.len() / 50).clamp(10, 10_000))
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    slowly(stream::iter(pieces))
}

async fn items(world: &World) -> TestResult<String> {
    let counts =
        "select concat_ws(' ', (select count(*) from evidence), (select count(*) from evidence_version),
                  (select count(*) from blob), (select count(*) from blob_chunk))";
    world.text(counts).await
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_with_what_was_typed() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let before = items(&world).await?;
    let limit = 1024 * 1024;
    // A little too large, with a field behind it: everything is read, and nothing typed is lost.
    let mut parts = item("Before", "a.bin", vec![7; limit + 1]);
    parts.push(Part::field("note", "Behind <b>"));
    for answer in
        [browser.upload(LIST, &parts).await?, send_stream(&mut browser, in_pieces(&body(&parts))).await?]
    {
        assert_eq!(answer.code(), 413);
        let page = answer.page();
        assert!(page.holds("title", "Before") && page.holds("note", "Behind <b>"), "what was typed is kept");
        assert_eq!(page.missing_of_error("file"), Vec::<String>::new());
    }
    // Much too large, without a length: cut off mid-stream, and what came before it is kept.
    let parts = item("Before", "a.bin", vec![7; 4 * limit]);
    let answer = send_stream(&mut browser, in_pieces(&body(&parts))).await?;
    assert_eq!(answer.code(), 413);
    assert!(answer.page().holds("title", "Before"));
    // Much too large, and honest about it: refused before a byte is read.
    assert_eq!(browser.upload(LIST, &parts).await?.code(), 413);
    assert_eq!(items(&world).await?, before, "nothing of it is kept");
    // As large as allowed.
    assert_eq!(browser.upload(LIST, &item("Fits", "a.bin", vec![7; limit])).await?.code(), 303);
    Ok(())
}

#[tokio::test]
async fn fields_may_stand_before_and_behind_the_file() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let mut before = fields("In front");
    before.extend([Part::field("target", "threat:1"), Part::file("a.txt", "a")]);
    let mut behind = vec![Part::file("b.txt", "b")];
    behind.extend(fields("Behind"));
    behind.push(Part::field("target", "threat:1"));
    for (parts, title) in [(before, "In front"), (behind, "Behind")] {
        let answer = send_stream(&mut browser, in_pieces(&body(&parts))).await?;
        assert_eq!(answer.code(), 303, "{title}");
        let page = browser.get(answer.location()).await?;
        assert!(page.text().contains(title) && page.text().contains("/threats/1"), "{title}");
    }
    // Of two files the first counts.
    let mut parts = item("Two", "first.txt", "first");
    parts.push(Part::file("second.txt", "second"));
    let answer = browser.upload(LIST, &parts).await?;
    let at = format!("{}/versions/1/download", answer.location());
    assert_eq!(browser.get(&at).await?.bytes, "first");
    Ok(())
}

#[tokio::test]
async fn a_form_that_is_no_form_of_ours_is_refused() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let before = items(&world).await?;
    for (parts, what) in
        [(item("A", "empty.txt", ""), "empty"), (fields("A"), "missing"), (item("A", "", ""), "not chosen")]
    {
        let answer = browser.upload(LIST, &parts).await?;
        assert_eq!(answer.code(), 422, "{what}");
        assert!(answer.page().holds("title", "A"), "{what}");
        assert_eq!(answer.page().missing_of_error("file"), Vec::<String>::new(), "{what}");
    }
    let whole = body(&item("A", "a.txt", "a"));
    let mut nul = fields("A");
    nul.push(Part::field("note", "a\0b"));
    let mut long = fields("A");
    long.push(Part::field("note", "x".repeat(65 * 1024)));
    let many: Vec<Part> = (0..10_000).map(|_| Part::field("a", "1")).collect();
    for (bytes, right, what) in [
        (whole[..whole.len() - END.len() - 5].to_vec(), 400, "broken off"),
        (b"nonsense".to_vec(), 400, "no parts"),
        (Vec::new(), 400, "nothing"),
        (body(&nul), 400, "NUL"),
        (body(&many), 400, "many fields"),
        (body(&long), 413, "a long field"),
    ] {
        let answer = send_stream(&mut browser, in_pieces(&bytes)).await?;
        assert_eq!(answer.code(), right, "{what}");
    }
    for kind in
        ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"]
    {
        let answer = browser.post_body(LIST, kind, whole.clone()).await?;
        assert_eq!(answer.code(), 400, "{kind}");
    }
    // A connection that breaks off stores nothing.
    let pieces = [Ok(Bytes::from(whole[..40].to_vec())), Err(std::io::Error::other("gone"))];
    assert_eq!(send_stream(&mut browser, slowly(stream::iter(pieces))).await?.code(), 400);
    assert_eq!(items(&world).await?, before);
    Ok(())
}

#[tokio::test]
async fn a_name_is_only_a_name() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let long = format!("{}.json", "n".repeat(5_000));
    for (sent, kept) in [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\win.ini", "win.ini"),
        ("..", "file"),
        ("...", "file"),
        (".htaccess", "htaccess"),
        ("/", "file"),
        ("photo\u{202E}gpj.exe", "photo_gpj.exe"),
        ("<img src=x onerror=alert(1)>.svg", "<img src=x onerror=alert(1)>.svg"),
        ("a%00.html", "a%00.html"),
        ("; rm -rf .sh", "; rm -rf .sh"),
        ("CON", "CON"),
        (&long, ""),
    ] {
        let answer = browser.upload(LIST, &item("", sent, "x")).await?;
        assert_eq!(answer.code(), 303, "{sent}: {}", answer.text());
        let number = answer.location().rsplit('/').next().ok_or("no number")?.to_owned();
        let stored = world
            .text(&format!(
                "select file_name from evidence_version v join evidence e on e.id = v.evidence_id where e.number = {number}"
            ))
            .await?;
        if kept.is_empty() {
            assert!(stored.chars().count() <= 200 && stored.ends_with("nn.json"), "{stored}");
        } else {
            assert_eq!(stored, kept, "{sent}");
        }
        let page = browser.get(answer.location()).await?;
        assert_eq!(page.page().all("img").count(), 0, "{sent}");
    }
    Ok(())
}

#[tokio::test]
async fn hostile_files_are_kept_byte_for_byte_and_stay_asleep() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, DEVELOPER).await?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/hostile");
    let mut tried = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("no name")?.to_owned();
        let bytes = std::fs::read(&path)?;
        let answer = browser.upload(LIST, &item(&name, &name, bytes.clone())).await?;
        assert_eq!(answer.code(), 303, "{name}: {}", answer.text());
        let at = answer.location().to_owned();
        let page = browser.get(&at).await?;
        assert_eq!(page.code(), 200, "{name}");
        for element in page.page().0 {
            let asleep = !["iframe", "object", "embed", "img"].contains(&element.name.as_str());
            assert!(
                asleep && !element.attributes.iter().any(|(key, _)| key.starts_with("on")),
                "{name}: {element:?}"
            );
        }
        let file = browser.get(&format!("{at}/versions/1/download")).await?;
        assert_eq!(file.bytes, bytes, "{name}");
        assert_eq!(file.header("content-type"), "application/octet-stream", "{name}");
        assert_eq!(file.header("content-security-policy"), "sandbox; default-src 'none'", "{name}");
        assert_eq!(file.header("content-encoding"), "", "{name}: as it is");
        assert!(file.header("content-disposition").starts_with("attachment;"), "{name}");
        tried += 1;
    }
    assert!(tried > 15, "{tried} samples");
    Ok(())
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_item() -> TestResult {
    let world = World::new().await?;
    let (mut here, mut there) =
        (Browser::signed_in(&world, MANAGER).await?, Browser::signed_in(&world, MANAGER).await?);
    let parts = item("Once", "a.txt", "a");
    let (first, second) = tokio::join!(here.upload(LIST, &parts), there.upload(LIST, &parts));
    let (first, second, third) = (first?, second?, here.upload(LIST, &parts).await?);
    for answer in [&first, &second, &third] {
        assert_eq!((answer.code(), answer.location()), (303, first.location()));
    }
    assert_eq!(world.text("select count(*)::text from evidence where title = 'Once'").await?, "1");
    let form_id = new_form_id();
    let product = world.seed.product.to_string();
    let form = [("id", form_id.as_str()), ("product", product.as_str()), ("title", "Once")];
    let (first, second) =
        (here.post("/features/new", &form).await?, here.post("/features/new", &form).await?);
    assert_eq!((first.code(), first.location()), (303, second.location()));
    Ok(())
}

/// Peak memory is of the whole process, so this one has a process of its own.
#[test]
fn a_gigabyte_is_refused_in_little_memory() -> TestResult {
    let output = Command::new(std::env::current_exe()?)
        .args(["--exact", "uploads::in_a_process_of_its_own", "--ignored", "--nocapture"])
        .output()?;
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    Ok(())
}

#[tokio::test]
#[ignore = "a_gigabyte_is_refused_in_little_memory runs it, alone in a process"]
async fn in_a_process_of_its_own() -> TestResult {
    const PIECE: usize = 64 * 1024;
    const MEGABYTE: u64 = 1024 * 1024;
    let world =
        World::with(settings("https://sluice.example.org", 100 * MEGABYTE)?, Assets::unbuilt()).await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let before = items(&world).await?;
    // Whatever is loaded at the first use is loaded now.
    assert_eq!(browser.upload(LIST, &item("Small", "a.bin", vec![7; 300_000])).await?.code(), 303);
    let started = items(&world).await?;
    assert_ne!(started, before);
    std::fs::write("/proc/self/clear_refs", "5")?;
    let base = peak()?;

    let head = body(&fields("A gigabyte"));
    let head = [&head[..head.len() - END.len()], Part::file("a.bin", "").head().as_bytes()].concat();
    let piece = Bytes::from(vec![7; PIECE]);
    let pieces =
        stream::repeat_with(move || Ok::<_, Infallible>(piece.clone())).take(1024 * 1024 * 1024 / PIECE);
    let whole = stream::iter([Ok(Bytes::from(head))]).chain(pieces);
    let answer = send_stream(&mut browser, slowly(whole)).await?;
    assert_eq!(answer.code(), 413);
    assert!(answer.page().holds("title", "A gigabyte"));
    let grown = peak()?.saturating_sub(base);
    assert!(grown <= 32 * 1024, "{grown} kB more than {base} kB");
    assert_eq!(items(&world).await?, started, "nothing of it is kept");
    Ok(())
}

/// The most memory that the process held since the last time it was reset, in kB.
fn peak() -> TestResult<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}
