// Tables of what the records say. Texts come from people and machines that nobody trusts: each passes escaped() here.
#include "recorder/evidence/page.h"

#include <boost/json.hpp>

namespace anteroom::evidence {

namespace {

namespace json = boost::json;

constexpr std::string_view head_before_title =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>";
constexpr std::string_view style =
    "</title>\n<style>\n"
    "body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#1a1d21;background:#fff}\n"
    "h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem;border-bottom:1px solid #c9ced6}\n"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-bottom:1px solid #e6e9ee}\n"
    "th{font-weight:600;white-space:nowrap}td{overflow-wrap:anywhere}code{font:13px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}\n"
    "dl{margin:0}dt{display:inline;color:#4d5661}dt::after{content:\": \"}dd{display:inline;margin:0}dd::after{content:\"\";display:block}\n"
    "@media print{body{margin:0}}\n</style>\n</head>\n<body>\n";

std::string text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value == nullptr) return {};
    if (value->is_string()) return std::string(value->get_string());
    return value->is_number() ? json::serialize(*value) : std::string();
}

class Page {
public:
    explicit Page(const PageFacts& facts) : facts_(facts), report_(facts.report) {}

    std::string run() {
        const auto& session = report_.at("session").as_object();
        const auto title = text_in(session, "person") + " on " + text_in(session, "target") + " as " + text_in(session, "account");
        out_ += head_before_title;
        out_ += escaped("Evidence: " + title);
        out_ += style;
        line("h1", "Evidence of one session: " + title);
        line("p", "Exported " + facts_.time_text(facts_.manifest.exported) + " by " + facts_.manifest.exporter + ". Times are those of " +
                      facts_.manifest.zone + ", and behind them UTC; each row names its audit record.");
        session_table(session);
        request_table(report_.at("request").as_object());
        list("Request and approvals", "chain", "The session stood on no request: a rule lets this person in at any time.");
        list("Who was told", "notices", "No notice is recorded.");
        list("Refused", "refused", "Nothing was refused.");
        list("Files", "files", "The audit log knows of no files.");
        list("What was used", "used", "Nothing else is recorded.");
        list("In the course of it", "events", "Nothing.");
        list("Who has looked", "looks", "Nobody has.");
        list("Reviews", "reviews", "None yet.");
        integrity();
        how_to_verify();
        return out_ + "</body>\n</html>\n";
    }

private:
    void line(const char* tag, std::string_view text) { out_ += "<" + std::string(tag) + ">" + escaped(text) + "</" + tag + ">\n"; }
    void row(std::string_view name, const std::string& value) {
        if (!value.empty()) out_ += "<tr><th scope=\"row\">" + escaped(name) + "</th><td>" + escaped(value) + "</td></tr>\n";
    }
    void code_row(std::string_view name, const std::string& value) {
        out_ += "<tr><th scope=\"row\">" + escaped(name) + "</th><td><code>" + escaped(value) + "</code></td></tr>\n";
    }
    void begin(const char* title) {
        line("h2", title);
        out_ += "<table>\n";
    }
    void end() { out_ += "</table>\n"; }

    // As the clock on the site's wall had it, and exactly.
    std::string moment(const std::string& text) const {
        const auto time = parse_rfc3339(text);
        return time ? facts_.time_text(*time) + " (" + text + ")" : text;
    }
    // Texts that are moments are shown as the site's clock had them.
    std::string shown(std::string_view name, const std::string& value) const {
        for (const std::string_view time : {"until", "started", "ended", "starts", "ends", "expires", "deadline", "not_before", "since"})
            if (name == time) return moment(value);
        return value;
    }

    void session_table(const json::object& session) {
        static constexpr std::pair<const char*, const char*> rows[] = {
            {"person", "Person"},      {"target", "Target"}, {"account", "Account"},
            {"started", "From"},       {"ended", "To"},      {"end_reason", "Ended because"},
            {"source", "Came from"},   {"client", "Client"}, {"factors", "Proved by"},
            {"key", "SSH key"},        {"rule", "Rule"},     {"policy_version", "Policy version"},
            {"request", "Request"},    {"record", "Record"}, {"emergency", "Emergency"},
            {"until", "Permitted to"}, {"id", "Session"},
        };
        begin("The session");
        for (const auto& [name, title] : rows) row(title, shown(name, text_in(session, name)));
        if (const auto* policy = report_.at("policy").if_object()) {
            const auto& fields = policy->at("fields").as_object();
            row("That policy", "applied " + moment(text_in(*policy, "time")) + " by " + text_in(*policy, "by") + ", SHA-256 " + text_in(fields, "sha256"));
        }
        end();
    }

