// The shorthand: "name: type" one a line; a type is a word of the table below, another schema's name, with [] behind it for a list and
// ? for one that may be null; a ? behind the member's name says that it may be missing.
#include "broker/console/schemas.h"

#include <boost/json.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace anteroom::console {

namespace json = boost::json;

namespace {

struct Named {
    std::string_view name, members;
};
constexpr Named all[] = {
    {"Empty", ""},
    {"Problem", "type: text\ntitle: text\nstatus: number\ndetail: text\ninstance?: text\nhelp?: text\nretry_seconds?: number\nsettled?: Settled"},
    {"Settled", "by: text\nat: time\nstate: RequestState"},
    {"Site", "name: text\nhelp: text\nzone: text"},
    {"Me",
     "person: text\nname: text\ncsrf: text\nenrolling: truth\npages: Page[]\nidle_seconds: number\nseconds: number\nidle_limit_seconds: number\n"
     "factors: MyFactors\nzone: text\nhelp: text\nnow: time\napprover: truth\nevent: number"},
    {"MyFactors", "password: truth\ncodes: truth\npasskeys: number"},
    {"Active", "idle_seconds: number\nseconds: number"},
    {"PasskeyRequest", "nonce: text\nchallenge: text\nrp_id: text\ntimeout_ms: number\nallow: Credential[]"},
    {"Credential", "id: text"},
    {"Factor", "code?: text\npasskey?: PasskeyFactor"},
    {"PasskeyFactor", "nonce: text\nid: text\nclient_data: text\nauthenticator_data: text\nsignature: text\nuser_handle: text?"},
    {"Security", "password: PasswordSet?\ncodes: CodesEnrolled?\nrecovery_left: number\npasskeys: Passkey[]\nkeys: Key[]\nsessions: ConsoleSession[]"},
    {"SecurityAndRecovery",
     "password: PasswordSet?\ncodes: CodesEnrolled?\nrecovery_left: number\npasskeys: Passkey[]\nkeys: Key[]\nsessions: ConsoleSession[]\nrecovery?: text[]"},
    {"PasswordSet", "set: time?"},
    {"CodesEnrolled", "enrolled: time\nby: text"},
    {"Passkey", "id: text\nname: text\nadded: time\nused: time?\nbacked_up: truth"},
    {"Key", "fingerprint: text\ntype: text\ncomment: text\nadded: time\nexpires: time?"},
    {"ConsoleSession", "id: text\nstarted: time\nseen: time\nsource: text\nagent: text\nfactors: text\nthis: truth"},
    {"PasskeyCreation", "nonce: text\nchallenge: text\nrp: RelyingParty\nuser: PasskeyUser\nalgorithms: number[]\nexclude: Credential[]\ntimeout_ms: number"},
    {"RelyingParty", "id: text\nname: text"},
    {"PasskeyUser", "id: text\nname: text\ndisplay_name: text"},
    {"NewCodes", "nonce: text\nuri: text\ntypable: text"},
    {"Recovery", "recovery: text[]"},
    {"Enrolled", "me: Me\nrecovery: text[]"},
    {"Home", "places: Place[]\ngrants: Grant[]\nrequests: RequestRow[]\nssh: SshDoor?\nrdp: RdpDoor?"},
    {"SshDoor", "host: text\nport: number\nhost_key: text"},
    {"RdpDoor", "address: text"},
    {"Place",
     "place: text\ntarget: text\naccount: text\ndescription: text\nprotocol: Protocol\nstate: PlaceState\nwhy: text\nrule: text\ncapabilities: text[]\n"
     "ends: time?\nbreak_glass: truth\nrequest: number?\nconnect: Connect?"},
    {"Connect", "ssh: text?\nputty: File?\nwinscp: text?\nrdp: truth"},
    {"File", "name: text\ntext: text"},
    {"Ticket", "name: text\ntext: text\nends: time"},
    {"Grant",
     "request: number\nplaces: text[]\nstate: RequestState\nstarts: time?\nends: time?\ngranted_seconds: number\nextendable: truth\nextension: AskedTime?"},
    {"AskedTime", "seconds: number\nasked: time"},
    {"RequestForm",
     "place: text\npossible: truth\nsentence: text\nticket: truth\nticket_pattern: text\nmax_seconds: number\napprovers: text[]\nunusual: text[]\n"
     "description: text\ncapabilities: text[]"},
    {"Yes", "by: text\nstanding_in_for: text?\nat: time\nseconds: number?"},
    {"Extension", "seconds: number\nasked: time\nyeses: Yes[]"},
    {"RequestRow",
     "id: number\nkind: RequestKind\nstate: RequestState\nperson: text\ntargets: text[]\nreason: text\nticket: text\nsource: text\ncreated: time\n"
     "asked_seconds: number?\nnot_before: time?\nunusual: text[]\nwaits_until: time?\nescalated: truth\nyeses: Yes[]\ngranted_seconds: number?\n"
     "clock: GrantClock\nstarts: time?\nends: time?\nextension: Extension?\ndecided: time?\ndecided_by: text\ndecision: text"},
    {"Requests", "requests: RequestRow[]"},
    {"CardOnly",
     "etag: text\nperson_name: text\nvendor: text\nagreement: text\nplaces: CardPlace[]\nvisits: CardVisit[]\nwaiting_for: text[]\nnotified: time?\n"
     "confirm: text[]\nmax_seconds: number?\nmine: truth\nmay_decide: truth\nwhy_not: text\nmay_revoke: truth"},
    {"CardPlace",
     "target: text\naccount: text\ndescription: text\nprivileged: truth\ncapabilities: text[]\ncapability_words: text[]\nrule: text\ngrace_seconds: number?\n"
     "confirm: text[]"},
    {"CardVisit", "started: time\nended: time?\ntarget: text\naccount: text\nticket: text"},
    {"Approvals", "waiting: Card[]\nsettled: Card[]"},
    {"LiveSession",
     "id: text\nperson: text\nperson_name: text\nvendor: text\ntarget: text\naccount: text\nprotocol: Protocol\nsince: time\nexpires: time?\nends: time?\n"
     "idle_seconds: number?\nsource: text\nrule: text\nrequest: number?\nemergency: truth\nreason: text\nticket: text\nbytes: number\nrefusals: number\n"
     "mine: truth\nmay_watch: truth\nmay_terminate: truth"},
    {"LiveSessions", "sessions: LiveSession[]"},
    {"Sentence", "sentence: text"},
    {"WatchTicket", "ticket: text\nseconds: number"},
    {"ExportTicket", "ticket: text\nseconds: number\nname: text"},
    {"Recordings", "recordings: RecordingRow[]\nbefore: time?\nasked: ConsentAsked[]"},
    {"ConsentAsked", "id: text\nperson: text\nperson_name: text\nreason: text\nat: time"},
    {"RecordingRow",
     "id: text\nperson: text\nperson_name: text\nvendor: text\ntarget: text\naccount: text\nprotocol: Protocol\nstarted: time\nended: time?\n"
     "seconds: number?\nbytes: number\nstate: RecordingState\nemergency: truth\nticket: text\nrefusals: number?\nmay_open: truth\nwhy_not: text\n"
     "signed_off: SignedOff?"},
    {"SignedOff", "by: text\nat: time\noutcome: SignOffOutcome"},
    {"RecordingOnly",
     "source: text\nrule: text\npolicy_version: number\nreason: text\nfactors: text\nrequest: Card?\nemergency_review: Emergency?\nended_why: text\n"
     "consent: Consent\nwatched: number[][]\nwatchers: Watcher[]\nrequired: RequiredMoment[]\nnotes: RecordingNote[]\nsign_offs: SignOff[]\n"
     "audit: AuditMoment[]\nexports: ExportFormat[]"},
    {"Consent", "needed: truth\nasked: ConsentReason?\ngiven: ConsentGiven?"},
    {"ConsentReason", "at: time\nreason: text"},
    {"ConsentGiven", "by: text\nuntil: time"},
    {"Watcher", "person: text\nat: time\nwatched: number[][]"},
    {"RequiredMoment", "at: number\ntext: text\nwatched: truth"},
    {"RecordingNote", "id: number\nat: number\ntext: text\nby: text\nwritten: time"},
    {"SignOff", "by: text\nat: time\noutcome: SignOffOutcome\nnote: text"},
    {"AuditMoment", "seq: number\nat: time\nkind: text\noffset: number"},
    {"Watched", "watched: number[][]"},
    {"Emergencies", "due: Emergency[]\ndone: Emergency[]"},
    {"Emergency",
     "request: number\nkind: RequestKind\nperson: text\nperson_name: text\ntargets: text[]\nreason: text\nbegan: time\nended: time?\ndue: time?\n"
     "overdue: truth\nsessions: EmergencySession[]\nmore_sessions: number\nmay_review: truth\nwhy_not: text\noutcome: ReviewOutcome\nnote: text\nfollow_up: "
     "text\n"
     "reviewed_by: text\nreviewed: time?"},
    {"EmergencySession", "id: text\ntarget: text\naccount: text\nstarted: time\nended: time?\ntouched: text[]\nunwatched: number\nexcused: text"},
    {"AuditPage", "records: AuditRecord[]\nbefore: number?\nchain: text"},
    {"AuditRecord", "seq: number\nat: time\nkind: text\nperson: text\ntarget: text\nsession: text\nfields: texts\nhash: text"},
    {"AuditKinds", "kinds: text[]"},
    {"Policy", "version: number\napplied: time\napplied_by: text\ntext: text\nwarnings: text[]"},
    {"PolicyNames", "people: PolicyPerson[]\ntargets: PolicyTarget[]\ncapabilities: text[]"},
    {"PolicyPerson", "name: text\ndisplay_name: text\nvendor: text"},
    {"PolicyTarget", "target: text\ndescription: text\naccounts: text[]\nprotocol: Protocol"},
    {"Explanation", "verdict: Verdict\nrule: text\nsentence: text\nconsidered: Considered[]\nchanges: text[]\nallow: text[]\nforbid: text[]\nends: time?"},
    {"Considered", "rule: text\nforbid: truth\napplies: truth\nwhy: text"},
    {"WhoCan", "person: text\nname: text\nvendor: text\naccount: text\nverdict: text\nrule: text\ncapabilities: text[]"},
    {"WhoCanRows", "rows: WhoCan[]"},
    {"Diff", "changes: text[]\nwarnings: text[]\nproblem: text?"},
    {"PersonRow",
     "name: text\ndisplay_name: text\nemail: text\nvendor: text\ngroups: text[]\ndisabled: truth\nexpires: time?\nmark: text\nlast_seen: time?\n"
     "last_session: time?\nfactors: PersonFactors\nreviewed: Reviewed?"},
    {"PersonFactors", "password: truth\ncodes: truth\npasskeys: number\nkeys: number"},
    {"Reviewed", "at: time\nby: text"},
    {"People", "people: PersonRow[]"},
    {"PersonOnly", "reach: Reach[]\nvisits: PersonVisit[]"},
    {"Reach", "target: text\naccount: text\nverdict: text\nrule: text"},
    {"PersonVisit", "started: time\nended: time?\ntarget: text\naccount: text"},
};

// One of these texts.
constexpr Named choices[] = {
    {"Page", "home approvals live recordings breakglass audit policy people me"},
    {"PlaceState", "ready needs-approval waiting outside-hours refused"},
    {"Protocol", "ssh rdp"},
    {"RequestKind", "request drill break-glass"},
    {"RequestState", "requested approved active ended denied withdrawn expired revoked"},
    {"GrantClock", "approval first-connection"},
    {"Verdict", "permit needs-approval deny"},
    {"RecordingState", "live complete recovered torn gone"},
    {"SignOffOutcome", "fine follow-up incident"},
    {"ExportFormat", "cast mp4 bundle"},
};

// Members of bodies.
constexpr Named fields[] = {
    {"nonce", "text"},        {"name", "text"},       {"client_data", "text"},    {"attestation_object", "text"},
    {"transports", "any"},    {"user", "text"},       {"password", "text"},       {"code", "text"},
    {"id", "text"},           {"signature", "text"},  {"user_handle", "text?"},   {"authenticator_data", "text"},
    {"method", "text"},       {"path", "text"},       {"if_match", "text?"},      {"body", "any"},
    {"target", "text"},       {"account", "text"},    {"place", "text"},          {"places", "text[]"},
    {"reason", "text"},       {"ticket", "text?"},    {"seconds", "number?"},     {"at", "time?"},
    {"confirmed", "truth"},   {"yes", "truth"},       {"person", "text"},         {"capability", "text"},
    {"text", "text"},         {"note", "text?"},      {"outcome", "text"},        {"follow_up", "text?"},
    {"ranges", "number[][]"}, {"notes.at", "number"}, {"format", "ExportFormat"},
};

json::object plain_type(std::string_view word) {
    if (word == "text") return {{"type", "string"}};
    if (word == "time") return {{"type", "string"}, {"format", "date-time"}};
    if (word == "number") return {{"type", "integer"}};
    if (word == "truth") return {{"type", "boolean"}};
    if (word == "texts") return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
    if (word == "any") return {};
    return {{"$ref", "#/components/schemas/" + std::string(word)}};
}

json::object type_of(std::string_view word) {
    if (word.ends_with('?')) return {{"anyOf", {type_of(word.substr(0, word.size() - 1)), {{"type", "null"}}}}};
    if (word.ends_with("[]")) return {{"type", "array"}, {"items", type_of(word.substr(0, word.size() - 2))}};
    return plain_type(word);
}

json::object object_of(std::string_view members) {
    json::object properties;
    json::array required;
    while (!members.empty()) {
        const auto line = members.substr(0, members.find('\n'));
        members.remove_prefix(std::min(members.size(), line.size() + 1));
        const auto colon = line.find(": ");
        auto name = line.substr(0, colon);
        const bool may_be_missing = name.ends_with('?');
        if (may_be_missing) name.remove_suffix(1);
        else required.emplace_back(name);
        properties[name] = type_of(line.substr(colon + 2));
    }
    json::object out{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) out["required"] = std::move(required);
    return out;
}

json::object choice_of(std::string_view words) {
    json::array list;
    while (!words.empty()) {
        const auto word = words.substr(0, words.find(' '));
        words.remove_prefix(std::min(words.size(), word.size() + 1));
        list.emplace_back(word);
    }
    return {{"type", "string"}, {"enum", std::move(list)}};
}

// A row with more members.
json::object both(std::string_view first, std::string_view second) { return {{"allOf", {plain_type(first), plain_type(second)}}}; }

}  // namespace

json::object schemas() {
    json::object out;
    for (const auto& one : all) out[one.name] = object_of(one.members);
    for (const auto& one : choices) out[one.name] = choice_of(one.members);
    out["Card"] = both("RequestRow", "CardOnly");
    out["RecordingDetail"] = both("RecordingRow", "RecordingOnly");
    // Nothing, as long as it was not reviewed.
    out["ReviewOutcome"] = json::object{{"type", "string"}, {"enum", {"", "justified", "partly", "unjustified"}}};
    out["PersonDetail"] = both("PersonRow", "PersonOnly");
    out["OpenApi"] = {{"type", "object"}};
    return out;
}

json::object field_schema(std::string_view verb, std::string_view name) {
    const auto of_verb = std::string(verb) + "." + std::string(name);
    for (const auto& one : fields)
        if (one.name == of_verb) return type_of(one.members);
    for (const auto& one : fields)
        if (one.name == name) return type_of(one.members);
    throw std::logic_error("the schemas know no member " + std::string(name));
}

}  // namespace anteroom::console
