// A nonce: its end (u64, microseconds of the monotonic clock), random bytes, and 16 bytes of HMAC-SHA-256 over purpose, owner and both.
#include "broker/access/challenges.h"

namespace anteroom::access {

namespace {

constexpr std::size_t end_size = 8, random_size = 24, seal_size = 16;
constexpr std::size_t head_size = end_size + random_size;

std::string_view name_of(Challenges::Purpose purpose) {
    switch (purpose) {
        case Challenges::Purpose::sign_in: return "sign-in";
        case Challenges::Purpose::decision: return "decision";
        case Challenges::Purpose::registration: return "registration";
        case Challenges::Purpose::codes: return "codes";
    }
    return "";
}

// Browsers hold the challenge of a sign-in ready beside the name field for as long as its page is open.
constexpr Duration sign_in_lasts = std::chrono::minutes(10);

Duration length_of(Challenges::Purpose purpose) {
    if (purpose == Challenges::Purpose::codes) return Challenges::codes_last;
    return purpose == Challenges::Purpose::sign_in ? sign_in_lasts : Challenges::lasts;
}

Monotonic end_in(View nonce) {
    std::uint64_t micros = 0;
    for (const auto byte : nonce.first(end_size)) micros = micros << 8 | byte;
    return Monotonic(Duration(static_cast<std::int64_t>(micros)));
}

}  // namespace

Bytes Challenges::seal(View head, Purpose purpose, std::string_view owner) const {
    Bytes text = to_bytes(std::string("anteroom nonce v1\n") + std::string(name_of(purpose)) + "\n" + std::string(owner) + "\n");
    text.insert(text.end(), head.begin(), head.end());
    const auto whole = crypto::hmac_sha256(key_.expose(), text);
    return {whole.begin(), whole.begin() + seal_size};
}

Bytes Challenges::make(Purpose purpose, std::string_view owner) const {
    const auto end = clock_.monotonic() + length_of(purpose);
    const auto micros = static_cast<std::uint64_t>(end.time_since_epoch().count());
    Bytes nonce;
    for (int shift = 56; shift >= 0; shift -= 8) nonce.push_back(static_cast<std::uint8_t>(micros >> shift));
    const auto random = crypto::random_bytes(random_size);
    nonce.insert(nonce.end(), random.begin(), random.end());
    const auto sealed = seal(nonce, purpose, owner);
    nonce.insert(nonce.end(), sealed.begin(), sealed.end());
    return nonce;
}

bool Challenges::good(const Bytes& nonce, Purpose purpose, std::string_view owner) const {
    if (nonce.size() != head_size + seal_size) return false;
    const auto head = View(nonce).first(head_size);
    if (!equal_in_constant_time(View(nonce).subspan(head_size), seal(head, purpose, owner))) return false;
    return clock_.monotonic() < end_in(head) && !used_.contains(nonce);
}

bool Challenges::use(const Bytes& nonce, Purpose purpose, std::string_view owner) {
    if (!good(nonce, purpose, owner)) return false;
    // The earliest end comes first: it is what a nonce begins with.
    while (!used_.empty() && used_.begin()->second <= clock_.monotonic()) used_.erase(used_.begin());
    if (used_.size() >= most_used) return false;
    used_.emplace(nonce, end_in(nonce));
    return true;
}

Bytes Challenges::challenge_of(Purpose purpose, const Bytes& nonce) {
    Bytes text = to_bytes("anteroom " + std::string(name_of(purpose)) + " v1\n");
    text.insert(text.end(), nonce.begin(), nonce.end());
    const auto digest = crypto::sha256(text);
    return {digest.begin(), digest.end()};
}

Secret Challenges::derived(const Bytes& nonce, std::size_t size) const {
    return crypto::hkdf_sha256(key_.expose(), nonce, view("anteroom secret of a nonce v1"), size);
}

}  // namespace anteroom::access
