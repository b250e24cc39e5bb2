// The control protocol's messages: what the programs say to each other over Unix seqpacket sockets, one described struct
// each. Who may send which of them in which state stands in protocol.h. Descriptors travel beside a message, never inside.
#pragma once

#include <boost/describe.hpp>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/secret.h"
#include "recorder/writer.h"

namespace anteroom::control {

inline constexpr std::uint32_t protocol_version = 1;

// ---- gateway -> broker -------------------------------------------------------------------------------------------------

struct GatewayHello {
    std::uint32_t version = protocol_version;
};
BOOST_DESCRIBE_STRUCT(GatewayHello, (), (version))

// A worker was started. One descriptor: the broker's end of its control channel. `adopted` when an earlier broker knew it.
struct WorkerStarted {
    WorkerId worker;
    std::string protocol;  // "ssh"
    std::string source;    // the client's address, without port
    std::uint16_t source_port = 0;
    bool adopted = false;
};
BOOST_DESCRIBE_STRUCT(WorkerStarted, (), (worker, protocol, source, source_port, adopted))

struct WorkerEnded {
    WorkerId worker;
    std::string how;  // "exit 0", "signal 9", "deadline"
};
BOOST_DESCRIBE_STRUCT(WorkerEnded, (), (worker, how))

// Connections that the gateway did not serve, counted since the last such message.
struct ConnectionsRefused {
    std::string source;
    std::string why;  // "penalty", "source-limit", "limit"
    std::uint32_t count = 0;
};
BOOST_DESCRIBE_STRUCT(ConnectionsRefused, (), (source, why, count))

// ---- broker -> gateway -------------------------------------------------------------------------------------------------

struct GatewayWelcome {
    std::string ssh_listen;  // host:port
    std::uint32_t max_connections = 0;
    std::uint32_t max_unauthenticated = 0;
    std::uint32_t max_unauthenticated_per_source = 0;
    Duration login_grace{};
};
BOOST_DESCRIBE_STRUCT(GatewayWelcome, (), (ssh_listen, max_connections, max_unauthenticated, max_unauthenticated_per_source, login_grace))

// The worker may live until then (CLOCK_BOOTTIME, microseconds). `authenticated` takes it out of the connection limits; from then
// on its deadline can only come nearer.
struct SetDeadline {
    WorkerId worker;
    std::int64_t deadline = 0;
    bool authenticated = false;
};
BOOST_DESCRIBE_STRUCT(SetDeadline, (), (worker, deadline, authenticated))

struct EndWorker {
    WorkerId worker;
};
BOOST_DESCRIBE_STRUCT(EndWorker, (), (worker))

// Refuse new connections from this source for so long.
struct Penalty {
    std::string source;
    Duration length{};
};
BOOST_DESCRIBE_STRUCT(Penalty, (), (source, length))

// ---- SSH worker -> broker ----------------------------------------------------------------------------------------------

struct WorkerHello {
    std::uint32_t version = protocol_version;
};
BOOST_DESCRIBE_STRUCT(WorkerHello, (), (version))

// Sign the exchange hash (RFC 4253 section 8) with a host key. The first hash of a connection is its session id.
struct SignExchange {
    std::string algorithm;  // "ssh-ed25519", "rsa-sha2-512", ...
    Bytes hash;
};
BOOST_DESCRIBE_STRUCT(SignExchange, (), (algorithm, hash))

BOOST_DEFINE_FIXED_ENUM_CLASS(LoginMethod, std::uint8_t, none, key_offer, key_signed, password, interactive, answers)

// The evidence of one authentication step, as the client sent it. The broker judges it.
struct LoginStep {
    LoginMethod method = LoginMethod::none;
    std::string user;
    std::string algorithm;
    Bytes key_blob;
    Bytes signed_data;  // RFC 4252 section 7
    Bytes signature;
    Secret password;
    std::vector<Secret> answers;
};
BOOST_DESCRIBE_STRUCT(LoginStep, (), (method, user, algorithm, key_blob, signed_data, signature, password, answers))

struct OpenSession {
    std::string client_version;  // the client's identification string, for the record
};
BOOST_DESCRIBE_STRUCT(OpenSession, (), (client_version))

// The target's host key as seen on the wire, before any credential is used.
struct TargetIdentity {
    std::string algorithm;
    Bytes host_key;
};
BOOST_DESCRIBE_STRUCT(TargetIdentity, (), (algorithm, host_key))

// The target leg is up, or it is not and why ("login", "timeout", "protocol").
struct TargetReady {
    bool ready = false;
    std::string why;
};
BOOST_DESCRIBE_STRUCT(TargetReady, (), (ready, why))

struct CapabilityNote {
    bool allowed = false;
    std::string kind;
    std::string detail;
};
BOOST_DESCRIBE_STRUCT(CapabilityNote, (), (allowed, kind, detail))

// What stands in the recording's file: to be synced, compared with the file, and signed.
struct CommitRecording {
    recorder::Commit upto;
};
BOOST_DESCRIBE_STRUCT(CommitRecording, (), (upto))

struct EndSession {
    std::string reason;  // "client-left", "target-closed", "time-is-up", "idle", "terminated", "recording-failed", ...
    recorder::Commit last;
};
BOOST_DESCRIBE_STRUCT(EndSession, (), (reason, last))

// ---- broker -> SSH worker ----------------------------------------------------------------------------------------------

struct HostKey {
    std::string algorithm;
    Bytes public_blob;
    Bytes placeholder;  // a private key of the same type that opens nothing: libssh wants one in its hands
};
BOOST_DESCRIBE_STRUCT(HostKey, (), (algorithm, public_blob, placeholder))

struct WorkerWelcome {
    std::vector<HostKey> host_keys;
    std::string banner;
    std::uint32_t max_channels = 0;
    std::int64_t deadline = 0;  // CLOCK_BOOTTIME, microseconds: the login has to be done by then
};
BOOST_DESCRIBE_STRUCT(WorkerWelcome, (), (host_keys, banner, max_channels, deadline))

struct ExchangeSignature {
    Bytes signature;  // an SSH signature blob; empty when the broker refuses
};
BOOST_DESCRIBE_STRUCT(ExchangeSignature, (), (signature))

BOOST_DEFINE_FIXED_ENUM_CLASS(LoginVerdict, std::uint8_t, refused, key_acceptable, partial, prompt, accepted, disconnect)

struct Prompt {
    std::string text;
    bool echo = false;
};
BOOST_DESCRIBE_STRUCT(Prompt, (), (text, echo))

struct LoginAnswer {
    LoginVerdict verdict = LoginVerdict::refused;
    std::vector<std::string> methods;  // what may come next, for refused and partial
    std::string instruction;
    std::vector<Prompt> prompts;
    std::string sentence;  // for disconnect
};
BOOST_DESCRIBE_STRUCT(LoginAnswer, (), (verdict, methods, instruction, prompts, sentence))

BOOST_DEFINE_FIXED_ENUM_CLASS(TargetLogin, std::uint8_t, none, password, agent)

// Descriptors: the connected target socket, the recording, and for `agent` a stream that speaks the agent protocol.
struct SessionPermit {
    SessionId session;
    std::string person;
    std::string target;
    std::string account;
    std::vector<std::string> host_key_algorithms;  // of the pinned keys: no other is offered to the target
    TargetLogin login = TargetLogin::none;
    std::vector<std::string> allow;
    std::vector<std::string> forbid;
    std::int64_t deadline = 0;  // CLOCK_BOOTTIME, microseconds
    Duration idle{};            // silence in both directions ends the session; 0 is never
    Time started{};
    std::string recording;  // its id
    recorder::SessionKeys keys;
    std::uint64_t bulk_limit = 0;
    std::string notice;  // shown before the target's first byte
    std::string help;
};
BOOST_DESCRIBE_STRUCT(SessionPermit, (),
                      (session, person, target, account, host_key_algorithms, login, allow, forbid, deadline, idle, started, recording, keys, bulk_limit,
                       notice, help))

struct SessionRefusal {
    std::string sentence;
    bool menu = false;  // not a refusal but the list of what the person may reach
};
BOOST_DESCRIBE_STRUCT(SessionRefusal, (), (sentence, menu))

struct TargetVerdict {
    bool trusted = false;
    Secret password;  // for TargetLogin::password, once the key is trusted
    std::string sentence;
};
BOOST_DESCRIBE_STRUCT(TargetVerdict, (), (trusted, password, sentence))

struct Committed {
    std::uint64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(Committed, (), (count))

struct SessionSealed {};
BOOST_DESCRIBE_STRUCT(SessionSealed, (), ())

struct Terminate {
    std::string sentence;
};
BOOST_DESCRIBE_STRUCT(Terminate, (), (sentence))

// ---- the command line <-> broker ---------------------------------------------------------------------------------------

// One administrative command. `verb` is as typed ("person add"); the broker's table says what it takes and who may call it.
struct AdminCall {
    std::string verb;
    std::map<std::string, std::string> arguments;
    std::vector<std::string> list;  // a repeated argument
    std::string text;               // a document, as a policy
    Secret secret;
    std::string actor;  // --as PERSON
    Secret code;
};
BOOST_DESCRIBE_STRUCT(AdminCall, (), (verb, arguments, list, text, secret, actor, code))

struct AdminRow {
    std::string json;
};
BOOST_DESCRIBE_STRUCT(AdminRow, (), (json))

// A recording for one authorised view. One descriptor: the file, read-only.
struct AdminRecording {
    std::string id;
    Secret data_key;  // empty when only verification was asked for
    Bytes checkpoints;
    Bytes signer;  // Ed25519 public key of the final frame and the checkpoints
    std::vector<recorder::Commit> audited;
};
BOOST_DESCRIBE_STRUCT(AdminRecording, (), (id, data_key, checkpoints, signer, audited))

struct AdminDone {
    bool done = false;
    std::string sentence;
    std::string json;
};
BOOST_DESCRIBE_STRUCT(AdminDone, (), (done, sentence, json))

}  // namespace anteroom::control
