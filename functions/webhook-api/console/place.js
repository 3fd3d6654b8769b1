// Where the console runs. `cargo run` serves another file in the place of this one.

export const place = { local: false };
