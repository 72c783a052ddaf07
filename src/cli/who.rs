//! Who runs this, for records and saved plans.

/// Returns the user and the machine: `deploy@control1`. A user without a name is a number.
pub fn who() -> String {
    let uid = nix::unistd::geteuid();
    let name = nix::unistd::User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name);
    format!("{name}@{}", host())
}

/// Returns the name of the machine.
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
