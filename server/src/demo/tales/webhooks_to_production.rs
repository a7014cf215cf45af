//! Testing and release of the webhook signatures: signed by security, waiting for the release manager.

use sluice_domain::{
    policy::EvidenceKind as Kind,
    record::{ListKind, RecordKind},
    threat::ThreatStatus,
};

use crate::demo::{
    calendar::at,
    script::{
        Act::{Ask, Done, Treat},
        Said::{Digest, Is, LastEvidence, On, Points, T},
        Step,
        Who::{Ana, Ben, Chi, Dana, Gita, Ines, Sam},
        approve, edit, prove, record,
    },
};

pub(super) const TO_PRODUCTION: &[Step] = &[
    (at(38, 10, 0), Gita, prove("webhook-test-plan.md", Kind::Plan, "Test plan", "", &[])),
    (
        at(38, 10, 0),
        Gita,
        record(
            RecordKind::TestPlan,
            "",
            &[
                (
                    "method",
                    T("Unit, system and load tests, as for every endpoint that is open to the internet."),
                ),
                (
                    "plan",
                    T("Unit: signature, replay and body rules. System: against the simulator of the \
                     acquirer, with forged, repeated, late and oversized deliveries, and while a key is \
                     replaced. Load: ten thousand forged deliveries a minute. Done when all pass twice in \
                     a row."),
                ),
            ],
        ),
    ),
    (
        at(30, 13, 0),
        Gita,
        prove(
            "eslint-9.26.0-suppressions-insource.sarif",
            Kind::StaticAnalysis,
            "Static analysis of the delivery console",
            "Seven results: four are suppressed in the source with a reason, three are unused variables \
             and an empty style rule. None concerns security.",
            &[],
        ),
    ),
    (
        at(30, 13, 0),
        Gita,
        edit(
            RecordKind::SecurityTest,
            1,
            "passed",
            &[("result", T("Seven results, none of which concerns security.")), ("evidence", LastEvidence)],
        ),
    ),
    (
        at(30, 13, 30),
        Gita,
        prove(
            "zap-2.17.0-systemic.json",
            Kind::DynamicScan,
            "Scan of endpoint and delivery console in staging",
            "Three low alerts about version headers, which hardening removes, and one note about caching.",
            &[],
        ),
    ),
    (
        at(30, 13, 30),
        Gita,
        edit(
            RecordKind::SecurityTest,
            2,
            "passed",
            &[
                ("result", T("Three low alerts about version headers, which hardening removes.")),
                ("evidence", LastEvidence),
            ],
        ),
    ),
    (
        at(29, 14, 20),
        Gita,
        prove(
            "webhook-system-tests.xml",
            Kind::TestReport,
            "System tests against the acquirer's simulator",
            "Second run, after the fixes: seven tests, all green. The load test stays below 180 ms.",
            &["control:testing/test-results", "threat:1", "threat:2", "threat:3"],
        ),
    ),
    (
        at(29, 14, 40),
        Gita,
        record(
            RecordKind::Finding,
            "A delivery from the future is accepted",
            &[
                ("severity", T("high")),
                (
                    "description",
                    T("The first run accepted a delivery that was dated two hours in the future: it could \
                     have been sent again for as long."),
                ),
                ("owner", Is(Sam)),
            ],
        ),
    ),
    (
        at(29, 14, 40),
        Gita,
        record(
            RecordKind::Finding,
            "Version headers in answers",
            &[
                ("severity", T("low")),
                ("description", T("Answers name the server and its version.")),
                ("source", T("S-2")),
                ("owner", Is(Dana)),
            ],
        ),
    ),
    (
        at(29, 14, 42),
        Sam,
        edit(
            RecordKind::Finding,
            1,
            "fixed",
            &[
                ("fix", T("Time stamps have to be within five minutes in both directions.")),
                ("change", T("C-2")),
            ],
        ),
    ),
    (
        at(29, 14, 45),
        Dana,
        edit(
            RecordKind::Finding,
            2,
            "fixed",
            &[("fix", T("The proxy removes them in staging and production."))],
        ),
    ),
    (
        at(29, 14, 50),
        Gita,
        edit(
            RecordKind::Finding,
            1,
            "validated",
            &[("validation", T("The delivery from the future is refused in the second run."))],
        ),
    ),
    (
        at(29, 14, 52),
        Gita,
        edit(RecordKind::Finding, 2, "validated", &[("validation", T("Gone in a second scan of staging."))]),
    ),
    (
        at(29, 15, 0),
        Gita,
        record(
            RecordKind::TestSummary,
            "",
            &[
                (
                    "activities",
                    T("Gita Rao tested on the integration environment and in staging, with the simulator \
                     3.2 and the plan attached here. Two runs of the system tests, one scan, one load \
                     test. The data sets are in the test repository under webhooks."),
                ),
                (
                    "results",
                    T("All tests of the second run are green, and both findings are fixed and validated. \
                     Nothing stays open."),
                ),
                ("evidence", T("S-1, S-2, F-1, F-2")),
            ],
        ),
    ),
    (at(29, 15, 10), Gita, Treat(1, ThreatStatus::Verified)),
    (at(29, 15, 11), Gita, Treat(2, ThreatStatus::Verified)),
    (at(29, 15, 12), Gita, Treat(3, ThreatStatus::Verified)),
    (at(29, 15, 20), Gita, Ask),
    (
        at(26, 11, 35),
        Ben,
        approve(
            "The second run covers the delivery from the future. All four threats are treated, three of \
             them shown by a test.",
        ),
    ),
    (
        at(14, 9, 30),
        Dana,
        record(
            RecordKind::Hardening,
            "",
            &[
                (
                    "settings",
                    T("The service does not start without its key file, which only its own account can \
                     read. Debug endpoints are off. The switch that lets unsigned deliveries through \
                     exists in tests only."),
                ),
                ("hardening", Points(ListKind::Hardening, &[])),
                (
                    "distribution",
                    T("Images travel from the build to the registry and to the hosts over TLS; hosts check \
                     the signature before they start one."),
                ),
            ],
        ),
    ),
    (
        at(14, 9, 50),
        Dana,
        prove(
            "webhook-hardening.csv",
            Kind::Configuration,
            "Check against the hardening baseline, in staging and production",
            "All eight points are met.",
            &[],
        ),
    ),
    (
        at(14, 10, 10),
        Dana,
        prove(
            "slsa-v1-sigstore-bundle.intoto.jsonl",
            Kind::Provenance,
            "Signed provenance of the build",
            "Made and signed by the build service, with the digest of the artefact.",
            &[],
        ),
    ),
    (
        at(14, 10, 14),
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
        at(14, 10, 14),
        Dana,
        record(
            RecordKind::Artefact,
            "checkout:4.22.0",
            &[
                ("digest", Digest("checkout:4.22.0")),
                ("location", T("registry.example.org/payments")),
                ("signature", T("Signed by the build service; the bundle is E-13.")),
                ("signer", T("build@example.org")),
                ("evidence", LastEvidence),
            ],
        ),
    ),
    (
        at(14, 11, 30),
        Ines,
        prove(
            "payments-incident-plan.md",
            Kind::Runbook,
            "Incident response plan of Payments",
            "Point 3 covers refused deliveries and leaked keys.",
            &[],
        ),
    ),
    (
        at(14, 11, 30),
        Ines,
        record(
            RecordKind::Operations,
            "",
            &[
                (
                    "updates",
                    T("A fix goes out with the next release of checkout, or alone within two hours by the \
                     fast lane. Hosts check the signature before they install. The step back is the \
                     release before, tried in staging."),
                ),
                (
                    "incident",
                    T("The incident response plan of Payments; its point 3 covers refused deliveries and \
                     leaked keys. Ines Costa leads."),
                ),
                ("monitor", Is(Ines)),
                (
                    "signals",
                    T("Alerts WebhookRefusals, WebhookSilence and WebhookKeyAge; the first two page the \
                     engineer on call."),
                ),
                (
                    "triage",
                    T("Dana Wu triages: critical within a day, high within a week, the rest within sixty \
                     days."),
                ),
            ],
        ),
    ),
    (
        at(14, 13, 20),
        Ines,
        prove(
            "webhook-alerts.yaml",
            Kind::Monitoring,
            "Alert rules",
            "Refusals, silence and the age of keys. The first two page the engineer on call.",
            &[],
        ),
    ),
    (
        at(13, 9, 5),
        Dana,
        record(
            RecordKind::Promotion,
            "",
            &[
                ("environment", T("staging")),
                ("artefacts", T("A-1")),
                ("on", On(at(13, 9, 0))),
                ("nature", T("Incoming webhooks have to be signed.")),
            ],
        ),
    ),
    (
        at(13, 10, 30),
        Gita,
        prove(
            "webhook-staging-tests.xml",
            Kind::TestReport,
            "Tests in staging",
            "Five tests on the artefacts that go to production, all green. The rotation of keys lost no \
             delivery.",
            &["threat:4"],
        ),
    ),
    (
        at(13, 10, 30),
        Gita,
        edit(
            RecordKind::Promotion,
            1,
            "verified",
            &[
                (
                    "observed",
                    T("Five tests on the very artefacts that go to production, all green. The rotation of \
                     keys lost no delivery."),
                ),
                ("evidence", LastEvidence),
            ],
        ),
    ),
    (at(13, 10, 40), Gita, Treat(4, ThreatStatus::Verified)),
    (
        at(13, 11, 15),
        Ana,
        prove("webhook-release-notes.md", Kind::ReleaseNotes, "Release notes of checkout 4.22", "", &[]),
    ),
    (
        at(13, 11, 15),
        Ana,
        record(
            RecordKind::ReleaseNotes,
            "",
            &[
                (
                    "notes",
                    T("Every incoming webhook has to carry a valid signature of at most five minutes of \
                     age. Two signing keys can be active at once."),
                ),
                ("known", T("The delivery console shows times in UTC only.")),
                ("release", T("checkout 4.22")),
            ],
        ),
    ),
    (
        at(7, 9, 10),
        Dana,
        record(
            RecordKind::Promotion,
            "",
            &[
                ("environment", T("production")),
                ("artefacts", T("A-1")),
                ("on", On(at(7, 9, 0))),
                ("nature", T("Incoming webhooks have to be signed.")),
            ],
        ),
    ),
    (
        at(7, 10, 20),
        Gita,
        edit(
            RecordKind::Promotion,
            2,
            "verified",
            &[(
                "observed",
                T("The first thousand deliveries were accepted; a forged one of ours was refused and \
                     raised the alert."),
            )],
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
