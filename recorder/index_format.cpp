// Sealing, packing, and the walk through a file's records.
#include "recorder/index_format.h"

#include <zstd.h>

#include "base/wire.h"
#include "recorder/octets.h"
#include "recorder/scan.h"

namespace anteroom::recorder::index {

namespace {

constexpr std::size_t min_length = 1 + 8 + 1 + crypto::gcm_tag_size, max_length = 1 + 8 + max_packed + crypto::gcm_tag_size;

std::size_t max_plain(RecordType type) { return type == RecordType::key_frame ? max_frame_plain : max_entries_plain; }

tl::unexpected<Error> damaged(std::uint64_t sequence, std::string_view what) {
    return fail(ErrorKind::damaged, "record " + std::to_string(sequence) + " of the index: " + std::string(what));
}

template <std::size_t Kind = 0>
Result<Entry> decode_entry(std::uint8_t kind, View bytes) {
    if constexpr (Kind < std::variant_size_v<Entry>) {
        if (kind != Kind + 1) return decode_entry<Kind + 1>(kind, bytes);
        return Entry(TRY(wire::decode<std::variant_alternative_t<Kind, Entry>>(bytes)));
    }
    return fail(ErrorKind::damaged, "an index has no such entry");
}

}  // namespace

void append(const Entry& entry, Bytes& out) {
    const Bytes bytes = std::visit([](const auto& one) { return wire::encode(one); }, entry);
    const Bytes head = Put().number(static_cast<std::uint8_t>(entry.index() + 1)).number(static_cast<std::uint32_t>(bytes.size())).take();
    out.insert(out.end(), head.begin(), head.end());
    out.insert(out.end(), bytes.begin(), bytes.end());
}

Result<std::vector<Entry>> decode_entries(View plain) {
    std::vector<Entry> entries;
    Take take(plain);
    while (!take.finished()) {
        const auto kind = take.number<std::uint8_t>();
        const auto size = take.number<std::uint32_t>();
        const View bytes = take.bytes(size);
        if (!take.good()) return fail(ErrorKind::damaged, "an entry of the index is not whole");
        auto entry = decode_entry(kind, bytes);
        if (!entry) return fail(ErrorKind::damaged, "an entry of the index: " + entry.error().detail);
        entries.push_back(std::move(*entry));
    }
    return entries;
}

struct Sealer::Context {
    crypto::AesGcm cipher;
    Nonce base;
    HeadBytes head;
    std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> pack{ZSTD_createCCtx(), &ZSTD_freeCCtx};
    std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> unpack{ZSTD_createDCtx(), &ZSTD_freeDCtx};

