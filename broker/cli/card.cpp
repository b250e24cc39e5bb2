// Each part of the card is a label and its lines; a part without content does not stand there.
#include "broker/cli/card.h"

#include <boost/json.hpp>

#include "broker/cli/render.h"

namespace anteroom::cli {

namespace json = boost::json;

namespace {

class Card {
public:
    Card(const json::object& row, const std::string& zone) : row_(row), zone_(zone) {}

    std::vector<std::string> lines() && {
        title();
        for (const auto& sentence : list(row_, "unusual")) add("unusual", "! " + sentence);
        who();
        for (const auto& place : objects("places")) where(place);
        add("for", length(row_, "asked_seconds"));
        add("not before", time(row_, "not_before"));
        add("reason", text(row_, "reason"));
        add("ticket", text(row_, "ticket"));
        add("made", time(row_, "created") + (text(row_, "source").empty() ? ", from the command line" : ", from " + text(row_, "source")));
        add("notified", time(row_, "notified"));
        decisions();
        for (const auto& visit : objects("visits")) add("last visits", visit_text(visit));
        return std::move(lines_);
    }

private:
    void add(const char* label, const std::string& content) {
        if (content.empty()) return;
        std::string line = "  ";
        line += label == last_ ? "" : label;
        line.resize(16, ' ');
        lines_.push_back(line + content);
        last_ = label;
    }
    static std::string text(const json::object& from, const char* key) {
        const auto* value = from.if_contains(key);
        return value == nullptr || !value->is_string() ? "" : printable(std::string_view(value->get_string()), 4000);
    }
    std::string cell(const json::object& from, const char* key, char kind) const {
        const auto* value = from.if_contains(key);
        return value == nullptr ? "" : cell_text(*value, kind, zone_);
    }
    std::string time(const json::object& from, const char* key) const { return cell(from, key, 't'); }
    std::string length(const json::object& from, const char* key) const { return cell(from, key, 's'); }
    static std::vector<std::string> list(const json::object& from, const char* key) {
        std::vector<std::string> out;
        if (const auto* value = from.if_contains(key); value != nullptr && value->is_array())
            for (const auto& item : value->get_array())
                if (item.is_string()) out.push_back(printable(std::string_view(item.get_string()), 4000));
        return out;
    }
    std::vector<json::object> objects(const char* key, const json::object* from = nullptr) const {
        std::vector<json::object> out;
        if (const auto* value = (from == nullptr ? row_ : *from).if_contains(key); value != nullptr && value->is_array())
            for (const auto& item : value->get_array())
                if (item.is_object()) out.push_back(item.get_object());
        return out;
    }

    void title() {
        const auto kind = text(row_, "kind");
        lines_.push_back((kind == "drill" ? "break-glass DRILL" : kind) + " " + cell(row_, "id", ' ') + ": " + text(row_, "state"));
    }
    void who() {
        const auto person = text(row_, "person"), name = text(row_, "person_name");
        add("who", name.empty() || name == person ? person : name + " (" + person + ")");
        const auto agreement = text(row_, "agreement");
        add("vendor", text(row_, "vendor") + (agreement.empty() ? "" : ", agreement " + agreement));
    }
    void where(const json::object& place) {
        const auto description = text(place, "description");
        const bool privileged = place.contains("privileged") && place.at("privileged") == json::value(true);
        add("wants",
            text(place, "target") + " as " + text(place, "account") + (privileged ? " (privileged)" : "") + (description.empty() ? "" : ": " + description));
        for (const auto& capability : list(place, "capability_words")) add("wants", "  " + capability);
        if (const auto grace = length(place, "grace_seconds"); !grace.empty()) add("wants", "  at its end it may go on for " + grace + ", under alarm");
        for (const auto& sentence : list(place, "confirm")) add("wants", "  to be confirmed: " + sentence);
    }
    void decisions() {
        for (const auto& yes : objects("yeses")) add("yes", yes_text(yes));
        for (const auto& who : list(row_, "waiting_for")) add("waits for", who);
        if (const auto until = time(row_, "waits_until"); !until.empty()) add("waits for", "a decision until " + until);
        add("granted", granted_text());
        if (const auto* extension = row_.if_contains("extension"); extension != nullptr && extension->is_object()) {
            const auto& asked = extension->get_object();
            add("more time", length(asked, "seconds") + " more, asked for at " + time(asked, "asked"));
            for (const auto& yes : objects("yeses", &asked)) add("more time", "yes: " + yes_text(yes));
        }
        if (const auto decision = text(row_, "decision"); !decision.empty())
            add("decision", decision + " (" + text(row_, "decided_by") + ", " + time(row_, "decided") + ")");
    }
    std::string granted_text() const {
        const auto granted = length(row_, "granted_seconds");
        if (granted.empty()) return "";
        const auto starts = time(row_, "starts"), ends = time(row_, "ends");
        return granted + (starts.empty() ? "" : ", from " + starts) + (ends.empty() ? ", counted from the first connection" : ", until " + ends);
    }
    std::string yes_text(const json::object& yes) const {
        const auto instead = text(yes, "standing_in_for"), shorter = length(yes, "seconds");
        return text(yes, "by") + (instead.empty() ? "" : " for " + instead) + ", " + time(yes, "at") + (shorter.empty() ? "" : ", for " + shorter);
    }
    std::string visit_text(const json::object& visit) const {
        const auto ended = time(visit, "ended"), ticket = text(visit, "ticket");
        return time(visit, "started") + (ended.empty() ? ", still there" : " to " + ended) + ", " + text(visit, "target") + " as " + text(visit, "account") +
               (ticket.empty() ? "" : ", " + ticket);
    }

    const json::object& row_;
    const std::string& zone_;
    std::vector<std::string> lines_;
    std::string last_;
};

}  // namespace

std::vector<std::string> card_lines(const json::object& card, const std::string& zone) { return Card(card, zone).lines(); }

}  // namespace anteroom::cli
