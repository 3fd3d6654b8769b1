use super::*;

use crate::source::Entity;
use serde_dynamo::Item;
use serde_json::json;

/// One table with several kinds, as YAML.
const SINGLE_TABLE: &str = r#"
shop:
  default_organization: org_acme
  ignored: [version, seen.at]
  kinds:
    - when: {SK: "PARAM#*#VERSION#*"}
      skip: true
    - entity: project
      when: {PK: "ORG#*", SK: ["PROJECT#*", "SITE#*"]}
      organization: {attribute: PK, pattern: "ORG#(.+)"}
      id: {attribute: SK, pattern: "*#(.+)"}
      name: meta.title
    - entity: parameter
      when: {SK: "param#*"}
      ignore_case: true
      id: SK
      project: {attribute: PK, pattern: "PROJECT#([^#]+)*"}
      environment: {value: production}
"#;

fn item(value: Value) -> Item {
    serde_dynamo::to_item(value).unwrap()
}

#[test]
fn yaml_and_json_describe_the_same() {
    let yaml = read(SINGLE_TABLE, &Kind::default()).unwrap();
    let value: Value = serde_saphyr::from_str(SINGLE_TABLE).unwrap();
    assert_eq!(read(&value.to_string(), &Kind::default()).unwrap(), yaml);
    assert_eq!(yaml.len(), 1);
    let kinds = &yaml[0].1.kinds;
    assert_eq!(kinds[0].entity, Entity::LeftOut);
    assert_eq!(kinds[1].described_by, "TABLES /shop/kinds/1");
    let project = item(json!({
        "PK": "ORG#org_b", "SK": "SITE#7", "meta": {"title": "Billing"}
    }));
    let images = [&project];
    assert!(
        kinds[1]
            .when
            .iter()
            .all(|condition| condition.fits(&images))
    );
    assert_eq!(
        kinds[1].organization.read(&images).as_deref(),
        Some("org_b")
    );
    assert_eq!(kinds[1].id.read(&images).as_deref(), Some("7"));
    assert_eq!(kinds[1].name.read(&images).as_deref(), Some("Billing"));
    let parameter = item(json!({"PK": "PROJECT#17#X", "SK": "Param#URL"}));
    let images = [&parameter];
    assert!(
        kinds[2]
            .when
            .iter()
            .all(|condition| condition.fits(&images))
    );
    assert!(
        !kinds[1]
            .when
            .iter()
            .all(|condition| condition.fits(&images))
    );
    assert_eq!(kinds[2].project.read(&images).as_deref(), Some("17"));
    assert_eq!(
        kinds[2].environment.read(&images).as_deref(),
        Some("production")
    );
    assert_eq!(kinds[2].ignored, kinds[1].ignored);
    assert_ne!(kinds[2].ignored, Kind::default().ignored);
    let organization = kinds[2].default_organization.as_ref().unwrap();
    assert_eq!(organization.as_str(), "org_acme");
}

#[test]
fn a_table_with_no_kinds_is_of_one() {
    let text = r#"{parameters: {entity: parameter, organization: {value: org_acme}}}"#;
    let tables = read(text, &Kind::default()).unwrap();
    let [kind] = &tables[0].1.kinds[..] else {
        panic!("{tables:?}");
    };
    assert_eq!(kind.entity, Entity::Constant("parameter"));
    assert_eq!(kind.id, Kind::default().id);
}

#[test]
fn every_fault_is_told_at_once_with_its_place() {
    let faults = read(
        &json!({
            "no": {}, "arn:aws:s3:::bucket": {}, "texts": "x",
            "shop": {
                "entity": "kind", "id": "a..b", "nmae": "title",
                "name": {"attribute": "SK", "pattern": "PARAM#*"},
                "project": {"value": "x", "attribute": "y"},
                "environment": {"atribute": "PK"},
                "organization": {"value": "acme corp"},
                "default_organization": "no/such",
                "ignored": ["ok", "a[x]"],
                "ignore_case": "yes",
                "kinds": [
                    {"entity": {"attribute": "tags[*]"}, "when": {"PK": "ORG#(.+)"}},
                    {"entity": {"attribute": "t", "words": {"[a-z]+": "project", "p": "projct"}}},
                    {"skip": true, "entity": "value", "when": {"PK": [7]}},
                    "x"
                ]
            },
            "other": {"kinds": []},
        })
        .to_string(),
        &Kind::default(),
    )
    .unwrap_err()
    .to_string();
    for fault in [
        "/no: must be the name of a table",
        "/arn:aws:s3:::bucket: must be the name",
        "/texts: must be an object, not a string",
        "/shop/entity: `kind` is none of parameter, project, environment, value; where an \
         attribute says it: {\"attribute\": \"kind\"}",
        "/shop/id: `a..b`: a step of the path is empty",
        "/shop/nmae: unknown field `nmae`; did you mean `name`?",
        "/shop/name/pattern: `PARAM#*` does not say which part",
        "/shop/project: must have `attribute`",
        "/shop/environment/atribute: unknown field",
        "/shop/organization/value: must be 1 to 64",
        "/shop/default_organization: must be 1 to 64",
        "/shop/ignored/1: `a[x]`: a position is",
        "/shop/ignore_case: must be true or false",
        "/shop/kinds/0/entity/attribute: `tags[*]` is many",
        "/shop/kinds/0/when/PK: `ORG#(.+)` takes a part",
        "/shop/kinds/1/entity/words/[a-z]+: `[a-z]+`: `[` begins",
        "/shop/kinds/1/entity/words/p: `projct` is none of",
        "did you mean `project`?",
        "/shop/kinds/2/entity: what is skipped",
        "/shop/kinds/2/when/PK/0: must be a string",
        "/shop/kinds/3: must be an object",
        "/other/kinds: must be a list of 1 to 100",
    ] {
        assert!(faults.contains(fault), "{fault} in {faults}");
    }
}

#[test]
fn what_cannot_be_read_says_where() {
    for (text, fault) in [
        (
            "{\"shop\": {\"id\": \"PK\"}",
            "JSON: EOF while parsing an object at line 1",
        ),
        (
            "{\"shop\": {}, \"shop\": {}}",
            "the field `shop` is there twice",
        ),
        ("shop: {}\nshop: {}\n", "shop"),
        ("shop:\n  id: PK\n bad", "line"),
        (
            "[]",
            "must be an object with a field for each table, not a list",
        ),
        ("just text", "must be an object"),
    ] {
        let faults = read(text, &Kind::default()).unwrap_err().to_string();
        assert!(faults.contains(fault), "{fault} in {faults}");
    }
}
