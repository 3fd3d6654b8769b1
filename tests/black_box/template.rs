//! What template.yaml promises whoever deploys it.

use serde_json::Value;

fn read(path: &str) -> Value {
    let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    // Tags of CloudFormation are passed over: `!Ref X` is the text X.
    serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

/// The statements of a function's own policy.
fn statements<'t>(template: &'t Value, role: &str) -> &'t Vec<Value> {
    let role = &template["Resources"][role]["Properties"];
    let statements = &role["Policies"][0]["PolicyDocument"]["Statement"];
    statements.as_array().unwrap()
}

#[test]
fn every_parameter_has_a_default_and_a_group() {
    let template = read("template.yaml");
    let groups = &template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"];
    let grouped: Vec<&str> = groups
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| texts(&group["Parameters"]))
        .collect();
    let parameters = template["Parameters"].as_object().unwrap();
    for (name, parameter) in parameters {
        assert!(parameter.get("Default").is_some(), "{name}");
        let times = grouped.iter().filter(|it| *it == name).count();
        assert_eq!(times, 1, "{name} is in so many groups");
    }
    assert_eq!(grouped.len(), parameters.len());
}

/// The partition keys that a role may write to in a table; none where it may write to all of it.
fn writable(template: &Value, role: &str, table: &str) -> Vec<Option<Vec<String>>> {
    let writes = |action: &&str| {
        ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"]
            .iter()
            .any(|write| action.ends_with(write))
    };
    let mut found = Vec::new();
    for statement in statements(template, role) {
        let one = statement["Action"].as_str();
        let actions = texts(&statement["Action"]);
        let is_of_table = statement["Resource"]
            .to_string()
            .contains(&format!("{table}.Arn"));
        if is_of_table
            && actions
                .iter()
                .copied()
                .chain(one)
                .any(|action| writes(&action))
        {
            let keys = &statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
            let keys = keys.as_array().map(|_| texts(keys));
            found.push(keys.map(|keys| keys.into_iter().map(str::to_owned).collect()));
        }
    }
    found
}

#[test]
fn nobody_but_the_api_can_make_itself_an_admin() {
    let template = read("template.yaml");
    // The rows by which callers' keys are found.
    let finds_a_key = |pattern: &String| "KEYHASH#".starts_with(pattern.trim_end_matches('*'));
    let roles = [
        "TableEventsRole",
        "CloudEventsRole",
        "DispatcherRole",
        "NotifierRole",
        "JanitorRole",
    ];
    for role in roles {
        for keys in writable(&template, role, "RegistryTable") {
            let keys = keys.unwrap_or_else(|| panic!("{role} may write all of the registry"));
            assert!(!keys.iter().any(finds_a_key), "{role}: {keys:?}");
        }
    }
    assert_eq!(
        writable(&template, "NotifierRole", "RegistryTable").len(),
        1
    );
    assert_eq!(writable(&template, "JanitorRole", "RegistryTable").len(), 1);
}

#[test]
fn each_function_may_write_only_its_own_kinds_of_rows_in_the_ledger() {
    let template = read("template.yaml");
    let roles = [
        ("WebhookApiRole", "REDO#*"),
        ("CloudEventsRole", "STORY#*"),
        ("DispatcherRole", "LOG#*"),
        ("NotifierRole", "wh_*"),
        ("JanitorRole", "WALK"),
    ];
    for (role, own) in roles {
        for keys in writable(&template, role, "DeliveriesTable") {
            let keys = keys.unwrap_or_else(|| panic!("{role} may write all of the ledger"));
            assert!(keys.iter().any(|key| key == own), "{role}: {keys:?}");
        }
    }
}

#[test]
fn a_message_in_hand_is_nobody_else_s_for_six_times_as_long_as_a_function_runs() {
    let template = read("template.yaml");
    let resources = &template["Resources"];
    let longest = template["Globals"]["Function"]["Timeout"].as_u64().unwrap();
    for queue in ["DeliveryQueue", "CloudEventsQueue"] {
        let hidden = resources[queue]["Properties"]["VisibilityTimeout"].as_u64();
        assert!(hidden.unwrap() >= 6 * longest, "{queue}");
    }
    for function in ["NotifierFunction", "CloudEventsFunction"] {
        assert!(
            resources[function]["Properties"].get("Timeout").is_none(),
            "{function}"
        );
    }
}

#[test]
fn another_table_is_read_as_patiently_as_the_stack_s_own() {
    let own = read("template.yaml");
    let events = &own["Resources"]["TableEventsFunction"]["Properties"]["Events"];
    let own = &events["Changes"]["Properties"];
    let other = read("tests/examples/another-table.yaml");
    let other = &other["Resources"]["Changes"]["Properties"];
    for name in [
        "MaximumRetryAttempts",
        "MaximumRecordAgeInSeconds",
        "BisectBatchOnFunctionError",
        "FunctionResponseTypes",
        "ParallelizationFactor",
        "BatchSize",
    ] {
        assert_eq!(own[name], other[name], "{name}");
    }
}

#[test]
fn what_can_never_become_an_event_is_kept_where_no_alarm_looks() {
    let template = read("template.yaml");
    let resources = template["Resources"].as_object().unwrap();
    for function in ["TableEventsFunction", "CloudEventsFunction"] {
        let variables = &resources[function]["Properties"]["Environment"]["Variables"];
        assert_eq!(variables["FAILURE_QUEUE_URL"], "RefusedQueue", "{function}");
    }
    for (name, resource) in resources {
        if resource["Type"] == "AWS::CloudWatch::Alarm" {
            assert!(!resource.to_string().contains("RefusedQueue"), "{name}");
        }
    }
}

#[test]
fn the_example_of_a_configuration_asks_for_five_things() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/samconfig.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let template = read("template.yaml");
    for number in 1..=5 {
        assert_eq!(
            text.matches(&format!("# {number}. ")).count(),
            1,
            "{number}"
        );
    }
    for line in text
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"'))
    {
        let (name, _) = line.split_once('=').unwrap();
        assert!(template["Parameters"].get(name).is_some(), "{name}");
    }
}
