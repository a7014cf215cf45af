use crate::codes::codes;

codes! {
    /// What a look at another version of a policy is about.
    RunKind {
        /// The features as they are, before the version is activated.
        Impact = "impact",
        /// The features as they were at an instant.
        Replay = "replay",
    }
}

codes! {
    /// How far such a look is.
    RunState {
        /// It is under way, or waits for a process that goes on with it.
        Running = "running",
        /// Every feature was looked at.
        Finished = "finished",
        /// Somebody called it off.
        Cancelled = "cancelled",
        /// It failed.
        Broken = "broken",
    }
}
