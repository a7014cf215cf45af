//! The browser bundle: islands, style sheet and icon under hashed names, with compressed copies and a manifest.

mod islands;
mod site;
mod style;
mod toolchain;

use std::{fs, time::Instant};

use anyhow::{Context, Result};

use crate::workspace::{root, target};
use site::Site;

/// Builds what is out of date. The steps do not depend on each other: a change of style compiles nothing.
pub(crate) fn run() -> Result<()> {
    let start = Instant::now();
    let mut site = Site::open(&target().join("site"))?;

    let style = root().join("style");
    site.put("main.css", style::bundle(&style.join("main.css"))?.as_bytes())?;
    let icon = style.join("icon.svg");
    site.put("icon.svg", &fs::read(&icon).with_context(|| format!("cannot read {}", icon.display()))?)?;

    let islands = islands::build()?;
    let wasm = site.put("islands.wasm", &islands.wasm)?;
    let module = site.put("islands.js", islands.module.as_bytes())?;
    let loader = root().join("frontend/hydrate.js");
    let loader = fs::read_to_string(&loader).with_context(|| format!("cannot read {}", loader.display()))?;
    site.put("hydrate.js", link(&loader, &module, &wasm)?.as_bytes())?;

    let summary = site.finish()?;
    println!("{summary}bundle ready in {:.1} s", start.elapsed().as_secs_f32());
    Ok(())
}

/// Puts the hashed names into the loader.
fn link(loader: &str, module: &str, wasm: &str) -> Result<String> {
    let mut linked = loader.to_owned();
    for (name, hashed) in [("\"./islands.js\"", module), ("\"./islands.wasm\"", wasm)] {
        anyhow::ensure!(linked.matches(name).count() == 1, "hydrate.js has to name {name} exactly once");
        linked = linked.replace(name, &format!("\"./{hashed}\""));
    }
    Ok(linked)
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn the_loader_gets_the_hashed_names() {
        let loader = r#"import init from "./islands.js"; init(new URL("./islands.wasm"))"#;
        let linked = link(loader, "islands-1.js", "islands-2.wasm").unwrap();
        assert_eq!(linked, r#"import init from "./islands-1.js"; init(new URL("./islands-2.wasm"))"#);
        assert!(link("import './islands.js'", "a", "b").is_err());
    }
}
