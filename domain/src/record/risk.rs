//! The risk questionnaire: a few yes-or-no questions, from whose answers the tier follows.

use super::{Field, Input, RecordKind, Values};
use crate::policy::Tier;

/// Answers of yes that make a feature high-risk on their own.
const HIGH: [&str; 2] = ["money", "access"];

/// What the answers come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The tier that follows.
    pub tier: Tier,
    /// Why: the questions answered with yes that raise it to this tier; empty for the lowest.
    pub because: Vec<&'static str>,
}

/// The questions: fields of the record that are answered with yes or no.
pub fn questions() -> impl Iterator<Item = &'static Field> {
    RecordKind::Risk.spec().fields.iter().filter(|field| matches!(field.input, Input::Choice(_)))
}

/// Draws the tier from the answers: high where money or access is at stake, or personal data is reachable from outside,
/// or three and more questions are answered with yes; medium where one or two are; low otherwise.
#[must_use]
pub fn assess(answers: &Values) -> Assessment {
    let yes: Vec<&'static Field> =
        questions().filter(|question| answers.text(question.key) == "yes").collect();
    let labels = |fields: &[&'static Field]| fields.iter().map(|field| field.label).collect::<Vec<_>>();
    let grave: Vec<&'static Field> = yes.iter().copied().filter(|field| HIGH.contains(&field.key)).collect();
    if !grave.is_empty() {
        return Assessment { tier: Tier::High, because: labels(&grave) };
    }
    let exposed: Vec<&'static Field> =
        yes.iter().copied().filter(|field| ["personal-data", "exposed"].contains(&field.key)).collect();
    if exposed.len() == 2 {
        return Assessment { tier: Tier::High, because: labels(&exposed) };
    }
    let tier = match yes.len() {
        0 => Tier::Low,
        1 | 2 => Tier::Medium,
        _ => Tier::High,
    };
    Assessment { tier, because: labels(&yes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(yes: &[&str]) -> Values {
        questions().fold(Values::default(), |values, question| {
            values.with(question.key, if yes.contains(&question.key) { "yes" } else { "no" })
        })
    }

    #[test]
    fn the_tier_follows_from_the_answers() {
        for (yes, tier) in [
            (&[] as &[&str], Tier::Low),
            (&["exposed"], Tier::Medium),
            (&["code", "new-parts"], Tier::Medium),
            (&["code", "new-parts", "exposed"], Tier::High),
            (&["personal-data", "exposed"], Tier::High),
            (&["personal-data", "code"], Tier::Medium),
            (&["money"], Tier::High),
            (&["access"], Tier::High),
        ] {
            assert_eq!(assess(&answers(yes)).tier, tier, "{yes:?}");
        }
    }

    #[test]
    fn one_more_yes_never_lowers_the_tier_and_the_reason_is_given() {
        let keys: Vec<&str> = questions().map(|question| question.key).collect();
        for bits in 0..(1_u32 << keys.len()) {
            let yes: Vec<&str> =
                keys.iter().enumerate().filter(|(i, _)| bits & (1 << i) != 0).map(|(_, key)| *key).collect();
            let now = assess(&answers(&yes));
            assert_eq!(now.because.is_empty(), now.tier == Tier::Low, "{yes:?}");
            for more in &keys {
                let with: Vec<&str> = yes.iter().copied().chain([*more]).collect();
                assert!(assess(&answers(&with)).tier >= now.tier, "{yes:?} and {more}");
            }
        }
    }
}
