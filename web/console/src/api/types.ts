// What the console's API says, as JSON. The routes, who may call them and what they need stand in broker/console/routes.cpp; the
// OpenAPI document at /api/openapi.json is made from that table. Times are RFC 3339 in UTC; lengths are whole seconds.

export type Time = string;

// RFC 9457 (application/problem+json), for every answer from 400 on.
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string; // a sentence for the person
  instance?: string;
  help?: string; // whom to call
  retry_seconds?: number; // 429, and 401 for a used code
  settled?: { by: string; at: Time; state: RequestState }; // 409: who was first
}

// ---- signing in -------------------------------------------------------------------------------------------------------
// GET  /api/site (nobody)                               -> Site
// POST /api/sign-in {user, password, code} (nobody)     -> Me      401 with a sentence; the code of an invitation goes in `password`
// POST /api/sign-in/passkey/options {} (nobody)         -> PasskeyRequest
// POST /api/sign-in/passkey {nonce, ...Assertion}       -> Me
// POST /api/sign-out {}                                 -> {}
// GET  /api/me                                          -> Me      401 when nobody is signed in
// POST /api/active {}                                   -> {idle_seconds, seconds}   real input, at most every 20 s
export interface Site {
  name: string; // "Anteroom"
  help: string;
  zone: string; // IANA
}
export interface Me {
  person: string;
  name: string; // display name
  csrf: string; // goes into X-Anteroom-CSRF of every POST
  enrolling: boolean; // may only make factors: /welcome
  pages: Page[];
  idle_seconds: number; // until silence ends the session
  seconds: number; // until it ends in any case
  idle_limit_seconds: number;
  factors: { password: boolean; codes: boolean; passkeys: number };
  zone: string;
  help: string;
  now: Time; // the server's clock, so that countdowns are right
  approver: boolean; // policy names them for some approval
  event: number; // the last one so far: what is asked for from now on holds it
}
export type Page = 'home' | 'approvals' | 'live' | 'recordings' | 'breakglass' | 'audit' | 'policy' | 'people' | 'me';

// Binary values are base64url without padding.
export interface PasskeyRequest {
  nonce: string;
  challenge: string;
  rp_id: string;
  timeout_ms: number;
  allow: { id: string }[]; // empty at sign-in: the browser offers what it has
}
export interface Assertion {
  id: string;
  client_data: string;
  authenticator_data: string;
  signature: string;
  user_handle: string | null;
}
// The member `factor` of every call that decides or looks into a session.
// POST /api/factor/options {method, path, if_match, body} -> PasskeyRequest whose challenge is derived from that very call
export type Factor = { code: string } | { passkey: { nonce: string } & Assertion };

// ---- my security, and enrolment -----------------------------------------------------------------------------------------
// GET  /api/me/security                                  -> Security
// POST /api/me/passkeys/options {}                       -> PasskeyCreation
// POST /api/me/passkeys {nonce, name, client_data, attestation_object, transports, factor}     -> Security
// POST /api/me/passkeys/{id}/remove {factor}             -> Security   409 for the last factor there is
// POST /api/me/codes/begin {}                            -> NewCodes
// POST /api/me/codes {nonce, code, factor}               -> Security + {recovery?: string[]}
// POST /api/me/password {password, factor}               -> Security
// POST /api/me/recovery {factor}                         -> {recovery: string[]}      shown once
// POST /api/me/enrol {nonce, password, code}             -> {me: Me, recovery: string[]}    an invited person's first factors, in one step
// POST /api/me/enrol/passkey {nonce, name, client_data, attestation_object, transports}   -> Me     or with a passkey alone
// POST /api/me/sessions/{id}/end {}                      -> Security
// (`factor` is left out while enrolling. Whoever has neither code nor passkey cannot get here.)
export interface Security {
  password: { set: Time | null } | null;
  codes: { enrolled: Time; by: string } | null;
  recovery_left: number;
  passkeys: { id: string; name: string; added: Time; used: Time | null; backed_up: boolean }[];
  keys: { fingerprint: string; type: string; comment: string; added: Time; expires: Time | null }[]; // SSH keys: added by ssh
  sessions: { id: string; started: Time; seen: Time; source: string; agent: string; factors: string; this: boolean }[];
}
export interface PasskeyCreation {
  nonce: string;
  challenge: string;
  rp: { id: string; name: string };
  user: { id: string; name: string; display_name: string };
  algorithms: number[]; // COSE: -7, -8, -257
  exclude: { id: string }[];
  timeout_ms: number;
}
export interface NewCodes {
  nonce: string;
  uri: string; // otpauth://...: drawn as a QR code by the page
  typable: string;
}

