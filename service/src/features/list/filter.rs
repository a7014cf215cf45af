use sluice_domain::{access::Role, form::Fields, ids::PersonId, policy::Tier, text::Sprint};

/// Where a feature stands at its gate, to filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtGate {
    /// Something that the team clears blocks it.
    Blocked,
    /// The team has the turn and nothing that it clears is left: the review can be requested.
    Ready,
    /// The reviewers have the turn.
    InReview,
}

impl AtGate {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Blocked, Self::Ready, Self::InReview];

    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Ready => "ready",
            Self::InReview => "in-review",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|at| at.code() == code)
    }
}

/// Which features count, by how far they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Included {
    /// Those that are under way, or on hold.
    #[default]
    UnderWay,
    /// Those that went through every gate.
    Finished,
    /// Those that were cancelled.
    Cancelled,
    /// All of them.
    All,
}

impl Included {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::UnderWay, Self::Finished, Self::Cancelled, Self::All];

    /// The value of the filter; empty for what is shown without one.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnderWay => "",
            Self::Finished => "only",
            Self::Cancelled => "cancelled",
            Self::All => "yes",
        }
    }

    fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|included| included.code() == code).unwrap_or_default()
    }

    /// The status that a row has to have, where it matters. What is on hold is under way: it is to go on.
    pub(super) fn statuses(self) -> Option<Vec<String>> {
        let statuses: &[&str] = match self {
            Self::UnderWay => &["active", "held"],
            Self::Finished => &["finished"],
            Self::Cancelled => &["cancelled"],
            Self::All => return None,
        };
        Some(statuses.iter().map(|status| (*status).to_owned()).collect())
    }
}

/// Which features to list, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeatureFilter {
    /// Words of the title, or a key.
    pub text: String,
    /// Key of the product.
    pub product: Option<String>,
    /// Key of the phase that they are in.
    pub phase: Option<String>,
    /// Only those of one owner.
    pub owner: Option<PersonId>,
    /// Only those that the actor owns.
    pub mine: bool,
    /// Only those of one risk tier.
    pub tier: Option<Tier>,
    /// Only those that stand at their gate like this.
    pub gate: Option<AtGate>,
    /// Only those that wait for the work or the sign-off of this role.
    pub role: Option<Role>,
    /// Only those whose target date has passed.
    pub overdue: bool,
    /// Only those of one sprint, by its exact name.
    pub sprint: Option<Sprint>,
    /// Whether finished ones count.
    pub included: Included,
    /// As a board, with a column for each phase. It shows what is under way.
    pub board: bool,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// The most characters of one value. Longer ones are no filter of ours.
const LONGEST: usize = 100;

impl FeatureFilter {
    /// Reads the filter from a query string; what does not parse is left out.
    #[must_use]
    pub fn parse(fields: &Fields) -> Self {
        let some = |name: &str| {
            Some(fields.get(name).to_owned())
                .filter(|text| !text.is_empty() && text.chars().count() <= LONGEST)
        };
        let yes = |name: &str| fields.get(name) == "yes";
        let board = fields.get("view") == "board";
        Self {
            text: fields.get("q").trim().chars().take(LONGEST).collect(),
            product: some("product"),
            phase: some("phase"),
            owner: fields.get("owner").parse().ok(),
            mine: yes("mine"),
            tier: Tier::from_code(fields.get("tier")),
            gate: AtGate::from_code(fields.get("gate")),
            role: Role::from_code(fields.get("role")),
            overdue: yes("overdue"),
            sprint: fields.get("sprint").parse().ok(),
            included: if board { Included::UnderWay } else { Included::from_code(fields.get("finished")) },
            board,
            after: some("after").filter(|_| !board),
        }
    }

    /// The filter as names and values of a query string, without the place of the page: what [`Self::parse`] reads.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let yes = |set: bool| if set { "yes".to_owned() } else { String::new() };
        let pairs = [
            ("view", if self.board { "board".to_owned() } else { String::new() }),
            ("q", self.text.clone()),
            ("product", self.product.clone().unwrap_or_default()),
            ("phase", self.phase.clone().unwrap_or_default()),
            ("owner", self.owner.map(|owner| owner.to_string()).unwrap_or_default()),
            ("mine", yes(self.mine)),
            ("tier", self.tier.map(|tier| tier.code().to_owned()).unwrap_or_default()),
            ("gate", self.gate.map(|gate| gate.code().to_owned()).unwrap_or_default()),
            ("role", self.role.map(|role| role.code().to_owned()).unwrap_or_default()),
            ("overdue", yes(self.overdue)),
            ("sprint", self.sprint.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("finished", self.included.code().to_owned()),
        ];
        pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The same features with one filter less.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let pairs = self.pairs().into_iter().filter(|(key, _)| *key != name);
        Self::parse(&Fields::new(pairs.map(|(key, value)| (key.to_owned(), value)).collect()))
    }

    /// Whether anything narrows the list.
    #[must_use]
    pub fn narrows(&self) -> bool {
        let whole =
            Self { board: self.board, included: self.included, after: self.after.clone(), ..Self::default() };
        *self != whole
    }

    /// A number that the text may stand for, with the product's key where it says one: `12`, `PAY-12`.
    pub(super) fn number(&self) -> (Option<i32>, Option<String>) {
        match self.text.to_ascii_uppercase().parse::<sluice_domain::ids::FeatureKey>() {
            Ok(key) => (Some(key.number), Some(key.product.to_string())),
            Err(_) => (self.text.parse().ok(), None),
        }
    }

    /// The text as a pattern for titles.
    pub(super) fn pattern(&self) -> Option<String> {
        let escaped = self.text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        (!self.text.is_empty()).then(|| format!("%{escaped}%"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_filter_reads_back_and_drops_what_it_does_not_know() {
        let filter = FeatureFilter::parse(&fields(&[
            ("q", " 50%_\\ "),
            ("product", "PAY"),
            ("phase", "design"),
            ("owner", "00000000-0000-7000-8000-000000000001"),
            ("mine", "yes"),
            ("tier", "high"),
            ("gate", "in-review"),
            ("role", "qa"),
            ("overdue", "yes"),
            ("sprint", " Sprint 14 "),
            ("finished", "only"),
            ("after", "1~x"),
            ("next", "https://example.org"),
        ]));
        assert_eq!(filter.pattern().as_deref(), Some("%50\\%\\_\\\\%"));
        assert_eq!(filter.pairs().len(), 11, "{:?}", filter.pairs());
        let again = FeatureFilter::parse(&fields(
            &filter.pairs().iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>(),
        ));
        assert_eq!(again, FeatureFilter { after: None, ..filter.clone() });
        assert_eq!(filter.sprint.as_ref().map(Sprint::as_str), Some("Sprint 14"));
        assert_eq!(filter.without("role").role, None);
        assert!(filter.narrows() && !FeatureFilter { board: true, ..FeatureFilter::default() }.narrows());
        let nonsense = fields(&[
            ("owner", "x"),
            ("tier", "x"),
            ("gate", "x"),
            ("role", "x"),
            ("finished", "x"),
            ("sprint", "a\u{7}b"),
        ]);
        assert_eq!(FeatureFilter::parse(&nonsense), FeatureFilter::default());
    }

    #[test]
    fn a_key_and_a_number_are_recognised() {
        let of = |text: &str| FeatureFilter { text: text.to_owned(), ..FeatureFilter::default() }.number();
        assert_eq!(of("pay-12"), (Some(12), Some("PAY".to_owned())));
        assert_eq!(of("12"), (Some(12), None));
        assert_eq!(of("pay by link"), (None, None));
    }
}
