//! How far a policy version covers a framework: read, and as a table for spreadsheets.

use std::sync::Arc;

use sluice_domain::{
    csv::inert,
    policy::{Coverage, CoverageEntry, PlacedControl, Tier, coverage},
};

use super::LoadedPolicy;
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
};

const COLUMNS: [&str; 8] =
    ["framework", "practice", "title", "covered", "phase", "control", "control_title", "tiers"];

impl Service {
    /// How far a policy version covers a framework that comes with Sluice, or one of its own.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such version, or its controls cannot name such a framework.
    pub async fn policy_coverage(
        &self,
        actor: &Actor,
        key: &str,
        version: &str,
        framework: &str,
    ) -> Result<(Arc<LoadedPolicy>, Coverage)> {
        let loaded = self.policy(actor, key, version).await?;
        let framework = loaded.policy.framework(framework).ok_or(Error::NotFound)?;
        let coverage = coverage(&loaded.policy, framework);
        Ok((loaded, coverage))
    }
}

/// The coverage as a table: a row for each practice and control, one without control for a gap. Headings are left out.
/// Then the controls that serve no practice.
///
/// # Errors
/// None that a table in memory can have.
pub fn coverage_csv(coverage: &Coverage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
    writer.write_record(COLUMNS).map_err(Error::internal)?;
    let practices = coverage.entries.iter().filter(|entry| entry.heads.is_none());
    let rows = practices.flat_map(|entry| rows(&coverage.key, entry));
    let without = coverage.without.iter().map(|placed| row(&coverage.key, None, Some(placed)));
    for row in rows.chain(without) {
        writer.write_record(row.iter().map(|cell| inert(cell).into_owned())).map_err(Error::internal)?;
    }
    writer.flush().map_err(Error::internal)?;
    drop(writer);
    Ok(bytes)
}

fn rows(framework: &str, entry: &CoverageEntry) -> Vec<[String; COLUMNS.len()]> {
    if entry.controls.is_empty() {
        return vec![row(framework, Some(entry), None)];
    }
    entry.controls.iter().map(|placed| row(framework, Some(entry), Some(placed))).collect()
}

fn row(
    framework: &str,
    entry: Option<&CoverageEntry>,
    placed: Option<&PlacedControl>,
) -> [String; COLUMNS.len()] {
    let covered = entry.map(|_| if placed.is_some() { "yes" } else { "no" });
    let tiers = placed.map(|placed| placed.tiers.iter().map(Tier::code).collect::<Vec<_>>().join(" "));
    [
        framework.to_owned(),
        entry.map(|entry| entry.practice.id.clone()).unwrap_or_default(),
        entry.map(|entry| entry.practice.title.clone()).unwrap_or_default(),
        covered.unwrap_or_default().to_owned(),
        placed.map(|placed| placed.phase.to_string()).unwrap_or_default(),
        placed.map(|placed| placed.control.to_string()).unwrap_or_default(),
        placed.map(|placed| placed.title.clone()).unwrap_or_default(),
        tiers.unwrap_or_default(),
    ]
}

#[cfg(test)]
mod tests {
    use sluice_domain::policy::{BUILT_IN, parse};

    use super::*;

    fn table(framework: &str) -> String {
        let mut policy = parse(BUILT_IN).unwrap();
        policy.phases[0].controls[0].title = "=1+1".to_owned();
        let coverage = coverage(&policy, policy.framework(framework).unwrap());
        String::from_utf8(coverage_csv(&coverage).unwrap()).unwrap()
    }

    #[test]
    fn each_practice_has_a_row_for_each_control() {
        let csv = table("ssdf");
        let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
        assert_eq!(lines[0], COLUMNS.join(","));
        let about = |id: &str| lines.iter().filter(|line| line.starts_with(&format!("ssdf,{id},"))).count();
        assert_eq!((about("PW.9.1"), about("PO.5.2"), about("PW.9")), (2, 1, 0), "{csv}");
        assert!(csv.contains(",no,,,,\r\n"), "{csv}");
        assert!(csv.contains(",yes,release,hardening,"), "{csv}");
        assert!(csv.contains("\r\nssdf,,,,requirements,scope-and-goals,"), "{csv}");
    }

    #[test]
    fn no_cell_is_a_formula() {
        assert!(table("samm").contains(",'=1+1,"));
    }
}
