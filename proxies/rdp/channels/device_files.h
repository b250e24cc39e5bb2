// What the target has open on the person's drives and printers, by device and the number that the client gave: at most `most_open`.
// Each becomes records when it is closed: what was read, what was written, and how else it was changed.
#pragma once

#include <map>

#include "proxies/rdp/channels/terms.h"

namespace anteroom::rdp {

struct OpenFile {
    std::string path;  // \\tsclient\SHARE\path, as the target sees it
    bool printer = false;
    bool directory = false;
    bool made = false;     // a directory that was not there before
    bool emptied = false;  // was made or cut to nothing when it was opened: what is written is all of it
    bool listed = false;
    bool removed = false;               // will be, when it is closed
    bool failed = false;                // something the client did not do
    std::optional<std::uint64_t> size;  // as the client said or the target set it
    Content read, written;
};

class DeviceFiles {
public:
    static constexpr std::size_t most_open = 1024;
    std::size_t count() const { return files_.size(); }
    void open(std::uint32_t device, std::uint32_t file, OpenFile opened, Passed& out);
    OpenFile* find(std::uint32_t device, std::uint32_t file);
    void close(std::uint32_t device, std::uint32_t file, bool succeeded, Passed& out);
    void close_device(std::uint32_t device, Passed& out);
    void close_all(Passed& out);

private:
    static void record(OpenFile& file, bool closed, Passed& out);
    std::map<std::pair<std::uint32_t, std::uint32_t>, OpenFile> files_;
};

}  // namespace anteroom::rdp
