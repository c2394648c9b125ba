//! Money that is moved from the command line: wallets and nodes of chains. What is on a test network, or on a node of this machine that
//! is made for trying, is worth nothing.

use super::{Entry, Tool, on, single, spec, unless, with};
use crate::policy::effects::Kind::{MoneyMove, Unknown};

/// Words of addresses, networks and names by which nothing real is moved.
const TRIAL: &[&str] = &[
    "~*testnet*",
    "~*sepolia*",
    "~*holesky*",
    "~*hoodi*",
    "~*goerli*",
    "~*amoy*",
    "~*mumbai*",
    "~*fuji*",
    "~*chapel*",
    "~*devnet*",
    "~*localnet*",
    "~*localhost*",
    "~*127.0.0.1*",
    "~*0.0.0.0*",
    "~*host.docker.internal*",
    "~*anvil*",
    "~*hardhat*",
    "~*ganache*",
    "~*regtest*",
    "~*signet*",
    "~*simnet*",
    "rpc-url=…",
    "r=…",
    "network=…",
    // The letters and the option by which Solana's programs name their networks.
    "u=d",
    "u=t",
    "u=l",
    "url=d",
    "url=t",
    "url=l",
    "u=…",
    "url=…",
    "gas-estimate",
    "testnet",
    "regtest",
    "signet",
    "simnet",
    "localterra",
    "generate-only",
    "sign-only",
    "dump-transaction-message",
    "offline",
];

/// Whether a network, as it is named or addressed, is one on which nothing real is moved.
pub(super) fn is_trial(network: &str) -> bool {
    let names = |pattern: &str| match pattern.strip_prefix("~*").and_then(|rest| rest.strip_suffix('*')) {
        Some(part) => network.contains(part),
        None => pattern.strip_prefix("url=") == Some(network),
    };
    TRIAL.iter().copied().any(names)
}

/// A transfer, unless it is on a test network.
const fn moves(path: &'static str) -> Entry {
    unless(path, TRIAL, MoneyMove)
}

/// The same where a network is named: without one a node of this machine is meant.
const fn moves_there(path: &'static str) -> Entry {
    Entry {
        path,
        with: &["rpc-url=*", "r=*", "rpc=*", "network=*", "chain=*"],
        without: TRIAL,
        kind: MoneyMove,
        token: false,
    }
}