    void request_table(const json::object& request) {
        if (request.empty()) return;
        static constexpr std::pair<const char*, const char*> rows[] = {{"request", "Number"}, {"asks", "Asked for"},  {"reason", "Reason"},
                                                                       {"ticket", "Ticket"},  {"rule", "Rule"},       {"entry", "Break-glass entry"},
                                                                       {"drill", "Drill"},    {"unusual", "Unusual"}, {"approvals", "Approved by"}};
        begin("The request");
        for (const auto& [name, title] : rows) row(title, text_in(request, name));
        end();
    }

    void list(const char* title, const char* name, const char* otherwise) {
        const auto& steps = report_.at(name).as_array();
        if (steps.empty()) {
            line("h2", title);
            return line("p", otherwise);
        }
        begin(title);
        out_ += "<tr><th scope=\"col\">Time</th><th scope=\"col\">What</th><th scope=\"col\">Who</th><th scope=\"col\">More</th></tr>\n";
        for (const auto& one : steps) step(one.as_object());
        end();
    }

    void step(const json::object& one) {
        out_ += "<tr><td>" + escaped(moment(text_in(one, "time"))) + "</td><td>" + escaped(text_in(one, "kind")) + "<br>record " +
                escaped(text_in(one, "record")) + "</td><td>" + escaped(text_in(one, "by")) + "</td><td><dl>";
        for (const auto& [name, value] : one.at("fields").as_object()) {
            const std::string text(value.as_string());
            if (!text.empty()) out_ += "<dt>" + escaped(std::string_view(name)) + "</dt><dd>" + escaped(shown(std::string_view(name), text)) + "</dd>";
        }
        out_ += "</dl></td></tr>\n";
    }

    void integrity() {
        const auto& m = facts_.manifest;
        begin("Integrity");
        row("Recording", text_in(report_.at("recording").as_object(), "state") + ", " + std::to_string(m.recording.pieces) + " pieces, " +
                             std::to_string(m.recording.size) + " bytes");
        code_row("Root of its pieces", hex(m.recording.root));
        row("Roots in the audit log", text_in(report_.at("recording").as_object(), "roots") + ", and the last one");
        row("Audit records", std::to_string(m.records) + " of the chain " + m.chain + ", numbers " + std::to_string(m.runs.empty() ? 0 : m.runs.front().first) +
                                 " to " + std::to_string(m.runs.empty() ? 0 : m.runs.back().last) + " (with gaps: other people's records)");
        code_row("The log's newest record then", std::to_string(m.head_seq) + " " + m.head);
        code_row("Audit signer, SHA-256", hex(crypto::sha256(facts_.keys.audit)));
        code_row("Recording signer, SHA-256", hex(crypto::sha256(facts_.keys.recording)));
        end();
    }

    void how_to_verify() {
        line("h2", "How to verify");
        line("p",
             "This page proves nothing by itself: it is one file of a bundle. On a computer of your own, with the program anteroom-verify, which needs nothing "
             "else:");
        out_ += "<p><code>anteroom-verify BUNDLE.tar --key " + escaped(hex(crypto::sha256(facts_.keys.audit))) + "</code></p>\n";
        line("p",
             "Take the fingerprint behind --key from somebody at the site whom you trust (`anteroom key list` prints the audit signer's), not from this page. "
             "The recording is "
             "encrypted, and opens only at the site or with its escrow key; that it is whole shows without any key.");
    }

    const PageFacts& facts_;
    const json::object& report_;
    std::string out_;
};

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : printable(text, text.size())) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string page_of(const PageFacts& facts) { return Page(facts).run(); }

}  // namespace anteroom::evidence
