//! Texts with `{{name}}`, or `{{name|what stands there where nothing is known}}`: taken apart. Which names there are, whoever uses them says.

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// What is said as it stands.
    Words(&'a str),
    /// What stands for something.
    Named {
        /// Its name.
        name: &'a str,
        /// What stands there where nothing is known.
        fallback: Option<&'a str>,
    },
}

/// A placeholder has no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unclosed;

/// Takes a text apart.
///
/// # Errors
/// [`Unclosed`] for a `{{` without its `}}`.
pub fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Unclosed> {
    let (mut all, mut rest) = (Vec::new(), text);
    while let Some((words, after)) = rest.split_once("{{") {
        let (inner, after) = after.split_once("}}").ok_or(Unclosed)?;
        let (name, fallback) = inner.split_once('|').map_or((inner, None), |(name, fallback)| (name, Some(fallback.trim())));
        all.extend([Piece::Words(words), Piece::Named { name: name.trim(), fallback }]);
        rest = after;
    }
    all.push(Piece::Words(rest));
    Ok(all)
}