// ---- home ---------------------------------------------------------------------------------------------------------------
// GET  /api/home                                         -> Home
// POST /api/tickets/rdp {target, account, factor}        -> {name, text, ends}     a one-time .rdp file
// GET  /api/request-form?place=TARGET+ACCOUNT            -> RequestForm
// POST /api/break-glass {place, reason, factor}          -> Card
export interface Home {
  places: Place[];
  grants: Grant[]; // what I hold now, or from later on
  requests: RequestRow[]; // mine that wait
  ssh: { host: string; port: number; host_key: string } | null; // fingerprint SHA256:...
  rdp: { address: string } | null;
}
export type PlaceState = 'ready' | 'needs-approval' | 'waiting' | 'outside-hours' | 'refused';
export interface Place {
  place: string; // "mri-3+service", as requests name it
  target: string;
  account: string;
  description: string;
  protocol: 'ssh' | 'rdp';
  state: PlaceState;
  why: string; // a sentence: until when, who approves, from when on
  rule: string;
  capabilities: string[]; // in people's words: "read files by SFTP"
  ends: Time | null; // ready: until then
  break_glass: boolean;
  request: number | null; // the open one
  connect: Connect | null; // ready
}
export interface Connect {
  ssh: string | null; // a line to paste: "ssh -p 2222 vera+mri-3@broker.example"
  putty: File | null; // a .reg profile
  winscp: string | null; // an sftp:// address, where files are allowed
  rdp: boolean; // a one-time .rdp file can be made
}
export interface File {
  name: string;
  text: string;
}
export interface Grant {
  request: number;
  places: string[];
  state: RequestState;
  starts: Time | null;
  ends: Time | null; // null: its clock starts at the first connection
  granted_seconds: number;
  extendable: boolean;
  extension: { seconds: number; asked: Time } | null;
}
export interface RequestForm {
  place: string;
  possible: boolean;
  sentence: string; // why not
  ticket: boolean;
  ticket_pattern: string; // a regular expression for the whole ticket
  max_seconds: number;
  approvers: string[]; // "imaging-admins"
  unusual: string[];
  description: string;
  capabilities: string[];
}

// ---- requests -----------------------------------------------------------------------------------------------------------
// POST /api/requests {places, reason, ticket, seconds, at}      -> Card     `at`: a time, or null for now
// GET  /api/requests?state=open|all                             -> {requests: RequestRow[]}      mine
// GET  /api/requests/{id}                                       -> Card     with an ETag; mine, or one that I may decide or have decided on
// POST /api/requests/{id}/withdraw {}                           -> Card
// POST /api/requests/{id}/ask-extension {seconds}               -> Card
// GET  /api/approvals                                           -> Approvals
// POST /api/requests/{id}/approve {seconds, confirmed, factor}  -> Card     If-Match; 409 `settled` when somebody was first
//      `confirmed`: a boolean, true where `confirm` was not empty and all of it was confirmed
// POST /api/requests/{id}/deny {reason, factor}                 -> Card     If-Match
// POST /api/requests/{id}/extend {yes, confirmed, factor}       -> Card     If-Match
// POST /api/requests/{id}/revoke {reason, factor}               -> Card     If-Match
export type RequestState = 'requested' | 'approved' | 'active' | 'ended' | 'denied' | 'withdrawn' | 'expired' | 'revoked';
export interface Yes {
  by: string;
  standing_in_for: string | null;
  at: Time;
  seconds: number | null;
}
export interface RequestRow {
  id: number;
  kind: 'request' | 'drill' | 'break-glass';
  state: RequestState;
  person: string;
  targets: string[]; // "mri-3+service"
  reason: string;
  ticket: string;
  source: string;
  created: Time;
  asked_seconds: number | null;
  not_before: Time | null;
  unusual: string[];
  waits_until: Time | null;
  escalated: boolean;
  yeses: Yes[];
  granted_seconds: number | null;
  clock: 'approval' | 'first-connection';
  starts: Time | null;
  ends: Time | null;
  extension: { seconds: number; asked: Time; yeses: Yes[] } | null;
  decided: Time | null;
  decided_by: string;
  decision: string;
}
export interface Card extends RequestRow {
  etag: string;
  person_name: string;
  vendor: string;
  agreement: string;
  places: {
    target: string;
    account: string;
    description: string;
    privileged: boolean;
    capabilities: string[];
    capability_words: string[];
    rule: string;
    grace_seconds: number | null;
    confirm: string[];
  }[];
  visits: { started: Time; ended: Time | null; target: string; account: string; ticket: string }[];
  waiting_for: string[]; // "1 of imaging-admins"
  notified: Time | null;
  confirm: string[]; // the approver says yes to each
  max_seconds: number | null;
  mine: boolean;
  may_decide: boolean;
  why_not: string; // a sentence, where it waits and may_decide is false
  may_revoke: boolean;
}
export interface Approvals {
  waiting: Card[]; // oldest first: requests and extensions that I may decide
  settled: Card[]; // of the last 24 h, newest first, at most 10
}

