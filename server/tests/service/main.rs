//! The use cases on a real database: the whole line, what is refused, the walls in the schema, and what happens when
//! requests race, break off or ask for too much.

mod cancelled;
mod course;
mod demo;
mod emergency;
mod evidence;
mod find;
mod guides;
mod isolation;
mod line;
mod paper;
mod queries;
mod races;
mod records;
mod refusals;
mod review;
mod risk;
mod schema;
mod stale;
mod support;
mod take_up;
mod talk;
mod walls;
mod work;
