// One command under way: what was asked, by whom, and the ways to answer and to audit. Rows leave as JSON whose every text
// is printable: no escape sequence from a name, a reason or a client reaches an administrator's terminal.
#pragma once

#include <boost/json/object.hpp>

#include "broker/admin/admin.h"

namespace anteroom::admin {

class Rows {
public:
    explicit Rows(const Reply& reply) : reply_(reply) {}
    Status add(boost::json::object row);
    Status flush();

private:
    const Reply& reply_;
    std::string held_;
};

using Outcome = Result<control::AdminDone>;

struct Call {
    installation::Installation& here;
    Live& live;
    const Caller& caller;
    control::AdminCall& asked;
    const Reply& reply;
    Rows rows;
    PersonId actor;                                   // has shown a fresh code for this command; empty where none is asked for
    bool recorded = false;                            // an audit record of this call is durable
    std::optional<access::SecondFactor> factor = {};  // the proof of `actor`; whatever decides takes it away

    // "" when it was not given.
    const std::string& argument(std::string_view name) const;
    bool given(std::string_view name) const { return !argument(name).empty(); }
    Time now() const { return here.clock.now(); }

    // A record that names the command and the Unix user behind it.
    audit::Record record(audit::Kind kind, audit::Fields fields = {}) const;
    Status append(const audit::Record& record);
    // The effect and its record, both or neither.
    Status with_record(const audit::Record& record, const std::function<Status()>& effect);
};

// The end of a command that went well, with the site's zone and whatever else the command line must know.
control::AdminDone done(const Call& call, std::string sentence = {}, boost::json::object more = {});

boost::json::value time_or_null(const std::optional<Time>& time);
boost::json::array texts(const std::vector<std::string>& list);
// A text as it may stand in a sentence: quoted, printable, short.
std::string quoted(std::string_view text);

// The proof that the actor has shown a code: taken once, by what decides or looks.
Result<access::SecondFactor> take_factor(Call& call);

// "2026-01-02T03:04:05Z", or "2h": that long ago. nullopt where it was not given.
Result<std::optional<Time>> moment_argument(Call& call, const char* name);

// The ids in the arguments. An error is a sentence about what was typed.
Result<PersonId> person_name(const std::string& text);
Result<store::Person> known_person(Call& call, const std::string& name);
Result<store::Session> known_session(Call& call);

}  // namespace anteroom::admin
