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
#include "recorder/index_keys.h"
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
    std::string protocol;  // "ssh" or "rdp"
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

// One descriptor where RDP is served: its TLS identity (PEM: private key, then the chain), which the gateway hands to each front
// and never reads.
struct GatewayWelcome {
    std::string ssh_listen;  // host:port
    std::string rdp_listen;  // host:port; empty: no RDP
    std::uint32_t max_connections = 0;
    std::uint32_t max_unauthenticated = 0;
    std::uint32_t max_unauthenticated_per_source = 0;
    Duration login_grace{};
};
BOOST_DESCRIBE_STRUCT(GatewayWelcome, (), (ssh_listen, rdp_listen, max_connections, max_unauthenticated, max_unauthenticated_per_source, login_grace))

// The worker may live until then (CLOCK_BOOTTIME, microseconds). `authenticated` takes it out of the connection limits; from then
// on its deadline can only come nearer, but where `extended` says that somebody decided on more time.
struct SetDeadline {
    WorkerId worker;
    std::int64_t deadline = 0;
    bool authenticated = false;
    bool extended = false;
};
BOOST_DESCRIBE_STRUCT(SetDeadline, (), (worker, deadline, authenticated, extended))

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

// ---- worker -> broker --------------------------------------------------------------------------------------------------

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

// `ticket`: RDP only; `password` is the one-time token of a .rdp file.
BOOST_DEFINE_FIXED_ENUM_CLASS(LoginMethod, std::uint8_t, none, key_offer, key_signed, password, interactive, answers, ticket)

// The evidence of one authentication step, as the client sent it. The broker judges it.
struct LoginStep {
    LoginMethod method = LoginMethod::none;
    std::string user;
    std::string client_version;  // the client's identification string (RFC 4253 section 4.2)
    std::string algorithm;
    Bytes key_blob;
    Bytes signed_data;  // RFC 4252 section 7
    Bytes signature;
    Secret password;
    std::vector<Secret> answers;
};
BOOST_DESCRIBE_STRUCT(LoginStep, (), (method, user, client_version, algorithm, key_blob, signed_data, signature, password, answers))

struct OpenSession {
    std::string client_version;  // the client's identification string, for the record
};
BOOST_DESCRIBE_STRUCT(OpenSession, (), (client_version))

// The target's host key as seen on the wire, before any credential is used, with the proof that the target has it: the hash of
// the first key exchange (the session id of the target's leg) and the host key's signature over it (RFC 4253 section 8).
// RDP: algorithm "x509", host_key the certificate of the TLS handshake (DER); TLS leaves no proof that a third party could check.
struct TargetIdentity {
    std::string algorithm;
    Bytes host_key;
    Bytes exchange_hash;
    Bytes signature;
};
BOOST_DESCRIBE_STRUCT(TargetIdentity, (), (algorithm, host_key, exchange_hash, signature))

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

// The person asks, from inside the session, for more time.
struct AskExtension {};
BOOST_DESCRIBE_STRUCT(AskExtension, (), ())

// The approved time is over, and the session goes on under its grace.
struct GraceBegun {};
BOOST_DESCRIBE_STRUCT(GraceBegun, (), ())

BOOST_DEFINE_FIXED_ENUM_CLASS(ChannelUse, std::uint8_t, shell, exec, subsystem)

// Who is there to talk to: the first channel that started something, while no target is connected (talking).
struct Audience {
    ChannelUse use = ChannelUse::shell;
    bool terminal = false;  // with a pty: columns and rows count
    std::uint16_t columns = 80, rows = 24;
    std::string command;  // of exec and subsystem, at most 1024 bytes
};
BOOST_DESCRIBE_STRUCT(Audience, (), (use, terminal, columns, rows, command))

// What the person answered to AskLine `number`; `left` when their input ended or they pressed Ctrl-C or Ctrl-D.
struct TypedLine {
    std::uint32_t number = 0;
    Secret text;
    bool left = false;
};
BOOST_DESCRIBE_STRUCT(TypedLine, (), (number, text, left))

