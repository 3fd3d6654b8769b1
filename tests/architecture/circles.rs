//! No two files import each other, neither directly nor by way of others.
//!
//! A name is followed through re-exports to the file that defines it. What stands in macros is
//! not seen. What a file takes from the modules around it does not count: those are above it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::Visit;
use syn::{Attribute, Item, UseTree, Visibility};

/// From a crate's root: `["webhook", "kind"]`.
type Name = Vec<String>;

#[derive(Default)]
struct Module {
    file: PathBuf,
    items: Vec<Item>,
    defines: BTreeSet<String>,
    /// Names that `use` brings in, with what they stand for.
    aliases: BTreeMap<String, Name>,
    globs: Vec<Name>,
}

#[derive(Default)]
struct Tree(BTreeMap<Name, Module>);

impl Tree {
    fn read(root: &Path) -> Self {
        let mut tree = Self::default();
        let items = items(root);
        tree.add(Name::new(), root, root.parent().unwrap(), items);
        tree
    }

    /// Adds a module with those in it; theirs lie in `folder`.
    fn add(&mut self, name: Name, file: &Path, folder: &Path, items: Vec<Item>) {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        for item in &items {
            let attributes = match item {
                Item::Mod(item) => &item.attrs,
                Item::Use(item) => &item.attrs,
                _ => &Vec::new(),
            };
            if is_test(attributes) {
                continue;
            }
            match item {
                Item::Mod(inner) => {
                    let last = inner.ident.to_string();
                    let mut name = name.clone();
                    name.push(last.clone());
                    let below = folder.join(&last);
                    if let Some((_, items)) = &inner.content {
                        self.add(name, file, &below, items.clone());
                    } else {
                        let beside = folder.join(format!("{last}.rs"));
                        let own = [beside, below.join("mod.rs")];
                        let own = own.iter().find(|path| path.exists());
                        let own = own.unwrap_or_else(|| panic!("no file of {}", below.display()));
                        self.add(name, own, &below, self::items(own));
                    }
                }
                Item::Use(item) => module.import(&item.tree, &mut Vec::new(), &name),
                Item::Fn(item) => module.define(&item.sig.ident),
                Item::Struct(item) => module.define(&item.ident),
                Item::Enum(item) => module.define(&item.ident),
                Item::Trait(item) => module.define(&item.ident),
                Item::Type(item) => module.define(&item.ident),
                Item::Const(item) => module.define(&item.ident),
                Item::Static(item) => module.define(&item.ident),
                _ => {}
            }
        }
        module.items = items;
        self.0.insert(name, module);
    }

    /// The module that defines what this name, from the crate's root, stands for; none for a module
    /// and for what other crates define.
    fn home(&self, name: &[String], tries: usize) -> Option<(&[String], &Module)> {
        let tries = tries.checked_sub(1)?;
        let modules = (0..=name.len()).rev();
        let length = modules
            .into_iter()
            .find(|length| self.0.contains_key(&name[..*length]))?;
        let (found, module) = self.0.get_key_value(&name[..length])?;
        let (first, rest) = name[length..].split_first()?;
        if module.defines.contains(first) {
            return Some((found, module));
        }
        let through = |inside: &Name, rest: &[String]| {
            let whole = [inside.as_slice(), rest].concat();
            self.home(&whole, tries)
        };
        if let Some(alias) = module.aliases.get(first) {
            return through(alias, rest);
        }
        let mut globs = module.globs.iter();
        globs.find_map(|inside| through(inside, &name[length..]))
    }

    fn imports(&self) -> BTreeMap<&Path, BTreeSet<&Path>> {
        let mut imports: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
        for (name, module) in &self.0 {
            let mut seen = Seen::default();
            for item in &module.items {
                match item {
                    // A re-export takes nothing for the file itself.
                    Item::Use(item) if !matches!(item.vis, Visibility::Inherited) => {}
                    Item::Mod(_) | Item::Use(_) => {}
                    item => seen.visit_item(item),
                }
            }
            let used = seen.0.iter().map(|path| module.whole(path, name));
            for (above, home) in used.filter_map(|name| self.home(&name, 8)) {
                if home.file != module.file && !name.starts_with(above) {
                    imports.entry(&module.file).or_default().insert(&home.file);
                }
            }
        }
        imports
    }
}

