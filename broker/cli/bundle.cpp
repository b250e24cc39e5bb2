// The members come in rows, the recording as a descriptor. Nothing here is believed by whoever checks the bundle.
#include "broker/cli/bundle.h"

#include <boost/json.hpp>

#include "broker/cli/files.h"
#include "broker/cli/render.h"
#include "recorder/evidence/archive.h"
#include "recorder/evidence/check.h"

namespace anteroom::cli {

namespace json = boost::json;

namespace {

using evidence::Members;

Status take_rows(const json::array& rows, Members& members) {
    for (const auto& row : rows) {
        const auto* part = row.if_object();
        if (part == nullptr) return fail(ErrorKind::damaged, "the broker's answer is not as it should be");
        const auto bytes = TRY(from_base64(text_at(*part, "bytes")));
        auto& member = members[text_at(*part, "member")];
        if (member.size() + bytes.size() > evidence::largest_text) return fail(ErrorKind::damaged, "the broker's answer is too large");
        member.insert(member.end(), bytes.begin(), bytes.end());
    }
    return ok();
}

json::object row_of(const evidence::CheckReport& report, const std::string& path) {
    json::array findings;
    for (const auto& finding : report.findings) findings.emplace_back(evidence::sentence(finding));
    json::object row{{"file", path}, {"good", report.good()}, {"findings", std::move(findings)}};
    if (report.keys) row["audit_signer"] = hex(crypto::sha256(report.keys->audit));
    if (report.manifest) row["audit_records"] = report.manifest->records;
    return row;
}

}  // namespace

Result<int> export_bundle(const Verb& verb, Given& given) {
    auto file = TRY(NewFile::create(given.value("out"), given.has("force")));
    auto call = TRY(call_of(verb, given));
    Members members;
    const auto answer = TRY(ask(given, std::move(call), [&](const json::array& rows) { return take_rows(rows, members); }));
    if (!answer.done) return fail(ErrorKind::refused, answer.sentence);
    if (!answer.recording) return fail(ErrorKind::damaged, "the broker sent no recording");
    const auto into = [&](View bytes) { return write_all(file.descriptor(), bytes); };
    TRY(evidence::write_archive(members, answer.file.get(), number_at(answer.meta, "size"), into));
    const auto report = TRY(evidence::check_bundle(file.descriptor(), {}));
    TRY(file.finish());
    Answer told;
    told.done = report.good();
    // A recording that was changed at the broker is evidence too: the bundle is kept, and says so to everybody who checks it.
    told.sentence =
        report.good() ? "written to " + given.value("out") + "; anteroom-verify " + given.value("out") + " --key " + text_at(row_of(report, ""), "audit_signer")
                      : "written to " + given.value("out") + ", but it is not good: " + evidence::sentence(report.findings.front());
    told.rows.push_back(row_of(report, given.value("out")));
    return print_answer(verb.words, given, told);
}

}  // namespace anteroom::cli
