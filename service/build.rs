//! Migrations are read while compiling (`sqlx::migrate!`); a changed one has to rebuild the crate.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
