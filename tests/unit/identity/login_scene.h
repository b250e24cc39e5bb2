// A hospital for login tests: people, what is right, and a driver that carries out effects as the daemon would.
#pragma once

#include <map>
#include <set>

#include "broker/identity/login.h"

namespace anteroom::identity::scene {

using namespace login;

struct Person {
    PersonFacts facts;
    std::string password, code, invitation = {};
};

// dana has everything; eve is disabled, max has no codes, nils has no password, vera may log in only with a key. ines is invited and has
// nothing else, ivan has an invitation beside his factors, pia one beside a passkey, emil is invited but disabled.
inline std::map<std::string, Person> people() {
    auto one = [](const char* name, const char* password, const char* code) {
        Person person{.facts = {.person = PersonId(name),
                                .may_log_in = true,
                                .why_not = "",
                                .has_password = true,
                                .has_codes = true,
                                .needs_key = false,
                                .key_blobs = {to_bytes(std::string_view(name))}},
                      .password = password,
                      .code = code};
        return person;
    };
    std::map<std::string, Person> all{{"dana", one("dana", "dana-password", "111111")},
                                      {"eve", one("eve", "eve-password", "222222")},
                                      {"max", one("max", "max-password", "333333")},
                                      {"nils", one("nils", "nils-password", "444444")},
                                      {"vera", one("vera", "vera-password", "555555")}};
    all.at("eve").facts.may_log_in = false;
    all.at("eve").facts.why_not = "disabled";
    all.at("max").facts.has_codes = false;
    all.at("nils").facts.has_password = false;
    all.at("vera").facts.needs_key = true;
    for (const char* name : {"ines", "ivan", "pia", "emil"}) {
        auto person = one(name, "-", "666666");
        person.facts.invited = true;
        person.invitation = std::string(name) + "-invitation";
        if (std::string_view(name) != "ivan") person.facts.has_password = person.facts.has_codes = false, person.facts.key_blobs.clear();
        all.emplace(name, std::move(person));
    }
    all.at("emil").facts.may_log_in = false;
    all.at("pia").facts.has_passkeys = true;
    return all;
}

// One connection. Effects are carried out at once until there is an answer; what the pool and the store were asked is kept.
class Connection {
public:
    explicit Connection(std::string user = "dana", Monotonic start = Monotonic{}) : user_(std::move(user)), now(start), login(start) {}

    Step none() { return run(NoneRequest{user_}); }
    Step offer(std::string_view key) { return run(KeyOffer{user_, to_bytes(key)}); }
    Step prove(std::string_view key, bool verified = true) { return run(KeyProof{user_, to_bytes(key), verified, {}}); }
    Step password(std::string_view text) { return run(PasswordRequest{user_, Secret::copy_of(text)}); }
    Step ticket(std::string_view token) { return run(TicketPresented{user_, Secret::copy_of(token)}); }
    Step start() { return run(InteractiveStart{user_}); }
    Step answer(std::string_view text) {
        std::vector<Secret> answers;
        answers.push_back(Secret::copy_of(text));
        return run(InteractiveAnswers{std::move(answers)});
    }
    void rename(std::string user) { user_ = std::move(user); }

    Step run(Event event) {
        Step step = login.on(std::move(event), now);
        while (!step.answer) {
            keep(step);
            auto result = carry_out(step);
            if (!result) break;
            step = login.on(std::move(*result), now);
        }
        keep(step);
        return step;
    }

private:
    std::string user_;

public:
    Monotonic now;
    Login login;
    std::map<std::string, Person> world = people();
    std::set<std::string> used_codes;
    std::map<std::string, TicketVerdict> tickets;  // by token; a good one is used up
    std::vector<FactKind> facts;
    int codes_checked = 0, codes_consumed = 0, passwords_checked = 0, tickets_checked = 0, counted = 0, forgiven = 0;

private:
    void keep(const Step& step) {
        for (const auto& fact : step.facts) facts.push_back(fact.kind);
        for (const auto& effect : step.effects) {
            counted += std::holds_alternative<CountAttempt>(effect);
            forgiven += std::holds_alternative<ForgiveAttempt>(effect);
        }
    }

    std::optional<Event> carry_out(const Step& step) {
        for (const auto& effect : step.effects) {
            if (const auto* look = std::get_if<LookUp>(&effect)) {
                auto found = look->person ? world.find(look->person->str()) : world.end();
                return PersonLoaded{look->ticket, found == world.end() ? std::nullopt : std::optional(found->second.facts)};
            }
            if (const auto* check = std::get_if<CheckPassword>(&effect)) {
                ++passwords_checked;
                if (!check->person) return PasswordChecked{check->ticket, false};
                const auto& person = world.at(check->person->str());
                return PasswordChecked{check->ticket, (check->invitation ? person.invitation : person.password) == check->password.expose_text()};
            }
            if (const auto* check = std::get_if<CheckCode>(&effect)) return CodeChecked{check->ticket, judge(*check)};
            if (const auto* check = std::get_if<CheckTicket>(&effect)) return TicketChecked{check->ticket, judge(*check)};
        }
        return {};
    }

    TicketVerdict judge(const CheckTicket& check) {
        ++tickets_checked;
        const auto found = tickets.find(std::string(check.token.expose_text()));
        if (!check.person || found == tickets.end() || found->second.name.person != *check.person) return {};
        const auto verdict = found->second;
        if (verdict.kind == TicketVerdict::Kind::good) found->second.kind = TicketVerdict::Kind::used;
        return verdict;
    }

    CodeVerdict judge(const CheckCode& check) {
        ++codes_checked;
        if (!check.person || world.at(check.person->str()).code != check.code.expose_text()) return {.kind = CodeVerdict::Kind::wrong};
        if (!used_codes.insert(check.person->str() + ":" + world.at(check.person->str()).code).second)
            return {.kind = CodeVerdict::Kind::used, .step = 0, .until_next = std::chrono::seconds(17)};
        ++codes_consumed;
        return {.kind = CodeVerdict::Kind::accepted, .step = 42};
    }
};

// What a client sees, as one line: two people who must look alike give equal lines.
inline std::string seen(const Step& step) {
    if (!step.answer) return "nothing";
    std::string out;
    auto methods = [&](const Methods& list) {
        for (auto method : list) out += " " + std::string(method_name(method));
    };
    if (const auto* ask = std::get_if<Ask>(&*step.answer)) {
        out = "ask [" + ask->instruction + "]";
        for (const auto& prompt : ask->prompts) out += " " + prompt.text + (prompt.echo ? "(echo)" : "(hidden)");
    } else if (const auto* partial = std::get_if<PartialSuccess>(&*step.answer)) {
        out = "partial";
        methods(partial->methods);
    } else if (const auto* refused = std::get_if<Refused>(&*step.answer)) {
        out = "refused";
        methods(refused->methods);
    } else if (const auto* end = std::get_if<Disconnect>(&*step.answer)) {
        out = "disconnect " + end->sentence;
    } else {
        out = std::holds_alternative<KeyUsable>(*step.answer) ? "key usable" : "accepted";
    }
    return out;
}

inline const SignedIn* accepted(const Step& step) {
    const auto* answer = step.answer ? std::get_if<Accepted>(&*step.answer) : nullptr;
    return answer ? &answer->signed_in : nullptr;
}

}  // namespace anteroom::identity::scene
