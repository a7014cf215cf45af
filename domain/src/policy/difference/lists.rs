//! Which items of two lists belong together, and which of them changed places.

/// What became of the items of a list.
pub(super) struct Matched {
    /// Places of items that are in both: before and after, in the order of the later list.
    pub(super) pairs: Vec<(usize, usize)>,
    /// Places of those that are there no more.
    pub(super) removed: Vec<usize>,
    /// Places of those that are new.
    pub(super) added: Vec<usize>,
    /// Those of the pairs that changed places: as few as tell the whole story.
    pub(super) moved: Vec<(usize, usize)>,
}

/// A way in which two items are the same.
pub(super) type Way<'w, T> = &'w dyn Fn(&T, &T) -> bool;

/// Matches the items of two lists. Each way of being the same is tried on what the ways before it left over.
pub(super) fn matched<T>(before: &[T], after: &[T], ways: &[Way<'_, T>]) -> Matched {
    let mut partner: Vec<Option<usize>> = vec![None; after.len()];
    let mut taken = vec![false; before.len()];
    for same in ways {
        for (to, item) in after.iter().enumerate() {
            if partner[to].is_some() {
                continue;
            }
            let found = before.iter().enumerate().find(|(from, other)| !taken[*from] && same(other, item));
            if let Some((from, _)) = found {
                taken[from] = true;
                partner[to] = Some(from);
            }
        }
    }
    let pairs: Vec<(usize, usize)> =
        partner.iter().enumerate().filter_map(|(to, from)| Some(((*from)?, to))).collect();
    let standing = longest_rising(&pairs.iter().map(|(from, _)| *from).collect::<Vec<_>>());
    let moved = pairs.iter().enumerate().filter(|(at, _)| !standing.contains(at)).map(|(_, pair)| *pair);
    Matched {
        moved: moved.collect(),
        removed: (0..before.len()).filter(|from| !taken[*from]).collect(),
        added: (0..after.len()).filter(|to| partner[*to].is_none()).collect(),
        pairs,
    }
}

/// The places of the longest rising subsequence: the items that can be said to have stayed where they are.
fn longest_rising(values: &[usize]) -> Vec<usize> {
    // For each place, how long a run ends there, and the place before it in that run.
    let mut runs: Vec<(usize, Option<usize>)> = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let before =
            (0..at).filter(|earlier| values[*earlier] < *value).max_by_key(|earlier| runs[*earlier].0);
        runs.push((before.map_or(1, |earlier| runs[earlier].0 + 1), before));
    }
    let mut places = Vec::new();
    let mut at = (0..runs.len()).max_by_key(|place| runs[*place].0);
    while let Some(place) = at {
        places.push(place);
        at = runs[place].1;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(before: &str, after: &str) -> Vec<(usize, usize)> {
        let list = |text: &str| text.chars().collect::<Vec<char>>();
        matched(&list(before), &list(after), &[&|one, two| one == two]).moved
    }

    #[test]
    fn one_item_that_moves_is_one_change() {
        assert_eq!(moved("abcdef", "abcdef"), []);
        assert_eq!(moved("abcdef", "bcdefa"), [(0, 5)]);
        assert_eq!(moved("abcdef", "fabcde"), [(5, 0)]);
        assert_eq!(moved("abcdef", "abdef"), [], "what is gone moves nothing");
        assert_eq!(moved("abcdef", "axbcdef"), [], "nor what is new");
        assert_eq!(moved("ab", "ba").len(), 1);
        assert_eq!(moved("", ""), []);
    }

    #[test]
    fn items_find_their_likes_first() {
        let found = matched(&[1, 11, 21], &[21, 31], &[&|a, b| a == b, &|a, b| a % 10 == b % 10]);
        assert_eq!(found.pairs, [(2, 0), (0, 1)]);
        assert_eq!((found.removed, found.added), (vec![1], vec![]));
    }
}