struct EndSession {
    std::string reason;  // "client-left", "target-closed", "time-is-up", "idle", "terminated", "recording-failed", ...
    recorder::Commit last;
};
BOOST_DESCRIBE_STRUCT(EndSession, (), (reason, last))

// ---- broker -> worker --------------------------------------------------------------------------------------------------

struct HostKey {
    std::string algorithm;
    Bytes public_blob;
    Bytes placeholder;  // a private key of the same type that opens nothing: libssh wants one in its hands
};
BOOST_DESCRIBE_STRUCT(HostKey, (), (algorithm, public_blob, placeholder))

struct WorkerWelcome {
    std::vector<HostKey> host_keys;  // SSH only
    std::string banner;
    std::string help;  // whom to call
    std::uint32_t max_channels = 0;
    std::int64_t deadline = 0;  // CLOCK_BOOTTIME, microseconds: the login has to be done by then
};
BOOST_DESCRIBE_STRUCT(WorkerWelcome, (), (host_keys, banner, help, max_channels, deadline))

// What an RDP session needs beside what every session does.
struct DesktopTerms {
    std::string host;              // the target's name, for its login (TERMSRV/HOST) and TLS
    std::string user, domain;      // the account's, at the target
    bool lossless = false;         // the client is sent every pixel as it is
    bool filmed = true;            // false: `record: facts`; the screen is not kept
    bool clipboard_text = false;   // text that passes the clipboard is kept, not only its size
    std::uint64_t byte_limit = 0;  // of each channel and direction beside the screen; 0 is none
};
BOOST_DESCRIBE_STRUCT(DesktopTerms, (), (host, user, domain, lossless, filmed, clipboard_text, byte_limit))

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
    std::string sentence;       // for disconnect
    std::int64_t deadline = 0;  // CLOCK_BOOTTIME, microseconds: the login may last until then; 0 is as before
};
BOOST_DESCRIBE_STRUCT(LoginAnswer, (), (verdict, methods, instruction, prompts, sentence, deadline))

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
    std::int64_t expires = 0;   // CLOCK_BOOTTIME, microseconds: what was approved. Warned of 5 min and 1 min before
    std::int64_t deadline = 0;  // the end whatever happens: `expires`, or later where policy gives a grace
    bool extendable = false;    // more time may be asked for from inside
    Duration idle{};            // silence in both directions ends the session; 0 is never
    Time started{};
    std::string recording;  // its id
    recorder::SessionKeys keys;
    std::uint64_t bulk_limit = 0;
    std::string notice;  // shown before the target's first byte
    std::string help;
    DesktopTerms desktop;  // RDP only
    Bytes keystrokes_to;   // a P-256 public key (65 bytes) that keystrokes are sealed to; empty: they are only counted
};
BOOST_DESCRIBE_STRUCT(SessionPermit, (),
                      (session, person, target, account, host_key_algorithms, login, allow, forbid, expires, deadline, extendable, idle, started, recording,
                       keys, bulk_limit, notice, help, desktop, keystrokes_to))

struct SessionRefusal {
    std::string sentence;
    bool menu = false;  // not a refusal but the list of what the person may reach
};
BOOST_DESCRIBE_STRUCT(SessionRefusal, (), (sentence, menu))

// No decision yet, but a conversation with the person on their first channel: the menu, a request that waits, an enrolment.
// `reads`: also the input of a command belongs to the conversation; otherwise only a shell's does, and a command's waits for its target.
struct BeginTalk {
    bool reads = false;
};
BOOST_DESCRIBE_STRUCT(BeginTalk, (), (reads))

