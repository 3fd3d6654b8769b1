//! What the templates let the function do.

#[test]
fn a_table_with_a_key_of_its_own_can_be_read() {
    for (file, key) in [
        ("template.yaml", "EntitiesKeyArn"),
        ("tests/examples/another-table.yaml", "KeyArn"),
    ] {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../").to_owned() + file;
        let template = std::fs::read_to_string(path).unwrap();
        let decrypts = template.split("kms:Decrypt").skip(1).any(|rest| {
            let rest = rest.trim_start_matches([',', ' ', '\n']);
            rest.starts_with(&format!("Resource: !Ref {key}"))
        });
        assert!(decrypts, "{file}");
    }
}
