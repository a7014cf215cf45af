//! The web application in memory, on a real `PostgreSQL`: every route for every role, every form refused and abused,
//! sessions, headers, uploads, and what must never reach a log.

mod conflicts;
mod extra_fields;
mod guards;
mod headers;
mod joining;
mod pages;
mod refused_forms;
mod routes;
mod samples;
mod secrets;
mod sessions;
mod sign_in;
mod support;
mod sweep;
mod uploads;
mod voiding;
