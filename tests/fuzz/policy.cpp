// The policy parser on arbitrary bytes: it answers, every fault names a line, and what parses can be evaluated and compared.
// Links: base policy
#include <cstdlib>

#include "policy/diff.h"
#include "policy/evaluate.h"
#include "policy/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace anteroom;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto document = policy::parse(text, "f");
    if (!document) {
        if (!document.error().detail.starts_with("f:")) std::abort();
        return 0;
    }
    if (!policy::diff(*document, *document).empty()) std::abort();
    policy::Facts facts{.person = PersonId("sam"), .groups = {"imaging"}, .vendor = {}, .disabled = false, .person_expires = {}, .source_ip = "203.0.113.7"};
    for (const auto& [id, target] : document->targets)
        for (const auto& [account, terms] : target.accounts) {
            const auto decision = policy::evaluate(*document, facts, {id, account}, from_micros(1'767'600'000'000'000));
            if (decision.verdict == policy::Decision::Verdict::permit && document->rule(decision.rule) == nullptr) std::abort();
        }
    return 0;
}
