// The table of the console's API: one row a route. The OpenAPI document that is served is made from it, so it cannot be wrong.
#pragma once

#include <boost/json/value.hpp>

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "broker/access/passkey_factor.h"
#include "broker/admin/admin.h"
#include "broker/console/gate.h"

namespace anteroom::console {

// What a caller must be. `page` members: named by `console:` of the policy, or what the handler itself finds out about this one
// object (a request that this person may decide on, a session of a target that they review): it answers 404 for what they may not see.
enum class Needs : std::uint8_t { nobody, enrolling, signed_in, recordings_page, breakglass_page, audit_page, policy_page, people_page };
// A fresh factor in the body's member `factor`, bound to this call: a code, or a passkey's assertion over the decision. It is not asked
// of a session that is still enrolling: there is none yet.
enum class Proof : std::uint8_t { none, fresh_factor };
// `before`: a console.looked record is durable before the handler runs. `with_effect`: the handler writes a record of its own kind with
// its effect.
enum class Audited : std::uint8_t { never, before, with_effect };

// What a body is kept in: wiped when it is freed, there may be a password in it.
boost::json::storage_ptr wiping_memory();

struct Call {
    installation::Installation& here;
    admin::Live& live;
    Sessions& sessions;
    Events& events;
    Watches& watches;
    control::WebCall asked;
    const Gate::Door& door;
    access::Challenges& challenges;
    std::vector<std::string> in_path = {};            // what stood in the place of each {name}
    std::map<std::string, std::string> query = {};    // decoded; a name that the row does not list is an error
    boost::json::object body{wiping_memory()};        // without `factor`
    std::optional<Session> session = {};              // where there is one
    std::optional<access::SecondFactor> factor = {};  // the proof, where the row asks for one: taken once
    Time now() const { return here.clock.now(); }
    const PersonId& person() const { return session->person; }
};

struct Answer {
    std::uint16_t status = 200;
    boost::json::value body = nullptr;
    std::string etag = {};
    Secret session = {};
    bool forget_session = false;
    std::uint32_t retry_after = 0;
};
using Given = std::function<void(Result<Answer>)>;

struct Route {
    std::string_view method, path;  // "/api/requests/{id}/approve"
    Needs needs;
    Proof proof;
    Audited audited;
    std::vector<std::string_view> query;     // names that may be given
    std::vector<std::string_view> fields;    // members that the body may have; "name!" must be there
    std::string_view summary;                // for the OpenAPI document
    std::string_view gives;                  // the schema of what it answers with, in openapi.cpp
    Result<Answer> (*now)(Call&) = nullptr;  // one of both
    void (*later)(std::shared_ptr<Call>, Given) = nullptr;
    bool by_itself = false;  // a page says it whether somebody is there or not: it keeps nobody signed in
};
std::span<const Route> routes();

// An error becomes a problem: refused 403, not_found 404, conflict 409, invalid 422, anything else 500 without its detail. The
// sentence is for the person; whom to call stands behind it.
// RFC 9457: {"type": "about:blank", "title", "status", "detail", "instance", + members of ours: "help", "retry_seconds", "settled"}.

}  // namespace anteroom::console
