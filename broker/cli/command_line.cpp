// From argv to a verb and what was given, with CLI11. The only file that includes it: it is heavy.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <deque>

#include "broker/cli/command.h"

namespace anteroom::cli {

namespace {

struct Slot {  // where CLI11 writes
    const Verb* verb = nullptr;
    std::map<std::string, std::string> values;
    std::map<std::string, bool> flags;
    std::vector<std::string> list;
    std::string actor;
    bool code_stdin = false, chosen = false;
};

// The subcommand for these words, made where it is missing.
CLI::App* command_at(CLI::App& app, const std::string& words) {
    CLI::App* at = &app;
    std::size_t begin = 0;
    while (begin <= words.size()) {
        const auto end = std::min(words.find(' ', begin), words.size());
        const std::string word = words.substr(begin, end - begin);
        const auto found = at->get_subcommands([&](const CLI::App* command) { return command->get_name() == word; });
        CLI::App* next = found.empty() ? nullptr : found.front();
        if (next == nullptr) {
            if (at != &app) at->require_subcommand(1);
            next = at->add_subcommand(word);
            next->fallthrough();
        }
        at = next;
        begin = end + 1;
    }
    return at;
}

void add_parameter(CLI::App& command, const Parameter& parameter, Slot& slot) {
    switch (parameter.shape) {
        case Shape::required:
        case Shape::optional:
            command.add_option(parameter.name, slot.values[parameter.name], parameter.help)
                ->option_text(parameter.typed)
                ->required(parameter.shape == Shape::required);
            break;
        case Shape::option:
        case Shape::required_option:
            command.add_option(parameter.typed, slot.values[parameter.name], parameter.help)->required(parameter.shape == Shape::required_option);
            break;
        case Shape::flag: command.add_flag(parameter.typed, slot.flags[parameter.name], parameter.help); break;
        case Shape::repeated:
            command.add_option(parameter.typed, slot.list, parameter.help)
                ->expected(1)
                ->allow_extra_args(false)
                ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
            break;
        case Shape::several: command.add_option(parameter.name, slot.list, parameter.help)->option_text(parameter.typed)->required(); break;
    }
}

void add_verb(CLI::App& app, const Verb& verb, Slot& slot) {
    CLI::App* command = command_at(app, verb.words);
    command->description(verb.help);
    slot.verb = &verb;
    for (const auto& parameter : verb.parameters) add_parameter(*command, parameter, slot);
    if (verb.names_person) {
        command->add_option("--as", slot.actor, "the person who does this")->required();
        command->add_flag("--code-stdin", slot.code_stdin, "read the person's code from standard input");
    }
    command->callback([&slot] { slot.chosen = true; });
}

Given given_of(const Slot& slot, const std::string& dir, bool json) {
    Given given{dir, json, {}, {}, slot.list, slot.actor, slot.code_stdin};
    for (const auto& parameter : slot.verb->parameters) {
        if (parameter.shape == Shape::repeated || parameter.shape == Shape::several) continue;
        const bool flag = parameter.shape == Shape::flag;
        const std::string value = flag ? (slot.flags.at(parameter.name) ? "yes" : "") : slot.values.at(parameter.name);
        if (!value.empty()) (parameter.goes == Goes::to_broker ? given.sent : given.kept)[parameter.name] = value;
    }
    return given;
}

void describe_groups(CLI::App& app) {
    const std::pair<const char*, const char*> groups[] = {{"person", "people and what they prove themselves with"},
                                                          {"person key", "SSH keys of a person"},
                                                          {"secret", "what the broker signs on with at targets"},
                                                          {"policy", "who may reach what"},
                                                          {"request", "asking for access, and deciding on it"},
                                                          {"break-glass", "emergencies and their review"},
                                                          {"window", "support windows"},
                                                          {"ticket", "sign-ins for one use, as .rdp files"},
                                                          {"session", "sessions"},
                                                          {"recording", "recordings"},
                                                          {"audit", "the audit log"},
                                                          {"key", "this installation's keys"}};
    for (const auto& [words, text] : groups) command_at(app, words)->description(text);
}

}  // namespace

Parsed parse(int argc, char** argv, const char* default_dir) {
    CLI::App app("Anteroom: who reaches which system, checked and written down.", "anteroom");
    app.require_subcommand(1);
    std::string dir = default_dir;
    bool json = false;
    app.add_option("--dir", dir, "the installation (default: $ANTEROOM_DIR, else /var/lib/anteroom)");
    app.add_flag("--json", json, "print one JSON document");
    std::deque<Slot> slots;
    for (const auto& verb : verbs()) add_verb(app, verb, slots.emplace_back());
    describe_groups(app);
    const char* later = nullptr;
    for (const char* words : later_verbs()) {
        CLI::App* command = command_at(app, words);
        command->group("")->fallthrough(false)->prefix_command()->callback([&later, words] { later = words; });
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) { return {nullptr, {}, app.exit(error) == 0 ? 0 : 2}; }
    if (later != nullptr) {
        std::fprintf(stderr, "anteroom: `anteroom %s` is not in this version yet\n", later);
        return {nullptr, {}, 1};
    }
    for (const auto& slot : slots)
        if (slot.chosen) return {slot.verb, given_of(slot, dir, json), 0};
    return {nullptr, {}, 2};
}

}  // namespace anteroom::cli
