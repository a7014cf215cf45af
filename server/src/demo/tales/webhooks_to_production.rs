//! Testing and release of the webhook signatures: signed by security, waiting for the release manager.

use sluice_domain::{policy::EvidenceKind as Kind, threat::ThreatStatus};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Done, Treat},
        Step,
        Who::{Ana, Ben, Chi, Dana, Gita, Ines},
        approve, prove,
    },
};

pub(super) const TO_PRODUCTION: &[Step] = &[
    (
        at(17, 10, 0),
        Gita,
        prove("webhook-test-plan.md", Kind::Plan, "Test plan", "", &["control:testing/test-plan"]),
    ),
    (
        at(14, 13, 0),
        Gita,
        prove(
            "eslint-9.26.0-suppressions-insource.sarif",
            Kind::StaticAnalysis,
            "Static analysis of the delivery console",
            "Seven results: four are suppressed in the source with a reason, three are unused variables \
             and an empty style rule. None concerns security.",
            &["control:testing/static-code-analysis"],
        ),
    ),
    (
        at(14, 13, 30),
        Gita,
        prove(
            "zap-2.17.0-systemic.json",
            Kind::DynamicScan,
            "Scan of endpoint and delivery console in staging",
            "Three low alerts about version headers, which hardening removes, and one note about caching.",
            &["control:testing/dynamic-scanning"],
        ),
    ),
    (
        at(13, 14, 20),
        Gita,
        prove(
            "webhook-system-tests.xml",
            Kind::TestReport,
            "System tests against the acquirer's simulator",
            "Second run, after the fixes: seven tests, all green. The load test stays below 180 ms.",
            &[
                "control:testing/test-results",
                "control:testing/fixes-validated",
                "threat:1",
                "threat:2",
                "threat:3",
            ],
        ),
    ),
    (
        at(13, 14, 40),
        Gita,
        Done(
            "findings-addressed",
            "The first run accepted a delivery that was dated in the future; fixed in !331. The scan \
             showed version headers: removed by hardening in staging and production. Nothing else was \
             found.",
        ),
    ),
    (
        at(13, 15, 0),
        Gita,
        Done(
            "testing-documented",
            "Gita Rao tested on the integration environment and in staging, with the simulator 3.2 and \
             the plan attached here. Two runs of the system tests, one scan, one load test. The data sets \
             are in the test repository under webhooks.",
        ),
    ),
    (at(13, 15, 10), Gita, Treat(1, ThreatStatus::Verified)),
    (at(13, 15, 11), Gita, Treat(2, ThreatStatus::Verified)),
    (at(13, 15, 12), Gita, Treat(3, ThreatStatus::Verified)),
    (at(13, 15, 20), Gita, Ask),
    (
        at(10, 11, 35),
        Ben,
        approve(
            "The second run covers the delivery from the future. All four threats are treated, three of \
             them shown by a test.",
        ),
    ),
    (
        at(9, 9, 30),
        Dana,
        Done(
            "secure-configuration",
            "The service does not start without its key file, which only its own account can read. Debug \
             endpoints are off. The switch that lets unsigned deliveries through exists in tests only.",
        ),
    ),
    (
        at(9, 9, 50),
        Dana,
        prove(
            "webhook-hardening.csv",
            Kind::Configuration,
            "Check against the hardening baseline, in staging and production",
            "All eight points are met.",
            &["control:release/hardening"],
        ),
    ),
    (
        at(9, 10, 10),
        Dana,
        prove(
            "slsa-v1-sigstore-bundle.intoto.jsonl",
            Kind::Provenance,
            "Signed provenance of the build",
            "Made and signed by the build service, with the digest of the artefact.",
            &["control:release/signed-artefacts"],
        ),
    ),
    (
        at(9, 10, 14),
        Dana,
        prove(
            "trivy-npm-1.7.json",
            Kind::Sbom,
            "Bill of materials of the delivery console",
            "Twelve packages. One known vulnerability of medium severity (CVE-2019-11358 in jquery): the \
             console passes it no foreign objects; the update is planned.",
            &["control:release/bill-of-materials"],
        ),
    ),
    (
        at(9, 10, 40),
        Dana,
        Done(
            "update-path",
            "A fix goes out with the next release of checkout, or alone within two hours by the fast \
             lane. Hosts check the signature before they install. The step back is the release before, \
             tried in staging.",
        ),
    ),
    (
        at(9, 11, 30),
        Ines,
        prove(
            "payments-incident-plan.md",
            Kind::Runbook,
            "Incident response plan of Payments",
            "Point 3 covers refused deliveries and leaked keys.",
            &["control:release/incident-response-plan"],
        ),
    ),
    (
        at(9, 13, 20),
        Ines,
        prove(
            "webhook-alerts.yaml",
            Kind::Monitoring,
            "Alert rules",
            "Refusals, silence and the age of keys. The first two page the engineer on call.",
            &["control:release/monitoring-in-place"],
        ),
    ),
    (
        at(8, 10, 30),
        Gita,
        prove(
            "webhook-staging-tests.xml",
            Kind::TestReport,
            "Tests in staging",
            "Five tests on the artefacts that go to production, all green. The rotation of keys lost no \
             delivery.",
            &["control:release/staging", "threat:4"],
        ),
    ),
    (at(8, 10, 40), Gita, Treat(4, ThreatStatus::Verified)),
    (
        at(8, 11, 15),
        Ana,
        prove(
            "webhook-release-notes.md",
            Kind::ReleaseNotes,
            "Release notes of checkout 4.22",
            "",
            &["control:release/release-notes"],
        ),
    ),
    (
        at(2, 14, 30),
        Ines,
        Done(
            "production-watched",
            "Deployed five working days ago and watched since: 48,000 deliveries accepted, 312 refused. \
             Of these 309 came from a scanner, three from the acquirer's old data centre, which had the \
             wrong clock; the acquirer corrected it. No alert at night.",
        ),
    ),
    (
        at(2, 14, 50),
        Dana,
        Done(
            "vulnerability-triage",
            "One entry since the deployment: CVE-2019-11358 in jquery of the delivery console, medium, \
             due in 60 days, planned for checkout 4.23. No others.",
        ),
    ),
    (at(2, 15, 0), Dana, Ask),
    (
        at(1, 11, 50),
        Chi,
        approve(
            "Hardening, alerts and the rotation in staging are all there. The 312 refusals are explained.",
        ),
    ),
];