// ---- live ---------------------------------------------------------------------------------------------------------------
// GET  /api/sessions                                    -> {sessions: LiveSession[]}    mine, and those of targets that I review or decide about
// POST /api/sessions/{id}/terminate {reason, factor}    -> {sentence}
// POST /api/sessions/{id}/watch {factor}                -> {ticket, seconds}       one use; then the WebSocket /api/watch
export interface LiveSession {
  id: string;
  person: string;
  person_name: string;
  vendor: string;
  target: string;
  account: string;
  protocol: 'ssh' | 'rdp';
  since: Time;
  expires: Time | null;
  ends: Time | null;
  idle_seconds: number | null;
  source: string;
  rule: string;
  request: number | null;
  emergency: boolean;
  reason: string;
  ticket: string;
  bytes: number;
  refusals: number; // what it tried and was refused
  mine: boolean;
  may_watch: boolean;
  may_terminate: boolean;
}
// WebSocket /api/watch, for live sessions and for recordings alike: the first message of the browser is {"ticket": "..."}; then the server
// sends what there is. Of a live session everything at once and then as it comes; of a recording, what stands at its beginning, and on up to
// what the browser wants (`WatchCommand`). `at`: milliseconds since the recording began.
export type WatchMessage =
  | { kind: 'begin'; id: string; protocol: 'ssh' | 'rdp'; live: boolean; duration: number } // duration: so far, milliseconds
  | { kind: 'size'; at: number; columns: number; rows: number } // of the terminal; of a desktop, pixels
  | { kind: 'show'; at: number; channel: number; text: string } // for the terminal; filtered
  | { kind: 'note'; at: number; channel: number; text: string } // beside it: a channel began, something was refused
  | { kind: 'pointer'; at: number; x: number; y: number; shown: boolean } // of a desktop
  | { kind: 'sought'; seek: number; at: number; channels: number[]; channel?: number | null } // everything before is void: the terminal is empty, then comes `size`, one `show` with the whole state, and what follows `at`; channel: the terminal that is shown there, where that is known
  | { kind: 'terminals'; at: number; channels: number[]; opened: number | null } // there are several, as far as is known; opened: this one, at `at`, while another is shown
  | { kind: 'upto'; at: number } // all that stands before `at` was sent (and the `want` of before is met)
  | { kind: 'timeline'; moments: TimelineMoment[]; activity: { each: number; shown: number[]; typed: number[] }; upto: number; whole: boolean } // again when it grew
  | { kind: 'hits'; search: number; hits: TimelineMoment[]; more: boolean; indexed: boolean } // indexed: false where there is no index (yet) to search in
  | { kind: 'integrity'; state: 'checking' | 'intact' | 'broken' | 'unsealed'; pieces: number; checked: number; sentence: string } // broken: names the piece
  | { kind: 'end'; sentence: string; duration?: number }; // duration: of a live session that has ended