/// Every tool of this file.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["cast"],
        spec: spec(
            "rcfiv",
            &[
                "rpc-url=",
                "value=",
                "private-key=",
                "account=",
                "from=",
                "keystore=",
                "password=",
                "chain=",
                "gas-limit=",
                "gas-price=",
                "nonce=",
                "mnemonic=",
                "password-file=",
            ],
        ),
        entries: &[with("send|publish|mktx", &["@production"], MoneyMove), moves_there("send|publish|mktx")],
    },
    Tool {
        names: &["forge"],
        spec: spec(
            "rf",
            &["rpc-url=", "fork-url=", "private-key=", "account=", "sender=", "constructor-args=", "chain=", "sig="],
        ),
        entries: &[
            // What is not broadcast is simulated.
            unless("script", &["broadcast"], Unknown),
            with("script|create", &["@production"], MoneyMove),
            unless("script", TRIAL, MoneyMove),
            moves_there("create"),
        ],
    },
    Tool {
        names: &["hardhat", "truffle", "brownie"],
        spec: spec("", &["network=", "parameters="]),
        entries: &[with(
            "run|deploy|migrate|ignition|exec",
            &[
                "network=*mainnet*",
                "network=ethereum",
                "network=polygon",
                "network=bsc",
                "network=arbitrum",
                "network=optimism",
                "network=base",
            ],
            MoneyMove,
        )],
    },
    // What is brought to the chain on which everything is real is paid for, and stays.
    Tool {
        names: &[
            "anchor",
            "near-cli-rs",
            "ape",
            "starkli",
            "sncast",
            "aptos",
            "sui",
            "movement",
            "flow",
            "cargo-contract",
            "clarinet",
            "blueprint",
            "tezos-client",
            "octez-client",
            "dfx",
        ],
        spec: spec(
            "",
            &[
                "provider.cluster=",
                "network=",
                "networkId=",
                "network-id=",
                "profile=",
                "url=",
                "rpc=",
                "env=",
                "account=",
                "wallet=",
            ],
        ),
        entries: &[
            with("deploy|publish|upgrade|migrate|run|declare|invoke", &["@production"], MoneyMove),
            with("* deploy|publish|upgrade|deploy-contract|publish-package|apply", &["@production"], MoneyMove),
            with("deploy", &["network=ic", "network=*mainnet*"], MoneyMove),
        ],
    },
    Tool {
        names: &["solana", "spl-token"],
        spec: spec("ukCo", &["url=", "keypair=", "from=", "fee-payer=", "config=", "output=", "owner="]),
        entries: &[
            with("program deploy|upgrade|close|set-upgrade-authority", &["@production"], MoneyMove),
            unless("transfer|pay|withdraw-stake|withdraw-from-nonce-account", TRIAL, MoneyMove),
            unless("close|close-account|burn|authorize", TRIAL, MoneyMove),
        ],
    },
    Tool {
        names: &["bitcoin-cli", "litecoin-cli", "dogecoin-cli", "bitcoin-cash-cli", "elements-cli", "zcash-cli"],
        spec: single(&[
            "rpcuser=",
            "rpcpassword=",
            "rpcconnect=",
            "rpcport=",
            "rpcwallet=",
            "datadir=",
            "conf=",
            "chain=",
            "named",
            "regtest",
            "testnet",
            "signet",
        ]),
        entries: &[moves("sendtoaddress|sendmany|send|sendall|sendfrom|sendrawtransaction|z_sendmany|bumpfee")],
    },
    Tool {
        names: &["lncli", "lightning-cli", "eclair-cli"],
        spec: spec(
            "n",
            &[
                "network=",
                "rpcserver=",
                "macaroonpath=",
                "tlscertpath=",
                "lnddir=",
                "lightning-dir=",
                "amt=",
                "dest=",
                "addr=",
            ],
        ),
        entries: &[moves(
            "sendcoins|sendmany|payinvoice|sendpayment|sendtoroute|closeallchannels|pay|xpay|withdraw|keysend|sendonchain",
        )],
    },
    Tool {
        names: &["ethereal", "gaiad", "osmosisd", "injectived", "junod", "seid", "celestia-appd", "wasmd", "evmosd"],
        spec: spec("", &["from=", "to=", "amount=", "network=", "connection=", "node=", "chain-id=", "fees=", "gas="]),
        entries: &[
            moves("ether|token transfer|sweep"),
            moves("tx bank send|multi-send"),
            moves("tx ibc-transfer transfer"),
        ],
    },
    Tool {
        names: &["near"],
        spec: spec("", &["networkId=", "network-id=", "nodeUrl="]),
        entries: &[
            with("deploy|dev-deploy|call", &["@production"], MoneyMove),
            Entry { path: "send|send-near", with: &["~*mainnet*"], without: TRIAL, kind: MoneyMove, token: false },
            Entry { path: "tokens", with: &["~*mainnet*"], without: TRIAL, kind: MoneyMove, token: false },
        ],
    },
    Tool {
        names: &["cardano-cli"],
        spec: spec("", &["testnet-magic=", "tx-file=", "socket-path="]),
        entries: &[Entry {
            path: "** transaction submit",
            with: &["mainnet"],
            without: TRIAL,
            kind: MoneyMove,
            token: false,
        }],
    },
    Tool {
        names: &["cleos"],
        spec: spec("up", &["url=", "wallet-url="]),
        entries: &[moves("transfer"), moves("push action eosio.token transfer")],
    },
    Tool {
        names: &["electrum", "monero-wallet-cli", "btcctl", "xrpl", "stellar"],
        spec: spec("", &["network=", "source=", "wallet-file=", "command="]),
        entries: &[
            moves("payto|paytomany|broadcast|transfer|sweep_all|tx new payment"),
            on("sendtoaddress", MoneyMove),
        ],
    },
];