impl Module {
    fn define(&mut self, name: &syn::Ident) {
        self.defines.insert(name.to_string());
    }

    fn import(&mut self, tree: &UseTree, before: &mut Name, here: &[String]) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before, here);
                before.pop();
            }
            UseTree::Name(name) if name.ident == "self" => {
                let last = before.last().cloned().unwrap_or_default();
                self.alias(last, before.clone(), here);
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                let whole = [before.as_slice(), std::slice::from_ref(&name)].concat();
                self.alias(name, whole, here);
            }
            UseTree::Rename(rename) => {
                let mut whole = before.clone();
                if rename.ident != "self" {
                    whole.push(rename.ident.to_string());
                }
                self.alias(rename.rename.to_string(), whole, here);
            }
            UseTree::Glob(_) => self.globs.push(rooted(before, here)),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before, here);
                }
            }
        }
    }

    fn alias(&mut self, name: String, whole: Name, here: &[String]) {
        self.aliases.insert(name, rooted(&whole, here));
    }

    /// A path as it stands in the code, from the crate's root.
    fn whole(&self, path: &[String], here: &[String]) -> Name {
        match self.aliases.get(&path[0]) {
            Some(alias) => [alias.as_slice(), &path[1..]].concat(),
            None => rooted(path, here),
        }
    }
}

/// Resolves `crate`, `self` and `super`.
fn rooted(path: &[String], here: &[String]) -> Name {
    let mut from = here.to_vec();
    for (at, part) in path.iter().enumerate() {
        match part.as_str() {
            "crate" => from.clear(),
            "super" => {
                from.pop();
            }
            "self" => {}
            _ => return [&from, &path[at..]].concat(),
        }
    }
    from
}

/// Paths as they stand in the code.
#[derive(Default)]
struct Seen(BTreeSet<Name>);

impl<'a> Visit<'a> for Seen {
    fn visit_item_mod(&mut self, _: &'a syn::ItemMod) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        let parts = path.segments.iter();
        self.0
            .insert(parts.map(|part| part.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list();
        list.is_ok_and(|list| list.path.is_ident("cfg") && list.tokens.to_string() == "test")
    })
}

fn items(file: &Path) -> Vec<Item> {
    let text = std::fs::read_to_string(file).unwrap();
    syn::parse_file(&text).unwrap().items
}

/// What a file takes from others, and they from theirs.
fn reached<'a>(
    from: &'a Path,
    imports: &BTreeMap<&'a Path, BTreeSet<&'a Path>>,
) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(next) = waiting.pop() {
        for file in imports.get(next).into_iter().flatten() {
            if reached.insert(*file) {
                waiting.push(file);
            }
        }
    }
    reached
}

#[test]
fn no_two_files_import_each_other() {
    let mut circles = BTreeSet::new();
    let mut count = 0;
    for folder in super::WORKSPACE.iter().map(|member| &member.folder) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(folder);
        for root in ["src/lib.rs", "src/main.rs"].map(|root| folder.join(root)) {
            if !root.exists() {
                continue;
            }
            let tree = Tree::read(&root);
            let imports = tree.imports();
            count += imports.values().map(BTreeSet::len).sum::<usize>();
            let all: BTreeMap<_, _> = imports
                .keys()
                .map(|file| (*file, reached(file, &imports)))
                .collect();
            for (file, reached) in &all {
                let own = |other: &&&Path| all.get(**other).is_some_and(|it| it.contains(file));
                let circle: BTreeSet<_> = reached.iter().filter(own).collect();
                if reached.contains(file) {
                    circles.insert(format!("{circle:#?}"));
                }
            }
        }
    }
    assert!(
        count > 500,
        "{count} imports were found: the reader is broken"
    );
    assert!(
        circles.is_empty(),
        "{}",
        circles.into_iter().collect::<String>()
    );
}
