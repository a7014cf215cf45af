//! The use cases on a real database: the whole line, what is refused, the walls in the schema, and what happens when
//! requests race, break off or ask for too much.

mod archive;
mod cancelled;
mod demo;
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
mod relations;
mod review;
mod risk;
mod schema;
mod stale;
mod support;
mod take_up;
mod talk;
mod walls;
mod work;