export interface TimelineMoment {
  at: number;
  lane: 'command' | 'file' | 'clipboard' | 'forward' | 'title' | 'alert' | 'warning' | 'approval' | 'refusal' | 'note' | 'gap' | 'channel' | 'shown';
  channel: number;
  text: string;
  guess: boolean;
}
// A desktop's picture comes in binary messages, little-endian: u8 1, u8 flags (1: the frame is complete and may be shown; 2: begins after a
// seek: the rest of the screen is black; 4: coarse), u16 x, y, width, height, screen width, screen height, two zero bytes,
// f64 at; behind these 24 bytes the pixels, R G B A, top line first, in a zlib stream (RFC 1950).
export type WatchCommand =
  | { seek: number; to: number } // `seek`: a number of its own, which `sought` repeats; `to`: milliseconds
  | { want: number } // send all up to this moment
  | { search: number; text: string } // in what was shown
  | { channel: number }; // of several terminals, this one; followed by a seek

// ---- recordings ---------------------------------------------------------------------------------------------------------
// GET  /api/recordings?person&target&since&until&before&limit   -> Recordings       newest first, of what I may review; `before` is a time
// GET  /api/recordings/{id}                                     -> RecordingDetail  what is known of it, nothing that it shows
// POST /api/recordings/{id}/open {factor}                       -> {ticket, seconds}     one use; then the WebSocket /api/watch. Live ones too
// POST /api/recordings/{id}/ask-consent {reason}                -> RecordingDetail  where policy wants a second person
// POST /api/recordings/{id}/consent {person, factor}            -> RecordingDetail  by that second person, for `person`, for one hour
// POST /api/recordings/{id}/notes {at, text}                    -> RecordingDetail  409 for who has not opened it
// POST /api/recordings/{id}/watched {ranges: [from, to][]}      -> {watched}        milliseconds; what this person saw, joined with what they saw before
// POST /api/recordings/{id}/sign-off {outcome, note, factor}    -> RecordingDetail
// POST /api/recordings/{id}/export {format, factor}             -> ExportTicket     409 where as many run as may at once
// GET  /api/exports/{ticket}                                    -> the file, as an attachment, streamed while it is made
export interface Recordings {
  recordings: RecordingRow[];
  before: Time | null;
  asked: { id: string; person: string; person_name: string; reason: string; at: Time }[]; // others wait for my consent
}
export interface RecordingRow {
  id: string; // the session's
  person: string;
  person_name: string;
  vendor: string;
  target: string;
  account: string;
  protocol: 'ssh' | 'rdp';
  started: Time;
  ended: Time | null; // null: live
  seconds: number | null;
  bytes: number;
  state: 'live' | 'complete' | 'recovered' | 'torn' | 'gone';
  emergency: boolean;
  ticket: string;
  refusals: number | null;
  may_open: boolean;
  why_not: string; // a sentence
  signed_off: { by: string; at: Time; outcome: string } | null;
}
export interface RecordingDetail extends RecordingRow {
  source: string;
  rule: string;
  policy_version: number;
  reason: string;
  factors: string; // how the person proved who they were
  request: Card | null; // with its approvals, where the session stood on one
  emergency_review: Emergency | null;
  ended_why: string;
  consent: { needed: boolean; asked: { at: Time; reason: string } | null; given: { by: string; until: Time } | null };
  watched: [number, number][]; // by me
  watchers: { person: string; at: Time; watched: [number, number][] }[]; // everybody who has opened it
  required: { at: number; text: string; watched: boolean }[]; // moments that must be watched before a break-glass is reviewed
  notes: { id: number; at: number; text: string; by: string; written: Time }[];
  sign_offs: { by: string; at: Time; outcome: string; note: string }[];
  audit: { seq: number; at: Time; kind: string; offset: number }[]; // of this session; offset: milliseconds into the recording
  exports: ExportFormat[]; // what can be made of it by me, now
}
export type ExportFormat = 'cast' | 'mp4' | 'bundle';
export interface ExportTicket {
  ticket: string; // one use
  seconds: number; // until it is worth nothing
  name: string; // of the file
}

