// The code of the person behind a command.
#include "broker/admin/actor.h"

namespace anteroom::admin {

Status prove_actor(Call& call) {
    if (call.asked.actor.empty()) return fail(ErrorKind::refused, "this command names its person: --as PERSON");
    const auto person = TRY(known_person(call, call.asked.actor));
    std::string why;
    auto proven = access::prove_second_factor(call.here, person.name, call.asked.code, &why);
    if (proven) {
        call.actor = person.name;
        call.factor = std::move(*proven);
        return ok();
    }
    if (proven.error().kind != ErrorKind::refused) return fail(proven.error());
    auto record = call.record(audit::Kind::admin_command, {{"outcome", "refused"}, {"why", why}});
    record.person = person.name.str();
    TRY(call.append(record));
    return fail(proven.error());
}

}  // namespace anteroom::admin
