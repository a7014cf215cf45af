//! Every route of Sluice, with who may take it.

use sluice_domain::access::Action::{
    AcceptDrift, AddEvidence, ApproveWaiver, ArchiveFeature, AttestStandard, CancelFeature, CreateFeature,
    DelegateSeat, DoControl, EditFeature, EditRecord, EditThreatModel, HoldFeature, ManageGuides,
    ManagePeople, ManagePolicies, ManageProducts, MigrateFeature, MoveBack, ReadFeaturePolicy, ReadGrants,
    ReadHistory, ReadPolicies, ReadPolicyRuns, ReadProduct, RelateFeature, ReleaseInEmergency, RequestReview,
    RequestWaiver, ReturnForChanges, SignGate, SignOwed, UseOwnAccount, WriteComment,
};

use super::{
    Access::{Action as Only, Public},
    Route, health,
};
use crate::pages::{
    access, account, archive, comments, course, delegations, drift, evidence, features, guides, history,
    notifications, owed, paper, people, phases, policies, preview, products, records, relations, review,
    risk, search, take_up, threats, views, waivers, work,
};

/// The table. Assets and the reports of browsers are beside it: they take no cookies.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a table of routes, one entry each")]
pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::at("/healthz").get(Public, health::alive),
        Route::at("/readyz").get(Public, health::ready),
        Route::at("/").get(Only(UseOwnAccount), access::landing),
        Route::at("/sign-in").get(Public, access::sign_in_form).post(Public, access::sign_in),
        Route::at("/sign-out").post(Public, access::sign_out),
        Route::at("/join/{token}").get(Public, access::join_form).post(Public, access::join),
        Route::at("/preferences/theme").post(Public, account::choose_theme),
        Route::at("/islands/preview").post(Only(UseOwnAccount), preview::preview),
        Route::at("/account")
            .get(Only(UseOwnAccount), account::show)
            .post(Only(UseOwnAccount), account::change_password),
        Route::at("/account/name").post(Only(UseOwnAccount), account::change_name),
        Route::at("/account/sessions/end").post(Only(UseOwnAccount), account::end_session),
        Route::at("/work").get(Only(UseOwnAccount), work::show),
        Route::at("/work/mentions/seen").post(Only(UseOwnAccount), work::see_mentions),
        Route::at("/notifications").get(Only(UseOwnAccount), notifications::show),
        Route::at("/notifications/read").post(Only(UseOwnAccount), notifications::mark_read),
        Route::at("/features").get(Only(UseOwnAccount), features::list),
        Route::at("/features/new")
            .get(Only(CreateFeature), features::new_form)
            .post(Only(CreateFeature), features::create),
        Route::at("/features/{key}").get(Only(ReadProduct), features::show),
        Route::at("/features/{key}/edit")
            .get(Only(EditFeature), features::edit_form)
            .post(Only(EditFeature), features::edit),
        Route::at("/features/{key}/risk")
            .get(Only(ReadProduct), risk::show)
            .post(Only(EditFeature), risk::answer),
        Route::at("/features/{key}/phases/{phase}")
            .get(Only(ReadProduct), phases::show)
            .post(Only(DoControl), phases::mark),
        Route::at("/features/{key}/threat-model")
            .get(Only(ReadProduct), threats::model)
            .post(Only(EditThreatModel), threats::answer),
        Route::at("/features/{key}/threats/new")
            .get(Only(EditThreatModel), threats::new_form)
            .post(Only(EditThreatModel), threats::add),
        Route::at("/features/{key}/threats/{number}")
            .get(Only(ReadProduct), threats::show)
            .post(Only(EditThreatModel), threats::edit),
        Route::at("/features/{key}/records/{kind}")
            .get(Only(ReadProduct), records::list)
            .post(Only(EditRecord), records::keep),
        Route::at("/features/{key}/records/{kind}/new")
            .get(Only(ReadProduct), records::new_form)
            .post(Only(EditRecord), records::add),
        Route::at("/features/{key}/records/{kind}/{number}")
            .get(Only(ReadProduct), records::show)
            .post(Only(EditRecord), records::edit),
        Route::at("/features/{key}/starters")
            .get(Only(ReadProduct), records::starters)
            .post(Only(EditRecord), records::add_starters),
        Route::at("/features/{key}/evidence")
            .get(Only(ReadProduct), evidence::list)
            .post(Only(AddEvidence), evidence::add),
        Route::at("/features/{key}/evidence/{number}")
            .get(Only(ReadProduct), evidence::show)
            .post(Only(AddEvidence), evidence::supersede),
        Route::at("/features/{key}/evidence/{number}/attach").post(Only(AddEvidence), evidence::attach),
        Route::at("/features/{key}/evidence/{number}/detach").post(Only(AddEvidence), evidence::detach),
        Route::at("/features/{key}/evidence/{number}/versions/{version}/download")
            .get(Only(ReadProduct), evidence::download),
        Route::at("/features/{key}/record").get(Only(ReadProduct), paper::record),
        Route::at("/features/{key}/trace").get(Only(ReadProduct), paper::trace),
        Route::at("/features/{key}/records/feedback/{number}/take-up")
            .get(Only(CreateFeature), take_up::form)
            .post(Only(CreateFeature), take_up::take_up),
        Route::at("/features/{key}/review")
            .get(Only(ReadProduct), review::show)
            .post(Only(SignGate), review::sign),
        Route::at("/features/{key}/review/request").post(Only(RequestReview), review::request),
        Route::at("/features/{key}/review/return").post(Only(ReturnForChanges), review::return_for_changes),
        Route::at("/features/{key}/review/withdraw").post(Only(SignGate), review::withdraw),
        Route::at("/features/{key}/course").get(Only(ReadProduct), course::show),
        Route::at("/features/{key}/course/hold").post(Only(HoldFeature), course::hold),
        Route::at("/features/{key}/course/resume").post(Only(HoldFeature), course::resume),
        Route::at("/features/{key}/course/cancel").post(Only(CancelFeature), course::cancel),
        Route::at("/features/{key}/course/reopen").post(Only(CancelFeature), course::reopen),
        Route::at("/features/{key}/course/back").post(Only(MoveBack), course::back),
        Route::at("/features/{key}/course/emergency").post(Only(ReleaseInEmergency), course::emergency),
        Route::at("/features/{key}/course/emergency/agree").post(Only(ReleaseInEmergency), course::agree),
        Route::at("/features/{key}/course/emergency/call-off")
            .post(Only(ReleaseInEmergency), course::call_off),
        Route::at("/features/{key}/owed/{phase}")
            .get(Only(ReadProduct), owed::show)
            .post(Only(SignOwed), owed::sign),
        Route::at("/features/{key}/owed/{phase}/withdraw").post(Only(SignOwed), owed::withdraw),
        Route::at("/features/{key}/drift/{phase}")
            .get(Only(ReadProduct), drift::show)
            .post(Only(AcceptDrift), drift::accept),
        Route::at("/features/{key}/dossiers/{phase}/{cycle}").get(Only(ReadProduct), drift::manifest),
        Route::at("/features/{key}/policy")
            .get(Only(ReadFeaturePolicy), policies::follow::of_feature)
            .post(Only(MigrateFeature), policies::follow::migrate),
        Route::at("/features/{key}/waivers").get(Only(ReadProduct), waivers::list),
        Route::at("/features/{key}/waivers/new")
            .get(Only(RequestWaiver), waivers::new_form)
            .post(Only(RequestWaiver), waivers::request),
        Route::at("/features/{key}/waivers/{number}")
            .get(Only(ReadProduct), waivers::show)
            .post(Only(ApproveWaiver), waivers::decide),
        Route::at("/features/{key}/waivers/{number}/withdraw").post(Only(RequestWaiver), waivers::withdraw),
        Route::at("/features/{key}/waivers/{number}/end").post(Only(ApproveWaiver), waivers::end),
        Route::at("/features/{key}/comments")
            .get(Only(ReadProduct), comments::list)
            .post(Only(WriteComment), comments::write),
        Route::at("/features/{key}/comments/{number}")
            .get(Only(WriteComment), comments::edit_form)
            .post(Only(WriteComment), comments::edit),
        Route::at("/features/{key}/watch").post(Only(WriteComment), comments::watch),
        Route::at("/features/{key}/history").get(Only(ReadProduct), history::feature),
        Route::at("/features/{key}/relations")
            .get(Only(ReadProduct), relations::show)
            .post(Only(RelateFeature), relations::relate),
        Route::at("/features/{key}/relations/remove").post(Only(RelateFeature), relations::unrelate),
        Route::at("/features/{key}/archive")
            .get(Only(ReadProduct), archive::list)
            .post(Only(ArchiveFeature), archive::make),
        Route::at("/features/{key}/archive/{number}/download").get(Only(ReadProduct), archive::download),
        Route::at("/search").get(Only(UseOwnAccount), search::show),
        Route::at("/views").get(Only(UseOwnAccount), views::list).post(Only(UseOwnAccount), views::save),
        Route::at("/views/{id}").get(Only(UseOwnAccount), views::open),
        Route::at("/views/{id}/edit")
            .get(Only(UseOwnAccount), views::edit_form)
            .post(Only(UseOwnAccount), views::rename),
        Route::at("/views/{id}/delete").post(Only(UseOwnAccount), views::delete),
        Route::at("/history").get(Only(ReadHistory), history::show),
        Route::at("/history.csv").post(Only(ReadHistory), history::export),
        Route::at("/products").get(Only(UseOwnAccount), products::list),
        Route::at("/products/new")
            .get(Only(ManageProducts), products::new_form)
            .post(Only(ManageProducts), products::create),
        Route::at("/products/{key}").get(Only(ReadGrants), products::show),
        Route::at("/products/{key}/edit")
            .get(Only(ManageProducts), products::edit_form)
            .post(Only(ManageProducts), products::edit),
        Route::at("/products/{key}/standards").get(Only(ReadGrants), guides::standards),
        Route::at("/products/{key}/standards/new")
            .get(Only(ManageGuides), guides::publish_form_page)
            .post(Only(ManageGuides), guides::publish),
        Route::at("/products/{key}/standards/{id}")
            .get(Only(ReadGrants), guides::standard)
            .post(Only(AttestStandard), guides::attest),
        Route::at("/products/{key}/waivers").get(Only(ReadProduct), waivers::of_product),
        Route::at("/products/{key}/lists").get(Only(ReadGrants), guides::lists),
        Route::at("/products/{key}/lists/{list}").post(Only(ManageGuides), guides::edit_list),
        Route::at("/products/{key}/delegations")
            .get(Only(ReadGrants), delegations::list)
            .post(Only(DelegateSeat), delegations::delegate),
        Route::at("/products/{key}/delegations/{id}/end").post(Only(DelegateSeat), delegations::end),
        Route::at("/products/{key}/policy")
            .get(Only(ReadGrants), policies::follow::of_product)
            .post(Only(ManagePolicies), policies::follow::choose),
        Route::at("/products/{key}/grants").post(Only(ManagePeople), products::grant),
        Route::at("/products/{key}/grants/revoke").post(Only(ManagePeople), products::revoke),
        Route::at("/people").get(Only(ReadGrants), people::list),
        Route::at("/people/invite")
            .get(Only(ManagePeople), people::invite_form)
            .post(Only(ManagePeople), people::invite),
        Route::at("/people/invitations/{id}/withdraw").post(Only(ManagePeople), people::withdraw_invitation),
        Route::at("/people/{id}").get(Only(ReadGrants), people::show),
        Route::at("/people/{id}/disable").post(Only(ManagePeople), people::disable),
        Route::at("/people/{id}/enable").post(Only(ManagePeople), people::enable),
        Route::at("/people/{id}/roles").post(Only(ManagePeople), people::grant_workspace_role),
        Route::at("/people/{id}/roles/revoke").post(Only(ManagePeople), people::revoke_workspace_role),
        Route::at("/policies").get(Only(ReadPolicies), policies::list),
        Route::at("/policies/import")
            .get(Only(ManagePolicies), policies::manage::import_form)
            .post(Only(ManagePolicies), policies::manage::import),
        Route::at("/policies/{key}/{version}").get(Only(ReadPolicies), policies::show),
        Route::at("/policies/{key}/{version}/difference")
            .get(Only(ReadPolicies), policies::manage::difference),
        Route::at("/policies/{key}/{version}/activate")
            .get(Only(ManagePolicies), policies::manage::activate_form)
            .post(Only(ManagePolicies), policies::manage::activate),
        Route::at("/policies/{key}/{version}/impact").post(Only(ManagePolicies), policies::manage::impact),
        Route::at("/policies/{key}/{version}/replay")
            .get(Only(ManagePolicies), policies::manage::replay_form)
            .post(Only(ManagePolicies), policies::manage::replay),
        Route::at("/policy-runs/{id}").get(Only(ReadPolicyRuns), policies::manage::run),
        Route::at("/policy-runs/{id}/cancel").post(Only(ManagePolicies), policies::manage::cancel_run),
        Route::at("/policies/{key}/{version}/frameworks/{framework}")
            .get(Only(ReadPolicies), policies::coverage),
        Route::at("/policies/{key}/{version}/frameworks/{framework}/coverage.csv")
            .get(Only(ReadPolicies), policies::coverage_table),
    ];
    if cfg!(debug_assertions) {
        routes.push(Route::at("/styleguide").get(Public, access::styleguide));
    }
    routes
}