// ---- break-glass --------------------------------------------------------------------------------------------------------
// GET  /api/emergencies                                                     -> {due: Emergency[], done: Emergency[]}    the next due first; done: the last 50
// POST /api/emergencies/{request}/review {outcome, note, follow_up, factor} -> Emergency    409 where required moments were not watched, or somebody was first
export interface Emergency {
  request: number;
  kind: 'break-glass' | 'drill';
  person: string;
  person_name: string;
  targets: string[];
  reason: string;
  began: Time;
  ended: Time | null;
  due: Time | null;
  overdue: boolean;
  sessions: { id: string; target: string; account: string; started: Time; ended: Time | null; touched: string[]; unwatched: number; excused: string }[]; // touched: commands, files, in words; unwatched: required moments that I have not seen; excused: why I need not, or cannot
  more_sessions: number; // beside these
  may_review: boolean;
  why_not: string; // "you broke the glass yourself"
  outcome: '' | 'justified' | 'partly' | 'unjustified';
  note: string;
  follow_up: string;
  reviewed_by: string;
  reviewed: Time | null;
}

// ---- audit --------------------------------------------------------------------------------------------------------------
// GET  /api/audit?since&until&kind&person&target&session&before&limit   -> AuditPage     newest first; `before` is a seq
// GET  /api/audit/kinds                                                 -> {kinds: string[]}
export interface AuditPage {
  records: AuditRecord[];
  before: number | null; // ask again with this for what is older
  chain: string;
}
export interface AuditRecord {
  seq: number;
  at: Time;
  kind: string;
  person: string;
  target: string;
  session: string;
  fields: Record<string, string>;
  hash: string; // hex, the first 16 digits
}

// ---- policy -------------------------------------------------------------------------------------------------------------
// GET  /api/policy                                                    -> Policy
// GET  /api/policy/names                                              -> PolicyNames     for the form
// POST /api/policy/explain {person, target, account, capability, at}  -> Explanation
// POST /api/policy/who-can {target}                                   -> {rows: WhoCan[]}
// POST /api/policy/diff {text}                                        -> {changes: string[], warnings: string[], problem: string | null}
export interface Policy {
  version: number;
  applied: Time;
  applied_by: string;
  text: string;
  warnings: string[];
}
export interface PolicyNames {
  people: { name: string; display_name: string; vendor: string }[];
  targets: { target: string; description: string; accounts: string[]; protocol: string }[];
  capabilities: string[];
}
export interface Explanation {
  verdict: 'permit' | 'needs-approval' | 'deny';
  rule: string;
  sentence: string;
  considered: { rule: string; forbid: boolean; applies: boolean; why: string }[];
  changes: string[]; // what would change it
  allow: string[];
  forbid: string[];
  ends: Time | null;
}
export interface WhoCan {
  person: string;
  name: string;
  vendor: string;
  account: string;
  verdict: string;
  rule: string;
  capabilities: string[];
}

// ---- people -------------------------------------------------------------------------------------------------------------
// GET  /api/people                                     -> {people: PersonRow[]}
// GET  /api/people/{name}                              -> PersonDetail
// POST /api/people/{name}/keep {note, factor}          -> PersonDetail     access review: still needed
// POST /api/people/{name}/disable {reason, factor}     -> PersonDetail
// POST /api/people/{name}/enable {reason, factor}      -> PersonDetail
export interface PersonRow {
  name: string;
  display_name: string;
  email: string;
  vendor: string;
  groups: string[];
  disabled: boolean;
  expires: Time | null;
  mark: string; // "set up by an administrator"
  last_seen: Time | null; // last sign-in
  last_session: Time | null;
  factors: { password: boolean; codes: boolean; passkeys: number; keys: number };
  reviewed: { at: Time; by: string } | null;
}
export interface PersonDetail extends PersonRow {
  reach: { target: string; account: string; verdict: string; rule: string }[];
  visits: { started: Time; ended: Time | null; target: string; account: string }[];
}

// ---- events: GET /api/events?after=ID, text/event-stream with ids; `data` is EventData --------------------------------------
export type EventTopic = 'request' | 'session' | 'recording' | 'me' | 'policy' | 'people' | 'hello';
// request: one that I asked for, or may decide, changed. session: one that I may see began, changed or ended. me: my factors or
// sessions. hello: first of each stream; `missed` when events behind `after` or Last-Event-ID are gone, and everything is to be asked anew.
export interface EventData {
  topic: EventTopic;
  id?: string | number; // of the request or session
  state?: string;
  waiting?: number; // request, hello: how many wait for me now
  fresh?: boolean; // request: it has just begun to wait for me (a notice is due)
  summary?: string; // fresh: one sentence without the reason's text
  missed?: boolean;
}
