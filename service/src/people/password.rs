//! What may become a password. Attackers try the likely ones first, so the likely ones are refused: not only words of
//! a list, but what people make of them (`P@ssw0rd-2027`), runs of the keyboard and repetitions.

use std::{collections::HashSet, iter::once, sync::LazyLock};

use secrecy::{ExposeSecret as _, SecretString};
use sluice_domain::form::{Check, Fields, Problem};

/// Words that common passwords are made of, one a line.
static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("common-passwords.txt")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// Runs of keys: the rows of the usual layouts and the columns of the first.
const KEYBOARD: &[&str] = &[
    "1234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "qsdfghjklm",
    "zxcvbnm",
    "yxcvbnm",
    "wxcvbn",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
    "8ik",
    "9ol",
    "0p",
];

/// With fewer characters than this that do not follow from the one before, a password is a run or a repetition.
const SURPRISES: usize = 5;

/// A password that may be set: of the right length, and not among those that attackers try first. It is kept exactly
/// as it was typed (ASVS 6.2.8).
#[derive(Clone, Debug)]
pub struct NewPassword(SecretString);

impl NewPassword {
    /// The fewest bytes.
    pub const MIN: usize = 12;
    /// The most bytes. Nothing is cut off: what is longer is refused.
    pub const MAX: usize = 256;

    /// Checks a password.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(password: &str) -> Result<Self, Problem> {
        if !(Self::MIN..=Self::MAX).contains(&password.len()) {
            return Err(Problem::PasswordLength);
        }
        if is_common(password) {
            return Err(Problem::PasswordCommon);
        }
        Ok(Self(SecretString::from(password)))
    }

    /// Parses the fields `new-password` and `new-password-again`.
    pub fn parse(check: &mut Check, fields: &Fields) -> Option<Self> {
        let typed = fields.get("new-password");
        match Self::new(typed) {
            Err(problem) => {
                check.note("new-password", "New password", problem);
                None
            }
            Ok(_) if fields.get("new-password-again") != typed => {
                check.note("new-password-again", "New password, again", Problem::PasswordsDiffer);
                None
            }
            Ok(password) => Some(password),
        }
    }

    /// Whether it contains the account's own name or the local part of its address, in pieces of four characters and
    /// more.
    pub(crate) fn is_personal(&self, email: &str, name: &str) -> bool {
        let password = squash(self.0.expose_secret());
        let local = email.rsplit_once('@').map_or(email, |(local, _)| local);
        let words =
            |text: &str| -> Vec<String> { text.split(|c: char| !c.is_alphanumeric()).map(squash).collect() };
        words(local)
            .into_iter()
            .chain(words(name))
            .chain([squash(local), squash(name)])
            .any(|piece| piece.chars().count() >= 4 && password.contains(&piece))
    }

    /// The password, for the hasher.
    pub(crate) fn secret(&self) -> SecretString {
        self.0.clone()
    }
}

/// Letters and digits only, in lower case.
fn squash(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    is_run(&lower)
        || is_repetition(&lower)
        || skeletons(&lower).iter().any(|skeleton| is_made_of_words(skeleton))
}

/// Whether nearly every character follows from the one before, also when letters and digits alternate (`1q2w3e4r5t6y`).
fn is_run(text: &str) -> bool {
    let apart = surprises(text.chars().filter(|c| c.is_alphabetic()))
        + surprises(text.chars().filter(char::is_ascii_digit))
        + surprises(text.chars().filter(|c| !c.is_alphabetic() && !c.is_ascii_digit()));
    surprises(text.chars()).min(apart) < SURPRISES
}

fn surprises(text: impl Iterator<Item = char>) -> usize {
    let mut before = None;
    let mut count = 0;
    for c in text {
        if before.is_none_or(|before| !follows(before, c)) {
            count += 1;
        }
        before = Some(c);
    }
    count
}

/// Whether two characters are the same, neighbours in the alphabet or among the digits, or neighbours on a keyboard.
fn follows(before: char, after: char) -> bool {
    let neighbours = before.is_ascii_alphanumeric()
        && after.is_ascii_alphanumeric()
        && u32::from(before).abs_diff(u32::from(after)) == 1;
    before == after
        || neighbours
        || KEYBOARD.iter().any(|run| {
            let mut pairs = run.chars().zip(run.chars().skip(1));
            pairs.any(|pair| pair == (before, after) || pair == (after, before))
        })
}

/// Whether a unit shorter than a password is repeated to the end (`passwordpassword`).
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..NewPassword::MIN.min(chars.len() / 2 + 1))
        .any(|period| chars.iter().zip(chars.iter().skip(period)).all(|(before, after)| before == after))
}

