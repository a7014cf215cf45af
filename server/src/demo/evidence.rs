//! The files that the story attaches. `evidence/README.md` says where each comes from and under which licence.

/// Names and bytes, from the folder beside this module.
macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!($folder, $name)))),*]
    };
}

/// A file's name and its bytes.
type File = (&'static str, &'static [u8]);

const FILES: &[File] = files![
    "evidence/":
    "attempt-limit-reviews.csv",
    "attempt-limit-scan.sarif",
    "card-expiry-release-notes.md",
    "card-expiry-reviews.csv",
    "card-expiry-scan.sarif",
    "card-expiry-tests.xml",
    "components.openvex.json",
    "decline-scan.sarif",
    "decline-tests.xml",
    "dependency-scan.json",
    "eslint-9.26.0-suppressions-insource.sarif",
    "gotestsum.xml",
    "grype-demo2.openvex.json",
    "idle-session-reviews.csv",
    "idle-session-scan.sarif",
    "idle-session-tests-second-run.xml",
    "maintenance-notice-release-notes.md",
    "maintenance-notice-reviews.csv",
    "maintenance-notice-scan.sarif",
    "maintenance-notice-tests.xml",
    "payment-retry-release-notes.md",
    "payment-retry-reviews.csv",
    "payment-retry-scan.sarif",
    "payment-retry-tests.xml",
    "payments-incident-plan.md",
    "pytest-fail.xml",
    "refund-plan.md",
    "settlement-network-scan.md",
    "settlement-scan.sarif",
    "settlement-tests.xml",
    "slsa-v1-sigstore-bundle.intoto.jsonl",
    "sluice-attack-notes.md",
    "sluice-clippy.sarif",
    "sluice-evidence-tests.xml",
    "sluice-gate-tests.xml",
    "sluice-history-tests.xml",
    "sluice-policy-tests.xml",
    "sluice-route-sweep.md",
    "sluice-sessions-tests.xml",
    "sluice-sign-in-tests.xml",
    "statements-to-records.md",
    "survey-tests.xml",
    "threat-dragon-demo-v2.json",
    "tokenisation-plan.md",
    "tokenisation-security-testing.md",
    "trivy-alpine-310.sarif",
    "trivy-julia-2.3.json",
    "trivy-npm-1.7.json",
    "voucher-tests.xml",
    "webhook-alerts.yaml",
    "webhook-branch-protection.json",
    "webhook-design.md",
    "webhook-hardening.csv",
    "webhook-release-notes.md",
    "webhook-reviews.csv",
    "webhook-security-testing.md",
    "webhook-staging-tests.xml",
    "webhook-system-tests.xml",
    "webhook-test-plan.md",
    "webhook-unit-tests.xml",
    "zap-2.17.0-systemic.json",
];

/// Sluice's own evidence: files of this very repository.
const DOCUMENTS: &[File] = files!["../../../docs/": "asvs.md", "permissions.txt", "routes.txt", "traps.md"];
const DECISIONS: &[File] = files![
    "../../../docs/adr/":
    "0002-permits-events-and-the-wall-in-the-database.md",
    "0004-evidence-in-postgresql.md",
    "0006-sessions.md",
    "0008-settle-is-the-only-door.md",
];
const ROOT: &[File] = files!["../../../": "Cargo.lock"];

fn all() -> impl Iterator<Item = &'static File> {
    FILES.iter().chain(DOCUMENTS).chain(DECISIONS).chain(ROOT)
}

/// The bytes of a file.
pub(super) fn bytes(name: &str) -> Option<&'static [u8]> {
    all().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes)
}

/// The media type that a browser would send with it.
pub(super) fn media_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "csv" => "text/csv",
        "json" => "application/json",
        "lock" | "txt" => "text/plain",
        "md" => "text/markdown",
        "xml" => "text/xml",
        "yaml" => "application/yaml",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{super::script::Act, *};
    use crate::demo::tales;

    #[test]
    fn every_file_is_used_and_every_file_that_is_used_is_there() {
        let stories = tales::all();
        let used: BTreeSet<&str> = stories
            .iter()
            .flat_map(|story| &story.steps)
            .filter_map(|(_, _, act)| match act {
                Act::Prove(proof) => Some(proof.file),
                Act::Supersede(_, file, _) => Some(*file),
                _ => None,
            })
            .collect();
        let there: BTreeSet<&str> = all().map(|(name, _)| *name).collect();
        assert_eq!(used, there);
    }
}
