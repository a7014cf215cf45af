//! Products, and who holds which role in them.

#[cfg(test)]
mod tests;

use leptos::prelude::*;
use sluice_domain::{
    access::{Action, Role},
    place::ProductPlace,
    text::{Body, Title},
    words::{self, Label},
};
use sluice_service::products::{
    FeatureCounts, PersonChoice, ProductGrant, ProductList, ProductListItem, ProductPage,
};
use time::OffsetDateTime;

use super::{
    error::needed_words,
    people::{role_choices, role_words},
};
use crate::{
    components::{
        Badge, Breadcrumb, Button, ButtonKind, Card, Choice, Column, EmptyState, ErrorSummary, Fact,
        FactList, FormActions, HiddenField, IconName, LinkButton, PageHead, Pager, PostForm, Prose,
        SelectField, TableHead, TableWrap, TextArea, TextField, Timestamp, Tone, counted,
    },
    form::Form,
    islands::MarkdownPreview,
};

/// The products that somebody knows of.
#[component]
pub fn ProductsPage(
    /// The products.
    list: ProductList,
    /// Where the page before ended, if this is not the first.
    after: Option<String>,
) -> impl IntoView {
    let action = list
        .may_create
        .then(|| view! { <LinkButton href="/products/new">"New product"</LinkButton> }.into_any());
    let next = list.next.map(|after| format!("/products?after={after}"));
    let count = list.items.len();
    let content = if count == 0 {
        no_products(list.may_create, after.is_some())
    } else {
        let rows = list.items.into_iter().map(product_row).collect_view();
        let columns = vec![
            Column::text("Product"),
            Column::text("Features"),
            Column::number("People"),
            Column::text("Your roles"),
        ];
        view! {
            <Card flush=true>
                <TableWrap id="products" caption="Products">
                    <TableHead columns />
                    <tbody>{rows}</tbody>
                </TableWrap>
            </Card>
            <Pager text=format!("{} by key", counted(count, "product")) next />
        }
        .into_any()
    };
    view! {
        <PageHead
            title="Products"
            lead="Features belong to products, and so do roles: who holds none in a product sees nothing of it."
            nostrip:action=action
        />
        {content}
    }
}

