//! The threat model: four questions, and threats with what is done about each.
//!
//! The frame is Adam Shostack's: what are we working on, what can go wrong, what are we going to do about it, did
//! we do a good job.

use crate::codes::codes;

codes! {
    /// STRIDE, the kinds of thing that can go wrong.
    Stride {
        /// Pretending to be somebody or something else.
        Spoofing = "spoofing",
        /// Changing data or code without being allowed to.
        Tampering = "tampering",
        /// Denying what was done, and nobody can show otherwise.
        Repudiation = "repudiation",
        /// Showing information to somebody who must not see it.
        InformationDisclosure = "information-disclosure",
        /// Keeping others from using the system.
        DenialOfService = "denial-of-service",
        /// Gaining rights that were not given.
        ElevationOfPrivilege = "elevation-of-privilege",
    }
}

codes! {
    /// How bad it would be, in rising order.
    Severity {
        /// Little harm, or hardly reachable.
        Low = "low",
        /// Some harm to some people.
        Medium = "medium",
        /// Serious harm.
        High = "high",
        /// The worst that the product can suffer.
        Critical = "critical",
    }
}

codes! {
    /// What is done about a threat.
    Treatment {
        /// Reduce it by a countermeasure.
        Mitigate = "mitigate",
        /// Live with it, knowingly.
        Accept = "accept",
        /// Hand it to somebody else, by contract or insurance.
        Transfer = "transfer",
        /// Do not build what brings it.
        Avoid = "avoid",
    }
}

codes! {
    /// Where the work on a threat stands.
    ThreatStatus {
        /// Found; nothing decided or done.
        Open = "open",
        /// The treatment is designed: what will be done is written down.
        Planned = "planned",
        /// The treatment is in place.
        Treated = "treated",
        /// The treatment is in place and was shown to work.
        Verified = "verified",
    }
}

impl ThreatStatus {
    /// Whether the treatment is in place.
    #[must_use]
    pub fn is_in_place(self) -> bool {
        self >= Self::Treated
    }
}

codes! {
    /// The four questions of a threat model.
    Question {
        /// What are we working on: scope and what is worth protecting.
        Scope = "scope",
        /// What can go wrong: the threats, and how they were looked for.
        Threats = "threats",
        /// What are we going to do about it: the approach to treatment.
        Response = "response",
        /// Did we do a good job: how the model itself was checked.
        Review = "review",
    }
}
