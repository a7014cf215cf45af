//! The server of Sluice: the edge, sessions, the route table and the handlers that join pages and use cases.

pub mod cli;
pub mod config;
pub mod demo;
pub mod http;
pub mod pages;
pub mod postgres;
pub mod web;
