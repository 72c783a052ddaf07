//! Makes a frozen plan of a session: its batches, and what is needed to make today's plan in the same way.

use std::path::{Path, PathBuf};

use crate::error::{Code, Location, Problem, Result};
use crate::frozen::{self, Frozen, MadeFrom, Saved};
use crate::session::{GivenOption, Planned, Session, configuration};
use crate::settings::keys::{self, Id};
use crate::source::Source;
use crate::source::bytes::is_descriptor;

impl<'a> Session<'a> {
    /// Returns the plan as a file that holds it still; `place` is where it will stand.
    ///
    /// # Errors
    /// A limit, since the batches would lack hosts; a configuration that has no name or cannot be read again.
    pub fn freeze(&self, planned: &Planned<'a>, place: &Path, saved: Option<Saved>) -> Result<Frozen<'a>> {
        if let Some(freeze) = &self.freeze {
            let message = format!("the plan of {} is saved already", freeze.frozen.path.display());
            let problem = Problem::of(Code::Contradiction, message);
            return Err(problem
                .hint("leave --plan out, and unset REGAL_PLAN, to save the plan of today's inventory")
                .into());
        }
        if let Some(first) = self.settings.limit.first() {
            let problem =
                Problem::of(Code::InvalidOption, "a plan with a limit cannot be saved: its batches lack hosts");
            return Err(problem
                .at(Location::clone(&first.at))
                .hint("leave the limit out; --only VERSION saves single versions")
                .into());
        }
        let made_from = self.made_from(place)?;
        Ok(Frozen::new(place, planned.plan.clone(), planned.names.clone(), made_from, saved))
    }

    fn made_from(&self, place: &Path) -> Result<MadeFrom> {
        let here = configuration::working_directory(&self.surroundings)?;
        let folder = here.join(place);
        let folder = folder.parent().unwrap_or(Path::new("/"));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let configuration = match &self.configuration {
            Some(path) if path == Path::new("/dev/null") => None,
            Some(path) if is_descriptor(path) => {
                let message =
                    "a plan cannot be saved whose configuration comes through a pipe: it could not be read again";
                return Err(Problem::of(Code::InvalidConfiguration, message)
                    .hint("give it in a file: --config FILE")
                    .into());
            }
            Some(path) => Some(frozen::Configuration {
                path: path.display().to_string(),
                lines: self.texts.text_of(&path.display().to_string()).split('\n').map(str::to_string).collect(),
            }),
            None => None,
        };
        self.refuse_pipes()?;
        let option = |given: &GivenOption| frozen::GivenOption {
            key: given.key.clone(),
            option: given.option.clone(),
            value: given.text.clone(),
        };
        let variable = |(name, value): &(String, String)| frozen::Variable { name: name.clone(), value: value.clone() };
        let is_kept = |name: &str| keys::by_name(name).is_none_or(|key| !is_of_one_call(key.id));
        let is_set = |variable: &str| {
            let names = keys::KEYS.iter().flat_map(|key| key.names().map(move |name| (key.id, name)));
            names.filter(|(id, _)| is_of_one_call(*id)).all(|(_, name)| keys::variable(name) != variable)
        };
        Ok(MadeFrom {
            folder: relative(&folder, &here).display().to_string(),
            configuration,
            environment: self.settings.environment.iter().filter(|(name, _)| is_set(name)).map(variable).collect(),
            options: self.options.iter().filter(|given| is_kept(&given.key)).map(option).collect(),
            sources: self.settings.inventory.iter().map(|source| self.source(source)).collect(),
            except: {
                let mut except: Vec<String> = self.except.iter().cloned().collect();
                except.sort_unstable();
                except
            },
        })
    }

    /// Refuses sources that nobody can read again.
    fn refuse_pipes(&self) -> Result<()> {
        for source in &self.settings.inventory {
            let Source::Path(named) = source else { continue };
            if is_descriptor(&named.path) && named.path != Path::new("/dev/null") {
                let message = format!(
                    "a plan cannot be saved whose source {} is a pipe: it could not be read again",
                    named.path.display()
                );
                let problem = Problem::of(Code::InvalidOption, message);
                return Err(problem.hint("save what the pipe gives in a file, and name that").into());
            }
        }
        Ok(())
    }

    /// A source with the digest of what was read of it.
    fn source(&self, source: &Source) -> frozen::Source {
        let name = source.to_string();
        let sha256 = self.texts.digest_of(&name);
        frozen::Source { name, sha256 }
    }
}

/// Whether a key says how one call shows or checks a plan, so that it has no place in a saved one.
fn is_of_one_call(id: Id) -> bool {
    matches!(
        id,
        Id::GroupsOnly | Id::Limit | Id::Drift | Id::DriftMode | Id::DriftRemoved | Id::DriftAdded | Id::DriftChanged
    )
}

/// The way from one folder to another, both absolute: `..`, `../conf`, `.`.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let same = from.components().zip(to.components()).take_while(|(from, to)| from == to).count();
    let up = from.components().skip(same).map(|_| "..");
    let way: PathBuf =
        up.map(PathBuf::from).chain(to.components().skip(same).map(|part| PathBuf::from(part.as_os_str()))).collect();
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_from_another() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to)).display().to_string();
        assert_eq!(way("/srv/shop/rollouts", "/srv/shop"), "..");
        assert_eq!(way("/srv/shop", "/srv/shop"), ".");
        assert_eq!(way("/srv/shop", "/srv/shop/conf"), "conf");
        assert_eq!(way("/tmp/x", "/srv/shop"), "../../srv/shop");
    }
}
