//! The use cases on a real database: the whole line, what is refused, the walls in the schema, and what happens when
//! requests race, break off or ask for too much.

mod archive;
mod cancelled;
mod course;
mod coverage;
mod delegation;
mod demo;
mod emergency;
mod evidence;
mod find;
mod guard;
mod guides;
mod isolation;
mod line;
mod paper;
mod policies;
mod queries;
mod races;
mod reading;
mod records;
mod refusals;
mod relations;
mod replay;
mod review;
mod risk;
mod schema;
mod stale;
mod support;
mod take_up;
mod talk;
mod turns;
mod voiding;
mod waivers;
mod waivers_told;
mod walls;
mod work;