fn no_products(may_create: bool, later_page: bool) -> AnyView {
    if later_page {
        return view! {
            <EmptyState title="No further products" why="The list ends before this page.">
                <LinkButton href="/products" kind=ButtonKind::Quiet>
                    "Go to the first page"
                </LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    if may_create {
        return view! {
            <EmptyState
                title="No product yet"
                why="A product holds features and the roles of the people who work on them. Create the first, grant roles, and work can begin."
            >
                <LinkButton href="/products/new">"Create the first product"</LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    view! {
        <EmptyState
            title="No product is open to you yet"
            why="You see a product once you hold a role in it. An administrator creates products and grants roles."
        />
    }
    .into_any()
}

fn product_row(product: ProductListItem) -> AnyView {
    let mine: Vec<String> = product.my_roles.iter().map(Label::title).collect();
    let features = match product.features {
        Some(counts) => {
            let href = format!("/features?product={}", product.key);
            view! { <a href=href>{counts_words(counts)}</a> }.into_any()
        }
        None => view! { <span class="muted">"not open to you"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <span class="key">{product.key.to_string()}</span>
                " "
                <a href=format!("/products/{}", product.key)>{product.name}</a>
            </th>
            <td>{features}</td>
            <td class="num">{product.people}</td>
            <td>{if mine.is_empty() { "none".to_owned() } else { mine.join(", ") }}</td>
        </tr>
    }
    .into_any()
}

/// `3 on their way, 1 in review, 2 finished`.
fn counts_words(counts: FeatureCounts) -> String {
    let mut parts = vec![format!("{} on the way", counts.active)];
    if counts.in_review > 0 {
        parts.push(format!("{} in review", counts.in_review));
    }
    if counts.finished > 0 {
        parts.push(format!("{} finished", counts.finished));
    }
    parts.join(", ")
}

/// The form for a new product.
#[component]
pub fn NewProductPage(
    /// What was typed.
    form: Form,
) -> impl IntoView {
    let id = form.value("id");
    view! {
        <Breadcrumb trail=vec![("Products".to_owned(), "/products".to_owned())] here="New" />
        <PageHead title="New product" lead="Features and roles belong to it." />
        <PostForm action="/products/new">
            <ErrorSummary form=form.clone() />
            <HiddenField name="id" value=id />
            <TextField
                form=form.clone()
                name="key"
                label="Key"
                hint="2 to 8 capital letters and digits, a letter first. Features are called after it, as in PAY-12, so it never changes."
                autocomplete="off"
                maxlength=8
            />
            {fields(form)}
            <FormActions>
                <Button>"Create the product"</Button>
                <a href="/products">"Cancel"</a>
            </FormActions>
        </PostForm>
    }
}

/// What a new product and one that is edited have in common.
fn fields(form: Form) -> AnyView {
    let max = |characters: usize| u32::try_from(characters).unwrap_or(u32::MAX);
    view! {
        <TextField form=form.clone() name="name" label="Name" autocomplete="off" maxlength=max(Title::MAX) />
        <TextArea
            form
            name="description"
            label="Description"
            hint="What it is and who uses it. Markdown works."
            optional=true
            rows=6
            maxlength=max(Body::MAX)
        />
        <MarkdownPreview textarea="description" />
    }
    .into_any()
}

/// The form that edits a product.
#[component]
pub fn EditProductPage(
    /// The product as it is.
    page: ProductPage,
    /// What was typed.
    form: Form,
    /// Somebody else saved it meanwhile: both versions are shown.
    #[prop(optional)]
    conflict: bool,
) -> impl IntoView {
    let key = page.key.to_string();
    let home = format!("/products/{key}");
    let trail =
        vec![("Products".to_owned(), "/products".to_owned()), (format!("{key} {}", page.name), home.clone())];
    let both = conflict.then(|| both_versions(page, &form));
    let version = form.value("version");
    let button = if conflict { "Save mine over theirs" } else { "Save the product" };
    view! {
        <Breadcrumb trail here="Edit" />
        <PageHead title="Edit the product" key />
        {both}
        <PostForm action=format!("{home}/edit")>
            <ErrorSummary form=form.clone() />
            <HiddenField name="version" value=version />
            {fields(form)}
            <FormActions>
                <Button>{button}</Button>
                <a href=home>"Cancel"</a>
            </FormActions>
        </PostForm>
    }
}

/// What somebody else saved beside what this person typed.
fn both_versions(page: ProductPage, form: &Form) -> AnyView {
    let row = |label: &'static str, theirs: String, yours: String| {
        let differs = theirs != yours;
        let chip =
            differs.then(|| view! { <Badge text="differs" tone=Tone::Waiting icon=IconName::Warning /> });
        view! {
            <tr class=differs.then_some("differs")>
                <th scope="row">{label} " " {chip}</th>
                <td class="pre">{theirs}</td>
                <td class="pre">{yours}</td>
            </tr>
        }
    };
    // Browsers send other line ends than are stored; that is no difference.
    let typed = |name: &str| form.value(name).replace("\r\n", "\n").trim().to_owned();
    let rows =
        [row("Name", page.name, typed("name")), row("Description", page.description, typed("description"))]
            .collect_view();
    view! {
        <section class="card conflict" aria-labelledby="conflict-title">
            <header>
                <h2 id="conflict-title">"Somebody else saved this product while you were editing"</h2>
            </header>
            <div class="body">
                <p>
                    "Nothing is lost. The form below holds your words; take over what you want to keep from the other version, then save again."
                </p>
            </div>
            <div class="body flush">
                <TableWrap id="conflict-table" caption="Both versions">
                    <TableHead columns=vec![Column::text("Field"), Column::text("Saved"), Column::text("Yours")] />
                    <tbody>{rows}</tbody>
                </TableWrap>
            </div>
        </section>
    }
    .into_any()
}

/// A product: what it is, and who may do what in it.
#[component]
pub fn ProductDetails(
    /// The product.
    page: ProductPage,
    /// The form that grants a role.
    form: Form,
    /// The people to grant a role to, for somebody who may.
    people: Vec<PersonChoice>,
    /// Whether names lead to people's pages, which administrators and auditors may read.
    links: bool,
    /// Now.
    now: OffsetDateTime,
) -> impl IntoView {
    let key = page.key.to_string();
    let action = action(&page);
    let mine: Vec<String> = page.my_roles.iter().map(Label::title).collect();
    let mut facts = vec![Fact::view("Since", view! { <Timestamp at=page.created_at now /> })];
    if let Some(counts) = page.features {
        let href = format!("/features?product={key}");
        facts.push(Fact::view("Features", view! { <a href=href>{counts_words(counts)}</a> }));
    }
    let policy = format!("/products/{key}/policy");
    facts.push(Fact::view("Policy", view! { <a href=policy>"Of new features"</a> }));
    let held = if mine.is_empty() { "none".to_owned() } else { words::join(&mine, "and") };
    facts.push(Fact::text("Your roles", held));
    let features = features_card(&page);
    let guides = guides_card(&page);
    let grants = grants_card(&page, links);
    let grant = page.may_manage_people.then(|| grant_card(&page, form, people));
    let description = if page.description.is_empty() {
        view! { <p class="muted">{missing_description(page.may_edit)}</p> }.into_any()
    } else {
        view! { <Prose markdown=page.description /> }.into_any()
    };
    view! {
        <Breadcrumb trail=vec![("Products".to_owned(), "/products".to_owned())] here=page.name.clone() />
        <PageHead title=page.name key facts nostrip:action=action />
        <Card title="What it is">{description}</Card>
        {features}
        {guides}
        {grants}
        {grant}
        {roles_card()}
    }
}

const fn missing_description(may_edit: bool) -> &'static str {
    if may_edit {
        "There is no description yet. Edit the product to say what it is and who uses it."
    } else {
        "There is no description yet. An administrator can write one."
    }
}

/// The one thing that this person most likely wants to do here.
fn action(page: &ProductPage) -> Option<AnyView> {
    if page.may_create_feature {
        let href = format!("/features/new?product={}", page.key);
        return Some(view! { <LinkButton href>"New feature"</LinkButton> }.into_any());
    }
    page.may_edit.then(|| {
        let href = format!("/products/{}/edit", page.key);
        view! {
            <LinkButton href kind=ButtonKind::Quiet>
                "Edit the product"
            </LinkButton>
        }
        .into_any()
    })
}

/// How many features are in which phase, for those who may read them.
fn features_card(page: &ProductPage) -> Option<AnyView> {
    let counts = page.features?;
    let href = format!("/features?product={}", page.key);
    if counts == FeatureCounts::default() {
        let why = if page.may_create_feature {
            "A title is enough to begin with. Its first gate then shows what is needed."
        } else {
            "A product manager of the product creates the first."
        };
        return Some(
            view! {
                <Card title="Features">
                    <EmptyState title="No feature yet" why />
                </Card>
            }
            .into_any(),
        );
    }
    let rows = page
        .phases
        .iter()
        .map(|phase| {
            let href = format!("{href}&phase={}", phase.phase);
            view! {
                <tr>
                    <th scope="row">
                        <a href=href>{phase.name.clone()}</a>
                    </th>
                    <td class="num">{phase.features}</td>
                    <td class="num">{phase.in_review}</td>
                </tr>
            }
        })
        .collect_view();
    let side = view! { <a href=href>"All features"</a> }.into_any();
    let columns =
        vec![Column::text("Phase"), Column::number("Features"), Column::number("With the reviewers")];
    let table = if page.phases.is_empty() {
        view! { <p class="muted">"None is on the way."</p> }.into_any()
    } else {
        view! {
            <TableWrap id="phases" caption="Features by phase">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        }
        .into_any()
    };
    let finished = (counts.finished > 0).then(|| {
        let words = match counts.finished {
            1 => "1 feature went through its whole lifecycle.".to_owned(),
            many => format!("{many} features went through their whole lifecycle."),
        };
        view! { <span>{words}</span> }.into_any()
    });
    let flush = !page.phases.is_empty();
    Some(
        view! {
            <Card title="Features" side flush nostrip:footer=finished>
                {table}
            </Card>
        }
        .into_any(),
    )
}

/// What the product's people go by: coding standards and lists.
fn guides_card(page: &ProductPage) -> AnyView {
    let standards = ProductPlace::Standards.path(&page.key);
    let words = match page.standards.in_force {
        0 => "None is published yet".to_owned(),
        1 => "1 in force".to_owned(),
        many => format!("{many} in force"),
    };
    let behind = page.standards.unattested.len();
    let chip = match (page.standards.in_force, behind) {
        (0, _) => None,
        (_, 0) => Some(
            view! { <Badge text="Attested by everybody" tone=Tone::Open icon=IconName::Check /> }.into_any(),
        ),
        (_, 1) => Some(
            view! { <Badge text="1 person has not attested" tone=Tone::Waiting icon=IconName::Clock /> }
                .into_any(),
        ),
        (_, many) => {
            let text = format!("{many} people have not attested");
            Some(view! { <Badge text tone=Tone::Waiting icon=IconName::Clock /> }.into_any())
        }
    };
    let mut facts = vec![Fact::view(
        "Coding standards",
        view! {
            <span class="cluster">
                <a href=standards>{words}</a>
                {chip}
            </span>
        },
    )];
    facts.extend(page.lists.iter().map(|(kind, points)| {
        let href = ProductPlace::List(*kind).path(&page.key);
        Fact::view(kind.title(), view! { <a href=href>{counted(*points, "point")}</a> })
    }));
    let seats = ProductPlace::Delegations.path(&page.key);
    facts.push(Fact::view("Handed-on seats", view! { <a href=seats>"Who signs for whom"</a> }));
    // Waivers are about features: they are there for who may read those.
    if page.features.is_some() {
        let href = ProductPlace::Waivers.path(&page.key);
        facts.push(Fact::view("Waivers", view! { <a href=href>"In force and waiting"</a> }));
    }
    view! {
        <Card title="What people go by">
            <FactList facts />
        </Card>
    }
    .into_any()
}

fn grants_card(page: &ProductPage, links: bool) -> AnyView {
    let who_can = (!page.may_manage_people).then(|| {
        let sentence =
            format!("Granting and revoking roles: {}", lower_first(&needed_words(Action::ManagePeople)));
        view! { <span>{sentence}</span> }.into_any()
    });
    if page.grants.is_empty() {
        return view! {
            <Card title="Who may do what" nostrip:footer=who_can>
                <EmptyState
                    title="Nobody holds a role here yet"
                    why="A product manager creates features, a security reviewer signs gates: grant at least these two, to different people."
                    icon=IconName::Person
                />
            </Card>
        }
        .into_any();
    }
    let rows = page.grants.iter().map(|grant| grant_row(page, grant, links)).collect_view();
    view! {
        <Card title="Who may do what" flush=true nostrip:footer=who_can>
            <TableWrap id="grants" caption="Who holds which role">
                <TableHead columns=vec![Column::text("Person"), Column::text("Roles")] />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn lower_first(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn grant_row(page: &ProductPage, grant: &ProductGrant, links: bool) -> AnyView {
    let name = grant.name.clone();
    let person = if links {
        view! { <a href=format!("/people/{}", grant.person)>{name}</a> }.into_any()
    } else {
        name.into_any()
    };
    let state =
        grant.disabled.then(|| view! { <Badge text="Disabled" tone=Tone::Blocked icon=IconName::Lock /> });
    let roles = grant.roles.iter().map(|role| role_line(page, grant, *role)).collect_view();
    view! {
        <tr>
            <th scope="row">{person} " " {state}</th>
            <td>
                <ul class="plain stack-s">{roles}</ul>
            </td>
        </tr>
    }
    .into_any()
}

fn role_line(page: &ProductPage, grant: &ProductGrant, role: Role) -> AnyView {
    let action = format!("/products/{}/grants/revoke", page.key);
    let person = grant.person.to_string();
    let whose = format!(" the role {} of {}", role.label(), grant.name);
    let revoke = page.may_manage_people.then(|| {
        view! {
            <PostForm action>
                <HiddenField name="person" value=person />
                <HiddenField name="role" value=role.code() />
                <Button kind=ButtonKind::Danger small=true>
                    "Revoke"
                    <span class="visually-hidden">{whose}</span>
                </Button>
            </PostForm>
        }
    });
    view! {
        <li class="cluster between">
            <span>{role.title()}</span>
            {revoke}
        </li>
    }
    .into_any()
}

fn grant_card(page: &ProductPage, form: Form, people: Vec<PersonChoice>) -> AnyView {
    let action = format!("/products/{}/grants", page.key);
    let people: Vec<Choice> = people
        .into_iter()
        .map(|person| Choice::new(person.id.to_string(), format!("{} ({})", person.name, person.email)))
        .collect();
    let roles: Vec<Choice> =
        role_choices().into_iter().map(|choice| Choice::new(choice.value, choice.label)).collect();
    view! {
        <Card title="Grant a role">
            <PostForm action>
                <ErrorSummary form=form.clone() />
                <SelectField
                    form=form.clone()
                    name="person"
                    label="Person"
                    options=people
                    prompt="Choose a person"
                    hint="Somebody without an account has to be invited first."
                />
                <SelectField form name="role" label="Role" options=roles prompt="Choose a role" />
                <p class="hint">
                    "A role counts from the person's next request on, and so does its end. What somebody signed stays signed when their role is revoked."
                </p>
                <FormActions>
                    <Button kind=ButtonKind::Quiet>"Grant the role"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

/// What each role is for.
fn roles_card() -> AnyView {
    let lines = Role::ALL
        .iter()
        .map(|role| {
            view! {
                <dt>{role.title()}</dt>
                <dd>{role_words(*role)}</dd>
            }
        })
        .collect_view();
    view! {
        <Card title="What the roles are for">
            <dl class="fact-list">{lines}</dl>
        </Card>
    }
    .into_any()
}
