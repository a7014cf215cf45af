//! Files that people attach.

use sluice_domain::{
    policy::EvidenceKind,
    threat::{
        Severity::{Critical, High, Medium},
        Stride::{DenialOfService, ElevationOfPrivilege, InformationDisclosure, Tampering},
    },
};

use super::{CHECKS, EVERYTHING, SHIPPING};
use crate::demo::{
    calendar::at,
    outline::{BLANK, Decision, Finding, Notice, Outline, Plan, Release, Stand, does, keeps, threat},
    script::{
        Act::{Say, Watch},
        Who::{Chi, Hugo, Leo},
    },
};

pub(super) static UPLOAD: Outline = Outline {
    product: "SLU",
    title: "Upload of evidence",
    description: "Reports, plans and scans are attached to what they prove: by a form, by dropping them \
         on the page, by pasting. \
                  They stay what they were, byte for byte, and nothing of them ever runs.",
    owner: Leo,
    builder: Leo,
    due: Some(2),
    days: &[100, 94, 86, 62, 16],
    stand: Stand::Begun(100),
    remarks: &[
        "",
        "Hash on the way in and on the way out. Good.",
        "",
        "Two hundred uploads at once in half a gigabyte: seen it myself.",
    ],
    risk: (&["exposed", "code", "personal-data"], "Files of others are the most hostile input that we take."),
    plan: Plan {
        scope: "Files up to 100 MiB, kept in the database under their digest, as versions that supersede \
             each other. Left out: \
                reading what is in them, scanning for viruses.",
        goals: "A file comes back as it went in after a year. No file takes the server's memory, and \
             none runs in a browser.",
        resources: "Leo Novak builds, Sam Keller reads, Gita Rao collects hostile files; Ben Ode and Chi \
             Ito review. Four weeks.",
        timeline: "With 0.3",
        market: "Without it evidence is a link that breaks.",
    },
    functional: &[
        does(
            "A file is attached by form, by drop and by paste, and works without JavaScript",
            "Three journeys, and one with scripts off.",
        ),
        does(
            "A new file supersedes the one before, and both can be fetched",
            "The first version has the digest that it had.",
        ),
        does("A file can prove several controls and threats", "It stands at each of them."),
    ],
    starters: &["upload-size", "upload-inert", "upload-names"],
    security: &[
        keeps(
            "authentication",
            "Only people who are signed in and have a role in the product attach and fetch",
            "A link that was passed on leads to the sign-in page.",
        ),
        keeps(
            "data-encryption",
            "Stored bytes are those that were uploaded, or the download breaks off",
            "A changed piece in the database is noticed before the last byte is sent.",
        ),
        keeps(
            "secure-communication",
            "Files leave as attachments with a policy that lets nothing run",
            "Content type octet-stream, sandbox, nosniff.",
        ),
        keeps(
            "availability",
            "A slow upload holds no connection of the database",
            "Fifty slow clients, and pages answer as before.",
        ),
    ],
    testing: EVERYTHING,
    notices: &[
        Notice {
            audience: "marketing",
            text: "From 0.3 on evidence is kept in Sluice itself. The limit is 100 MiB a file.",
            answer: Some("Good. We drop the sentence about links."),
        },
        Notice {
            audience: "support",
            text: "A file that is too large is refused with the limit in the text. Nothing is opened on \
                 the server.",
            answer: Some("Clear."),
        },
    ],
    design: (
        "The body streams into an unlinked file and through SHA-256 at once; the limit holds at each \
             write. Then one short \
         transaction copies it in pieces, with item, version and event.",
        "Limit while streaming; names are text; content under its digest; downloads sandboxed; 32 \
             uploads at a time.",
    ),
    picture: Some(("0004-evidence-in-postgresql.md", "Decision on storing evidence, with the way of a file")),
    model: [
        "Form, spool, pieces in the database, download. Worth protecting: the bytes, the server's \
             memory, and everybody's \
         browser. Boundaries: browser to server, server to database.",
        "Exhaustion (T-1), scripts in files (T-2), names as paths (T-3), changed bytes (T-4), strangers \
             who fetch (T-5). STRIDE \
         along the way of a file, and forty hostile files from public collections.",
        "Count while streaming, keep under the digest, send as an attachment that nothing may open.",
        "Chi asked for the slow clients. Fifty of them are a test now.",
    ],
    threats: &[
        threat(
            "Large or endless uploads fill memory and disk",
            "Spool",
            DenialOfService,
            High,
            "A length can be announced wrongly or not at all.",
            "The limit holds at every write; 32 uploads at a time; the file has no name and goes with \
                 its process.",
            Leo,
        ),
        threat(
            "A web page that was uploaded runs in a reviewer's browser",
            "Download",
            ElevationOfPrivilege,
            Critical,
            "It would sign with the reviewer's session.",
            "Attachment, octet-stream, nosniff, and a sandbox policy of its own; signing asks for the \
                 password.",
            Leo,
        ),
        threat(
            "A name leads out of the folder",
            "File name",
            Tampering,
            High,
            "../../etc is older than most of us.",
            "Names are texts. Content is stored under its digest, in the database.",
            Leo,
        ),
        threat(
            "Stored bytes change",
            "Pieces in the database",
            Tampering,
            High,
            "A disk, or somebody with the owner's password.",
            "Digests are compared at each download; the tables are append-only.",
            Leo,
        ),
        threat(
            "Somebody without a role fetches a report",
            "Download",
            InformationDisclosure,
            Medium,
            "Reports name weaknesses that are not fixed yet.",
            "Each request asks for the role in the product; what is not theirs does not exist.",
            Leo,
        ),
    ],
    decisions: &[Decision {
        title: "Evidence lives in the database, spooled first",
        context: "One store, one backup, one transaction; and slow clients.",
        decision: "An unlinked file takes the upload, a short transaction the bytes in pieces of 256 KiB \
             (ADR 0004).",
        alternatives: "Files on a disk or in an object store, which drift apart from the record.",
        implementation: "service/src/evidence/spool.rs and store.rs; http/body.rs for the limit.",
        verification: "web uploads::* and http bodies::*; memory is measured while a gigabyte is refused.",
    }],
    countermeasures: "T-1 limits (a gigabyte is refused in little memory), T-2 headers (hostile files \
         stay asleep), T-3 names as text \
                      (a name is only a name), T-4 digests (a changed piece), T-5 roles (sweep of every \
                      route). Nothing is accepted.",
    changes: &[
        (61, "Spool with a limit at each write"),
        (64, "Pieces and versions"),
        (70, "Downloads that nothing opens"),
        (77, "Drop zone as an island"),
    ],
    checks: CHECKS,
    method: (
        "Requests against the real server with hostile files, in a container with little memory.",
        "Forty files from public collections, a client that lies, fifty that are slow.",
    ),
    reports: &[("sluice-evidence-tests.xml", "Requests with hostile files", "")],
    findings: &[Finding {
        severity: "medium",
        title: "An early answer reached the client as a reset",
        description: "Refusing before the body was read made some browsers show an error of their own.",
        fix: "What follows is read away, up to a bound, before the answer closes.",
        validation: "Three browsers show our page.",
    }],
    summary: (
        "Gita Rao, with forty hostile files and two hundred uploads at once in 512 MiB.",
        "Nothing ran, nothing was lost, one finding fixed.",
    ),
    documents: &[(2, "traps.md", EvidenceKind::Design, "Traps of the libraries, and what closes each")],
    release: Release {
        settings: "SLUICE_MAX_UPLOAD_MIB is 100 by default. The spool's folder is the system's, and its \
             files have no names.",
        artefact: "sluice:0.3.0",
        staging: "The forty files went in and came back; two hundred at once took 340 MiB.",
        notes: "Evidence is attached by form, drop or paste, and kept byte for byte.",
        known: "Files are not scanned, and not looked into yet.",
        production: "The first 120 files have the digests that their owners computed.",
        ..SHIPPING
    },
    then: &[
        (at(4, 9, 15), Hugo, Watch),
        (
            at(2, 10, 40),
            Chi,
            Say("@Ines Costa when you write what you saw: please name the largest file and the memory at \
                     that moment."),
        ),
        (
            at(1, 11, 30),
            Leo,
            Say("It was 97 MiB at 210 MiB of memory. @Ines Costa the graph is on the dashboard."),
        ),
    ],
    ..BLANK
};
