//! The program talks to nobody: nothing in it can make a request, and our own code opens no socket.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What speaks over a network, by the whole name of the crate or, with a star, its beginning:
/// clients and servers of HTTP and other protocols, TLS, resolvers of names, and sockets
/// themselves.
const SPEAKERS: [&str; 56] = [
    "actix*",
    "async-io",
    "async-net",
    "async-std",
    "attohttpc",
    "axum*",
    "boringssl*",
    "burn-communication",
    "burn-remote",
    "curl*",
    "ehttp",
    "gix-transport",
    "git2",
    "h2",
    "h3*",
    "hf-hub",
    "hickory*",
    "hyper*",
    "isahc",
    "lapin",
    "lettre",
    "libp2p*",
    "libssh2*",
    "minreq",
    "mio",
    "mysql*",
    "native-tls",
    "object_store",
    "openssl*",
    "postgres*",
    "quinn*",
    "redis",
    "reqwest*",
    "ring",
    "rumqttc",
    "rustls*",
    "s2n*",
    "schannel",
    "security-framework",
    "self_update",
    "sentry*",
    "smol",
    "socket2",
    "ssh2",
    "suppaftp",
    "surf",
    "tiny_http",
    "tokio",
    "tokio-*",
    "tonic*",
    "tungstenite",
    "ureq*",
    "warp",
    "webbrowser",
    "websocket*",
    "zmq",
];

/// Those that are in the tree all the same, and why they send nothing.
const EXPLAINED: [(&str, &str); 5] = [
    (
        "tokio",
        "polars-io runs its readers on it; we give it paths, and polars is built without any cloud",
    ),
    ("mio", "part of tokio"),
    ("socket2", "part of tokio"),
    (
        "async-io",
        "zbus waits with it for the desktop's own bus: screen readers and file dialogs on this \
         machine",
    ),
    (
        "webbrowser",
        "egui-winit would open a link with it, and the window has none",
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_speaker(name: &str) -> bool {
    SPEAKERS.iter().any(|known| {
        known
            .strip_suffix('*')
            .map_or(*known == name, |begin| name.starts_with(begin))
    })
}

/// The crates that are built into the program on this machine, tests' own left out.
fn built_in() -> Vec<String> {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let text = String::from_utf8(tree.stdout).unwrap();
    let mut names: Vec<String> = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn nothing_that_is_built_in_can_make_a_request() {
    let names = built_in();
    assert!(
        names.len() > 100 && names.iter().any(|name| name == "polars"),
        "{names:?}"
    );
    let found: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| is_speaker(name))
        .collect();
    let unexplained: Vec<&&str> = found
        .iter()
        .filter(|name| !EXPLAINED.iter().any(|(known, _)| *known == **name))
        .collect();
    assert!(
        unexplained.is_empty(),
        "these may speak over a network: {unexplained:?}"
    );
    // An explanation of what is not there would hide it when it comes for another reason.
    let idle: Vec<&str> = EXPLAINED
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !found.contains(name))
        .collect();
    if cfg!(all(target_os = "linux", feature = "gui")) {
        assert!(idle.is_empty(), "explained and not in the tree: {idle:?}");
    }
}

#[test]
fn a_client_would_be_found() {
    assert!(
        [
            "reqwest",
            "hyper-util",
            "rustls-webpki",
            "tokio-rustls",
            "ureq",
            "curl-sys"
        ]
        .into_iter()
        .all(is_speaker)
    );
    assert!(
        !["tokenizers", "burn", "polars-io", "ringbuf"]
            .into_iter()
            .any(is_speaker)
    );
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn our_own_code_opens_no_socket_and_no_link() {
    const WORDS: [&str; 9] = [
        "std::net",
        "core::net",
        "os::unix::net",
        "TcpStream",
        "TcpListener",
        "UdpSocket",
        "hyperlink(",
        "open_url",
        "OpenUrl",
    ];
    let files = sources(&root().join("src"));
    assert!(files.len() > 100);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let found = WORDS.iter().find(|word| text.contains(**word));
        assert!(
            found.is_none(),
            "{} says `{}`",
            path.display(),
            found.unwrap()
        );
    }
}
