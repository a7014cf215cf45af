use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Action, Role, WorkspaceRole};

/// What a person holds, as far as one product is concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Roles for the whole workspace.
    pub workspace: BTreeSet<WorkspaceRole>,
    /// Roles in the product in question; empty where there is none.
    pub product: BTreeSet<Role>,
}

/// Who may do an action: the roles in the product, the workspace roles, or everybody who is signed in.
struct Row {
    product: &'static [Role],
    workspace: &'static [WorkspaceRole],
    everyone: bool,
}

const TEAM: &[Role] = &[
    Role::ProductManager,
    Role::Designer,
    Role::Developer,
    Role::Qa,
    Role::ReleaseManager,
    Role::IncidentManager,
];

/// The permission matrix. There is no other place that says who may do what; `docs/permissions.txt` shows it.
const fn row(action: Action) -> Row {
    use Role::{
        Designer, Developer, IncidentManager, ProductManager, Qa, ReleaseManager, SecurityReviewer,
        Stakeholder,
    };
    use WorkspaceRole::{Administrator, Auditor};
    const fn product(product: &'static [Role]) -> Row {
        Row { product, workspace: &[], everyone: false }
    }
    const fn workspace(workspace: &'static [WorkspaceRole]) -> Row {
        Row { product: &[], workspace, everyone: false }
    }
    match action {
        Action::UseOwnAccount | Action::ReadPolicies => Row { product: &[], workspace: &[], everyone: true },
        Action::ReadProduct => Row { product: Role::ALL, workspace: &[Auditor], everyone: false },
        Action::CreateFeature
        | Action::EditFeature
        | Action::HoldFeature
        | Action::CancelFeature
        | Action::RelateFeature => product(&[ProductManager]),
        // Stakeholders do one kind of control: they acknowledge. Each control names who does it. Likewise, who writes
        // which kind of record, and who moves it to which state, the kind says.
        Action::DoControl | Action::EditRecord => {
            product(&[ProductManager, Designer, Developer, Qa, ReleaseManager, IncidentManager, Stakeholder])
        }
        // Who may sign for whom, the delegation says.
        Action::WriteComment | Action::SignForAnother => product(Role::ALL),
        Action::ManageGuides | Action::MigrateFeature => {
            Row { product: &[ProductManager], workspace: &[Administrator], everyone: false }
        }
        Action::AddEvidence | Action::RequestWaiver => product(TEAM),
        Action::EditThreatModel => product(&[ProductManager, Designer, Developer, Qa]),
        Action::AttestStandard | Action::RequestReview => {
            product(&[ProductManager, Designer, Developer, Qa, ReleaseManager])
        }
        Action::SignGate
        | Action::ReturnForChanges
        | Action::AcceptDrift
        | Action::SignOwed
        | Action::DelegateSeat => product(&[SecurityReviewer, ReleaseManager, IncidentManager]),
        Action::MoveBack => product(&[ProductManager, SecurityReviewer, ReleaseManager]),
        Action::ReleaseInEmergency | Action::ApproveWaiver => {
            product(&[ProductManager, SecurityReviewer, ReleaseManager, IncidentManager])
        }
        Action::ArchiveFeature => product(&[ProductManager, ReleaseManager]),
        // Administrators move features between versions without reading them.
        Action::ReadGrants | Action::ReadFeaturePolicy => {
            Row { product: Role::ALL, workspace: &[Administrator, Auditor], everyone: false }
        }
        Action::ManageProducts | Action::ManagePeople | Action::ManagePolicies => workspace(&[Administrator]),
        Action::ReadPolicyRuns => workspace(&[Administrator, Auditor]),
        Action::ReadHistory => workspace(&[Auditor]),
    }
}

/// Whether these grants allow the action.
#[must_use]
pub fn allowed(grants: &Grants, action: Action) -> bool {
    let row = row(action);
    row.everyone
        || row.product.iter().any(|role| grants.product.contains(role))
        || row.workspace.iter().any(|role| grants.workspace.contains(role))
}

impl Action {
    /// The product roles that allow it, for explanations ("a product manager can").
    #[must_use]
    pub const fn product_roles(self) -> &'static [Role] {
        row(self).product
    }

    /// The workspace roles that allow it.
    #[must_use]
    pub fn workspace_roles(self) -> &'static [WorkspaceRole] {
        row(self).workspace
    }
}

/// The matrix as the text that is published in `docs/permissions.txt`.
#[must_use]
pub fn golden() -> String {
    let mut columns: Vec<(&str, Grants)> = Role::ALL
        .iter()
        .map(|role| (role.code(), Grants { product: [*role].into(), ..Grants::default() }))
        .collect();
    columns.extend(
        WorkspaceRole::ALL
            .iter()
            .map(|role| (role.code(), Grants { workspace: [*role].into(), ..Grants::default() })),
    );
    columns.push(("(no role)", Grants::default()));

    let mut out = String::from(
        "# Who may do what. Written by `cargo test -p sluice-domain` (UPDATE_GOLDEN=1), compared in CI.\n\
         # A product role counts in its product only. Policies narrow control.do and gate.sign further.\n\n",
    );
    let width = Action::ALL.iter().map(|a| a.code().len()).max().unwrap_or_default();
    let _ = write!(out, "{:width$}", "action");
    for (name, _) in &columns {
        let _ = write!(out, "  {name}");
    }
    out.push('\n');
    for action in Action::ALL {
        let _ = write!(out, "{:width$}", action.code());
        for (name, grants) in &columns {
            let mark = if allowed(grants, *action) { "yes" } else { "-" };
            let _ = write!(out, "  {mark:<w$}", w = name.len());
        }
        while out.ends_with(' ') {
            out.pop();
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_writes_nothing() {
        let auditor = Grants { workspace: [WorkspaceRole::Auditor].into(), ..Grants::default() };
        let may: Vec<&str> =
            Action::ALL.iter().filter(|a| allowed(&auditor, **a)).map(|a| a.code()).collect();
        assert_eq!(
            may,
            [
                "account.use",
                "policy.read",
                "product.read",
                "feature.read-policy",
                "policies.read-runs",
                "grants.read",
                "history.read"
            ]
        );
    }

    #[test]
    fn the_published_matrix_is_the_one_in_force() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/permissions.txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(path, golden()).expect("docs/permissions.txt is written");
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            published,
            golden(),
            "run UPDATE_GOLDEN=1 cargo test -p sluice-domain and review the difference"
        );
    }
}
