//! The help of every command, as a person sees it.

use crate::device::Device;

#[test]
fn help_is_as_reviewed() {
    let device = Device::new();
    let top = device.run(&["--help"]);
    assert_eq!(top.code, 0, "{}", top.err);
    insta::assert_snapshot!("help", top.out);
    let commands = top.out.lines().skip_while(|line| *line != "Commands:").skip(1);
    // A help text that is wrapped goes on further to the right.
    let commands = commands.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let commands: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains(&"demo") && commands.len() > 10, "{commands:?}");
    for command in commands.into_iter().filter(|command| !["help", "hook"].contains(command)) {
        let help = device.run(&[command, "--help"]);
        assert_eq!(help.code, 0, "{command}: {}", help.err);
        insta::assert_snapshot!(format!("help-{command}"), help.out);
    }
}

#[test]
fn completions_know_the_commands() {
    let device = Device::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = device.run(&["completions", shell]);
        assert_eq!(script.code, 0, "{}", script.err);
        assert!(script.out.contains("send-event"), "{shell}");
    }
}
