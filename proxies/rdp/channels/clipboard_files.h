// The files of one clipboard (MS-RDPECLIP 2.2.5.2.3, 2.2.5.3): their names and sizes, and their content as it is asked for in
// ranges. At most `most_files` of them; what was only partly copied is recorded when another list takes its place.
#pragma once

#include <map>

#include "proxies/rdp/channels/terms.h"
#include "proxies/rdp/channels/wire.h"

namespace anteroom::rdp {

class ClipboardFiles {
public:
    explicit ClipboardFiles(Way data_goes) : way_(data_goes) {}

    // CLIPRDR_FILELIST. An error (`refused`) when counts and lengths do not fit; false when a name would lead elsewhere, or there are
    // more than can be followed: then the list is as if it were empty.
    Result<bool> announced(View list, Passed& out);
    // Nothing is announced any more, and what was asked of it goes unanswered.
    void forget(Passed& out);
    std::string names() const;  // one a line, for the record; at most 64 KiB

    // CLIPRDR_FILECONTENTS_REQUEST: whether it asks for something announced and can be remembered.
    bool asked(View request);
    struct Answer {
        bool asked_for = false;
        bool within_budget = true;
        Bytes body;  // to be sent on
    };
    // CLIPRDR_FILECONTENTS_RESPONSE; `succeeded` as its flags say. An error (`refused`) when it holds more than was asked for.
    Result<Answer> answered(View response, bool succeeded, Budget& budget, Passed& out);

    static constexpr std::size_t most_files = 8192;

private:
    struct File {
        std::string name;
        std::optional<std::uint64_t> size;
    };
    struct Request {
        std::uint32_t file = 0;
        bool for_size = false;
        std::uint64_t offset = 0;
        std::uint32_t size = 0;
    };
    void record(std::uint32_t file, Content& content, Passed& out) const;
    void passed(const Request& request, View bytes, Passed& out);

    Way way_;
    std::vector<File> files_;
    std::map<std::uint32_t, Request> requests_;  // by stream
    std::map<std::uint32_t, Content> contents_;  // by file; those under way
};

}  // namespace anteroom::rdp