    Context(const IndexKeys& keys, const HeadBytes& begins) : cipher(keys.key.expose()), base(keys.base_nonce), head(begins) {
        if (!pack || !unpack) throw std::bad_alloc();
    }
    // What stands before the ciphertext belongs to it.
    Bytes aad(View prefix) const { return Put().bytes(head).bytes(prefix).take(); }
};

Sealer::Sealer(const IndexKeys& keys, const HeadBytes& head) : context_(std::make_unique<Context>(keys, head)) {}
Sealer::~Sealer() = default;
Sealer::Sealer(Sealer&&) noexcept = default;

Result<Bytes> Sealer::seal(RecordType type, std::uint64_t sequence, View plain) {
    if (plain.empty() || plain.size() > max_plain(type)) return fail(ErrorKind::invalid, "a record of an index is empty or too large");
    Bytes packed(ZSTD_compressBound(plain.size()));
    const std::size_t size = ZSTD_compressCCtx(context_->pack.get(), packed.data(), packed.size(), plain.data(), plain.size(), 3);
    if (ZSTD_isError(size)) return fail(ErrorKind::internal, std::string("zstd: ") + ZSTD_getErrorName(size));
    Bytes record =
        Put().number(static_cast<std::uint32_t>(1 + 8 + size + crypto::gcm_tag_size)).number(static_cast<std::uint8_t>(type)).number(sequence).take();
    const Bytes aad = context_->aad(record);
    record.resize(prefix_bytes + size + crypto::gcm_tag_size);
    TRY(context_->cipher.seal(nonce_of(context_->base, sequence), aad, View(packed).first(size), std::span(record).subspan(prefix_bytes)));
    return record;
}

Result<Bytes> Sealer::open(View record) {
    const auto type = static_cast<RecordType>(record[4]);
    const auto sequence = load<std::uint64_t>(record.data() + 5);
    Bytes packed(record.size() - prefix_bytes - crypto::gcm_tag_size);
    const Bytes aad = context_->aad(record.first(prefix_bytes));
    if (!context_->cipher.open(nonce_of(context_->base, sequence), aad, record.subspan(prefix_bytes), packed))
        return damaged(sequence, "its tag does not hold");
    const auto claimed = ZSTD_getFrameContentSize(packed.data(), packed.size());
    if (claimed == ZSTD_CONTENTSIZE_UNKNOWN || claimed == ZSTD_CONTENTSIZE_ERROR || claimed == 0 || claimed > max_plain(type))
        return damaged(sequence, "it unpacks to more than it may hold");
    Bytes out(static_cast<std::size_t>(claimed));
    const std::size_t n = ZSTD_decompressDCtx(context_->unpack.get(), out.data(), out.size(), packed.data(), packed.size());
    if (ZSTD_isError(n) || n != out.size()) return damaged(sequence, "it does not unpack");
    return out;
}

Result<Records> Records::open(Fd file, const IndexKeys& keys) {
    const auto head = TRY(read_index_head(file.get()));
    if (head.header_hash != keys.header_hash) return fail(ErrorKind::damaged, "this is another recording's index");
    return Records(std::move(file), Sealer(keys, encode(head)));
}

Result<std::optional<Records::Prefix>> Records::prefix_at(std::uint64_t offset, std::uint64_t end) {
    if (offset + prefix_bytes > end) return std::nullopt;
    const Bytes bytes = TRY(read_at(file_.get(), offset, prefix_bytes));
    Take take(bytes);
    Prefix prefix;
    prefix.length = take.number<std::uint32_t>();
    prefix.type = take.number<std::uint8_t>();
    prefix.sequence = take.number<std::uint64_t>();
    if (!take.finished()) return std::nullopt;
    const bool known = prefix.type == static_cast<std::uint8_t>(RecordType::entries) || prefix.type == static_cast<std::uint8_t>(RecordType::key_frame);
    if (!known || prefix.length < min_length || prefix.length > max_length) return damaged(next_.sequence, "it is malformed");
    if (offset + 4 + prefix.length > end) return std::nullopt;
    return prefix;
}

Result<std::optional<Record>> Records::next(bool frames) {
    const std::uint64_t end = TRY(size_of(file_.get()));
    const auto prefix = TRY(prefix_at(next_.offset, end));
    if (!prefix) return std::nullopt;
    if (prefix->sequence != next_.sequence) return damaged(next_.sequence, "another one stands there");
    Record record{.type = static_cast<RecordType>(prefix->type), .sequence = next_.sequence, .offset = next_.offset, .plain = {}};
    if (frames || record.type == RecordType::entries) record.plain = TRY(read(next_.offset));
    next_.offset += 4 + prefix->length;
    ++next_.sequence;
    return record;
}

Result<Bytes> Records::read(std::uint64_t offset) {
    const std::uint64_t end = TRY(size_of(file_.get()));
    const auto prefix = TRY(prefix_at(offset, end));
    if (!prefix) return fail(ErrorKind::damaged, "a record of the index is gone");
    const Bytes whole = TRY(read_at(file_.get(), offset, 4 + prefix->length));
    if (whole.size() != 4 + prefix->length) return fail(ErrorKind::damaged, "a record of the index is gone");
    return sealer_.open(whole);
}

}  // namespace anteroom::recorder::index
