//! People as the chain knows them: pseudonyms, service domains, parental authority, card bindings.

use crate::member::code;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

code! {
    /// A service domain. A person has a separate pseudonym and account in each, so that shops cannot be joined to clinics.
    ServiceDomain {
        /// Maternal and child health.
        Health = 0,
        /// Regional points.
        Points = 1,
        /// Bookings and locks.
        Booking = 2,
        /// Shelters.
        Shelter = 3,
        /// Counters and applications.
        Counter = 4,
        /// Mailbox.
        Mailbox = 5,
    }
}

code! {
    /// Parental authority (民法818条, 824条の2): alone, or together with another holder who may object.
    Authority {
        /// This guardian decides alone.
        Single = 0,
        /// This guardian decides; another holder of joint authority may object, which pauses.
        Joint = 1,
    }
}

code! {
    /// The state of a card binding.
    BindingState {
        /// This card may sign for the person.
        Active = 0,
        /// A newer card took its place.
        Replaced = 1,
        /// Reported lost or stopped; a person at a counter lifts it.
        Suspended = 2,
        /// For ever unusable.
        Revoked = 3,
    }
}
