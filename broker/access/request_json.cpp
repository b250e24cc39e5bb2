// Writing is one table of members a type, reading takes each of them once and leaves nothing over.
#include "broker/access/request_json.h"

#include <boost/json.hpp>

#include <array>

namespace anteroom::access {

namespace {

namespace json = boost::json;

constexpr std::array states{RequestState::requested, RequestState::approved,  RequestState::active,  RequestState::ended,
                            RequestState::denied,    RequestState::withdrawn, RequestState::expired, RequestState::revoked};

// ---- writing

json::value to_json(const std::string& text) { return json::value(text); }
json::value to_json(bool truth) { return truth; }
json::value to_json(std::int64_t number) { return number; }
json::value to_json(Time time) { return micros(time); }
json::value to_json(Duration duration) { return static_cast<std::int64_t>(duration.count()); }
json::value to_json(std::size_t number) { return static_cast<std::int64_t>(number); }
json::value to_json(RequestState state) { return json::value(name(state)); }
json::value to_json(policy::GrantClock clock) { return clock == policy::GrantClock::approval ? "approval" : "first-connection"; }
template <class Tag>
json::value to_json(const Id<Tag>& id) {
    return json::value(id.str());
}
json::value to_json(const Wanted& wanted) {
    return json::object{{"target", wanted.ask.target.str()}, {"account", wanted.ask.account.str()}, {"rule", wanted.rule}};
}
json::value to_json(const Yes& yes);
json::value to_json(const Extension& extension);
template <class T>
json::value to_json(const std::optional<T>& maybe) {
    return maybe ? to_json(*maybe) : json::value(nullptr);
}
template <class T>
json::value to_json(const std::vector<T>& list) {
    json::array out;
    for (const auto& item : list) out.push_back(to_json(item));
    return out;
}
json::value to_json(const Yes& yes) {
    return json::object{{"by", to_json(yes.by)},        {"standing_in_for", to_json(yes.standing_in_for)},
                        {"human", yes.human},           {"giver", yes.giver},
                        {"at", to_json(yes.at)},        {"length", to_json(yes.length)},
                        {"covers", to_json(yes.covers)}};
}
json::value to_json(const Extension& extension) {
    return json::object{
        {"by", to_json(extension.by)}, {"asked", to_json(extension.asked)}, {"yeses", to_json(extension.yeses)}, {"escalated", extension.escalated}};
}

// ---- reading: the first thing that is wrong is kept

class Reader {
public:
    Reader(const json::value& value, std::string& wrong) : wrong_(wrong) {
        if (const auto* object = value.if_object()) left_ = *object;
        else note("is no object");
    }
    ~Reader() {
        if (!left_.empty()) note("has members that are unknown");
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    template <class T>
    void operator()(const char* key, T& to) {
        const auto at = left_.find(key);
        if (at == left_.end()) return note(std::string("has no member ") + key);
        read(at->value(), to);
        left_.erase(at);
    }

private:
    void note(const std::string& what) {
        if (wrong_.empty()) wrong_ = what;
    }
    void read(const json::value& value, std::string& to) {
        if (const auto* text = value.if_string()) to = std::string(*text);
        else note("has something else where a text belongs");
    }
    void read(const json::value& value, bool& to) {
        if (const auto* truth = value.if_bool()) to = *truth;
        else note("has something else where true or false belongs");
    }
    void read(const json::value& value, std::int64_t& to) {
        if (const auto* number = value.if_int64()) to = *number;
        else note("has something else where a number belongs");
    }
    void read(const json::value& value, Time& to) {
        std::int64_t number = 0;
        read(value, number);
        to = from_micros(number);
    }
    void read(const json::value& value, Duration& to) {
        std::int64_t number = 0;
        read(value, number);
        to = Duration(number);
        if (number < 0) note("has a length below 0");
    }
    void read(const json::value& value, std::size_t& to) {
        std::int64_t number = 0;
        read(value, number);
        to = static_cast<std::size_t>(number);
        if (number < 0) note("has a place below 0");
    }
    template <class Tag>
    void read(const json::value& value, Id<Tag>& to) {
        std::string text;
        read(value, text);
        to = Id<Tag>(text);
        if (!text.empty() && !Id<Tag>::parse(text)) note("has a name that is none");
    }
    void read(const json::value& value, RequestState& to) {
        std::string text;
        read(value, text);
        for (const auto state : states)
            if (name(state) == text) {
                to = state;
                return;
            }
        note("has an unknown state");
    }
    void read(const json::value& value, policy::GrantClock& to) {
        std::string text;
        read(value, text);
        to = text == "first-connection" ? policy::GrantClock::first_connection : policy::GrantClock::approval;
        if (text != "first-connection" && text != "approval") note("has an unknown clock");
    }
    void read(const json::value& value, Wanted& to) {
        Reader members(value, wrong_);
        members("target", to.ask.target);
        members("account", to.ask.account);
        members("rule", to.rule);
    }
    void read(const json::value& value, Yes& to) {
        Reader members(value, wrong_);
        members("by", to.by);
        members("standing_in_for", to.standing_in_for);
        members("human", to.human);
        members("giver", to.giver);
        members("at", to.at);
        members("length", to.length);
        members("covers", to.covers);
    }
    void read(const json::value& value, Extension& to) {
        Reader members(value, wrong_);
        members("by", to.by);
        members("asked", to.asked);
        members("yeses", to.yeses);
        members("escalated", to.escalated);
    }
    template <class T>
    void read(const json::value& value, std::optional<T>& to) {
        to.reset();
        if (value.is_null()) return;
        read(value, to.emplace());
    }
    template <class T>
    void read(const json::value& value, std::vector<T>& to) {
        to.clear();
        const auto* list = value.if_array();
        if (list == nullptr) return note("has something else where a list belongs");
        for (const auto& item : *list) read(item, to.emplace_back());
    }

    json::object left_;
    std::string& wrong_;
};

// Every member once, for writing and for reading.
template <class R, class Each>
void members(R& r, Each&& each) {
    each("id", r.id);
    each("person", r.person);
    each("wanted", r.wanted);
    each("reason", r.reason);
    each("ticket", r.ticket);
    each("source", r.source);
    each("asked", r.asked);
    each("not_before", r.not_before);
    each("created", r.created);
    each("unusual", r.unusual);
    each("state", r.state);
    each("yeses", r.yeses);
    each("waits_until", r.waits_until);
    each("escalated", r.escalated);
    each("clock", r.clock);
    each("length", r.length);
    each("starts", r.starts);
    each("ends", r.ends);
    each("extension", r.extension);
    each("decided_by", r.decided_by);
    each("decided", r.decided);
    each("decision", r.decision);
    each("emergency", r.emergency);
    each("drill", r.drill);
    each("review_due", r.review_due);
    each("outcome", r.outcome);
    each("review_note", r.review_note);
    each("follow_up", r.follow_up);
    each("reviewed_by", r.reviewed_by);
    each("reviewed", r.reviewed);
    each("reminders", r.reminders);
}

// What reading alone does not see.
std::string contradiction(const Request& r) {
    const auto in_range = [&](const std::vector<Yes>& yeses) {
        for (const auto& yes : yeses)
            for (const auto index : yes.covers)
                if (index >= r.wanted.size()) return false;
        return true;
    };
    if (r.id <= 0 || r.person.empty() || r.wanted.empty()) return "names no number, person or target";
    if (!in_range(r.yeses) || (r.extension && !in_range(r.extension->yeses))) return "has a yes for a target that is not asked for";
    if (r.emergency && !r.review_due) return "is an emergency that is never reviewed";
    return "";
}

}  // namespace

std::string body_of(const Request& request) {
    json::object out;
    members(request, [&](const char* key, const auto& value) { out.emplace(key, to_json(value)); });
    return json::serialize(out);
}

Result<Request> parse_body(std::string_view body) {
    boost::system::error_code error;
    auto value = json::parse(json::string_view(body.data(), body.size()), error);
    if (error) return fail(ErrorKind::damaged, "a request's row is no JSON");
    // Members that rows of an earlier version do not have.
    if (auto* object = value.if_object(); object != nullptr && !object->contains("follow_up")) {
        object->emplace("follow_up", "");
        object->emplace("reviewed", nullptr);
    }
    Request request;
    std::string wrong;
    {
        Reader reader(value, wrong);
        members(request, [&](const char* key, auto& to) { reader(key, to); });
    }
    if (wrong.empty()) wrong = contradiction(request);
    if (!wrong.empty()) return fail(ErrorKind::damaged, "a request's row " + wrong);
    return request;
}

}  // namespace anteroom::access
