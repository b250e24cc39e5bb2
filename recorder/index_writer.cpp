// Entries are gathered to a record; a key frame's picture has one of its own, before the entry that says where it is.
#include "recorder/index_format.h"
#include "recorder/scan.h"

namespace anteroom::recorder {

using namespace index;

struct IndexWriter::State {
    Fd file;
    Sealer sealer;
    Bytes held = {};
    std::uint64_t sequence = 0;

    Status write(RecordType type, View plain) {
        const Bytes record = TRY(sealer.seal(type, sequence, plain));
        ++sequence;
        return write_all(file.get(), record);
    }
    Status hold(const Entry& entry) {
        Bytes bytes;
        append(entry, bytes);
        if (bytes.size() > max_entries_plain) return fail(ErrorKind::invalid, "an entry is larger than an index takes");
        if (held.size() + bytes.size() > max_entries_plain) TRY(flush());
        held.insert(held.end(), bytes.begin(), bytes.end());
        return ok();
    }
    Status picture(const KeyFrame& frame) {
        Bytes bytes;
        append(frame, bytes);
        FramePlace place;
        place.record = sequence;
        place.frame.at = frame.at;
        place.frame.next_index = frame.next_index;
        place.frame.next_offset = frame.next_offset;
        place.frame.channel = frame.channel;
        place.frame.columns = frame.columns;
        place.frame.rows = frame.rows;
        TRY(write(RecordType::key_frame, bytes));
        return hold(place);
    }
    Status flush() {
        if (held.empty()) return ok();
        TRY(write(RecordType::entries, held));
        held.clear();
        return ok();
    }
};

Result<IndexWriter> IndexWriter::create(Fd file, View data_key, const Digest& header_hash, const std::function<void(std::span<std::uint8_t>)>& entropy) {
    if (TRY(size_of(file.get())) != 0) return fail(ErrorKind::conflict, "an index is written into an empty file only");
    IndexHead head;
    head.header_hash = header_hash;
    entropy(head.id);
    const HeadBytes bytes = encode(head);
    TRY(write_all(file.get(), bytes));
    return IndexWriter(std::unique_ptr<State>(new State{std::move(file), Sealer(index_keys(data_key, head), bytes)}));
}

IndexWriter::IndexWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
IndexWriter::IndexWriter(IndexWriter&&) noexcept = default;
IndexWriter::~IndexWriter() = default;

Status IndexWriter::add(const Indexed& entry) {
    if (const auto* frame = std::get_if<KeyFrame>(&entry); frame != nullptr && !frame->repaint.empty()) return state_->picture(*frame);
    return std::visit([&](const auto& one) { return state_->hold(one); }, entry);
}

Status IndexWriter::flush() { return state_->flush(); }

}  // namespace anteroom::recorder
