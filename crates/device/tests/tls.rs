//! https with a private authority: trusted where `ca_file` names it, refused everywhere else.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use hookrail_device::config::Config;
use hookrail_device::ship::{self, ShipError};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use support::{Device, config, read_request};

/// An authority as PEM, and a certificate of it for 127.0.0.1 with its key.
fn authority() -> (String, rustls::pki_types::CertificateDer<'static>, rustls::pki_types::PrivateKeyDer<'static>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let leaf_key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&leaf_key, &issuer).unwrap();
    let private = rustls::pki_types::PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into());
    (pem, leaf.der().clone(), private)
}

/// A server that acknowledges every batch; returns its URL and the authority's PEM.
fn serve() -> (String, String) {
    let (pem, certificate, key) = authority();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let tls = Arc::new(tls);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming() {
            let stream =
                rustls::StreamOwned::new(rustls::ServerConnection::new(Arc::clone(&tls)).unwrap(), connection.unwrap());
            let mut reader = BufReader::new(stream);
            while let Some(request) = read_request(&mut reader) {
                let body = format!("{{\"accepted\":{},\"duplicates\":0,\"rejected\":[]}}", request.lines.len());
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                reader.get_mut().write_all(answer.as_bytes()).unwrap();
                reader.get_mut().flush().unwrap();
            }
        }
    });
    (url, pem)
}

#[test]
fn a_private_authority_is_trusted_where_it_is_named() {
    let ((url, pem), device) = (serve(), Device::new());
    let ca = device.folder.path().join("ca.pem");
    std::fs::write(&ca, pem).unwrap();
    device.append(0..3, "x");
    let once = |ca_file| ship::once(&device.home, &Config { ca_file, ..config(&url) }, &mut |_| {}, &|| false);

    let error = once(None).unwrap_err();
    assert!(matches!(&error, ShipError::Undelivered(why) if why.contains("certificate")), "{error}");
    assert_eq!(device.left().len(), 3);

    assert_eq!(once(Some(ca)).unwrap().sent, 3);

    let (_, stranger) = serve();
    let ca = device.folder.path().join("stranger.pem");
    std::fs::write(&ca, stranger).unwrap();
    device.append(5..6, "x");
    assert!(once(Some(ca)).is_err());
    assert_eq!(device.left().len(), 1);
}