/// What is left of a password without the digits and marks that people put around a word, with the digits that stand
/// for letters read as such, and only the letters of it.
fn skeletons(lower: &str) -> Vec<String> {
    let no_letter = |c: char| !c.is_alphabetic();
    let start = lower.trim_end_matches(no_letter);
    let core = start.trim_start_matches(no_letter);
    let mut found = Vec::new();
    for text in [lower, start, core] {
        found.push(text.chars().filter(|c| c.is_alphabetic()).collect());
        for one in ['i', 'l'] {
            found.push(text.chars().map(|c| unleet(c, one)).filter(|c| c.is_alphabetic()).collect());
        }
    }
    found
}

fn unleet(c: char, one: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => one,
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// Whether a text consists of at most two words of the list, each as often as one likes. Three make a passphrase.
fn is_made_of_words(text: &str) -> bool {
    fn rest_is<'a>(rest: &'a str, used: &mut Vec<&'a str>) -> bool {
        if rest.is_empty() {
            return !used.is_empty();
        }
        let ends = rest.char_indices().map(|(end, _)| end).skip(1).chain(once(rest.len()));
        for end in ends {
            let (word, tail) = rest.split_at(end);
            if !WORDS.contains(word) {
                continue;
            }
            let fresh = !used.contains(&word);
            if fresh && used.len() == 2 {
                continue;
            }
            if fresh {
                used.push(word);
            }
            if rest_is(tail, used) {
                return true;
            }
            if fresh {
                used.pop();
            }
        }
        false
    }
    // Longer texts are repetitions, which are found elsewhere, or something of its own.
    text.len() <= 64 && rest_is(text, &mut Vec::with_capacity(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_bytes_and_nothing_is_cut_off() {
        assert_eq!(NewPassword::new("tq8!vmRk2zL").err(), Some(Problem::PasswordLength));
        assert!(NewPassword::new("tq8!vmRk2zLw").is_ok());
        let long = "tq8!vmRk2zLwXe7&".repeat(16);
        assert_eq!(long.len(), 256);
        let kept = NewPassword::new(&format!("{}{}", &long[..240], "ordinary harbour")).map(|p| p.secret());
        assert_eq!(kept.expect("a password").expose_secret().len(), 256);
        assert_eq!(NewPassword::new(&format!("{long}x")).err(), Some(Problem::PasswordLength));
    }

    #[test]
    fn what_attackers_try_first_is_refused() {
        for common in [
            "123456789012",
            "aaaaaaaaaaaa",
            "qwertyuiopas",
            "passwordpassword",
            "password1password2",
            "P@ssw0rd2027!",
            "Passw0rd1234",
            "1q2w3e4r5t6y",
            "1qaz2wsx3edc",
            "zaq12wsxcde3",
            "a1b2c3d4e5f6",
            "abc123abc123",
            "abcdefghijkl",
            "AdminAdmin2027",
            "Welcome-2027!!",
            "letmein123456",
            "iloveyou1234!",
            "michael198512",
            "qwerty-password",
            "sluicepassword",
            "111122223333",
            "0101200019900",
            "!!!!!!!!!!!!!",
            "correcthorsebatterystaple",
        ] {
            assert_eq!(NewPassword::new(common).err(), Some(Problem::PasswordCommon), "{common}");
        }
    }

    #[test]
    fn any_composition_will_do_that_is_not_common() {
        for fine in [
            "a quiet river bends",
            "739104826457",
            "pudding lantern oboe",
            "тихая река за домом",
            "!?#)(&%$@*+=",
            "tq8!vmRk2zLw",
            "   spaces count   ",
        ] {
            assert!(NewPassword::new(fine).is_ok(), "{fine}");
        }
    }

    #[test]
    fn the_account_is_not_part_of_its_password() {
        let about = |password: &str| {
            NewPassword::new(password)
                .expect("not common")
                .is_personal("ana.diaz+work@example.org", "Ana María Diaz")
        };
        assert!(about("ana.diaz lives here"));
        assert!(about("the house of Diaz 7"));
        assert!(about("marÍa and the sea 4"));
        assert!(about("AnaDiazWork-rivers"));
        assert!(!about("ana and the sea 41"), "three letters are in many words");
        assert!(!about("a quiet river bends"));
    }

    #[test]
    fn the_form_asks_for_the_same_password_twice() {
        let parse = |first: &str, second: &str| {
            let fields = Fields::new(vec![
                ("new-password".into(), first.into()),
                ("new-password-again".into(), second.into()),
            ]);
            let mut check = Check::default();
            let password = NewPassword::parse(&mut check, &fields);
            check.finish(password).map(drop).map_err(|problems| problems[0].problem.clone())
        };
        assert_eq!(parse("a quiet river bends", "a quiet river bends"), Ok(()));
        assert_eq!(parse("a quiet river bends", "a quiet river bend"), Err(Problem::PasswordsDiffer));
        assert_eq!(parse("short", "short"), Err(Problem::PasswordLength));
    }
}