// Lines for the person (LF between them, none at the end), appended; never a repainted screen.
struct Say {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(Say, (), (text))

// One line is wanted. A newer question takes the place of one that is open; with an empty prompt the open one is called back.
struct AskLine {
    std::uint32_t number = 0;
    std::string prompt;
    bool echo = true;
};
BOOST_DESCRIBE_STRUCT(AskLine, (), (number, prompt, echo))

// To somebody in a live session: shown when it garbles nothing.
struct Tell {
    std::string text;
    bool ring = false;  // with the terminal's bell
};
BOOST_DESCRIBE_STRUCT(Tell, (), (text, ring))

// The session's end is another now; as in SessionPermit.
struct ChangeEnd {
    std::int64_t expires = 0;
    std::int64_t deadline = 0;
    std::string text;  // for the person
};
BOOST_DESCRIBE_STRUCT(ChangeEnd, (), (expires, deadline, text))

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

// ---- the web server <-> broker -----------------------------------------------------------------------------------------
// One channel for the life of the web server; `number` is given by it and names one call, stream of events or watch. Who somebody is
// the web server cannot know: it passes on the console session's token from the cookie, and the broker answers for it.

struct WebHello {
    std::uint32_t version = protocol_version;
};
BOOST_DESCRIBE_STRUCT(WebHello, (), (version))

// One descriptor: the TLS identity (PEM: private key, then the chain), as in GatewayWelcome.
struct WebWelcome {
    std::string listen;   // HOST:PORT
    std::string origin;   // "https://console.example:8443": the one that requests may come from
    bool tls12 = false;   // TLS 1.2 is accepted too
    std::string sign_in;  // the text under the sign-in: whom to call
};
BOOST_DESCRIBE_STRUCT(WebWelcome, (), (listen, origin, tls12, sign_in))

// One HTTP request below /api/. Its way to the broker's one gate (broker/console/gate.h), which routes and authorises it.
struct WebCall {
    std::uint64_t number = 0;
    std::string method;  // "GET" or "POST"; no other gets here
    std::string path;    // as sent, printable ASCII, not decoded; without the query
    std::string query;   // as sent, without "?"
    Secret session;      // the cookie's value; empty: none
    std::string csrf;    // X-Anteroom-CSRF
    std::string if_match;
    std::string source;  // the client's address, without port
    std::string agent;   // its User-Agent, printable, at most 200 bytes
    Secret body;         // JSON, at most 64 KiB
};
BOOST_DESCRIBE_STRUCT(WebCall, (), (number, method, path, query, session, csrf, if_match, source, agent, body))

// In pieces where it is long: `json` is to be joined until a piece says no `more`; the rest stands in the first piece.
struct WebAnswer {
    std::uint64_t number = 0;
    std::uint16_t status = 500;  // HTTP; from 400 on `json` is a problem (RFC 9457)
    std::string json;
    bool more = false;
    std::string etag;             // "" for none
    Secret session;               // a new cookie's value; empty: the cookie stays as it is
    bool forget_session = false;  // the cookie is to be cleared
    std::uint32_t retry_after = 0;
    bool known = false;  // the call was of a console session: no stranger's
};
BOOST_DESCRIBE_STRUCT(WebAnswer, (), (number, status, json, more, etag, session, forget_session, retry_after, known))

// A stream of events for one signed-in console, from behind `after` on (0: from now on). Answered by WebEvents, or by a WebAnswer of
// status 401 when the session is none.
struct WebListen {
    std::uint64_t number = 0;
    Secret session;
    std::string source;
    std::uint64_t after = 0;
};
BOOST_DESCRIBE_STRUCT(WebListen, (), (number, session, source, after))

// Something that this console shows has changed (it asks for it anew). Topics: web/console/src/api/types.ts, EventTopic.
struct WebEvent {
    std::uint64_t number = 0;
    std::uint64_t id = 0;
    std::string topic;
    std::string json;
};
BOOST_DESCRIBE_STRUCT(WebEvent, (), (number, id, topic, json))

// A live session is to be watched, or a recording replayed, with the one-use ticket that a fresh factor earned. Answered by WebRecording, or by a WebAnswer.
struct WebWatch {
    std::uint64_t number = 0;
    Secret session;
    Secret ticket;
    std::string source;
};
BOOST_DESCRIBE_STRUCT(WebWatch, (), (number, session, ticket, source))

// One descriptor: the recording, read-only. A second one where there is an index beside it (recorder/index.h).
struct WebRecording {
    std::uint64_t number = 0;
    std::string id;
    std::string protocol;  // "ssh" or "rdp"
    Secret data_key;
    Bytes signer;                           // Ed25519 public key of the final frame
    bool live = true;                       // it is being written
    std::vector<recorder::Commit> audited;  // what the audit log says of one that is over
};
BOOST_DESCRIBE_STRUCT(WebRecording, (), (number, id, protocol, data_key, signer, live, audited))

// A recording is to leave, with the one-use ticket that a fresh factor earned. Answered by WebExport, or by a WebAnswer; WebEnd follows when everything is
// in the pipe (its sentence is empty then) or when it may not go on.
struct WebFetch {
    std::uint64_t number = 0;
    Secret session;
    Secret ticket;
    std::string source;
};
BOOST_DESCRIBE_STRUCT(WebFetch, (), (number, session, ticket, source))

// One descriptor: the pipe that anteroom-exporter writes into.
struct WebExport {
    std::uint64_t number = 0;
    std::string name;  // of the file: a-z A-Z 0-9 . _ -
    std::string type;  // its media type
};
BOOST_DESCRIBE_STRUCT(WebExport, (), (number, name, type))

// A stream, a watch or an export is over: from the web server when the browser has left, from the broker when it may not go on.
struct WebOver {
    std::uint64_t number = 0;
    std::string sentence;
};
BOOST_DESCRIBE_STRUCT(WebOver, (), (number, sentence))
struct WebEnd {
    std::uint64_t number = 0;
    std::string sentence;
};
BOOST_DESCRIBE_STRUCT(WebEnd, (), (number, sentence))

// ---- the courier <-> broker --------------------------------------------------------------------------------------------

// `channels`: the names in `alerts:` that the courier could read; the broker hands it nothing for others.
struct CourierHello {
    std::uint32_t version = protocol_version;
    std::vector<std::string> channels;
};
BOOST_DESCRIBE_STRUCT(CourierHello, (), (version, channels))

struct CourierWelcome {};
BOOST_DESCRIBE_STRUCT(CourierWelcome, (), ())

// One delivery; the next of a channel comes only after the answer to this one. `number` is the outbox row's, or an audit record's.
struct Deliver {
    std::int64_t number = 0;
    std::string channel;
    std::string kind;  // "alert": body is the event's JSON object; "audit": a batch of audit records, one JSON line each, `number` the last
    std::string body;
};
BOOST_DESCRIBE_STRUCT(Deliver, (), (number, channel, kind, body))

// It arrived, or it did not and why: it stays in the outbox and is handed out again after a while.
struct Delivered {
    std::int64_t number = 0;
    std::string channel, kind;
    bool arrived = false;
    std::string why;
};
BOOST_DESCRIBE_STRUCT(Delivered, (), (number, channel, kind, arrived, why))

// A recording for one authorised view. One descriptor: the file, read-only.
struct AdminRecording {
    std::string id;
    Secret data_key;  // empty when only verification was asked for
    Bytes checkpoints;
    Bytes signer;  // Ed25519 public key of the final frame and the checkpoints
    std::vector<recorder::Commit> audited;
};
BOOST_DESCRIBE_STRUCT(AdminRecording, (), (id, data_key, checkpoints, signer, audited))

// The index of one recording, for a search that was permitted and audited: with these keys nothing but the index can be read. One
// descriptor: the index, read-only.
struct AdminIndex {
    std::string id;
    std::string person, target, account;
    std::int64_t started = 0;  // microseconds since 1970
    recorder::IndexKeys keys;
};
BOOST_DESCRIBE_STRUCT(AdminIndex, (), (id, person, target, account, started, keys))

struct AdminDone {
    bool done = false;
    std::string sentence;
    std::string json;
};
BOOST_DESCRIBE_STRUCT(AdminDone, (), (done, sentence, json))

}  // namespace anteroom::control
