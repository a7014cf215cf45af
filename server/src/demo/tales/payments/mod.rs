pub(in crate::demo) static ALL: &[&crate::demo::outline::Outline] = &[];
